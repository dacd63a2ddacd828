"""How far two sides agree on labels, when each may be several annotators who differ among themselves.

Every target counts once. With several annotators on a side it is divided: each pair of an annotator of the rows and one
of the columns has an equal share of it.

Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20(1), 37–46.
Fleiss, Cohen and Everitt (1969), "Large sample standard errors of kappa and weighted kappa", Psychological Bulletin
72(5), 323–327.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rubricate_server.domain.interval import Interval, Z, fraction_interval


class Compared(NamedTuple):
    """Targets with the same labels: those of the rows, those of the columns, a label once for each annotator."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    targets: int


class Measure(NamedTuple):
    """A figure and its interval of 95 %."""

    value: float
    interval: Interval


class Table(NamedTuple):
    """What two sides said."""

    targets: int
    met: Mapping[tuple[str, str], int]
    """Targets to which somebody of the rows gave the first label, and somebody of the columns the second."""
    agreement: Measure | None
    """None without targets."""
    kappa: Measure | None
    """None without targets, or when chance alone would always agree."""


def table(found: Iterable[Compared]) -> Table:
    """Count.

    >>> counted = table([Compared(("a",), ("a",), 20), Compared(("a",), ("b",), 5), Compared(("b",), ("a",), 10),
    ...                  Compared(("b",), ("b",), 15)])
    >>> counted.targets, counted.met["a", "b"], round(counted.agreement.value, 3), round(counted.kappa.value, 3)
    (50, 5, 0.7, 0.4)
    """
    met: Counter[tuple[str, str]] = Counter()
    weights: defaultdict[tuple[str, str], float] = defaultdict(float)
    targets = 0
    for rows, columns, count in found:
        targets += count
        for pair in {(row, column) for row in rows for column in columns}:
            met[pair] += count
        share = count / (len(rows) * len(columns))
        for row in rows:
            for column in columns:
                weights[row, column] += share
    if targets == 0:
        return Table(0, {}, None, None)
    parts = {pair: weight / targets for pair, weight in weights.items()}
    observed = min(1.0, math.fsum(part for (row, column), part in parts.items() if row == column))
    around = fraction_interval(observed, targets)
    assert around is not None
    return Table(targets, met, Measure(observed, around), kappa(parts, targets))


def kappa(parts: Mapping[tuple[str, str], float], n: int) -> Measure | None:
    """Cohen's kappa of a table of shares that sum to 1, with the interval of Fleiss, Cohen and Everitt for n targets.

    Where a target is divided, its parts vary less than whole ones, so the interval is on the safe side.

    >>> found = kappa({("a", "a"): 0.4, ("a", "b"): 0.1, ("b", "a"): 0.2, ("b", "b"): 0.3}, 50)
    >>> round(found.value, 3), [round(bound, 3) for bound in found.interval]
    (0.4, [0.151, 0.649])
    """
    rows: defaultdict[str, float] = defaultdict(float)
    columns: defaultdict[str, float] = defaultdict(float)
    for (row, column), part in parts.items():
        rows[row] += part
        columns[column] += part
    observed = math.fsum(part for (row, column), part in parts.items() if row == column)
    chance = math.fsum(share * columns[label] for label, share in list(rows.items()))
    if n <= 0 or chance >= 1 - 1e-12:
        return None
    value = (observed - chance) / (1 - chance)
    terms = []
    for (row, column), part in parts.items():
        if row == column:
            terms.append(part * ((1 - chance) - (rows[row] + columns[row]) * (1 - observed)) ** 2)
        else:
            terms.append(part * (1 - observed) ** 2 * (columns[row] + rows[column]) ** 2)
    terms.append(-((observed * chance - 2 * chance + observed) ** 2))
    half = Z * math.sqrt(max(0.0, math.fsum(terms)) / n) / (1 - chance) ** 2
    return Measure(value, Interval(max(-1.0, value - half), min(1.0, value + half)))
