"""Examples in a file: CSV, JSON lines, or a table of Arrow, and which of its columns are what."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import orjson

from rubricate_server.api.body import strict_json
from rubricate_server.api.errors import ApiError
from rubricate_server.ingest.arrow_table import UnreadableTable, read_table
from rubricate_server.ingest.pipeline import Room

CSV: Final = "text/csv"
ARROW: Final = "application/x-pandas-pyarrow"
JSON_LINES: Final = ("application/jsonl", "application/x-jsonlines", "application/x-ndjson")

Row = dict[str, Any]

# By default a cell of 128 KB is an error. The size of the whole file is bounded already.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file are what. Those that are not named are left out."""

    input: Sequence[str] = ()
    output: Sequence[str] = ()
    metadata: Sequence[str] = ()
    splits: Sequence[str] = ()
    """Columns whose values are names of splits."""
    split: str | None = None
    """A column that holds the name of a split, or a JSON list of names."""
    flatten: Sequence[str] = ()
    """Columns that hold objects, whose keys take the column's place."""
    span_id: str | None = None
    example_id: str | None = None

    def named(self) -> Iterator[tuple[str, Sequence[str]]]:
        """What is what, with its columns, for messages."""
        yield from (("input", self.input), ("output", self.output), ("metadata", self.metadata))
        yield from (("split", self.splits), ("flatten", self.flatten))
        for what, column in (("split", self.split), ("span id", self.span_id), ("example id", self.example_id)):
            if column is not None:
                yield what, [column]


@dataclass(frozen=True, slots=True)
class ReadExample:
    """An example as a file has it, unchecked."""

    where: str
    input: Row
    output: Row
    metadata: Row
    splits: list[Any]
    span_id: Any
    example_id: Any


class FileLimits(NamedTuple):
    """How much a file may hold."""

    most_bytes: int
    """When it is unpacked."""
    most_rows: int
    room: Room
    """Holds the file, and what it unpacks to."""


def read_examples(content_type: str, content: bytes, columns: Columns, limits: FileLimits) -> list[ReadExample]:
    """The examples of a file. Raises 422, which says where it is wrong, and TooLarge."""
    examples: list[ReadExample] = []
    for where, row in _rows(content_type, content, columns, limits):
        _refuse_more(len(examples) + 1, limits)  # while it is read: a line may have two bytes
        examples.append(_example(row, where, columns))
    return examples


def _refuse_more(count: int, limits: FileLimits) -> None:
    if count > limits.most_rows:
        raise ApiError(
            422,
            f"The file has more than {limits.most_rows} examples; nothing was stored. Send them in parts with action"
            " append, or raise RUBRICATE_MAX_EXAMPLES.",
        )


def _rows(content_type: str, content: bytes, columns: Columns, limits: FileLimits) -> Iterator[tuple[str, Row]]:
    if content_type == CSV:
        return _csv(_text(content), columns)
    if content_type == ARROW:
        return _arrow(content, columns, limits)
    if content_type in JSON_LINES:
        return _json_lines(content, columns, limits)
    raise ApiError(
        422,
        f"Invalid file content type: {content_type or 'none'}; it is one of {', '.join((CSV, ARROW, *JSON_LINES))}.",
    )


def _csv(text: str, columns: Columns) -> Iterator[tuple[str, Row]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise ApiError(422, "Missing CSV column header: the first line names the columns.")
        repeated = [name for name, count in Counter(header).items() if count > 1]
        if repeated:
            raise ApiError(422, f"Duplicated column header in CSV file: {repeated[0]}")
        _refuse_missing(header, columns)
        for cells in reader:
            # An empty cell is no value: CSV cannot tell an empty text from nothing.
            if cells:
                yield f"line {reader.line_num}", {name: cell for name, cell in zip(header, cells, strict=False) if cell}
    except csv.Error as error:
        raise ApiError(422, f"The CSV file cannot be read, line {reader.line_num}: {error}") from None


def _json_lines(content: bytes, columns: Columns, limits: FileLimits) -> Iterator[tuple[str, Row]]:
    _text(content)
    seen: set[str] = set()
    rows: list[tuple[str, Row]] = []
    for number, line in enumerate(io.BytesIO(content), 1):
        if not line.strip():
            continue
        try:
            row = strict_json(line)
        except ValueError as error:
            raise ApiError(422, f"The file cannot be read as JSON, line {number}: {error}") from None
        if not isinstance(row, dict):
            raise ApiError(422, f"The file cannot be read, line {number}: each line is a JSON object.")
        seen.update(row)
        _refuse_more(len(rows) + 1, limits)
        rows.append((f"line {number}", row))
    if rows:
        _refuse_missing(seen, columns)
    return iter(rows)


def _arrow(content: bytes, columns: Columns, limits: FileLimits) -> Iterator[tuple[str, Row]]:
    try:
        table = read_table(content, limits.most_bytes, limits.room, limits.most_rows)
    except UnreadableTable as error:
        raise ApiError(422, f"The file cannot be read as an Arrow stream: {error}") from None
    _refuse_missing(table.column_names, columns)
    rows = table.to_pylist()
    return ((f"row {number}", {name: _plain(value) for name, value in row.items()}) for number, row in enumerate(rows))


def _plain(value: Any) -> Any:
    """A value of Arrow as JSON has it."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {str(key): _plain(child) for key, child in value.items()}
        case list() | tuple():
            return [_plain(child) for child in value]
        case date():
            return value.isoformat()
        case bool() | int() | float() | str() | None:
            return value
        case bytes():
            return value.decode("utf-8", "backslashreplace")
    return str(value)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ApiError(422, f"The file is not UTF-8: {error}") from None


def _refuse_missing(header: Iterable[str], columns: Columns) -> None:
    there = set(header)
    for what, wanted in columns.named():
        missing = sorted(set(wanted) - there)
        if missing:
            raise ApiError(
                422,
                f"{what} keys not found in column headers: {', '.join(missing)}. The file has"
                f" {', '.join(sorted(there)) or 'none'}.",
            )


def _example(row: Row, where: str, columns: Columns) -> ReadExample:
    def of(names: Sequence[str]) -> Row:
        taken: Row = {}
        for name in names:
            if name not in row:
                continue
            value = _object(row[name], f"{where}, column {name}") if name in columns.flatten else None
            taken.update(value if value is not None else {name: row[name]})
        return taken

    splits = [row[name] for name in columns.splits if row.get(name) not in (None, "")]
    if columns.split is not None:
        splits += _listed(row.get(columns.split))
    return ReadExample(
        where,
        of(columns.input),
        of(columns.output),
        of(columns.metadata),
        splits,
        row.get(columns.span_id) if columns.span_id else None,
        row.get(columns.example_id) if columns.example_id else None,
    )


def _object(value: Any, where: str) -> Row:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise ApiError(422, f"{where}: to be flattened it must hold a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise ApiError(422, f"{where}: to be flattened it must hold a JSON object.")
    return value


def _listed(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return [value]
    return value if isinstance(value, list) else [value]
