"""What many rows say together, computed by the database: a row of Python for each would stop every other thread."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import NOTE, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import (
    DisagreementMark,
    DisagreementQuery,
    SpanBucket,
    StoredAnnotation,
    StoredDisagreement,
    StoredSummary,
    SummaryQuery,
)
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import annotation, project, span
from rubricate_server.storage.sqlite.annotation import ANNOTATION_ROWS
from rubricate_server.storage.sqlite.annotation_put import stored_annotation
from rubricate_server.storage.sqlite.connection import reading

_KEYS = ("bucket", "target_kind", "name", "annotator_kind")
_TARGET = ("target_row", "position")
_AT_ONCE = 500


class SqliteInsight:
    """`InsightStore` on SQLite."""

    def __init__(self, readers: sa.Engine) -> None:
        self._readers = readers

    def summaries(
        self, query: SummaryQuery, bucket_ns: int | None = None, most_labels: int = 50
    ) -> list[StoredSummary]:
        """See the contract."""
        found: list[StoredSummary] = []
        with reading(self._readers) as connection:
            for by_annotator in (False, True):
                rows = _rows(query, bucket_ns, by_annotator=by_annotator)
                labels: defaultdict[tuple[Any, ...], list[tuple[str, float]]] = defaultdict(list)
                for *key, label, share in connection.execute(_labels(rows, most_labels)):
                    labels[tuple(key)].append((label, share))
                means = connection.execute(_means(rows))
                found += [StoredSummary._make([*row, tuple(labels[tuple(row[:4])])]) for row in means]
        return sorted(found, key=lambda each: (each.name, each.target_kind, each.bucket_ns, each.annotator_kind or ""))

    def span_series(self, project_id: int, start_ns: int, end_ns: int, bucket_ns: int) -> list[SpanBucket]:
        """See the contract."""
        wanted = {"project": project_id, "start": start_ns, "end": end_ns, "width": bucket_ns}
        with reading(self._readers) as connection:
            return [SpanBucket._make(row) for row in connection.execute(_SPAN_SERIES, wanted)]

    def disagreements(self, query: DisagreementQuery, limit: int, side_by_side: int = 100) -> list[StoredDisagreement]:
        """See the contract."""
        with reading(self._readers) as connection:
            marks = [DisagreementMark._make(row) for row in connection.execute(_disagreements(query).limit(limit))]
            return [
                StoredDisagreement(mark, _annotations(connection, query.target_kind, mark, side_by_side))
                for mark in marks
            ]

    def relevances(
        self,
        span_rows: Sequence[int],
        name: str,
        annotator_kind: AnnotatorKind | None = None,
        label_scores: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[int, dict[int, float]]:
        """See the contract."""
        found: defaultdict[int, dict[int, float]] = defaultdict(dict)
        with reading(self._readers) as connection:
            for start in range(0, len(span_rows), _AT_ONCE):
                statement = _relevances(span_rows[start : start + _AT_ONCE], name, annotator_kind, label_scores)
                for row, position, relevance in connection.execute(statement):
                    found[row][position] = relevance
        return dict(found)


def _alive(project_id: int) -> sa.ColumnElement[bool]:
    return sa.exists().where(project.c.id == project_id, project.c.deleted_us.is_(None))


# --- summaries --------------------------------------------------------------------------------------------------------


def _rows(query: SummaryQuery, bucket_ns: int | None, *, by_annotator: bool) -> sa.CTE:
    """The annotations, each with the group that it counts for."""
    column = annotation.c
    where = [column.project_id == query.project_id, _alive(query.project_id), column.name != NOTE]
    if query.target_kind is not None:
        where.append(column.target_kind == query.target_kind)
    if query.names:
        where.append(column.name == query.names[0] if len(query.names) == 1 else column.name.in_(query.names))
    if query.start_ns is not None:
        where.append(column.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(column.start_ns < query.end_ns)
    if query.condition is not None:
        spans = sa.select(span.c.id).where(span.c.project_id == query.project_id, compile_condition(query.condition))
        where += [column.target_kind.in_((TargetKind.SPAN, TargetKind.DOCUMENT)), column.target_row.in_(spans)]
    bucket: sa.ColumnElement[int] = sa.literal_column("0")
    if bucket_ns is not None:
        bucket = column.start_ns - column.start_ns % sa.literal(bucket_ns, sa.BigInteger)
    return (
        sa.select(
            bucket.label("bucket"),
            column.target_kind,
            column.name,
            (column.annotator_kind if by_annotator else sa.null()).label("annotator_kind"),
            column.target_row,
            column.position,
            column.label,
            column.score,
        )
        .where(*where)
        .cte("judgement")
    )


def _means(rows: sa.CTE) -> sa.Select[Any]:
    """A row for each group: counts, the mean of the targets' means, and their squared deviations from it."""
    keys = [rows.c[key] for key in _KEYS]
    target = (
        sa.select(
            *keys,
            sa.func.count().label("count"),
            sa.func.count(rows.c.score).label("scores"),
            sa.func.avg(rows.c.score).label("mean"),
            sa.func.count(rows.c.label).label("labels"),
        )
        .group_by(*(rows.c[key] for key in _TARGET), *keys)
        .subquery("target")
    )
    # Around the mean of all this would be exact, but costs a sort of all targets more.
    squares = sa.func.sum(target.c.mean * target.c.mean) - sa.func.count(target.c.mean) * sa.func.avg(
        target.c.mean
    ) * sa.func.avg(target.c.mean)
    return sa.select(
        *(target.c[key] for key in _KEYS),
        sa.func.sum(target.c["count"]),
        sa.func.count(),
        sa.func.sum(target.c.scores),
        sa.func.count(target.c.mean),
        sa.func.avg(target.c.mean),
        sa.func.max(squares, sa.literal_column("0.0")),
        sa.func.sum(target.c.labels),
        sa.func.count(sa.func.nullif(target.c.labels, sa.literal_column("0"))),
    ).group_by(*(target.c[key] for key in _KEYS))


def _labels(rows: sa.CTE, most: int) -> sa.Select[Any]:
    """The commonest labels of each group, where each labelled target gives out 1 among its labels."""
    keys = [rows.c[key] for key in _KEYS]
    # What differs most comes first, so that sorting compares little; the bucket (keys[0]) follows from the target.
    own = [*(rows.c[key] for key in _TARGET), *keys[1:]]
    target = [*own, keys[0]]
    count = sa.cast(sa.func.count(), sa.Float)
    share = (
        sa.select(*keys, rows.c.label, (count / sa.func.sum(sa.func.count()).over(partition_by=own)).label("share"))
        .where(rows.c.label.is_not(None))
        .group_by(*target, rows.c.label)
        .subquery("share")
    )
    keys = [share.c[key] for key in _KEYS]
    total = sa.func.sum(share.c.share)
    place = sa.func.row_number().over(partition_by=keys, order_by=(total.desc(), share.c.label))
    ranked = (
        sa.select(*keys, share.c.label, total.label("total"), place.label("place"))
        .group_by(*keys, share.c.label)
        .subquery("ranked")
    )
    return (
        sa.select(*(ranked.c[key] for key in _KEYS), ranked.c.label, ranked.c.total)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.place)
    )


# --- disagreements ----------------------------------------------------------------------------------------------------


def _disagreements(query: DisagreementQuery) -> sa.Select[Any]:
    """Along ix_annotation_row from its end, so that a page of them need not look at the rest."""
    column = annotation.c
    # Position has no place in that index, and says something of documents only.
    position = column.position if query.target_kind is TargetKind.DOCUMENT else sa.literal_column("-1", sa.Integer)
    keys = [column.target_row, column.name]
    if query.target_kind is TargetKind.DOCUMENT:
        keys.insert(1, column.position)
    # The sum hides the indexes of the project, which have not the order.
    where = [
        column.target_kind == query.target_kind,
        column.project_id + sa.literal_column("0") == query.project_id,
        column.target_row.is_not(None),
        _alive(query.project_id),
        column.name != NOTE,
    ]
    if query.names:
        where.append(column.name.in_(query.names))
    if query.start_ns is not None:
        where.append(column.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(column.start_ns < query.end_ns)
    if query.after is not None:
        after = query.after._asdict()
        last = [sa.literal(after[key.name], key.type) for key in keys]
        where += [column.target_row <= query.after.target_row, sa.tuple_(*keys) < sa.tuple_(*last)]
    unlabelled = sa.case((column.label.is_(None), column.score))
    differ = sa.or_(
        sa.func.min(column.label) != sa.func.max(column.label), sa.func.min(unlabelled) != sa.func.max(unlabelled)
    )
    return (
        sa.select(column.target_row, position, column.name)
        .where(*where)
        .group_by(*keys)
        .having(differ)
        .order_by(*(key.desc() for key in keys))
    )


def _annotations(
    connection: sa.Connection, kind: TargetKind, mark: DisagreementMark, most: int
) -> tuple[StoredAnnotation, ...]:
    column = annotation.c
    statement = (
        ANNOTATION_ROWS.where(
            column.target_kind == kind,
            column.target_row == mark.target_row,
            column.position == mark.position,
            column.name == mark.name,
        )
        .order_by(column.id.desc())
        .limit(most)
    )
    return tuple(stored_annotation(row) for row in connection.execute(statement))


# --- relevance of documents -------------------------------------------------------------------------------------------


def _relevances(
    span_rows: Sequence[int], name: str, annotator_kind: AnnotatorKind | None, label_scores: Mapping[str, float]
) -> sa.Select[Any]:
    """A row for each document that somebody judged."""
    column = annotation.c
    of_label = [(column.label == label, sa.literal(score, sa.Float)) for label, score in label_scores.items()]
    relevance = sa.func.coalesce(column.score, sa.case(*of_label)) if of_label else column.score
    precedence = sa.case((column.annotator_kind == "HUMAN", 0), (column.annotator_kind == "LLM", 1), else_=2)
    where = [
        column.target_kind == TargetKind.DOCUMENT,
        column.target_row.in_(span_rows),
        column.name == name,
        relevance.is_not(None),
    ]
    if annotator_kind is not None:
        where.append(column.annotator_kind == annotator_kind)
    place = sa.func.rank().over(partition_by=(column.target_row, column.position), order_by=precedence)
    ranked = (
        sa.select(column.target_row, column.position, relevance.label("relevance"), place.label("place"))
        .where(*where)
        .subquery("ranked")
    )
    keys = (ranked.c.target_row, ranked.c.position)
    return sa.select(*keys, sa.func.avg(ranked.c.relevance)).where(ranked.c.place == 1).group_by(*keys)


# --- spans along time -------------------------------------------------------------------------------------------------

# 0.7 s for 200k spans by the hour, all of it rows and sorting: to be faster takes a rollup that ingest keeps.
_SPAN_SERIES = sa.text(
    """
    select bucket, count(*), sum(failed),
           max(case when place = (n + 1) / 2 then latency end),
           max(case when place = (n * 99 + 99) / 100 then latency end),
           coalesce(sum(prompt), 0), coalesce(sum(completion), 0), coalesce(sum(whole), 0), total(cost)
    from (
        select bucket, latency, failed, prompt, completion, whole, cost,
               row_number() over (partition by bucket order by latency) as place,
               count(*) over (partition by bucket) as n
        from (
            select start_ns - start_ns % :width as bucket, end_ns - start_ns as latency, status = 2 as failed,
                   tokens_prompt as prompt, tokens_completion as completion, cost_usd as cost,
                   coalesce(tokens_total, coalesce(tokens_prompt, 0) + coalesce(tokens_completion, 0)) as whole
            from span
            where project_id = :project and start_ns >= :start and start_ns < :end
              and exists (select 1 from project where id = :project and deleted_us is null)
        )
    )
    group by bucket
    order by bucket
    """
)
