"""Labels of datasets."""

import sqlite3  # noqa: TID251  # the engine
from collections.abc import Sequence
from functools import partial

import sqlalchemy as sa

from rubricate_server.storage.contract import LabelFields, StoredLabel
from rubricate_server.storage.errors import Conflict, NotFound
from rubricate_server.storage.schema import dataset_dataset_label, dataset_label
from rubricate_server.storage.sqlite.connection import reading, select_in, touch
from rubricate_server.storage.sqlite.writer import Writer

MISSING = "Dataset label not found"

_COLUMNS = (dataset_label.c.id, *(dataset_label.c[name] for name in LabelFields._fields))


class SqliteLabels:
    """`LabelStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredLabel]:
        """See the contract."""
        statement = sa.select(*_COLUMNS).order_by(dataset_label.c.id.desc()).limit(limit)
        if from_id is not None:
            statement = statement.where(dataset_label.c.id <= from_id)
        with reading(self._readers) as connection:
            return [StoredLabel(row[0], LabelFields(*row[1:])) for row in connection.execute(statement)]

    def of(self, dataset_ids: Sequence[int]) -> dict[int, list[StoredLabel]]:
        """See the contract."""
        given = dataset_dataset_label.c
        statement = (
            sa.select(given.dataset_id, *_COLUMNS)
            .join_from(dataset_dataset_label, dataset_label, dataset_label.c.id == given.label_id)
            .where(given.dataset_id.in_(dataset_ids))
            .order_by(dataset_label.c.name)
        )
        found: dict[int, list[StoredLabel]] = {dataset_id: [] for dataset_id in dataset_ids}
        with reading(self._readers) as connection:
            for dataset_id, label_id, *fields in connection.execute(statement):
                found[dataset_id].append(StoredLabel(label_id, LabelFields(*fields)))
        return found

    def get(self, label_id: int) -> StoredLabel:
        """See the contract."""
        with reading(self._readers) as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(dataset_label.c.id == label_id)).one_or_none()
        if row is None:
            raise NotFound(MISSING)
        return StoredLabel(row[0], LabelFields(*row[1:]))

    def create(self, fields: LabelFields) -> StoredLabel:
        """See the contract."""
        return self._writer.run(partial(_create, fields=fields))

    def update(self, label_id: int, fields: LabelFields) -> StoredLabel:
        """See the contract."""
        return self._writer.run(partial(_update, label_id=label_id, fields=fields))

    def delete(self, label_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, label_id=label_id))

    def set_of(self, dataset_id: int, label_ids: Sequence[int]) -> None:
        """See the contract."""
        self._writer.run(partial(_set_of, dataset_id=dataset_id, label_ids=[*label_ids]))

    def add(self, dataset_id: int, label_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_add, dataset_id=dataset_id, label_ids=[label_id]))

    def remove(self, dataset_id: int, label_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_remove, dataset_id=dataset_id, label_id=label_id))


def _refuse_taken(connection: sqlite3.Connection, name: str, but: int = -1) -> None:
    if connection.execute("select 1 from dataset_label where name = ? and id != ?", (name, but)).fetchone():
        raise Conflict(f"A dataset label named {name!r} already exists")


def _create(connection: sqlite3.Connection, fields: LabelFields) -> StoredLabel:
    _refuse_taken(connection, fields.name)
    touch(connection, "datasets")
    row = connection.execute(
        "insert into dataset_label (name, description, color) values (?, ?, ?) returning id", fields
    ).fetchone()
    return StoredLabel(row[0], fields)


def _update(connection: sqlite3.Connection, label_id: int, fields: LabelFields) -> StoredLabel:
    _refuse_taken(connection, fields.name, but=label_id)
    changed = connection.execute(
        "update dataset_label set name = ?, description = ?, color = ? where id = ?", (*fields, label_id)
    )
    if changed.rowcount == 0:
        raise NotFound(MISSING)
    touch(connection, "datasets")
    return StoredLabel(label_id, fields)


def _delete(connection: sqlite3.Connection, label_id: int) -> None:
    if connection.execute("delete from dataset_label where id = ?", (label_id,)).rowcount == 0:
        raise NotFound(MISSING)
    touch(connection, "datasets")
    connection.execute("delete from dataset_dataset_label where label_id = ?", (label_id,))


def _set_of(connection: sqlite3.Connection, dataset_id: int, label_ids: list[int]) -> None:
    connection.execute("delete from dataset_dataset_label where dataset_id = ?", (dataset_id,))
    _add(connection, dataset_id, label_ids)


def _add(connection: sqlite3.Connection, dataset_id: int, label_ids: list[int]) -> None:
    touch(connection, "datasets")
    known = {row[0] for row in select_in(connection, "select id from dataset_label where id in ({})", label_ids)}
    if not known.issuperset(label_ids):
        raise NotFound(MISSING)
    if connection.execute("select 1 from dataset where id = ?", (dataset_id,)).fetchone() is None:
        raise NotFound(f"No dataset has the row id {dataset_id}")
    connection.executemany(
        "insert or ignore into dataset_dataset_label (dataset_id, label_id) values (?, ?)",
        [(dataset_id, label_id) for label_id in label_ids],
    )


def _remove(connection: sqlite3.Connection, dataset_id: int, label_id: int) -> None:
    touch(connection, "datasets")
    connection.execute(
        "delete from dataset_dataset_label where dataset_id = ? and label_id = ?", (dataset_id, label_id)
    )
