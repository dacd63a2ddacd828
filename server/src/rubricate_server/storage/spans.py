"""Which rows a `SpanQuery` means: the same conditions on every engine."""

from typing import Any

import sqlalchemy as sa

from rubricate_server.storage.contract import SpanMark, SpanQuery
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.records import SpanRow
from rubricate_server.storage.schema import project, span


def span_conditions(query: SpanQuery, *, by_row: bool = False) -> list[sa.ColumnElement[bool]]:
    """One condition for each field of the query that narrows.

    `by_row`: spans are found in the order of their rows, so an index of times is not to be used.
    """
    start_ns = span.c.start_ns + sa.literal_column("0") if by_row else span.c.start_ns
    where = of_project(span, query.project_id, few=bool(query.trace_ids or query.span_ids))
    if query.start_ns is not None:
        where.append(start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(start_ns < query.end_ns)
    for column, values in (
        (span.c.trace_id, query.trace_ids),
        (span.c.span_id, query.span_ids),
        (span.c.name, query.names),
        (span.c.status, query.statuses),
    ):
        if values:
            where.append(_any_of(column, values))
    if query.from_id is not None:
        where.append(span.c.id >= query.from_id if query.order == "arrival" else span.c.id <= query.from_id)
    if query.from_start is not None:
        where += _from_start(query.from_start, ascending=query.order == "start_time_ascending")
    if query.kinds:
        where.append(_any_of(sa.func.upper(span.c.kind), tuple(kind.upper() for kind in query.kinds)))
    if query.parent_id is not None:
        where.append(span.c.parent_id == query.parent_id)
    if query.roots:
        where.append(_is_root(orphans=query.orphans_are_roots))
    where += [SpanRow(span).has_exactly(key, value) for key, value in query.attributes]
    if query.condition is not None:
        where.append(compile_condition(query.condition))
    return where


def of_project(table: sa.Table, project_id: int, *, few: bool = False) -> list[sa.ColumnElement[bool]]:
    """What makes a row the project's, if that is not deleted.

    `few`: the other conditions leave so few rows that theirs is the index to use.
    """
    alive = sa.exists().where(project.c.id == project_id, project.c.deleted_us.is_(None))
    # Else SQLite walks all of the project, because its index has the order that is wanted: 200 ms for 200k spans.
    column = table.c.project_id + sa.literal_column("0") if few else table.c.project_id
    return [column == project_id, alive]


def _from_start(mark: SpanMark, *, ascending: bool) -> list[sa.ColumnElement[bool]]:
    """Alone, the pair would not be looked up in an index."""
    here = sa.tuple_(span.c.start_ns, span.c.id)
    there = sa.tuple_(*(sa.literal(value, sa.BigInteger) for value in mark))
    if ascending:
        return [span.c.start_ns >= mark.start_ns, here >= there]
    return [span.c.start_ns <= mark.start_ns, here <= there]


def _any_of(column: Any, values: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    """A single value as plain equality: it keeps the order of an index, which IN does not."""
    condition: sa.ColumnElement[bool] = column == values[0] if len(values) == 1 else column.in_(values)
    return condition


def _is_root(*, orphans: bool) -> sa.ColumnElement[bool]:
    if not orphans:
        return span.c.parent_id.is_(None)
    parent = span.alias("parent")
    return sa.or_(
        span.c.parent_id.is_(None),
        sa.not_(sa.exists().where(parent.c.span_id == span.c.parent_id)),
    )
