"""Frames as JSON, in pandas' table schema.

`"data"` stands before `"schema"`, because columns and their types are known only after the last row; readers parse
the whole object first. Rows are held back up to `HELD_BYTES`, so that an empty cell of a column that turns up later
can still be written as null. Beyond that it is left out, which pandas reads as NaN instead of None.

Texts are written in ASCII, unless they are of a script that would grow by it: Python keeps an answer with one emoji in
it with four bytes a character, and Phoenix's client copies the answer some times before it parses it.
"""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any, Final

import orjson

from rubricate_server.domain.frame import Column, Frame, Span

HELD_BYTES: Final = 16 * 2**20
"""What one answer may keep in memory before it writes."""
CHUNK_BYTES: Final = 256 * 2**10
"""JSON is sent in pieces of about this size."""


def table_pieces(frame: Frame, batches: Iterator[list[Span]]) -> Generator[bytes]:
    """The frame in pandas' table schema, in pieces that end between two tokens."""
    yield b'{"data":['
    shapes = _Shapes(frame)
    held: list[tuple[bytes, tuple[Any, ...]]] | None = []
    held_bytes = 0
    pieces: list[bytes] = []
    size = 0
    separator = b""
    for spans in batches:
        for row in frame.rows(spans):
            encoded = _narrow(orjson.dumps(row), row)
            shape = shapes.of(row)
            if held is not None:
                held.append((encoded, shape))
                held_bytes += len(encoded)
                continue
            pieces += (separator, shapes.padded(encoded, shape))
            size += len(encoded)
            separator = b","
        if held is not None and held_bytes > HELD_BYTES:
            for encoded, shape in held:
                pieces += (separator, shapes.padded(encoded, shape))
                separator = b","
            held, size = None, held_bytes
        if size > CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    for encoded, shape in held or ():
        pieces += (separator, shapes.padded(encoded, shape))
        separator = b","
        size += len(encoded)
        if size > CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    pieces.append(b'],"schema":' + _in_ascii(shapes.schema()).encode() + b"}")
    yield b"".join(pieces)


def _narrow(encoded: bytes, row: dict[str, Any]) -> bytes:
    """The row with characters that are as narrow as can be."""
    if encoded.isascii():
        return encoded
    text = encoded.decode()
    if len(encoded) - len(text) <= len(text) * DENSE:
        return _in_ascii(row).encode()
    if _LEADS_TO_WIDE not in encoded:
        return encoded
    return _WIDE.sub(lambda wide: _in_ascii(wide[0])[1:-1], text).encode()


DENSE: Final = 0.25
"""Bytes beyond one a character from which on a row is of another script: each of its characters would take six."""
_in_ascii = json.JSONEncoder(separators=(",", ":")).encode
_WIDE: Final = re.compile("[\U00010000-\U0010ffff]+")
_LEADS_TO_WIDE: Final = b"\xf0"  # of all but private and unassigned ones


class _Shapes:
    """What rows have in common: the same keys with cells of the same types, hence the same empty cells.

    Applications make few shapes, so that what is asked of each row is one look-up.
    """

    _MANY: Final = 4096

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._rows = 0
        self._counts: dict[tuple[Any, ...], int] = {}
        self._pads: dict[tuple[Any, ...], bytes] = {}
        self._padded_columns = 0
        self._types: dict[str, set[type]] = {}
        self._filled: dict[str, int] = {}

    def of(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """The shape of a row, which is counted: its keys, then the types of its cells."""
        shape = (*row, *map(type, row.values()))
        counts = self._counts
        if shape not in counts and len(counts) >= self._MANY:
            self._fold()
        counts[shape] = counts.get(shape, 0) + 1
        return shape

    def padded(self, encoded: bytes, shape: tuple[Any, ...]) -> bytes:
        """An encoded row with null for its empty cells in the columns known by now."""
        columns = self._frame.columns
        if len(columns) != self._padded_columns or len(self._pads) > self._MANY:
            self._pads.clear()
            self._padded_columns = len(columns)
        pad = self._pads.get(shape)
        if pad is None:
            filled = set(shape[: len(shape) // 2])
            empty = b"".join(
                f",{_in_ascii(column.key)}:null".encode() for column in columns if column.key not in filled
            )
            pad = self._pads[shape] = (empty if filled else empty[1:]) + b"}"
        return encoded[:-1] + pad

    def schema(self) -> dict[str, Any]:
        """The table schema of all rows."""
        self._fold()
        return {
            "fields": [self._field(column) for column in self._frame.columns],
            "primaryKey": list(self._frame.index),
            "pandas_version": "1.4.0",
        }

    def _fold(self) -> None:
        for shape, times in self._counts.items():
            self._rows += times
            half = len(shape) // 2
            for key, kind in zip(shape[:half], shape[half:], strict=True):
                self._types.setdefault(key, set()).add(kind)
                self._filled[key] = self._filled.get(key, 0) + times
        self._counts.clear()

    def _field(self, column: Column) -> dict[str, Any]:
        if column.is_time:
            return {"name": column.key, "type": "datetime", "tz": "UTC"}
        types = self._types.get(column.key, set())
        is_full = self._filled.get(column.key) == self._rows
        if types == {int} and is_full:
            kind = "integer"
        elif types and types <= {int, float}:
            kind = "number"
        elif types == {bool} and is_full:
            kind = "boolean"
        else:
            # No extDtype: pandas 3 finds texts by itself, and older ones would write None as a word.
            kind = "string"
        return {"name": column.key, "type": kind}
