"""Rubrics, their versions, and the projects that use them."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate_server.storage.contract import StoredRubricUse, StoredRubricVersion
from rubricate_server.storage.errors import Conflict, NotFound
from rubricate_server.storage.schema import annotation, project, project_rubric, rubric, rubric_version
from rubricate_server.storage.sqlite.connection import reading, select_in, touch
from rubricate_server.storage.sqlite.writer import Writer

MISSING = "Annotation configuration not found"

_IN_FORCE = sa.select(rubric.c.id, rubric_version.c.number, rubric_version.c.body, rubric_version.c.created_us).join(
    rubric_version, rubric_version.c.id == rubric.c.version_id
)


_ASSIGNED = sa.exists().where(project_rubric.c.project_id == project.c.id, project_rubric.c.rubric_id == rubric.c.id)
_PAIRS = (
    sa.select(
        rubric.c.id.label("rubric_id"),
        project.c.id.label("project_id"),
        project.c.name.label("project_name"),
        project.c.description,
        _ASSIGNED.label("assigned"),
        sa.select(sa.func.count())
        .where(annotation.c.project_id == project.c.id, annotation.c.name == rubric.c.name)
        .scalar_subquery()
        .label("annotation_count"),
    )
    .join_from(rubric, project, project.c.deleted_us.is_(None))
    .subquery()
)
"""Each rubric with each project."""
_USES = (
    sa.select(_PAIRS)
    .where(_PAIRS.c.assigned | (_PAIRS.c.annotation_count > 0))
    .order_by(_PAIRS.c.rubric_id.desc(), _PAIRS.c.project_name)
)


class SqliteRubrics:
    """`RubricStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(
        self, *, project_id: int | None = None, from_id: int | None = None, limit: int = 100
    ) -> list[StoredRubricVersion]:
        """See the contract."""
        statement = _IN_FORCE
        if project_id is not None:
            of_project = sa.select(project_rubric.c.rubric_id).where(project_rubric.c.project_id == project_id)
            statement = statement.where(rubric.c.id.in_(of_project))
        if from_id is not None:
            statement = statement.where(rubric.c.id <= from_id)
        with reading(self._readers) as connection:
            return [_stored(row) for row in connection.execute(statement.order_by(rubric.c.id.desc()).limit(limit))]

    def get(self, rubric_id: int) -> StoredRubricVersion:
        """See the contract."""
        return self._one(rubric.c.id == rubric_id)

    def get_by_name(self, name: str) -> StoredRubricVersion:
        """See the contract."""
        return self._one(rubric.c.name == name)

    def create(self, body: dict[str, Any]) -> StoredRubricVersion:
        """See the contract."""
        return self._writer.run(partial(_create, body=body))

    def update(self, rubric_id: int, body: dict[str, Any]) -> StoredRubricVersion:
        """See the contract."""
        return self._writer.run(partial(_update, rubric_id=rubric_id, body=body))

    def delete(self, rubric_id: int) -> StoredRubricVersion:
        """See the contract."""
        return self._writer.run(partial(_delete, rubric_id=rubric_id))

    def restore(self, rubric_id: int) -> StoredRubricVersion:
        """See the contract."""
        return self._writer.run(partial(_restore, rubric_id=rubric_id))

    def versions(self, rubric_id: int) -> list[StoredRubricVersion]:
        """See the contract."""
        version = rubric_version.c
        statement = (
            sa.select(version.rubric_id, version.number, version.body, version.created_us)
            .where(version.rubric_id == rubric_id)
            .order_by(version.number)
        )
        with reading(self._readers) as connection:
            return [_stored(row) for row in connection.execute(statement)]

    def uses(self, rubric_id: int | None = None) -> list[StoredRubricUse]:
        """See the contract."""
        statement = _USES if rubric_id is None else _USES.where(_PAIRS.c.rubric_id == rubric_id)
        with reading(self._readers) as connection:
            return [StoredRubricUse(*row) for row in connection.execute(statement)]

    def assign(self, project_id: int, rubric_ids: Iterable[int]) -> None:
        """See the contract."""
        self._writer.run(partial(_assign, project_id=project_id, rubric_ids=[*rubric_ids]))

    def unassign(self, project_id: int, rubric_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_unassign, project_id=project_id, rubric_id=rubric_id))

    def set_assigned(self, project_id: int, rubric_ids: Iterable[int]) -> None:
        """See the contract."""
        self._writer.run(partial(_set_assigned, project_id=project_id, rubric_ids=[*rubric_ids]))

    def _one(self, condition: sa.ColumnElement[bool]) -> StoredRubricVersion:
        with reading(self._readers) as connection:
            row = connection.execute(_IN_FORCE.where(condition)).one_or_none()
        if row is None:
            raise NotFound(MISSING)
        return _stored(row)


def _stored(row: Any) -> StoredRubricVersion:
    return StoredRubricVersion(row[0], row[1], orjson.loads(row[2]), row[3])


def _in_force(connection: sqlite3.Connection, rubric_id: int) -> StoredRubricVersion:
    row = connection.execute(
        "select r.id, v.number, v.body, v.created_us from rubric r join rubric_version v on v.id = r.version_id"
        " where r.id = ?",
        (rubric_id,),
    ).fetchone()
    if row is None:
        raise NotFound(MISSING)
    return _stored(row)


def _add_version(
    connection: sqlite3.Connection, rubric_id: int, number: int, body: dict[str, Any]
) -> StoredRubricVersion:
    touch(connection, "rubrics")
    now_us = time.time_ns() // 1000
    version_id = connection.execute(
        "insert into rubric_version (rubric_id, number, body, created_us) values (?, ?, ?, ?) returning id",
        (rubric_id, number, orjson.dumps(body).decode(), now_us),
    ).fetchone()[0]
    connection.execute("update rubric set name = ?, version_id = ? where id = ?", (body["name"], version_id, rubric_id))
    return StoredRubricVersion(rubric_id, number, body, now_us)


def _refuse_taken(connection: sqlite3.Connection, name: str, but: int = -1) -> None:
    if connection.execute("select 1 from rubric where name = ? and id != ?", (name, but)).fetchone():
        raise Conflict(f"An annotation configuration named {name!r} exists already")


def _create(connection: sqlite3.Connection, body: dict[str, Any]) -> StoredRubricVersion:
    _refuse_taken(connection, body["name"])
    rubric_id = connection.execute(
        "insert into rubric (name, version_id) values (?, 0) returning id", (body["name"],)
    ).fetchone()[0]
    return _add_version(connection, rubric_id, 1, body)


def _update(connection: sqlite3.Connection, rubric_id: int, body: dict[str, Any]) -> StoredRubricVersion:
    current = _in_force(connection, rubric_id)
    if current.body == body:
        return current
    _refuse_taken(connection, body["name"], but=rubric_id)
    return _add_version(connection, rubric_id, current.number + 1, body)


def _delete(connection: sqlite3.Connection, rubric_id: int) -> StoredRubricVersion:
    touch(connection, "rubrics")
    current = _in_force(connection, rubric_id)
    connection.execute("delete from project_rubric where rubric_id = ?", (rubric_id,))
    connection.execute("delete from rubric where id = ?", (rubric_id,))
    return current


def _restore(connection: sqlite3.Connection, rubric_id: int) -> StoredRubricVersion:
    row = connection.execute(
        "select rubric_id, number, body, created_us, id from rubric_version where rubric_id = ?"
        " order by number desc limit 1",
        (rubric_id,),
    ).fetchone()
    if row is None:
        raise NotFound(MISSING)
    last = _stored(row)
    if connection.execute("select 1 from rubric where id = ?", (rubric_id,)).fetchone() is None:
        touch(connection, "rubrics")
        _refuse_taken(connection, last.body["name"])
        connection.execute(
            "insert into rubric (id, name, version_id) values (?, ?, ?)", (rubric_id, last.body["name"], row[4])
        )
    return last


def _assign(connection: sqlite3.Connection, project_id: int, rubric_ids: list[int]) -> None:
    touch(connection, "rubrics")
    known = {row[0] for row in select_in(connection, "select id from rubric where id in ({})", rubric_ids)}
    if not known.issuperset(rubric_ids):
        raise NotFound(MISSING)
    if not connection.execute("select 1 from project where id = ? and deleted_us is null", (project_id,)).fetchone():
        raise NotFound(f"No project has the row id {project_id}")
    connection.executemany(
        "insert or ignore into project_rubric (project_id, rubric_id) values (?, ?)",
        [(project_id, rubric_id) for rubric_id in rubric_ids],
    )


def _unassign(connection: sqlite3.Connection, project_id: int, rubric_id: int) -> None:
    touch(connection, "rubrics")
    connection.execute("delete from project_rubric where project_id = ? and rubric_id = ?", (project_id, rubric_id))


def _set_assigned(connection: sqlite3.Connection, project_id: int, rubric_ids: list[int]) -> None:
    connection.execute("delete from project_rubric where project_id = ?", (project_id,))
    _assign(connection, project_id, rubric_ids)
