"""Sessions: listed with their traces, deleted trace by trace."""

import sqlite3  # noqa: TID251  # the engine
from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from rubricate_server.storage.contract import SessionQuery, StoredSession
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import session, trace
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.removal import delete_annotations
from rubricate_server.storage.sqlite.trace import AT_ONCE, SqliteTraces, alive, traces_of_sessions
from rubricate_server.storage.sqlite.writer import Writer
from rubricate_server.storage.traces import select_sessions

_COLUMNS = (session.c.id, session.c.session_id, session.c.project_id, session.c.start_ns, session.c.end_ns)


class SqliteSessions:
    """`SessionStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine, traces: SqliteTraces) -> None:
        self._writer = writer
        self._readers = readers
        self._traces = traces

    def find(self, query: SessionQuery, limit: int) -> list[StoredSession]:
        """See the contract."""
        with reading(self._readers) as connection:
            return _read(connection, select_sessions(query, *_COLUMNS).limit(limit))

    def get(self, session_id: str) -> StoredSession:
        """See the contract."""
        return self._one(session.c.session_id == session_id, f"Session {session_id!r} not found")

    def get_by_id(self, row: int) -> StoredSession:
        """See the contract."""
        return self._one(session.c.id == row, f"No session has the row id {row}")

    def rows_of(self, session_ids: Sequence[str]) -> dict[str, int]:
        """See the contract."""
        statement = sa.select(session.c.session_id, session.c.id).where(
            session.c.session_id.in_(session_ids), alive(session)
        )
        with reading(self._readers) as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def delete(self, rows: Sequence[int]) -> None:
        """See the contract."""
        for row in rows:
            members = sa.select(trace.c.id).where(trace.c.session_row == row).limit(AT_ONCE)
            while True:
                with reading(self._readers) as connection:
                    some = list(connection.execute(members).scalars())
                if not some:
                    break
                self._traces.delete(some)
            self._writer.run(partial(_delete_empty, row=row))

    def _one(self, condition: sa.ColumnElement[bool], missing: str) -> StoredSession:
        with reading(self._readers) as connection:
            found = _read(connection, sa.select(*_COLUMNS).where(condition, alive(session)))
        if not found:
            raise NotFound(missing)
        return found[0]


def _read(connection: sa.Connection, statement: sa.Select[Any]) -> list[StoredSession]:
    rows = connection.execute(statement).fetchall()
    traces = traces_of_sessions(connection, [row[0] for row in rows])
    return [StoredSession._make([*row, tuple(traces[row[0]])]) for row in rows]


def _delete_empty(connection: sqlite3.Connection, row: int) -> None:
    """The session itself, if the last of its traces did not take it along and none has come since."""
    gone = connection.execute(
        "delete from session where id = ? and not exists (select 1 from trace where session_row = session.id)"
        " returning id",
        (row,),
    ).fetchall()
    if gone:
        annotated = connection.execute(
            "select id from annotation where target_kind = 'session' and target_row = ?", (row,)
        ).fetchall()
        delete_annotations(connection, [found[0] for found in annotated])
