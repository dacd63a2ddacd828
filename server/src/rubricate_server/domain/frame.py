"""Data frames of spans: which columns a query asks for, and the rows that spans make of it.

Two shapes of frame exist. Without `select`, `explode` and `concat` it is *whole*: eleven fixed columns and one
`attributes.…` column for each attribute that occurs. With any of them it is *picked*: only what was named.

A row is a dict from column key to cell, without its empty cells. A key is the column's ordinal and name (`4_name`),
because two columns may bear one name. Columns turn up as spans go by, so they are complete only after the last row.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

import orjson

from rubricate_server.domain.attributes import flatten

SPAN_ID: Final = "context.span_id"
TRACE_ID: Final = "context.trace_id"
STATUS_CODES: Final = ("UNSET", "OK", "ERROR")


class Body(Protocol):
    """The large parts of a span, as storage gives them."""

    @property
    def input(self) -> str | None: ...  # noqa: D102
    @property
    def output(self) -> str | None: ...  # noqa: D102
    @property
    def attributes(self) -> bytes: ...  # noqa: D102
    @property
    def events(self) -> bytes | None: ...  # noqa: D102


class Span(Protocol):
    """A span, as storage gives it."""

    @property
    def trace_id(self) -> bytes: ...  # noqa: D102
    @property
    def span_id(self) -> bytes: ...  # noqa: D102
    @property
    def parent_id(self) -> bytes | None: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def start_ns(self) -> int: ...  # noqa: D102
    @property
    def end_ns(self) -> int: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def status_message(self) -> str: ...  # noqa: D102
    @property
    def body(self) -> Body: ...  # noqa: D102


# --- the query --------------------------------------------------------------------------------------------------------


class FrameError(ValueError):
    """A frame query that cannot be answered; the message names the clause and what it may hold."""


class Path(NamedTuple):
    """What a key means: a field of the span, or segments that lead to an attribute."""

    text: str
    segments: tuple[str, ...]

    @property
    def column(self) -> str:
        """The name of a column that holds it, when the query gives none."""
        return _FULL_NAMES.get(self.text, self.text)


class Explode(NamedTuple):
    """One row for each element of a list."""

    key: Path
    columns: tuple[tuple[str, Path], ...]
    """Column name and path inside the element; empty: everything that elements hold."""

    @property
    def position(self) -> str:
        """The second level of the index."""
        return "document_position" if self.key.text == "retrieval.documents" else "position"


class Concat(NamedTuple):
    """The elements of a list as one text."""

    key: Path
    separator: str
    columns: tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """One query of a request, understood."""

    select: tuple[tuple[str, Path], ...] = ()
    """Column name and what it holds."""
    condition: str | None = None
    """Which spans; in the filter language, not parsed here."""
    explode: Explode | None = None
    concat: Concat | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    index: Path = field(default_factory=lambda: Path(SPAN_ID, (SPAN_ID,)))

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "FrameQuery":
        """From a query of a request body; clauses that are null or empty count as absent. Raises FrameError."""
        explode = _clause(raw, "explode")
        concat = _clause(raw, "concat")
        index = _clause(raw, "index")
        # An index other than the default wins; the client writes the same one into both places.
        index_key = index["key"] if _is_given(index, "key") else SPAN_ID
        if _is_given(explode, "primary_index_key") and _full(index_key) == SPAN_ID:
            index_key = explode["primary_index_key"]
        return cls(
            select=_columns(_clause(raw, "select"), "select", lambda value: _key_of(value, "select")),
            condition=_condition(_clause(raw, "filter")),
            explode=_explode(explode) if _is_given(explode, "key") else None,
            concat=_concat(concat) if _is_given(concat, "key") else None,
            rename=_rename(_clause(raw, "rename")),
            index=_path(index_key, "index"),
        )

    @property
    def is_whole(self) -> bool:
        """Whether the frame has all columns."""
        return not self.select and self.explode is None and self.concat is None

    @property
    def parts(self) -> frozenset[str]:
        """The parts of the bodies from which rows are made."""
        if self.is_whole:
            return frozenset({"input", "output", "attributes", "events"})
        parts: set[str] = set()
        for path in self._paths():
            if path.text in _FIELDS:
                continue
            root = path.segments[0]
            if path.segments in (("input", "value"), ("output", "value")):
                parts.add(root)
            else:
                parts |= {"attributes", root} if root in ("input", "output") else {"attributes"}
        return frozenset(parts)

    def _paths(self) -> Iterator[Path]:
        yield self.index
        yield from (path for _, path in self.select)
        if self.explode:
            yield self.explode.key
        if self.concat:
            yield self.concat.key


def _is_given(clause: Mapping[str, Any], name: str) -> bool:
    return clause.get(name) not in (None, "")


def _clause(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    clause = raw.get(name)
    if clause is None:
        return {}
    if not isinstance(clause, dict):
        raise FrameError(f"'{name}' must be an object")
    return clause


def _columns(raw: Any, clause: str, key: Callable[[Any], Any]) -> tuple[tuple[str, Path], ...]:
    if not isinstance(raw, dict):
        raise FrameError(f"'{clause}' must be an object")
    return tuple((_full(name), _path(key(value), f"{clause}['{name}']")) for name, value in raw.items())


def _key_of(projection: Any, clause: str) -> Any:
    if not isinstance(projection, dict) or "key" not in projection:
        raise FrameError(f"'{clause}' must map column names to objects with a 'key'")
    return projection["key"]


def _condition(raw: dict[str, Any]) -> str | None:
    condition = raw.get("condition")
    if condition is None:
        return None
    if not isinstance(condition, str):
        raise FrameError("'filter.condition' must be a string")
    return condition if condition.strip() else None


def _explode(raw: dict[str, Any]) -> Explode:
    return Explode(
        _path(raw["key"], "explode.key"),
        _columns(raw.get("kwargs") or {}, "explode.kwargs", lambda value: value),
    )


def _concat(raw: dict[str, Any]) -> Concat:
    separator = raw.get("separator")
    if separator is None:
        separator = "\n\n"
    if not isinstance(separator, str):
        raise FrameError("'concat.separator' must be a string")
    return Concat(
        _path(raw["key"], "concat.key"),
        separator,
        _columns(raw.get("kwargs") or {}, "concat.kwargs", lambda value: value),
    )


def _rename(raw: dict[str, Any]) -> dict[str, str]:
    for old, new in raw.items():
        if not isinstance(new, str) or not new:
            raise FrameError(f"'rename' must give '{old}' a name")
    return raw


_FULL_NAMES: Final = {"span_id": SPAN_ID, "trace_id": TRACE_ID}


def _full(name: Any) -> Any:
    return _FULL_NAMES.get(name, name) if isinstance(name, str) else name


_SEGMENT: Final = re.compile(r"""(?:^|\.)([\w\-:/]+)|\[\s*(?:"([^"]+)"|'([^']+)'|(\d+))\s*\]""")


def _path(key: Any, clause: str) -> Path:
    if not isinstance(key, str) or not key:
        raise FrameError(f"'{clause}' must be a name such as 'input.value'")
    text = _full(key)
    if text in _FIELDS:
        return Path(text, (text,))
    segments: list[str] = []
    at = 0
    while at < len(key):
        match = _SEGMENT.match(key, at)
        if match is None or (at == 0 and match[1] is None):
            raise FrameError(f"'{clause}' is not a name: {key!r} at character {at + 1}")
        segments.append(next(filter(None, match.groups())))
        at = match.end()
    if segments[0] in ("annotations", "evals", "trace_annotations") and "[" in key:
        raise FrameError(f"'{clause}' cannot be an annotation: {key!r}; annotations belong into the filter")
    if segments[0] == "attributes" and len(segments) > 1:
        del segments[0]
    return Path(key, tuple(segments))


# --- columns ----------------------------------------------------------------------------------------------------------

# The attributes of OpenInference that have a column of their own, or, inside list elements, a dotted key of their own.
_LEAVES: Final = frozenset(
    prefix + name
    for prefix, names in {
        "": "metadata openinference.span.kind session.id user.id tag.tags agent.name",
        "input.": "value mime_type images documents",
        "output.": "value mime_type images documents",
        "llm.": "model_name request.model_name response.model_name provider system finish_reason invocation_parameters"
        " input_messages output_messages prompts choices tools function_call",
        "llm.prompt_template.": "template variables version",
        "llm.token_count.": "prompt completion total prompt_details.audio prompt_details.cache_read"
        " prompt_details.cache_write prompt_details.cache_input completion_details.audio completion_details.reasoning",
        "llm.cost.": "prompt completion total prompt_details.input prompt_details.audio prompt_details.cache_read"
        " prompt_details.cache_write prompt_details.cache_input completion_details.output completion_details.audio"
        " completion_details.reasoning",
        "message.": "role content name tool_call_id function_call_name function_call_arguments_json contents"
        " tool_calls finish_reason",
        "message_content.": "type text id signature data encrypted_content image audio video document",
        "image.": "url",
        "video.": "url",
        "audio.": "url mime_type transcript",
        "document.": "id score content metadata url mime_type name",
        "tool.": "name description id parameters json_schema",
        "tool_call.": "id function.name function.arguments reasoning_signature",
        "retrieval.": "documents",
        "reranker.": "input_documents output_documents query model_name top_k",
        "embedding.": "model_name invocation_parameters embeddings text vector",
        "graph.node.": "id name parent_id",
        "prompt.": "text vendor id url",
        "completion.": "text",
        "decision.": "model_name request.model_name response.model_name provider system token_count.input"
        " token_count.output",
    }.items()
    for name in names.split()
)
_ROOTS: Final = frozenset(leaf.split(".")[0] for leaf in _LEAVES)
_LONGEST_LEAF: Final = max(leaf.count(".") + 1 for leaf in _LEAVES)

# Their objects are somebody else's: the keys inside stay as they are.
_OPAQUE: Final = frozenset({"metadata", "document.metadata", "llm.prompt_template.variables", "tool.parameters"})


class Column(NamedTuple):
    """A column of a frame."""

    key: str
    """Under which rows hold its cells: unlike the name, unique in the frame."""
    name: str
    is_time: bool = False


class _Columns:
    """Columns in the order in which they turned up."""

    def __init__(self) -> None:
        self.all: list[Column] = []
        self._keys: dict[str, str] = {}

    def add(self, name: str, *, is_time: bool = False) -> str:
        """A new column, even if there is one of that name. Returns its key."""
        column = Column(f"{len(self.all)}_{name}", name, is_time)
        self.all.append(column)
        self._keys.setdefault(name, column.key)
        return column.key

    def key(self, name: str) -> str:
        """The key of the column of that name, which is made if need be."""
        return self._keys.get(name) or self.add(name)


class Frame(Protocol):
    """A frame in the making."""

    index: tuple[str, ...]
    """Keys of the columns that are the index."""

    @property
    def columns(self) -> list[Column]:
        """The columns so far, the index first."""

    def rows(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
        """The rows of these spans, each without its empty cells."""


def frame_of(query: FrameQuery, *, time: Callable[[int], Any]) -> Frame:
    """An empty frame for the query. Cells that are moments are made by `time` from nanoseconds."""
    return _WholeFrame(time) if query.is_whole else _PickedFrame(query, time)


# --- cells ------------------------------------------------------------------------------------------------------------


class _Node(dict[str, Any]):
    """An object that is being put together from flat keys; the class tells it from objects that are values."""


def _put(node: _Node, parents: tuple[str, ...], leaf: str, value: Any) -> None:
    """Into the node, at a path. Where one key holds both a value and an object, the object's keys become dotted."""
    for depth, step in enumerate(parents):
        child = node.get(step)
        if child is None:
            child = node[step] = _Node()
        elif child.__class__ is not _Node:
            node[".".join((*parents[depth:], leaf))] = value
            return
        node = child
    present = node.get(leaf)
    if present.__class__ is _Node:
        node.update((f"{leaf}.{key}", inner) for key, inner in flatten(present).items())
    node[leaf] = value


def _finished(node: _Node, *, objects_only: bool) -> Any:
    """The node with lists where all keys are numbers and some hold objects. Gaps close.

    With `objects_only` such lists lose whatever else they hold: cells promise elements that can be asked for a key.
    """
    is_list = True
    has_object = False
    for key, child in node.items():
        if child.__class__ is _Node:
            child = node[key] = _finished(child, objects_only=objects_only)
        if is_list:
            is_list = key.isdecimal()
            has_object = has_object or isinstance(child, dict | list)
    if not is_list or not has_object:
        return node
    elements = [node[key] for key in sorted(node, key=int)]
    return [element for element in elements if isinstance(element, dict)] if objects_only else elements


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(ns: int) -> str:
    """A moment as text, to the nanosecond: `2026-11-23T12:00:00.000000001Z`."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{_iso_second(seconds)}.{rest:09d}Z"


@lru_cache(maxsize=1024)
def _iso_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def _events(encoded: bytes | None) -> list[dict[str, Any]]:
    if not encoded:
        return []
    events: list[dict[str, Any]] = orjson.loads(encoded)
    for event in events:
        at = event.get("timestamp")
        if at.__class__ is int:
            event["timestamp"] = (_EPOCH + timedelta(microseconds=at // 1000)).isoformat()
    return events


# --- all columns ------------------------------------------------------------------------------------------------------

_Plan = tuple[str, tuple[str, ...], str | None]
"""Where the value of a flat key goes: the column, and steps into its cell, the last one apart (None: it is all)."""


class _Plans(dict[str, _Plan]):
    """Plans of flat keys, made on first sight. Spans of an application share a few hundred keys."""

    def __init__(self, columns: _Columns) -> None:
        super().__init__()
        self._columns = columns
        self.known: set[str] = set()
        """Columns whose elements a convention describes."""

    def __missing__(self, key: str) -> _Plan:
        name, steps = _place(key)
        column = self._columns.key(f"attributes.{name}")
        if name in _LEAVES and name not in _OPAQUE:
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
    if leaf in _OPAQUE:
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
        if steps[-1] in _OPAQUE:
            return (*steps, *segments[at:])
    return tuple(steps)


def _leaf_length(segments: list[str], at: int) -> int:
    """How many segments from there are a known key; the longest; 0 for none."""
    for length in range(min(_LONGEST_LEAF, len(segments) - at), 0, -1):
        if ".".join(segments[at : at + length]) in _LEAVES:
            return length
    return 0


class _WholeFrame:
    """All columns. Index and renamings of the query have no say, as in Phoenix."""

    def __init__(self, time: Callable[[int], Any]) -> None:
        self._time = time
        self._columns = columns = _Columns()
        index = columns.add(SPAN_ID)
        self.index: tuple[str, ...] = (index,)
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
        return self._columns.all

    def rows(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
        # The hot path of every export: 30 µs for a span of 5 KB and 25 attributes, a third of it parsing JSON.
        index, name, kind, parent, start, end, status, message, events, span_id, trace_id = self._fixed
        plans, time, loads = self._plans, self._time, orjson.loads
        rows = []
        for span in spans:
            body = span.body
            hex_id = span.span_id.hex()
            row: dict[str, Any] = {
                index: hex_id,
                name: span.name,
                kind: span.kind.upper() or "UNKNOWN",
                start: time(span.start_ns),
                end: time(span.end_ns),
                status: STATUS_CODES[span.status],
                message: span.status_message,
                events: _events(body.events),
                span_id: hex_id,
                trace_id: span.trace_id.hex(),
            }
            if span.parent_id is not None:
                row[parent] = span.parent_id.hex()
            nodes: dict[str, _Node] = {}
            for key, value in loads(body.attributes or b"{}").items():
                column, parents, leaf = plans[key]
                if leaf is None:
                    if value.__class__ is str or not self._take_apart(key, value, row, nodes):
                        row[column] = value
                    continue
                node = nodes.get(column)
                if node is None:
                    node = nodes[column] = _Node()
                # As _put does it, unless something is in the way.
                at: Any = node
                for step in parents:
                    child = at.get(step)
                    if child is None:
                        child = at[step] = _Node()
                    elif child.__class__ is not _Node:
                        break
                    at = child
                else:
                    if leaf not in at:
                        at[leaf] = value
                        continue
                _put(node, parents, leaf, value)
            if body.input is not None:
                row[plans["input.value"][0]] = body.input
            if body.output is not None:
                row[plans["output.value"][0]] = body.output
            for column, node in nodes.items():
                if row.get(column) is None:
                    row[column] = _finished(node, objects_only=column in plans.known)
                else:
                    self._spill(row, column, node)
            if None in row.values():
                row = {key: value for key, value in row.items() if value is not None}
            rows.append(row)
        return rows

    def _take_apart(self, key: str, value: Any, row: dict[str, Any], nodes: dict[str, _Node]) -> bool:
        """Spread a value that holds objects over the columns that its flat keys have. False: it is a cell as it is."""
        if value.__class__ not in (list, dict) or key in _OPAQUE or key.split(".")[0] not in _ROOTS:
            return False
        flat = flatten({key: value})
        if not flat or key in flat:
            return False
        for inner, part in flat.items():
            column, parents, leaf = self._plans[inner]
            if leaf is None:
                row[column] = part
            else:
                _put(nodes.setdefault(column, _Node()), parents, leaf, part)
        return True

    def _spill(self, row: dict[str, Any], column: str, node: _Node) -> None:
        """Give the parts of an object columns of their own, because its column holds another value in this row."""
        name = column.split("_", 1)[1]
        for path, value in flatten(node).items():
            if value is not None:
                row[self._columns.key(f"{name}.{path}")] = value


# --- named columns ----------------------------------------------------------------------------------------------------

_FIELDS: Final[dict[str, Callable[[Span], Any]]] = {
    SPAN_ID: lambda span: span.span_id.hex(),
    TRACE_ID: lambda span: span.trace_id.hex(),
    "parent_id": lambda span: None if span.parent_id is None else span.parent_id.hex(),
    "name": lambda span: span.name,
    "span_kind": lambda span: span.kind.upper() or "UNKNOWN",
    "status_code": lambda span: STATUS_CODES[span.status],
    "status_message": lambda span: span.status_message,
    "start_time": lambda span: span.start_ns,
    "end_time": lambda span: span.end_ns,
    "latency_ms": lambda span: (span.end_ns - span.start_ns) / 1_000_000,
}
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
        nodes: dict[int, _Node] = {}
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
                    _put(nodes.setdefault(place, _Node()), steps[:-1], steps[-1], value)
                else:
                    found[place] = value
        for place, node in nodes.items():
            if found[place] is None:
                found[place] = _finished(node, objects_only=False)
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


class _PickedFrame:
    """The columns that a query names."""

    def __init__(self, query: FrameQuery, time: Callable[[int], Any]) -> None:
        self._time = time
        self._columns = columns = _Columns()
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
        return self._columns.all

    def rows(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
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
        if path.text in _FIELDS:
            self._fields.append((key, _FIELDS[path.text], path.text in _TIMES))
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
