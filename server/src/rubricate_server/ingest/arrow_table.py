"""Tables of Arrow from strangers: read only when what they unpack to is within bounds.

Arrow compresses buffer by buffer, so a small file may unpack to any size, and what reads it asks nobody. Each
compressed buffer begins with its size when unpacked; they are summed up before anything is unpacked.
https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

import struct
from typing import Any, Final

from rubricate_server.ingest.errors import TooLarge
from rubricate_server.ingest.pipeline import Room

VERSION_5: Final = 4
DICTIONARY_BATCH: Final = 2
RECORD_BATCH: Final = 3
VALUE_BYTES: Final = 8
"""What each value takes at least when it is read, however few bits it had."""


class UnreadableTable(ValueError):
    """The bytes are no Arrow stream, or one that is not taken; the message says what is wrong with them."""


def read_table(content: bytes, most_bytes: int, room: Room, most_rows: int | None = None) -> Any:
    """The table of an Arrow stream, its offsets checked, each value standing on its own; `room` holds it, too.

    Raises UnreadableTable, and TooLarge for what is beyond the bounds.
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs; takes 0.2 s, and few servers need it

    try:
        size = _unpacked_size(content, pa)
        if size > most_bytes:
            raise _too_large(most_bytes)
        room.grow(size)
        with pa.ipc.open_stream(pa.BufferReader(content)) as stream:
            table = stream.read_all()
        if most_rows is not None and table.num_rows > most_rows:
            raise TooLarge(f"the table has {table.num_rows} rows; send at most {most_rows} at once")
        table.validate(full=True)  # offsets, indices and texts: who reads values trusts them
        return _plain(table, most_bytes, pa)
    except (pa.ArrowException, struct.error, OSError, IndexError, UnicodeDecodeError) as error:
        raise UnreadableTable(str(error)) from error


def _plain(table: Any, most_bytes: int, pa: Any) -> Any:
    """The table without values that stand once and are pointed at: each may be pointed at by every row."""
    left = most_bytes
    for number, field in enumerate(table.schema):
        column = table.column(number)
        if pa.types.is_dictionary(field.type) and _is_plain(field.type.value_type, pa):
            left -= sum(_pointed_bytes(chunk) for chunk in column.chunks)
            if left < 0:
                raise _too_large(most_bytes)
            column = column.cast(field.type.value_type)
            table = table.set_column(number, field.name, column)
        elif _has_shared_values(field.type, pa):
            raise UnreadableTable(f"column {field.name} is {field.type}, which is not taken; send plain values")
        left -= VALUE_BYTES * sum(_count_values(chunk, pa) for chunk in column.chunks)
        if left < 0:
            raise _too_large(most_bytes)
    return table


def _pointed_bytes(chunk: Any) -> int:
    """What a chunk of pointers comes to when each is replaced by its value."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]  # has no stubs

    values = chunk.dictionary
    if values.type.num_buffers < 3:  # all of one size
        return len(chunk) * int(values.nbytes) // max(1, len(values))
    total: int = pc.sum(pc.take(pc.binary_length(values), chunk.indices)).as_py() or 0
    return total


def _is_plain(type_: Any, pa: Any) -> bool:
    return not pa.types.is_nested(type_) and not _has_shared_values(type_, pa)


def _has_shared_values(type_: Any, pa: Any) -> bool:
    kinds = pa.types
    tests = (
        kinds.is_dictionary,
        kinds.is_run_end_encoded,
        kinds.is_union,
        kinds.is_string_view,
        kinds.is_binary_view,
        kinds.is_list_view,
        kinds.is_large_list_view,
    )
    if isinstance(type_, pa.BaseExtensionType) or any(test(type_) for test in tests):
        return True
    return any(_has_shared_values(type_.field(number).type, pa) for number in range(type_.num_fields))


def _count_values(array: Any, pa: Any) -> int:
    """The values of an array, those inside of its values with them: a list without bytes may have any number."""
    count = len(array)
    if pa.types.is_struct(array.type):
        return count + sum(_count_values(array.field(number), pa) for number in range(array.type.num_fields))
    if pa.types.is_nested(array.type):
        return count + _count_values(array.values, pa)
    return count


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(
        f"the table unpacks to more than {most_bytes} bytes; send fewer rows at once, or raise"
        " RUBRICATE_MAX_DECOMPRESSED_BYTES"
    )


def _unpacked_size(content: bytes, pa: Any) -> int:
    total = 0
    reader = pa.ipc.MessageReader.open_stream(pa.BufferReader(content))
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return total
        body = message.body
        total += _message_size(message.metadata.to_pybytes(), memoryview(body) if body is not None else memoryview(b""))


def _message_size(header: bytes, body: memoryview) -> int:
    """What the buffers of a message come to; of a table in flatbuffers' format, fields are found by their place."""
    [root] = struct.unpack_from("<I", header)
    version = _field(header, root, 0)
    if (version is None or header[version] < VERSION_5) and _field(header, root, 4) is not None:
        # Arrow 0.17 said there that buffers are compressed, and what reads them today still looks.
        raise UnreadableTable("the stream is in a format of Arrow before 1.0, with metadata of its own; send version 5")
    kind = _field(header, root, 1)
    batch = _pointed(header, _field(header, root, 2))
    if kind is None or batch is None or header[kind] not in (RECORD_BATCH, DICTIONARY_BATCH):
        return 0
    if header[kind] == DICTIONARY_BATCH:
        batch = _pointed(header, _field(header, batch, 1))
        if batch is None:
            return 0
    if _field(header, batch, 3) is None:  # not compressed
        return len(body)
    buffers = _pointed(header, _field(header, batch, 2))
    if buffers is None:
        return 0
    [count] = struct.unpack_from("<I", header, buffers)
    total = 0
    for number in range(count):
        offset, length = struct.unpack_from("<qq", header, buffers + 4 + 16 * number)
        if length >= 8:
            [unpacked] = struct.unpack_from("<q", body, offset)
            total += length if unpacked < 0 else unpacked  # -1: this one is not compressed
    return total


def _field(header: bytes, table: int, number: int) -> int | None:
    """Where a field of a table stands; None when it has no value."""
    [back] = struct.unpack_from("<i", header, table)
    [size] = struct.unpack_from("<H", header, table - back)
    place = 4 + 2 * number
    if place >= size:
        return None
    [offset] = struct.unpack_from("<H", header, table - back + place)
    return table + offset if offset else None


def _pointed(header: bytes, place: int | None) -> int | None:
    if place is None:
        return None
    [offset] = struct.unpack_from("<I", header, place)
    return place + int(offset)
