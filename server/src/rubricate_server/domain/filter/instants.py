"""Times as expressions spell them: ISO 8601 with an offset, down to the nanosecond."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"[.,](\d+)")


def instant(text: str) -> int:
    """Nanoseconds since 1970. Raises ValueError, whose text is for the user."""
    fraction = _FRACTION.search(text)
    digits = fraction.group(1) if fraction else ""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text, count=1).strip())
    except ValueError:
        raise ValueError(f"'{text}' is not a datetime; write it as '2026-07-01T00:00:00Z'") from None
    if moment.tzinfo is None:
        raise ValueError(f"datetime literal '{text}' has no timezone, add an offset (e.g. 'Z' for UTC)")
    ns = (moment - _EPOCH) // timedelta(seconds=1) * 1_000_000_000 + int(digits[:9].ljust(9, "0"))
    if not -(1 << 63) <= ns < 1 << 63:
        raise ValueError(f"the datetime '{text}' is out of range")
    return ns
