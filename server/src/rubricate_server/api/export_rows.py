"""Rows of an export: what of an item or annotation stands in which column."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from rubricate.records.annotation import NOTE, TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.api.identifier import global_id
from rubricate_server.api.moment import iso_from_ns, iso_from_us
from rubricate_server.api.span import STATUSES
from rubricate_server.api.target import any_wire, target_id
from rubricate_server.storage.contract import ExportedItem, StoredAnnotation, TargetPreview

Row = dict[str, Any]


class Column(NamedTuple):
    """A column, the same in every format."""

    name: str
    type: Literal["text", "integer", "number", "time", "json"]
    """A time is ISO 8601 in UTC; json is any value, or bytes that are JSON already."""


_TEXTS: Final = ("id", "global_id", "trace_id", "session_id", "parent_id", "name", "span_kind", "status_code")
_MEASURES: Final = (
    *(Column(name, "integer") for name in ("prompt_tokens", "completion_tokens", "total_tokens")),
    Column("cost_usd", "number"),
)
_SPAN: Final = (
    *(Column(name, "text") for name in (*_TEXTS, "status_message")),
    Column("start_time", "time"),
    Column("end_time", "time"),
    Column("latency_ms", "number"),
    *(Column(name, "text") for name in ("input", "output", "model", "user_id")),
    *_MEASURES,
    Column("attributes", "json"),
)
_COUNTS: Final = tuple(Column(name, "integer") for name in ("span_count", "error_count", "trace_count"))
_OF_SPANS_ONLY: Final = {"parent_id", "span_kind", "status_code", "status_message", "model"}
_NOT_OF_SESSIONS: Final = {"trace_id", "name"}
ITEM_COLUMNS: Final[Mapping[ItemKind, tuple[Column, ...]]] = {
    "span": _SPAN,
    "trace": tuple(column for column in (*_SPAN, *_COUNTS[:2]) if column.name not in _OF_SPANS_ONLY),
    "session": tuple(column for column in (*_SPAN, *_COUNTS) if column.name not in _OF_SPANS_ONLY | _NOT_OF_SESSIONS),
}
_TYPE_NAMES: Final[Mapping[ItemKind, str]] = {"span": "Span", "trace": "Trace", "session": "ProjectSession"}
_ANNOTATED: Final = (("label", "text"), ("score", "number"), ("explanation", "text"))
ANNOTATION_COLUMNS: Final = (
    *(Column(name, "text") for name in ("id", "target_kind", "target_id")),
    Column("document_position", "integer"),
    *(Column(name, "text") for name in ("name", "annotator_kind", "identifier", "label")),
    Column("score", "number"),
    *(Column(name, "text") for name in ("explanation", "source", "user_id")),
    Column("rubric_version", "integer"),
    Column("created_at", "time"),
    Column("updated_at", "time"),
    Column("metadata", "json"),
    *(Column(name, "text") for name in ("target_name", "target_trace_id", "target_input", "target_output")),
)
_PEOPLE_FIRST: Final = {"HUMAN": 0, "LLM": 1, "CODE": 2}


def item_columns(kind: ItemKind, names: Sequence[str]) -> list[Column]:
    """The columns of items, with three for each name of annotations and one that holds all of these."""
    of_names = [
        Column(f"annotations.{name}.{field}", type_)  # type: ignore[arg-type]  # they are of the type's words
        for name in names
        for field, type_ in _ANNOTATED
    ]
    return [*ITEM_COLUMNS[kind], *of_names, Column("annotations", "json")]


def item_row(kind: ItemKind, item: ExportedItem, annotations: Sequence[StoredAnnotation], names: Iterable[str]) -> Row:
    """An item as a row."""
    row: Row = {
        "id": item.key.decode() if kind == "session" else item.key.hex(),
        "global_id": global_id(_TYPE_NAMES[kind], item.row),
        "trace_id": _hex(item.trace_id),
        "session_id": item.session_id,
        "parent_id": _hex(item.parent_id),
        "name": item.name,
        "span_kind": item.kind.upper() if item.kind is not None else None,
        "status_code": STATUSES[item.status] if item.status is not None else None,
        "status_message": item.status_message,
        "start_time": iso_from_ns(item.start_ns),
        "end_time": iso_from_ns(item.end_ns),
        "latency_ms": (item.end_ns - item.start_ns) / 1_000_000,
        "input": item.input,
        "output": item.output,
        "model": item.model,
        "user_id": item.user_id,
        "prompt_tokens": item.tokens_prompt,
        "completion_tokens": item.tokens_completion,
        "total_tokens": item.tokens_total,
        "cost_usd": item.cost_usd,
        "attributes": item.attributes if item.attributes is not None else b"{}",
        "span_count": item.span_count,
        "error_count": item.error_count,
        "trace_count": item.trace_count,
    }
    said = _first_said(annotations)
    for name in names:
        chosen = said.get(name)
        for field, _ in _ANNOTATED:
            row[f"annotations.{name}.{field}"] = None if chosen is None else getattr(chosen, field)
    row["annotations"] = [any_wire(annotation) for annotation in annotations]
    return row


def annotation_row(annotation: StoredAnnotation, preview: TargetPreview | None) -> Row:
    """An annotation as a row."""
    key = annotation.key
    return {
        "id": any_wire(annotation)["id"],
        "target_kind": key.target_kind.value,
        "target_id": target_id(key),
        "document_position": key.position if key.target_kind is TargetKind.DOCUMENT else None,
        "name": key.name,
        "annotator_kind": annotation.annotator_kind,
        "identifier": key.identifier,
        "label": annotation.label,
        "score": annotation.score,
        "explanation": annotation.explanation,
        "source": annotation.source,
        "user_id": annotation.user_id,
        "rubric_version": annotation.rubric_version,
        "created_at": iso_from_us(annotation.created_us),
        "updated_at": iso_from_us(annotation.updated_us),
        "metadata": annotation.metadata,
        "target_name": preview.name if preview else None,
        "target_trace_id": _hex(preview.trace_id) if preview else None,
        "target_input": preview.input if preview else None,
        "target_output": preview.output if preview else None,
    }


def column_names(names: Iterable[str]) -> Iterator[str]:
    """The names of annotations that get columns: notes pile up, and have none."""
    return (name for name in names if name != NOTE)


def _first_said(annotations: Sequence[StoredAnnotation]) -> dict[str, StoredAnnotation]:
    """For each name what counts: of people before judges before code, what was written last; nothing of documents."""
    found: dict[str, StoredAnnotation] = {}
    for annotation in annotations:
        if annotation.key.target_kind is TargetKind.DOCUMENT:
            continue
        known = found.get(annotation.key.name)
        if known is None or _precedence(annotation) < _precedence(known):
            found[annotation.key.name] = annotation
    return found


def _precedence(annotation: StoredAnnotation) -> tuple[int, int, int]:
    return _PEOPLE_FIRST.get(annotation.annotator_kind, len(_PEOPLE_FIRST)), -annotation.updated_us, -annotation.id


def _hex(key: bytes | None) -> str | None:
    return None if key is None else key.hex()
