"""The block format: what goes in comes out, and what was damaged is never passed off as what went in."""

import os
import struct
from collections.abc import Sequence

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rubricate_server.storage.errors import Damaged
from rubricate_server.storage.sqlite.block import HAS_NULLS, VERSION, Column, pack, unpack

Values = Sequence[bytes | None]

values = st.lists(st.none() | st.binary(max_size=40) | st.sampled_from([b"{}", b"\0" * 8, b"a" * 1000]), max_size=80)


GOLDEN = "524201010500000028b52ffd244b0d0100c800000000030a000000320000001d6f6e656472656920c3bc780200e00a3b765a94727452"


def all_of(column: Column, count: int) -> list[bytes | None]:
    return [column.get(index) for index in range(count)]


def packed(values: Values) -> bytes:
    frame = pack(values)
    assert frame is not None
    return frame


@given(values)
@example([b""])
@example([b"", None])
@example([None, b""] * 32)
@example([b"x"] * 64)
def test_values_come_out_as_they_went_in(values: list[bytes | None]) -> None:
    frame = pack(values)
    if frame is None:
        assert all(value is None for value in values)
    else:
        assert all_of(unpack(frame), len(values)) == values


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=20), st.integers(1, 19))
def test_every_level_of_compression_is_read(values: list[bytes], level: int) -> None:
    frame = pack(values, level)
    assert frame is not None
    assert all_of(unpack(frame), len(values)) == values


@pytest.mark.parametrize("values", [[], [None], [None] * 64])
def test_a_column_of_nothing_takes_no_room(values: Values) -> None:
    assert pack(values) is None


def test_empty_is_not_null() -> None:
    assert all_of(unpack(packed([b"", None, b""])), 3) == [b"", None, b""]


def test_large_values_come_out_as_they_went_in() -> None:
    values = [os.urandom(5_000_000), None, b"x" * 5_000_000, b""]
    assert all_of(unpack(packed(values)), 4) == values


SAMPLES: dict[str, Values] = {
    "text": [b'{"question":"why?","answer":"because"}'] * 5 + [b"something else"],
    "nulls": [None, b"one", None, b"", b"three"] * 3,
    "one": [b"x"],
    "noise": [bytes(range(256))],
    # Values that look like offsets: a count that is too large reads them as such.
    "zeros": [b"\0" * 8],
    "many zeros": [b"\0" * 400, b""],
}


def differs(frame: bytes, values: Values) -> bool:
    """Whether a damaged frame is passed off as something else than what was packed."""
    try:
        column = unpack(frame)
        return all_of(column, len(values)) != list(values)
    except Damaged:
        return False


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_no_flipped_byte_changes_a_value(values: Values) -> None:
    frame = packed(values)
    wrong = []
    for place in range(len(frame)):
        for change in (*(1 << bit for bit in range(8)), 0xFF):
            damaged = bytearray(frame)
            damaged[place] ^= change
            if differs(bytes(damaged), values):
                wrong.append((place, change))
    assert wrong == []


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_a_frame_that_is_cut_short_is_damaged(values: Values) -> None:
    frame = packed(values)
    for length in range(len(frame)):
        with pytest.raises(Damaged):
            unpack(frame[:length])


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_a_frame_with_something_behind_it_is_damaged(values: Values) -> None:
    with pytest.raises(Damaged):
        unpack(packed(values) + b"\0")


@given(values.filter(any), st.data())
@settings(max_examples=300)
def test_no_damage_changes_a_value(values: list[bytes | None], data: st.DataObject) -> None:
    frame = bytearray(packed(values))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    assert not differs(bytes(frame), values)


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda rest: b"RB\1\0\1\0\0\0" + rest))
@example(b"RB\1\0" + b"\xff" * 4)
def test_any_other_bytes_are_damaged_and_nothing_worse(frame: bytes) -> None:
    with pytest.raises(Damaged):
        unpack(frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"", "a block column has 0 bytes, fewer than its header"),
        (b"RB\1\0\1\0\0", "a block column has 7 bytes, fewer than its header"),
        (b"PK\1\0\1\0\0\0rest", "a block column does not begin with 'RB'"),
        (b"RB\2\0\1\0\0\0rest", "a block column has format version 2; this Rubricate reads version 1"),
    ],
)
def test_damage_is_told_in_words(frame: bytes, message: str) -> None:
    with pytest.raises(Damaged) as damaged:
        unpack(frame)
    assert str(damaged.value) == message


def test_a_frame_whose_sizes_do_not_fit_is_damaged() -> None:
    def frame(raw: bytes, count: int) -> bytes:
        return struct.pack("<2sBBI", b"RB", VERSION, 0, count) + zstandard.compress(raw)

    for raw, count in [
        (b"", 1),
        (struct.pack("<2I", 0, 5) + b"four", 1),
        (struct.pack("<2I", 1, 4) + b"four", 1),
        (struct.pack("<3I", 0, 9, 4) + b"four", 2),
        (struct.pack("<2I", 0, 4) + b"four", 2**32 - 1),
    ]:
        with pytest.raises(Damaged):
            unpack(frame(raw, count))


def test_flags_of_a_later_version_are_refused() -> None:
    frame = bytearray(packed([b"x"]))
    frame[3] |= HAS_NULLS << 1
    with pytest.raises(Damaged):
        unpack(bytes(frame))


def test_version_1_is_read_for_ever() -> None:
    """Written by the first version: `pack([b"one", None, b"", "drei ü".encode(), b"x" * 40])`."""
    frame = bytes.fromhex(GOLDEN)
    assert all_of(unpack(frame), 5) == [b"one", None, b"", "drei ü".encode(), b"x" * 40]


def test_what_is_inside_a_frame_is_pinned() -> None:
    """The bytes below the compression, which may become better without a new version."""
    frame = packed([b"one", None, b"", "drei ü".encode(), b"x" * 40])
    assert frame[:8].hex() == "524201010500" + "0000"
    assert zstandard.decompress(frame[8:]).hex() == (
        "000000000300000003000000030000000a00000032000000"  # six offsets
        "1d"  # 0b11101: all but the second
        "6f6e65" + "6472656920c3bc" + "78" * 40
    )
