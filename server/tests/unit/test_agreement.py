"""Agreement of two sides: as textbooks have it, and sane for whatever comes."""

import doctest
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain import agreement
from rubricate_server.domain.agreement import Compared, Table, table

LABELS = st.sampled_from("abc")
SIDE = st.lists(LABELS, min_size=1, max_size=3).map(tuple)
FOUND = st.lists(st.builds(Compared, SIDE, SIDE, st.integers(1, 5)), max_size=8)


def of_counts(*counts: tuple[str, str, int]) -> Table:
    return table(Compared((row,), (column,), count) for row, column, count in counts)


def test_two_raters_of_fifty_as_in_the_textbook() -> None:
    """The common example: 20 times both yes, 15 times both no. Its standard error is 0.127."""
    found = of_counts(("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15))
    assert found.agreement is not None
    assert found.kappa is not None
    assert found.agreement.value == pytest.approx(0.7)
    assert found.kappa.value == pytest.approx(0.4)
    assert found.kappa.interval.high - found.kappa.value == pytest.approx(1.96 * 0.127, abs=1e-3)


def test_the_example_of_fleiss_cohen_and_everitt() -> None:
    """Two clinicians, 200 patients, three diagnoses (1969, table 1): kappa 0.429, standard error 0.054."""
    shares = ((0.53, 0.05, 0.02), (0.11, 0.14, 0.05), (0.01, 0.06, 0.03))
    found = of_counts(
        *(
            (str(row), str(column), round(200 * share))
            for row, line in enumerate(shares)
            for column, share in enumerate(line)
        )
    )
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(0.429, abs=5e-4)
    assert (found.kappa.interval.high - found.kappa.value) / 1.96 == pytest.approx(0.054, abs=5e-4)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(7)
    cells, weights, truth = [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], [0.4, 0.1, 0.2, 0.3], 0.4
    covered = 0
    for _ in range(400):
        drawn = chance.choices(cells, weights, k=100)
        kappa = of_counts(*((*cell, drawn.count(cell)) for cell in set(drawn))).kappa
        assert kappa is not None
        covered += kappa.interval.low <= truth <= kappa.interval.high
    assert 0.92 <= covered / 400 <= 0.98


def test_a_target_whose_annotators_differ_is_in_several_cells_and_counts_once() -> None:
    found = table([Compared(("a", "a", "b"), ("a",), 1)])
    assert found.met == {("a", "a"): 1, ("b", "a"): 1}
    assert found.targets == 1
    assert found.agreement is not None
    assert found.agreement.value == pytest.approx(2 / 3)


def test_without_targets_nothing_is_known() -> None:
    assert table([]) == Table(0, {}, None, None)


def test_where_all_say_one_thing_kappa_means_nothing() -> None:
    found = of_counts(("a", "a", 10))
    assert found.agreement is not None
    assert (found.agreement.value, found.kappa) == (1.0, None)


@given(FOUND)
def test_figures_stay_in_their_bounds(found: list[Compared]) -> None:
    counted = table(found)
    assert counted.targets == sum(each.targets for each in found)
    for cell, count in counted.met.items():
        assert count == sum(each.targets for each in found if cell[0] in each.rows and cell[1] in each.columns)
    if counted.agreement is not None:
        (low, high), value = counted.agreement.interval, counted.agreement.value
        assert 0 <= low <= value <= high <= 1
    if counted.kappa is not None:
        (low, high), value = counted.kappa.interval, counted.kappa.value
        assert -1 - 1e-9 <= low - 1e-9 <= value <= high + 1e-9 <= 1 + 1e-9


@given(FOUND)
def test_the_sides_may_be_exchanged(found: list[Compared]) -> None:
    one, other = table(found), table(Compared(columns, rows, count) for rows, columns, count in found)
    assert one.met == {(column, row): count for (row, column), count in other.met.items()}
    for ours, theirs in ((one.agreement, other.agreement), (one.kappa, other.kappa)):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert ours.value == pytest.approx(theirs.value)
            assert tuple(ours.interval) == pytest.approx(tuple(theirs.interval))


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(agreement) == (0, 4)
