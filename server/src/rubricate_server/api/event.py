"""Live updates: which topics changed, as server-sent events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from rubricate_server.api.errors import TEXT_ERROR, refusal
from rubricate_server.api.identifier import global_id
from rubricate_server.domain.topic import Listener, TooManyListeners, Topic, Topics

router = APIRouter(tags=["status"])

HEARTBEAT_S: Final = 15.0
"""Proxies close what is silent for longer, often after 30 or 60 seconds."""
APART_S: Final = 0.25
"""Changes that come faster go into one event."""
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


_EVENT: Final = {
    "title": "TopicsEvent",
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
}
"""One event of the stream, as OpenAPI describes it; `data` is JSON."""


class EventStream(StreamingResponse):
    """https://html.spec.whatwg.org/multipage/server-sent-events.html"""

    media_type = "text/event-stream"


@router.get(
    "/v1/events",
    response_class=EventStream,
    responses={
        200: {"description": "A stream without end.", "content": {EventStream.media_type: {"schema": _EVENT}}},
        503: {"description": "Too many listen already; ask again after Retry-After seconds.", **TEXT_ERROR},
    },
)
async def stream_events(request: Request) -> Response:
    """The versions of topics: all on connection, then those that change, at most four times a second.

    Each event is named `topics`; its data is a JSON object of versions by topic: `projects`, `rubrics`,
    `datasets`, `experiments`, `accounts`, `spans:{project id}`, `annotations:{project id}`, and `server`, which changes
    with every start of the server. A topic that is not there has not changed since the server started.
    """
    topics: Topics = request.app.state.topics
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    try:
        listener = topics.listen(lambda: _wake(loop, woken))
    except TooManyListeners as error:
        return refusal(request, 503, f"{error}; ask again later.", {"Retry-After": "30"})
    return EventStream(_events(topics, listener, woken), headers=_HEADERS)


def _wake(loop: asyncio.AbstractEventLoop, woken: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # from the thread that wrote, perhaps when the loop has ended already
        loop.call_soon_threadsafe(woken.set)


async def _events(topics: Topics, listener: Listener, woken: asyncio.Event) -> AsyncIterator[bytes]:
    try:
        yield b"retry: 2000\n\n" + _event(listener.take(), topics)
        while not topics.closed:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await woken.wait()
            except TimeoutError:
                yield b": still here\n\n"
                continue
            woken.clear()
            if changed := listener.take():
                yield _event(changed, topics)
                await asyncio.sleep(APART_S)
    finally:
        listener.leave()


def _event(versions: dict[Topic, int], topics: Topics) -> bytes:
    data = {"server": topics.started} | {_name(topic): version for topic, version in versions.items()}
    return b"event: topics\ndata: " + orjson.dumps(data) + b"\n\n"


def _name(topic: Topic) -> str:
    return topic.kind if topic.project_id is None else f"{topic.kind}:{global_id('Project', topic.project_id)}"
