"""How good a ranking is, as far as its documents were judged. What is not known is None, never false or 0.

`judged` has the relevance of documents by position from zero, as far as known; `count` is how many were retrieved. All
measures look at the first k, or at all when there are fewer. A document is relevant from `RELEVANT` on.

Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, ch. 8: precision, reciprocal rank.
Järvelin and Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 422–446: NDCG.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

RELEVANT: Final = 0.5

Judged = Mapping[int, float]


class Measures(NamedTuple):
    """What is known of one ranking."""

    ndcg: float | None
    precision: float | None
    hit: bool | None
    reciprocal_rank: float | None


def measures(judged: Judged, count: int, k: int, relevant: float = RELEVANT) -> Measures:
    """All of them.

    >>> measures({0: 0.0, 1: 1.0}, 2, 2)
    Measures(ndcg=0.6309297535714575, precision=0.5, hit=True, reciprocal_rank=0.5)
    """
    return Measures(
        ndcg(judged, count, k),
        precision(judged, count, k, relevant),
        hit(judged, count, k, relevant),
        reciprocal_rank(judged, count, relevant),
    )


def precision(judged: Judged, count: int, k: int, relevant: float = RELEVANT) -> float | None:
    """The share of relevant documents among the first k; None when one of them is not judged, or there is none."""
    first = range(min(k, count))
    if not first or any(position not in judged for position in first):
        return None
    return sum(judged[position] >= relevant for position in first) / len(first)


def hit(judged: Judged, count: int, k: int, relevant: float = RELEVANT) -> bool | None:
    """Whether any of the first k is relevant: one that is known to be is enough, to say no takes all."""
    first = range(min(k, count))
    known = [judged[position] >= relevant for position in first if position in judged]
    if any(known):
        return True
    return False if len(known) == len(first) > 0 else None


def reciprocal_rank(judged: Judged, count: int, relevant: float = RELEVANT) -> float | None:
    """1 / rank of the first relevant document, 0 when none is; None when one before it is not judged."""
    for position in range(count):
        if position not in judged:
            return None
        if judged[position] >= relevant:
            return 1 / (position + 1)
    return 0.0 if count else None


def ndcg(judged: Judged, count: int, k: int) -> float | None:
    """Discounted gain of the first k by that of the best order of the same documents; None unless all are judged.

    The gain is the relevance (below 0 counts as 0), the discount log2(rank + 1). Where nothing is relevant it is 0, as
    in trec_eval. What was not retrieved is not known here, so a ranking that misses a document is not worse for it.
    """
    if count <= 0 or any(position not in judged for position in range(count)):
        return None
    gains = [max(0.0, judged[position]) for position in range(count)]
    best = _discounted(sorted(gains, reverse=True), k)
    if not math.isfinite(best):
        return None
    return _discounted(gains, k) / best if best > 0 else 0.0


def _discounted(gains: list[float], k: int) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains[:k]))


class PlaceCount(NamedTuple):
    """The documents at one place of several rankings."""

    retrieved: int
    judged: int
    relevant: int


def by_place(rankings: Sequence[tuple[Judged, int]], k: int, relevant: float = RELEVANT) -> list[PlaceCount]:
    """Of the first k places, as far as any ranking goes. `rankings` are pairs of what is judged and the count.

    >>> by_place([({0: 1.0, 1: 0.0}, 2), ({}, 1)], 10)
    [PlaceCount(retrieved=2, judged=1, relevant=1), PlaceCount(retrieved=1, judged=1, relevant=0)]
    """
    counts = []
    for place in range(min(k, max((count for _, count in rankings), default=0))):
        known = [judged[place] for judged, count in rankings if place < count and place in judged]
        retrieved = sum(place < count for _, count in rankings)
        counts.append(PlaceCount(retrieved, len(known), sum(score >= relevant for score in known)))
    return counts
