"""Frames in parts: the same frame as from one Arrow stream, to the type of each cell, or an error."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import orjson
import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from rubricate.client.conform import json_text
from rubricate.client.frame import frames, with_span_id_column
from rubricate.client.frame_parts import FrameReader
from rubricate.client.progress import Progress
from rubricate.errors import UnreadableAnswer
from rubricate.records.frame_part import HEADER, PARTS
from rubricate_server.api import arrow_frame, arrow_kind, dataframe, frame_parts
from rubricate_server.storage.contract import SpanAnnotationRow, SpanBody, StoredProject, StoredSpan

SCALARS = st.sampled_from(
    [
        "",
        "text",
        'ü🧪\n\x00\x7f"\\',
        0,
        -1,
        2**53 + 1,
        2**63 - 1,
        2**64 - 1,
        0.5,
        1e-5,
        -2.5e-5,
        1.5e-7,
        1e16,
        True,
        None,
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "0"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    "llm.model_name",
    "llm.token_count.prompt",
    "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content",
    "llm.input_messages.1.message.tool_calls.0.tool_call.function.name",
    "retrieval.documents.0.document.score",
    "retrieval.documents.1.document.metadata",
    "embedding.embeddings.0.embedding.vector",
    "metadata",
    "metadata.a",
    "own",
    "own.x",
    "own.0.y",
    "plain",
]
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)
QUERIES: list[dict[str, Any]] = [
    {},
    {"explode": {"key": "retrieval.documents"}},
    {"select": {key: {"key": key} for key in ("name", "start_time", "own", "metadata")}},
    {"select": {"a": {"key": "name"}, "b": {"key": "span_kind"}}, "rename": {"a": "same", "b": "same"}},
    {"concat": {"key": "llm.input_messages", "kwargs": {"c": "message.content"}}, "index": {"key": "trace_id"}},
]


def span(number: int, attributes: dict[str, Any]) -> StoredSpan:
    body = SpanBody(attributes.get("input.value"), None, orjson.dumps(attributes), None, None)
    parent = None if number % 2 else b"\1" * 8
    return StoredSpan(
        number, b"\2" * 16, number.to_bytes(8, "big"), parent, f"step {number}", "llm", number, number + 1, 1, "", body
    )


def app_of(spans: Sequence[StoredSpan], said: Sequence[SpanAnnotationRow] = ()) -> TestClient:
    """An app with these spans, read one by one, and these annotations."""

    def scan(query: Any, limit: int | None, parts: frozenset[str], sums: Sequence[str]) -> Iterator[list[StoredSpan]]:
        yield from ([each] for each in spans[:limit])

    def of_spans(project_id: int, rows: Sequence[int], excluded_names: Sequence[str]) -> list[SpanAnnotationRow]:
        assert tuple(excluded_names) == ("note",)
        span_ids = {each.span_id for each in spans if each.id in rows}
        return [each for each in said if each.span_id in span_ids]

    app = FastAPI()
    app.include_router(dataframe.router)
    app.state.storage = SimpleNamespace(
        spans=SimpleNamespace(scan=scan),
        projects=SimpleNamespace(get=lambda name: StoredProject(7, name, None)),
        annotations=SimpleNamespace(of_spans=of_spans),
    )
    return TestClient(app)


def asked(app: TestClient, accept: str, queries: Sequence[dict[str, Any]], params: str = "") -> Any:
    response = app.post(f"/v1/spans{params}", json={"queries": queries}, headers={"accept": accept})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == accept
    return response


def reader_of(content: bytes, size: int = 1000) -> FrameReader:
    reader = FrameReader(Progress("Reading", wanted=False))
    for at in range(0, len(content), size):
        reader.feed(content[at : at + size])
    return reader


def exactly(cell: Any) -> Any:
    """A cell with the types of all that is in it, and the order of keys."""
    if isinstance(cell, np.ndarray):
        return ("array", str(cell.dtype), repr(cell.tolist()))
    if isinstance(cell, dict):
        return ("dict", [(key, exactly(part)) for key, part in cell.items()])
    if isinstance(cell, list):
        return ("list", [exactly(part) for part in cell])
    return (type(cell), repr(cell))


def assert_same(frame: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert list(frame.columns) == list(expected.columns)
    assert [str(kind) for kind in frame.dtypes] == [str(kind) for kind in expected.dtypes]
    assert type(frame.index) is type(expected.index)
    assert (frame.index.names, frame.index.tolist()) == (expected.index.names, expected.index.tolist())
    assert [str(level.dtype) for level in _levels(frame)] == [str(level.dtype) for level in _levels(expected)]
    for place, name in enumerate(frame.columns):
        cells, wanted = (one.iloc[:, place] for one in (frame, expected))
        assert list(map(exactly, cells)) == list(map(exactly, wanted)), name


def _levels(frame: pd.DataFrame) -> list[Any]:
    return [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]


@settings(deadline=None, max_examples=60)
@given(
    attributes=st.lists(ATTRIBUTES, max_size=8),
    rows=st.sampled_from([1, 2, 3]),
    size=st.sampled_from([1, 7, 5000]),
    most_fields=st.sampled_from([2, 512]),
)
@example([{}, {"own": 1}, {"own": 0.5}, {"own": 2**62}], 1, 7, 512)
@example([{"plain": 1}, {"plain": "x"}, {"plain": {"a": [1e-5, None]}}, {"plain": True}], 1, 7, 512)
@example([{"metadata": {"a": 1}}, {"metadata": {"b": {"c": None}}}, {"metadata": {"a": 0.5, "b": None}}], 1, 7, 512)
@example([{"metadata": {"a": 1, "b": 2}}, {"metadata": {"c": 2**53 + 1}}, {"metadata": {}}], 1, 7, 2)
@example([{"own": []}, {"own": [1, 2]}, {"own": [0.5]}, {"own": None}, {}], 1, 7, 512)
@example([{"own": {"x": []}}, {"own": {"x": [2**53 + 1]}}, {"own": {"x": [0.5]}}, {"own": {"y": [[]]}}], 1, 7, 512)
@example([{"own": {"x": []}}, {"own": {"x": [1, 2]}}, {"plain": [[]]}, {"plain": [[], [1]]}], 1, 7, 512)
@example([{"own": [{"a": 1}, None, {}]}, {"own": [{"b": "x"}]}, {"own": [{"a": [1]}]}, {"own": [[1]]}], 1, 7, 512)
def test_parts_make_the_frame_that_one_stream_makes(
    attributes: list[dict[str, Any]], rows: int, size: int, most_fields: int
) -> None:
    app = app_of([span(number, each) for number, each in enumerate(attributes, 1)])
    with (
        mock.patch.object(arrow_frame, "BATCH_ROWS", rows),
        mock.patch.object(arrow_kind, "MAX_FIELDS", most_fields),
    ):
        expected = frames(asked(app, "application/x-pandas-arrow", QUERIES))
        found = [each.frame for each in reader_of(asked(app, PARTS, QUERIES).content, size).finish()]
    assert len(found) == len(expected) == len(QUERIES)
    for frame, wanted in zip(found, expected, strict=True):
        assert_same(frame, wanted)
    assert_same(with_span_id_column(found[0]), with_span_id_column(expected[0]))
    if attributes:
        assert found[0]["name"].iloc[0] == "step 1"


def said_of(number: int, row: int, **changes: Any) -> SpanAnnotationRow:
    given = SpanAnnotationRow(
        row,
        number.to_bytes(8, "big"),
        "quality",
        "HUMAN",
        "good",
        0.5,
        None,
        "ada",
        '{"by":["ü",1]}',
        None,
        "API",
        1_793_000_000_123_456,
        1_793_000_000_000_000,
    )
    return given._replace(**changes)


SPANS = [span(number, {"own": number if number < 4 else str(number)}) for number in range(1, 8)]
SAID = [said_of(2, 9), said_of(2, 7, label=None, score=None, explanation="why", metadata="{}"), said_of(6, 8)]


@pytest.fixture
def content(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """An answer with a frame of several batches and their annotations, and another frame."""
    monkeypatch.setattr(arrow_frame, "BATCH_ROWS", 2)
    whole: bytes = asked(app_of(SPANS, SAID), PARTS, QUERIES[:2], "?include_annotations=true").content
    return whole


def parts_of(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each part, header included."""
    while content:
        kind, size = HEADER.unpack_from(content)
        yield kind.rstrip(b"\0"), content[: HEADER.size + size]
        content = content[HEADER.size + size :]


def test_annotations_come_with_the_spans(content: bytes) -> None:
    (frame, annotations), (_, others) = reader_of(content).finish()
    assert frame["attributes.own"].tolist() == ["1", "2", "3", "4", "5", "6", "7"]
    assert annotations == others
    assert annotations is not None
    assert {span_id: [cell["id"] for cell in cells] for span_id, cells in annotations.items()} == {
        f"{2:016x}": ["U3BhbkFubm90YXRpb246OQ==", "U3BhbkFubm90YXRpb246Nw=="],
        f"{6:016x}": ["U3BhbkFubm90YXRpb246OA=="],
    }
    first, second = annotations[f"{2:016x}"]
    assert first == {
        "name": "quality",
        "annotator_kind": "HUMAN",
        "label": "good",
        "score": 0.5,
        "explanation": None,
        "identifier": "ada",
        "metadata": {"by": ["ü", 1]},
        "user_id": None,
        "source": "API",
        "created_at": datetime(2026, 10, 26, 7, 33, 20, 123456, UTC),
        "updated_at": datetime(2026, 10, 26, 7, 33, 20, tzinfo=UTC),
        "id": "U3BhbkFubm90YXRpb246OQ==",
    }
    assert [second[name] for name in ("label", "score", "explanation", "metadata")] == [None, None, "why", {}]


def test_without_being_asked_for_annotations_none_are_read() -> None:
    response = asked(app_of(SPANS, SAID), PARTS, [{}])
    assert [kind for kind, _ in parts_of(response.content)] == [b"rows", b"frame", b"end"]
    assert reader_of(response.content).finish()[0].annotations is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1_000_000))
def test_an_answer_that_ends_too_early_is_an_error(content: bytes, at: int) -> None:
    with pytest.raises(UnreadableAnswer, match="broke off"):
        reader_of(content[: at % len(content)]).finish()


@pytest.mark.parametrize("kind", [b"rows", b"said"])
def test_a_part_that_is_lost_is_an_error(content: bytes, kind: bytes) -> None:
    parts = list(parts_of(content))
    lost = next(place for place, part in enumerate(parts) if part[0] == kind)
    with pytest.raises(UnreadableAnswer, match="announced 7 rows and 3 annotations"):
        reader_of(b"".join(part for place, (_, part) in enumerate(parts) if place != lost))


@pytest.mark.parametrize("what", [b"<html>404 of some proxy</html>", HEADER.pack(b"rows", 5) + b"trash"])
def test_what_is_no_frame_is_an_error(what: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        reader_of(what).finish()


def test_nothing_may_follow_the_end(content: bytes) -> None:
    with pytest.raises(UnreadableAnswer, match="after its end"):
        reader_of(content + content)


def test_signs_of_life_stand_between_parts(content: bytes) -> None:
    alive = b"".join(frame_parts.HEARTBEAT + part for _, part in parts_of(content))
    for read, expected in zip(reader_of(alive).finish(), reader_of(content).finish(), strict=True):
        assert_same(read.frame, expected.frame)


JSON = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_json_text_of_the_client_is_that_of_the_server(value: Any) -> None:
    assert json_text(value) == orjson.dumps(value).decode()
