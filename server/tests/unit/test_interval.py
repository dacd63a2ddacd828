"""Intervals: as tables have them, and sane for whatever comes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain.interval import fraction_interval, mean_interval, student_quantile

FRACTIONS = st.floats(0, 1)
COUNTS = st.integers(1, 1000)


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (100, 1.984)]
)
def test_students_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert round(student_quantile(freedom), 3) == quantile


@given(st.integers(1, 250))
def test_students_quantile_cuts_off_a_fortieth(freedom: int) -> None:
    """By Simpson's rule over the density, which shares nothing with the formula under test."""
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2

    def density(t: float) -> float:
        return math.exp(log_scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))

    steps, high = 2000, student_quantile(freedom)
    weights = [1, *([4, 2] * (steps // 2 - 1)), 4, 1]
    area = sum(weight * density(high * step / steps) for step, weight in enumerate(weights)) * high / steps / 3
    assert area == pytest.approx(0.475, abs=1e-6)


@given(FRACTIONS, COUNTS)
def test_a_fractions_interval_holds_it_and_stays_between_0_and_1(fraction: float, n: int) -> None:
    interval = fraction_interval(fraction, n)
    assert interval is not None
    assert 0 <= interval.low <= fraction <= interval.high <= 1
    assert interval.low < interval.high


@given(FRACTIONS, COUNTS)
def test_a_fractions_interval_mirrors(fraction: float, n: int) -> None:
    one, other = fraction_interval(fraction, n), fraction_interval(1 - fraction, n)
    assert one is not None
    assert other is not None
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


@given(FRACTIONS, COUNTS)
def test_more_votes_never_widen_it(fraction: float, n: int) -> None:
    few, many = fraction_interval(fraction, n), fraction_interval(fraction, 2 * n)
    assert few is not None
    assert many is not None
    assert many.high - many.low <= few.high - few.low


def test_wilsons_interval_is_that_of_the_literature() -> None:
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        interval = fraction_interval(hits / n, n)
        assert interval is not None
        assert [round(bound, 4) for bound in interval] == [low, high]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_a_means_interval_is_around_it(values: list[float]) -> None:
    mean = sum(values) / len(values)
    interval = mean_interval(mean, sum((value - mean) ** 2 for value in values), len(values))
    assert interval is not None
    assert interval.low <= mean <= interval.high


def test_of_too_little_there_is_no_interval() -> None:
    assert fraction_interval(0.0, 0) is None
    assert mean_interval(1.0, 0.0, 1) is None
    assert mean_interval(1e308, math.inf, 5) is None
