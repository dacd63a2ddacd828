"""Picked frames: the columns that were named."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import orjson

from rubricate_server.domain.frame.cell import Node, finished, put
from rubricate_server.domain.frame.column import FIELDS, Column, Columns, Span
from rubricate_server.domain.frame.columnar import Columnar
from rubricate_server.domain.frame.query import FrameQuery, Path

_TIMES: Final = frozenset({"start_time", "end_time"})


class _Finder:
    """Finds the values of paths in flat attributes, looking at each attribute once."""

    def __init__(self) -> None:
        self._paths: list[tuple[str, ...]] = []
        self._plans: dict[str, list[tuple[int, tuple[str, ...], bool]]] = {}

    def add(self, path: tuple[str, ...]) -> int:
        """Look for a path; its value will stand at the returned place."""
        self._paths.append(path)
        return len(self._paths) - 1

    def values(self, span: Span) -> list[Any]:
        """The values of all paths, nested; None where there is none."""
        found: list[Any] = [None] * len(self._paths)
        body = span.body
        attributes: dict[str, Any] = orjson.loads(body.attributes or b"{}")
        if body.input is not None:
            attributes["input.value"] = body.input
        if body.output is not None:
            attributes["output.value"] = body.output
        nodes: dict[int, Node] = {}
        plans = self._plans
        for key, value in attributes.items():
            plan = plans.get(key)
            if plan is None:
                plan = plans[key] = self._plan(key)
            for place, steps, is_above in plan:
                if is_above:
                    value_at = _at(value, steps)
                    if value_at is not None:
                        found[place] = value_at
                elif steps:
                    put(nodes.setdefault(place, Node()), steps[:-1], steps[-1], value)
                else:
                    found[place] = value
        for place, node in nodes.items():
            if found[place] is None:
                found[place] = finished(node, objects_only=False)
        return found

    def _plan(self, key: str) -> list[tuple[int, tuple[str, ...], bool]]:
        """For each path that the flat key has to do with: its place, the steps between them, and whether the key's
        value is above the path (to be looked into) or part of what is there."""
        plan: list[tuple[int, tuple[str, ...], bool]] = []
        for place, path in enumerate(self._paths):
            whole = ".".join(path)
            if key == whole:
                plan.append((place, (), False))
            elif key.startswith(f"{whole}."):
                plan.append((place, tuple(key[len(whole) + 1 :].split(".")), False))
            elif whole.startswith(f"{key}."):
                depth = next((n for n in range(1, len(path)) if ".".join(path[:n]) == key), 0)
                if depth:
                    plan.append((place, path[depth:], True))
        return plan


def _at(value: Any, steps: tuple[str, ...]) -> Any:
    """What is inside a nested value, keys with dots tried last; None if nothing."""
    for depth, step in enumerate(steps):
        if isinstance(value, dict):
            if step not in value:
                return value.get(".".join(steps[depth:]))
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


class PickedFrame:
    """The columns that a query names."""

    def __init__(self, query: FrameQuery, time: Callable[[int], Any]) -> None:
        self._time = time
        self._columns = columns = Columns()
        self._finder = _Finder()
        self._explode, self._concat, self._rename = query.explode, query.concat, query.rename
        self._fields: list[tuple[str, Callable[[Span], Any], bool]] = []
        self._found: list[tuple[str, int]] = []
        index = self._pick(query.index.column, query.index)
        self.index: tuple[str, ...] = (index,)
        if query.explode:
            self._position = columns.add(query.explode.position)
            self.index = (index, self._position)
        taken = {column.name for column in columns.all}
        for name, path in query.select:
            if name not in taken:
                taken.add(name)
                self._pick(self._rename.get(name, name), path)
        self._concat_columns: list[tuple[str, Path | None]] = []
        if query.concat:
            self._concat_at = self._finder.add(query.concat.key.segments)
            named = query.concat.columns or ((query.concat.key.text, None),)
            self._concat_columns = self._own(named, taken)
        self._explode_columns: list[tuple[str, Path | None]] = []
        if query.explode:
            self._explode_at = self._finder.add(query.explode.key.segments)
            self._explode_columns = self._own(query.explode.columns, taken)
        self._taken = taken
        self._looks_into_bodies = bool(query.parts)

    @property
    def columns(self) -> list[Column]:
        """See Frame."""
        return self._columns.all

    def columnar(self, spans: Sequence[Span]) -> Columnar:
        """See Frame."""
        rows = self.rows(spans)
        return Columnar(len(rows), {}, [], dict(enumerate(rows)))

    def rows(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
        """See Frame."""
        rows: list[dict[str, Any]] = []
        for span in spans:
            row: dict[str, Any] = {}
            for key, field_of, is_time in self._fields:
                value = field_of(span)
                if value is not None:
                    row[key] = self._time(value) if is_time else value
            if not self._looks_into_bodies:
                rows.append(row)
                continue
            found = self._finder.values(span)
            for key, place in self._found:
                if found[place] is not None:
                    row[key] = found[place]
            if self._concat and not self._join(row, found[self._concat_at]):
                continue
            if self._explode:
                rows += self._exploded(row, found[self._explode_at])
            else:
                rows.append(row)
        return rows

    def _pick(self, name: str, path: Path) -> str:
        key = self._columns.add(name, is_time=path.text in _TIMES)
        if path.text in FIELDS:
            self._fields.append((key, FIELDS[path.text], path.text in _TIMES))
        else:
            self._found.append((key, self._finder.add(path.segments)))
        return key

    def _own(self, named: Iterable[tuple[str, Path | None]], taken: set[str]) -> list[tuple[str, Path | None]]:
        """Columns for these, but for those names that `select` has taken."""
        own = []
        for name, path in named:
            if name not in taken:
                taken.add(name)
                own.append((self._columns.add(self._rename.get(name, name)), path))
        return own

    def _join(self, row: dict[str, Any], elements: Any) -> bool:
        """Add the concatenations; False if there is no list, and so no row."""
        assert self._concat is not None
        elements = _elements(elements)
        if elements is None:
            return False
        for key, path in self._concat_columns:
            parts = elements if path is None else [_at(element, path.segments) for element in elements]
            texts = [_as_text(part) for part in parts if part is not None]
            if texts:
                row[key] = self._concat.separator.join(texts)
        return True

    def _exploded(self, row: dict[str, Any], elements: Any) -> Iterator[dict[str, Any]]:
        assert self._explode is not None
        for position, element in enumerate(_elements(elements) or ()):
            one = {**row, self._position: position}
            if self._explode.columns:
                for key, path in self._explode_columns:
                    value = _at(element, path.segments) if path else None
                    if value is not None:
                        one[key] = value
            else:
                whole = _leaves(element) if isinstance(element, dict) else {self._explode.key.text: element}
                for name, value in whole.items():
                    if name not in self._taken and value is not None:
                        one[self._columns.key(self._rename.get(name, name))] = value
            yield one


def _elements(value: Any) -> list[Any] | None:
    """The elements of a list; only the objects, if it has any. None if it is no list."""
    if not isinstance(value, list):
        return None
    return [element for element in value if isinstance(element, dict)] or value


def _leaves(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys of what objects hold; lists are values.

    >>> _leaves({"document": {"id": 1, "metadata": {"tags": [{"a": 1}]}}})
    {'document.id': 1, 'document.metadata.tags': [{'a': 1}]}
    """
    leaves: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            leaves |= _leaves(inner, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = inner
    return leaves


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
