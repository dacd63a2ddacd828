"""Which items a query finds, in which order, as SQL."""

from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import ItemQuery
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import session, span, trace
from rubricate_server.storage.spans import of_project

TABLES = {TargetKind.SPAN: span, TargetKind.TRACE: trace, TargetKind.SESSION: session}
KEYS: dict[TargetKind, sa.Column[Any]] = {
    TargetKind.SPAN: span.c.span_id,
    TargetKind.TRACE: trace.c.trace_id,
    TargetKind.SESSION: session.c.session_id,
}


def select_items(query: ItemQuery, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Columns of the items, in the order of the query."""
    return in_order(sa.select(*columns).where(*item_conditions(query)), query)


def in_order(items: sa.Select[Any], query: ItemQuery) -> sa.Select[Any]:
    """Those of some items that the page of the query begins with, in its order."""
    table = TABLES[query.kind]
    by: sa.ColumnElement[int] = table.c.start_ns
    if query.order == "latency":
        by = table.c.end_ns - table.c.start_ns
    order = (by.desc(), table.c.id.desc()) if query.descending else (by, table.c.id)
    return items.where(*_behind(query, table, by)).order_by(*order)


def item_conditions(query: ItemQuery, *, few: bool = False) -> list[sa.ColumnElement[bool]]:
    """What makes a row an item of the query, whatever its page. `few` as in `of_project`."""
    table = TABLES[query.kind]
    few = few or query.keys is not None or query.session_row is not None
    where = of_project(table, query.project_id, few=few)
    if query.start_ns is not None:
        where.append(table.c.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(table.c.start_ns < query.end_ns)
    if query.roots and query.kind == TargetKind.SPAN:
        where.append(span.c.parent_id.is_(None))
    if query.keys is not None:
        keys: list[Any] = [key.decode() for key in query.keys] if query.kind == TargetKind.SESSION else [*query.keys]
        where.append(KEYS[query.kind].in_(keys))
    if query.session_row is not None:
        where.append(trace.c.session_row == query.session_row)
    if query.condition is not None:
        where.append(compile_condition(query.condition))
    return where


def _behind(query: ItemQuery, table: sa.Table, by: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
    """What lies behind the mark. The first condition alone is what an index can serve."""
    if query.after is None:
        return []
    here = sa.tuple_(by, table.c.id)
    there = sa.tuple_(*(sa.literal(value, sa.BigInteger) for value in query.after))
    if query.descending:
        return [by <= query.after.value, here < there]
    return [by >= query.after.value, here > there]
