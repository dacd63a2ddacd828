"""Evaluations as the older clients send them, from bytes to annotations: a table in Arrow, or one in protobuf. No I/O.

A table has one row for each target, with the target in its index (`context.span_id`, `context.trace_id`, for documents
also `document_position`), and any of `score`, `label` and `explanation`; the schema's metadata say, under `arize`,
what kind of target it is and under which name.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson
from google.protobuf import (  # type: ignore[import-untyped]  # has no stubs
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    wrappers_pb2,
)
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs

from rubricate.records.annotation import MOST_DOCUMENTS, NOTE, AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.ingest.arrow_table import UnreadableTable, read_table
from rubricate_server.ingest.pipeline import Room
from rubricate_server.storage.contract import AnnotationKey, NewAnnotation

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

METADATA: Final = b"arize"
EVAL_TYPES: Final = {
    TargetKind.TRACE: "TraceEvaluations",
    TargetKind.SPAN: "SpanEvaluations",
    TargetKind.DOCUMENT: "DocumentEvaluations",
}
INDEX: Final = {
    TargetKind.TRACE: ("context.trace_id",),
    TargetKind.SPAN: ("context.span_id",),
    TargetKind.DOCUMENT: ("context.span_id", "document_position"),
}
_ALIASES: Final = {
    "context.trace_id": ("context.trace_id", "trace_id"),
    "context.span_id": ("context.span_id", "span_id"),
    "document_position": ("document_position", "position"),
}
NOT_A_DOCUMENT: Final = -1
PIECE_ROWS: Final = 2000
"""Rows that are read, and written, at once; some 50 ms of writing: a large table must not hold up everybody else's."""


class Undecodable(ValueError):
    """Bytes that are no evaluations, or evaluations that cannot be meant; the message says why."""


def decode_arrow(body: bytes, most_bytes: int, room: Room) -> Iterator[list[NewAnnotation]]:
    """The annotations of an Arrow stream, one a row, PIECE_ROWS at once: a small table may have millions of rows.

    Raises Undecodable, or TooLarge for what unpacks to more than `most_bytes`, before there is a first piece.
    """
    try:
        table = read_table(body, most_bytes, room)
    except UnreadableTable as error:
        raise Undecodable(f"Request body is not a readable Arrow stream: {error}") from error
    kind, name = _described(table.schema.metadata or {})
    for _ in _pieces(table, kind, name):  # all are looked at before one is kept
        pass
    return _pieces(table, kind, name)


def _pieces(table: "pa.Table", kind: TargetKind, name: str) -> Iterator[list[NewAnnotation]]:
    for start in range(0, table.num_rows, PIECE_ROWS):  # of an empty table, the clients leave out the index
        yield _judgements(table.slice(start, PIECE_ROWS), start, kind, name)


def _judgements(table: "pa.Table", first_row: int, kind: TargetKind, name: str) -> list[NewAnnotation]:
    identifiers, *rest = (_column(table, column) for column in INDEX[kind])
    positions = rest[0] if rest else [NOT_A_DOCUMENT] * table.num_rows
    parsers = {"label": _text, "score": _number, "explanation": _text}
    results = (_cells(table, column, first_row, parse) for column, parse in parsers.items())
    return [
        _judgement(kind, _id(identifier, row), _position(position, kind, row), name, label, score, explanation)
        for row, (identifier, position, label, score, explanation) in enumerate(
            zip(identifiers, positions, *results, strict=True), first_row
        )
    ]


def decode_protobuf(body: bytes) -> NewAnnotation:
    """The annotation of one Evaluation message. Raises Undecodable."""
    message = _EVALUATION()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise Undecodable("Request body is invalid") from error
    kind, identifier, position = _subject(message.subject_id)
    result = message.result
    return _judgement(
        kind,
        _id(identifier, 0),
        _position(position, kind, 0),
        _valid_name(message.name),
        result.label.value if result.HasField("label") else None,
        _number(result.score.value) if result.HasField("score") else None,
        result.explanation.value if result.HasField("explanation") else None,
    )


def _judgement(
    kind: TargetKind,
    target_id: bytes,
    position: int,
    name: str,
    label: str | None,
    score: float | None,
    explanation: str | None,
) -> NewAnnotation:
    key = AnnotationKey(kind, target_id, position, name, "")
    return NewAnnotation(key, AnnotatorKind.LLM, label, score, explanation, {}, AnnotationSource.API, None)


def _described(metadata: dict[bytes, bytes]) -> tuple[TargetKind, str]:
    try:
        described = orjson.loads(metadata.get(METADATA, b""))
        eval_type, name = described["eval_type"], described["eval_name"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Undecodable("The Arrow schema says under 'arize' neither eval_type nor eval_name") from error
    for kind, known in EVAL_TYPES.items():
        if known == eval_type:
            return kind, _valid_name(name)
    raise Undecodable(f"eval_type is {eval_type!r}; it must be one of {', '.join(EVAL_TYPES.values())}")


def _valid_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise Undecodable("Evaluation name must not be blank/empty")
    if name == NOTE:
        raise Undecodable(f"The name {NOTE!r} is reserved for notes")
    return name.strip()


def _column(table: "pa.Table", name: str) -> list[Any]:
    for alias in _ALIASES[name]:
        # A name may occur twice: pandas allows an index that is called like a column.
        for place in table.schema.get_all_field_indices(alias):
            cells: list[Any] = table.column(place).to_pylist()
            return cells
    raise Undecodable(f"The table has no column {name!r}; it has {', '.join(table.column_names) or 'none'}")


def _cells(table: "pa.Table", name: str, first_row: int, parse: Callable[[Any], Any]) -> Sequence[Any]:
    places = table.schema.get_all_field_indices(name)
    if not places:
        return [None] * table.num_rows
    return list(_parsed(name, enumerate(table.column(places[0]).to_pylist(), first_row), parse))


def _parsed(name: str, cells: Iterable[tuple[int, Any]], parse: Callable[[Any], Any]) -> Iterator[Any]:
    for row, cell in cells:
        try:
            yield None if cell is None else parse(cell)
        except (TypeError, ValueError) as error:
            raise Undecodable(f"{name} in row {row} is {cell!r}: {error}") from error


def _number(cell: Any) -> float | None:
    if isinstance(cell, str | bytes):
        raise TypeError("not a number")
    number = float(cell)
    if math.isinf(number):
        raise ValueError("not finite")
    return None if math.isnan(number) else number


def _text(cell: Any) -> str | None:
    if isinstance(cell, float) and math.isnan(cell):  # a column without any text is a column of NaN
        return None
    if not isinstance(cell, str):
        raise TypeError("not a text")
    return cell


def _id(cell: Any, row: int) -> bytes:
    try:
        found = bytes.fromhex(cell)
    except (TypeError, ValueError):
        found = b""
    if not found:
        raise Undecodable(f"The id in row {row} is {cell!r}; it must be an OpenTelemetry id in hex")
    return found


def _position(cell: Any, kind: TargetKind, row: int) -> int:
    if kind != TargetKind.DOCUMENT:
        return NOT_A_DOCUMENT
    if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell <= MOST_DOCUMENTS:
        raise Undecodable(f"document_position in row {row} is {cell!r}; it must be a whole number from 0 on")
    return cell


# --- protobuf ---------------------------------------------------------------------------------------------------------


def _subject(subject: Any) -> tuple[TargetKind, str, int]:
    match subject.WhichOneof("kind"):
        case "trace_id":
            return TargetKind.TRACE, subject.trace_id, NOT_A_DOCUMENT
        case "span_id":
            return TargetKind.SPAN, subject.span_id, NOT_A_DOCUMENT
        case "document_retrieval_id":
            document = subject.document_retrieval_id
            return TargetKind.DOCUMENT, document.span_id, document.document_position
    raise Undecodable("The evaluation says of nothing: its subject_id is empty")


def _evaluation_class() -> Any:
    """The message, from its field numbers: a generated module would want the very protobuf version that made it."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="rubricate/evaluation.proto",
        package="rubricate",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )

    def message(name: str, *fields: tuple[str, int, str]) -> Any:
        made = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            added = made.field.add(name=field_name, number=number, label=field.LABEL_OPTIONAL)
            if kind.startswith("."):
                added.type, added.type_name = field.TYPE_MESSAGE, kind
            else:
                added.type = {"string": field.TYPE_STRING, "int32": field.TYPE_INT32}[kind]
        return made

    message(
        "Evaluation",
        ("name", 1, "string"),
        ("subject_id", 2, ".rubricate.Subject"),
        ("result", 3, ".rubricate.Result"),
    )
    subject = message(
        "Subject",
        ("trace_id", 1, "string"),
        ("span_id", 2, "string"),
        ("document_retrieval_id", 3, ".rubricate.Document"),
    )
    subject.oneof_decl.add(name="kind")
    for each in subject.field:
        each.oneof_index = 0
    message("Document", ("span_id", 1, "string"), ("document_position", 2, "int32"))
    message(
        "Result",
        ("score", 1, ".google.protobuf.DoubleValue"),
        ("label", 2, ".google.protobuf.StringValue"),
        ("explanation", 3, ".google.protobuf.StringValue"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("rubricate.Evaluation"))


_EVALUATION: Final = _evaluation_class()
