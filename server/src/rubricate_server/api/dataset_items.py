"""Spans and traces into a dataset: what people found, with their corrections, as examples."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import orjson
from fastapi import APIRouter, Request, Response

from rubricate.records.annotation import CORRECTION, SKIP, AnnotatorKind, TargetKind
from rubricate.records.base import Data
from rubricate.records.dataset import ExampleMapping, ExamplesFromItems, ExamplesFromItemsResult
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.condition import condition_of
from rubricate_server.api.dataset import DATASET, VERSION
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import dataset_of, global_id, project_of, storage_of
from rubricate_server.api.item import item_id
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.target import TARGETS, key_from_any_id
from rubricate_server.domain.example import ExampleText, example_text
from rubricate_server.domain.filter import SPANS, TRACES
from rubricate_server.domain.span_example import NoExample, SpanContent, SpanExample, attributes_of, example_of
from rubricate_server.storage.contract import (
    AnnotationQuery,
    ExportedItem,
    ExportQuery,
    ItemMark,
    ItemQuery,
    NewExample,
    Storage,
    StoredAnnotation,
    StoredDataset,
    StoredItem,
)

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["datasets"])

AT_ONCE: Final = 200
"""Items whose bodies are in memory together while examples are made of them."""
ANNOTATIONS_AT_ONCE: Final = 1000
MOST_ATTRIBUTES: Final = 300
"""That a dry run tells of."""
IDS_TOLD: Final = 10
"""Of items that were left out, by reason."""


@dataclass(slots=True)
class _Made:
    """Examples, and what became none."""

    examples: list[tuple[bytes, SpanExample, ExampleText]] = field(default_factory=list)
    """Each with the id of its span."""
    left_out: dict[str, list[str]] = field(default_factory=dict)
    size: int = 0
    attributes: dict[str, None] | None = None
    """What mappings may name of the items; None: nobody wants to know."""

    def leave_out(self, reason: str, identifier: str) -> None:
        self.left_out.setdefault(reason, []).append(identifier)


class _Limits(NamedTuple):
    items: int
    size_bytes: int


@router.post(
    "/datasets/{dataset_identifier}/examples/from_items",
    response_model=Data[ExamplesFromItemsResult],
    responses=refusals(400, 404, 422, 503),
)
def add_items_to_dataset(request: Request, dataset_identifier: str, wanted: ExamplesFromItems) -> Response:
    """Make examples from spans, or from the root spans of traces: those named, or all of a project that fit.

    One span makes one example, however often it is added; it is changed when the span, what is said of it or the
    mapping says something else by now. The spans come in the order of their start, or of the ids. One new version, all
    or nothing; with `dry_run`, nothing is written, and the first examples are shown as they would be.
    """
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    query = _query(storage, wanted)
    keys, made = _keys(storage, wanted)
    if wanted.dry_run:
        made.attributes = {}
    state = request.app.state
    limits = _Limits(state.max_examples, state.ingest.limits.max_decompressed_bytes)
    pages = _pages(storage, query, keys, wanted.preview if wanted.dry_run else None)
    _make(storage, pages, wanted.mapping, made, limits)
    if wanted.dry_run:
        return _previewed(request, storage, dataset, query, keys, made)
    return _written(storage, dataset, wanted, made)


# --- which items ------------------------------------------------------------------------------------------------------


def _query(storage: Storage, wanted: ExamplesFromItems) -> ItemQuery:
    kind = TargetKind(wanted.target_kind)
    return ItemQuery(
        kind,
        project_of(storage, wanted.project).id,
        start_ns=bound_ns(wanted.start_time),
        end_ns=bound_ns(wanted.end_time),
        roots=wanted.roots_only,
        condition=condition_of(wanted.filter, SPANS if kind is TargetKind.SPAN else TRACES),
        descending=False,
    )


def _keys(storage: Storage, wanted: ExamplesFromItems) -> tuple[dict[bytes, str] | None, _Made]:
    """The keys of the ids that were given; what can be no id is left out at once."""
    made = _Made()
    if wanted.ids is None:
        return None, made
    keys: dict[bytes, str] = {}
    for identifier in wanted.ids:
        key = key_from_any_id(storage, TARGETS[TargetKind(wanted.target_kind)], identifier)
        if key is None:
            made.leave_out(f"is not the id of a {wanted.target_kind}", identifier)
        else:
            keys.setdefault(key, identifier)
    return keys, made


class _Page(NamedTuple):
    items: Sequence[StoredItem]
    missing: Sequence[str]
    """Ids that were asked for and were not found."""


def _pages(storage: Storage, query: ItemQuery, keys: dict[bytes, str] | None, most: int | None) -> Iterator[_Page]:
    if keys is not None:
        chosen = list(keys)[:most]
        for start in range(0, len(chosen), AT_ONCE):
            some = chosen[start : start + AT_ONCE]
            found = {item.key: item for item in storage.items.find(replace(query, keys=tuple(some)), AT_ONCE)}
            missing = [keys[key] for key in some if key not in found]
            yield _Page([found[key] for key in some if key in found], missing)
        return
    left = most
    while left is None or left > 0:
        size = AT_ONCE if left is None else min(AT_ONCE, left)
        page = storage.items.find(query, size)
        if page:
            yield _Page(page, ())
        if len(page) < size:
            return
        query = replace(query, after=ItemMark(page[-1].start_ns, page[-1].row))
        left = None if left is None else left - size


# --- what they say ----------------------------------------------------------------------------------------------------


def _make(storage: Storage, pages: Iterable[_Page], mapping: ExampleMapping, made: _Made, limits: _Limits) -> None:
    for page in pages:
        for identifier in page.missing:
            made.leave_out("is not in the project, or does not fit the filter", identifier)
        spans = _spans(storage, page.items)
        said = _said(storage, page.items, spans)
        for item in page.items:
            span = None if item.root_id is None else spans.get(item.root_id)
            if span is None:
                made.leave_out("has no root span", item_id(item))
                continue
            content = _content(span)
            if made.attributes is not None:
                made.attributes |= dict.fromkeys(attributes_of(content))
            try:
                example = _example(item, span, content, mapping, said)
            except NoExample as reason:
                made.leave_out(str(reason), item_id(item))
                continue
            text = example_text(example.input, example.output, example.metadata)
            made.examples.append((span.key, example, text))
            made.size += len(text.input) + len(text.output) + len(text.metadata)
        if len(made.examples) > limits.items or made.size > limits.size_bytes:
            raise ApiError(
                422,
                f"These are more than {limits.items} examples or {limits.size_bytes >> 20} MiB; nothing was added."
                " Narrow the filter or the time range, or add them in several steps. RUBRICATE_MAX_EXAMPLES and"
                " RUBRICATE_MAX_DECOMPRESSED_BYTES set the limits.",
            )


def _spans(storage: Storage, items: Sequence[StoredItem]) -> dict[bytes, ExportedItem]:
    roots = tuple({item.root_id for item in items if item.root_id is not None})
    if not roots:
        return {}
    query = ExportQuery(items[0].project_id, "span", keys=roots)
    return {span.key: span for batch in storage.export.items(query) for span in batch}


_Said = dict[tuple[TargetKind, bytes], list[StoredAnnotation]]


def _said(storage: Storage, items: Sequence[StoredItem], spans: dict[bytes, ExportedItem]) -> _Said:
    """What is said of the spans and their documents, and of traces whose answer is that of one of the spans."""
    found: _Said = {}
    traces = {span.trace_id for span in spans.values() if span.parent_id is None and span.trace_id is not None}
    for kind, keys in (
        (TargetKind.TRACE, traces),
        (TargetKind.SPAN, set(spans)),
        (TargetKind.DOCUMENT, set(spans)),
    ):
        if not keys:
            continue
        query = AnnotationQuery(items[0].project_id, kind, target_ids=tuple(keys), excluded_names=(SKIP,))
        while True:
            page = storage.annotations.find(query, ANNOTATIONS_AT_ONCE)
            for annotation in page:
                found.setdefault((kind, annotation.key.target_id), []).append(annotation)
            if len(page) < ANNOTATIONS_AT_ONCE:
                break
            query = replace(query, from_id=page[-1].id - 1)
    return found


def _content(span: ExportedItem) -> SpanContent:
    return SpanContent(
        span.key.hex(),
        (span.trace_id or b"").hex(),
        span.name or "",
        (span.kind or "UNKNOWN").upper(),
        span.input,
        span.output,
        orjson.loads(span.attributes or b"{}"),
    )


def _example(
    item: StoredItem, span: ExportedItem, content: SpanContent, mapping: ExampleMapping, said: _Said
) -> SpanExample:
    of_span = said.get((TargetKind.SPAN, span.key), [])
    of_trace = said.get((TargetKind.TRACE, span.trace_id or b""), []) if span.parent_id is None else []
    # What is said of the item itself goes before what is said of the span or trace that has the same answer.
    first, second = (of_trace, of_span) if item.kind is TargetKind.TRACE else (of_span, of_trace)
    documents = said.get((TargetKind.DOCUMENT, span.key), [])
    told: dict[str, list[dict[str, Any]]] = {}
    for annotation in sorted((*first, *second, *documents), key=lambda each: (each.key.name, each.id)):
        told.setdefault(annotation.key.name, []).append(_told(annotation))
    return example_of(content, mapping, _correction(first) or _correction(second), told)


def _correction(annotations: Iterable[StoredAnnotation]) -> str | None:
    """The right answer that a person gave last."""
    given = [
        each
        for each in annotations
        if each.key.name == CORRECTION and each.annotator_kind == AnnotatorKind.HUMAN and each.explanation
    ]
    return max(given, key=lambda each: (each.updated_us, each.id)).explanation if given else None


def _told(annotation: StoredAnnotation) -> dict[str, Any]:
    """What an example's metadata tell of an annotation: nothing that changes when it is only written again."""
    told = {
        "label": annotation.label,
        "score": annotation.score,
        "explanation": annotation.explanation,
        "metadata": annotation.metadata,
        "annotator_kind": annotation.annotator_kind,
        "identifier": annotation.key.identifier,
        "user_id": annotation.user_id,
    }
    if annotation.key.target_kind is not TargetKind.SPAN:
        told["target_kind"] = annotation.key.target_kind
    if annotation.key.target_kind is TargetKind.DOCUMENT:
        told["document_position"] = annotation.key.position
    return told


# --- what becomes of them ---------------------------------------------------------------------------------------------


def _written(storage: Storage, dataset: StoredDataset, wanted: ExamplesFromItems, made: _Made) -> Response:
    splits = tuple(dict.fromkeys(wanted.splits))
    # Where a span was chosen twice, as a trace and its root, it is one example.
    by_span = {span_id: NewExample(text, None, span_id, splits) for span_id, _, text in made.examples}
    written = storage.datasets.add_from_spans(dataset.id, list(by_span.values()), wanted.description or None)
    return json_answer(
        {
            "data": {
                "dataset_id": global_id(DATASET, written.dataset_id),
                "version_id": global_id(VERSION, written.version_id),
                "matched": len(made.examples) + sum(map(len, made.left_out.values())),
                "matched_exactly": True,
                "added": written.created,
                "changed": written.updated,
                "unchanged": len(by_span) - written.created - written.updated,
                "corrected": sum(example.corrected for _, example, _ in made.examples),
                "left_out": _left_out(made),
                "examples": [],
                "attributes": [],
            }
        }
    )


def _previewed(
    request: Request,
    storage: Storage,
    dataset: StoredDataset,
    query: ItemQuery,
    keys: dict[bytes, str] | None,
    made: _Made,
) -> Response:
    state = request.app.state
    known = storage.datasets.of_spans(dataset.id, [span_id for span_id, _, _ in made.examples])
    statuses = [
        "added" if span_id not in known else "unchanged" if known[span_id] == text.hash else "changed"
        for span_id, _, text in made.examples
    ]
    if keys is None:
        count = storage.items.count(query, state.max_count, state.max_count_seconds)
        matched, exact = count.count, count.exact
    else:
        matched, exact = len(keys), True
    return json_answer(
        {
            "data": {
                "dataset_id": global_id(DATASET, dataset.id),
                "version_id": global_id(VERSION, dataset.version_id),
                "matched": matched,
                "matched_exactly": exact,
                **{status: statuses.count(status) for status in ("added", "changed", "unchanged")},
                "corrected": sum(example.corrected for _, example, _ in made.examples),
                "left_out": _left_out(made),
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
                "attributes": list(made.attributes or ())[:MOST_ATTRIBUTES],
            }
        }
    )


def _left_out(made: _Made) -> list[dict[str, Any]]:
    return [{"reason": reason, "count": len(ids), "ids": ids[:IDS_TOLD]} for reason, ids in made.left_out.items()]
