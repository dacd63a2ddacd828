"""Items: one page of spans, traces or sessions, with what belongs to each, in a few statements."""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from rubricate.records.annotation import NOTE, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import (
    ItemCount,
    ItemQuery,
    ProjectFigures,
    Said,
    SaidBy,
    StoredAnnotation,
    StoredItem,
    StoredStep,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import annotation, project, session, span, trace
from rubricate_server.storage.sqlite.annotation import ANNOTATION_ROWS
from rubricate_server.storage.sqlite.annotation_put import stored_annotation
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.item_count import count_items
from rubricate_server.storage.sqlite.item_query import KEYS, TABLES
from rubricate_server.storage.sqlite.item_row import COLUMNS, items_of
from rubricate_server.storage.sqlite.item_search import find_rows
from rubricate_server.storage.sqlite.project import OF_EXPERIMENT
from rubricate_server.storage.sqlite.trace import alive


class SqliteItems:
    """`ItemStore` on SQLite."""

    def __init__(self, readers: sa.Engine) -> None:
        self._readers = readers

    def find(self, query: ItemQuery, limit: int) -> list[StoredItem]:
        """See the contract."""
        with reading(self._readers) as connection:
            return items_of(connection, query.kind, find_rows(connection, query, limit))

    def get(self, kind: TargetKind, key: bytes) -> StoredItem:
        """See the contract."""
        given = key.decode() if kind == TargetKind.SESSION else key
        statement = sa.select(*COLUMNS[kind]).where(KEYS[kind] == given, alive(TABLES[kind]))
        with reading(self._readers) as connection:
            rows = connection.execute(statement).fetchall()
            if not rows:
                raise NotFound(f"There is no {kind} {given if isinstance(given, str) else given.hex()}.")
            return items_of(connection, kind, rows)[0]

    def count(self, query: ItemQuery, most: int, within_s: float) -> ItemCount:
        """See the contract."""
        return count_items(self._readers, query, most, within_s)

    def said_of(self, items: Sequence[StoredItem], most: int) -> dict[int, Said]:
        """See the contract."""
        if not items:
            return {}
        kind = items[0].kind
        rows = [item.row for item in items]
        counts: dict[int, Counter[bool]] = {row: Counter() for row in rows}
        newest: dict[int, list[StoredAnnotation]] = {row: [] for row in rows}
        column = annotation.c
        is_note = column.name == NOTE
        counting = (
            sa.select(column.target_row, is_note, sa.func.count())
            .where(_about(kind, rows))
            .group_by(column.target_row, is_note)
        )
        place = sa.func.row_number().over(partition_by=column.target_row, order_by=column.id.desc())
        placed = (
            sa.select(column.id, place.label("place"))
            .where(column.target_kind == kind, column.target_row.in_(rows), ~is_note)
            .subquery()
        )
        wanted = sa.select(placed.c.id).where(placed.c.place <= most)
        listing = ANNOTATION_ROWS.add_columns(column.target_row).where(column.id.in_(wanted)).order_by(column.id.desc())
        with reading(self._readers) as connection:
            for row, note, count in connection.execute(counting):
                counts[row][bool(note)] += count
            if any(count[False] for count in counts.values()):
                for *fields, row in connection.execute(listing):
                    newest[row].append(stored_annotation(fields))
        return {row: Said(newest[row], counts[row][False], counts[row][True]) for row in rows}

    def said_by(self, items: Sequence[StoredItem], identifier: str) -> dict[int, SaidBy]:
        """See the contract."""
        if not items:
            return {}
        kind = items[0].kind
        rows = [item.row for item in items]
        own: dict[int, list[StoredAnnotation]] = {row: [] for row in rows}
        others: dict[int, dict[str, int]] = {row: {} for row in rows}
        column = annotation.c
        mine = sa.and_(column.identifier == identifier, column.annotator_kind == AnnotatorKind.HUMAN)
        listing = (
            ANNOTATION_ROWS.add_columns(column.target_row).where(_about(kind, rows), mine).order_by(column.id.desc())
        )
        counting = (
            sa.select(column.target_row, column.name, sa.func.count())
            .where(_about(kind, rows), ~mine)
            .group_by(column.target_row, column.name)
        )
        with reading(self._readers) as connection:
            for *fields, row in connection.execute(listing):
                own[row].append(stored_annotation(fields))
            for row, name, count in connection.execute(counting):
                others[row][name] = count
        return {row: SaidBy(own[row], others[row]) for row in rows}

    def steps(self, trace_ids: Sequence[bytes], limit: int) -> dict[bytes, list[StoredStep]]:
        """See the contract."""
        column = span.c
        columns = (
            column.id,
            column.span_id,
            column.parent_id,
            column.name,
            column.kind,
            column.status,
            column.start_ns,
            column.end_ns,
            sa.func.coalesce(column.tokens_total, column.tokens_prompt + column.tokens_completion),
            column.cost_usd,
        )
        said = (
            sa.select(annotation.c.target_row, sa.func.count())
            .where(
                annotation.c.target_kind.in_((TargetKind.SPAN, TargetKind.DOCUMENT)),
                annotation.c.target_row.in_(sa.select(column.id).where(column.trace_id == sa.bindparam("trace_id"))),
            )
            .group_by(annotation.c.target_row)
        )
        some = (
            sa.select(*columns)
            .where(column.trace_id == sa.bindparam("trace_id"))
            .order_by(column.start_ns, column.id)
            .limit(limit)
        )
        found: dict[bytes, list[StoredStep]] = {}
        with reading(self._readers) as connection:
            for trace_id in trace_ids:
                counts = {row[0]: row[1] for row in connection.execute(said, {"trace_id": trace_id})}
                rows = connection.execute(some, {"trace_id": trace_id}).fetchall()
                found[trace_id] = [StoredStep._make([*row, counts.get(row[0], 0)]) for row in rows]
        return found

    def figures(self, since_ns: int) -> list[ProjectFigures]:
        """See the contract."""
        newest = sa.select(sa.func.max(trace.c.start_ns)).where(trace.c.project_id == project.c.id).scalar_subquery()
        failed = sa.and_(span.c.status == sa.text("2"), span.c.start_ns >= since_ns)
        columns = (_count(trace), _count(span), _count(session), _count(annotation), _count(span, failed), newest)
        shown = (project.c.deleted_us.is_(None), ~OF_EXPERIMENT)
        statement = sa.select(project.c.id, *columns).where(*shown).order_by(project.c.id)
        with reading(self._readers) as connection:
            return [ProjectFigures._make(row) for row in connection.execute(statement)]


def _count(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return (
        (sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project.c.id, *conditions))
        .correlate(project)
        .scalar_subquery()
    )


def _about(kind: TargetKind, rows: Sequence[int]) -> sa.ColumnElement[bool]:
    """Annotations of items; those of the documents of a span are about the span as well."""
    kinds = (TargetKind.SPAN, TargetKind.DOCUMENT) if kind == TargetKind.SPAN else (kind,)
    return sa.and_(annotation.c.target_kind.in_(kinds), annotation.c.target_row.in_(rows))
