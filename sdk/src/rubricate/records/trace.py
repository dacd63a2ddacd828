"""A trace: the spans of one run of an application."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from rubricate.records.base import Input, Record
from rubricate.records.span import StatusCode


class TraceSpan(Record):
    """A span in the list of its trace, without its attributes."""

    id: str
    span_id: str
    parent_id: str | None
    name: str
    span_kind: str
    status_code: StatusCode
    start_time: datetime
    end_time: datetime


class Trace(Record):
    """A trace as the server keeps it; `spans` are there when they were asked for, by start."""

    id: str
    trace_id: str
    project_id: str
    start_time: datetime
    end_time: datetime
    token_count_prompt: int = 0
    token_count_completion: int = 0
    token_count_total: int = 0
    span_count: int = 0
    error_count: int = 0
    total_cost: float | None = 0.0
    """In USD; None when the sum is more than a float holds."""
    spans: list[TraceSpan] | None = None


class TraceTransfer(Input):
    """Traces, by OpenTelemetry id or global id, and the project that they move to, by name or id."""

    trace_identifiers: Annotated[list[str], Field(min_length=1)]
    destination_project_identifier: str


class TracesTransferred(Record):
    """How many traces the project has received."""

    transferred_trace_count: int
    destination_project_id: str
