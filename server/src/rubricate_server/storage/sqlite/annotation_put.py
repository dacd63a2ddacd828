"""Writing annotations: in the writer's thread, inside its transaction, for all requests that wait."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.authorship import ANYBODY, Author, Reach, may_change
from rubricate_server.storage.contract import (
    AnnotationKey,
    AnnotationUpdate,
    KeptAnnotation,
    NewAnnotation,
    StoredAnnotation,
)
from rubricate_server.storage.errors import AnnotationChanged, NotFound, NotYours
from rubricate_server.storage.sqlite.connection import select_in, touch, touch_owners
from rubricate_server.storage.sqlite.history import record_writes
from rubricate_server.storage.sqlite.removal import delete_annotations

NAMED_AT_MOST = 10
"""Missing targets that an error names."""


class Put(NamedTuple):
    """What one request writes."""

    annotations: Sequence[NewAnnotation]
    must_exist: bool
    by: Author


class Write(NamedTuple):
    """What one request writes on condition that things are as it thinks, by place: see the contract."""

    annotations: Sequence[NewAnnotation]
    expected: Mapping[int, int | None]
    by: Author


class Target(NamedTuple):
    """A stored target, and what annotations copy from it."""

    row: int
    project_id: int
    start_ns: int


def missing_annotation(annotation_id: int) -> NotFound:
    """Of one that is not there."""
    return NotFound(f"No annotation has the row id {annotation_id}.")


def put_all(connection: sqlite3.Connection, puts: Sequence[Put]) -> list[list[int] | Exception]:
    """In the writer's thread: the ids of each request, or why it was refused."""
    everything = [item for put in puts for item in put.annotations]
    targets = {
        kind: targets_of(connection, kind, {item.key.target_id for item in everything if item.key.target_kind == kind})
        for kind in {item.key.target_kind for item in everything}
    }
    touch(connection, "annotations", {target.project_id for found in targets.values() for target in found.values()})
    names = list({item.key.name for item in everything})
    versions = _versions(connection, names)
    outcomes: list[list[int] | Exception] = []
    for put in puts:
        refusal = _refusal(put, targets)
        outcomes.append(refusal or _put_one(connection, put.annotations, targets, versions, put.by))
    return outcomes


FROM_SPANS = Author(None, Reach.UNOWNED)


def put_annotations(connection: sqlite3.Connection, annotations: Sequence[NewAnnotation]) -> None:
    """Write annotations that came with spans, as a part of the writer's transaction.

    What stands there as somebody's is left as it is: whoever sends spans could name anybody.
    """
    kept = [each for each in annotations if _is_free(connection, each.key)]
    put_all(connection, [Put(kept, must_exist=False, by=ANYBODY)])


def _is_free(connection: sqlite3.Connection, key: AnnotationKey) -> bool:
    current = _current(connection, key)
    return current is None or may_change(FROM_SPANS, current.annotator_kind, current.user_id, key.identifier)


def write_all(connection: sqlite3.Connection, writes: Sequence[Write]) -> list[list[StoredAnnotation] | Exception]:
    """In the writer's thread: what each request left standing, or why nothing of it was written."""
    return [_write(connection, *write) for write in writes]


def _write(
    connection: sqlite3.Connection,
    annotations: Sequence[NewAnnotation],
    expected: Mapping[int, int | None],
    by: Author,
) -> list[StoredAnnotation] | Exception:
    last = {annotation.key: annotation for annotation in annotations}
    standing: dict[AnnotationKey, int] = {}
    for place, updated_us in expected.items():
        wanted = annotations[place]
        current = _current(connection, wanted.key)
        if current is not None and _says_the_same(current, wanted):
            if last[wanted.key] == wanted:
                standing[wanted.key] = current.id
        elif (None if current is None else current.updated_us) != updated_us:
            return AnnotationChanged(place, wanted.key.name, current)
    changing = [annotation for annotation in annotations if annotation.key not in standing]
    (written,) = put_all(connection, [Put(changing, must_exist=True, by=by)])
    if isinstance(written, Exception):
        return written
    standing |= zip((annotation.key for annotation in changing), written, strict=True)
    stored = {row[0]: stored_annotation(row) for row in select_in(connection, _STORED, list(standing.values()))}
    return [stored[standing[annotation.key]] for annotation in annotations]


_STORED = (
    "select a.id, target_kind, target_id, position, name, identifier, annotator_kind, label, score, explanation,"
    " metadata, source, user_id, number, a.created_us, updated_us, project_id"
    " from annotation a left join rubric_version v on v.id = a.rubric_version where a.id in ({})"
)


def stored_annotation(row: Any) -> StoredAnnotation:
    """What a row says: the columns of `_STORED`, and of `ANNOTATION_ROWS`."""
    key = AnnotationKey(TargetKind(row[1]), *row[2:6])
    return StoredAnnotation._make([row[0], key, *row[6:10], orjson.loads(row[10]), *row[11:]])


def _current(connection: sqlite3.Connection, key: AnnotationKey) -> StoredAnnotation | None:
    found = connection.execute(
        "select id from annotation where target_kind = ? and target_id = ? and position = ? and name = ?"
        " and identifier = ?",
        key,
    ).fetchone()
    return None if found is None else stored_annotation(select_in(connection, _STORED, found)[0])


def _says_the_same(current: StoredAnnotation, wanted: NewAnnotation) -> bool:
    return (
        current.annotator_kind,
        current.label,
        current.score,
        current.explanation,
        current.metadata,
        current.source,
    ) == wanted[1:7]


def _refusal(put: Put, targets: dict[TargetKind, dict[bytes, Target]]) -> NotFound | None:
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


def targets_of(connection: sqlite3.Connection, kind: TargetKind, ids: set[bytes]) -> dict[bytes, Target]:
    """Those of the targets that are stored, in projects that are not deleted."""
    keys: list[Any] = [key.decode() for key in ids] if kind == TargetKind.SESSION else list(ids)
    rows = select_in(connection, _TARGETS[kind], keys)
    gone = {row[0] for row in connection.execute("select id from project where deleted_us is not null")}
    return {
        key.encode() if isinstance(key, str) else key: Target(row, project_id, start_ns)
        for key, row, project_id, start_ns in rows
        if project_id not in gone
    }


_UPSERT = (
    "insert into annotation (target_kind, target_id, position, name, identifier, annotator_kind, label, score,"
    " explanation, metadata, source, user_id, rubric_version, created_us, updated_us, target_row, project_id, start_ns)"
    " values {rows} on conflict (target_kind, target_id, position, name, identifier) do update set"
    " annotator_kind = excluded.annotator_kind, label = excluded.label, score = excluded.score,"
    " explanation = excluded.explanation, metadata = excluded.metadata, source = excluded.source,"
    " user_id = excluded.user_id, rubric_version = excluded.rubric_version, updated_us = excluded.updated_us,"
    " target_row = excluded.target_row, project_id = excluded.project_id, start_ns = excluded.start_ns {whose}"
    " returning id, target_kind, target_id, position, name, identifier, created_us"
)
_OWN = "annotation.user_id = excluded.user_id or annotation.identifier = 'app:' || excluded.user_id"
_NOBODYS = "annotation.annotator_kind != 'HUMAN' or annotation.user_id is null"
_WHOSE = {Reach.ALL: "", Reach.OWN: f"where {_OWN}", Reach.UNOWNED: f"where {_OWN} or {_NOBODYS}"}
"""What a conflict may replace: `authorship.may_change`, in SQL. What it may not is not returned."""
_ROW = "(" + ",".join("?" * 18) + ")"
_AT_ONCE = 64


def _put_one(
    connection: sqlite3.Connection,
    annotations: Sequence[NewAnnotation],
    targets: dict[TargetKind, dict[bytes, Target]],
    versions: dict[str, _Version],
    by: Author,
) -> list[int]:
    """Of the same key twice in one request, the last wins, and both get its id. Raises NotYours."""
    last = {item.key: item for item in annotations}
    now_us = moment(connection)
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
            statement = _UPSERT.format(rows=",".join([_ROW] * size), whose=_WHOSE[by.reach])
            for row, *key, created_us in connection.execute(statement, values).fetchall():
                ids[tuple(key)] = row
                item = last[AnnotationKey(*key)]
                version = versions.get(item.key.name)
                written.append((row, created_us == now_us, item, version.number if version else None))
            start += size
    if len(ids) < len(items):
        raise not_yours(next(item.key for item in items if item.key not in ids))
    record_writes(connection, written, now_us)
    return [ids[item.key] for item in annotations]


_TAKE_OVER = (
    "insert into annotation (target_kind, target_id, position, name, identifier, annotator_kind, label, score,"
    " explanation, metadata, source, user_id, rubric_version, created_us, updated_us, target_row, project_id, start_ns)"
    f" values {_ROW} on conflict (target_kind, target_id, position, name, identifier) do nothing returning id"
)


def take_over(connection: sqlite3.Connection, kept: Sequence[KeptAnnotation]) -> int:
    """Write what was given elsewhere; how many were new."""
    keys = [each.annotation.key for each in kept]
    targets = {
        kind: targets_of(connection, kind, {key.target_id for key in keys if key.target_kind == kind})
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


def moment(connection: sqlite3.Connection) -> int:
    """Now, in microseconds; later than any change so far, even when the clock was set back."""
    last = connection.execute(
        "select max(at_us) from annotation_event where id = (select max(id) from annotation_event)"
    )
    return int(max(time.time_ns() // 1000, (last.fetchone()[0] or 0) + 1))


def _values(item: NewAnnotation, target: Target | None, versions: dict[str, _Version], now_us: int) -> tuple[Any, ...]:
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


def not_yours(key: AnnotationKey) -> NotYours:
    """Of an annotation that somebody else gave."""
    shown = key.target_id.decode() if key.target_kind == TargetKind.SESSION else key.target_id.hex()
    whose = f"under the identifier {key.identifier!r} " if key.identifier else ""
    return NotYours(
        f"The annotation {key.name!r} of {key.target_kind} {shown} {whose}is somebody else's. Only who gave it, or an"
        " admin, can change or delete it. Nothing was changed; use an identifier of your own."
    )


def update_annotation(connection: sqlite3.Connection, annotation_id: int, update: AnnotationUpdate, by: Author) -> None:
    """Read, change and write in one transaction, so that two people who change different fields both have their way."""
    before = connection.execute(
        "select target_kind, target_id, position, name, identifier, annotator_kind, label, score, explanation,"
        f" metadata, source, user_id from annotation where id = ? and {IN_A_PROJECT}",
        (annotation_id,),
    ).fetchone()
    if before is None:
        raise missing_annotation(annotation_id)
    key = AnnotationKey(TargetKind(before[0]), *before[1:5])
    if not may_change(by, before[5], before[11], key.identifier):
        raise not_yours(key)
    touch_owners(connection, "annotation", [annotation_id])
    kept = NewAnnotation._make([key, *before[5:9], orjson.loads(before[9]), before[10], by.user_id])
    changed = kept._replace(**update)
    version = _versions(connection, [changed.key.name]).get(changed.key.name)
    now_us = moment(connection)
    connection.execute(
        "update annotation set annotator_kind = ?, label = ?, score = ?, explanation = ?, metadata = ?, user_id = ?,"
        " rubric_version = ?, updated_us = ? where id = ?",
        (
            changed.annotator_kind,
            changed.label,
            changed.score,
            changed.explanation,
            orjson.dumps(changed.metadata).decode(),
            by.user_id,
            version.id if version else None,
            now_us,
            annotation_id,
        ),
    )
    record_writes(connection, [(annotation_id, False, changed, version.number if version else None)], now_us)


def remove_annotation(connection: sqlite3.Connection, annotation_id: int, by: Author) -> None:
    """Delete one annotation. Raises NotFound, NotYours."""
    found = connection.execute(f"select 1 from annotation where id = ? and {IN_A_PROJECT}", (annotation_id,)).fetchone()
    if found is None:
        raise missing_annotation(annotation_id)
    refuse_foreign(connection, [annotation_id], by)
    delete_annotations(connection, [annotation_id], by.user_id)


def refuse_foreign(connection: sqlite3.Connection, rows: Sequence[int], by: Author) -> None:
    """Raise NotYours when one of the annotations is not the author's to change."""
    if by.reach == Reach.ALL:
        return
    said = (
        "select target_kind, target_id, position, name, identifier, annotator_kind, user_id from annotation"
        " where id in ({})"
    )
    for kind, *key, annotator_kind, user_id in select_in(connection, said, list(rows)):
        if not may_change(by, annotator_kind, user_id, key[-1]):
            raise not_yours(AnnotationKey(TargetKind(kind), *key))


IN_A_PROJECT = "coalesce(project_id, 0) not in (select id from project where deleted_us is not null)"
"""A condition on `annotation`: its project, if it has one, is not deleted."""
