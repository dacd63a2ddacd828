"""Calls described once; `Client` and `AsyncClient` send them.

A call is a generator: it yields each `Request` it needs, is given the response, and returns the result. Only the
two loops in `transport.py` know how a request is sent, one blocking and one awaiting.

    class Projects(Resource[M]):
        @call
        def get(self, *, project_name: str) -> Steps[JsonObject]:
            response = yield Request("GET", path("v1/projects", project_name))
            return data(response)

`client.projects.get(…)` then returns the value on a `Client`, and a coroutine of it on an `AsyncClient`; type
checkers know which.
"""

import functools
import inspect
import typing
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeAlias, TypeVar, overload
from urllib.parse import quote

import httpx

from rubricate.client.progress import Progress
from rubricate.errors import UnreadableAnswer

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound="Mode")

TIMEOUT_S = 60.0
"""How long to wait for an answer, in seconds: generous, since a large export takes a while."""

NOBODY_SAID: Any = object()


@dataclass(frozen=True)
class Request:
    """One HTTP request, before it is sent.

    `content` is a body of bytes, for what is not JSON or is written as JSON already.
    `repeatable` tells that doing it twice is the same as doing it once: then it is repeated even when the
    connection broke and nobody knows whether the server has done it.
    `reader` is asked, once the head of an answer is there that says yes, who takes its body piece by piece as it comes;
    without one (None) it is read whole. It is asked again when the request is repeated.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = TIMEOUT_S
    repeatable: bool = True
    content: bytes | None = None
    reader: "Callable[[httpx.Response], Callable[[bytes], None] | None] | None" = None


Steps: TypeAlias = Generator[Request, httpx.Response, T]


class Pause(NamedTuple):
    """Wait."""

    seconds: float


class Invoke(NamedTuple):
    """Call a function, and be given what it returns.

    One that is a coroutine's is awaited, which only an `AsyncClient` can; others run in a thread there.
    """

    function: Callable[[], Any]


class Together(NamedTuple):
    """Carry out several pieces of work, at most so many at once; be given their results in order.

    When one fails, no other is begun, and its error is raised when those that were begun are over.
    """

    works: "Sequence[Work[Any]]"
    at_once: int
    doing: str
    """What a line of progress says."""
    progress: bool


Work: TypeAlias = Generator[Request | Pause | Invoke | Together, Any, T]
"""Like `Steps`, of a call that does more than ask the server."""


class Mode:
    """How calls are sent."""


class Blocking(Mode):
    """A call returns its result."""


class Awaiting(Mode):
    """A call returns a coroutine of its result."""


class Resource(Generic[M]):
    """Calls that belong together, and the way in which they are sent."""

    def __init__(self, run: Callable[[Work[Any]], Any]) -> None:
        self._run = run


class call(Generic[P, T]):
    """Makes a method that describes a call into one that sends it."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Work[T]]) -> None:
        self._describe = describe
        functools.update_wrapper(self, describe)  # type: ignore[arg-type]  # mypy wants a function; help() does not

    @overload
    def __get__(self, instance: Resource[Blocking], owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Resource[Awaiting], owner: object = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, instance: None, owner: object = None) -> "call[P, T]": ...
    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self

        @functools.wraps(self._describe)
        def send(*args: P.args, **kwargs: P.kwargs) -> Any:
            return instance._run(self._describe(instance, *args, **kwargs))

        send.__signature__ = _signature(self._describe)  # type: ignore[attr-defined]  # what help() shows
        return send


def _signature(describe: Callable[..., Any]) -> inspect.Signature:
    """The signature without `self`, returning the result rather than the steps to it."""
    whole = inspect.signature(describe)
    result = typing.get_args(whole.return_annotation)
    return whole.replace(
        parameters=list(whole.parameters.values())[1:],
        return_annotation=result[-1] if result else whole.return_annotation,
    )


def path(first: str, *rest: str) -> str:
    """A path of the API. What starts with a slash belongs to the path; all else is a value, percent-encoded whole."""
    return first + "".join(part if part.startswith("/") else "/" + quote(part, safe="") for part in rest)


def instant(time: datetime | None) -> str | None:
    """A time in ISO 8601 with its zone; a time without one is local."""
    if time is None:
        return None
    # Not time.astimezone(): that of pandas' Timestamp, which is a datetime too, cannot do without a zone.
    return (time if time.tzinfo else datetime.astimezone(time)).isoformat()


def body(response: httpx.Response) -> Any:
    """The JSON of an answer."""
    try:
        return response.json()
    except ValueError:
        kind = response.headers.get("content-type", "no content type")
        raise UnreadableAnswer(
            f"{response.request.method} {response.request.url} answered {response.status_code} with {kind}, not with "
            "JSON. Is the base URL that of a Rubricate server?"
        ) from None


def data(response: httpx.Response) -> Any:
    """What an answer wraps in `data`."""
    return _wrapped(response)["data"]


def _wrapped(response: httpx.Response) -> dict[str, Any]:
    answer = body(response)
    if not isinstance(answer, dict) or "data" not in answer:
        raise UnreadableAnswer(f"{response.request.method} {response.request.url} answered JSON without `data`.")
    return answer


def pages(
    request: Request, *, limit: int | None = None, page_size: int = 100, progress: bool = False
) -> Steps[list[Any]]:
    """All items of a list that comes in pages, or the first `limit` of them."""
    found: list[Any] = []
    cursor = None
    with Progress(f"Reading {request.path.rpartition('/')[2]}", wanted=progress) as line:
        while limit is None or len(found) < limit:
            size = page_size if limit is None else min(page_size, limit - len(found))
            items, cursor = yield from page(request, size, cursor)
            found += items
            line.at(len(found))
            if not cursor:
                break
    return found if limit is None else found[:limit]


def page(request: Request, size: int, cursor: str | None = None) -> Steps[tuple[list[Any], str | None]]:
    """One page of a list, and the cursor of the next; None after the last."""
    params = {**request.params, "limit": size} | ({"cursor": cursor} if cursor else {})
    response = yield Request(request.method, request.path, params, timeout_s=request.timeout_s)
    answer = _wrapped(response)  # Parsed once: pages are large.
    items: list[Any] = answer["data"]
    following = answer.get("next_cursor") or None
    if following and following == cursor:
        raise UnreadableAnswer(f"{response.request.url} names itself as the next page; the list cannot be read.")
    return items, following
