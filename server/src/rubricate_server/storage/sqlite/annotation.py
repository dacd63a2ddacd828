"""Annotations of every kind of target."""

import sqlite3  # noqa: TID251  # the engine
from collections.abc import Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.domain.authorship import ANYBODY, PAGE, Author, Reach, first_foreign
from rubricate_server.storage.contract import (
    AnnotationChange,
    AnnotationQuery,
    AnnotationUpdate,
    KeptAnnotation,
    NewAnnotation,
    Removed,
    Restored,
    SpanAnnotationRow,
    StoredAnnotation,
    TargetShown,
)
from rubricate_server.storage.errors import NotYours
from rubricate_server.storage.schema import (
    annotation,
    annotation_event,
    project,
    removed_annotation,
    rubric_version,
    span,
)
from rubricate_server.storage.sqlite.annotation_put import (
    Put,
    Write,
    missing_annotation,
    put_all,
    remove_annotation,
    stored_annotation,
    take_over,
    update_annotation,
    write_all,
)
from rubricate_server.storage.sqlite.annotation_removal import forget_some, restore_some, take_out
from rubricate_server.storage.sqlite.connection import reading, select_in
from rubricate_server.storage.sqlite.writer import Writer

STEP = 500
"""Annotations deleted or restored in one transaction, so that no writer waits long."""


class SqliteAnnotations:
    """`AnnotationStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def put(self, annotations: Sequence[NewAnnotation], *, must_exist: bool = False, by: Author = ANYBODY) -> list[int]:
        """See the contract."""
        if not annotations:
            return []
        _refuse_borrowed(annotations, by)
        return self._writer.call(put_all, Put(annotations, must_exist, by), weight=512 * len(annotations))

    def take_over(self, annotations: Sequence[KeptAnnotation]) -> int:
        """See the contract."""
        if not annotations:
            return 0
        return self._writer.run(partial(take_over, kept=annotations))

    def find(self, query: AnnotationQuery, limit: int) -> list[StoredAnnotation]:
        """See the contract."""
        # The ids first, from indexes alone; then the rows of one page.
        page = sa.select(annotation.c.id).where(*_where(query)).order_by(annotation.c.id.desc()).limit(limit)
        statement = ANNOTATION_ROWS.where(annotation.c.id.in_(page)).order_by(annotation.c.id.desc())
        with reading(self._readers) as connection:
            return [stored_annotation(row) for row in connection.execute(statement)]

    def of_spans(
        self, project_id: int, rows: Sequence[int], *, excluded_names: Sequence[str] = ()
    ) -> list[SpanAnnotationRow]:
        """See the contract."""
        names = excluded_names or ("",)  # no name is empty
        statement = _OF_SPANS.format(",".join("?" * len(names)), "{}")
        with reading(self._readers) as connection:
            driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # as we made it
            found = select_in(driver, statement, rows, before=(project_id, project_id, *names))
        found.sort(key=_ROW_ID, reverse=True)
        return list(map(SpanAnnotationRow._make, found))

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
            raise missing_annotation(annotation_id)
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

    def update(self, annotation_id: int, update: AnnotationUpdate, *, by: Author = ANYBODY) -> StoredAnnotation:
        """See the contract."""
        self._writer.run(partial(update_annotation, annotation_id=annotation_id, update=update, by=by))
        return self.get(annotation_id)

    def remove(self, annotation_id: int, *, by: Author = ANYBODY) -> None:
        """See the contract."""
        self._writer.run(partial(remove_annotation, annotation_id=annotation_id, by=by))

    def write(
        self, annotations: Sequence[NewAnnotation], expected: Mapping[int, int | None], *, by: Author = ANYBODY
    ) -> list[StoredAnnotation]:
        """See the contract."""
        if not annotations:
            return []
        _refuse_borrowed(annotations, by)
        return self._writer.call(write_all, Write(annotations, expected, by), weight=512 * len(annotations))

    def delete(self, query: AnnotationQuery, *, undoable: bool = False, by: Author = ANYBODY) -> Removed:
        """See the contract. What comes while it runs stays."""
        self._refuse_foreign(by, annotation, _where(query))
        newest = sa.select(sa.func.max(annotation.c.id))
        with reading(self._readers) as connection:
            last = connection.execute(newest).scalar() or 0
        statement = (
            sa.select(annotation.c.id, annotation.c.target_kind)
            .where(*_where(query), annotation.c.id <= last)
            .limit(STEP)
        )
        removed = Removed(0, None)
        while True:
            with reading(self._readers) as connection:
                some = connection.execute(statement).fetchall()
            if not some:
                return removed
            removed = self._take_out({row: TargetKind(kind) for row, kind in some}, removed, undoable, by)

    def delete_some(self, annotations: Mapping[int, TargetKind], *, by: Author = ANYBODY) -> Removed:
        """See the contract."""
        removed = Removed(0, None)
        items = list(annotations.items())
        self._refuse_foreign(by, annotation, [annotation.c.id.in_(annotations)])
        for start in range(0, len(items), STEP):
            removed = self._take_out(dict(items[start : start + STEP]), removed, True, by)
        return removed

    def _take_out(self, some: Mapping[int, TargetKind], so_far: Removed, undoable: bool, by: Author) -> Removed:
        return self._writer.run(partial(take_out, some=some, so_far=so_far, undoable=undoable, by=by))

    def _refuse_foreign(self, by: Author, table: sa.Table, where: list[sa.ColumnElement[bool]]) -> None:
        """Before the first step, so that nothing is changed; each step of a deletion looks once more."""
        if by.reach == Reach.ALL:
            return
        statement = sa.select(sa.func.count()).select_from(table).where(*where, _foreign_to(by, table))
        with reading(self._readers) as connection:
            count = connection.execute(statement).scalar()
        if count:
            raise NotYours(
                f"{count} of these annotations {'is' if count == 1 else 'are'} somebody else's. Only who gave them, or"
                " an admin, can delete them or bring them back. Nothing was changed; name only those of your own user."
            )

    def restore(self, removal_id: int, *, by: Author = ANYBODY) -> Restored:
        """See the contract."""
        aside = removed_annotation
        self._refuse_foreign(by, aside, [aside.c.removal_id == removal_id])
        outcome, after = Restored(0, 0, 0), 0
        while True:
            some, last = self._writer.run(partial(restore_some, removal_id=removal_id, after=after, most=STEP))
            outcome = Restored._make(map(sum, zip(outcome, some, strict=True)))
            if last is None:
                return outcome
            after = last

    def forget(self, before_us: int) -> int:
        """See the contract."""
        forgotten = 0
        while some := self._writer.run(partial(forget_some, before_us=before_us)):
            forgotten += some
        return forgotten

    def shown_with(self, annotations: Sequence[StoredAnnotation]) -> dict[int, TargetShown]:
        """See the contract."""
        keys: dict[TargetKind, set[bytes]] = {kind: set() for kind in TargetKind}
        for each in annotations:
            keys[each.key.target_kind].add(each.key.target_id)
        on_spans = keys[TargetKind.SPAN] | keys[TargetKind.DOCUMENT]
        shown: dict[tuple[bool, bytes], TargetShown] = {}
        with reading(self._readers) as connection:
            named = sa.select(span.c.span_id, span.c.name, span.c.trace_id)
            for span_id, name, trace_id in connection.execute(named.where(span.c.span_id.in_(on_spans))):
                shown[True, span_id] = TargetShown(name, trace_id)
            roots = named.where(span.c.trace_id.in_(keys[TargetKind.TRACE]), span.c.parent_id.is_(None))
            for _, name, trace_id in connection.execute(roots.order_by(span.c.start_ns.desc(), span.c.id.desc())):
                shown[False, trace_id] = TargetShown(name, trace_id)
        found: dict[int, TargetShown] = {}
        for each in annotations:
            kind, key = each.key.target_kind, each.key.target_id
            if each.project_id is None:
                continue
            if kind == TargetKind.SESSION:
                found[each.id] = TargetShown(key.decode(), None)
            elif (target := shown.get((kind != TargetKind.TRACE, key))) is not None:
                found[each.id] = target
            elif kind == TargetKind.TRACE:
                found[each.id] = TargetShown("", key)
        return found

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


def _refuse_borrowed(annotations: Sequence[NewAnnotation], by: Author) -> None:
    borrowed = first_foreign(by, (each.key.identifier for each in annotations))
    if borrowed is not None:
        raise NotYours(
            f"Under the identifier {borrowed!r}, answers of the page by another person stand. Nothing was written; use"
            " an identifier of your own."
        )


def _foreign_to(by: Author, table: sa.Table) -> sa.ColumnElement[bool]:
    """Annotations that the author may not change: `authorship.may_change`, in SQL."""
    column = table.c
    own: sa.ColumnElement[bool] = sa.false()
    if by.user_id is not None:
        own = sa.or_(column.user_id.is_not_distinct_from(by.user_id), column.identifier == f"{PAGE}{by.user_id}")
    somebodys = sa.and_(column.annotator_kind == AnnotatorKind.HUMAN, column.user_id.is_not(None))
    return sa.and_(sa.not_(own), somebodys if by.reach == Reach.UNOWNED else sa.true())


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

_ROW_ID = itemgetter(0)
# As text, and sorted outside: half the time of what Core makes of it, which every row and every id would pay for.
# Spans that are read together have rows that lie together; their ids are random, and lie all over the index.
_OF_SPANS = f"""
select {",".join("target_id" if name == "span_id" else name for name in SpanAnnotationRow._fields)} from annotation
where target_kind = '{TargetKind.SPAN}' and +project_id = ?
    and exists (select 1 from project where id = ? and deleted_us is null)
    and name not in ({{}}) and target_row in ({{}})
"""


def _where(query: AnnotationQuery) -> list[sa.ColumnElement[bool]]:
    column = annotation.c
    alive = sa.exists().where(project.c.id == query.project_id, project.c.deleted_us.is_(None))
    # Where targets are given, their own index finds them; the planner, who knows no numbers, would take the project's.
    project_id = column.project_id if query.target_ids is None else column.project_id + 0
    where: list[sa.ColumnElement[bool]] = [project_id == query.project_id, alive]
    if query.target_kind is not None:
        where.append(column.target_kind == query.target_kind)
    elif query.target_ids is not None:
        # Spelt out, because the index of targets begins with their kind.
        where.append(column.target_kind.in_(list(TargetKind)))
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
