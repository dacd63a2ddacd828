"""What many rows say together, computed by the database: a row of Python for each would stop every other thread."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import NOTE, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import (
    EXACT_SERIES_SPANS,
    DisagreementMark,
    DisagreementQuery,
    SpanBucket,
    StoredAnnotation,
    StoredDisagreement,
    StoredDistribution,
    StoredSummary,
    SummaryQuery,
)
from rubricate_server.storage.schema import annotation
from rubricate_server.storage.sqlite.annotation import ANNOTATION_ROWS
from rubricate_server.storage.sqlite.annotation_hour import kept_summaries
from rubricate_server.storage.sqlite.annotation_put import stored_annotation
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.distribution import distributed
from rubricate_server.storage.sqlite.span_hour import HOUR_NS, count_in, read_hours
from rubricate_server.storage.sqlite.summary import project_is_alive, summed_up

_AT_ONCE = 500


class SqliteInsight:
    """`InsightStore` on SQLite."""

    def __init__(self, readers: sa.Engine) -> None:
        self._readers = readers

    def summaries(
        self, query: SummaryQuery, bucket_ns: int | None = None, most_labels: int = 50
    ) -> list[StoredSummary]:
        """See the contract."""
        with reading(self._readers) as connection:
            if query.condition is None and (bucket_ns is None or bucket_ns % HOUR_NS == 0):
                found = kept_summaries(connection, query, bucket_ns, most_labels)
            else:
                found = summed_up(connection, query, bucket_ns, most_labels)
        return sorted(found, key=lambda each: (each.name, each.target_kind, each.bucket_ns, each.annotator_kind or ""))

    def distributions(
        self, query: SummaryQuery, bins: int, low: float | None = None, high: float | None = None
    ) -> tuple[tuple[float, ...], list[StoredDistribution]]:
        """See the contract."""
        with reading(self._readers) as connection:
            return distributed(connection, query, bins, low, high)

    def span_series(
        self, project_id: int, start_ns: int, end_ns: int, bucket_ns: int, exact_spans: int = EXACT_SERIES_SPANS
    ) -> list[SpanBucket]:
        """See the contract."""
        wanted = {"project": project_id, "start": start_ns, "end": end_ns, "width": bucket_ns}
        with reading(self._readers) as connection:
            if bucket_ns % HOUR_NS == 0 and count_in(connection, project_id, start_ns, end_ns) > exact_spans:
                return read_hours(connection, project_id, start_ns, end_ns, bucket_ns)
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
        project_is_alive(query.project_id),
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

# 0.65 s for 200k spans, all of it rows and sorting.
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
