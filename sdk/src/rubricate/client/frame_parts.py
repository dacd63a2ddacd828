"""Frames in parts: read as they come, while the server is still at work. `records/frame_part.py` has the format.

The types of columns are known last, so early batches may have others than late ones. Cells that Python makes are made
at once, of each batch for itself, and made again where that would show. The frames are those that one Arrow stream
would have given.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from rubricate.client import frame as frames
from rubricate.client.conform import conformed, looks_alike
from rubricate.client.progress import Progress
from rubricate.errors import UnreadableAnswer
from rubricate.records.base import JsonObject
from rubricate.records.frame_part import ANNOTATIONS, END, FRAME, HEADER, KEYS, ROWS, WAIT

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs


class Annotated(NamedTuple):
    """A frame, and the annotations of the spans that its rows are made of."""

    frame: "pd.DataFrame"
    annotations: dict[str, list[JsonObject]] | None
    """By span id, newest first, as cells of a frame; of spans that have some. None: nobody asked the server."""


class FrameReader:
    """Takes the bytes of an answer piece by piece. Raises `UnreadableAnswer` for what is no row of parts."""

    def __init__(self, line: Progress) -> None:
        self._line = line
        self._frames: list[Annotated] = []
        self._batches: list[_Batch] = []
        self._annotations: dict[str, list[JsonObject]] = {}
        self._said = 0
        self._is_over = False
        self._head = bytearray()
        self._kind = b""
        self._content: Any = None
        self._room = memoryview(b"")

    def feed(self, piece: bytes) -> None:
        """The next bytes, wherever they end."""
        left = memoryview(piece)
        while len(left):
            if not self._room:
                left = self._read_head(left)
                continue
            size = min(len(left), len(self._room))
            self._room[:size] = left[:size]
            left, self._room = left[size:], self._room[size:]
            if not self._room:
                self._take()

    def finish(self) -> list[Annotated]:
        """The frames, once all has come. Raises `UnreadableAnswer` if something is missing."""
        if not self._is_over:
            raise UnreadableAnswer("The server's answer broke off: the frame is not whole. Ask again.")
        return self._frames

    def _read_head(self, left: memoryview) -> memoryview:
        import pyarrow  # type: ignore[import-untyped]  # has no stubs

        missing = HEADER.size - len(self._head)
        self._head += left[:missing]
        if len(self._head) == HEADER.size:
            kind, size = HEADER.unpack(self._head)
            self._head.clear()
            self._kind = kind.rstrip(b"\0")
            if self._is_over and self._kind != WAIT:
                raise UnreadableAnswer("The server's answer goes on after its end.")
            if self._kind not in _KINDS:
                raise UnreadableAnswer(f"The server's answer has a part of an unknown kind: {self._kind!r}.")
            self._content = pyarrow.allocate_buffer(size)
            self._room = memoryview(self._content).cast("B")
            if not size:
                self._take()
        return left[missing:]

    @frames.without_collector()
    def _take(self) -> None:
        """The part is there, as a whole."""
        content, self._content = self._content, None
        if self._kind == ROWS:
            self._batches += map(_Batch.of, frames.tables(content))
            self._line.at(sum(len(batch.table) for batch in self._batches))
        elif self._kind == ANNOTATIONS:
            for table in frames.tables(content):
                self._said += len(table)
                for span_id, cell in _annotations(table):
                    self._annotations.setdefault(span_id, []).append(cell)
        elif self._kind == FRAME:
            [table] = frames.tables(content)
            self._end_frame(table.schema)
        elif self._kind == END:
            self._is_over = True

    def _end_frame(self, schema: Any) -> None:
        about = json.loads(schema.metadata[KEYS])
        rows = sum(len(batch.table) for batch in self._batches)
        if (rows, self._said) != (about["rows"], about["annotations"] or 0):
            raise UnreadableAnswer(
                f"The server announced {about['rows']} rows and {about['annotations'] or 0} annotations, and sent"
                f" {rows} and {self._said}."
            )
        known = None if about["annotations"] is None else self._annotations
        self._frames.append(Annotated(_frame(schema, about["keys"], self._batches), known))
        self._batches, self._annotations, self._said = [], {}, 0


_KINDS = {ROWS, ANNOTATIONS, FRAME, WAIT, END}


class _Batch(NamedTuple):
    """Some rows, in columns named by their keys."""

    table: Any
    types: dict[str, Any]
    cells: dict[str, list[Any]]
    """Of nested columns, what a frame shows of them."""

    @classmethod
    def of(cls, table: Any) -> "_Batch":
        types = {field.name: field.type for field in table.schema}
        nested = frames.nested_names(table.schema)
        return cls(table, types, {name: frames.plain_cells(table.column(name)) for name in nested})

    def column(self, key: str, kind: Any) -> list[Any]:
        """The column in chunks of that type; empty ones where it turned up later."""
        import pyarrow

        if key not in self.types:
            return [pyarrow.nulls(len(self.table), kind)]
        return [conformed(chunk, kind) for chunk in self.table.column(key).chunks]

    def cells_of(self, key: str, kind: Any) -> list[Any] | None:
        """The cells that a column of that type would show; None if they must be made anew."""
        if key in self.types and not looks_alike(self.types[key], kind):
            return None
        return self.cells.get(key, [None] * len(self.table))


def _frame(schema: Any, keys: list[str], batches: list[_Batch]) -> "pd.DataFrame":
    import pyarrow

    columns, made, nested = [], {}, set(frames.nested_names(schema))
    for key, field in zip(keys, schema, strict=True):
        cells = [batch.cells_of(key, field.type) for batch in batches] if field.name in nested else [None]
        if any(some is None for some in cells):
            chunks = [chunk for batch in batches for chunk in batch.column(key, field.type)]
        else:
            made[field.name] = list(chain.from_iterable(cells))  # type: ignore[arg-type]  # none is None
            chunks = [pyarrow.nulls(len(made[field.name]), field.type)]
        columns.append(pyarrow.chunked_array(chunks, type=field.type))
    return frames.from_arrow(pyarrow.table(columns, schema=schema), made)


def _annotations(table: Any) -> Iterator[tuple[str, JsonObject]]:
    """Span id and cell of each annotation."""
    import pyarrow

    def texts(name: str) -> list[Any]:
        cells: list[Any] = table.column(name).to_numpy().tolist()
        return cells

    def times(name: str) -> list[Any]:
        return [_EPOCH + timedelta(microseconds=us) for us in table.column(name).cast(pyarrow.int64()).to_pylist()]

    columns = {
        "name": texts("name"),
        "annotator_kind": texts("annotator_kind"),
        "label": texts("label"),
        "score": table.column("score").to_pylist(),
        "explanation": texts("explanation"),
        "identifier": texts("identifier"),
        "metadata": [{} if text == "{}" else json.loads(text) for text in texts("metadata")],
        "user_id": texts("user_id"),
        "source": texts("source"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "id": texts("id"),
    }
    cells = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return zip(texts("span_id"), cells, strict=True)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
