"""Annotations compared: one side with another, and by an attribute of what they are about.

The labels of each target are gathered into a JSON list, and targets with equal lists are counted. So what comes back
grows with the number of different patterns, not with that of annotations.
"""

from collections import defaultdict
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.storage.contract import Annotators, LabelPairs, MatrixQuery, ShareQuery, StoredShare
from rubricate_server.storage.filter import compile_name
from rubricate_server.storage.schema import annotation, session, span, trace
from rubricate_server.storage.spans import of_project

_EMPTY = "[]"
_RECORDS: dict[TargetKind, tuple[ItemKind, sa.Table]] = {
    TargetKind.SPAN: ("span", span),
    TargetKind.DOCUMENT: ("span", span),
    TargetKind.TRACE: ("trace", trace),
    TargetKind.SESSION: ("session", session),
}


def read_label_pairs(connection: sa.Connection, query: MatrixQuery) -> list[LabelPairs]:
    """See `ExploreStore.label_pairs`."""
    is_row, is_column = _is_by(query.rows), _is_by(query.columns)
    labels = sa.func.json_group_array(annotation.c.label, type_=sa.Text)
    targets = (
        sa.select(labels.filter(is_row).label("rows"), labels.filter(is_column).label("columns"))
        .where(*_of_name(query), annotation.c.label.is_not(None), sa.or_(is_row, is_column))
        .group_by(annotation.c.target_row, annotation.c.position)
        .subquery("targets")
    )
    keys = (targets.c.rows, targets.c["columns"])
    patterns = sa.select(*keys, sa.func.count()).where(*(key != _EMPTY for key in keys)).group_by(*keys)
    return [
        LabelPairs(tuple(orjson.loads(rows)), tuple(orjson.loads(columns)), count)
        for rows, columns, count in connection.execute(patterns)
    ]


def read_shares(connection: sa.Connection, query: ShareQuery, most_groups: int, most_labels: int) -> list[StoredShare]:
    """See `ExploreStore.shares`."""
    record, table = _RECORDS[query.target_kind]
    column = annotation.c
    where = _of_name(query)
    if query.annotator_kind is not None:
        where.append(column.annotator_kind == query.annotator_kind)
    labels = sa.func.json_group_array(column.label, type_=sa.Text).filter(column.label.is_not(None))
    said = (
        sa.select(column.target_row, labels.label("labels"), sa.func.avg(column.score).label("mean"))
        .where(*where)
        .group_by(column.target_row, column.position)
        .subquery("said")
    )
    # The attribute once for each target, after its annotations are one row.
    own = sa.cast(compile_name(query.by, record), sa.Text)
    targets = (
        sa.select(own.label("own"), said.c.labels, said.c.mean)
        .select_from(said.join(table, table.c.id == said.c.target_row))
        .subquery("targets")
    )
    patterns = (
        sa.select(
            targets.c.own,
            targets.c.labels,
            sa.func.count().label("count"),
            sa.func.sum(targets.c.mean).label("sum"),
            sa.func.count(targets.c.mean).label("scored"),
            sa.func.sum(sa.func.count()).over(partition_by=targets.c.own).label("size"),
        )
        .group_by(targets.c.own, targets.c.labels)
        .subquery("patterns")
    )
    place = sa.func.dense_rank().over(order_by=(patterns.c.size.desc(), patterns.c.own))
    ranked = sa.select(patterns, place.label("place")).subquery("ranked")
    largest = sa.select(*list(ranked.c)[:5]).where(ranked.c.place <= most_groups).order_by(ranked.c.place)
    groups: defaultdict[str | None, list[Any]] = defaultdict(list)
    for own_value, *pattern in connection.execute(largest):
        groups[own_value].append(pattern)
    return [_share(group, found, most_labels) for group, found in groups.items()]


def _share(group: str | None, patterns: list[Any], most_labels: int) -> StoredShare:
    shares: defaultdict[str, float] = defaultdict(float)
    targets = labelled = scored = 0
    total = 0.0
    for labels, count, means, with_mean in patterns:
        said = orjson.loads(labels)
        for label in said:
            shares[label] += count / len(said)
        targets += count
        labelled += count if said else 0
        scored += with_mean
        total += means or 0.0
    commonest = sorted(shares.items(), key=lambda each: (-each[1], each[0]))[:most_labels]
    return StoredShare(group, targets, labelled, tuple(commonest), total / scored if scored else None)


def _is_by(side: Annotators) -> sa.ColumnElement[bool]:
    is_kind = annotation.c.annotator_kind == side.kind
    return is_kind if side.identifier is None else sa.and_(is_kind, annotation.c.identifier == side.identifier)


def _of_name(query: MatrixQuery | ShareQuery) -> list[sa.ColumnElement[bool]]:
    column = annotation.c
    where = [*of_project(annotation, query.project_id), column.name == query.name]
    where.append(column.target_kind == query.target_kind)
    if query.start_ns is not None:
        where.append(column.start_ns >= query.start_ns)
    if query.end_ns is not None:
        where.append(column.start_ns < query.end_ns)
    return where
