"""Numbers as conditions and databases hold them."""

import math
import re
from typing import Any

NUMERIC_TEXT = 256
"""Characters up to which a string can be read as a number."""

INT64 = 1 << 63


_JSON_NUMBER = re.compile(r"[ \t\n\r]*(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)[ \t\n\r]*")


def number(value: Any) -> int | float | None:
    """A loose value, read as a number; None for what is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > NUMERIC_TEXT or not (found := _JSON_NUMBER.fullmatch(value)):
        return None
    return held(int(found[1]) if found[3] is None and found[4] is None else float(found[1]))


def held(number: int | float) -> int | float | None:
    """The number as databases hold it: integers of 64 bits, beyond them floating; what is not a number is missing."""
    if isinstance(number, int):
        return number if -INT64 <= number < INT64 else float(number)
    return None if math.isnan(number) else number
