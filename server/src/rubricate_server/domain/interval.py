"""Intervals of 95 % around means and fractions, so that few answers do not look like many."""

import math
from functools import lru_cache
from typing import Final, NamedTuple

LEVEL: Final = 0.95
Z: Final = 1.959963984540054
"""The normal quantile of 0.975."""
ENOUGH: Final = 200
"""From so many on, no interval is told: a fraction is known to within 7 points then."""


class Interval(NamedTuple):
    """From where to where."""

    low: float
    high: float


def fraction_interval(fraction: float, n: int) -> Interval | None:
    """Wilson's score interval; None without observations.

    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209–212;
    recommended for small n by Brown, Cai and DasGupta (2001), "Interval estimation for a binomial proportion",
    Statistical Science 16(2), 101–133. Where several labels of one target share its vote, `fraction` times `n` is no
    whole number; such a vote varies less than a whole one, so the interval is on the safe side.

    >>> [round(bound, 3) for bound in fraction_interval(0.5, 10) or ()]
    [0.237, 0.763]
    """
    if n <= 0:
        return None
    middle = fraction + Z * Z / (2 * n)
    spread = Z * math.sqrt(max(0.0, fraction * (1 - fraction)) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    # At 0 and 1 the bound is the fraction itself; rounding must not put it on the wrong side.
    return Interval(
        min(fraction, max(0.0, (middle - spread) / scale)), max(fraction, min(1.0, (middle + spread) / scale))
    )


def mean_interval(mean: float, squares: float, n: int) -> Interval | None:
    """Student's interval of a mean: `squares` is the sum of squared deviations from it. None below two observations.

    "Student" (1908), "The probable error of a mean", Biometrika 6(1), 1–25: mean ± t(0.975, n−1) · s / √n.

    >>> [round(bound, 3) for bound in mean_interval(2, 2, 3) or ()]
    [-0.484, 4.484]
    """
    if n < 2:
        return None
    half = student_quantile(n - 1) * math.sqrt(max(0.0, squares) / (n - 1) / n)
    return Interval(mean - half, mean + half) if math.isfinite(half) else None


@lru_cache(maxsize=256)
def student_quantile(freedom: int) -> float:
    """The 0.975 quantile of Student's t with so many degrees of freedom, by bisection.

    >>> round(student_quantile(10), 3)
    2.228
    """
    low, high = Z, 12.8  # t(1) is 12.706
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < LEVEL else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """P(|T| < t): Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for power in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * power / (power + 1)
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
