"""Items for review over HTTP: a batch of them, each with all that a reviewer looks at."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import NOTE, TargetKind
from rubricate.records.base import Page
from rubricate.records.item import ReviewItem
from rubricate_server.api.answer import page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.item import Order, Selected, finite, item_wire, milliseconds, ordered, page_of
from rubricate_server.api.moment import iso_from_ns
from rubricate_server.api.session_turn import first_turns
from rubricate_server.api.span import SHOWN, STATUSES, span_wire
from rubricate_server.api.target import TARGETS, key_from_any_id
from rubricate_server.domain.tree import tree_order
from rubricate_server.storage.contract import SaidBy, Storage, StoredItem, StoredStep

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["items"])

MOST_ITEMS = 50
MOST_STEPS = 500
MOST_CHARACTERS = 65_536
"""Of one attribute of a span."""


@router.get(
    "/projects/{project_identifier}/review_items",
    response_model=Page[ReviewItem],
    responses=refusals(400, 404, 422),
)
def list_review_items(
    request: Request,
    project_identifier: str,
    selection: Selected,
    annotator: Annotated[str, Query(description="The identifier under which the reviewer annotates.")],
    id: Annotated[
        list[str] | None,
        Query(max_length=MOST_ITEMS, description="Only these: ids of the items, or global ids. Repeat for several."),
    ] = None,
    order: Order = "desc",
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=MOST_ITEMS, description="Items in a batch.")] = 20,
) -> Response:
    """A batch of items with all that a reviewer looks at: contents, steps or turns, and what they said before.

    What others said is only counted, so that nobody is led by it.
    """
    storage = storage_of(request)
    query = ordered(selection.query(project_of(storage, project_identifier).id), "start_time", order, cursor)
    if id:
        keys = [key_from_any_id(storage, TARGETS[query.kind], each) for each in id]
        query = replace(query, keys=tuple(key for key in keys if key is not None))
    found, following = page_of(storage, query, limit)
    return page_answer(_review(storage, found, annotator), following)


def _review(storage: Storage, items: Sequence[StoredItem], annotator: str) -> list[dict[str, Any]]:
    said = storage.items.said_by(items, annotator)
    roots = list({item.root_id: None for item in items if item.root_id is not None})
    spans = {span.span_id: span for span in storage.spans.of(roots, SHOWN)}
    traces = list({item.trace_id: None for item in items if item.trace_id is not None})
    steps = storage.items.steps(traces, MOST_STEPS + 1)
    answer = []
    for item in items:
        span = spans.get(item.root_id) if item.root_id is not None else None
        whole = None if span is None else span_wire(span)
        its_steps = [] if item.trace_id is None else steps[item.trace_id]
        answer.append(
            {
                "item": _own_item(item, said[item.row]),
                "span": whole,
                "truncated": [] if whole is None else _cut(whole["attributes"]),
                "steps": steps_wire(its_steps[:MOST_STEPS]),
                "steps_complete": len(its_steps) <= MOST_STEPS,
                "turns": first_turns(storage, item) if item.kind == TargetKind.SESSION else [],
                "others": said[item.row].others,
            }
        )
    return answer


def _own_item(item: StoredItem, said: SaidBy) -> dict[str, Any]:
    own_notes = sum(annotation.key.name == NOTE for annotation in said.own)
    notes = said.others.get(NOTE, 0) + own_notes
    everything = sum(said.others.values()) + len(said.own)
    return item_wire(item, said.own, everything - notes, notes)


def _cut(attributes: dict[str, Any]) -> list[str]:
    """Cut long strings, and tell where."""
    cut = [key for key, value in attributes.items() if isinstance(value, str) and len(value) > MOST_CHARACTERS]
    for key in cut:
        attributes[key] = attributes[key][:MOST_CHARACTERS]
    return cut


def steps_wire(steps: Sequence[StoredStep]) -> list[dict[str, Any]]:
    """The steps of a trace as they are answered, in the order of the tree."""
    ordered_steps = tree_order(steps, lambda step: step.span_id, lambda step: step.parent_id)
    return [
        {
            "span_id": step.span_id.hex(),
            "parent_id": None if step.parent_id is None else step.parent_id.hex(),
            "name": step.name,
            "span_kind": step.kind,
            "status_code": STATUSES[step.status],
            "start_time": iso_from_ns(step.start_ns),
            "latency_ms": milliseconds(step.start_ns, step.end_ns),
            "total_tokens": step.tokens_total,
            "cost_usd": finite(step.cost_usd),
            "annotation_count": step.annotation_count,
        }
        for step in ordered_steps
    ]
