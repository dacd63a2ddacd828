"""Up to where a span is taken, and what is said of one that is beyond."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Up to where a span is taken. Far beyond what an instrumentation sends, far below what hurts the server."""

    max_attributes_per_span: int = 4096
    """Also for each event and link. OpenTelemetry's own default is 128; a long chat with tools has some hundreds."""
    max_events_per_span: int = 4096
    """Also for links. OpenTelemetry's own default is 128."""
    max_span_bytes: int = 16 * 2**20
    """As sent. A prompt that fills the largest context windows has about 10 MB."""
    max_depth: int = 32
    """Of objects and lists in one attribute. protobuf itself gives up at about the same depth."""
    max_rejected_per_request: int = 10_000
    """Beyond it the request as a whole is nonsense: two bytes make an empty span, and each is kept as a dead letter."""
    max_spans_per_request: int = 100_000
    """OpenTelemetry sends 512. Some bytes make a span, and in memory each takes 4 kB."""
    max_id_bytes: int = 32
    """OpenTelemetry says 16 and 8; others are seen in the wild, and are kept as they come."""


MAX_TIME_NS: Final = (1 << 63) - 1
"""2262-04-11: the last moment that fits a signed 64-bit count of nanoseconds."""


class RefusedSpan(Exception):
    """This span cannot be stored; the message names the field and what would be right."""


def bad_id(name: str, value: bytes, limits: DecodeLimits) -> str:
    """What is said of an id that is none."""
    if len(value) > limits.max_id_bytes:
        return f"{name}: {len(value)} bytes; at most {limits.max_id_bytes} are kept, OpenTelemetry uses 16 and 8"
    what = "only zeros" if value else "empty"
    return f"{name}: {what}; it must have 1 to {limits.max_id_bytes} bytes that are not all zero"


def bad_time(name: str) -> str:
    """What is said of a time after MAX_TIME_NS."""
    return f"{name}: after the year 2262; it must be nanoseconds since 1970 below 2^63 (is the unit right?)"


def too_many(name: str, limits: DecodeLimits) -> str:
    """What is said of more attributes than a span may have."""
    return f"{name}: more than {limits.max_attributes_per_span}; raise the limit or send fewer"


def check_size(size: int, limits: DecodeLimits) -> None:
    """Raise RefusedSpan for a span of more bytes than one may have."""
    if size > limits.max_span_bytes:
        raise RefusedSpan(f"span: {size} bytes; at most {limits.max_span_bytes} are kept, raise the limit or send less")
