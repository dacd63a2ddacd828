"""Rows of one shape, as columns: how their cells are put together is found out once for all of them.

A shape is the keys of a span's attributes with the types of their values. The cells of a shape are what a row has, with
a `Slot` in the place of each value: `{"4_attributes.llm.input_messages": [{"message.role": Slot(3)}]}`.
"""

from typing import Any, Final, NamedTuple, TypeAlias

ShapeKey: TypeAlias = tuple[tuple[str, ...], tuple[type, ...], bool, bool]
"""Keys, types of their values, whether there is no input, whether there is no output."""

PLAIN: Final = frozenset((str, int, float, bool, list))
"""Types of values that go into cells as they are: lists, unless they hold objects; objects, where the key allows it."""


class Slot:
    """The place of a value in a cell: that of this number in the values of a row."""

    def __init__(self, place: int, kind: type) -> None:
        super().__init__()
        self.place = place
        self.kind = kind
        """Type of the value, in all rows of the shape."""


class ListSlot(Slot, list[Any]):
    """The same of a list, which counts as one where cells are put together."""


class ObjectSlot(Slot, dict[str, Any]):
    """The same of an object."""


class Group(NamedTuple):
    """Rows of one shape."""

    cells: dict[str, Any]
    """Key of a column: its cell, with slots."""
    places: list[int]
    """Where the rows stand among all."""
    values: list[tuple[Any, ...]]
    """Of each row, the values of its slots."""


class Columnar(NamedTuple):
    """Some rows, each column in as few pieces as there are shapes."""

    length: int
    fixed: dict[str, list[Any]]
    """Columns of which every row has a cell, which may be None."""
    groups: list[Group]
    others: dict[int, dict[str, Any]]
    """Rows whose shape does not say all, by their places."""


def slot(place: int, kind: type) -> Slot:
    """The slot of a value of a type."""
    return (ListSlot if kind is list else ObjectSlot if kind is dict else Slot)(place, kind)


def is_plain(value: Any) -> bool:
    """Whether it goes into a cell as it is, given that its type is in `PLAIN`."""
    return value.__class__ is not list or not any(part.__class__ is dict for part in value)


def filled(cell: Any, values: tuple[Any, ...]) -> Any:
    """The cell of a row: its slots filled with values."""
    if isinstance(cell, Slot):
        return values[cell.place]
    if isinstance(cell, dict):
        return {key: filled(part, values) for key, part in cell.items()}
    return [filled(part, values) for part in cell] if isinstance(cell, list) else cell
