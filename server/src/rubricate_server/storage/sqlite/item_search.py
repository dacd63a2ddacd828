"""The rows of a page of items. What few have is looked for in the blocks that may have it, not in all."""

import json
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.constructs import without_sieves
from rubricate_server.storage.contract import ItemQuery
from rubricate_server.storage.schema import span, trace
from rubricate_server.storage.sqlite.item_query import TABLES, in_order, item_conditions, select_items
from rubricate_server.storage.sqlite.item_row import COLUMNS
from rubricate_server.storage.sqlite.shortlist import needs_text, shortlist

NEAR = 16_384
"""Spans that are looked at one after another, newest first, before the sieves of all blocks are: some 20 ms."""
NEAR_TRACES = 4_096
"""The same of traces."""
BLOCKS_AT_ONCE = 32
"""Blocks that are searched together: some 15 ms."""


def find_rows(connection: sa.Connection, query: ItemQuery, limit: int) -> Sequence[Any]:
    """The first `limit` rows of the query, with the columns of their kind."""
    columns = COLUMNS[query.kind]
    cut = _end_of_near(connection, query)
    if cut is None:
        return connection.execute(select_items(query, *columns).limit(limit)).fetchall()
    near = connection.execute(select_items(replace(query, start_ns=cut), *columns).limit(limit)).fetchall()
    if len(near) == limit or query.condition is None:
        return near
    far, left = replace(query, end_ns=cut), limit - len(near)
    blocks = shortlist(connection, query.project_id, query.condition)
    if blocks is None:
        return [*near, *connection.execute(select_items(far, *columns).limit(left))]
    return [*near, *_rows_of_blocks(connection, far, blocks, left)]


def in_blocks(query: ItemQuery) -> list[sa.ColumnElement[bool]]:
    """What makes a row an item of the query because of spans in the blocks that the JSON list `:blocks` names.

    They are to be those of a shortlist for its condition. Of a trace, any of its spans may be in them.
    """
    blocks = sa.func.json_each(sa.bindparam("blocks", type_=sa.Text)).table_valued("value")
    in_them = span.c.block.in_(sa.select(blocks.c.value))
    if query.kind == TargetKind.TRACE:
        in_them = trace.c.trace_id.in_(sa.select(span.c.trace_id).where(in_them))
    return [in_them, *map(without_sieves, item_conditions(query, few=True))]


def _end_of_near(connection: sa.Connection, query: ItemQuery) -> int | None:
    """When the last of those started that are looked at first; None where all are to be looked at in their order."""
    near = {TargetKind.SPAN: NEAR, TargetKind.TRACE: NEAR_TRACES}.get(query.kind)
    is_newest_first = query.order == "start_time" and query.descending
    is_of_all = query.keys is None and query.session_row is None
    if near is None or not is_newest_first or not is_of_all or not needs_text(query.condition):
        return None
    every = select_items(replace(query, condition=None), TABLES[query.kind].c.start_ns)
    return connection.execute(every.offset(near - 1).limit(1)).scalar()


def _rows_of_blocks(connection: sa.Connection, query: ItemQuery, blocks: Sequence[int], limit: int) -> Sequence[Any]:
    """The first rows of the query in these blocks, the newest block first, until no older one can have any."""
    newest = sa.func.max(span.c.start_ns)
    listed = sa.select(sa.func.json_each(json.dumps(blocks)).table_valued("value").c.value)
    reaching = sa.select(span.c.block, newest).where(span.c.block.in_(listed)).group_by(span.c.block)
    reach = sorted(connection.execute(reaching), key=itemgetter(1), reverse=True)
    searching = in_order(sa.select(*COLUMNS[query.kind]).where(*in_blocks(query)), query).limit(limit)
    found: dict[int, Any] = {}
    first: list[Any] = []
    for place in range(0, len(reach), BLOCKS_AT_ONCE):
        # No item starts after all spans of the block that it is found by.
        if len(first) == limit and first[-1].start_ns > reach[place][1]:
            break
        some = json.dumps([block for block, _ in reach[place : place + BLOCKS_AT_ONCE]])
        found |= {row.id: row for row in connection.execute(searching, {"blocks": some})}
        first = sorted(found.values(), key=attrgetter("start_ns", "id"), reverse=True)[:limit]
    return first
