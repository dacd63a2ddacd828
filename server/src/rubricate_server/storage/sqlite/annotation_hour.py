"""Annotations summed up by the hour in which their targets started, read by `summaries`.

Triggers mark an hour as stale whenever an annotation in it comes, changes or goes, whoever does it. Stale hours are
summed up while reading, from the annotations; upkeep does it for good once an hour has been quiet for a while. So sums
are exact at any time, and writers pay for a mark only.
"""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import orjson
import sqlalchemy as sa

from rubricate_server.storage.contract import StoredSummary, SummaryQuery
from rubricate_server.storage.schema import annotation_hour, annotation_hour_stale, project
from rubricate_server.storage.sqlite.connection import insert_rows
from rubricate_server.storage.sqlite.span_hour import HOUR_NS
from rubricate_server.storage.sqlite.summary import summed_up

QUIET_S: Final = 2
"""An hour is summed up for good when nothing in it changed for so long."""
HOURS_AT_ONCE: Final = 32
"""Hours that upkeep sums up in a step, without holding up writers while it does."""
_ALL_LABELS: Final = 1 << 62


def _mark(row: str) -> str:
    return (
        "insert into annotation_hour_stale (project_id, hour, changes, changed_s)"
        f" select {row}.project_id, {row}.start_ns / {HOUR_NS}, 1, cast(strftime('%s', 'now') as integer)"
        f" where {row}.project_id is not null"
        " on conflict (project_id, hour) do update set changes = changes + 1, changed_s = excluded.changed_s;"
    )


def _follow(table: str) -> str:
    # Else a trace to which an earlier span comes late could have annotations in two hours, and count twice.
    return (
        f"create trigger {table}_start_changed after update of start_ns on {table} when new.start_ns <> old.start_ns"
        " begin update annotation set start_ns = new.start_ns"
        f" where target_kind = '{table}' and target_row = new.id; end"
    )


TRIGGERS: Final = (
    f"create trigger annotation_came after insert on annotation begin {_mark('new')} end",
    f"create trigger annotation_went after delete on annotation begin {_mark('old')} end",
    f"create trigger annotation_changed after update on annotation begin {_mark('old')} {_mark('new')} end",
    _follow("trace"),
    _follow("session"),
)


class StaleHour(NamedTuple):
    """An hour that is to be summed up, and how often it had changed when that was found."""

    project_id: int
    hour: int
    changes: int


def kept_summaries(
    connection: sa.Connection, query: SummaryQuery, bucket_ns: int | None, most_labels: int
) -> list[StoredSummary]:
    """The summaries, in no order, of a query without a condition, in buckets of whole hours."""
    first, end = 0, 1 << 62
    looked_at = set()
    if query.start_ns is not None:
        first = -(-query.start_ns // HOUR_NS)
        looked_at |= {first - 1} if query.start_ns % HOUR_NS else set()
    if query.end_ns is not None:
        end = query.end_ns // HOUR_NS
        looked_at |= {end} if query.end_ns % HOUR_NS else set()
    stale = annotation_hour_stale.c
    of_project = sa.select(stale.hour).where(stale.project_id == query.project_id, stale.hour.between(first, end - 1))
    looked_at.update(connection.execute(of_project).scalars())
    parts = _kept(connection, query, first, end, looked_at)
    if looked_at:
        parts += summed_up(connection, query, HOUR_NS, _ALL_LABELS, looked_at)
    groups: dict[tuple[Any, ...], list[StoredSummary]] = {}
    for part in parts:
        bucket = 0 if bucket_ns is None else part.bucket_ns - part.bucket_ns % bucket_ns
        groups.setdefault((bucket, *part[1:4]), []).append(part)
    return [_together(key, members, most_labels) for key, members in groups.items()]


def _kept(connection: sa.Connection, query: SummaryQuery, first: int, end: int, but: set[int]) -> list[StoredSummary]:
    column = annotation_hour.c
    where = [column.project_id == query.project_id, column.hour >= first, column.hour < end]
    where.append(sa.exists().where(project.c.id == query.project_id, project.c.deleted_us.is_(None)))
    if query.target_kind is not None:
        where.append(column.target_kind == query.target_kind)
    if query.names:
        where.append(column.name.in_(query.names))
    statement = sa.select(*annotation_hour.c).where(*where)
    return [
        StoredSummary._make(
            [hour * HOUR_NS, kind, name, annotator or None, *sums, tuple(map(tuple, orjson.loads(shares)))]
        )
        for _, hour, kind, name, annotator, *sums, shares in connection.execute(statement)
        if hour not in but
    ]


def _together(key: tuple[Any, ...], parts: Sequence[StoredSummary], most_labels: int) -> StoredSummary:
    """Summaries of different targets as one. Means and squares are joined as Chan, Golub and LeVeque (1979) do."""
    scored, mean, squares = 0, 0.0, 0.0
    shares: dict[str, float] = {}
    for part in parts:
        if part.mean is not None:
            n, apart = part.scored_target_count, part.mean - mean
            scored += n
            mean += apart * n / scored
            squares += (part.squares or 0.0) + apart * apart * n * (scored - n) / scored
        for label, share in part.labels:
            shares[label] = shares.get(label, 0.0) + share
    commonest = sorted(shares.items(), key=lambda each: (-each[1], each[0]))[:most_labels]
    counts = [sum(of) for of in zip(*((*part[4:8], *part[10:12]) for part in parts), strict=True)]
    about = [mean, squares] if scored else [None, None]
    return StoredSummary._make([*key, *counts[:4], *about, *counts[4:], tuple(commonest)])


def stale_hours(connection: sa.Connection) -> list[StaleHour]:
    """Some hours that changed, but not just now."""
    now_s = int(time.time())
    stale = annotation_hour_stale.c
    statement = (
        sa.select(stale.project_id, stale.hour, stale.changes)
        # A clock that was set back must not keep hours stale.
        .where(sa.or_(stale.changed_s <= now_s - QUIET_S, stale.changed_s > now_s))
        .limit(HOURS_AT_ONCE)
    )
    return [StaleHour._make(row) for row in connection.execute(statement)]


def sums_of(connection: sa.Connection, stale: Iterable[StaleHour]) -> list[tuple[StaleHour, list[StoredSummary]]]:
    """The hours, each with its sums."""
    found: list[tuple[StaleHour, list[StoredSummary]]] = []
    for project_id, members in groupby(sorted(stale), key=lambda each: each.project_id):
        hours = {each.hour: each for each in members}
        sums: dict[int, list[StoredSummary]] = {hour: [] for hour in hours}
        for each in summed_up(connection, SummaryQuery(project_id), HOUR_NS, _ALL_LABELS, hours):
            sums[each.bucket_ns // HOUR_NS].append(each)
        found += [(hours[hour], of_hour) for hour, of_hour in sums.items()]
    return found


def keep_sums(connection: sqlite3.Connection, found: Iterable[tuple[StaleHour, list[StoredSummary]]]) -> None:
    """Keep the sums of those hours that did not change again since; in the writer's thread."""
    for stale, sums in found:
        settled = connection.execute(
            "delete from annotation_hour_stale where project_id = ? and hour = ? and changes = ?", stale
        )
        if settled.rowcount:
            connection.execute("delete from annotation_hour where project_id = ? and hour = ?", stale[:2])
            insert_rows(
                connection,
                f"insert into annotation_hour ({', '.join(annotation_hour.columns.keys())})",
                [
                    (*stale[:2], *each[1:3], each.annotator_kind or "", *each[4:-1], orjson.dumps(each.labels).decode())
                    for each in sums
                ],
            )
