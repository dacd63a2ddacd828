"""How a server is doing: what came in, what it holds, what it could not take."""

from datetime import datetime
from typing import Literal

from rubricate.records.base import Record


class DeadLetterSummary(Record):
    """A span that was refused, and why. It is kept as it was sent."""

    id: str
    at: datetime
    project: str | None
    """None when the span could not be read so far."""
    reason: str
    encoding: Literal["protobuf", "json"]
    size_bytes: int


class DeadLetter(DeadLetterSummary):
    """A refused span with its bytes."""

    payload: str
    """Base64 of the span as it was sent."""


class IngestCounts(Record):
    """What came in by OTLP since the server started."""

    requests: int
    malformed: int
    """Requests that could not be read."""
    refused: int
    """Requests that were told to come again, because too much was waiting."""
    received: int
    """Spans."""
    stored: int
    """Spans that were new."""
    rejected: int
    """Spans that became dead letters."""
    annotations: int
    """That spans brought along."""
    warnings: int
    """Feedback in spans that became no annotation."""
    pending_bytes: int
    """Held by requests in work now."""


class RowCounts(Record):
    """Rows that the store holds."""

    project: int
    session: int
    trace: int
    span: int
    span_block: int
    annotation: int
    annotation_event: int
    rubric: int
    dataset: int
    dataset_example: int
    experiment: int
    experiment_run: int
    prompt: int
    dead_letter: int


class ServerStats(Record):
    """A server's figures."""

    version: str
    phoenix_version: str
    """The version of Phoenix that it answers for."""
    started_at: datetime
    uptime_s: float
    ingest: IngestCounts
    rows: RowCounts
    waiting_annotations: int
    """Annotations whose target has not arrived."""
    disk_bytes: int
    """All files of the store."""
    wal_bytes: int
    """Of these, the write-ahead log."""
