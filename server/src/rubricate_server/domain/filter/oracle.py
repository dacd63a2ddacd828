"""The meaning of a condition in plain Python: what every database must agree with. None is unknown."""

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any, TypeAlias

from rubricate_server.domain.attributes import LIST_PLACE, list_at
from rubricate_server.domain.filter.cases import Case, Mark, Scalar
from rubricate_server.domain.filter.expressions import (
    And,
    Annotated,
    AnnotatedBy,
    AnnotationField,
    Arithmetic,
    AsNumber,
    AsText,
    AsTruth,
    Attribute,
    Comparison,
    Condition,
    Constant,
    Containment,
    Count,
    Disagreement,
    Every,
    Field,
    Instant,
    Items,
    Joined,
    Literal,
    LooseComparison,
    Membership,
    Missing,
    Negative,
    NoParent,
    Not,
    Or,
    Reduced,
    Some,
    Source,
    Test,
    Value,
    chosen_sources,
)
from rubricate_server.domain.filter.numeric import INT64, held, number

_Chosen: TypeAlias = Mapping[Source, Mark | None]


def matches(condition: Condition, case: Case) -> bool:
    """Whether the condition is true of the record, for some choice of annotations."""
    return _holds(condition.test, case)


def _holds(test: Test, case: Case) -> bool:
    sources = sorted(chosen_sources(test), key=repr)
    choices = product(*(_marks(case, source) or (None,) for source in sources))
    return any(_truth(test, case, dict(zip(sources, choice, strict=True))) is True for choice in choices)


def _elements(items: Items, case: Case) -> list[Case]:
    return [element for element in case.elements(items.collection) if _holds(items.of, element)]


def _reduce(by: str, numbers: list[Any]) -> Scalar:
    if by == "sum":
        return held(sum(numbers))
    return (min if by == "min" else max)(numbers, default=None)


def _marks(case: Case, source: Source) -> tuple[Mark, ...]:
    return tuple(mark for mark in case.annotations.get(source.target, ()) if mark.name == source.name)


def _truth(test: Test, case: Case, chosen: _Chosen) -> bool | None:
    def scalar(value: Value) -> Scalar:
        return _scalar(value, case, chosen)

    match test:
        case Constant(value):
            return value
        case Not(inner):
            truth = _truth(inner, case, chosen)
            return None if truth is None else not truth
        case And(tests):
            return _all(_truth(inner, case, chosen) for inner in tests)
        case Or(tests):
            return _any(_truth(inner, case, chosen) for inner in tests)
        case Comparison(order, left, right):
            return _compare(order, scalar(left), scalar(right))
        case LooseComparison(order, left, right):
            numbers = scalar(AsNumber(left)), scalar(AsNumber(right))
            return _compare(order, *(numbers if None not in numbers else (scalar(AsText(left)), scalar(AsText(right)))))
        case Membership(value, options):
            return _any(_compare("==", scalar(value), option) for option in options)
        case Containment(part, whole):
            texts = scalar(whole), scalar(part)
            return contains_text(*(text if isinstance(text, str) else None for text in texts))
        case Missing(Attribute(key)):
            return not _is_present(case.attributes, key)
        case Missing(value):
            return scalar(value) is None
        case NoParent():
            return case.lacks_parent
        case Annotated(source):
            return chosen[source] is not None
        case AnnotatedBy():
            return any(_is_by(mark, test) for mark in _marks(case, test.source))
        case Disagreement(source, kinds):
            return _disagree(_marks(case, source), kinds)
        case Some(items):
            return bool(_elements(items, case))
        case Every(items, inner):
            return all(_holds(inner, element) for element in _elements(items, case))


def _all(truths: Iterable[bool | None]) -> bool | None:
    met = set(truths)
    return False if False in met else None if None in met else True


def _any(truths: Iterable[bool | None]) -> bool | None:
    met = set(truths)
    return True if True in met else None if None in met else False


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(order: str, left: Scalar, right: Scalar) -> bool | None:
    return None if left is None or right is None else _ORDERS[order](left, right)


def contains_text(whole: str | None, part: str | None) -> bool | None:
    """Whether the whole contains the part, without regard to case: that of ASCII letters, if the part is ASCII.

    SQLite connections register it as a function of this name.
    """
    if not isinstance(whole, str) or not isinstance(part, str):
        return None
    fold = _ascii_lower if part.isascii() else str.casefold
    return fold(part) in fold(whole)


def _ascii_lower(text: str) -> str:
    return "".join(character.lower() if character.isascii() else character for character in text)


def _loose(attributes: Mapping[str, Any], key: str) -> Any:
    return attributes[key] if key in attributes else list_at(attributes, key)


def _is_present(attributes: Mapping[str, Any], key: str) -> bool:
    # What is inside of a list of objects is not below anything; the list is.
    whole = {LIST_PLACE.split(other)[0] for other in attributes}
    return _loose(attributes, key) is not None or any(other.startswith(f"{key}.") for other in whole)


def _is_by(mark: Mark, wanted: AnnotatedBy) -> bool:
    pairs = (
        (wanted.annotator_kind, mark.annotator_kind),
        (wanted.identifier, mark.identifier),
        (wanted.label, mark.label),
    )
    return all(want is None or want == said for want, said in pairs)


def _disagree(marks: tuple[Mark, ...], kinds: tuple[str, ...]) -> bool:
    sides = kinds or (None,)
    ones, others = (
        [mark for mark in marks if side is None or mark.annotator_kind == side] for side in (sides[0], sides[-1])
    )
    for one, other in product(ones, others):
        if (one.annotator_kind, one.identifier, one.user) == (other.annotator_kind, other.identifier, other.user):
            continue
        if _compare("!=", one.label, other.label):
            return True
        if one.label is None and other.label is None and _compare("!=", one.score, other.score):
            return True
    return False


def _scalar(value: Value, case: Case, chosen: _Chosen) -> Scalar:
    match value:
        case Literal(scalar):
            return scalar
        case Instant(ns):
            return ns
        case Field(name=name):
            return case.field(name)
        case AnnotationField(source, field=name):
            return _mark_field(chosen[source], name)
        case AsText(Attribute(key)):
            return _text(_loose(case.attributes, key))
        case AsNumber(Attribute(key)):
            return number(_loose(case.attributes, key))
        case AsTruth(Attribute(key)):
            return _boolean(_loose(case.attributes, key))
        case AsNumber(of):
            return number(_scalar(of, case, chosen))
        case Negative(of):
            return _calculate("*", -1, _scalar(of, case, chosen))
        case Arithmetic(operation, left, right):
            return _calculate(operation, _scalar(left, case, chosen), _scalar(right, case, chosen))
        case Joined(left, right):
            texts = _scalar(left, case, chosen), _scalar(right, case, chosen)
            return None if None in texts else f"{texts[0]}{texts[1]}"
        case Count(items):
            return len(_elements(items, case))
        case Reduced(by, items, of):
            values = [_scalar(of, element, {}) for element in _elements(items, case)]
            return _reduce(by, [each for each in values if each is not None])
        case Attribute() | AsText() | AsTruth():
            raise TypeError(f"{value} has no reading")


def _mark_field(mark: Mark | None, name: str) -> Scalar:
    if mark is None:
        return None
    scalar: Scalar = mark.created_us * 1000 if name == "created_at" else getattr(mark, name)
    return scalar


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _boolean(value: Any) -> bool | None:
    match value:
        case bool():
            return value
        case int() | float():
            return True if value == 1 else False if value == 0 else None
        case str():
            return {"true": True, "false": False}.get(_ascii_lower(value))
        case _:
            return None


def _calculate(operation: str, left: Scalar, right: Scalar) -> int | float | None:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    match operation:
        case "/":
            return None if right == 0 else held(float(left) / float(right))
        case "%":
            return _remainder(_whole(left), _whole(right))
        case _:
            return held(_CALCULATIONS[operation](left, right))


_CALCULATIONS: Mapping[str, Callable[[Any, Any], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def _whole(number: int | float) -> int:
    return int(max(-INT64, min(number, INT64 - 1)))


def _remainder(left: int, right: int) -> int | None:
    return None if right == 0 else left - right * (abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1)
