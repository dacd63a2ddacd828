"""Span bodies in blocks: written with the spans, read back by pointer."""

import sqlite3  # noqa: TID251  # the engine
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate_server.domain.attributes import list_at
from rubricate_server.domain.filter import contains_text, cost_part
from rubricate_server.storage.contract import SpanBody
from rubricate_server.storage.sqlite.block import Column, pack, unpack
from rubricate_server.storage.sqlite.search import TextSearch

BLOCK_SPANS = 64
"""Spans in a full block. Larger compresses little better and makes reading one span dearer."""

COLUMNS = {
    "input": "inputs",
    "output": "outputs",
    "attributes": "attributes",
    "events": "events",
    "envelope": "envelopes",
}
"""Part of a body: column of span_block."""

CACHED_COLUMNS = 8
MANY = 16
"""Spans of each block from which on all values are taken out at once."""


def pack_block(bodies: Sequence[SpanBody], level: int = 3) -> list[bytes | None]:
    """The five columns of a block, in the order of COLUMNS."""
    return [
        pack(
            [body.input.encode("utf-8", "surrogatepass") if body.input is not None else None for body in bodies], level
        ),
        pack(
            [body.output.encode("utf-8", "surrogatepass") if body.output is not None else None for body in bodies],
            level,
        ),
        pack([body.attributes for body in bodies], level),
        pack([body.events for body in bodies], level),
        pack([body.envelope for body in bodies], level),
    ]


def read_bodies(
    connection: sa.Connection, pointers: Sequence[tuple[int, int]], parts: frozenset[str]
) -> list[SpanBody]:
    """The bodies at (block, offset) pointers, in order; parts that are not asked for are empty."""
    wanted = [part for part in SpanBody._fields if part in parts]
    columns = _read_columns(connection, {block for block, _ in pointers}, wanted)
    many = len(pointers) > MANY * len(columns)
    values: dict[str, Sequence[Any]] = {}
    for place, part in enumerate(wanted):
        found = _values({block: column[place] for block, column in columns.items()}, pointers, many=many)
        if part in ("input", "output"):
            values[part] = [None if text is None else text.decode("utf-8", "surrogatepass") for text in found]
        else:
            values[part] = found
    nothing = [None] * len(pointers)
    inputs, outputs, attributes, events, envelopes = (values.get(part, nothing) for part in SpanBody._fields)
    attributes = [each or b"{}" for each in attributes]
    return list(map(SpanBody, inputs, outputs, attributes, events, envelopes))


def _values(
    columns: Mapping[int, Column | None], pointers: Sequence[tuple[int, int]], *, many: bool
) -> list[bytes | None]:
    if not many:
        return [None if (column := columns[block]) is None else column.get(offset) for block, offset in pointers]
    whole = {block: [None] * BLOCK_SPANS if column is None else column.all() for block, column in columns.items()}
    return [whole[block][offset] for block, offset in pointers]


def _read_columns(
    connection: sa.Connection, blocks: Iterable[int], parts: Sequence[str]
) -> dict[int, list[Column | None]]:
    found: dict[int, list[Column | None]] = {}
    ids = sorted(blocks)
    names = ",".join(["id", *(COLUMNS[part] for part in parts)])
    for start in range(0, len(ids), 256):
        some = ids[start : start + 256]
        sql = f"select {names} from span_block where id in ({','.join('?' * len(some))})"  # names are ours
        for block, *frames in connection.exec_driver_sql(sql, tuple(some)):
            found[block] = [None if frame is None else unpack(frame) for frame in frames]
    return found


def register_functions(connection: sqlite3.Connection) -> None:
    """Teach a reading connection the functions that `storage/constructs.py` calls."""
    # Neighbouring rows share blocks, so a few unpacked columns serve a whole scan.
    cache: OrderedDict[tuple[int, str], Column | None] = OrderedDict()

    def column(block: int, part: str) -> Column | None:
        key = (block, part)
        if key in cache:
            cache.move_to_end(key)
            return cache[key]
        row = connection.execute(f"select {COLUMNS[part]} from span_block where id = ?", (block,)).fetchone()
        cache[key] = found = None if row is None or row[0] is None else unpack(row[0])
        if len(cache) > CACHED_COLUMNS:
            cache.popitem(last=False)
        return found

    def value(block: int | None, offset: int | None, part: str) -> bytes | None:
        if block is None or offset is None:
            return None
        found = column(block, part)
        return None if found is None else found.get(offset)

    def body_text(block: int | None, offset: int | None, part: str) -> str | None:
        text = value(block, offset, part)
        return None if text is None else text.decode("utf-8", "replace")

    def body_attr(block: int | None, offset: int | None, key: str) -> str | float | int | None:
        attributes = value(block, offset, "attributes")
        if attributes is None or orjson.dumps(key.partition(".")[0])[:-1] not in attributes:
            return None
        found = attribute(orjson.loads(attributes), key)
        return orjson.dumps(found).decode() if isinstance(found, dict | list) else found

    connection.create_function("body_text", 3, body_text, deterministic=True)
    search = TextSearch(connection, column)
    connection.create_function("body_contains", 3, search.contains, deterministic=True)
    connection.create_function("body_holds", 3, search.holds, deterministic=True)
    connection.create_function("sieve_lacks", 2, search.lacks, deterministic=True)
    connection.create_function("body_attr", 3, body_attr, deterministic=True)
    connection.create_function("contains_text", 2, contains_text, deterministic=True)
    connection.create_function("cost_part", 5, cost_part, deterministic=True)


def attribute(flat: dict[str, Any], key: str) -> Any:
    """The value under a dotted key, which may lead into an object value: `metadata.tier` into `metadata`.

    Lists of objects are taken apart into keys; they are put together again.
    """
    if key in flat:
        return flat[key]
    cut = key.rfind(".")
    while cut > 0:
        value = flat.get(key[:cut])
        if isinstance(value, dict):
            return _descend(value, key[cut + 1 :])
        cut = key.rfind(".", 0, cut)
    return list_at(flat, key)


def _descend(value: dict[str, Any], path: str) -> Any:
    if path in value:
        return value[path]
    for key, child in value.items():
        if isinstance(child, dict) and path.startswith(f"{key}."):
            return _descend(child, path[len(key) + 1 :])
    return None
