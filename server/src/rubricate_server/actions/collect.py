"""Examples out of what people found: spans, root spans of traces, turns of sessions, with what is said of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import orjson

from rubricate.records.annotation import CORRECTION, SKIP, AnnotatorKind, TargetKind
from rubricate.records.dataset import ExampleMapping
from rubricate_server.domain.example import ExampleText, example_text
from rubricate_server.domain.span_example import NoExample, SpanContent, SpanExample, attributes_of, example_of
from rubricate_server.storage.contract import (
    AnnotationQuery,
    ExportedItem,
    ExportQuery,
    ItemMark,
    ItemQuery,
    Storage,
    StoredAnnotation,
    StoredItem,
)

AT_ONCE: Final = 200
"""Items whose bodies are in memory together while examples are made of them."""
ANNOTATIONS_AT_ONCE: Final = 1000


class TooMany(Exception):
    """There are more examples than are made at once."""


class Abandoned(Exception):
    """Nobody waits for the examples any more."""


class Limits(NamedTuple):
    """How much is collected at most."""

    examples: int
    size_bytes: int


class Collected(NamedTuple):
    """An example, and the id of the span that it was made from."""

    span_id: bytes
    example: SpanExample
    text: ExampleText


@dataclass(slots=True)
class Collection:
    """Examples, and what became none."""

    examples: list[Collected] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """Ids of items by the reason why they became no example."""
    matched: int = 0
    """Items that were looked at, sessions as one each; 0 of the first ones."""
    attributes: dict[str, None] = field(default_factory=dict)
    """What mappings may name of the items, where that was asked for."""
    size_bytes: int = 0

    def leave_out(self, reason: str, identifier: str) -> None:
        """Note an item that becomes no example."""
        self.left_out.setdefault(reason, []).append(identifier)


def collect(
    storage: Storage,
    query: ItemQuery,
    keys: Mapping[bytes, str] | None,
    mapping: ExampleMapping,
    limits: Limits,
    is_wanted: Callable[[], bool],
) -> Collection:
    """Examples of all that the query finds, or of those of the keys, each with the id that it was asked for by.

    In the order of their start, or of the keys. `is_wanted` is asked now and then. Raises TooMany, Abandoned.
    """
    made = Collection()
    for page in _pages(storage, query, keys, None):
        made.matched += len(page.items) + len(page.missing)
        for turns in _turns(storage, page):
            if not is_wanted():
                raise Abandoned
            _make(storage, turns, mapping, made, of_sessions=query.kind is TargetKind.SESSION)
            if len(made.examples) > limits.examples or made.size_bytes > limits.size_bytes:
                raise TooMany
    return made


def collect_first(
    storage: Storage, query: ItemQuery, keys: Mapping[bytes, str] | None, mapping: ExampleMapping, most: int
) -> Collection:
    """The same of the first items, `most` of them, or `most` turns of the first sessions; with their attributes."""
    made = Collection()
    left = most
    if left == 0:
        return made
    for page in _pages(storage, query, keys, most):
        for turns in _turns(storage, page):
            first = turns._replace(items=turns.items[:left])
            _make(storage, first, mapping, made, of_sessions=query.kind is TargetKind.SESSION, name_attributes=True)
            left -= len(first.items)
            if left <= 0:
                return made
    return made


# --- which items ------------------------------------------------------------------------------------------------------


class _Page(NamedTuple):
    items: Sequence[StoredItem]
    missing: Sequence[str]
    """Ids that were asked for and were not found."""


def _pages(storage: Storage, query: ItemQuery, keys: Mapping[bytes, str] | None, most: int | None) -> Iterator[_Page]:
    if keys is not None:
        chosen = list(keys)[:most]
        for start in range(0, len(chosen), AT_ONCE):
            some = chosen[start : start + AT_ONCE]
            found = {item.key: item for item in storage.items.find(replace(query, keys=tuple(some)), AT_ONCE)}
            missing = [keys[key] for key in some if key not in found]
            yield _Page([found[key] for key in some if key in found], missing)
        return
    for page in _found(storage, query, AT_ONCE if most is None else min(most, AT_ONCE)):
        yield _Page(page, ())


def _turns(storage: Storage, page: _Page) -> Iterator[_Page]:
    """The page; of sessions, pages of their traces, oldest first, one session after another."""
    if not page.items or page.items[0].kind is not TargetKind.SESSION:
        yield page
        return
    gathered: list[StoredItem] = []
    missing = page.missing
    for session in page.items:
        query = ItemQuery(TargetKind.TRACE, session.project_id, session_row=session.row, descending=False)
        for traces in _found(storage, query):
            gathered += traces
            if len(gathered) >= AT_ONCE:
                yield _Page(gathered, missing)
                gathered, missing = [], ()
    yield _Page(gathered, missing)


def _found(storage: Storage, query: ItemQuery, size: int = AT_ONCE) -> Iterator[list[StoredItem]]:
    """All items of a query, page after page."""
    while True:
        found = storage.items.find(query, size)
        if found:
            yield found
        if len(found) < size:
            return
        query = replace(query, after=ItemMark(found[-1].start_ns, found[-1].row))


# --- what they say ----------------------------------------------------------------------------------------------------


def _make(
    storage: Storage,
    page: _Page,
    mapping: ExampleMapping,
    made: Collection,
    *,
    of_sessions: bool,
    name_attributes: bool = False,
) -> None:
    for identifier in page.missing:
        made.leave_out("is not in the project, or does not fit the filter", identifier)
    spans = _spans(storage, page.items)
    said = _said(storage, page.items, spans, of_sessions=of_sessions)
    for item in page.items:
        span = None if item.root_id is None else spans.get(item.root_id)
        if span is None:
            made.leave_out("has no root span", item.key.hex())
            continue
        content = _content(span)
        if name_attributes:
            made.attributes |= dict.fromkeys(attributes_of(content))
        try:
            example = _example(item, span, content, mapping, said)
        except NoExample as reason:
            made.leave_out(str(reason), item.key.hex())
            continue
        text = example_text(example.input, example.output, example.metadata)
        made.examples.append(Collected(span.key, example, text))
        made.size_bytes += len(text.input) + len(text.output) + len(text.metadata)


def _spans(storage: Storage, items: Sequence[StoredItem]) -> dict[bytes, ExportedItem]:
    roots = tuple({item.root_id for item in items if item.root_id is not None})
    if not roots:
        return {}
    query = ExportQuery(items[0].project_id, "span", keys=roots)
    return {span.key: span for batch in storage.export.items(query) for span in batch}


_Said = dict[tuple[TargetKind, bytes], list[StoredAnnotation]]


def _said(
    storage: Storage, items: Sequence[StoredItem], spans: Mapping[bytes, ExportedItem], *, of_sessions: bool
) -> _Said:
    """What is said of the spans and their documents, and of traces whose answer is that of one of the spans.

    And of the sessions, where these were what was asked for.
    """
    found: _Said = {}
    traces = {span.trace_id for span in spans.values() if span.parent_id is None and span.trace_id is not None}
    sessions = {item.session_id.encode() for item in items if of_sessions and item.session_id is not None}
    for kind, keys in (
        (TargetKind.SESSION, sessions),
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
    of_session = said.get((TargetKind.SESSION, (item.session_id or "").encode()), [])
    documents = said.get((TargetKind.DOCUMENT, span.key), [])
    told: dict[str, list[dict[str, Any]]] = {}
    for annotation in sorted((*of_session, *first, *second, *documents), key=lambda each: (each.key.name, each.id)):
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
