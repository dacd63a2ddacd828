"""Times on the wire: ISO 8601 in UTC with microseconds where there are any."""

from datetime import UTC, datetime, timedelta

LAST_NS = 2**63 - 1
"""The latest time that a span can have: in the year 2262."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def iso_from_ns(ns: int) -> str:
    """Nanoseconds since 1970 as ISO, in microseconds.

    Rounded through a float, as Phoenix does: the same span shows the same time on both, to the last digit.
    """
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat()


def iso_from_us(us: int) -> str:
    """Microseconds since 1970 as ISO."""
    return (_EPOCH + timedelta(microseconds=us)).isoformat()


def ns_of(moment: datetime) -> int:
    """Nanoseconds since 1970; a time without a zone is taken as UTC."""
    return us_of(moment) * 1000


def us_of(moment: datetime) -> int:
    """Microseconds since 1970; a time without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def bound_ns(moment: datetime | None) -> int | None:
    """A bound of a time range in nanoseconds, no further out than spans can lie; None when there is none.

    Half a microsecond earlier than it says, because times are shown rounded: who asks from the time that a span shows
    must find that span.
    """
    return None if moment is None else max(0, min(ns_of(moment) - 500, LAST_NS))
