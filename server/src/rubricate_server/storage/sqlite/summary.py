"""Summing up annotations in the database: a row of Python for each would stop every other thread."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate.records.annotation import NOTE, TargetKind
from rubricate_server.storage.contract import StoredSummary, SummaryQuery
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import annotation, annotation_start_hour, project, span
from rubricate_server.storage.sqlite.span_hour import HOUR_NS

_KEYS = ("bucket", "target_kind", "name", "annotator_kind")
TARGET = ("target_row", "position")
"""What tells a target from others of its kind."""


def summed_up(
    connection: sa.Connection,
    query: SummaryQuery,
    bucket_ns: int | None,
    most_labels: int,
    hours: Collection[int] | None = None,
) -> list[StoredSummary]:
    """The summaries, in no order, from the annotations themselves; `hours`: only of targets that started in those."""
    found: list[StoredSummary] = []
    for by_annotator in (False, True):
        rows = judgements(query, bucket_ns, hours, by_annotator=by_annotator)
        labels: defaultdict[tuple[Any, ...], list[tuple[str, float]]] = defaultdict(list)
        for *key, label, share in connection.execute(_labels(rows, most_labels)):
            labels[tuple(key)].append((label, share))
        means = connection.execute(_means(rows))
        found += [StoredSummary._make([*row, tuple(labels[tuple(row[:4])])]) for row in means]
    return found


def project_is_alive(project_id: int) -> sa.ColumnElement[bool]:
    """Whether there is such a project."""
    return sa.exists().where(project.c.id == project_id, project.c.deleted_us.is_(None))


def judgements(
    query: SummaryQuery, bucket_ns: int | None, hours: Collection[int] | None, *, by_annotator: bool
) -> sa.CTE:
    """The annotations, each with the group that it counts for."""
    column = annotation.c
    where = [column.project_id == query.project_id, project_is_alive(query.project_id), column.name != NOTE]
    if query.target_kind is not None:
        where.append(column.target_kind == query.target_kind)
    if query.names:
        where.append(column.name == query.names[0] if len(query.names) == 1 else column.name.in_(query.names))
    if query.start_ns is not None:
        where.append(column.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(column.start_ns < query.end_ns)
    if hours is None:
        where += [] if query.start_ns is None else [annotation_start_hour >= query.start_ns // HOUR_NS]
        where += [] if query.end_ns is None else [annotation_start_hour <= query.end_ns // HOUR_NS]
    else:
        listed = sa.func.json_each(sa.literal(orjson.dumps(sorted(hours)).decode())).table_valued("value")
        where.append(annotation_start_hour.in_(sa.select(listed.c.value)))
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
        .group_by(*(rows.c[key] for key in TARGET), *keys)
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
    own = [*(rows.c[key] for key in TARGET), *keys[1:]]
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
