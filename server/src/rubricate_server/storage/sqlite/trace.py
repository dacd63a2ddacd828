"""Traces: listed from their kept rows, deleted and moved in bounded steps."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from rubricate_server.storage.contract import StoredTrace, TraceQuery
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import project, trace
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.removal import remove_traces
from rubricate_server.storage.sqlite.transfer import move_spans, move_traces
from rubricate_server.storage.sqlite.writer import Writer
from rubricate_server.storage.traces import select_traces

AT_ONCE = 200
"""Traces taken up together, so that many small ones cost few transactions."""

COLUMNS = tuple(trace.c[name] for name in StoredTrace._fields)


class SqliteTraces:
    """`TraceStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def find(self, query: TraceQuery, limit: int) -> list[StoredTrace]:
        """See the contract."""
        with reading(self._readers) as connection:
            return [StoredTrace._make(row) for row in connection.execute(select_traces(query, *COLUMNS).limit(limit))]

    def get(self, trace_id: bytes) -> StoredTrace:
        """See the contract."""
        return self._one(trace.c.trace_id == trace_id, f"Trace {trace_id.hex()} not found")

    def get_by_id(self, row: int) -> StoredTrace:
        """See the contract."""
        return self._one(trace.c.id == row, f"No trace has the row id {row}")

    def delete(self, rows: Sequence[int]) -> None:
        """See the contract."""
        for start in range(0, len(rows), AT_ONCE):
            while self._writer.keep_up(partial(remove_traces, rows=rows[start : start + AT_ONCE])):
                pass

    def delete_range(self, project_id: int, start_ns: int | None, end_ns: int | None, limit: int | None = None) -> int:
        """See the contract."""
        query = TraceQuery(project_id, start_ns=start_ns, end_ns=end_ns, descending=False)
        statement = select_traces(query, trace.c.id)
        deleted = 0
        while limit is None or deleted < limit:
            some = AT_ONCE if limit is None else min(AT_ONCE, limit - deleted)
            with reading(self._readers) as connection:
                rows = list(connection.execute(statement.limit(some)).scalars())
            if not rows:
                break
            self.delete(rows)
            deleted += len(rows)
        return deleted

    def oldest_kept(self, project_id: int, count: int) -> int | None:
        """See the contract."""
        newest = select_traces(TraceQuery(project_id), trace.c.start_ns).offset(count - 1).limit(2)
        with reading(self._readers) as connection:
            starts = list(connection.execute(newest).scalars())
        return starts[0] if len(starts) == 2 else None

    def transfer(self, rows: Sequence[int], project_id: int) -> int:
        """See the contract."""
        moved = 0
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            moved += self._writer.run(partial(move_traces, rows=some, project_id=project_id))
            while self._writer.run(partial(move_spans, rows=some, project_id=project_id)):
                pass
        return moved

    def _one(self, condition: sa.ColumnElement[bool], missing: str) -> StoredTrace:
        with reading(self._readers) as connection:
            row = connection.execute(sa.select(*COLUMNS).where(condition, alive(trace))).one_or_none()
        if row is None:
            raise NotFound(missing)
        return StoredTrace._make(row)


def alive(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether the row's project has not been deleted."""
    return sa.exists().where(project.c.id == table.c.project_id, project.c.deleted_us.is_(None))


def traces_of_sessions(connection: sa.Connection, session_rows: Sequence[int]) -> dict[int, list[Any]]:
    """The traces of each of some sessions, by start."""
    found: dict[int, list[Any]] = {row: [] for row in session_rows}
    statement = sa.select(*COLUMNS).where(trace.c.session_row.in_(session_rows)).order_by(trace.c.start_ns, trace.c.id)
    for row in connection.execute(statement):
        stored = StoredTrace._make(row)
        if stored.session_row is not None:
            found[stored.session_row].append(stored)
    return found
