"""Annotations of every kind of target."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import (
    AnnotationChange,
    AnnotationKey,
    AnnotationQuery,
    NewAnnotation,
    StoredAnnotation,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import annotation, annotation_event, project, rubric_version
from rubricate_server.storage.sqlite.connection import reading, select_in
from rubricate_server.storage.sqlite.history import record_writes
from rubricate_server.storage.sqlite.removal import delete_annotations
from rubricate_server.storage.sqlite.writer import Writer

NAMED_AT_MOST = 10
"""Missing targets that an error names."""


class _Put(NamedTuple):
    annotations: Sequence[NewAnnotation]
    must_exist: bool


class _Target(NamedTuple):
    row: int
    project_id: int
    start_ns: int


class SqliteAnnotations:
    """`AnnotationStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def put(self, annotations: Sequence[NewAnnotation], *, must_exist: bool = False) -> list[int]:
        """See the contract."""
        if not annotations:
            return []
        return self._writer.call(_put_all, _Put(annotations, must_exist), weight=512 * len(annotations))

    def find(self, query: AnnotationQuery, limit: int) -> list[StoredAnnotation]:
        """See the contract."""
        statement = (
            sa.select(
                annotation.c.id,
                annotation.c.target_id,
                annotation.c.position,
                annotation.c.name,
                annotation.c.identifier,
                annotation.c.annotator_kind,
                annotation.c.label,
                annotation.c.score,
                annotation.c.explanation,
                annotation.c.metadata,
                annotation.c.source,
                annotation.c.user_id,
                rubric_version.c.number,
                annotation.c.created_us,
                annotation.c.updated_us,
            )
            .outerjoin_from(annotation, rubric_version, rubric_version.c.id == annotation.c.rubric_version)
            .where(*_where(query))
            .order_by(annotation.c.id.desc())
            .limit(limit)
        )
        with reading(self._readers) as connection:
            rows = connection.execute(statement).fetchall()
        return [_stored(query.target_kind, row) for row in rows]

    def delete(self, query: AnnotationQuery) -> int:
        """See the contract."""
        statement = sa.select(annotation.c.id).where(*_where(query)).limit(500)
        deleted = 0
        while True:
            with reading(self._readers) as connection:
                ids = list(connection.execute(statement).scalars())
            if not ids:
                return deleted
            self._writer.run(lambda connection, ids=ids: delete_annotations(connection, ids))  # type: ignore[misc]
            deleted += len(ids)

    def history(self, annotation_id: int) -> list[AnnotationChange]:
        """See the contract."""
        event = annotation_event.c
        statement = (
            sa.select(event.at_us, event.action, event.user_id, event.state)
            .where(event.annotation_id == annotation_id)
            .order_by(event.id)
        )
        with reading(self._readers) as connection:
            return [AnnotationChange(*row[:3], orjson.loads(row[3])) for row in connection.execute(statement)]


def _stored(kind: TargetKind, row: Any) -> StoredAnnotation:
    key = AnnotationKey(kind, *row[1:5])
    return StoredAnnotation._make([row[0], key, *row[5:9], orjson.loads(row[9]), *row[10:]])


def _where(query: AnnotationQuery) -> list[sa.ColumnElement[bool]]:
    column = annotation.c
    alive = sa.exists().where(project.c.id == query.project_id, project.c.deleted_us.is_(None))
    where = [column.target_kind == query.target_kind, column.project_id == query.project_id, alive]
    if query.target_ids is not None:
        where.append(column.target_id.in_(query.target_ids))
    if query.names:
        where.append(column.name.in_(query.names))
    if query.excluded_names:
        where.append(column.name.not_in(query.excluded_names))
    if query.identifiers:
        where.append(column.identifier.in_(query.identifiers))
    if query.annotator_kind is not None:
        where.append(column.annotator_kind == query.annotator_kind)
    if query.created_from_us is not None:
        where.append(column.created_us >= query.created_from_us)
    if query.created_until_us is not None:
        where.append(column.created_us < query.created_until_us)
    if query.from_id is not None:
        where.append(column.id <= query.from_id)
    return where


def _put_all(connection: sqlite3.Connection, puts: Sequence[_Put]) -> list[list[int] | Exception]:
    """In the writer's thread: the ids of each request, or why it was refused."""
    everything = [item for put in puts for item in put.annotations]
    targets = {
        kind: _targets(connection, kind, {item.key.target_id for item in everything if item.key.target_kind == kind})
        for kind in {item.key.target_kind for item in everything}
    }
    names = list({item.key.name for item in everything})
    versions = dict(select_in(connection, "select name, version_id from rubric where name in ({})", names))
    outcomes: list[list[int] | Exception] = []
    for put in puts:
        refusal = _refusal(put, targets)
        outcomes.append(refusal or _put_one(connection, put.annotations, targets, versions))
    return outcomes


def put_annotations(connection: sqlite3.Connection, annotations: Sequence[NewAnnotation]) -> None:
    """Write annotations in the writer's thread, as a part of its transaction."""
    _put_all(connection, [_Put(annotations, must_exist=False)])


def _refusal(put: _Put, targets: dict[TargetKind, dict[bytes, _Target]]) -> NotFound | None:
    if not put.must_exist:
        return None
    missing = {
        (item.key.target_kind, item.key.target_id): None
        for item in put.annotations
        if item.key.target_id not in targets[item.key.target_kind]
    }
    if not missing:
        return None
    kind = {"span": "Spans", "document": "Spans", "trace": "Traces", "session": "Sessions"}[next(iter(missing))[0]]
    shown = [key.decode() if of == "session" else key.hex() for of, key in list(missing)[:NAMED_AT_MOST]]
    more = f" and {len(missing) - NAMED_AT_MOST} more" if len(missing) > NAMED_AT_MOST else ""
    return NotFound(f"{kind} with IDs {', '.join(shown)}{more} do not exist.")


_TARGETS = {
    TargetKind.SPAN: "select span_id, id, project_id, start_ns from span where span_id in ({})",
    TargetKind.DOCUMENT: "select span_id, id, project_id, start_ns from span where span_id in ({})",
    TargetKind.TRACE: "select trace_id, id, project_id, start_ns from trace where trace_id in ({})",
    TargetKind.SESSION: "select session_id, id, project_id, start_ns from session where session_id in ({})",
}


def _targets(connection: sqlite3.Connection, kind: TargetKind, ids: set[bytes]) -> dict[bytes, _Target]:
    keys: list[Any] = [key.decode() for key in ids] if kind == TargetKind.SESSION else list(ids)
    rows = select_in(connection, _TARGETS[kind], keys)
    gone = {row[0] for row in connection.execute("select id from project where deleted_us is not null")}
    return {
        key.encode() if isinstance(key, str) else key: _Target(row, project_id, start_ns)
        for key, row, project_id, start_ns in rows
        if project_id not in gone
    }


_UPSERT = (
    "insert into annotation (target_kind, target_id, position, name, identifier, annotator_kind, label, score,"
    " explanation, metadata, source, user_id, rubric_version, created_us, updated_us, target_row, project_id, start_ns)"
    " values {} on conflict (target_kind, target_id, position, name, identifier) do update set"
    " annotator_kind = excluded.annotator_kind, label = excluded.label, score = excluded.score,"
    " explanation = excluded.explanation, metadata = excluded.metadata, source = excluded.source,"
    " user_id = excluded.user_id, rubric_version = excluded.rubric_version, updated_us = excluded.updated_us,"
    " target_row = excluded.target_row, project_id = excluded.project_id, start_ns = excluded.start_ns"
    " returning id, target_kind, target_id, position, name, identifier, created_us"
)
_ROW = "(" + ",".join("?" * 18) + ")"
_AT_ONCE = 64


def _put_one(
    connection: sqlite3.Connection,
    annotations: Sequence[NewAnnotation],
    targets: dict[TargetKind, dict[bytes, _Target]],
    versions: dict[str, int],
) -> list[int]:
    """Of the same key twice in one request, the last wins, and both get its id."""
    last = {item.key: item for item in annotations}
    now_us = _moment(connection)
    ids: dict[tuple[Any, ...], int] = {}
    written = []
    items = list(last.values())
    start = 0
    for size in (_AT_ONCE, 8, 1):
        while len(items) - start >= size:
            values = [
                value
                for item in items[start : start + size]
                for value in _values(item, targets[item.key.target_kind].get(item.key.target_id), versions, now_us)
            ]
            for row, *key, created_us in connection.execute(_UPSERT.format(",".join([_ROW] * size)), values).fetchall():
                ids[tuple(key)] = row
                written.append((row, created_us == now_us, last[AnnotationKey(*key)]))
            start += size
    record_writes(connection, written, now_us)
    return [ids[item.key] for item in annotations]


def _moment(connection: sqlite3.Connection) -> int:
    """Now, in microseconds; later than any change so far, even when the clock was set back."""
    last = connection.execute(
        "select max(at_us) from annotation_event where id = (select max(id) from annotation_event)"
    )
    return int(max(time.time_ns() // 1000, (last.fetchone()[0] or 0) + 1))


def _values(item: NewAnnotation, target: _Target | None, versions: dict[str, int], now_us: int) -> tuple[Any, ...]:
    return (
        *item.key,
        item.annotator_kind,
        item.label,
        item.score,
        item.explanation,
        orjson.dumps(item.metadata).decode() if item.metadata else "{}",
        item.source,
        item.user_id,
        versions.get(item.key.name),
        now_us,
        now_us,
        *(target or (None, None, None)),
    )
