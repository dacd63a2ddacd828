"""A disagreement: annotators said different things of one target under one name."""

from rubricate.records.annotation import Annotation, AnnotationTarget
from rubricate.records.base import Record


class Disagreement(Record):
    """One target on which the annotations of a name differ: in their labels, or in the scores of those without one."""

    name: str
    target: AnnotationTarget
    labels: list[str]
    """The different labels, in alphabetical order."""
    score_range: tuple[float, float] | None
    """Smallest and largest score, of all that have one."""
    annotations: list[Annotation]
    """Side by side, newest first, 100 at most."""
