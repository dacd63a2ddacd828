"""A span: one step of an application, as OpenTelemetry and OpenInference describe it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from rubricate.records.base import HexId, Input, JsonObject, Record


class StatusCode(StrEnum):
    """OpenTelemetry's status of a span."""

    UNSET = "UNSET"
    OK = "OK"
    ERROR = "ERROR"


class SpanContext(Record):
    """The OpenTelemetry ids of a span, in lower-case hex."""

    trace_id: str
    span_id: str


class SpanEvent(Record):
    """Something that happened during a span, such as an exception."""

    name: str
    timestamp: datetime | None = None
    attributes: JsonObject = Field(default_factory=dict)


class Span(Record):
    """A span as the server keeps it; `attributes` are flat, with dotted keys."""

    id: str
    name: str
    context: SpanContext
    span_kind: str
    parent_id: str | None
    start_time: datetime
    end_time: datetime
    status_code: StatusCode
    status_message: str
    attributes: dict[str, Any]
    events: list[SpanEvent]


class SpanContextCreate(Input):
    """The ids of a new span."""

    trace_id: HexId
    span_id: HexId


class SpanEventCreate(Input):
    """An event of a new span."""

    name: str
    timestamp: AwareDatetime | None = None
    attributes: JsonObject | None = None


class SpanCreate(Input):
    """A span to store; `attributes` may be flat (dotted keys) or nested. Times must carry a time zone."""

    name: str
    context: SpanContextCreate
    span_kind: str = "UNKNOWN"
    parent_id: HexId | None = None
    start_time: AwareDatetime
    end_time: AwareDatetime
    status_code: StatusCode = StatusCode.UNSET
    status_message: str = ""
    attributes: JsonObject | None = None
    events: list[SpanEventCreate] | None = None
