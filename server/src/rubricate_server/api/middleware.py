"""Around every request: versions that clients look for, compression for those far away, limits, turns."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rubricate_server.api.errors import refusal
from rubricate_server.domain.topic import Topics
from rubricate_server.version import PHOENIX_VERSION, VERSION

HEADERS = [
    (b"x-phoenix-server-version", PHOENIX_VERSION.encode()),
    (b"x-rubricate-version", VERSION.encode()),
    (b"x-colab-notebook-cache-control", b"no-cache"),
]
LONG_READ_S = 0.05
"""From so long on, a read is none of the short ones that take turns."""
SMALLEST = 1024
"""Bytes below which compression is not worth a header."""
STREAMED = ("/v1/spans", "/v1/events")
"""Answers that send their first bytes early, so that impatient clients stay: a compressor would hold them back."""
_LOOPBACK = ("127.0.0.1", "::1")


class VersionHeaders:
    """Adds the version headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class ReadVersion:
    """Says with every answer to a GET which version of the topics it is not older than: listeners miss nothing."""

    def __init__(self, app: ASGIApp, *, topics: Topics) -> None:
        self._app = app
        self._topics = topics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        before = str(self._topics.last).encode()

        async def with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-rubricate-topics", before)]
            await send(message)

        await self._app(scope, receive, with_version)


def other_origins(app: ASGIApp, allowed: Sequence[str]) -> ASGIApp:
    """Lets pages of these origins call in a browser, `*` all; without the cookie of who is signed in here."""
    return CORSMiddleware(
        app,
        allow_origins=allowed,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=[name.decode() for name, _ in HEADERS],
    )


class HeadAsGet:
    """Answers HEAD as GET, without the body, which the server of HTTP leaves out: monitors and proxies ask so.

    Not where answers have no end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD" and scope["path"] not in STREAMED
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)


class BodyLimit:
    """Refuses bodies of more than `most` bytes: those announced so at once, others as soon as they are."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > 18 or int(announced) > self._most):
            await refusal(request, 413, self._words())(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._most:
                raise HTTPException(413, self._words())  # the application's handler answers it
            return message

        await self._app(scope, counted, send)

    def _words(self) -> str:
        return f"The body has more than {self._most} bytes; send less at once, or raise RUBRICATE_MAX_BODY_BYTES."


class ReadGate:
    """Lets few reads run at once while spans come in, in the order in which they came.

    Python runs one thread at a time, so that reads without end would take most of it from ingest. A read that takes
    longer than `LONG_READ_S` no longer counts: it is the database's work then, and others must not wait for it.
    """

    def __init__(self, app: ASGIApp, *, is_busy: Callable[[], bool], at_once: int) -> None:
        self._app = app
        self._is_busy = is_busy
        self._places = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_read = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith("/v1/")
        if not is_read or not self._is_busy():
            await self._app(scope, receive, send)
            return
        await self._places.acquire()
        leaving = asyncio.get_running_loop().call_later(LONG_READ_S, self._places.release)
        try:
            await self._app(scope, receive, send)
        finally:
            if not leaving.cancelled() and leaving.when() > asyncio.get_running_loop().time():
                leaving.cancel()
                self._places.release()


class Compression:
    """gzip, when the caller accepts it and the policy wants it."""

    def __init__(self, app: ASGIApp, *, policy: str) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=1)
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        wanted = (
            scope["type"] == "http"
            and scope["path"] not in STREAMED
            and (self._policy == "always" or (self._policy == "remote" and _is_far(scope)))
        )
        await (self._compressed if wanted else self._app)(scope, receive, send)


def _is_far(scope: Scope) -> bool:
    client = scope.get("client")
    return client is not None and client[0] not in _LOOPBACK
