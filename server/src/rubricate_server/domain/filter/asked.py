"""The names that a condition asks for, and that only the data can know."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import NamedTuple

from rubricate_server.domain.filter.expressions import (
    AnnotatedBy,
    AnnotationField,
    Attribute,
    Comparison,
    Condition,
    Literal,
    Membership,
    Source,
)


class LabelAsked(NamedTuple):
    """A label that annotations of a name are asked for."""

    source: Source
    label: str


def asked(condition: Condition) -> list[Attribute | Source | LabelAsked]:
    """Attributes, annotations and labels that the condition names, each once, in the order in which they stand."""
    return list(dict.fromkeys(_asked(condition.test)))


def place_of(name: str, text: str) -> int | None:
    """Where a name stands in the text of a condition, from 0; of a dotted one that is not there, its last part."""
    for written in (name, name.rpartition(".")[2]):
        if (found := text.find(written)) >= 0:
            return found
    return None


def _asked(node: object) -> Iterator[Attribute | Source | LabelAsked]:
    if isinstance(node, tuple):
        for part in node:
            yield from _asked(part)
        return
    if isinstance(node, Attribute | Source):
        yield node
        return
    if is_dataclass(node):
        for field in fields(node):
            yield from _asked(getattr(node, field.name))
    match node:
        case Comparison("==", AnnotationField(source, "label"), Literal(str() as label)):
            yield LabelAsked(source, label)
        case Membership(AnnotationField(source, "label"), options):
            yield from (LabelAsked(source, label) for label in options if isinstance(label, str))
        case AnnotatedBy(source, label=str() as label):
            yield LabelAsked(source, label)
