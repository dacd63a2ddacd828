"""Cursors of lists that are sorted by a value: what the value is, where the page ends or begins, and the row there."""

import binascii
from base64 import b64decode, b64encode

from rubricate_server.api.errors import ApiError
from rubricate_server.api.identifier import MAX_ROW


def mark_cursor(sort: str, value: int, row: int) -> str:
    """A cursor that `mark_of` reads."""
    return b64encode(f"{row}:{sort}:{value}".encode()).decode()


def mark_of(cursor: str, sort: str) -> tuple[int, int]:
    """The value and the row of a cursor. Raises 422 when it is none of ours, or of another order."""
    try:
        row, of, value = b64decode(cursor, validate=True).decode("ascii").split(":")
        mark = int(value), int(row)
    except (binascii.Error, ValueError):
        raise ApiError(422, "Invalid cursor") from None
    if of != sort or not all(abs(number) <= MAX_ROW for number in mark):
        raise ApiError(422, "Invalid cursor")
    return mark
