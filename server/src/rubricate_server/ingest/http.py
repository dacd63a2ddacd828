"""OTLP over HTTP: `POST /v1/traces`, and what exporters make of that from other addresses."""

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Literal

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rubricate_server.ingest.errors import Busy, MalformedRequest, TooLarge, UnsupportedEncoding
from rubricate_server.ingest.otlp import export_response, export_response_json
from rubricate_server.ingest.pipeline import Ingest, Outcome, Room

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
FORMS: Final[dict[str, Literal["protobuf", "json"]]] = {
    PROTOBUF: "protobuf",
    "application/protobuf": "protobuf",
    JSON: "json",
}
"""The encodings of OTLP by the content types that say so."""

STORED: Final = "x-rubricate-stored"
"""Tells how many of the spans were new; OTLP's answer has no place for it."""

PATHS: Final = frozenset({"/v1/traces", "/", "/v1/traces/", "//v1/traces", "/v1/traces/v1/traces"})
"""Where exporters send that were given the address without its path, with it twice, or with a slash behind it. They
drop what is answered with 404, and tell a log that nobody reads."""


class TraceDoor:
    """Takes export requests, and lets all others through to the application.

    It stands in front of the application, whose routing costs as much as storing a span.
    """

    def __init__(self, app: ASGIApp, *, ingest: Ingest) -> None:
        self._app = app
        self._receiver = TraceReceiver(ingest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
        elif scope["method"] == "POST":
            response = await self._receiver.export(Request(scope, receive))
            await response(scope, receive, send)
        elif scope["path"] == "/":
            await self._app(scope, receive, send)
        else:
            refusal = PlainTextResponse(f"{scope['path']} takes POST only: send spans to it", 405, {"allow": "POST"})
            await refusal(scope, receive, send)


class TraceReceiver:
    """The endpoint. Its work runs in threads of its own, so that reads never wait behind ingest."""

    def __init__(self, ingest: Ingest, threads: int = 16) -> None:
        # Nearly all of the time in a thread is spent waiting for the group commit, so more threads than cores
        # make larger commits. Each holds one body, which Ingest counts.
        self._ingest = ingest
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="otlp-http")

    async def export(self, request: Request) -> Response:
        """Answer one export request, after its spans are durable."""
        try:
            outcome = await self._accept(request)
        except UnsupportedEncoding as unsupported:
            return PlainTextResponse(str(unsupported), 415)
        except TooLarge as large:
            return PlainTextResponse(str(large), 413)
        except MalformedRequest as malformed:
            return PlainTextResponse(str(malformed), 400)
        except Busy as busy:
            return PlainTextResponse(str(busy), 503, {"retry-after": str(max(1, math.ceil(busy.retry_after_s)))})
        except ClientDisconnect:
            return PlainTextResponse("the client went away", 400)
        if outcome is None:
            return PlainTextResponse(_unsupported_type(request), 415)
        rejected, summary = len(outcome.rejected), outcome.summary()
        stored = {STORED: str(outcome.stored)}
        if FORMS[media_type(request)] == "json":
            return Response(export_response_json(rejected, summary), headers=stored, media_type=JSON)
        return Response(export_response(rejected, summary), headers=stored, media_type=PROTOBUF)

    async def _accept(self, request: Request) -> Outcome | None:
        form = FORMS.get(media_type(request))
        if form is None:
            return None
        with self._ingest.room() as room:
            try:
                body = await read_body(request, self._ingest.limits.max_body_bytes, room)
            except (Busy, TooLarge):
                self._ingest.count_refused()
                raise

            def accept() -> Outcome:
                return self._ingest.accept(
                    body,
                    project=project_of(request),
                    encoding=request.headers.get("content-encoding"),
                    form=form,
                    room=room,
                )

            return await asyncio.get_running_loop().run_in_executor(self._threads, accept)


def media_type(request: Request) -> str:
    """The content type without its parameters: some exporters add a charset."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def project_of(request: Request) -> str | None:
    """The project that the sender names, if any."""
    name = request.headers.get("x-project-name", "")
    with suppress(UnicodeDecodeError):
        # Headers arrive as Latin-1; whoever writes a project's name in another script sends UTF-8.
        name = name.encode("latin-1").decode()
    return name.strip() or None


async def read_body(request: Request, limit: int, room: Room) -> bytes:
    """The body as it was sent. Raises TooLarge, or Busy when `room` has none for it."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        room.grow(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"the body has more than {limit} bytes; send less at once, compress it, or raise RUBRICATE_MAX_BODY_BYTES"
    )


def _unsupported_type(request: Request) -> str:
    return f"content type {request.headers.get('content-type', '')!r} is not supported; send {PROTOBUF} or {JSON}"
