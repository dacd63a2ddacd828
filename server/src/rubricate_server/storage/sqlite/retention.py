"""Retention policies, and the projects that follow them."""

import sqlite3  # noqa: TID251  # the engine
from functools import partial

import sqlalchemy as sa

from rubricate_server.storage.contract import RetentionRule, StoredRetention
from rubricate_server.storage.errors import Conflict, NotFound
from rubricate_server.storage.schema import project, project_retention, retention
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.writer import Writer

_COLUMNS = (retention.c.id, retention.c.name, retention.c.max_days, retention.c.max_traces)


class SqliteRetention:
    """`RetentionStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredRetention]:
        """See the contract."""
        statement = sa.select(*_COLUMNS).order_by(retention.c.id.desc()).limit(limit)
        if from_id is not None:
            statement = statement.where(retention.c.id <= from_id)
        with reading(self._readers) as connection:
            return [_stored(*row) for row in connection.execute(statement)]

    def get(self, policy_id: int) -> StoredRetention:
        """See the contract."""
        with reading(self._readers) as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(retention.c.id == policy_id)).one_or_none()
        if row is None:
            raise _missing(policy_id)
        return _stored(*row)

    def create(self, name: str, rule: RetentionRule) -> StoredRetention:
        """See the contract."""
        return self._writer.run(partial(_create, name=name, rule=rule))

    def update(self, policy_id: int, name: str, rule: RetentionRule) -> StoredRetention:
        """See the contract."""
        return self._writer.run(partial(_update, policy_id=policy_id, name=name, rule=rule))

    def delete(self, policy_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, policy_id=policy_id))

    def assign(self, project_id: int, policy_id: int | None) -> None:
        """See the contract."""
        self._writer.run(partial(_assign, project_id=project_id, policy_id=policy_id))

    def rules(self, default: RetentionRule) -> dict[int, RetentionRule]:
        """See the contract."""
        statement = (
            sa.select(project.c.id, retention.c.id, retention.c.max_days, retention.c.max_traces)
            .outerjoin_from(project, project_retention, project_retention.c.project_id == project.c.id)
            .outerjoin(retention, retention.c.id == project_retention.c.retention_id)
            .where(project.c.deleted_us.is_(None))
        )
        with reading(self._readers) as connection:
            return {
                project_id: default if policy is None else RetentionRule(*rule)
                for project_id, policy, *rule in connection.execute(statement)
            }


def _stored(policy_id: int, name: str, max_days: float | None, max_traces: int | None) -> StoredRetention:
    return StoredRetention(policy_id, name, RetentionRule(max_days, max_traces))


def _missing(policy_id: int) -> NotFound:
    return NotFound(f"No retention policy has the row id {policy_id}")


def _refuse_taken(connection: sqlite3.Connection, name: str, but: int = -1) -> None:
    if connection.execute("select 1 from retention where name = ? and id != ?", (name, but)).fetchone():
        raise Conflict(f"A retention policy named {name!r} exists already")


def _create(connection: sqlite3.Connection, name: str, rule: RetentionRule) -> StoredRetention:
    _refuse_taken(connection, name)
    row = connection.execute(
        "insert into retention (name, max_days, max_traces) values (?, ?, ?) returning id", (name, *rule)
    ).fetchone()
    return StoredRetention(row[0], name, rule)


def _update(connection: sqlite3.Connection, policy_id: int, name: str, rule: RetentionRule) -> StoredRetention:
    _refuse_taken(connection, name, but=policy_id)
    changed = connection.execute(
        "update retention set name = ?, max_days = ?, max_traces = ? where id = ?", (name, *rule, policy_id)
    )
    if changed.rowcount == 0:
        raise _missing(policy_id)
    return StoredRetention(policy_id, name, rule)


def _delete(connection: sqlite3.Connection, policy_id: int) -> None:
    if connection.execute("delete from retention where id = ?", (policy_id,)).rowcount == 0:
        raise _missing(policy_id)
    connection.execute("delete from project_retention where retention_id = ?", (policy_id,))


def _assign(connection: sqlite3.Connection, project_id: int, policy_id: int | None) -> None:
    if policy_id is None:
        connection.execute("delete from project_retention where project_id = ?", (project_id,))
        return
    if connection.execute("select 1 from retention where id = ?", (policy_id,)).fetchone() is None:
        raise _missing(policy_id)
    connection.execute(
        "insert into project_retention (project_id, retention_id) values (?, ?)"
        " on conflict (project_id) do update set retention_id = excluded.retention_id",
        (project_id, policy_id),
    )
