"""Spans: written in groups, read by pages and in batches."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import (
    ALL_PARTS,
    NO_ANNOTATIONS,
    DeadLetter,
    NewAnnotation,
    NewSpan,
    SpanQuery,
    StoredSpan,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.records import SpanRow
from rubricate_server.storage.schema import dead_letter, project, session, span, trace
from rubricate_server.storage.spans import span_conditions
from rubricate_server.storage.sqlite.body import read_bodies
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.ingest import Batch, add_batches
from rubricate_server.storage.sqlite.removal import delete_spans
from rubricate_server.storage.sqlite.span_hour import count_in
from rubricate_server.storage.sqlite.writer import Writer

SCAN_BATCH = 500
"""Spans read in one transaction of a scan: some 3 MB of bodies."""

NEARLY_ALL = 0.9
"""A window with more of a project's spans needs no search for its first and last row: that takes 0.2 µs a span."""
_LARGEST: Final = (1 << 63) - 1

_NARROW = (
    span.c.id,
    span.c.trace_id,
    span.c.span_id,
    span.c.parent_id,
    span.c.name,
    span.c.kind,
    span.c.start_ns,
    span.c.end_ns,
    span.c.status,
    span.c.status_message,
    span.c.block,
    span.c.block_offset,
)


class SqliteSpans:
    """`SpanStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def add(
        self,
        spans: Sequence[NewSpan],
        rejected: Sequence[DeadLetter] = (),
        annotations: Mapping[bytes, Sequence[NewAnnotation]] = NO_ANNOTATIONS,
    ) -> int:
        """See the contract."""
        if not spans and not rejected:
            return 0
        weight = sum(len(item.attributes) + len(item.input or "") + len(item.output or "") + 512 for item in spans)
        weight += 512 * (len(rejected) + sum(map(len, annotations.values())))
        return self._writer.call(add_batches, Batch(spans, rejected, annotations), weight)

    def find(self, query: SpanQuery, limit: int, parts: frozenset[str] = ALL_PARTS) -> list[StoredSpan]:
        """See the contract."""
        with reading(self._readers) as connection:
            return _read(connection, _select(connection, query).limit(limit), parts)

    def scan(
        self, query: SpanQuery, limit: int | None, parts: frozenset[str] = ALL_PARTS, sums: Sequence[str] = ()
    ) -> Iterator[list[StoredSpan]]:
        """See the contract. Each batch is a transaction of its own, so a long export holds nothing back."""
        left = limit
        with reading(self._readers) as connection:
            whole = statement = _select(connection, query)
        size = SCAN_BATCH if parts or sums else 20 * SCAN_BATCH
        while left is None or left > 0:
            batch_size = size if left is None else min(size, left)
            with reading(self._readers) as connection:
                batch = _read(connection, statement.limit(batch_size), parts)
                if sums:
                    batch = _with_sums(connection, batch, sums)
            if batch:
                yield batch
            if len(batch) < batch_size:
                return
            if left is not None:
                left -= len(batch)
            statement = whole.where(_after(query, batch[-1]))

    def rows_of(self, span_ids: Sequence[bytes]) -> dict[bytes, int]:
        """See the contract."""
        statement = sa.select(span.c.span_id, span.c.id).where(span.c.span_id.in_(span_ids), _alive(span))
        with reading(self._readers) as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def exists_in(self, project_id: int, target_kind: TargetKind, target_ids: Sequence[bytes]) -> bool:
        """See the contract."""
        table, column = _TARGET_COLUMNS[target_kind]
        keys: list[Any] = (
            [key.decode() for key in target_ids] if target_kind == TargetKind.SESSION else list(target_ids)
        )
        statement = sa.select(sa.exists().where(column.in_(keys), table.c.project_id == project_id, _alive(table)))
        with reading(self._readers) as connection:
            return bool(connection.execute(statement).scalar())

    def of(self, span_ids: Sequence[bytes], parts: frozenset[str] = ALL_PARTS) -> list[StoredSpan]:
        """See the contract."""
        found: list[StoredSpan] = []
        for start in range(0, len(span_ids), SCAN_BATCH):
            wanted = span_ids[start : start + SCAN_BATCH]
            statement = sa.select(*_NARROW).where(span.c.span_id.in_(wanted), _alive(span))
            with reading(self._readers) as connection:
                found += _read(connection, statement, parts)
        return found

    def span_id_of(self, row: int) -> bytes:
        """See the contract."""
        return self.key_of(TargetKind.SPAN, row)

    def key_of(self, target_kind: TargetKind, row: int) -> bytes:
        """See the contract."""
        table, column = _TARGET_COLUMNS[target_kind]
        statement = sa.select(column).where(table.c.id == row, _alive(table))
        with reading(self._readers) as connection:
            found: bytes | str | None = connection.execute(statement).scalar()
        if found is None:
            raise NotFound(f"No {table.name} has the row id {row}.")
        return found.encode() if isinstance(found, str) else found

    def delete(self, span_id: bytes) -> None:
        """See the contract."""
        row = self.rows_of([span_id]).get(span_id)
        if row is None:
            raise NotFound(f"Span {span_id.hex()} not found")
        self._writer.run(partial(_delete_one, row=row))

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """See the contract."""
        column = dead_letter.c
        statement = (
            sa.select(column.project, column.reason, column.payload, column.encoding)
            .order_by(column.id.desc())
            .limit(limit)
        )
        with reading(self._readers) as connection:
            return [DeadLetter(*row) for row in connection.execute(statement)]


_TARGET_COLUMNS: dict[TargetKind, tuple[sa.Table, sa.Column[Any]]] = {
    TargetKind.SPAN: (span, span.c.span_id),
    TargetKind.DOCUMENT: (span, span.c.span_id),
    TargetKind.TRACE: (trace, trace.c.trace_id),
    TargetKind.SESSION: (session, session.c.session_id),
}


def _alive(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.exists().where(project.c.id == table.c.project_id, project.c.deleted_us.is_(None))


def _select(connection: sa.Connection, query: SpanQuery) -> sa.Select[Any]:
    if query.order in ("start_time", "start_time_ascending"):
        found = sa.select(*_NARROW).where(*span_conditions(query))
        by = (span.c.start_ns, span.c.id)
        return found.order_by(*(by if query.order == "start_time_ascending" else (each.desc() for each in by)))
    rows = _rows_of_window(connection, query)
    found = sa.select(*_NARROW).where(*span_conditions(query, by_row=rows is not None), *(rows or ()))
    return found.order_by(span.c.id.desc() if query.order == "id" else span.c.id)


def _rows_of_window(connection: sa.Connection, query: SpanQuery) -> list[sa.ColumnElement[bool]] | None:
    """Between which rows the spans lie that started in the time of the query; None when it is not about a time.

    A page in the order of rows is found along them. Along the index of times, all spans of the window would be read and
    sorted for each page: 1.2 s for a million.
    """
    has_window = query.start_ns is not None or query.end_ns is not None
    if not has_window or query.trace_ids or query.span_ids:
        return None
    start_ns = -_LARGEST if query.start_ns is None else query.start_ns
    end_ns = _LARGEST if query.end_ns is None else query.end_ns
    inside = count_in(connection, query.project_id, start_ns, end_ns)
    whole = count_in(connection, query.project_id, -_LARGEST, _LARGEST)
    if inside > NEARLY_ALL * whole:
        return []
    every = SpanQuery(query.project_id, start_ns, end_ns)
    ends = sa.select(sa.func.min(span.c.id), sa.func.max(span.c.id)).where(*span_conditions(every))
    first, last = connection.execute(ends).one()
    return [sa.false()] if first is None else [span.c.id >= first, span.c.id <= last]


def _after(query: SpanQuery, last: StoredSpan) -> sa.ColumnElement[bool]:
    if query.order == "id":
        return span.c.id < last.id
    if query.order == "arrival":
        return span.c.id > last.id
    here, there = sa.tuple_(span.c.start_ns, span.c.id), sa.tuple_(sa.literal(last.start_ns), sa.literal(last.id))
    if query.order == "start_time_ascending":
        return sa.and_(span.c.start_ns >= last.start_ns, here > there)
    return sa.and_(span.c.start_ns <= last.start_ns, here < there)


def _read(connection: sa.Connection, statement: sa.Select[Any], parts: frozenset[str]) -> list[StoredSpan]:
    rows = connection.execute(statement).fetchall()
    *columns, blocks, offsets = zip(*rows, strict=True) if rows else ((),) * len(_NARROW)
    bodies = read_bodies(connection, list(zip(blocks, offsets, strict=True)), parts)
    return list(map(StoredSpan, *columns, bodies))


def _with_sums(connection: sa.Connection, spans: list[StoredSpan], names: Sequence[str]) -> list[StoredSpan]:
    fields = [SpanRow(span).field(name) for name in names]
    statement = sa.select(span.c.id, *fields).where(span.c.id.in_([each.id for each in spans]))
    found = {row: dict(zip(names, sums, strict=True)) for row, *sums in connection.execute(statement)}
    return [each._replace(sums=found[each.id]) for each in spans]


def _delete_one(connection: Any, row: int) -> None:
    delete_spans(connection, [row])
