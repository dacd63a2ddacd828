"""How scores are spread, computed by the database: a row of Python for each would stop every other thread."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from rubricate_server.storage.contract import StoredDistribution, SummaryQuery
from rubricate_server.storage.sqlite.summary import TARGET, judgements


def distributed(
    connection: sa.Connection, query: SummaryQuery, bins: int, low: float | None, high: float | None
) -> tuple[tuple[float, ...], list[StoredDistribution]]:
    """See `InsightStore.distributions`."""
    quartiles = {
        kind: row
        for by_annotator in (False, True)
        for kind, row in _quartiles(connection, _means(query, by_annotator=by_annotator)).items()
    }
    if not quartiles:
        return (), []
    _, of_all = quartiles[None]
    # A bound that is given may lie beyond all scores.
    first = min(of_all[0], of_all[-1] if high is None else high) if low is None else low
    edges = edges_between(first, max(of_all[-1], first) if high is None else high, bins)
    counts: defaultdict[str | None, dict[int, int]] = defaultdict(dict)
    for by_annotator in (False, True):
        for kind, place, count in connection.execute(_counts(_means(query, by_annotator=by_annotator), edges)):
            counts[kind][place] = count
    last = len(edges) - 1
    return edges, [
        StoredDistribution(
            kind,
            number,
            values,
            tuple(counts[kind].get(place, 0) for place in range(last)),
            counts[kind].get(-1, 0),
            counts[kind].get(last, 0),
        )
        for kind, (number, values) in sorted(quartiles.items(), key=lambda each: each[0] or "")
    ]


def edges_between(low: float, high: float, bins: int) -> tuple[float, ...]:
    """The edges of bins of one width; of one bin when `low` is `high`.

    >>> edges_between(0, 1, 4)
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    if low == high:
        return float(low), float(high)
    # Not by adding up widths: 3 * 0.1 is not 0.3.
    edges = [low + (high - low) * place / bins for place in range(bins)]
    return (*map(float, edges), float(high))


def _means(query: SummaryQuery, *, by_annotator: bool) -> sa.Subquery:
    """The mean score of each target, by group."""
    rows = judgements(query, None, None, by_annotator=by_annotator)
    kind = rows.c.annotator_kind
    return (
        sa.select(kind.label("kind"), sa.func.avg(rows.c.score).label("mean"))
        .where(rows.c.score.is_not(None))
        .group_by(rows.c.target_kind, *(rows.c[key] for key in TARGET), kind)
        .subquery("target")
    )


def _quartiles(
    connection: sa.Connection, target: sa.Subquery
) -> dict[str | None, tuple[int, tuple[float, float, float, float, float]]]:
    """How many targets each group has, and its quartiles."""
    ranked = sa.select(
        target.c.kind,
        target.c.mean,
        sa.func.row_number().over(partition_by=target.c.kind, order_by=target.c.mean).label("place"),
        sa.func.count().over(partition_by=target.c.kind).label("number"),
    ).subquery("ranked")
    at = [_place(quarter, ranked.c.number) for quarter in range(5)]
    wanted = sa.select(ranked.c.kind, ranked.c.number, ranked.c.place, ranked.c.mean).where(ranked.c.place.in_(at))
    by_kind: defaultdict[str | None, tuple[int, dict[int, float]]] = defaultdict(lambda: (0, {}))
    for kind, number, place, mean in connection.execute(wanted):
        by_kind[kind] = number, {**by_kind[kind][1], place: mean}
    return {
        kind: (number, tuple(means[_place(quarter, number)] for quarter in range(5)))  # type: ignore[misc]  # five
        for kind, (number, means) in by_kind.items()
    }


def _place(quarter: int, number: Any) -> Any:
    """The nearest rank of a quantile, `ceil(number * quarter / 4)`, and 1 for the least; in Python and in SQL."""
    return (number * quarter + 3) // 4 if quarter else number // number


def _counts(target: sa.Subquery, edges: Sequence[float]) -> sa.Select[Any]:
    """How many targets of each group lie in each bin; -1 and the last place are beyond the edges."""
    last = len(edges) - 1
    mean = target.c.mean
    between = [(mean < above, place) for place, (_, above) in enumerate(pairwise(edges))]
    place = sa.case((mean < edges[0], -1), (mean > edges[-1], last), *between, else_=last - 1).label("place")
    return sa.select(target.c.kind, place, sa.func.count()).group_by(target.c.kind, place)
