"""Spans, traces and sessions into a dataset: what people found, with their corrections, as examples."""

from collections.abc import Mapping
from typing import Any, Final

import anyio.from_thread
from fastapi import APIRouter, Request, Response

from rubricate.records.annotation import TargetKind
from rubricate.records.base import Data
from rubricate.records.dataset import DatasetFromItems, ExamplesFromItems, ExamplesFromItemsResult
from rubricate_server.actions.collect import Abandoned, Collection, Limits, TooMany, collect, collect_first
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.condition import condition_of
from rubricate_server.api.dataset import DATASET, VERSION
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import dataset_of, global_id, project_of, storage_of
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.target import TARGETS, key_from_any_id
from rubricate_server.domain.filter import SESSIONS, SPANS, TRACES
from rubricate_server.storage.contract import ExamplesWritten, ItemQuery, NewExample, Storage, StoredDataset
from rubricate_server.storage.errors import Conflict

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["datasets"])

MOST_ATTRIBUTES: Final = 300
"""That a dry run tells of."""
IDS_TOLD: Final = 10
"""Of items that were left out, by reason."""

_LANGUAGES: Final = {TargetKind.SPAN: SPANS, TargetKind.TRACE: TRACES, TargetKind.SESSION: SESSIONS}


@router.post(
    "/datasets/{dataset_identifier}/examples/from_items",
    response_model=Data[ExamplesFromItemsResult],
    responses=refusals(400, 404, 422, 503),
)
def add_items_to_dataset(request: Request, dataset_identifier: str, wanted: ExamplesFromItems) -> Response:
    """Make examples from spans, root spans of traces or turns of sessions: those named, or all of a project that fit.

    One span makes one example, however often it is added; it is changed when the span, what is said of it or the
    mapping says something else by now. They come in the order of their start, or of the ids. One new version, all or
    nothing: who goes away before it is written gets none. With `dry_run`, nothing is written, and the first examples
    are shown as they would be.
    """
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    if wanted.dry_run:
        return _previewed(request, wanted, dataset)
    made = _collected(request, wanted)
    written = storage.datasets.add_from_spans(dataset.id, _new_examples(wanted, made), wanted.description or None)
    return _written(request, written, made)


@router.post(
    "/datasets/from_items",
    status_code=201,
    response_model=Data[ExamplesFromItemsResult],
    responses={
        200: {"model": Data[ExamplesFromItemsResult], "description": "A dry run."},
        **refusals(400, 404, 409, 422, 503),
    },
)
def create_dataset_from_items(request: Request, wanted: DatasetFromItems) -> Response:
    """Make a dataset of examples from spans, root spans of traces or turns of sessions, in one act.

    Its first version has them. What refuses the examples makes no dataset either, and a dry run makes none.
    """
    storage = storage_of(request)
    if storage.datasets.page(name=wanted.name, limit=1):
        raise Conflict(f'A dataset named "{wanted.name}" already exists.')
    if wanted.dry_run:
        return _previewed(request, wanted, None)
    made = _collected(request, wanted)
    written = storage.datasets.create_from_spans(wanted.name, _new_examples(wanted, made), wanted.description or None)
    return _written(request, written, made, 201)


# --- what is asked for ------------------------------------------------------------------------------------------------


def _query(storage: Storage, wanted: ExamplesFromItems) -> ItemQuery:
    kind = TargetKind(wanted.target_kind)
    return ItemQuery(
        kind,
        project_of(storage, wanted.project).id,
        start_ns=bound_ns(wanted.start_time),
        end_ns=bound_ns(wanted.end_time),
        roots=wanted.roots_only,
        condition=condition_of(wanted.filter, _LANGUAGES[kind]),
        descending=False,
    )


def _keys(storage: Storage, wanted: ExamplesFromItems) -> tuple[Mapping[bytes, str] | None, list[str]]:
    """The keys of the ids that were given, each with its id; and what can be no id."""
    if wanted.ids is None:
        return None, []
    keys: dict[bytes, str] = {}
    wrong: list[str] = []
    for identifier in wanted.ids:
        key = key_from_any_id(storage, TARGETS[TargetKind(wanted.target_kind)], identifier)
        if key is None:
            wrong.append(identifier)
        else:
            keys.setdefault(key, identifier)
    return keys, wrong


def _limits(request: Request) -> Limits:
    state = request.app.state
    return Limits(state.max_examples, state.ingest.limits.max_decompressed_bytes)


def _collected(request: Request, wanted: ExamplesFromItems) -> Collection:
    storage = storage_of(request)
    query = _query(storage, wanted)
    keys, wrong = _keys(storage, wanted)
    limits = _limits(request)

    def is_wanted() -> bool:
        return not anyio.from_thread.run(request.is_disconnected)

    try:
        made = collect(storage, query, keys, wanted.mapping, limits, is_wanted)
        if not is_wanted():
            raise Abandoned
    except TooMany:
        raise ApiError(
            422,
            f"These are more than {limits.examples} examples or {limits.size_bytes >> 20} MiB; nothing was added."
            " Narrow the filter or the time range, or add them in several steps. RUBRICATE_MAX_EXAMPLES and"
            " RUBRICATE_MAX_DECOMPRESSED_BYTES set the limits.",
        ) from None
    except Abandoned:
        raise ApiError(499, "Nobody waited for the answer; nothing was added.") from None
    return _with_wrong(made, wanted, wrong)


def _with_wrong(made: Collection, wanted: ExamplesFromItems, wrong: list[str]) -> Collection:
    for identifier in wrong:
        made.leave_out(f"is not the id of a {wanted.target_kind}", identifier)
    made.matched += len(wrong)
    return made


def _new_examples(wanted: ExamplesFromItems, made: Collection) -> list[NewExample]:
    splits = tuple(dict.fromkeys(wanted.splits))
    # Where a span was chosen twice, as a trace and its root, it is one example.
    return list({each.span_id: NewExample(each.text, None, each.span_id, splits) for each in made.examples}.values())


# --- what became of it ------------------------------------------------------------------------------------------------


def _written(request: Request, written: ExamplesWritten, made: Collection, status: int = 200) -> Response:
    of_spans = len({each.span_id for each in made.examples})
    result = {
        "dataset_id": global_id(DATASET, written.dataset_id),
        "version_id": global_id(VERSION, written.version_id),
        "matched": made.matched,
        "matched_exactly": True,
        "added": written.created,
        "changed": written.updated,
        "unchanged": of_spans - written.created - written.updated,
        **_told(request, made),
        "examples": [],
        "attributes": [],
    }
    return json_answer({"data": result}, status)


def _previewed(request: Request, wanted: ExamplesFromItems, dataset: StoredDataset | None) -> Response:
    storage, state = storage_of(request), request.app.state
    query = _query(storage, wanted)
    keys, wrong = _keys(storage, wanted)
    made = _with_wrong(collect_first(storage, query, keys, wanted.mapping, wanted.preview), wanted, wrong)
    known = {} if dataset is None else storage.datasets.of_spans(dataset.id, [each.span_id for each in made.examples])
    statuses = [
        "added" if span_id not in known else "unchanged" if known[span_id] == text.hash else "changed"
        for span_id, _, text in made.examples
    ]
    if keys is None:
        count = storage.items.count(query, state.max_count, state.max_count_seconds)
        matched, exact = count.count, count.exact
    else:
        matched, exact = len(keys) + len(wrong), True
    result = {
        "dataset_id": None if dataset is None else global_id(DATASET, dataset.id),
        "version_id": None if dataset is None else global_id(VERSION, dataset.version_id),
        "matched": matched,
        "matched_exactly": exact,
        **{status: statuses.count(status) for status in ("added", "changed", "unchanged")},
        **_told(request, made),
        "examples": [
            {
                "span_id": span_id.hex(),
                "status": status,
                "corrected": example.corrected,
                "input": example.input,
                "output": example.output,
                "metadata": example.metadata,
            }
            for (span_id, example, _), status in zip(made.examples, statuses, strict=True)
        ],
        "attributes": list(made.attributes)[:MOST_ATTRIBUTES],
    }
    return json_answer({"data": result})


def _told(request: Request, made: Collection) -> dict[str, Any]:
    return {
        "most_examples": _limits(request).examples,
        "corrected": sum(each.example.corrected for each in made.examples),
        "left_out": [
            {"reason": reason, "count": len(ids), "ids": ids[:IDS_TOLD]} for reason, ids in made.left_out.items()
        ],
    }
