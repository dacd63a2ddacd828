"""What stands in the data: for those who write conditions, and for those who compare annotators."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.domain.filter.expressions import Attribute, Field


class FoundValue(NamedTuple):
    """A value that occurs, and how often among the rows that were looked at."""

    value: str | float
    times: int


class FoundValues(NamedTuple):
    """Values, the commonest first."""

    values: tuple[FoundValue, ...]
    sampled: bool
    """Whether there are rows that were not looked at."""


@dataclass(frozen=True, slots=True)
class Annotators:
    """One side of a comparison."""

    kind: AnnotatorKind
    identifier: str | None = None
    """None: any."""


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """Which annotations to compare. Nobody may be on both sides."""

    project_id: int
    name: str
    rows: Annotators
    columns: Annotators
    target_kind: TargetKind = TargetKind.SPAN
    start_ns: int | None = None
    """Of the target, inclusive."""
    end_ns: int | None = None
    """Exclusive."""


class LabelPairs(NamedTuple):
    """Targets that were labelled alike: the labels of the rows, those of the columns (a label once for each annotator
    who gave it), and how many such targets there are."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    target_count: int


@dataclass(frozen=True, slots=True)
class ShareQuery:
    """Which annotations to divide by an attribute. Every given field narrows."""

    project_id: int
    name: str
    by: Attribute | Field
    """Of the span; of a trace or session, of its first root span."""
    target_kind: TargetKind = TargetKind.SPAN
    annotator_kind: AnnotatorKind | None = None
    start_ns: int | None = None
    """Of the target, inclusive."""
    end_ns: int | None = None
    """Exclusive."""


class StoredShare(NamedTuple):
    """The annotated targets with one value of the attribute. Every target counts once."""

    group: str | None
    target_count: int
    labelled_target_count: int
    labels: tuple[tuple[str, float], ...]
    """The commonest with their sum of shares, where each labelled target gives out 1."""
    mean: float | None
    """Over the scored targets, of the target's mean score."""


class ExploreStore(Protocol):
    """What stands in the data. Everything is read in one state of the store; nothing is written."""

    def values(
        self, project_id: int, record: ItemKind, name: Field | Attribute, prefix: str, limit: int
    ) -> FoundValues:
        """Values of a field, or of an attribute read as text, that begin with the prefix in either case.

        Only the newest records are looked at, as many as can be in some 20 ms.
        """

    def annotation_values(
        self, project_id: int, target_kind: TargetKind, name: str, field: str, prefix: str, limit: int
    ) -> FoundValues:
        """The same of a field of the annotations of a name. Only the newest of these are looked at."""

    def annotation_names(self, project_id: int, target_kind: TargetKind | None, limit: int) -> list[str]:
        """The first `limit` names, in alphabetical order, under which targets of that kind are annotated.

        A kind that only old annotations of a name have may be missed.
        """

    def attribute_keys(self, project_id: int) -> FoundValues:
        """Flat keys of the attributes of the newest spans: those that filters find fast."""

    def label_pairs(self, query: MatrixQuery) -> list[LabelPairs]:
        """The labels of all targets that both sides labelled."""

    def shares(self, query: ShareQuery, most_groups: int, most_labels: int) -> list[StoredShare]:
        """Annotations by the value of an attribute, the largest group first."""
