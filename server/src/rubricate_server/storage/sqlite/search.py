"""Looking for text in bodies: block by block, and in as few of them as can be."""

import sqlite3  # noqa: TID251  # the engine
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from rubricate_server.domain.filter import contains_text
from rubricate_server.storage.sqlite.block import Column
from rubricate_server.storage.sqlite.sieve import codes_of, may_hold

LOWERED_COLUMNS: Final = 8
BARREN_BLOCKS: Final = 2048
"""Blocks that a scan knows not to have a text; it comes back to them for their other rows."""
WANTED: Final = 16
"""Texts of which that is known at once."""

_SIEVES: Final = {part: f"select {part}s from block_sieve where block = ?" for part in ("input", "output")}


class TextSearch:
    """The search of one reading connection. What it remembers stays true: blocks never change, ids never come again.

    What is looked for, and where, is one argument (`input:refund`), because each argument costs something for every
    row of a scan. Text in ASCII is given in lower case.
    """

    def __init__(self, connection: sqlite3.Connection, column: Callable[[int, str], Column | None]) -> None:
        self._connection = connection
        self._column = column
        self._lowered: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self._barren = _Barren()

    def holds(self, block: int | None, offset: int | None, what: str) -> bool:
        """Whether a part of a span's body (input, output, events) has the text; false also when there is no such part.

        Called for every row: 0.3 µs for most of them.
        """
        if block in self._barren[what] or block is None or offset is None:
            return False
        part, _, needle = what.partition(":")
        if not self._may_hold(block, part, needle):
            self._barren.add(what, block)
            return False
        return bool(self._contains(block, offset, what))

    def contains(self, block: int | None, offset: int | None, what: str) -> bool | None:
        """The same, but None when there is no such part: then somebody must look into the block."""
        return None if block is None or offset is None else self._contains(block, offset, what)

    @staticmethod
    def lacks(sieve: bytes | None, what: str) -> bool:
        """Whether a block of this sieve cannot have the text."""
        return sieve is not None and not may_hold(sieve, codes_of(what.partition(":")[2]))

    def _may_hold(self, block: int, part: str, needle: str) -> bool:
        if part not in _SIEVES:
            return True
        row = self._connection.execute(_SIEVES[part], (block,)).fetchone()
        return row is None or row[0] is None or may_hold(row[0], codes_of(needle))

    def _contains(self, block: int, offset: int, what: str) -> bool | None:
        part, _, needle = what.partition(":")
        column = self._column(block, part)
        if column is None or column.is_null(offset):
            return None
        # Most blocks do not have the text at all: then one look answers for all of their rows.
        if block in self._barren[what]:
            return False
        is_ascii = needle.isascii()
        wanted = needle.encode() if is_ascii else needle.casefold().encode("utf-8", "surrogatepass")
        text = self._lower(block, part, column) if is_ascii else _folded(column.values)
        if wanted not in text:
            self._barren.add(what, block)
            return False
        if not is_ascii:  # folding moves places
            return contains_text((column.get(offset) or b"").decode("utf-8", "replace"), needle)
        start = len(text) - len(column.values)
        return text.find(wanted, start + column.offsets[offset], start + column.offsets[offset + 1]) >= 0

    def _lower(self, block: int, part: str, column: Column) -> bytes:
        text = self._lowered.get((block, part))
        if text is None:
            # With the offsets before the values: cutting them off would be a copy.
            text = self._lowered[block, part] = column.raw.lower()
            if len(self._lowered) > LOWERED_COLUMNS:
                self._lowered.popitem(last=False)
        return text


class _Barren(dict[str, set[int]]):
    """What was looked for: blocks that do not have it."""

    def __missing__(self, what: str) -> set[int]:
        if len(self) >= WANTED:
            self.clear()
        found: set[int] = set()
        self[what] = found
        return found

    def add(self, what: str, block: int) -> None:
        blocks = self[what]
        if len(blocks) >= BARREN_BLOCKS:
            blocks.clear()
        blocks.add(block)


def _folded(values: memoryview) -> bytes:
    return str(values, "utf-8", "replace").casefold().encode()
