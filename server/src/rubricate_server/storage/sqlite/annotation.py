"""Annotations of every kind of target."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import (
    AnnotationChange,
    AnnotationKey,
    AnnotationQuery,
    AnnotationUpdate,
    KeptAnnotation,
    NewAnnotation,
    StoredAnnotation,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import annotation, annotation_event, project, rubric_version
from rubricate_server.storage.sqlite.connection import reading, select_in, touch, touch_owners
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

    def take_over(self, annotations: Sequence[KeptAnnotation]) -> int:
        """See the contract."""
        if not annotations:
            return 0
        return self._writer.run(partial(_take_over, kept=annotations))

    def find(self, query: AnnotationQuery, limit: int) -> list[StoredAnnotation]:
        """See the contract."""
        # The ids first, from indexes alone; then the rows of one page.
        page = sa.select(annotation.c.id).where(*_where(query)).order_by(annotation.c.id.desc()).limit(limit)
        statement = ANNOTATION_ROWS.where(annotation.c.id.in_(page)).order_by(annotation.c.id.desc())
        with reading(self._readers) as connection:
            return [stored_annotation(row) for row in connection.execute(statement)]

    def names(self, query: AnnotationQuery) -> list[str]:
        """See the contract."""
        statement = sa.select(annotation.c.name).where(*_where(query)).distinct().order_by(annotation.c.name)
        with reading(self._readers) as connection:
            return list(connection.execute(statement).scalars())

    def get(self, annotation_id: int) -> StoredAnnotation:
        """See the contract."""
        with reading(self._readers) as connection:
            row = connection.execute(ANNOTATION_ROWS.where(annotation.c.id == annotation_id, _ALIVE)).one_or_none()
        if row is None:
            raise _missing(annotation_id)
        return stored_annotation(row)

    def waiting(
        self, target_kind: TargetKind | None = None, *, from_id: int | None = None, limit: int = 100
    ) -> list[StoredAnnotation]:
        """See the contract."""
        # Few wait, so their own index is read and sorted; in the order of rows, all annotations would be looked at.
        row = annotation.c.id + 0
        where: list[sa.ColumnElement[bool]] = [annotation.c.target_row.is_(None)]
        if target_kind is not None:
            where.append(annotation.c.target_kind == target_kind)
        if from_id is not None:
            where.append(row <= from_id)
        page = sa.select(annotation.c.id).where(*where).order_by(row.desc()).limit(limit)
        statement = ANNOTATION_ROWS.where(annotation.c.id.in_(page)).order_by(annotation.c.id.desc())
        with reading(self._readers) as connection:
            return [stored_annotation(each) for each in connection.execute(statement)]

    def update(self, annotation_id: int, update: AnnotationUpdate, user_id: str | None = None) -> StoredAnnotation:
        """See the contract."""
        self._writer.run(partial(_update, annotation_id=annotation_id, update=update, user_id=user_id))
        return self.get(annotation_id)

    def remove(self, annotation_id: int, user_id: str | None = None) -> None:
        """See the contract."""
        self._writer.run(partial(_remove, annotation_id=annotation_id, user_id=user_id))

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


_ALIVE = sa.or_(
    annotation.c.project_id.is_(None),
    sa.exists().where(project.c.id == annotation.c.project_id, project.c.deleted_us.is_(None)),
)
ANNOTATION_ROWS = sa.select(
    annotation.c.id,
    annotation.c.target_kind,
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
    annotation.c.project_id,
).outerjoin_from(annotation, rubric_version, rubric_version.c.id == annotation.c.rubric_version)


def stored_annotation(row: Any) -> StoredAnnotation:
    """What a row of `ANNOTATION_ROWS` says."""
    key = AnnotationKey(TargetKind(row[1]), *row[2:6])
    return StoredAnnotation._make([row[0], key, *row[6:10], orjson.loads(row[10]), *row[11:]])


def _missing(annotation_id: int) -> NotFound:
    return NotFound(f"No annotation has the row id {annotation_id}.")


def _where(query: AnnotationQuery) -> list[sa.ColumnElement[bool]]:
    column = annotation.c
    alive = sa.exists().where(project.c.id == query.project_id, project.c.deleted_us.is_(None))
    # Where targets are given, their own index finds them; the planner, who knows no numbers, would take the project's.
    project_id = column.project_id if query.target_ids is None else column.project_id + 0
    where: list[sa.ColumnElement[bool]] = [project_id == query.project_id, alive]
    if query.target_kind is not None:
        where.append(column.target_kind == query.target_kind)
    if query.target_ids is not None:
        where.append(column.target_id.in_(query.target_ids))
    if query.names:
        where.append(_any_of(column.name, query.names))
    if query.excluded_names:
        where.append(column.name.not_in(query.excluded_names))
    if query.identifiers:
        where.append(column.identifier.in_(query.identifiers))
    if query.annotator_kind is not None:
        where.append(column.annotator_kind == query.annotator_kind)
    if query.source is not None:
        where.append(column.source == query.source)
    if query.user_id is not None:
        where.append(column.user_id == query.user_id)
    if query.labels:
        where.append(column.label.in_(query.labels))
    if query.min_score is not None:
        where.append(column.score >= query.min_score)
    if query.max_score is not None:
        where.append(column.score <= query.max_score)
    if query.created_from_us is not None:
        where.append(column.created_us >= query.created_from_us)
    if query.created_until_us is not None:
        where.append(column.created_us < query.created_until_us)
    if query.from_id is not None:
        where.append(column.id <= query.from_id)
    return where


def _any_of(column: sa.Column[Any], values: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    """A single value as plain equality: it keeps the order of an index, which IN does not."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def _put_all(connection: sqlite3.Connection, puts: Sequence[_Put]) -> list[list[int] | Exception]:
    """In the writer's thread: the ids of each request, or why it was refused."""
    everything = [item for put in puts for item in put.annotations]
    targets = {
        kind: _targets(connection, kind, {item.key.target_id for item in everything if item.key.target_kind == kind})
        for kind in {item.key.target_kind for item in everything}
    }
    touch(connection, "annotations", {target.project_id for found in targets.values() for target in found.values()})
    names = list({item.key.name for item in everything})
    versions = _versions(connection, names)
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


class _Version(NamedTuple):
    id: int
    number: int


def _versions(connection: sqlite3.Connection, names: Sequence[str]) -> dict[str, _Version]:
    """The version in force of the rubrics of these names, as far as there are any."""
    in_force = (
        "select r.name, v.id, v.number from rubric r join rubric_version v on v.id = r.version_id where r.name in ({})"
    )
    return {name: _Version(row, number) for name, row, number in select_in(connection, in_force, names)}


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
    versions: dict[str, _Version],
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
                item = last[AnnotationKey(*key)]
                version = versions.get(item.key.name)
                written.append((row, created_us == now_us, item, version.number if version else None))
            start += size
    record_writes(connection, written, now_us)
    return [ids[item.key] for item in annotations]


_TAKE_OVER = (
    "insert into annotation (target_kind, target_id, position, name, identifier, annotator_kind, label, score,"
    " explanation, metadata, source, user_id, rubric_version, created_us, updated_us, target_row, project_id, start_ns)"
    f" values {_ROW} on conflict (target_kind, target_id, position, name, identifier) do nothing returning id"
)


def _take_over(connection: sqlite3.Connection, kept: Sequence[KeptAnnotation]) -> int:
    keys = [each.annotation.key for each in kept]
    targets = {
        kind: _targets(connection, kind, {key.target_id for key in keys if key.target_kind == kind})
        for kind in {key.target_kind for key in keys}
    }
    new = 0
    for said, created_us, updated_us in kept:
        target = targets[said.key.target_kind].get(said.key.target_id)
        values = list(_values(said, target, {}, created_us))
        values[_UPDATED] = updated_us
        row = connection.execute(_TAKE_OVER, values).fetchone()
        if row is not None:
            new += 1
            record_writes(connection, [(row[0], True, said, None)], updated_us)
    return new


_UPDATED = 14
"""The place of updated_us among the values of a row."""


def _moment(connection: sqlite3.Connection) -> int:
    """Now, in microseconds; later than any change so far, even when the clock was set back."""
    last = connection.execute(
        "select max(at_us) from annotation_event where id = (select max(id) from annotation_event)"
    )
    return int(max(time.time_ns() // 1000, (last.fetchone()[0] or 0) + 1))


def _values(item: NewAnnotation, target: _Target | None, versions: dict[str, _Version], now_us: int) -> tuple[Any, ...]:
    version = versions.get(item.key.name)
    return (
        *item.key,
        item.annotator_kind,
        item.label,
        item.score,
        item.explanation,
        orjson.dumps(item.metadata).decode() if item.metadata else "{}",
        item.source,
        item.user_id,
        version.id if version else None,
        now_us,
        now_us,
        *(target or (None, None, None)),
    )


def _update(connection: sqlite3.Connection, annotation_id: int, update: AnnotationUpdate, user_id: str | None) -> None:
    """Read, change and write in one transaction, so that two people who change different fields both have their way."""
    before = connection.execute(
        "select target_kind, target_id, position, name, identifier, annotator_kind, label, score, explanation,"
        f" metadata, source from annotation where id = ? and {_IN_A_PROJECT}",
        (annotation_id,),
    ).fetchone()
    if before is None:
        raise _missing(annotation_id)
    touch_owners(connection, "annotation", [annotation_id])
    key = AnnotationKey(TargetKind(before[0]), *before[1:5])
    kept = NewAnnotation._make([key, *before[5:9], orjson.loads(before[9]), before[10], user_id])
    changed = kept._replace(**update)
    version = _versions(connection, [changed.key.name]).get(changed.key.name)
    now_us = _moment(connection)
    connection.execute(
        "update annotation set annotator_kind = ?, label = ?, score = ?, explanation = ?, metadata = ?, user_id = ?,"
        " rubric_version = ?, updated_us = ? where id = ?",
        (
            changed.annotator_kind,
            changed.label,
            changed.score,
            changed.explanation,
            orjson.dumps(changed.metadata).decode(),
            user_id,
            version.id if version else None,
            now_us,
            annotation_id,
        ),
    )
    record_writes(connection, [(annotation_id, False, changed, version.number if version else None)], now_us)


def _remove(connection: sqlite3.Connection, annotation_id: int, user_id: str | None) -> None:
    found = connection.execute(
        f"select 1 from annotation where id = ? and {_IN_A_PROJECT}", (annotation_id,)
    ).fetchone()
    if found is None:
        raise _missing(annotation_id)
    delete_annotations(connection, [annotation_id], user_id)


_IN_A_PROJECT = "coalesce(project_id, 0) not in (select id from project where deleted_us is not null)"
