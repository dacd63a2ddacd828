"""Help with the filter language: what it knows, what stands in the data, and what is wrong with a condition."""

from typing import Literal

from rubricate.records.annotation import TargetKind
from rubricate.records.base import Record


class FilterField(Record):
    """Something with a value."""

    name: str
    """As it is written."""
    type: str
    """string, number, datetime, boolean, or attribute: what that is compared with decides how it is read."""
    description: str


class FilterFunction(Record):
    """Something that is called."""

    name: str
    signature: str
    """A call with everything that it can take."""
    description: str


class FilterOperator(Record):
    """Something between or before values."""

    name: str
    type: Literal["comparison", "presence", "logic", "arithmetic"]
    description: str


class FilterAnnotations(Record):
    """Annotations of one kind of target: `name['…'].label`."""

    name: str
    target_kind: TargetKind
    description: str


class FilterCollection(Record):
    """What comprehensions go over: `any(x.… for x in name)`."""

    name: str
    element: str
    """What an element is: span, trace, annotation or cost."""
    description: str


class FilterExample(Record):
    """A condition and what it finds."""

    filter: str
    description: str


class FilterVocabulary(Record):
    """What conditions about one kind of record can be made of."""

    fields: list[FilterField]
    annotations: list[FilterAnnotations]
    annotation_fields: list[FilterField]
    """What stands after the bracket: `annotations['…'].label`."""
    collections: list[FilterCollection]
    functions: list[FilterFunction]
    operators: list[FilterOperator]
    examples: list[FilterExample]


class FilterValue(Record):
    """A value that occurs."""

    value: str | float
    """Of `attributes` and `metadata`, the attribute as it is written in a condition."""
    count: int | None
    """How often, among what was looked at; None where nobody counted."""


class FilterValues(Record):
    """Values of a field, the commonest first."""

    values: list[FilterValue]
    sampled: bool
    """True: only the newest were looked at, so there may be others."""


class FilterClause(Record):
    """A part of a condition that must hold."""

    text: str
    start: int
    end: int


class FilterProblem(Record):
    """Why a condition cannot be used."""

    message: str
    position: int
    """Where, in characters from 0."""
    suggestion: str | None
    """The word that was probably meant."""


class FilterHint(Record):
    """A name that nothing in the project has: the condition can be used, but probably was not meant so."""

    message: str
    position: int | None
    """Where the name stands, in characters from 0; None where it is written in another way."""
    suggestion: str | None
    """The name that was probably meant."""


class FilterCheck(Record):
    """A condition, looked at but not run. Places count characters (Unicode code points) from 0."""

    clauses: list[FilterClause]
    """The parts that `and` joins, or the whole; none where the text is no expression."""
    error: FilterProblem | None
    hints: list[FilterHint]
    """What nothing in the project has; none without a project, or beside an error."""
