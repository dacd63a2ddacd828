"""Every way in which the SDK can fail.

    RubricateError
    ├── MissingExtra          (ImportError)   a package is needed that comes with an extra
    ├── InvalidInput          (ValueError)    an argument, or a value in a data frame; nothing was sent
    ├── ConnectionFailed      (httpx.ConnectError)
    ├── ConnectionLost        (httpx.TransportError)
    ├── TimedOut              (httpx.TimeoutException)
    ├── UnreadableAnswer                      the answer is not what this API answers
    └── HTTPError             (httpx.HTTPStatusError)
        ├── InvalidRequest                    400, 422: the server does not accept what it was sent
        │   └── SpanCreationError             spans that are invalid, or there already
        ├── Unauthorized                      401: who are you?
        ├── Forbidden                         403: you may not
        ├── NotFound                          404
        │   └── Unsupported                   this server does not have this call
        ├── Conflict                          409: there is one of that name already
        ├── Redirected                        3xx: the base URL is not the right one
        ├── TooManyRequests                   429, after all retries
        └── ServerFailed                      5xx, after all retries where repeating can help

The docstring of a class is its message when it is raised without one. The errors of HTTP are errors of httpx too, so
that code which catches `httpx.HTTPStatusError` goes on working.

    >>> from rubricate import Client, errors
    >>> try:
    ...     Client().projects.get(project_name="no-such-project")
    ... except errors.NotFound as error:
    ...     print(error.status, error.url)
    404 http://127.0.0.1:6006/v1/projects/no-such-project
"""

import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar

import httpx


class RubricateError(Exception):
    """Something went wrong in Rubricate's SDK."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class MissingExtra(RubricateError, ImportError):
    """Data frames need pandas and pyarrow, which are not installed. Run: pip install "rubricate[pandas]"."""


class InvalidInput(RubricateError, ValueError):
    """The input is not valid; nothing was sent."""


class ConnectionFailed(RubricateError, httpx.ConnectError):
    """The server cannot be reached. `rubricate serve` starts one."""


class ConnectionLost(RubricateError, httpx.TransportError):
    """The connection broke before the answer was complete; the server may or may not have done what it was asked."""


class TimedOut(RubricateError, httpx.TimeoutException):
    """The server did not answer in time. Pass a larger `timeout=` (seconds), or ask for less with `limit=`."""


class UnreadableAnswer(RubricateError):
    """The answer is not what this API answers. Is the base URL that of a Rubricate server?"""


class HTTPError(RubricateError, httpx.HTTPStatusError):
    """The server answered with an error.

    `status` is the HTTP status, `url` what was asked, `detail` the server's own words, and `maybe_applied` tells that
    an earlier try of the same request broke off without an answer, so that it may have been carried out.
    """

    advice: ClassVar[str] = ""

    def __init__(self, response: httpx.Response, *, detail: str, maybe_applied: bool = False) -> None:
        self.status: int = response.status_code
        self.url = str(response.request.url)
        self.detail = detail
        self.maybe_applied = maybe_applied
        said = f": {detail}" if detail else ""
        message = f"{response.request.method} {self.url} answered {self.status} {response.reason_phrase}{said}"
        httpx.HTTPStatusError.__init__(
            self, f"{message}\n{self.advice}" if self.advice else message, request=response.request, response=response
        )


class InvalidRequest(HTTPError):
    """The server does not accept what it was sent (400, 413, 415, 422)."""


class SpanCreationError(InvalidRequest):
    """Some spans of a request are invalid or exist already (`rubricate.client.Client.spans.log_spans`).

    None of the request's was stored; `total_queued` is how many of the requests before it were. `invalid_spans` and
    `duplicate_spans` are lists of `{"span_id", "trace_id"}`, the former with `"error"`.
    """

    def __init__(
        self,
        response: httpx.Response,
        *,
        detail: str,
        maybe_applied: bool = False,
        invalid_spans: Sequence[dict[str, Any]] = (),
        duplicate_spans: Sequence[dict[str, Any]] = (),
        total_received: int = 0,
        total_queued: int = 0,
    ) -> None:
        self.invalid_spans = list(invalid_spans)
        self.duplicate_spans = list(duplicate_spans)
        self.total_received = total_received
        self.total_queued = total_queued
        self.total_invalid = len(self.invalid_spans)
        self.total_duplicates = len(self.duplicate_spans)
        super().__init__(response, detail=detail, maybe_applied=maybe_applied)


class Unauthorized(HTTPError):
    """The server does not know who is asking (401)."""

    advice = "Give an API key: api_key=…, or the environment variable RUBRICATE_API_KEY."


class Forbidden(HTTPError):
    """The one who asks is not allowed to (403)."""

    advice = "The API key is known, but its owner may not do this."


class NotFound(HTTPError):
    """There is no such thing (404)."""


class Unsupported(NotFound):
    """The server does not have this call."""

    advice = "This server does not have this call; a newer version may."


class Conflict(HTTPError):
    """There is one of that name already (409)."""


class Redirected(HTTPError):
    """The server points elsewhere (3xx). Redirects are not followed, because they turn writes into reads."""

    advice = "Use the address that the server points to as base_url."


class TooManyRequests(HTTPError):
    """The server asks to slow down (429), and went on asking."""

    advice = "The request was repeated several times. Send less at a time, or later."


class ServerFailed(HTTPError):
    """The server failed (5xx)."""

    advice = "The server's log says why."


def error_for(response: httpx.Response, *, maybe_applied: bool = False) -> HTTPError:
    """The error that an answer which is no success means."""
    status = response.status_code
    kinds: dict[int, type[HTTPError]] = {
        400: InvalidRequest,
        401: Unauthorized,
        403: Forbidden,
        404: NotFound,
        405: Unsupported,
        409: Conflict,
        413: InvalidRequest,
        415: InvalidRequest,
        422: InvalidRequest,
        429: TooManyRequests,
    }
    fallback = Redirected if status < 400 else ServerFailed if status >= 500 else HTTPError
    return kinds.get(status, fallback)(response, detail=server_words(response), maybe_applied=maybe_applied)


def server_words(response: httpx.Response, limit: int = 2000) -> str:
    """What the server says of its error: validation errors as `field: reason`, text as it is."""
    if 300 <= response.status_code < 400:
        return f"moved to {response.headers.get('location', 'an address it does not give')}"
    kind = response.headers.get("content-type", "")
    if "html" in kind:
        return "(a web page)"
    text = response.text.strip()
    if "json" in kind:
        with contextlib.suppress(ValueError):
            text = _problem_words(response.json()) or text
    return text if len(text) <= limit else text[:limit] + " …"


def _problem_words(problem: Any) -> str:
    if not isinstance(problem, dict):
        return ""
    detail = problem.get("detail") or problem.get("error") or problem.get("title") or ""
    if isinstance(detail, list):
        return "; ".join(_field_and_reason(entry) for entry in detail)
    return str(detail)


def _field_and_reason(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    field = ".".join(str(part) for part in entry.get("loc", ()))
    return f"{field}: {entry.get('msg', '')}" if field else str(entry.get("msg", ""))
