"""Sends what the calls describe: retries, typed errors, and two small loops, one blocking and one awaiting."""

import asyncio
import contextlib
import contextvars
import email.utils
import functools
import inspect
import itertools
import logging
import random
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import httpx

from rubricate import environment
from rubricate.client.calls import Invoke, Pause, Request, Together, Work
from rubricate.client.progress import Progress
from rubricate.errors import ConnectionFailed, ConnectionLost, InvalidInput, RubricateError, TimedOut, error_for

T = TypeVar("T")

TRIES = 5
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 60.0
"""A server that asks for a longer pause than this with `Retry-After` is not waited for."""

BUSY = {429, 503}
"""Nothing was done: every request may be repeated."""
UNCLEAR = {502, 504}
"""A proxy gave up: the server may have done it. Only what is repeatable is repeated."""

log = logging.getLogger("rubricate")


@dataclass(frozen=True)
class Server:
    """Where the requests go, and what each of them carries."""

    base_url: str
    source: str
    headers: dict[str, str]
    explicit: frozenset[str] = frozenset()
    """Names of headers that were given to us, rather than found in the environment."""
    nearby: bool = False
    """On this machine: compressing costs more time than it saves."""

    def build(self, client: httpx.Client | httpx.AsyncClient, request: Request) -> httpx.Request:
        """The request as httpx sends it."""
        own = {
            name: value for name, value in self.headers.items() if name in self.explicit or name not in client.headers
        }
        plain = {"accept-encoding": "identity"} if self.nearby else {}
        timeout = None if request.timeout_s is None else httpx.Timeout(request.timeout_s, connect=10.0)
        try:
            return client.build_request(
                request.method,
                f"{self.base_url}/{request.path}",
                params=request.params or None,
                json=request.json,
                content=request.content,
                headers={**own, **plain, **request.headers},
                timeout=timeout,
            )
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"{request.method} {request.path} cannot be written as a request: {error}") from error


def run(client: httpx.Client, server: Server, steps: Work[T]) -> T:
    """Carry out a call, blocking."""
    wishes = with_retries(server, steps)
    with contextlib.closing(steps):  # when it fails between two steps, the call hears of it at once
        wish = _next(wishes, None)
        while not isinstance(wish, Done):
            answer: Any = None
            if isinstance(wish, Pause):
                time.sleep(wish.seconds)
            elif isinstance(wish, Invoke | Together):
                try:
                    answer = wish.function() if isinstance(wish, Invoke) else _together(client, server, wish)
                except Exception as error:  # whatever it is, it is raised in the call
                    answer = Failed(error)
            else:
                try:
                    answer = _send(client, server, wish)
                except httpx.RequestError as error:
                    answer = error
            wish = _next(wishes, answer)
    result: T = wish.result
    return result


async def run_async(client: httpx.AsyncClient, server: Server, steps: Work[T]) -> T:
    """Carry out a call, awaiting."""
    wishes = with_retries(server, steps)
    with contextlib.closing(steps):
        wish = _next(wishes, None)
        while not isinstance(wish, Done):
            answer: Any = None
            if isinstance(wish, Pause):
                await asyncio.sleep(wish.seconds)
            elif isinstance(wish, Invoke | Together):
                try:
                    answer = await (
                        _invoked(wish) if isinstance(wish, Invoke) else _together_async(client, server, wish)
                    )
                except Exception as error:  # as above
                    answer = Failed(error)
            else:
                try:
                    answer = await _send_async(client, server, wish)
                except httpx.RequestError as error:
                    answer = error
            wish = _next(wishes, answer)
    result: T = wish.result
    return result


def _send(client: httpx.Client, server: Server, request: Request) -> httpx.Response:
    response = client.send(server.build(client, request), follow_redirects=False, stream=request.reader is not None)
    if request.reader is None:
        return response
    with contextlib.closing(response):
        take = request.reader(response) if response.is_success else None
        if take is None:
            response.read()
        else:
            for piece in response.iter_bytes():
                take(piece)
    return response


async def _send_async(client: httpx.AsyncClient, server: Server, request: Request) -> httpx.Response:
    built = server.build(client, request)
    response = await client.send(built, follow_redirects=False, stream=request.reader is not None)
    if request.reader is None:
        return response
    async with contextlib.aclosing(response):
        take = request.reader(response) if response.is_success else None
        if take is None:
            await response.aread()
        else:
            async for piece in response.aiter_bytes():
                take(piece)
    return response


def is_awaited(function: Callable[..., Any]) -> bool:
    """Whether calling it makes a coroutine."""
    inner = function.func if isinstance(function, functools.partial) else function
    call = getattr(inner, "__call__", None)  # noqa: B004  # an object whose call is a coroutine counts, too
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(call)


async def _invoked(wish: Invoke) -> Any:
    if is_awaited(wish.function):
        return await wish.function()
    # A thread of its own: the loop's pool may be smaller than what is to run at once.
    thread = ThreadPoolExecutor(1, thread_name_prefix="rubricate")
    try:
        call = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(thread, call, wish.function)
    finally:
        thread.shutdown(wait=False)


def _together(client: httpx.Client, server: Server, wish: Together) -> list[Any]:
    with (
        Progress(wish.doing, len(wish.works), wanted=wish.progress) as line,
        ThreadPoolExecutor(wish.at_once, thread_name_prefix="rubricate") as pool,
    ):
        futures = [pool.submit(run, client, server, steps) for steps in wish.works]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                line.at(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


async def _together_async(client: httpx.AsyncClient, server: Server, wish: Together) -> list[Any]:
    results: list[Any] = [None] * len(wish.works)
    waiting = iter(enumerate(wish.works))
    done = itertools.count(1)
    with Progress(wish.doing, len(wish.works), wanted=wish.progress) as line:

        async def work() -> None:
            for place, steps in waiting:
                results[place] = await run_async(client, server, steps)
                line.at(next(done))

        workers = [asyncio.ensure_future(work()) for _ in range(wish.at_once)]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            raise
    return results


class Done(NamedTuple):
    """The call is over."""

    result: Any


class Failed(NamedTuple):
    """What was called, or carried out together, raised this."""

    error: Exception


Wish = Request | Pause | Invoke | Together
Wishes = Generator[Wish, Any, Any]


def with_retries(server: Server, steps: Work[Any]) -> Wishes:
    """The call's requests, each repeated where that can help. What still fails is raised inside the call."""
    step: Callable[[], Wish] = lambda: next(steps)  # noqa: E731 - the first step has no answer to be given
    while True:
        try:
            wish = step()
        except StopIteration as done:
            return done.value
        if not isinstance(wish, Request):
            answer = yield wish
            step = _thrown(steps, answer.error) if isinstance(answer, Failed) else _sent(steps, answer)
            continue
        try:
            response = yield from _answer(server, wish)
        except RubricateError as error:
            step = _thrown(steps, error)
        else:
            step = _sent(steps, response)


def _sent(steps: Work[Any], answer: Any) -> Callable[[], Wish]:
    return lambda: steps.send(answer)


def _thrown(steps: Work[Any], error: Exception) -> Callable[[], Wish]:
    return lambda: steps.throw(error)


def _answer(server: Server, request: Request) -> Generator[Request | Pause, Any, httpx.Response]:
    maybe_applied = False
    for attempt in range(1, TRIES + 1):
        answer: httpx.Response | httpx.RequestError = yield request
        if isinstance(answer, httpx.Response):
            if answer.is_success:
                return answer
            error: RubricateError = error_for(answer, maybe_applied=maybe_applied)
            unclear = answer.status_code in UNCLEAR
            again = answer.status_code in BUSY or (unclear and request.repeatable)
        else:
            error = _connection_error(server, request, answer)
            error.__cause__ = answer
            refused = isinstance(error, ConnectionFailed)
            unclear = not refused
            again = refused or (request.repeatable and isinstance(error, ConnectionLost))
        pause_s = _pause_s(attempt, answer)
        if not again or attempt == TRIES or pause_s > LONGEST_PAUSE_S:
            raise error
        maybe_applied = maybe_applied or unclear
        reason = answer.status_code if isinstance(answer, httpx.Response) else repr(answer)
        log.info("%s %s: %s; trying again in %.1f s", request.method, request.path, reason, pause_s)
        yield Pause(pause_s)
    raise AssertionError("the last try returns or raises")


def _pause_s(attempt: int, answer: httpx.Response | httpx.RequestError) -> float:
    """Exponential, with jitter so that many clients do not come back together; the server's own wish goes first."""
    if isinstance(answer, httpx.Response) and (wish := answer.headers.get("retry-after")):
        if wish.strip().isdecimal():
            return float(wish)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(wish).timestamp() - time.time())
        except ValueError:
            pass
    pause_s: float = FIRST_PAUSE_S * 2 ** (attempt - 1)
    return pause_s * random.uniform(0.5, 1.0)


def _connection_error(server: Server, request: Request, error: httpx.RequestError) -> RubricateError:
    asked = f"{request.method} {server.base_url}/{request.path}"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        source = "" if server.source == "base_url" else f" ({_origin(server.source)})"
        return ConnectionFailed(
            f"No connection to {server.base_url}{source}: {error}. Is the server running? `rubricate serve` starts "
            "one; base_url=… or RUBRICATE_ENDPOINT tells where another one is."
        )
    if isinstance(error, httpx.TimeoutException):
        waited = "" if request.timeout_s is None else f" within {request.timeout_s:g} s"
        return TimedOut(
            f"{asked} was not answered{waited}. Pass a larger timeout=… (seconds), or ask for less with limit=…"
        )
    hint = ""
    if httpx.URL(server.base_url).port == environment.grpc_port():
        hint = f" Port {environment.grpc_port()} is the gRPC port; the API is on the HTTP port, usually 6006."
    return ConnectionLost(f"{asked}: the connection broke off ({error or type(error).__name__}).{hint}")


def _origin(source: str) -> str:
    return "the default address" if source == "default" else f"from {source}"


def _next(wishes: Wishes, answer: Any) -> Wish | Done:
    try:
        return wishes.send(answer)
    except StopIteration as done:
        return Done(done.value)
