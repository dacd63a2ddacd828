"""What many rows say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract.annotation import StoredAnnotation

EXACT_SERIES_SPANS = 20_000
"""Spans up to which a series looks at each of them; above, at sums that are kept by the hour."""


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """Which annotations of a project to sum up. Every given field narrows; notes never count."""

    project_id: int
    target_kind: TargetKind | None = None
    names: tuple[str, ...] = ()
    start_ns: int | None = None
    """Of the target, inclusive."""
    end_ns: int | None = None
    """Exclusive."""
    condition: Condition | None = None
    """An expression about spans: only annotations of such spans, and of their documents, count."""


class StoredSummary(NamedTuple):
    """Annotations of one name on one kind of target, summed up so that every target counts once."""

    bucket_ns: int
    """Where the bucket begins; 0 when there are no buckets."""
    target_kind: str
    name: str
    annotator_kind: str | None
    """None: annotators of all kinds."""
    annotation_count: int
    target_count: int
    score_count: int
    scored_target_count: int
    mean: float | None
    """Over the scored targets, of the target's mean score."""
    squares: float | None
    """The sum of the squared deviations of the targets' means from `mean`."""
    label_count: int
    labelled_target_count: int
    labels: tuple[tuple[str, float], ...]
    """The commonest labels with their sum of shares, where each labelled target gives out 1."""


class StoredDistribution(NamedTuple):
    """How the scores of targets are spread, where each target counts once, with the mean of its scores."""

    annotator_kind: str | None
    """None: annotators of all kinds."""
    scored_target_count: int
    quartiles: tuple[float, float, float, float, float]
    """The least, the three quartiles by nearest rank, the greatest."""
    counts: tuple[int, ...]
    """Targets between two edges, the first of them inclusive; the last one holds its end as well."""
    below: int
    """Targets below the first edge."""
    above: int


@dataclass(frozen=True, slots=True)
class DisagreementQuery:
    """Which disagreements of a project. Every given field narrows; notes never disagree."""

    project_id: int
    target_kind: TargetKind = TargetKind.SPAN
    names: tuple[str, ...] = ()
    start_ns: int | None = None
    """Of the target, inclusive."""
    end_ns: int | None = None
    """Exclusive."""
    after: "DisagreementMark | None" = None
    """The last of the page before, exclusive."""


class DisagreementMark(NamedTuple):
    """A place in the list of disagreements, which goes down from the largest."""

    target_row: int
    position: int
    name: str


class StoredDisagreement(NamedTuple):
    """Annotations of one target under one name that do not say the same."""

    mark: DisagreementMark
    annotations: tuple[StoredAnnotation, ...]
    """Newest row first, at most as many as were asked for."""


class SpanBucket(NamedTuple):
    """The spans that started within one stretch of time."""

    bucket_ns: int
    span_count: int
    error_count: int
    p50_ns: int
    """Latency by nearest rank: the smallest that half of the spans do not exceed. See `span_series` for how exact."""
    p99_ns: int
    tokens_prompt: int
    tokens_completion: int
    tokens_total: int
    cost_usd: float


class InsightStore(Protocol):
    """What many rows say together. Everything is read in one state of the store; nothing is written."""

    def summaries(
        self, query: SummaryQuery, bucket_ns: int | None = None, most_labels: int = 50
    ) -> list[StoredSummary]:
        """By name, kind of target, bucket and kind of annotator; that of all annotators comes first.

        Only what has annotations. A target belongs to the bucket in which it started.
        """

    def distributions(
        self, query: SummaryQuery, bins: int, low: float | None = None, high: float | None = None
    ) -> tuple[tuple[float, ...], list[StoredDistribution]]:
        """The scores of the query's annotations, taken together whatever their names, by kind of annotator.

        First come the edges of the bins, all equally wide: from `low` to `high`, or from the least to the greatest
        score; one bin where these are the same. Then those of all annotators, and of each kind. Without scores, nothing
        of either.
        """

    def span_series(
        self, project_id: int, start_ns: int, end_ns: int, bucket_ns: int, exact_spans: int = EXACT_SERIES_SPANS
    ) -> list[SpanBucket]:
        """The spans of a project that started in [start, end), by bucket and time. Empty buckets are left out.

        Latencies are exact when the hours of the range hold at most `exact_spans` spans, or when buckets are not whole
        hours; else within 1/128 (0.8 %), and never below 0. All else is always exact.
        """

    def disagreements(self, query: DisagreementQuery, limit: int, side_by_side: int = 100) -> list[StoredDisagreement]:
        """The first `limit` disagreements, newest row of the target first.

        Annotators disagree when there are two labels, or two scores among those that gave no label: what the filter
        language calls `disagree`.
        """

    def relevances(
        self,
        span_rows: Sequence[int],
        name: str,
        annotator_kind: AnnotatorKind | None = None,
        label_scores: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[int, dict[int, float]]:
        """What annotations of the name say of the documents of spans: relevance by row of the span and position.

        That of people counts, else that of judges, else that of code; the mean where several say something. A label
        without a score counts as `label_scores` has it. Documents of which nobody says anything are left out.
        """
