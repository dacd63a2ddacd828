"""Spans summed up by the hour: kept by each transaction that writes, moves or deletes spans, read by `span_series`.

Latencies are kept as a histogram. Its bins follow from integers alone, so what was counted on one machine can be taken
away on another. Up to 127 ns a bin is one value; from there on an octave has 64 bins, so that the middle of a bin is
within 1/128 (0.8 %) of every latency in it.
"""

import sqlite3  # noqa: TID251  # the engine
import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby
from typing import Any, Final

import sqlalchemy as sa

from rubricate_server.storage.contract import NewSpan, SpanBucket
from rubricate_server.storage.sqlite.connection import insert_rows, select_in

HOUR_NS: Final = 3_600_000_000_000

FACTS: Final = (
    "start_ns, end_ns, status = 2, coalesce(tokens_prompt, 0), coalesce(tokens_completion, 0),"
    " coalesce(tokens_total, coalesce(tokens_prompt, 0) + coalesce(tokens_completion, 0)), coalesce(cost_usd, 0.0)"
)
"""What to select of a span to count it."""

Facts = Sequence[Any]
"""A row of `FACTS`."""

_COLUMNS: Final = "spans, errors, tokens_prompt, tokens_completion, tokens_total, cost_usd, latencies"
_STORED: Final = f"select hour, {_COLUMNS} from span_hour where project_id = ? and hour in ({{}})"
_RANGE: Final = f"select hour, {_COLUMNS} from span_hour where project_id = ? and hour between ? and ?"
_SPANS: Final = f"select {FACTS} from span where project_id = ? and start_ns >= ? and start_ns < ?"
_ANY: Final = "select 1 from span where project_id = ? and start_ns >= ? and start_ns < ? limit 1"
_LARGEST: Final = (1 << 63) - 1


def facts_of(span: NewSpan) -> Facts:
    """What `FACTS` would select, of a span that is about to be stored."""
    prompt, completion, total = span.tokens_prompt or 0, span.tokens_completion or 0, span.tokens_total
    whole = prompt + completion if total is None else total
    return span.start_ns, span.end_ns, span.status == 2, prompt, completion, whole, span.cost_usd or 0.0


def facts_by_project(connection: sqlite3.Connection, rows: Sequence[int]) -> dict[int, list[Facts]]:
    """The same of stored spans, by row id."""
    found: dict[int, list[Facts]] = {}
    for project_id, *facts in select_in(connection, f"select project_id, {FACTS} from span where id in ({{}})", rows):
        found.setdefault(project_id, []).append(facts)
    return found


def count_spans(connection: sqlite3.Connection, project_id: int, spans: Iterable[Facts], sign: int = 1) -> None:
    """Count spans of a project, in the transaction that stores them; with -1, in the one that takes them away."""
    hours = _by_hour(spans, sign)
    for hour, *stored in select_in(connection, _STORED, list(hours), before=(project_id,)):
        hours[hour].merge(*stored)
    insert_rows(
        connection,
        f"insert or replace into span_hour (project_id, hour, {_COLUMNS})",
        [(project_id, hour, *sums.row()) for hour, sums in hours.items() if sums.spans > 0],
    )
    emptied = [(project_id, hour) for hour, sums in hours.items() if sums.spans <= 0]
    connection.executemany("delete from span_hour where project_id = ? and hour = ?", emptied)


def count_in(connection: sa.Connection, project_id: int, start_ns: int, end_ns: int) -> int:
    """How many spans started in the hours that the range touches; 0 in a deleted project."""
    query = (
        "select coalesce(sum(spans), 0) from span_hour where project_id = ? and hour between ? and ?"
        " and exists (select 1 from project where id = project_id and deleted_us is null)"
    )
    counted: int = connection.exec_driver_sql(query, (project_id, *_touched(start_ns, end_ns))).scalar_one()
    return counted


def read_hours(
    connection: sa.Connection, project_id: int, start_ns: int, end_ns: int, width_ns: int
) -> list[SpanBucket]:
    """The spans of a project that started in [start, end), in buckets of whole hours."""
    first, last = _touched(start_ns, end_ns)
    # Hours at the ends that have spans outside of the range: only there it is necessary to look at spans.
    cut = {
        hour
        for hour, since, until in (
            (first, first * HOUR_NS, start_ns),
            (last, end_ns, (last + 1) * HOUR_NS),
        )
        if connection.exec_driver_sql(_ANY, (project_id, since, until)).first() is not None
    }
    hours: dict[int, _Sums] = {}
    for hour in cut:
        bounds = max(start_ns, hour * HOUR_NS), min(end_ns, (hour + 1) * HOUR_NS)
        hours |= _by_hour(connection.exec_driver_sql(_SPANS, (project_id, *bounds)))
    for hour, *stored in connection.exec_driver_sql(_RANGE, (project_id, first, last)):
        if hour not in cut:
            hours[hour] = _Sums()
            hours[hour].merge(*stored)
    hours_each = width_ns // HOUR_NS
    return [
        _bucket(place * width_ns, [hours[hour] for hour in members])
        for place, members in groupby(sorted(hours), key=lambda hour: hour // hours_each)
    ]


class _Sums:
    """The spans of an hour, or what is to be added to it."""

    __slots__ = ("bins", "cost", "errors", "spans", "tokens")

    def __init__(self) -> None:
        self.spans = self.errors = 0
        self.tokens = [0, 0, 0]
        self.cost = 0.0
        self.bins: dict[int, int] = {}

    def merge(
        self, spans: int, errors: int, prompt: int, completion: int, total: int, cost: float, latencies: bytes
    ) -> None:
        """Add a stored row."""
        self.spans += spans
        self.errors += errors
        self.tokens = [ours + theirs for ours, theirs in zip(self.tokens, (prompt, completion, total), strict=True)]
        self.cost += cost
        bins = self.bins
        for place, count in zip(*_unpacked(latencies), strict=True):
            bins[place] = bins.get(place, 0) + count

    def row(self) -> tuple[Any, ...]:
        """The row to store."""
        places = sorted(place for place, count in self.bins.items() if count > 0)
        latencies = struct.pack(f"<{len(places)}H{len(places)}I", *places, *map(self.bins.__getitem__, places))
        tokens = [max(-_LARGEST, min(count, _LARGEST)) for count in self.tokens]
        return self.spans, self.errors, *tokens, self.cost, latencies


def _touched(start_ns: int, end_ns: int) -> tuple[int, int]:
    """The first and the last hour of a range."""
    return start_ns // HOUR_NS, (end_ns - 1) // HOUR_NS


def _by_hour(spans: Iterable[Facts], sign: int = 1) -> dict[int, _Sums]:
    hours: dict[int, _Sums] = {}
    for start_ns, end_ns, failed, prompt, completion, total, cost in spans:
        hour = start_ns // HOUR_NS
        sums = hours.get(hour)
        if sums is None:
            sums = hours[hour] = _Sums()
        sums.spans += sign
        sums.errors += sign * failed
        tokens = sums.tokens
        tokens[0] += sign * prompt
        tokens[1] += sign * completion
        tokens[2] += sign * total
        sums.cost += sign * cost
        place = bin_of(end_ns - start_ns)
        sums.bins[place] = sums.bins.get(place, 0) + sign
    return hours


def bin_of(latency_ns: int) -> int:
    """The bin of a latency; what ended before it began took no time."""
    shift = latency_ns.bit_length() - 7
    if latency_ns < 128:
        return max(0, latency_ns)
    return (shift << 6) + (latency_ns >> shift)


def middle_of(place: int) -> int:
    """The middle of a bin."""
    if place < 128:
        return place
    shift = (place >> 6) - 1
    return (place - (shift << 6) << shift) + (1 << shift - 1)


def _unpacked(latencies: bytes) -> tuple[Sequence[int], Sequence[int]]:
    """Bins, ascending, and how many latencies lie in each."""
    count = len(latencies) // 6
    values = struct.unpack(f"<{count}H{count}I", latencies)
    return values[:count], values[count:]


def _bucket(start_ns: int, hours: Sequence[_Sums]) -> SpanBucket:
    whole = hours[0]
    for each in hours[1:]:
        whole.merge(*each.row())
    places = sorted(whole.bins)
    reached = list(accumulate(map(whole.bins.__getitem__, places)))

    def latency(rank: int) -> int:
        return middle_of(places[bisect_left(reached, rank)])

    n = whole.spans
    return SpanBucket._make(
        [start_ns, n, whole.errors, latency((n + 1) // 2), latency((n * 99 + 99) // 100), *whole.tokens, whole.cost]
    )
