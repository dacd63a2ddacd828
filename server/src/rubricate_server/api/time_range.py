"""Stretches of time in query parameters, and the buckets that they are divided into."""

import time
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from fastapi import Query

from rubricate_server.api.errors import ApiError
from rubricate_server.api.moment import LAST_NS, bound_ns

SECOND_NS: Final = 1_000_000_000
MOST_BUCKETS: Final = 5000
SHOWN_DAYS: Final = 30
_NAMED: Final = {"hour": 3600, "day": 86_400}

StartTime = Annotated[datetime | None, Query(description="The target started at or after.")]
EndTime = Annotated[datetime | None, Query(description="The target started before.")]
Bucket = Annotated[
    str,
    Query(pattern=r"^(hour|day|[1-9][0-9]{0,8})$", description="`hour`, `day`, or a width in seconds. Counted in UTC."),
]


class Buckets(NamedTuple):
    """A stretch of time in equal pieces."""

    start_ns: int
    end_ns: int
    seconds: int

    @property
    def width_ns(self) -> int:
        """Of one bucket."""
        return self.seconds * SECOND_NS


def buckets_of(start: datetime | None, end: datetime | None, bucket: str) -> Buckets:
    """The stretch that was asked for: until now, and from 30 days before, unless told otherwise.

    Raises 422 when it ends before it begins, or has too many buckets.
    """
    seconds = _NAMED.get(bucket) or int(bucket)
    end_ns = bound_ns(end)
    end_ns = min(time.time_ns(), LAST_NS) if end_ns is None else end_ns
    start_ns = bound_ns(start)
    start_ns = max(0, end_ns - SHOWN_DAYS * _NAMED["day"] * SECOND_NS) if start_ns is None else start_ns
    if start_ns > end_ns:
        raise ApiError(422, "start_time is after end_time.")
    if (end_ns - start_ns) // (seconds * SECOND_NS) >= MOST_BUCKETS:
        raise ApiError(422, f"That is more than {MOST_BUCKETS} buckets; take wider ones, or less time.")
    return Buckets(start_ns, end_ns, seconds)
