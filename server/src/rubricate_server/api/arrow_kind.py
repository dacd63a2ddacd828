"""The Arrow types of columns, learned while rows go by, and cells as arrays of them.

Where cells of one column (or of one field inside of them) are of kinds that no Arrow type holds together, texts stay as
they are and anything else becomes JSON text. Numbers of both kinds become float64.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

MAX_FIELDS: Final = 512
"""An object with more different keys than this over the rows becomes JSON text: each costs every row."""


class Kind:
    """What cells of a column hold, learned batch by batch, down to the fields of the objects in them."""

    def __init__(self, given: "pa.DataType | None" = None) -> None:
        self._given = given
        self._text = False
        self._boolean = False
        self._integer = False
        self._number = False
        self._items: Kind | None = None
        self._fields: dict[str, Kind] | None = None

    def see(self, cells: Iterable[Any]) -> None:
        """Learn from cells; None says nothing."""
        if self._given is not None:
            return
        cells = cells if isinstance(cells, list) else list(cells)
        lists: list[list[Any]] = []
        objects: list[dict[str, Any]] = []
        for kind in set(map(type, cells)):
            if kind is str:
                self._text = True
            elif kind is bool:
                self._boolean = True
            elif kind is int:
                self._integer = True
                if not self._number:
                    self._number = any(type(cell) is int and not -_INT64 <= cell < _INT64 for cell in cells)
            elif kind is float:
                self._number = True
            elif kind is list:
                lists = [cell for cell in cells if type(cell) is list]
            elif issubclass(kind, dict):
                objects += [cell for cell in cells if type(cell) is kind]
        if lists:
            self._items = self._items or Kind()
            self._items.see(list(chain.from_iterable(lists)))
        if objects:
            if self._fields is None:
                self._fields = {}
            inside: dict[str, list[Any]] = {}
            for cell in objects:
                for key, value in cell.items():
                    inside.setdefault(key, []).append(value)
            for key, values in inside.items():
                self._fields.setdefault(key, Kind()).see(values)

    def see_texts(self) -> None:
        """Learn that there are texts."""
        if self._given is None:
            self._text = True

    @property
    def items(self) -> "Kind":
        """The kind of the elements of lists."""
        if self._items is None:
            self._items = Kind()
        return self._items

    def field(self, name: str) -> "Kind":
        """The kind of a field of objects."""
        if self._fields is None:
            self._fields = {}
        return self._fields.setdefault(name, Kind())

    @property
    def is_json(self) -> bool:
        """Whether no Arrow type holds all that was seen."""
        is_numeric = self._integer or self._number
        different = (self._text, self._boolean, is_numeric, self._items is not None, self._fields is not None)
        return sum(different) > 1 or (self._fields is not None and len(self._fields) > MAX_FIELDS)

    def arrow(self, *, inner: bool = False) -> "pa.DataType":
        """The Arrow type of what was seen."""
        import pyarrow as pa

        text: pa.DataType = pa.string() if inner else pa.large_string()
        if self._given is not None:
            return self._given
        if self.is_json or self._text:
            return text
        if self._boolean:
            return pa.bool_()
        if self._number:
            return pa.float64()
        if self._integer:
            return pa.int64()
        if self._items is not None:
            return pa.list_(self._items.arrow(inner=True))
        if self._fields is not None:
            return pa.struct([(key, kind.arrow(inner=True)) for key, kind in self._fields.items()])
        return pa.null()

    def array(self, cells: Sequence[Any], *, inner: bool = False) -> "pa.Array":
        """Cells as an array of the type as it is known now."""
        import pyarrow as pa

        return pa.array([self._plain(cell) for cell in cells] if self.is_mixed else cells, type=self.arrow(inner=inner))

    def conformed(self, array: "pa.Array") -> "pa.Array":
        """An array made earlier, when less was known, in the type of all."""
        import pyarrow as pa

        wanted = self.arrow()
        if array.type == wanted:
            return array
        if not self.is_mixed:
            return array.cast(wanted)
        return pa.array([self._plain(_without_nulls(cell)) for cell in array.to_pylist()], type=wanted)

    @property
    def is_mixed(self) -> bool:
        """Whether some cells, or parts of cells, must be rewritten to fit the type."""
        if self.is_json or (self._integer and self._number) or (self._items is not None and self._items.is_mixed):
            return True
        return any(kind.is_mixed for kind in (self._fields or {}).values())

    def _plain(self, cell: Any) -> Any:
        """The cell as the type wants it."""
        if cell is None:
            return None
        if self.is_json:
            return cell if isinstance(cell, str) else orjson.dumps(cell).decode()
        if self._number:
            return float(cell)
        if self._items is not None:
            return [self._items._plain(item) for item in cell]
        if self._fields is not None:
            return {key: self._fields[key]._plain(value) for key, value in cell.items()}
        return cell


_INT64: Final = 1 << 63


def _without_nulls(cell: Any) -> Any:
    """Objects without the empty fields that Arrow gave them."""
    if isinstance(cell, dict):
        return {key: _without_nulls(value) for key, value in cell.items() if value is not None}
    if isinstance(cell, list):
        return [_without_nulls(item) for item in cell]
    return cell
