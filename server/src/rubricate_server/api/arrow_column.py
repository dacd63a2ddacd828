"""Columns of rows that share shapes, as Arrow arrays: values go from tuples into arrays, and no cell is ever made."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING, Any

from rubricate_server.api.arrow_kind import Kind
from rubricate_server.domain.frame import Columnar, Group, Slot, filled

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

_Values = Sequence[Sequence[Any]]
"""Of each slot, the values of all rows."""


class ColumnTable:
    """Some rows, which give their columns one after another."""

    def __init__(self, rows: Columnar) -> None:
        self._rows = rows
        self._groups = [(group, list(zip(*group.values, strict=True))) for group in rows.groups]

    def array(self, key: str, kind: Kind) -> "pa.Array":
        """The column of that key, after its kind has learned from it."""
        import pyarrow as pa

        rows = self._rows
        if key in rows.fixed:
            kind.see(rows.fixed[key])
            return kind.array(rows.fixed[key])
        cells = [group.cells.get(key) for group, _ in self._groups]
        if all(cell is None or isinstance(cell, Slot) for cell in cells):
            values = self._values(key, cells)
            if rows.others or any(cell is not None and cell.kind is not str for cell in cells):
                kind.see(values)
            elif any(cell is not None for cell in cells):
                kind.see_texts()
            return kind.array(values)
        others = [row.get(key) for row in rows.others.values()]
        kind.see(others)
        for cell, (_, values) in zip(cells, self._groups, strict=True):
            _see(kind, [] if cell is None else [cell], values)
        pieces = [kind.array(others)] if others else []
        pieces += (self._piece(group, values, key, kind) for group, values in self._groups)
        whole = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)
        return whole if self._order is None else whole.take(self._order)

    def _values(self, key: str, slots: Sequence[Slot | None]) -> list[Any]:
        """The cells of a column that are values as they are: put in order here, they are copied once."""
        found: list[Any] = [None] * self._rows.length
        for place, row in self._rows.others.items():
            found[place] = row.get(key)
        for slot, (group, values) in zip(slots, self._groups, strict=True):
            if slot is not None:
                for place, value in zip(group.places, values[slot.place], strict=True):
                    found[place] = value
        return found

    @staticmethod
    def _piece(group: Group, values: _Values, key: str, kind: Kind) -> "pa.Array":
        import pyarrow as pa

        cell = group.cells.get(key)
        if cell is None:
            return pa.nulls(len(group.places), kind.arrow())
        if not _is_even(kind, [cell]):
            return kind.array([filled(cell, row) for row in group.values])
        return _array(kind, [cell], values, len(group.places))

    @cached_property
    def _order(self) -> "pa.Array | None":
        """Where each row stands among the pieces."""
        import pyarrow as pa

        places = [*self._rows.others, *chain.from_iterable(group.places for group in self._rows.groups)]
        if len(self._groups) + bool(self._rows.others) == 1:
            return None
        order = [0] * len(places)
        for at, place in enumerate(places):
            order[place] = at
        return pa.array(order, pa.int32())


# Below, `cells` stand side by side in each row: the elements of lists, or a single one. None is an empty cell.


def _see(kind: Kind, cells: Sequence[Any], values: _Values) -> None:
    slots = [cell for cell in cells if isinstance(cell, Slot)]
    for cell in slots:
        if cell.kind is str:
            kind.see_texts()
        else:
            kind.see(values[cell.place])
    objects = [cell for cell in cells if isinstance(cell, dict) and not isinstance(cell, Slot)]
    for name in dict.fromkeys(chain.from_iterable(objects)):
        _see(kind.field(name), [cell[name] for cell in objects if name in cell], values)
    if objects:
        kind.see([{}])
    lists = [cell for cell in cells if isinstance(cell, list) and not isinstance(cell, Slot)]
    if lists:
        kind.see([[]])
        _see(kind.items, list(chain.from_iterable(lists)), values)


def _is_even(kind: Kind, cells: Sequence[Any]) -> bool:
    """Whether all cells side by side, and what is in them, are alike: values, objects or lists, as Arrow has them."""
    there = [cell for cell in cells if cell is not None]
    if all(isinstance(cell, Slot) for cell in there):
        return True
    if kind.is_json:
        return False
    if all(isinstance(cell, dict) and not isinstance(cell, Slot) for cell in there):
        names = dict.fromkeys(chain.from_iterable(there))
        return all(_is_even(kind.field(name), [cell.get(name) for cell in there]) for name in names)
    if all(isinstance(cell, list) and not isinstance(cell, Slot) for cell in there):
        return _is_even(kind.items, list(chain.from_iterable(there)))
    return False


def _array(kind: Kind, cells: Sequence[Any], values: _Values, rows: int, *, inner: bool = False) -> "pa.Array":
    """The cells of all rows, row by row, as one array of the kind's type."""
    import pyarrow as pa

    there = [cell for cell in cells if cell is not None]
    if not there:
        return pa.nulls(rows * len(cells), kind.arrow(inner=inner))
    if isinstance(there[0], Slot):
        columns = [repeat(None, rows) if cell is None else values[cell.place] for cell in cells]
        return kind.array(_interleaved(columns), inner=inner)
    wanted = kind.arrow(inner=inner)
    empty = [cell is None for cell in cells]
    mask = pa.array(empty * rows, pa.bool_()) if any(empty) else None
    if isinstance(there[0], list):
        elements = list(chain.from_iterable(there))
        lengths = [0 if cell is None else len(cell) for cell in cells]
        offsets = pa.array(accumulate(lengths * rows, initial=0), pa.int32())
        inside = _array(kind.items, elements, values, rows, inner=True)
        return pa.ListArray.from_arrays(offsets, inside, type=wanted, mask=mask)
    if wanted.num_fields == 0:
        return pa.array([None if is_empty else {} for is_empty in empty] * rows, wanted)
    parts = []
    for field in wanted:
        below = [None if cell is None else cell.get(field.name) for cell in cells]
        parts.append(_array(kind.field(field.name), below, values, rows, inner=True))
    return pa.StructArray.from_arrays(parts, fields=list(wanted), mask=mask)


def _interleaved(columns: Sequence[Iterable[Any]]) -> Sequence[Any]:
    """The first of each column, then the second of each."""
    return list(columns[0] if len(columns) == 1 else chain.from_iterable(zip(*columns, strict=True)))
