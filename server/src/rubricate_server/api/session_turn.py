"""The turns of a session over HTTP: its traces as a conversation."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.base import Page
from rubricate.records.item import Turn
from rubricate_server.api.answer import page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import storage_of
from rubricate_server.api.item import milliseconds, ordered, page_of
from rubricate_server.api.moment import iso_from_ns
from rubricate_server.api.session import session_of
from rubricate_server.api.span import STATUSES
from rubricate_server.domain.preview import readable
from rubricate_server.storage.contract import ItemQuery, Storage, StoredItem, StoredSpan

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["sessions"])

MOST_TURNS: Final = 200
"""Of one answer."""
TURN_CHARACTERS: Final = 20_000
"""Of what a turn took in, and of what it put out."""


@router.get("/sessions/{session_identifier}/turns", response_model=Page[Turn], responses=refusals(404, 422))
def list_session_turns(
    request: Request,
    session_identifier: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=MOST_TURNS, description="Turns on a page.")] = 100,
) -> Response:
    """The traces of a session as turns of a conversation, oldest first."""
    storage = storage_of(request)
    session = session_of(storage, session_identifier)
    query = ItemQuery(TargetKind.TRACE, session.project_id, session_row=session.id)
    traces, following = page_of(storage, ordered(query, "start_time", "asc", cursor), limit)
    return page_answer(_turns_of(storage, traces), following)


def first_turns(storage: Storage, session: StoredItem) -> list[dict[str, Any]]:
    """The first turns of a session, as they are answered."""
    query = ItemQuery(TargetKind.TRACE, session.project_id, session_row=session.row, descending=False)
    return _turns_of(storage, storage.items.find(query, MOST_TURNS))


def _turns_of(storage: Storage, traces: Sequence[StoredItem]) -> list[dict[str, Any]]:
    roots = [trace.root_id for trace in traces if trace.root_id is not None]
    spans = {span.span_id: span for span in storage.spans.of(roots, frozenset({"input", "output", "attributes"}))}
    return [_turn(trace, spans.get(trace.root_id) if trace.root_id is not None else None) for trace in traces]


def _turn(trace: StoredItem, root: StoredSpan | None) -> dict[str, Any]:
    shown: tuple[str | None, str | None] = (None, None)
    if root is not None:
        attributes = orjson.loads(root.body.attributes)
        shown = readable(root.body.input, root.body.output, attributes, TURN_CHARACTERS)
    return {
        "trace_id": trace.key.hex(),
        "span_id": None if trace.root_id is None else trace.root_id.hex(),
        "name": trace.name,
        "start_time": iso_from_ns(trace.start_ns),
        "latency_ms": milliseconds(trace.start_ns, trace.end_ns),
        "status_code": STATUSES[trace.status or 0],
        "input": shown[0],
        "output": shown[1],
    }
