"""Which rows a `TraceQuery` or a `SessionQuery` means, in which order: the same on every engine."""

from typing import Any

import sqlalchemy as sa

from rubricate_server.storage.contract import SessionQuery, TraceQuery
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import session, trace
from rubricate_server.storage.spans import of_project

_LATENCY: sa.ColumnElement[int] = trace.c.end_ns - trace.c.start_ns


def select_traces(query: TraceQuery, *columns: sa.Column[Any]) -> sa.Select[Any]:
    """The traces of a query, in its order."""
    sorted_by = _LATENCY if query.order == "latency" else trace.c.start_ns
    keys = (sorted_by, trace.c.id)
    return (
        sa.select(*columns)
        .where(*_trace_conditions(query), *_after(query, sorted_by))
        .order_by(*(key.desc() if query.descending else key.asc() for key in keys))
    )


def _trace_conditions(query: TraceQuery) -> list[sa.ColumnElement[bool]]:
    where = of_project(trace, query.project_id, few=query.session_rows is not None)
    if query.start_ns is not None:
        where.append(trace.c.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(trace.c.start_ns < query.end_ns)
    if query.session_rows is not None:
        where.append(trace.c.session_row.in_(query.session_rows))
    if query.error is not None:
        # Spelt out, because SQLite takes a partial index only for a constant.
        none: sa.ColumnElement[int] = sa.literal_column("0")
        where.append(trace.c.error_count > none if query.error else trace.c.error_count <= none)
    if query.min_latency_ns is not None:
        where.append(query.min_latency_ns <= _LATENCY)
    if query.max_latency_ns is not None:
        where.append(query.max_latency_ns >= _LATENCY)
    if query.condition is not None:
        where.append(compile_condition(query.condition))
    return where


def _after(query: TraceQuery, sorted_by: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
    """What lies behind the last trace of the page before. The first condition alone is what an index can serve."""
    if query.after is None:
        return []
    here = sa.tuple_(sorted_by, trace.c.id)
    there = sa.tuple_(*(sa.literal(value, sa.BigInteger) for value in query.after))
    if query.descending:
        return [sorted_by <= query.after.value, here < there]
    return [sorted_by >= query.after.value, here > there]


def select_sessions(query: SessionQuery, *columns: sa.Column[Any]) -> sa.Select[Any]:
    """The sessions of a query, in its order."""
    where = of_project(session, query.project_id)
    if query.from_id is not None:
        where.append(session.c.id <= query.from_id if query.descending else session.c.id >= query.from_id)
    if query.condition is not None:
        where.append(compile_condition(query.condition))
    order = session.c.id.desc() if query.descending else session.c.id.asc()
    return sa.select(*columns).where(*where).order_by(order)
