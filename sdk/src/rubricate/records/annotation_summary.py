"""What the annotations of a name say together: counts, means, shares of labels, and how sure that is."""

from datetime import datetime

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate.records.base import Record


class Interval(Record):
    """An interval of 95 %."""

    low: float
    high: float


class LabelFraction(Record):
    """The share of a label: the mean, over the labelled targets, of its share of the target's labels."""

    label: str
    fraction: float
    interval: Interval | None
    """Wilson's; None from 200 labelled targets on."""


class AnnotationStatistics(Record):
    """Every target counts once, however many annotations it has."""

    count: int
    """Annotations."""
    target_count: int
    score_count: int
    """Annotations with a score."""
    scored_target_count: int
    """The n of the mean."""
    mean_score: float | None
    """The mean, over the scored targets, of the target's mean score; None without scores."""
    mean_score_interval: Interval | None
    """Student's; None below 2 scored targets, and from 200 on."""
    label_count: int
    """Annotations with a label."""
    labelled_target_count: int
    """The n of the fractions."""
    label_fractions: list[LabelFraction]
    """The commonest first, 50 at most."""


class AnnotatorStatistics(AnnotationStatistics):
    """The same of one kind of annotator."""

    annotator_kind: AnnotatorKind


class AnnotationSummary(AnnotationStatistics):
    """All annotations of a name on one kind of target."""

    name: str
    target_kind: TargetKind
    by_annotator_kind: list[AnnotatorStatistics]


class ScoreStatistics(Record):
    """How scores are spread. Every target counts once, with the mean of its scores."""

    scored_target_count: int
    minimum: float | None
    """None without scores, as the next two."""
    quartiles: list[float] | None
    """The three quartiles, the median in the middle; each is the score of a target (nearest rank)."""
    maximum: float | None
    counts: list[int]
    """Targets in each bin: from one edge on, up to the next; in the last one, that included."""
    below_count: int
    """Targets below the first edge."""
    above_count: int


class AnnotatorScoreStatistics(ScoreStatistics):
    """The same of one kind of annotator."""

    annotator_kind: AnnotatorKind


class ScoreDistribution(ScoreStatistics):
    """How the scores of one name on one kind of target are spread."""

    name: str
    target_kind: TargetKind
    edges: list[float]
    """Of the bins, one more than there are; empty without scores and bounds."""
    by_annotator_kind: list[AnnotatorScoreStatistics]


class AnnotationSeriesPoint(AnnotationSummary):
    """The annotations of a name on the targets that started within one bucket."""

    start_time: datetime
    """Of the bucket."""


class AnnotationSeries(Record):
    """Summaries along time. Buckets without annotations are left out."""

    start_time: datetime
    end_time: datetime
    bucket_seconds: int
    """Buckets begin at multiples of it, counted from 1970 in UTC."""
    points: list[AnnotationSeriesPoint]
    """By name, kind of target and time."""
