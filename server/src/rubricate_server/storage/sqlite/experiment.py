"""Experiments and their tags."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate_server.storage.contract import NewExperiment, StoredExperiment, StoredTag
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import experiment, experiment_tag, project
from rubricate_server.storage.sqlite.connection import reading, touch
from rubricate_server.storage.sqlite.project import create_project
from rubricate_server.storage.sqlite.writer import Writer

_E = experiment.c
_WANTED = _E.example_count * _E.repetitions
_TAGS = (
    sa.select(sa.func.json_group_array(experiment_tag.c.name))
    .where(experiment_tag.c.experiment_id == _E.id)
    .correlate(experiment)
    .scalar_subquery()
)
_EXPERIMENT = (
    sa.select(
        _E.id,
        _E.dataset_id,
        _E.version_id,
        _E.name,
        _E.description,
        _E.metadata,
        _E.repetitions,
        project.c.name.label("project_name"),
        _E.splits,
        _TAGS.label("tags"),
        _E.example_count,
        _E.succeeded,
        _E.failed,
        (_WANTED - _E.succeeded - _E.failed + _E.surplus).label("missing"),
        _E.created_us,
        _E.updated_us,
    )
    .join_from(
        experiment, project, sa.and_(project.c.id == _E.project_id, project.c.deleted_us.is_(None)), isouter=True
    )
    .where(_E.deleted_us.is_(None))
)


class SqliteExperiments:
    """`ExperimentStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, dataset_id: int, *, from_id: int | None = None, limit: int = 50) -> list[StoredExperiment]:
        """See the contract."""
        statement = _EXPERIMENT.where(_E.dataset_id == dataset_id).order_by(_E.id.desc()).limit(limit)
        if from_id is not None:
            statement = statement.where(_E.id <= from_id)
        with reading(self._readers) as connection:
            return [_stored(row) for row in connection.execute(statement)]

    def get(self, experiment_id: int) -> StoredExperiment:
        """See the contract."""
        with reading(self._readers) as connection:
            row = connection.execute(_EXPERIMENT.where(_E.id == experiment_id)).one_or_none()
        if row is None:
            raise NotFound(missing(experiment_id))
        return _stored(row)

    def create(self, new: NewExperiment) -> StoredExperiment:
        """See the contract."""
        return self.get(self._writer.run(partial(_create, new=new)))

    def update(
        self, experiment_id: int, name: str, description: str | None, metadata: dict[str, Any]
    ) -> StoredExperiment:
        """See the contract."""
        self._writer.run(
            partial(_update, experiment_id=experiment_id, name=name, description=description, metadata=metadata)
        )
        return self.get(experiment_id)

    def delete(self, experiment_id: int, *, with_project: bool) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, experiment_id=experiment_id, with_project=with_project))

    def tags(self, experiment_id: int) -> list[StoredTag]:
        """See the contract."""
        columns = [experiment_tag.c[name] for name in StoredTag._fields]
        statement = sa.select(*columns).where(experiment_tag.c.experiment_id == experiment_id).order_by("name")
        with reading(self._readers) as connection:
            return [StoredTag(*row) for row in connection.execute(statement)]

    def set_tag(self, experiment_id: int, name: str, description: str | None) -> StoredTag:
        """See the contract."""
        return self._writer.run(partial(_set_tag, experiment_id=experiment_id, name=name, description=description))

    def remove_tags(self, experiment_id: int, tag_ids: Sequence[int]) -> None:
        """See the contract."""
        self._writer.run(partial(_remove_tags, experiment_id=experiment_id, tag_ids=[*tag_ids]))


def missing(experiment_id: int) -> str:
    """That there is no such experiment."""
    return f"No experiment has the row id {experiment_id}"


def delete_experiments_of(connection: sqlite3.Connection, dataset_id: int) -> None:
    """Delete the experiments of a dataset that is being deleted, with the projects of their traces."""
    rows = connection.execute(
        "select id from experiment where dataset_id = ? and deleted_us is null", (dataset_id,)
    ).fetchall()
    for (row,) in rows:
        _delete(connection, row, with_project=True)


def _stored(row: Any) -> StoredExperiment:
    return StoredExperiment._make(row)._replace(
        metadata=orjson.loads(row.metadata),
        splits=tuple(orjson.loads(row.splits)),
        tags=tuple(sorted(orjson.loads(row.tags))),
    )


def _create(connection: sqlite3.Connection, new: NewExperiment) -> int:
    version = connection.execute(
        "select 1 from dataset_version where id = ? and dataset_id = ?", (new.version_id, new.dataset_id)
    ).fetchone()
    if version is None:
        raise NotFound(f"The dataset has no version with the row id {new.version_id}")
    touch(connection, "experiments")
    made = create_project(connection, new.project_name, new.project_description)
    made_us = time.time_ns() // 1000 if new.created_us is None else new.created_us
    experiment_id: int = connection.execute(
        "insert into experiment (dataset_id, version_id, name, description, metadata, repetitions, splits, project_id,"
        " example_count, created_us, updated_us) values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?) returning id",
        (
            *(new.dataset_id, new.version_id, new.name, new.description, orjson.dumps(new.metadata).decode()),
            *(new.repetitions, orjson.dumps(new.splits).decode(), made.id, made_us, made_us),
        ),
    ).fetchone()[0]
    in_splits = (
        " and example_id in (select example_id from dataset_split_example where split_id in"
        " (select value from json_each(?)))"
    )
    taken = connection.execute(
        "insert into experiment_example (experiment_id, example_id, revision_id)"
        " select ?, example_id, id from dataset_example_revision where dataset_id = ? and version_id <= ?"
        f" and (until_version_id is null or until_version_id > ?){in_splits if new.split_ids else ''}"
        " order by example_id",
        (
            *(experiment_id, new.dataset_id, new.version_id, new.version_id),
            *((orjson.dumps(new.split_ids).decode(),) if new.split_ids else ()),
        ),
    )
    connection.execute("update experiment set example_count = ? where id = ?", (taken.rowcount, experiment_id))
    return experiment_id


def _update(
    connection: sqlite3.Connection, experiment_id: int, name: str, description: str | None, metadata: dict[str, Any]
) -> None:
    wanted = (name, description, orjson.dumps(metadata).decode())
    found = connection.execute(
        "select name, description, metadata from experiment where id = ? and deleted_us is null", (experiment_id,)
    ).fetchone()
    if found is None:
        raise NotFound(missing(experiment_id))
    if found == wanted:
        return
    touch(connection, "experiments")
    connection.execute(
        "update experiment set name = ?, description = ?, metadata = ?, updated_us = ? where id = ?",
        (*wanted, time.time_ns() // 1000, experiment_id),
    )


def _delete(connection: sqlite3.Connection, experiment_id: int, with_project: bool) -> None:
    now_us = time.time_ns() // 1000
    gone = connection.execute(
        "update experiment set deleted_us = ? where id = ? and deleted_us is null returning project_id",
        (now_us, experiment_id),
    ).fetchall()
    if not gone:
        raise NotFound(missing(experiment_id))
    touch(connection, "experiments")
    touch(connection, "projects")
    connection.execute("delete from experiment_tag where experiment_id = ?", (experiment_id,))
    if with_project:
        connection.execute("update project set deleted_us = ? where id = ? and deleted_us is null", (now_us, *gone[0]))


def _set_tag(connection: sqlite3.Connection, experiment_id: int, name: str, description: str | None) -> StoredTag:
    touch(connection, "experiments")
    row = connection.execute(
        "insert into experiment_tag (dataset_id, experiment_id, name, description)"
        " select dataset_id, id, ?, ? from experiment where id = ? and deleted_us is null"
        " on conflict (dataset_id, name) do update set experiment_id = excluded.experiment_id,"
        " description = excluded.description returning id",
        (name, description, experiment_id),
    ).fetchone()
    if row is None:
        raise NotFound(missing(experiment_id))
    return StoredTag(row[0], experiment_id, name, description)


def _remove_tags(connection: sqlite3.Connection, experiment_id: int, tag_ids: list[int]) -> None:
    touch(connection, "experiments")
    connection.executemany(
        "delete from experiment_tag where experiment_id = ? and id = ?", [(experiment_id, row) for row in tag_ids]
    )
