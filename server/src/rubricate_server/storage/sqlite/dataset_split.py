"""Splits of datasets."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate_server.storage.contract import SplitFields, StoredSplit
from rubricate_server.storage.errors import Conflict, NotFound
from rubricate_server.storage.schema import dataset, dataset_example_revision, dataset_split, dataset_split_example
from rubricate_server.storage.sqlite.connection import insert_rows, reading, touch
from rubricate_server.storage.sqlite.writer import Writer

_FIELDS = tuple(dataset_split.c[name] for name in SplitFields._fields)


class SqliteSplits:
    """`SplitStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, *, dataset_id: int | None = None, from_id: int | None = None, limit: int = 100) -> list[StoredSplit]:
        """See the contract."""
        statement = _select(dataset_id).order_by(dataset_split.c.id.desc()).limit(limit)
        if dataset_id is not None:
            statement = statement.where(_current_members(dataset_id).exists())
        if from_id is not None:
            statement = statement.where(dataset_split.c.id <= from_id)
        with reading(self._readers) as connection:
            return [_split(row) for row in connection.execute(statement)]

    def get(self, split_id: int, *, dataset_id: int | None = None) -> StoredSplit:
        """See the contract."""
        with reading(self._readers) as connection:
            row = connection.execute(_select(dataset_id).where(dataset_split.c.id == split_id)).one_or_none()
        if row is None:
            raise _missing(split_id)
        return _split(row)

    def rows_of(self, names: Sequence[str]) -> dict[str, int]:
        """See the contract."""
        statement = sa.select(dataset_split.c.name, dataset_split.c.id).where(dataset_split.c.name.in_(names))
        with reading(self._readers) as connection:
            return {name: row for name, row in connection.execute(statement)}

    def create(self, dataset_id: int, fields: SplitFields, example_rows: Sequence[int] = ()) -> StoredSplit:
        """See the contract."""
        split_id = self._writer.run(partial(_create, fields=fields, example_rows=example_rows))
        return self.get(split_id, dataset_id=dataset_id)

    def update(
        self,
        split_id: int,
        dataset_id: int,
        fields: SplitFields,
        added: Sequence[int] = (),
        removed: Sequence[int] = (),
    ) -> StoredSplit:
        """See the contract."""
        self._writer.run(partial(_update, split_id=split_id, fields=fields, added=added, removed=removed))
        return self.get(split_id, dataset_id=dataset_id)

    def delete(self, split_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, split_id=split_id))


def _current_members(dataset_id: int | None) -> Any:
    """What is in the split now, of one dataset or of all."""
    revision, member = dataset_example_revision.c, dataset_split_example.c
    members = (
        sa.select(member.example_id)
        .join_from(dataset_split_example, dataset_example_revision, revision.example_id == member.example_id)
        .join(dataset, dataset.c.id == revision.dataset_id)  # what deleted ones had is still being removed
        .where(member.split_id == dataset_split.c.id, revision.until_version_id.is_(None))
        .correlate(dataset_split)
    )
    return members if dataset_id is None else members.where(revision.dataset_id == dataset_id)


def _select(dataset_id: int | None) -> Any:
    count = _current_members(dataset_id).with_only_columns(sa.func.count()).scalar_subquery()
    return sa.select(dataset_split.c.id, *_FIELDS, count, dataset_split.c.created_us, dataset_split.c.updated_us)


def _split(row: Any) -> StoredSplit:
    split_id, name, description, color, metadata, example_count, created_us, updated_us = row
    fields = SplitFields(name, description, color, orjson.loads(metadata))
    return StoredSplit(split_id, fields, example_count, created_us, updated_us)


def _missing(split_id: int) -> NotFound:
    return NotFound(f"No dataset split has the row id {split_id}")


def _refuse_taken(connection: sqlite3.Connection, name: str, but: int = -1) -> None:
    if connection.execute("select 1 from dataset_split where name = ? and id != ?", (name, but)).fetchone():
        raise Conflict(f"A dataset split named {name!r} already exists")


def _create(connection: sqlite3.Connection, fields: SplitFields, example_rows: Sequence[int]) -> int:
    _refuse_taken(connection, fields.name)
    touch(connection, "datasets")
    now_us = time.time_ns() // 1000
    split_id: int = connection.execute(
        "insert into dataset_split (name, description, color, metadata, created_us, updated_us)"
        " values (?, ?, ?, ?, ?, ?) returning id",
        (fields.name, fields.description, fields.color, orjson.dumps(fields.metadata).decode(), now_us, now_us),
    ).fetchone()[0]
    _put_in(connection, split_id, example_rows)
    return split_id


def _update(
    connection: sqlite3.Connection,
    split_id: int,
    fields: SplitFields,
    added: Sequence[int],
    removed: Sequence[int],
) -> None:
    _refuse_taken(connection, fields.name, but=split_id)
    touch(connection, "datasets")
    changed = connection.execute(
        "update dataset_split set name = ?, description = ?, color = ?, metadata = ?, updated_us = ? where id = ?",
        (
            fields.name,
            fields.description,
            fields.color,
            orjson.dumps(fields.metadata).decode(),
            time.time_ns() // 1000,
            split_id,
        ),
    )
    if changed.rowcount == 0:
        raise _missing(split_id)
    _put_in(connection, split_id, added)
    connection.executemany(
        "delete from dataset_split_example where split_id = ? and example_id = ?", [(split_id, row) for row in removed]
    )


def _put_in(connection: sqlite3.Connection, split_id: int, example_rows: Sequence[int]) -> None:
    insert_rows(
        connection,
        "insert or ignore into dataset_split_example (split_id, example_id)",
        [(split_id, row) for row in example_rows],
    )


def _delete(connection: sqlite3.Connection, split_id: int) -> None:
    if connection.execute("delete from dataset_split where id = ?", (split_id,)).rowcount == 0:
        raise _missing(split_id)
    touch(connection, "datasets")
    connection.execute("delete from dataset_split_example where split_id = ?", (split_id,))
