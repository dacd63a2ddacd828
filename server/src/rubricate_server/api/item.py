"""Items over HTTP: pages of spans, traces and sessions as people look at them, and how many there are."""

import binascii
import math
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.base import Page
from rubricate.records.item import Item, ItemCount, ItemKind
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import MAX_ROW, global_id, project_of, storage_of
from rubricate_server.api.moment import bound_ns, iso_from_ns
from rubricate_server.api.span import STATUSES
from rubricate_server.api.target import TARGETS, any_wire
from rubricate_server.domain.filter import SESSIONS, SPANS, TRACES
from rubricate_server.storage.contract import ItemMark, ItemQuery, Said, Storage, StoredAnnotation, StoredItem

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["items"])

LISTED_ANNOTATIONS = 50
"""Annotations of each item in a list."""

_LANGUAGES = {TargetKind.SPAN: SPANS, TargetKind.TRACE: TRACES, TargetKind.SESSION: SESSIONS}

Order = Literal["desc", "asc"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items are asked for."""

    target_kind: TargetKind
    filter: str | None
    start_time: datetime | None
    end_time: datetime | None
    roots_only: bool

    def query(self, project_id: int) -> ItemQuery:
        """The same for storage. Raises 400 where the filter is wrong, 422 for roots of what has none."""
        if self.roots_only and self.target_kind != TargetKind.SPAN:
            raise ApiError(422, "roots_only is for target_kind=span.")
        return ItemQuery(
            self.target_kind,
            project_id,
            start_ns=bound_ns(self.start_time),
            end_ns=bound_ns(self.end_time),
            roots=self.roots_only,
            condition=condition_of(self.filter, _LANGUAGES[self.target_kind]),
        )


async def _selection(
    target_kind: Annotated[ItemKind, Query(description="What to list.")],
    filter: Annotated[str | None, Query(description="A condition of the filter language of this kind.")] = None,
    start_time: Annotated[datetime | None, Query(description="Started at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Started before.")] = None,
    roots_only: Annotated[bool, Query(description="Of spans: only those without a parent.")] = False,
) -> Selection:
    return Selection(TargetKind(target_kind), filter, start_time, end_time, roots_only)


Selected = Annotated[Selection, Depends(_selection)]


@router.get("/projects/{project_identifier}/items", response_model=Page[Item], responses=refusals(400, 404, 422))
def list_items(
    request: Request,
    project_identifier: str,
    selection: Selected,
    sort: Annotated[Literal["start_time", "latency"], Query(description="`latency`: of traces.")] = "start_time",
    order: Order = "desc",
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Items on a page.")] = 100,
) -> Response:
    """Spans, traces or sessions of a project with what is said of them, newest first unless told otherwise."""
    storage = storage_of(request)
    if sort == "latency" and selection.target_kind != TargetKind.TRACE:
        raise ApiError(422, "sort=latency is for target_kind=trace; spans and sessions are sorted by start_time.")
    query = ordered(selection.query(project_of(storage, project_identifier).id), sort, order, cursor)
    found, following = page_of(storage, query, limit)
    said = storage.items.said_of(found, LISTED_ANNOTATIONS)
    return page_answer([listed_item(item, said[item.row]) for item in found], following)


@router.get("/projects/{project_identifier}/items/count", response_model=ItemCount, responses=refusals(400, 404, 422))
def count_items(request: Request, project_identifier: str, selection: Selected) -> Response:
    """How many items fit. Counting stops at a limit, and after some seconds; both are settings."""
    storage = storage_of(request)
    query = selection.query(project_of(storage, project_identifier).id)
    state = request.app.state
    found = storage.items.count(query, state.max_count, state.max_count_seconds)
    return json_answer({"count": found.count, "exact": found.exact})


def ordered(query: ItemQuery, sort: Literal["start_time", "latency"], order: Order, cursor: str | None) -> ItemQuery:
    """The query in an order, from a cursor on. Raises 422 for a cursor that is not of this list."""
    after = _mark_from(cursor, query.kind, sort) if cursor else None
    return replace(query, order=sort, descending=order == "desc", after=after)


def page_of(storage: Storage, query: ItemQuery, limit: int) -> tuple[list[StoredItem], str | None]:
    """The items of a page, and the cursor of the next one."""
    found = storage.items.find(query, limit + 1)
    if len(found) <= limit:
        return found, None
    return found[:limit], _cursor(query, found[limit - 1])


def _cursor(query: ItemQuery, last: StoredItem) -> str:
    value = last.end_ns - last.start_ns if query.order == "latency" else last.start_ns
    return b64encode(f"{query.kind}:{query.order}:{value}:{last.row}".encode()).decode()


def _mark_from(cursor: str, kind: TargetKind, sort: str) -> ItemMark:
    """The place that a cursor means. Raises 422 when it is none of ours, or of another list."""
    try:
        *of, value, row = b64decode(cursor, validate=True).decode("ascii").split(":")
        mark = ItemMark(int(value), int(row))
    except (binascii.Error, ValueError):
        raise ApiError(422, "Invalid cursor") from None
    if of != [kind, sort] or not all(abs(number) <= MAX_ROW for number in mark):
        raise ApiError(422, "Invalid cursor: it is of another list, or of another order.")
    return mark


def listed_item(item: StoredItem, said: Said) -> dict[str, Any]:
    """An item as it is answered, with what is said of it."""
    return item_wire(item, said.newest, said.annotation_count, said.note_count)


def item_wire(
    item: StoredItem, annotations: Sequence[StoredAnnotation], annotation_count: int, note_count: int
) -> dict[str, Any]:
    """An item as it is answered."""
    return {
        "target_kind": item.kind,
        "id": item_id(item),
        "global_id": global_id(TARGETS[item.kind].own_type_name, item.row),
        "trace_id": _hex(item.trace_id),
        "session_id": item.session_id,
        "parent_id": _hex(item.parent_id),
        "name": item.name,
        "span_kind": item.span_kind,
        "status_code": None if item.status is None else STATUSES[item.status],
        "status_message": item.status_message,
        "start_time": iso_from_ns(item.start_ns),
        "end_time": iso_from_ns(item.end_ns),
        "latency_ms": milliseconds(item.start_ns, item.end_ns),
        "input": item.input,
        "output": item.output,
        "model": item.model,
        "user_id": item.user_id,
        "prompt_tokens": item.tokens_prompt,
        "completion_tokens": item.tokens_completion,
        "total_tokens": item.tokens_total,
        "cost_usd": finite(item.cost_usd),
        "trace_tokens": item.trace_tokens,
        "trace_cost_usd": finite(item.trace_cost_usd),
        "span_count": item.span_count,
        "error_count": item.error_count,
        "trace_count": item.trace_count,
        "annotations": [any_wire(annotation) for annotation in annotations],
        "annotation_count": annotation_count,
        "note_count": note_count,
    }


def item_id(item: StoredItem) -> str:
    """The id of an item as clients know it."""
    return item.key.decode() if item.kind == TargetKind.SESSION else item.key.hex()


def milliseconds(start_ns: int, end_ns: int) -> float:
    """How long something took."""
    return (end_ns - start_ns) / 1_000_000


def finite(number: float | None) -> float | None:
    """A number as JSON can hold it; None for what is too large."""
    return number if number is not None and math.isfinite(number) else None


def _hex(identifier: bytes | None) -> str | None:
    return None if identifier is None else identifier.hex()
