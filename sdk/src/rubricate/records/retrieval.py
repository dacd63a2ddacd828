"""How good the rankings of retrievers are, from what annotations say of their documents."""

from datetime import datetime

from rubricate.records.annotation_summary import Interval
from rubricate.records.base import Record


class SpanRetrieval(Record):
    """One ranking: the documents of a retriever or reranker. What is not known is None."""

    id: str
    span_id: str
    trace_id: str
    start_time: datetime
    document_count: int
    judged_document_count: int
    ndcg: float | None
    precision: float | None
    hit: bool | None
    reciprocal_rank: float | None


class RetrievalMetric(Record):
    """A measure over the rankings for which it is known."""

    mean: float | None
    n: int
    interval: Interval | None
    """Of 95 %: Wilson's for `hit`, Student's for the others; None from 200 on."""


class RetrievalMetrics(Record):
    """The rankings of a project together."""

    k: int
    span_count: int
    """Retrievers and rerankers, the newest first."""
    complete: bool
    """False: there are older ones that were not looked at."""
    judged_span_count: int
    """Of which at least one document is judged."""
    document_count: int
    judged_document_count: int
    ndcg: RetrievalMetric
    precision: RetrievalMetric
    hit: RetrievalMetric
    reciprocal_rank: RetrievalMetric


class RetrievalRank(Record):
    """The documents that stood at one place of the rankings."""

    rank: int
    """From 1."""
    retrieved: int
    """Rankings with a document there."""
    judged: int
    relevant: int
    """Of the judged ones."""
    fraction: float | None
    """relevant / judged; None when none is judged, and then so are the bounds."""
    low: float | None
    high: float | None
    """Wilson's interval of 95 %."""


class RetrievalRanks(Record):
    """Relevance by place, over the newest rankings of a project."""

    span_count: int
    complete: bool
    """False: there are older ones that were not looked at."""
    ranks: list[RetrievalRank]
