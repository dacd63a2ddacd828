"""Projects."""

import sqlite3  # noqa: TID251  # the engine
import time
from functools import partial

import sqlalchemy as sa

from rubricate.records.project import DEFAULT_PROJECT
from rubricate_server.storage.contract import StoredProject
from rubricate_server.storage.errors import Conflict, NotFound, Protected
from rubricate_server.storage.schema import experiment, project
from rubricate_server.storage.sqlite.connection import reading, touch
from rubricate_server.storage.sqlite.writer import Writer

_COLUMNS = (project.c.id, project.c.name, project.c.description)

OF_EXPERIMENT = sa.exists().where(experiment.c.project_id == project.c.id, experiment.c.deleted_us.is_(None))
"""That a project holds the traces of an experiment."""


class SqliteProjects:
    """`ProjectStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(
        self,
        *,
        name_contains: str | None = None,
        of_experiments: bool = False,
        from_id: int | None = None,
        limit: int = 100,
    ) -> list[StoredProject]:
        """See the contract."""
        statement = sa.select(*_COLUMNS).where(project.c.deleted_us.is_(None))
        if not of_experiments:
            statement = statement.where(~OF_EXPERIMENT)
        if name_contains:
            statement = statement.where(project.c.name.icontains(name_contains, autoescape=True))
        if from_id is not None:
            statement = statement.where(project.c.id <= from_id)
        with reading(self._readers) as connection:
            rows = connection.execute(statement.order_by(project.c.id.desc()).limit(limit))
            return [StoredProject(*row) for row in rows]

    def get(self, name: str) -> StoredProject:
        """See the contract."""
        return self._one(project.c.name == name, f"Project {name!r} not found")

    def get_by_id(self, project_id: int) -> StoredProject:
        """See the contract."""
        return self._one(project.c.id == project_id, f"No project has the row id {project_id}")

    def create(self, name: str, description: str | None) -> StoredProject:
        """See the contract."""
        return self._writer.run(partial(create_project, name=name, description=description))

    def update(self, project_id: int, description: str | None, name: str | None = None) -> StoredProject:
        """See the contract."""
        return self._writer.run(partial(_update, project_id=project_id, description=description, name=name))

    def delete(self, project_id: int) -> None:
        """See the contract."""
        found = self.get_by_id(project_id)
        if found.name == DEFAULT_PROJECT:
            raise Protected("The default project cannot be deleted")
        self._writer.run(partial(_delete, project_id=project_id))

    def _one(self, condition: sa.ColumnElement[bool], missing: str) -> StoredProject:
        statement = sa.select(*_COLUMNS).where(condition, project.c.deleted_us.is_(None))
        with reading(self._readers) as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise NotFound(missing)
        return StoredProject(*row)


def create_project(connection: sqlite3.Connection, name: str, description: str | None) -> StoredProject:
    """Make a project. Raises Conflict."""
    touch(connection, "projects")
    _refuse_taken(connection, name)
    row = connection.execute(
        "insert into project (name, description, created_us) values (?, ?, ?) returning id",
        (name, description, time.time_ns() // 1000),
    ).fetchone()
    return StoredProject(row[0], name, description)


def _refuse_taken(connection: sqlite3.Connection, name: str) -> None:
    if connection.execute("select 1 from project where name = ? and deleted_us is null", (name,)).fetchone():
        raise Conflict(f"A project named {name!r} exists already")


def _update(
    connection: sqlite3.Connection, project_id: int, description: str | None, name: str | None
) -> StoredProject:
    touch(connection, "projects")
    row = connection.execute("select name from project where id = ? and deleted_us is null", (project_id,)).fetchone()
    if row is None:
        raise NotFound(f"No project has the row id {project_id}")
    [old] = row
    if name is not None and name != old:
        if old == DEFAULT_PROJECT:
            raise Protected("The default project cannot be renamed: spans that name no project belong to it")
        _refuse_taken(connection, name)
    new = old if name is None else name
    connection.execute("update project set name = ?, description = ? where id = ?", (new, description, project_id))
    return StoredProject(project_id, new, description)


def _delete(connection: sqlite3.Connection, project_id: int) -> None:
    touch(connection, "projects")
    connection.execute("update project set deleted_us = ? where id = ?", (time.time_ns() // 1000, project_id))
