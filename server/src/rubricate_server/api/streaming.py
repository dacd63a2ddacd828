"""Answers that are written while they are made."""

import threading
from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Final

import anyio
import anyio.from_thread
import anyio.to_thread
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

HEARTBEAT_S: Final = 2.0
"""A blank is sent when there was nothing to send for so long; the clients give up after 5 seconds of silence."""
PIECE_BYTES: Final = 256 * 2**10
"""What is handed on at once: it is copied below, and large copies get new pages from the system each time."""
EXPORTS_AT_ONCE: Final = 8
"""Worker threads for such answers: they hold theirs for seconds, so they do not use the common ones."""

_threads = anyio.CapacityLimiter(EXPORTS_AT_ONCE)


class Streamed(Response):
    """Sends what an iterator yields; the iterator runs in one worker thread from beginning to end.

    It is not advanced faster than the client reads, and closed when the client goes away. A heartbeat stands between
    two chunks, never within one.
    """

    def __init__(
        self,
        chunks: Generator[bytes] | Generator[bytes | memoryview],
        content_type: str,
        heartbeat: bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.status_code = 200
        self.background = None
        self._chunks = chunks
        self._heartbeat = heartbeat
        self.init_headers({"content-type": content_type, **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = threading.Event()
        one_at_a_time = anyio.Lock()
        sent_at = anyio.current_time()

        async def send_chunk(chunk: bytes | memoryview) -> None:
            nonlocal sent_at
            async with one_at_a_time:
                for at in range(0, len(chunk), PIECE_BYTES):
                    piece = bytes(chunk[at : at + PIECE_BYTES])
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent_at = anyio.current_time()

        async def beat(chunk: bytes) -> None:
            while True:
                await anyio.sleep(HEARTBEAT_S / 2)
                if anyio.current_time() - sent_at >= HEARTBEAT_S / 2:
                    await send_chunk(chunk)

        async def watch() -> None:
            message: Message = {}
            while message.get("type") != "http.disconnect":
                message = await receive()
            gone.set()

        failures: list[BaseException] = []

        def produce() -> None:
            try:
                for chunk in self._chunks:
                    if gone.is_set():
                        break
                    anyio.from_thread.run(send_chunk, chunk)
            except Exception as error:  # of any kind: raised below, where no task group wraps it
                failures.append(error)
            finally:
                self._chunks.close()  # ends the scan, in the thread that began it

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            if self._heartbeat is not None:
                tasks.start_soon(beat, self._heartbeat)
            await anyio.to_thread.run_sync(produce, limiter=_threads)
            tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]  # without a last message, so that the client sees that the answer is not whole
        if not gone.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
