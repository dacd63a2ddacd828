"""Whole frames: a column for each attribute that occurs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from rubricate_server.domain.attributes import flatten
from rubricate_server.domain.frame.cell import Node, decoded_events, finished, put
from rubricate_server.domain.frame.column import SPAN_ID, STATUS_CODES, TRACE_ID, Column, Columns, Span
from rubricate_server.domain.frame.columnar import PLAIN, Columnar, Group, ShapeKey, Slot, is_plain, slot
from rubricate_server.domain.frame.leaf import LEAVES, LONGEST_LEAF, OPAQUE, ROOTS

_MOST_SHAPES = 4096

_Plan = tuple[str, tuple[str, ...], str | None]
"""Where the value of a flat key goes: the column, and steps into its cell, the last one apart (None: it is all)."""


class _Plans(dict[str, _Plan]):
    """Plans of flat keys, made on first sight. Spans of an application share a few hundred keys."""

    def __init__(self, columns: Columns) -> None:
        super().__init__()
        self._columns = columns
        self.known: set[str] = set()
        """Columns whose elements a convention describes."""

    def __missing__(self, key: str) -> _Plan:
        name, steps = _place(key)
        column = self._columns.key(f"attributes.{name}")
        if name in LEAVES and name not in OPAQUE:
            self.known.add(column)
        plan: _Plan = (column, steps[:-1], steps[-1]) if steps else (column, (), None)
        self[key] = plan
        return plan


def _place(key: str) -> tuple[str, tuple[str, ...]]:
    """Column (without `attributes.`) and steps into its cell.

    >>> _place("llm.input_messages.0.message.content")
    ('llm.input_messages', ('0', 'message.content'))
    >>> _place("metadata.a.b"), _place("my.own.key")
    (('metadata', ('a', 'b')), ('my', ('own', 'key')))
    """
    segments = key.split(".")
    length = _leaf_length(segments, 0)
    if length == 0:
        # No convention knows it: what a root has beside its known keys is one object.
        return segments[0], tuple(segments[1:])
    leaf = ".".join(segments[:length])
    rest = segments[length:]
    if leaf in OPAQUE:
        return leaf, tuple(rest)
    if rest and not rest[0].isdecimal():
        return f"{leaf}.{rest[0]}", _steps(rest[1:])
    return leaf, _steps(rest)


def _steps(segments: list[str]) -> tuple[str, ...]:
    """Segments inside an element, those of a known key taken together."""
    steps: list[str] = []
    at = 0
    while at < len(segments):
        length = _leaf_length(segments, at) or 1
        steps.append(".".join(segments[at : at + length]))
        at += length
        if steps[-1] in OPAQUE:
            return (*steps, *segments[at:])
    return tuple(steps)


def _leaf_length(segments: list[str], at: int) -> int:
    """How many segments from there are a known key; the longest; 0 for none."""
    for length in range(min(LONGEST_LEAF, len(segments) - at), 0, -1):
        if ".".join(segments[at : at + length]) in LEAVES:
            return length
    return 0


def _is_whole(key: str) -> bool:
    """Whether an object under that key is a cell, or a part of one, as it is."""
    _, steps = _place(key)
    return bool(steps) or key in OPAQUE or key.split(".")[0] not in ROOTS


class _Spills(Exception):  # no error: a shape whose columns depend on its values
    """An object is to be spread over columns, and slots do not say over which."""


def _is_torn(keys: Sequence[str]) -> bool:
    """Whether one key is above another: then an object is taken apart, and the values in it say into what."""
    above = {key[:at] for key in keys for at in range(len(key)) if key[at] == "."}
    return not above.isdisjoint(keys)


class WholeFrame:
    """All columns. Index and renamings of the query have no say, as in Phoenix."""

    def __init__(self, time: Callable[[int], Any]) -> None:
        self._time = time
        self._columns = columns = Columns()
        index = columns.add(SPAN_ID)
        self.index: tuple[str, ...] = (index,)
        self._shapes: dict[ShapeKey, dict[str, Any] | None] = {}
        self._fixed = (
            index,
            columns.add("name"),
            columns.add("span_kind"),
            columns.add("parent_id"),
            columns.add("start_time", is_time=True),
            columns.add("end_time", is_time=True),
            columns.add("status_code"),
            columns.add("status_message"),
            columns.add("events"),
            columns.add(SPAN_ID),
            columns.add(TRACE_ID),
        )
        self._plans = _Plans(columns)

    @property
    def columns(self) -> list[Column]:
        """See Frame."""
        return self._columns.all

    def rows(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
        """See Frame."""
        # The hot path of JSON: 30 µs for a span of 5 KB and 25 attributes, a third of it parsing JSON.
        loads = orjson.loads
        spans = list(spans)
        rows = []
        for span, *fields in zip(spans, *self._fields(spans), strict=True):
            body = span.body
            row = dict(zip(self._fixed, fields, strict=True))
            row |= self._spread(loads(body.attributes or b"{}"), body.input, body.output)
            if None in row.values():
                row = {key: value for key, value in row.items() if value is not None}
            rows.append(row)
        return rows

    def columnar(self, spans: Sequence[Span]) -> Columnar:
        """What `rows` gives, as columns: spans of an application share a few dozen shapes, found out once for each."""
        loads = orjson.loads
        groups: dict[ShapeKey, Group] = {}
        others: dict[int, dict[str, Any]] = {}
        for place, span in enumerate(spans):
            body = span.body
            flat = loads(body.attributes or b"{}")
            key = (tuple(flat), tuple(map(type, flat.values())), body.input is None, body.output is None)
            group = groups.get(key)
            if group is None:
                cells = self._shape(key)
                if cells is None or not all(map(is_plain, flat.values())):
                    others[place] = self._spread(flat, body.input, body.output)
                    continue
                group = groups[key] = Group(cells, [], [])
            elif list in key[1] and not all(map(is_plain, flat.values())):
                others[place] = self._spread(flat, body.input, body.output)
                continue
            group.places.append(place)
            group.values.append((*flat.values(), body.input, body.output))
        fixed = dict(zip(self._fixed, self._fields(spans), strict=True))
        return Columnar(len(spans), fixed, list(groups.values()), others)

    def _fields(self, spans: Sequence[Span]) -> tuple[list[Any], ...]:
        """The fixed columns, in their order."""
        time = self._time
        hex_ids = [span.span_id.hex() for span in spans]
        return (
            hex_ids,
            [span.name for span in spans],
            [span.kind.upper() or "UNKNOWN" for span in spans],
            [None if span.parent_id is None else span.parent_id.hex() for span in spans],
            [time(span.start_ns) for span in spans],
            [time(span.end_ns) for span in spans],
            [STATUS_CODES[span.status] for span in spans],
            [span.status_message for span in spans],
            [decoded_events(span.body.events) for span in spans],
            hex_ids,
            [span.trace_id.hex() for span in spans],
        )

    def _shape(self, key: ShapeKey) -> dict[str, Any] | None:
        """The cells of rows of a shape, with a slot where each value goes; None if that depends on more."""
        if key in self._shapes:
            return self._shapes[key]
        keys, types, no_input, no_output = key
        cells: dict[str, Any] | None = None
        are_plain = all(
            kind in PLAIN or (kind is dict and _is_whole(name)) for name, kind in zip(keys, types, strict=True)
        )
        ends_there = ([] if no_input else ["input.value"]) + ([] if no_output else ["output.value"])
        if are_plain and not _is_torn([*keys, *ends_there]):
            flat = {name: slot(place, kind) for place, (name, kind) in enumerate(zip(keys, types, strict=True))}
            ends = (None if no_input else Slot(len(keys), str), None if no_output else Slot(len(keys) + 1, str))
            cells = self._spread(flat, *ends)
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        self._shapes[key] = cells
        return cells

    def _spread(self, flat: dict[str, Any], input_value: Any, output_value: Any) -> dict[str, Any]:
        """The cells of the other columns, from flat attributes. Depends on what the values are as `PLAIN` says."""
        plans = self._plans
        row: dict[str, Any] = {}
        nodes: dict[str, Node] = {}
        for key, value in flat.items():
            column, parents, leaf = plans[key]
            if leaf is None:
                if value.__class__ is str or not self._take_apart(key, value, row, nodes):
                    row[column] = value
                continue
            node = nodes.get(column)
            if node is None:
                node = nodes[column] = Node()
            # As put does it, unless something is in the way.
            at: Any = node
            for step in parents:
                child = at.get(step)
                if child is None:
                    child = at[step] = Node()
                elif child.__class__ is not Node:
                    break
                at = child
            else:
                if leaf not in at:
                    at[leaf] = value
                    continue
            put(node, parents, leaf, value)
        if input_value is not None:
            row[plans["input.value"][0]] = input_value
        if output_value is not None:
            row[plans["output.value"][0]] = output_value
        for column, node in nodes.items():
            if row.get(column) is None:
                row[column] = finished(node, objects_only=column in plans.known)
            else:
                self._spill(row, column, node)
        return row

    def _take_apart(self, key: str, value: Any, row: dict[str, Any], nodes: dict[str, Node]) -> bool:
        """Spread a value that holds objects over the columns that its flat keys have. False: it is a cell as it is."""
        if value.__class__ not in (list, dict) or key in OPAQUE or key.split(".")[0] not in ROOTS:
            return False
        flat = flatten({key: value})
        if not flat or key in flat:
            return False
        for inner, part in flat.items():
            column, parents, leaf = self._plans[inner]
            if leaf is None:
                row[column] = part
            else:
                put(nodes.setdefault(column, Node()), parents, leaf, part)
        return True

    def _spill(self, row: dict[str, Any], column: str, node: Node) -> None:
        """Give the parts of an object columns of their own, because its column holds another value in this row."""
        name = column.split("_", 1)[1]
        for path, value in flatten(node).items():
            if value is not None:
                row[self._columns.key(f"{name}.{path}")] = value
