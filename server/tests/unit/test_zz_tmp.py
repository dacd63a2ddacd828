"""Frames made of columns of values hold what frames made of rows hold, whatever applications send."""

from collections.abc import Sequence
from typing import Any

import orjson
import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rubricate_server.api.arrow_column import ColumnTable
from rubricate_server.api.arrow_kind import Kind
from rubricate_server.domain.frame import Columnar, FrameQuery, filled, frame_of
from rubricate_server.storage.contract import SpanBody, StoredSpan

SCALARS = st.sampled_from(["", "text", "ü🧪", 0, -1, 2**63 - 1, 2**64 - 1, 0.5, 1e300, True, False, None])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a.b", "0", "1"]), inner, max_size=3)
    ),
    max_leaves=4,
)
# Known and unknown keys, places in lists, keys that are above one another, keys whose objects are somebody else's.
KEYS = [
    "llm.model_name",
    "llm.input_messages",
    "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content",
    "llm.input_messages.1.message.content",
    "llm.input_messages.1.message.tool_calls.0.tool_call.function.name",
    "llm.input_messages.1.message.tool_calls.1.tool_call.function.name",
    "llm.input_messages.role",
    "retrieval.documents.0.document.metadata",
    "retrieval.documents.2.document.score",
    "embedding.embeddings.0.embedding.vector",
    "metadata",
    "metadata.a",
    "metadata.a.b",
    "input.value",
    "own",
    "own.1",
    "own.1.x",
    "own.0.x.y",
]
ATTRIBUTES = st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=8).map(dict)
SHAPES = st.lists(ATTRIBUTES, min_size=1, max_size=4)
TEXTS = st.none() | st.sampled_from(["", "hello"])


def span(number: int, attributes: dict[str, Any], input_text: str | None, output: str | None) -> StoredSpan:
    events = b'[{"name":"e"}]' if number % 3 == 0 else None
    body = SpanBody(input_text, output, orjson.dumps(attributes), events, None)
    parent = None if number % 2 else b"\1" * 8
    return StoredSpan(
        number, b"\2" * 16, number.to_bytes(8, "big"), parent, "step", "llm", number, number + 1, 1, "", body
    )


@st.composite
def some_spans(draw: st.DrawFn) -> list[StoredSpan]:
    """Spans of few shapes, each of them often, and values of the same keys drawn anew."""
    shapes = draw(SHAPES)
    drawn = []
    for number in range(draw(st.integers(1, 12))):
        shape = draw(st.sampled_from(shapes))
        attributes = {key: draw(st.just(value) | _like(value)) for key, value in shape.items()}
        drawn.append(span(number, attributes, draw(TEXTS), draw(TEXTS)))
    return drawn


def _like(value: Any) -> st.SearchStrategy[Any]:
    return SCALARS.filter(lambda other: type(other) is type(value)) if isinstance(value, str | int | float) else VALUES


def rows_of(columnar: Columnar) -> list[dict[str, Any]]:
    """The rows, put together again."""
    found: list[dict[str, Any]] = [{} for _ in range(columnar.length)]
    for key, cells in columnar.fixed.items():
        for row, cell in zip(found, cells, strict=True):
            row[key] = cell
    for place, row in columnar.others.items():
        found[place] |= row
    for group in columnar.groups:
        for place, values in zip(group.places, group.values, strict=True):
            found[place] |= {key: filled(cell, values) for key, cell in group.cells.items()}
    return [{key: cell for key, cell in row.items() if cell is not None} for row in found]


QUERIES = ({}, {"select": {"m": {"key": "llm.input_messages"}, "name": {"key": "name"}}})


@settings(deadline=None, max_examples=2000, database=None)
@given(some_spans(), st.sampled_from(QUERIES))
@example([span(1, {"metadata": {"a": [1, {"b": None}]}}, None, "x"), span(2, {"metadata": {}}, "", None)], {})
@example([span(n, {"own": [1, 2], "own.1": {"x": []}, "own.0.x.y": {}}, None, None) for n in (1, 2)], {})
def test_columns_hold_what_rows_hold(spans: Sequence[StoredSpan], query: dict[str, Any]) -> None:
    by_rows, by_columns = (frame_of(FrameQuery.parse(query), time=int) for _ in range(2))
    for at in range(0, len(spans), 5):
        some = spans[at : at + 5]
        assert rows_of(by_columns.columnar(some)) == by_rows.rows(some)
    assert by_columns.columns == by_rows.columns


def bare(cell: Any) -> Any:
    """Without the empty fields that Arrow gives objects, and in one order."""
    if isinstance(cell, dict):
        return {key: bare(cell[key]) for key in sorted(cell) if cell[key] is not None}
    return [bare(part) for part in cell] if isinstance(cell, list) else cell


@settings(deadline=None, max_examples=2000, database=None)
@given(some_spans())
@example([span(n, {"metadata": {"a": n}, "own.0.x.y": n / 2 if n > 1 else n}, None, None) for n in (1, 2, 3)])
@example([span(1, {"metadata": {}}, None, None), span(2, {"metadata": {}, "own": 1}, None, None)])
def test_arrays_of_values_are_arrays_of_cells(spans: Sequence[StoredSpan]) -> None:
    frame, by_rows = (frame_of(FrameQuery.parse({}), time=int) for _ in range(2))
    kinds: dict[str, tuple[Kind, Kind]] = {}
    for at in range(0, len(spans), 5):
        some = spans[at : at + 5]
        table, rows = ColumnTable(frame.columnar(some)), by_rows.rows(some)
        for column in frame.columns:
            given, expected = kinds.setdefault(
                column.key, tuple(Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None) for _ in range(2))
            )
            cells = [row.get(column.key) for row in rows]
            expected.see(cells)
            array, wanted = table.array(column.key, given), expected.array(cells)
            array.validate(full=True)
            assert str(given.arrow()) == str(expected.arrow()) or given.is_mixed or pa.types.is_nested(array.type)
            assert bare(array.to_pylist()) == bare(wanted.to_pylist())
