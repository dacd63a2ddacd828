"""Columns of span bodies, packed: the format of `span_block`, version 1.

A column of a block is one frame: an eight-byte header (`RB`, version, flags, uint32 count), then one zstd frame with
a content checksum. Inside it lies Arrow's layout of a string column: count + 1 little-endian uint32 offsets, a
validity bitmap when flag 1 is set (bit set: the value is not null), then the bytes of all values.
`docs/reference/block-format.md` describes it byte for byte.
"""

import struct
import sys
import threading
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import zstandard

from rubricate_server.storage.errors import Damaged

VERSION = 1
HAS_NULLS = 1
_HEADER = struct.Struct("<2sBBI")

# Compressors and decompressors must not be shared between threads.
_local = threading.local()


class Column(NamedTuple):
    """An unpacked column; `column.get(i)` is its i-th value."""

    offsets: memoryview
    validity: memoryview | None
    values: memoryview
    raw: bytes
    """All of it as it was packed: the values are its end."""

    def get(self, index: int) -> bytes | None:
        """The value at a place; None when it is null."""
        if self.is_null(index):
            return None
        start = len(self.raw) - len(self.values)
        return self.raw[start + self.offsets[index] : start + self.offsets[index + 1]]

    def all(self) -> list[bytes | None]:
        """All values, in a third of the time of getting one by one."""
        start = len(self.raw) - len(self.values)
        ends = [start + offset for offset in self.offsets]
        found: list[bytes | None] = [self.raw[begin:end] for begin, end in pairwise(ends)]
        if self.validity is not None:
            found = [None if self.is_null(index) else value for index, value in enumerate(found)]
        return found

    def is_null(self, index: int) -> bool:
        """Whether there is no value at a place."""
        return self.validity is not None and not self.validity[index >> 3] >> (index & 7) & 1


def pack(values: Sequence[bytes | None], level: int = 3) -> bytes | None:
    """Pack a column. None when all values are null: then nothing needs to be stored."""
    nulls = values.count(None)
    if nulls == len(values):
        return None
    present = [value or b"" for value in values] if nulls else values
    offsets = array("I", accumulate(map(len, present), initial=0))  # type: ignore[arg-type]  # none is None
    if sys.byteorder == "big":
        offsets.byteswap()
    parts = [offsets.tobytes(), _bitmap(values) if nulls else b"", *present]
    header = _HEADER.pack(b"RB", VERSION, HAS_NULLS if nulls else 0, len(values))
    return header + _compressor(level).compress(b"".join(parts))  # type: ignore[arg-type]  # none is None


def unpack(frame: bytes) -> Column:
    """Unpack a column. Raises Damaged when the bytes are not what `pack` made."""
    if len(frame) < _HEADER.size:
        raise Damaged(f"a block column has {len(frame)} bytes, fewer than its header")
    magic, version, flags, count = _HEADER.unpack_from(frame)
    if magic != b"RB":
        raise Damaged("a block column does not begin with 'RB'")
    if version != VERSION:
        raise Damaged(f"a block column has format version {version}; this Rubricate reads version {VERSION}")
    if flags & ~HAS_NULLS:
        raise Damaged(f"a block column has flags {flags:#x}, which version {VERSION} does not have")
    try:
        whole = _decompressor().decompress(memoryview(frame)[_HEADER.size :], allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise Damaged(f"a block column cannot be decompressed: {error}") from error
    raw = memoryview(whole)
    start = 4 * (count + 1)
    body = start + ((count + 7) >> 3 if flags & HAS_NULLS else 0)
    if len(raw) < body:
        raise Damaged(f"a block column of {count} values is cut short")
    offsets = raw[:start].cast("I")
    if sys.byteorder == "big":
        swapped = array("I", offsets)
        swapped.byteswap()
        offsets = memoryview(swapped)
    # The header has no checksum. A count that is too large reads values as offsets: then the last is not the largest.
    if offsets[0] != 0 or offsets[count] != len(raw) - body or max(offsets) != offsets[count]:
        raise Damaged(f"a block column of {count} values has {len(raw) - body} bytes where {offsets[count]} belong")
    return Column(offsets, raw[start:body] if flags & HAS_NULLS else None, raw[body:], whole)


def _bitmap(values: Sequence[bytes | None]) -> bytes:
    bits = bytearray((len(values) + 7) >> 3)
    for index, value in enumerate(values):
        if value is not None:
            bits[index >> 3] |= 1 << (index & 7)
    return bytes(bits)


def _compressor(level: int) -> zstandard.ZstdCompressor:
    by_level: dict[int, zstandard.ZstdCompressor] = _local.__dict__.setdefault("compressors", {})
    found = by_level.get(level)
    if found is None:
        found = by_level[level] = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return found


def _decompressor() -> zstandard.ZstdDecompressor:
    found: zstandard.ZstdDecompressor | None = getattr(_local, "decompressor", None)
    if found is None:
        found = _local.decompressor = zstandard.ZstdDecompressor()
    return found
