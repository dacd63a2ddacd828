"""Spans along time: how many, how many failed, how long they took, what they used."""

from datetime import datetime

from rubricate.records.base import Record


class SpanSeriesPoint(Record):
    """The spans that started within one bucket."""

    start_time: datetime
    """Of the bucket."""
    count: int
    error_count: int
    latency_ms_p50: float
    """By nearest rank. Exact when the range holds at most 20,000 spans or buckets are not whole hours; else ± 0.8 %."""
    latency_ms_p99: float
    """The same of 99 %."""
    tokens_prompt: int
    tokens_completion: int
    tokens_total: int
    cost_usd: float


class SpanSeries(Record):
    """Buckets without spans are left out."""

    start_time: datetime
    end_time: datetime
    bucket_seconds: int
    """Buckets begin at multiples of it, counted from 1970 in UTC."""
    points: list[SpanSeriesPoint]
    """By time."""
