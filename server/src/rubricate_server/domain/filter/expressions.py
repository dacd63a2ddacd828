"""The tree of a parsed condition. Its values are frozen, hashable and fully typed: no kinds are left to be guessed."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Literal as OneOf
from typing import TypeAlias

from rubricate.records.annotation import TargetKind


class Kind(StrEnum):
    """What a value can be compared with."""

    TEXT = "string"
    NUMBER = "number"
    TIME = "datetime"
    TRUTH = "boolean"
    LOOSE = "attribute"
    """An attribute: what it is compared with decides."""


Order: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">="]
Operation: TypeAlias = OneOf["+", "-", "*", "/", "%"]


# Values


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number or boolean that the expression spells out."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Instant:
    """A time that the expression spells out, in nanoseconds since 1970."""

    ns: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the record itself, by its canonical name."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute, by its flat dotted key. It is loose; see AsText, AsNumber, AsTruth."""

    key: str


@dataclass(frozen=True, slots=True)
class AnnotationField:
    """A field of the annotation that was chosen for `source`."""

    source: "Source"
    field: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Source:
    """The annotations of one name on one kind of target."""

    target: TargetKind
    name: str


@dataclass(frozen=True, slots=True)
class AsText:
    """A loose value, read as text."""

    of: "Value"


@dataclass(frozen=True, slots=True)
class AsNumber:
    """A loose value or a text, read as a number."""

    of: "Value"


@dataclass(frozen=True, slots=True)
class AsTruth:
    """A loose value, read as true or false."""

    of: "Value"


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    of: "Value"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """An operation on two numbers."""

    operation: Operation
    left: "Value"
    right: "Value"


@dataclass(frozen=True, slots=True)
class Joined:
    """Two texts, one after the other."""

    left: "Value"
    right: "Value"


@dataclass(frozen=True, slots=True)
class Items:
    """The elements of a collection of the record for which a test is true. In it, fields are those of the element."""

    collection: str
    of: "Test"


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are."""

    items: Items


@dataclass(frozen=True, slots=True)
class Reduced:
    """A value of each element, made one. Missing values do not count; a sum of none is 0, the others are missing."""

    by: OneOf["sum", "min", "max"]
    items: Items
    value: "Value"


Value: TypeAlias = (
    Literal
    | Instant
    | Field
    | Attribute
    | AnnotationField
    | AsText
    | AsNumber
    | AsTruth
    | Negative
    | Arithmetic
    | Joined
    | Count
    | Reduced
)


def kind_of(value: Value) -> Kind:
    """The kind of a value."""
    match value:
        case Literal(bool()) | AsTruth():
            return Kind.TRUTH
        case Literal(str()) | AsText() | Joined():
            return Kind.TEXT
        case Literal() | AsNumber() | Negative() | Arithmetic() | Count():
            return Kind.NUMBER
        case Instant():
            return Kind.TIME
        case Attribute():
            return Kind.LOOSE
        case Field(kind=kind) | AnnotationField(kind=kind):
            return kind
        case Reduced(value=reduced):
            return kind_of(reduced)


# Tests: what is true, false or unknown


@dataclass(frozen=True, slots=True)
class Constant:
    """True or False, as such."""

    value: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of one kind, compared."""

    order: Order
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class LooseComparison:
    """Two attributes: as numbers if both can be read so, else as texts."""

    order: Order
    left: Attribute
    right: Attribute


@dataclass(frozen=True, slots=True)
class Membership:
    """The value equals one of the options, which are of its kind."""

    value: Value
    options: tuple[str | int | float | bool, ...]


@dataclass(frozen=True, slots=True)
class Containment:
    """One text contains the other, without regard to case."""

    part: Value
    whole: Value


@dataclass(frozen=True, slots=True)
class Missing:
    """`is None`."""

    value: Value


@dataclass(frozen=True, slots=True)
class NoParent:
    """The record has no parent, or none that is stored."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """There is an annotation."""

    source: Source


@dataclass(frozen=True, slots=True)
class AnnotatedBy:
    """Somebody annotated so. Never unknown, and bound to no choice; what is None may be anything."""

    source: Source
    annotator_kind: str | None = None
    identifier: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Annotators differ. Never unknown."""

    source: Source
    kinds: tuple[str, ...] = ()
    """None: of any kind; one: among those of that kind; two: somebody of the first from somebody of the second."""


@dataclass(frozen=True, slots=True)
class Some:
    """There is such an element. Never unknown."""

    items: Items


@dataclass(frozen=True, slots=True)
class Every:
    """The test is true of each such element. Never unknown."""

    items: Items
    test: "Test"


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; of unknown, unknown."""

    test: "Test"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    tests: tuple["Test", ...]


Atom: TypeAlias = (
    Constant
    | Comparison
    | LooseComparison
    | Membership
    | Containment
    | Missing
    | NoParent
    | Annotated
    | AnnotatedBy
    | Disagreement
    | Some
    | Every
)
Test: TypeAlias = Atom | Not | And | Or


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed expression. Equal expressions are equal, and it can key a cache."""

    text: str
    test: Test
    record: str = "span"
    """What it speaks of: span, trace or session."""


def chosen_sources(node: Test | Value) -> frozenset[Source]:
    """The annotations of which the node needs one chosen; elements of collections choose for themselves."""
    return frozenset(_sources(node))


def _sources(node: object) -> Iterator[Source]:
    if isinstance(node, Annotated | AnnotationField):
        yield node.source
    elif isinstance(node, tuple):
        for part in node:
            yield from _sources(part)
    elif is_dataclass(node) and not isinstance(node, AnnotatedBy | Disagreement | Some | Every | Count | Reduced):
        for field in fields(node):
            yield from _sources(getattr(node, field.name))
