"""Datasets, their versions and examples."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate_server.domain.example import ExampleText
from rubricate_server.storage.contract import (
    ExamplesWritten,
    ExampleUpload,
    NewExample,
    StoredDataset,
    StoredDatasetVersion,
    StoredExample,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import (
    dataset,
    dataset_example,
    dataset_example_revision,
    dataset_split,
    dataset_split_example,
    dataset_version,
    span,
)
from rubricate_server.storage.sqlite import dataset_write
from rubricate_server.storage.sqlite.connection import reading, touch
from rubricate_server.storage.sqlite.experiment import delete_experiments_of
from rubricate_server.storage.sqlite.writer import Turn, Writer

BATCH = 200
"""Examples read at once: they are in memory together."""
_AT_ONCE = 500

_OWN_FIELDS = StoredDataset._fields[:-1]
_VERSION_COUNT = sa.select(sa.func.count()).where(dataset_version.c.dataset_id == dataset.c.id).scalar_subquery()
_DATASET = (*(dataset.c[name] for name in _OWN_FIELDS), _VERSION_COUNT.label("version_count"))
_VERSION = tuple(dataset_version.c[name] for name in StoredDatasetVersion._fields)
_REVISION = dataset_example_revision.c
EXAMPLE = (
    sa.select(
        _REVISION.example_id,
        dataset_example.c.external_id,
        dataset_example.c.span_id,
        span.c.id.label("span_row"),
        _REVISION.input,
        _REVISION.output,
        _REVISION.metadata,
        _REVISION.hash,
        _REVISION.created_us,
    )
    .join_from(dataset_example_revision, dataset_example, dataset_example.c.id == _REVISION.example_id)
    .outerjoin(span, span.c.span_id == dataset_example.c.span_id)
    .order_by(_REVISION.example_id)
)
"""What examples say, to be narrowed to one revision of each."""


SLICE_EXAMPLES = 100
"""Examples of a deleted dataset removed between two looks at the clock; what they say may be long."""


class SqliteDatasets:
    """`DatasetStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, *, name: str | None = None, from_id: int | None = None, limit: int = 100) -> list[StoredDataset]:
        """See the contract."""
        statement = sa.select(*_DATASET).order_by(dataset.c.id.desc()).limit(limit)
        if name is not None:
            statement = statement.where(dataset.c.name == name)
        if from_id is not None:
            statement = statement.where(dataset.c.id <= from_id)
        with reading(self._readers) as connection:
            return [_dataset(row) for row in connection.execute(statement)]

    def get(self, dataset_id: int) -> StoredDataset:
        """See the contract."""
        return self._one(dataset.c.id == dataset_id, f"No dataset has the row id {dataset_id}")

    def get_by_name(self, name: str) -> StoredDataset:
        """See the contract."""
        return self._one(dataset.c.name == name, f"No dataset is named {name!r}")

    def upload(self, upload: ExampleUpload) -> ExamplesWritten:
        """See the contract."""
        return self._writer.call(dataset_write.upload, upload, _weight(example.text for example in upload.examples))

    def add_from_spans(
        self, dataset_id: int, examples: Sequence[NewExample], description: str | None = None
    ) -> ExamplesWritten:
        """See the contract."""
        weight = _weight(example.text for example in examples)
        return self._writer.call(dataset_write.add_from_spans, (dataset_id, examples, description), weight)

    def create_from_spans(
        self, name: str, examples: Sequence[NewExample], description: str | None = None
    ) -> ExamplesWritten:
        """See the contract."""
        weight = _weight(example.text for example in examples)
        return self._writer.call(dataset_write.create_from_spans, (name, examples, description), weight)

    def change(
        self,
        dataset_id: int,
        texts: Mapping[int, ExampleText],
        deleted: Sequence[int],
        description: str | None = None,
    ) -> ExamplesWritten:
        """See the contract."""
        weight = _weight(texts.values())
        return self._writer.call(dataset_write.change, (dataset_id, texts, deleted, description), weight)

    def create(self, name: str, description: str | None, metadata: dict[str, Any]) -> StoredDataset:
        """See the contract."""
        return self._writer.run(partial(_create, name=name, description=description, metadata=metadata))

    def update(self, dataset_id: int, name: str, description: str | None, metadata: dict[str, Any]) -> StoredDataset:
        """See the contract."""
        return self._writer.run(
            partial(_update, dataset_id=dataset_id, name=name, description=description, metadata=metadata)
        )

    def delete(self, dataset_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, dataset_id=dataset_id))

    def versions(self, dataset_id: int, *, from_id: int | None = None, limit: int = 100) -> list[StoredDatasetVersion]:
        """See the contract."""
        column = dataset_version.c
        statement = sa.select(*_VERSION).where(column.dataset_id == dataset_id).order_by(column.id.desc()).limit(limit)
        if from_id is not None:
            statement = statement.where(column.id <= from_id)
        with reading(self._readers) as connection:
            return [_version(row) for row in connection.execute(statement)]

    def version(self, dataset_id: int, version_id: int) -> StoredDatasetVersion:
        """See the contract."""
        column = dataset_version.c
        statement = sa.select(*_VERSION).where(column.dataset_id == dataset_id, column.id == version_id)
        with reading(self._readers) as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise NotFound(f"The dataset has no version with the row id {version_id}")
        return _version(row)

    def examples(
        self,
        dataset_id: int,
        version_id: int,
        *,
        split_ids: Sequence[int] | None = None,
        from_id: int | None = None,
        limit: int | None = None,
    ) -> Iterator[list[StoredExample]]:
        """See the contract."""
        until = _REVISION.until_version_id
        statement = EXAMPLE.where(
            sa.exists().where(dataset.c.id == dataset_id),  # else what it had is still being removed
            _REVISION.dataset_id == dataset_id,
            _REVISION.version_id <= version_id,
            sa.or_(until.is_(None), until > version_id),
        )
        if split_ids is not None:
            member = dataset_split_example.c
            statement = statement.where(
                _REVISION.example_id.in_(sa.select(member.example_id).where(member.split_id.in_(split_ids)))
            )
        left = limit
        while left is None or left > 0:
            size = BATCH if left is None else min(BATCH, left)
            here = statement.limit(size)
            if from_id is not None:
                here = here.where(_REVISION.example_id >= from_id)
            with reading(self._readers) as connection:
                found = stored_examples(connection, here)
            if found:
                yield found
            if len(found) < size:
                return
            from_id = found[-1].id + 1
            left = None if left is None else left - size

    def example_rows(self, dataset_id: int, identifiers: Sequence[str]) -> dict[str, int]:
        """See the contract."""
        column = dataset_example.c
        found: dict[str, int] = {}
        with reading(self._readers) as connection:
            for start in range(0, len(identifiers), _AT_ONCE):
                some = identifiers[start : start + _AT_ONCE]
                statement = sa.select(column.external_id, column.id).where(
                    column.dataset_id == dataset_id, column.external_id.in_(some)
                )
                found.update((row[0], row[1]) for row in connection.execute(statement))
        return found

    def are_of(self, dataset_id: int, rows: Sequence[int]) -> set[int]:
        """See the contract."""
        column = dataset_example.c
        found: set[int] = set()
        with reading(self._readers) as connection:
            for start in range(0, len(rows), _AT_ONCE):
                statement = sa.select(column.id).where(
                    column.dataset_id == dataset_id, column.id.in_(rows[start : start + _AT_ONCE])
                )
                found.update(connection.execute(statement).scalars())
        return found

    def of_spans(self, dataset_id: int, span_ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """See the contract."""
        found: dict[bytes, bytes] = {}
        with reading(self._readers) as connection:
            for start in range(0, len(span_ids), _AT_ONCE):
                statement = (
                    sa.select(dataset_example.c.span_id, _REVISION.hash)
                    .join_from(dataset_example, dataset_example_revision, dataset_example.c.id == _REVISION.example_id)
                    .where(
                        dataset_example.c.dataset_id == dataset_id,
                        dataset_example.c.span_id.in_(span_ids[start : start + _AT_ONCE]),
                        _REVISION.until_version_id.is_(None),
                    )
                    .order_by(dataset_example.c.id.desc())
                )
                found.update((row[0], row[1]) for row in connection.execute(statement))
        return found

    def _one(self, condition: sa.ColumnElement[bool], missing: str) -> StoredDataset:
        with reading(self._readers) as connection:
            row = connection.execute(sa.select(*_DATASET).where(condition)).one_or_none()
        if row is None:
            raise NotFound(missing)
        return _dataset(row)


def stored_examples(connection: sa.Connection, statement: sa.Select[Any]) -> list[StoredExample]:
    """The examples that a narrowed `EXAMPLE` finds, with the splits that they are in now."""
    rows = connection.execute(statement).fetchall()
    splits = _splits_of(connection, [row[0] for row in rows])
    return [_example(row, splits.get(row[0], ())) for row in rows]


def _weight(texts: Any) -> int:
    return 1024 + sum(len(text.input) + len(text.output) + len(text.metadata) + 256 for text in texts)


def _dataset(row: Any) -> StoredDataset:
    stored = StoredDataset._make(row)
    return stored._replace(metadata=orjson.loads(row.metadata))


def _version(row: Any) -> StoredDatasetVersion:
    stored = StoredDatasetVersion._make(row)
    return stored._replace(metadata=orjson.loads(row.metadata))


def _example(row: Any, splits: tuple[str, ...]) -> StoredExample:
    example_id, external_id, span_id, span_row, *text, updated_us = row
    return StoredExample(example_id, external_id, span_id, span_row, ExampleText(*text), updated_us, splits)


def _splits_of(connection: sa.Connection, example_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    member = dataset_split_example.c
    statement = (
        sa.select(member.example_id, dataset_split.c.name)
        .join_from(dataset_split_example, dataset_split, dataset_split.c.id == member.split_id)
        .where(member.example_id.in_(example_ids))
        .order_by(dataset_split.c.name)
    )
    found: dict[int, tuple[str, ...]] = {}
    for example_id, name in connection.execute(statement):
        found[example_id] = (*found.get(example_id, ()), name)
    return found


def _stored(connection: sqlite3.Connection, dataset_id: int) -> StoredDataset:
    columns = ", ".join((*_OWN_FIELDS, "(select count(*) from dataset_version where dataset_id = dataset.id)"))
    row = connection.execute(f"select {columns} from dataset where id = ?", (dataset_id,)).fetchone()
    if row is None:
        raise NotFound(f"No dataset has the row id {dataset_id}")
    stored = StoredDataset._make(row)
    return stored._replace(metadata=orjson.loads(row[3]))


def _create(
    connection: sqlite3.Connection, name: str, description: str | None, metadata: dict[str, Any]
) -> StoredDataset:
    dataset_write.refuse_taken(connection, name)
    return _stored(connection, dataset_write.make(connection, name, description, metadata))


def _update(
    connection: sqlite3.Connection, dataset_id: int, name: str, description: str | None, metadata: dict[str, Any]
) -> StoredDataset:
    current = _stored(connection, dataset_id)
    changed = current._replace(name=name, description=description, metadata=metadata)
    if changed == current:
        return current
    touch(connection, "datasets")
    dataset_write.refuse_taken(connection, name, but=dataset_id)
    changed = changed._replace(updated_us=time.time_ns() // 1000)
    connection.execute(
        "update dataset set name = ?, description = ?, metadata = ?, updated_us = ? where id = ?",
        (name, description, orjson.dumps(metadata).decode(), changed.updated_us, dataset_id),
    )
    return changed


def _delete(connection: sqlite3.Connection, dataset_id: int) -> None:
    if connection.execute("delete from dataset where id = ?", (dataset_id,)).rowcount == 0:
        raise NotFound(f"No dataset has the row id {dataset_id}")
    touch(connection, "datasets")
    delete_experiments_of(connection, dataset_id)
    connection.execute("delete from dataset_dataset_label where dataset_id = ?", (dataset_id,))
    connection.execute("delete from dataset_version where dataset_id = ?", (dataset_id,))
    connection.execute("insert into dataset_removal values (?)", (dataset_id,))


def remove_deleted_dataset(connection: sqlite3.Connection, turn: Turn) -> bool:
    """Remove a turn's worth of the examples of a deleted dataset; True when there was one."""
    found = connection.execute("select dataset_id from dataset_removal limit 1").fetchone()
    if found is None:
        return False
    while _remove_some_examples(connection, found[0]):
        if turn.is_over():
            return True
    connection.execute("delete from dataset_removal where dataset_id = ?", found)
    return True


def _remove_some_examples(connection: sqlite3.Connection, dataset_id: int) -> bool:
    some = "select id from dataset_example where dataset_id = ? limit ?"
    ids = [row[0] for row in connection.execute(some, (dataset_id, SLICE_EXAMPLES))]
    marks = ",".join("?" * len(ids))
    connection.execute(f"delete from dataset_split_example where example_id in ({marks})", ids)
    connection.execute(f"delete from dataset_example_revision where example_id in ({marks})", ids)
    connection.execute(f"delete from dataset_example where id in ({marks})", ids)
    return bool(ids)
