"""Tables of Arrow from strangers: read only when what they unpack to is within bounds.

Arrow compresses buffer by buffer, so a small file may unpack to any size, and what reads it asks nobody. Each
compressed buffer begins with its size when unpacked; they are summed up before anything is unpacked.
https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

import struct
from typing import Any, Final

from rubricate_server.ingest.pipeline import TooLarge

RECORD_BATCH: Final = 3
DICTIONARY_BATCH: Final = 2


class UnreadableTable(ValueError):
    """The bytes are no Arrow stream; the message says what is wrong with them."""


def read_table(content: bytes, most_bytes: int, most_rows: int) -> Any:
    """The table of an Arrow stream. Raises UnreadableTable, and TooLarge for what is beyond the bounds."""
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs; takes 0.2 s, and few servers need it

    try:
        if _unpacked_size(content, pa) > most_bytes:
            raise TooLarge(f"the table unpacks to more than {most_bytes} bytes; send fewer rows at once")
        with pa.ipc.open_stream(pa.BufferReader(content)) as stream:
            table = stream.read_all()
        if table.num_rows > most_rows:
            raise TooLarge(f"the table has {table.num_rows} rows; send at most {most_rows} at once")
        for number, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(number, field.name, _decoded(table.column(number), most_bytes))
            elif _has_shared_values(field.type, pa):
                raise UnreadableTable(f"column {field.name} is {field.type}, which is not taken; send plain values")
    except (pa.ArrowException, struct.error, OSError, IndexError) as error:
        raise UnreadableTable(str(error)) from error
    return table


def _decoded(column: Any, most_bytes: int) -> Any:
    """A column of values that stand once and are pointed at, as plain values: each may be pointed at by every row."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]  # has no stubs

    for chunk in column.chunks:
        if len(chunk.dictionary) and chunk.dictionary.nbytes * len(chunk) > most_bytes:
            lengths = pc.take(pc.binary_length(chunk.dictionary), chunk.indices)
            if (pc.sum(lengths).as_py() or 0) > most_bytes:
                raise TooLarge(f"the table unpacks to more than {most_bytes} bytes; send fewer rows at once")
    return pc.cast(column, column.type.value_type)


def _has_shared_values(type_: Any, pa: Any) -> bool:
    if pa.types.is_dictionary(type_) or pa.types.is_run_end_encoded(type_) or isinstance(type_, pa.BaseExtensionType):
        return True
    return any(_has_shared_values(type_.field(number).type, pa) for number in range(type_.num_fields))


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
