"""What every response gets: the versions that clients look for, and compression for those far away."""

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rubricate_server.api.errors import refusal
from rubricate_server.version import PHOENIX_VERSION, VERSION

HEADERS = [
    (b"x-phoenix-server-version", PHOENIX_VERSION.encode()),
    (b"x-rubricate-version", VERSION.encode()),
    (b"x-colab-notebook-cache-control", b"no-cache"),
]
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
        return f"The body has more than {self._most} bytes; send less at once."


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
