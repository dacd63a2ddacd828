"""How far annotators agree, and what labels depend on."""

from rubricate.records.base import Record


class MatrixCell(Record):
    """The targets to which somebody of the rows gave one label, and somebody of the columns another, or the same."""

    row: str
    column: str
    count: int
    filter: str | None
    """The condition that finds exactly these, within the same stretch of time; None for documents."""


class Agreement(Record):
    """The mean, over the targets, of the share of pairs (one of the rows, one of the columns) that gave one label."""

    value: float | None
    """None without targets; then so are the bounds."""
    low: float | None
    high: float | None
    """Wilson's interval of 95 %."""
    n: int
    """Targets."""


class Kappa(Record):
    """Cohen's kappa: agreement beyond what would be met by chance. 1: always, 0: no more than by chance."""

    value: float
    low: float
    high: float
    """The interval of 95 % after Fleiss, Cohen and Everitt (1969)."""


class AnnotationMatrix(Record):
    """Labels that one side of annotators gave, against those that another gave to the same targets."""

    name: str
    labels: list[str]
    """As the rubric of the name orders them, then any others by name; 50 at most."""
    target_count: int
    """Targets with a label from both sides."""
    cells: list[MatrixCell]
    """Those that are not empty."""
    agreement: Agreement
    kappa: Kappa | None
    """None without targets, or when chance alone would always agree."""


class LabelShare(Record):
    """The share of a label: the mean, over the labelled targets, of its share of the target's labels."""

    label: str
    fraction: float
    low: float
    high: float
    """Wilson's interval of 95 %."""


class ShareGroup(Record):
    """The targets whose spans have one value of the attribute."""

    group: str | None
    """The value as text; None: they have none."""
    n: int
    """Annotated targets."""
    labels: list[LabelShare]
    """The commonest first, 50 at most."""
    mean_score: float | None
    """The mean, over the scored targets, of the target's mean score."""


class AnnotationShares(Record):
    """Annotations of a name by the value of an attribute."""

    name: str
    by: str
    groups: list[ShareGroup]
    """The largest first, 50 at most."""
    complete: bool
    """False: there are smaller groups that are not told."""
