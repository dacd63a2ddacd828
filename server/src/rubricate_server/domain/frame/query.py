"""What a query asks for: its clauses, checked, and paths into spans."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rubricate_server.domain.frame.column import FIELDS, SPAN_ID, SUMS, TRACE_ID


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
            if path.text in FIELDS:
                continue
            root = path.segments[0]
            if path.segments in (("input", "value"), ("output", "value")):
                parts.add(root)
            else:
                parts |= {"attributes", root} if root in ("input", "output") else {"attributes"}
        return frozenset(parts)

    @property
    def sums(self) -> tuple[str, ...]:
        """The sums that rows show."""
        return () if self.is_whole else tuple(sorted({path.text for path in self._paths() if path.text in SUMS}))

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
_OLD_KEYS: Final = {name.replace("_llm_token_count_", "_token_count."): name for name in SUMS}


def _full(name: Any) -> Any:
    return _FULL_NAMES.get(name, name) if isinstance(name, str) else name


_SEGMENT: Final = re.compile(r"""(?:^|\.)([\w\-:/]+)|\[\s*(?:"([^"]+)"|'([^']+)'|(\d+))\s*\]""")


def _path(key: Any, clause: str) -> Path:
    if not isinstance(key, str) or not key:
        raise FrameError(f"'{clause}' must be a name such as 'input.value'")
    text = _OLD_KEYS.get(key) or _full(key)
    if text in FIELDS:
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
