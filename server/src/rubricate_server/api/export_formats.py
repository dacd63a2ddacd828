"""JSON lines, CSV and Parquet, written while rows come: memory does not grow with their number."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

import orjson

from rubricate_server.api.export_rows import Column, Row

Format = Literal["jsonl", "csv", "parquet"]
Rows = Iterator[Sequence[Row]]
"""In batches."""

ROW_GROUP_BYTES: Final = 16 * 2**20
"""What of a Parquet file waits in memory: many small groups make reading slow."""
_NEEDS_QUOTES: Final = re.compile('[",\r\n]')
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would run."""


class Written(NamedTuple):
    """How a format is written."""

    write: Callable[[Sequence[Column], Rows], Generator[bytes]]
    media_type: str


def jsonl(columns: Sequence[Column], rows: Rows) -> Generator[bytes]:
    """One object a line, with every column."""
    names = [column.name for column in columns]
    for batch in rows:
        yield b"".join(orjson.dumps({name: _fragment(row[name]) for name in names}) + b"\n" for row in batch)


def comma_separated(columns: Sequence[Column], rows: Rows) -> Generator[bytes]:
    """RFC 4180 with a header, in UTF-8. A text that a spreadsheet would run as a formula gets a `'` before it."""
    yield _lines([[guarded(column.name) for column in columns]])
    for batch in rows:
        yield _lines([[_cell(row[column.name], column) for column in columns] for row in batch])


def parquet(columns: Sequence[Column], rows: Rows) -> Generator[bytes]:
    """Times are microseconds in UTC, json is text."""
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs; takes 0.2 s, and few servers need it
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no stubs

    types = {
        "text": pa.large_string(),
        "json": pa.large_string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(column.name, types[column.type]) for column in columns])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        waiting: list[Any] = []
        for batch in rows:
            arrays = [
                pa.array([_typed(row[column.name], column) for row in batch], types[column.type]) for column in columns
            ]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
            if sum(each.nbytes for each in waiting) >= ROW_GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting = []
                yield sink.taken()
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    yield sink.taken()


FORMATS: Final[dict[Format, Written]] = {
    "jsonl": Written(jsonl, "application/x-ndjson"),
    "csv": Written(comma_separated, "text/csv; charset=utf-8"),
    "parquet": Written(parquet, "application/vnd.apache.parquet"),
}


def _lines(rows: list[list[str]]) -> bytes:
    # The csv module looks at each character and holds every other thread up meanwhile: 40 ms for 500 long rows.
    text = "".join(",".join(map(_quoted, row)) + "\r\n" for row in rows)
    return text.encode("utf-8", "replace")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell


def _cell(value: Any, column: Column) -> str:
    if value is None:
        return ""
    match column.type:
        case "text":
            return guarded(value)
        case "json":
            return _json(value)  # begins with a bracket
        case _:
            return str(value)


def _fragment(value: Any) -> Any:
    return orjson.Fragment(value) if isinstance(value, bytes) else value


def _json(value: Any) -> str:
    return (value if isinstance(value, bytes) else orjson.dumps(value)).decode()


def guarded(text: str) -> str:
    """The text, with a `'` before it if a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _typed(value: Any, column: Column) -> Any:
    if value is None:
        return None
    match column.type:
        case "json":
            return _json(value)
        case "time":
            return datetime.fromisoformat(value).astimezone(UTC)
        case _:
            return value


class _Sink:
    """What a Parquet file is written into."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def write(self, piece: Any) -> int:
        taken = bytes(piece)
        self._pieces.append(taken)
        self._position += len(taken)
        return len(taken)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def taken(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
