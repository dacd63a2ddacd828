"""Measures of rankings: right where everything is known, silent where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain.retrieval import hit, measures, ndcg, precision, reciprocal_rank

GAINS = st.lists(st.sampled_from([0.0, 0.3, 0.5, 1.0, 2.0]), min_size=1, max_size=8)
KS = st.integers(1, 10)


def whole(gains: list[float]) -> dict[int, float]:
    return dict(enumerate(gains))


def test_the_example_of_the_literature() -> None:
    """Järvelin and Kekäläinen's gains 3, 2, 3, 0, 1, 2, by the discount that is usual since."""
    gains = whole([3, 2, 3, 0, 1, 2])
    assert ndcg(gains, 6, 6) == pytest.approx(0.9608, abs=1e-4)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ({}, (None, None, None, None)),
        ({0: 1.0}, (None, None, True, 1.0)),
        ({1: 1.0}, (None, None, True, None)),
        ({0: 0.0}, (None, None, None, None)),
        ({0: 0.0, 1: 1.0}, (None, 0.5, True, 0.5)),
        ({0: 0.0, 1: 0.0}, (None, 0.0, False, None)),
        ({0: 0.0, 1: 0.0, 2: 0.0}, (0.0, 0.0, False, 0.0)),
        ({2: 1.0}, (None, None, None, None)),
    ],
)
def test_of_three_documents_the_first_two(judged: dict[int, float], expected: tuple[object, ...]) -> None:
    assert tuple(measures(judged, 3, 2)) == expected


def test_nothing_retrieved_is_nothing_known() -> None:
    assert tuple(measures({}, 0, 3)) == (None, None, None, None)


@given(GAINS, KS)
def test_all_lie_between_0_and_1_and_are_known(gains: list[float], k: int) -> None:
    for value in measures(whole(gains), len(gains), k):
        assert value is not None
        assert 0 <= value <= 1 + 1e-12


@given(GAINS, KS)
def test_the_best_order_is_perfect(gains: list[float], k: int) -> None:
    gains = sorted(gains, reverse=True)
    assert ndcg(whole(gains), len(gains), k) == (pytest.approx(1) if any(gains) else 0)


@given(GAINS, KS)
def test_they_agree_with_each_other(gains: list[float], k: int) -> None:
    judged, count = whole(gains), len(gains)
    assert hit(judged, count, k) == bool(precision(judged, count, k))
    rank = reciprocal_rank(judged, count)
    assert rank is not None
    assert hit(judged, count, k) == (rank >= 1 / min(k, count))


@given(GAINS, KS, st.sets(st.integers(0, 7)))
def test_what_is_known_of_a_part_is_not_undone_by_the_rest(gains: list[float], k: int, hidden: set[int]) -> None:
    count = len(gains)
    part = {position: gain for position, gain in enumerate(gains) if position not in hidden}
    for known, true in zip(measures(part, count, k), measures(whole(gains), count, k), strict=True):
        assert known is None or known == true
