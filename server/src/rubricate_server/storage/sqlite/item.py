"""Items: one page of spans, traces or sessions, with what belongs to each, in a few statements."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import NOTE, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import (
    ItemCount,
    ItemQuery,
    ProjectFigures,
    Said,
    SaidBy,
    StoredAnnotation,
    StoredItem,
    StoredStep,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import annotation, project, session, span, trace
from rubricate_server.storage.spans import of_project
from rubricate_server.storage.sqlite.annotation import ANNOTATION_ROWS
from rubricate_server.storage.sqlite.annotation_put import stored_annotation
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.item_row import COLUMNS, items_of
from rubricate_server.storage.sqlite.project import OF_EXPERIMENT
from rubricate_server.storage.sqlite.trace import alive

_TABLES = {TargetKind.SPAN: span, TargetKind.TRACE: trace, TargetKind.SESSION: session}
_KEYS: dict[TargetKind, sa.Column[Any]] = {
    TargetKind.SPAN: span.c.span_id,
    TargetKind.TRACE: trace.c.trace_id,
    TargetKind.SESSION: session.c.session_id,
}
PIECE = 10_000
"""Items that are looked at together while counting: some 50 ms where bodies must be unpacked."""
STEPS_BETWEEN_LOOKS = 10_000
"""Instructions of SQLite between looks at the clock while counting: about a millisecond."""


class SqliteItems:
    """`ItemStore` on SQLite."""

    def __init__(self, readers: sa.Engine) -> None:
        self._readers = readers

    def find(self, query: ItemQuery, limit: int) -> list[StoredItem]:
        """See the contract."""
        with reading(self._readers) as connection:
            rows = connection.execute(_select(query, *COLUMNS[query.kind]).limit(limit)).fetchall()
            return items_of(connection, query.kind, rows)

    def get(self, kind: TargetKind, key: bytes) -> StoredItem:
        """See the contract."""
        given = key.decode() if kind == TargetKind.SESSION else key
        statement = sa.select(*COLUMNS[kind]).where(_KEYS[kind] == given, alive(_TABLES[kind]))
        with reading(self._readers) as connection:
            rows = connection.execute(statement).fetchall()
            if not rows:
                raise NotFound(f"There is no {kind} {given if isinstance(given, str) else given.hex()}.")
            return items_of(connection, kind, rows)[0]

    def count(self, query: ItemQuery, most: int, within_s: float) -> ItemCount:
        """See the contract. In pieces of time, newest first, so that what was counted is known when it stops."""
        query = replace(query, order="start_time", descending=True, after=None)
        counted, until_ns = 0, query.end_ns
        with reading(self._readers) as connection, _interrupted(connection, time.monotonic() + within_s):
            try:
                while True:
                    from_ns = _start_of_piece(connection, query, until_ns)
                    some = _select(replace(query, start_ns=from_ns, end_ns=until_ns), sa.literal_column("1"))
                    limited = some.order_by(None).limit(most + 1 - counted).subquery()
                    counted += connection.execute(sa.select(sa.func.count()).select_from(limited)).scalar_one()
                    if counted > most:
                        return ItemCount(most, False)
                    if from_ns == query.start_ns:
                        return ItemCount(counted, True)
                    until_ns = from_ns
            except sa.exc.OperationalError as error:
                if "interrupted" in str(error.orig):
                    return ItemCount(counted, False)
                raise

    def said_of(self, items: Sequence[StoredItem], most: int) -> dict[int, Said]:
        """See the contract."""
        if not items:
            return {}
        kind = items[0].kind
        rows = [item.row for item in items]
        counts: dict[int, Counter[bool]] = {row: Counter() for row in rows}
        newest: dict[int, list[StoredAnnotation]] = {row: [] for row in rows}
        column = annotation.c
        is_note = column.name == NOTE
        counting = (
            sa.select(column.target_row, is_note, sa.func.count())
            .where(_about(kind, rows))
            .group_by(column.target_row, is_note)
        )
        place = sa.func.row_number().over(partition_by=column.target_row, order_by=column.id.desc())
        placed = (
            sa.select(column.id, place.label("place"))
            .where(column.target_kind == kind, column.target_row.in_(rows), ~is_note)
            .subquery()
        )
        wanted = sa.select(placed.c.id).where(placed.c.place <= most)
        listing = ANNOTATION_ROWS.add_columns(column.target_row).where(column.id.in_(wanted)).order_by(column.id.desc())
        with reading(self._readers) as connection:
            for row, note, count in connection.execute(counting):
                counts[row][bool(note)] += count
            if any(count[False] for count in counts.values()):
                for *fields, row in connection.execute(listing):
                    newest[row].append(stored_annotation(fields))
        return {row: Said(newest[row], counts[row][False], counts[row][True]) for row in rows}

    def said_by(self, items: Sequence[StoredItem], identifier: str) -> dict[int, SaidBy]:
        """See the contract."""
        if not items:
            return {}
        kind = items[0].kind
        rows = [item.row for item in items]
        own: dict[int, list[StoredAnnotation]] = {row: [] for row in rows}
        others: dict[int, dict[str, int]] = {row: {} for row in rows}
        column = annotation.c
        mine = sa.and_(column.identifier == identifier, column.annotator_kind == AnnotatorKind.HUMAN)
        listing = (
            ANNOTATION_ROWS.add_columns(column.target_row).where(_about(kind, rows), mine).order_by(column.id.desc())
        )
        counting = (
            sa.select(column.target_row, column.name, sa.func.count())
            .where(_about(kind, rows), ~mine)
            .group_by(column.target_row, column.name)
        )
        with reading(self._readers) as connection:
            for *fields, row in connection.execute(listing):
                own[row].append(stored_annotation(fields))
            for row, name, count in connection.execute(counting):
                others[row][name] = count
        return {row: SaidBy(own[row], others[row]) for row in rows}

    def steps(self, trace_ids: Sequence[bytes], limit: int) -> dict[bytes, list[StoredStep]]:
        """See the contract."""
        column = span.c
        columns = (
            column.id,
            column.span_id,
            column.parent_id,
            column.name,
            column.kind,
            column.status,
            column.start_ns,
            column.end_ns,
            sa.func.coalesce(column.tokens_total, column.tokens_prompt + column.tokens_completion),
            column.cost_usd,
        )
        said = (
            sa.select(annotation.c.target_row, sa.func.count())
            .where(
                annotation.c.target_kind.in_((TargetKind.SPAN, TargetKind.DOCUMENT)),
                annotation.c.target_row.in_(sa.select(column.id).where(column.trace_id == sa.bindparam("trace_id"))),
            )
            .group_by(annotation.c.target_row)
        )
        some = (
            sa.select(*columns)
            .where(column.trace_id == sa.bindparam("trace_id"))
            .order_by(column.start_ns, column.id)
            .limit(limit)
        )
        found: dict[bytes, list[StoredStep]] = {}
        with reading(self._readers) as connection:
            for trace_id in trace_ids:
                counts = {row[0]: row[1] for row in connection.execute(said, {"trace_id": trace_id})}
                rows = connection.execute(some, {"trace_id": trace_id}).fetchall()
                found[trace_id] = [StoredStep._make([*row, counts.get(row[0], 0)]) for row in rows]
        return found

    def figures(self, since_ns: int) -> list[ProjectFigures]:
        """See the contract."""
        newest = sa.select(sa.func.max(trace.c.start_ns)).where(trace.c.project_id == project.c.id).scalar_subquery()
        failed = sa.and_(span.c.status == sa.text("2"), span.c.start_ns >= since_ns)
        columns = (_count(trace), _count(span), _count(session), _count(annotation), _count(span, failed), newest)
        shown = (project.c.deleted_us.is_(None), ~OF_EXPERIMENT)
        statement = sa.select(project.c.id, *columns).where(*shown).order_by(project.c.id)
        with reading(self._readers) as connection:
            return [ProjectFigures._make(row) for row in connection.execute(statement)]


def _count(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return (
        (sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project.c.id, *conditions))
        .correlate(project)
        .scalar_subquery()
    )


def _start_of_piece(connection: sa.Connection, query: ItemQuery, until_ns: int | None) -> int | None:
    """Where the piece begins that ends at a time: `PIECE` items before, or where the query begins."""
    if query.condition is None:
        return query.start_ns  # what an index alone answers takes no time
    table = _TABLES[query.kind]
    every = replace(query, condition=None, end_ns=until_ns)
    found = connection.execute(_select(every, table.c.start_ns).offset(PIECE - 1).limit(1)).scalar()
    return query.start_ns if found is None else int(found)


def _about(kind: TargetKind, rows: Sequence[int]) -> sa.ColumnElement[bool]:
    """Annotations of items; those of the documents of a span are about the span as well."""
    kinds = (TargetKind.SPAN, TargetKind.DOCUMENT) if kind == TargetKind.SPAN else (kind,)
    return sa.and_(annotation.c.target_kind.in_(kinds), annotation.c.target_row.in_(rows))


@contextmanager
def _interrupted(connection: sa.Connection, until: float) -> Iterator[None]:
    """Have SQLite give up once the time has come."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # as we made it
    driver.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


# --- which, in which order --------------------------------------------------------------------------------------------


def _select(query: ItemQuery, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    table = _TABLES[query.kind]
    by: sa.ColumnElement[int] = table.c.start_ns
    if query.order == "latency":
        by = table.c.end_ns - table.c.start_ns
    order = (by.desc(), table.c.id.desc()) if query.descending else (by, table.c.id)
    return sa.select(*columns).where(*_conditions(query, table), *_behind(query, table, by)).order_by(*order)


def _conditions(query: ItemQuery, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    few = query.keys is not None or query.session_row is not None
    where = of_project(table, query.project_id, few=few)
    if query.start_ns is not None:
        where.append(table.c.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(table.c.start_ns < query.end_ns)
    if query.roots and query.kind == TargetKind.SPAN:
        where.append(span.c.parent_id.is_(None))
    if query.keys is not None:
        keys: list[Any] = [key.decode() for key in query.keys] if query.kind == TargetKind.SESSION else [*query.keys]
        where.append(_KEYS[query.kind].in_(keys))
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
