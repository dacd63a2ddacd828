"""Data frames over the wire: what Phoenix's client reads, and what the wire itself looks like."""

import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import orjson
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from phoenix.client import Client
from phoenix.client.helpers.spans import get_input_output_context, get_retrieved_documents
from phoenix.client.types.spans import SpanQuery as PhoenixQuery
from starlette.testclient import TestClient

from rubricate.client.frame_parts import FrameReader
from rubricate.client.progress import Progress
from rubricate.records.frame_part import PARTS
from rubricate_server.api import arrow, arrow_frame, arrow_kind, dataframe, streaming, table_schema
from rubricate_server.api.frame_parts import HEARTBEAT
from rubricate_server.domain.attributes import flatten
from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract import NewSpan, SpanBody, SpanQuery, Storage, StoredProject, StoredSpan
from rubricate_server.storage.errors import NotFound

BASE = [
    "name",
    "span_kind",
    "parent_id",
    "start_time",
    "end_time",
    "status_code",
    "status_message",
    "events",
    "context.span_id",
    "context.trace_id",
]
START = 1_793_000_000_123_456_789


class FakeStore:
    """Spans of one project, `default`; remembers what it was asked."""

    def __init__(self) -> None:
        self.spans: list[StoredSpan] = []
        self.asked: list[tuple[SpanQuery, int | None, frozenset[str]]] = []
        self.projects_asked: list[str] = []
        self.batch = 3
        self.until: Callable[[], None] = lambda: None
        """What each batch waits for."""
        self.closed_in: list[int] = []

    def get(self, name: str) -> StoredProject:
        self.projects_asked.append(name)
        if name != "default":
            raise NotFound(name)
        return StoredProject(7, name, None)

    def scan(
        self, query: SpanQuery, limit: int | None, parts: frozenset[str], sums: Sequence[str]
    ) -> Iterator[list[StoredSpan]]:
        self.asked.append((query, limit, parts))
        spans = self.spans[:limit]
        try:
            for at in range(0, len(spans), self.batch):
                self.until()
                yield spans[at : at + self.batch]
        finally:
            self.closed_in.append(threading.get_ident())


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def app(store: FakeStore) -> FastAPI:
    app = FastAPI()
    app.include_router(dataframe.router)
    app.state.storage = SimpleNamespace(spans=store, projects=store)
    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def stored(attributes: dict[str, Any] | None = None, number: int = 1, **fields: Any) -> StoredSpan:
    given = flatten(attributes or {})
    body = SpanBody(
        given.pop("input.value", None),
        given.pop("output.value", None),
        orjson.dumps(given),
        fields.pop("events", None),
        None,
    )
    values: dict[str, Any] = {
        "id": number,
        "trace_id": b"\xaa" * 16,
        "span_id": number.to_bytes(8, "big"),
        "parent_id": None,
        "name": "step",
        "kind": "CHAIN",
        "start_ns": START,
        "end_ns": START + 1,
        "status": 1,
        "status_message": "",
        "body": body,
    }
    return StoredSpan(**values | fields)


def tables(response: Any) -> list[dict[str, Any]]:
    """The table schemas of a multipart answer."""
    assert response.status_code == 200, response.text
    kind, boundary = response.headers["content-type"].split("; boundary=")
    assert kind == "multipart/mixed"
    assert response.text.rstrip("\n").endswith(f"\r\n--{boundary}--\r\n".rstrip("\n"))
    parts = response.text.split(f"--{boundary}")[1:-1]
    assert all(part.startswith("\r\nContent-Type: application/json\r\n\r\n") for part in parts)
    return [json.loads(part.split("\r\n\r\n", 1)[1]) for part in parts]


def ask(client: TestClient, *queries: Any, **more: Any) -> Any:
    return client.post("/v1/spans", json={"queries": list(queries), **more}, headers={"accept": "application/json"})


def frames_from_json(client: TestClient, *queries: Any, **more: Any) -> list[pd.DataFrame]:
    """As Phoenix's client makes them, but for its fast parser of numbers, which loses the last digit of some."""
    from pandas.io.json._table_schema import parse_table_schema  # type: ignore[import-untyped]

    frames = []
    for table in tables(ask(client, *queries, **more)):
        frame = parse_table_schema(json.dumps(table), precise_float=True)
        frame.index.names = [name.split("_", 1)[1] for name in frame.index.names]
        frames.append(frame.set_axis([name.split("_", 1)[1] for name in frame.columns], axis=1))
    return frames


def frames_from_arrow(client: TestClient, *queries: Any, **more: Any) -> list[pd.DataFrame]:
    response = client.post("/v1/spans", json={"queries": list(queries), **more})
    assert response.headers["content-type"] == "application/x-pandas-arrow"
    whole = io.BytesIO(response.content)
    frames = []
    while whole.tell() < len(response.content):
        frames.append(pa.ipc.open_stream(whole).read_pandas())
    return frames


def plain(cell: Any) -> Any:
    """A cell without what the formats do differently: arrays, empty fields, ways to be missing."""
    if hasattr(cell, "tolist"):
        cell = cell.tolist()
    if isinstance(cell, list):
        return [plain(item) for item in cell]
    if isinstance(cell, dict):
        return {key: plain(value) for key, value in cell.items() if value is not None}
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return None if cell != cell else float(cell)
    return None if cell is pd.NaT else cell


def assert_alike(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert list(one.columns) == list(other.columns)
    assert list(one.index.names) == list(other.index.names)
    assert one.index.tolist() == other.index.tolist()
    for place in range(len(one.columns)):
        left, right = one.iloc[:, place].tolist(), other.iloc[:, place].tolist()
        assert [plain(cell) for cell in left] == [plain(cell) for cell in right], one.columns[place]


# --- requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "headers", "body", "asked"),
    [
        ({"project_name": "a", "project-name": "b"}, {"project-name": "c"}, {"project_name": "d"}, "a"),
        ({"project-name": "b"}, {"project-name": "c"}, {"project_name": "d"}, "b"),
        ({}, {"project-name": "c"}, {"project_name": "d"}, "c"),
        ({}, {}, {"project_name": "d"}, "d"),
        ({}, {}, {}, "default"),
    ],
)
def test_the_project(
    client: TestClient,
    store: FakeStore,
    params: dict[str, str],
    headers: dict[str, str],
    body: dict[str, str],
    asked: str,
) -> None:
    client.post("/v1/spans", params=params, headers=headers, json={"queries": [{}], **body})
    assert store.projects_asked == [asked]


ROUNDING_NS = 500
"""Spans show their times rounded to a microsecond, and are found by the times that they show."""


@pytest.mark.parametrize(
    ("body", "query", "limit"),
    [
        ({}, {}, 1000),
        ({"limit": None}, {}, None),
        ({"limit": 5}, {}, 5),
        ({"limit": "5"}, {}, 5),
        ({"limit": -1}, {}, None),
        ({"start_time": "1970-01-01T00:00:01.5+00:00"}, {"start_ns": 1_500_000_000 - ROUNDING_NS}, 1000),
        ({"start_time": "1970-01-01T02:00:01+02:00"}, {"start_ns": 1_000_000_000 - ROUNDING_NS}, 1000),
        ({"end_time": "1970-01-01T00:00:01"}, {"end_ns": 1_000_000_000 - ROUNDING_NS}, 1000),
        (
            {"end_time": "1970-01-01T00:00:01Z", "stop_time": "1970-01-01T00:00:02Z"},
            {"end_ns": 1_000_000_000 - ROUNDING_NS},
            1000,
        ),
        ({"stop_time": "1970-01-01T00:00:02Z"}, {"end_ns": 2_000_000_000 - ROUNDING_NS}, 1000),
        ({"root_spans_only": True}, {"roots": True}, 1000),
        (
            {"root_spans_only": True, "orphan_span_as_root_span": False},
            {"roots": True, "orphans_are_roots": False},
            1000,
        ),
        ({"root_spans_only": None, "start_time": None, "unknown": 1}, {}, 1000),
    ],
)
def test_the_span_query(
    client: TestClient, store: FakeStore, body: dict[str, Any], query: dict[str, Any], limit: int | None
) -> None:
    assert ask(client, {}, **body).status_code == 200
    parts = frozenset({"input", "output", "attributes", "events"})
    defaults: dict[str, Any] = {"order": "start_time", "orphans_are_roots": True}
    assert store.asked == [(SpanQuery(7, **(defaults | query)), limit, parts)]


def test_the_filter_is_parsed(client: TestClient, store: FakeStore) -> None:
    ask(client, {"filter": {"condition": "span_kind == 'LLM'"}, "select": {"n": {"key": "name"}}})
    [(query, _, parts)] = store.asked
    assert isinstance(query.condition, Condition)
    assert parts == frozenset()


def test_a_limit_of_nothing_asks_nothing(client: TestClient, store: FakeStore) -> None:
    store.spans = [stored()]
    [table] = tables(ask(client, {}, limit=0))
    assert (table["data"], store.asked) == ([], [])


def test_get_is_the_same(client: TestClient, store: FakeStore) -> None:
    store.spans = [stored()]
    response = client.request("GET", "/v1/spans", json={"queries": [{}]}, headers={"accept": "application/json"})
    assert [row["1_name"] for row in tables(response)[0]["data"]] == ["step"]


def test_the_route_is_not_in_the_description(app: FastAPI) -> None:
    assert "/v1/spans" not in app.openapi()["paths"]


def test_no_queries(client: TestClient) -> None:
    response = ask(client)
    assert (response.status_code, response.text) == (404, "Not Found")
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {"filter": {"condition": "name =="}},
        {"filter": {"condition": "foo bar"}},
        {"select": {"x": {"key": "bad key!"}}},
        {"select": {"x": "name"}},
        {"concat": {"key": "a", "separator": 5}},
    ],
)
def test_a_bad_query(client: TestClient, query: dict[str, Any]) -> None:
    response = ask(client, {}, query)
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith("Invalid query: ")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", ["body"]),
        (b"{bad", ["body"]),
        (b"[1]", ["body"]),
        (b"{}", ["body", "queries"]),
        (b'{"queries":"x"}', ["body", "queries"]),
        (b'{"queries":[null]}', ["body", "queries", 0]),
        (b'{"queries":[{"select":["a"]}]}', ["body", "queries", 0, "select"]),
        (b'{"queries":[{}],"limit":"x"}', ["body", "limit"]),
        (b'{"queries":[{}],"start_time":"nope"}', ["body", "start_time"]),
    ],
)
def test_a_malformed_body(client: TestClient, content: bytes, where: list[Any]) -> None:
    response = client.post("/v1/spans", content=content)
    assert response.status_code == 422
    [detail] = response.json()["detail"]
    assert detail["loc"] == where
    assert {"type", "loc", "msg", "input"} <= detail.keys()


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("project", ["default", "unknown"])
def test_nothing_is_an_empty_frame(client: TestClient, project: str) -> None:
    picked = {"explode": {"key": "retrieval.documents", "kwargs": {"d": "document.content"}}}
    for frames in (frames_from_json, frames_from_arrow):
        whole, exploded = frames(client, {}, picked, project_name=project)
        assert (list(whole.columns), whole.index.names, len(whole)) == (BASE, ["context.span_id"], 0)
        assert str(whole["start_time"].dtype) == "datetime64[ns, UTC]"
        assert (list(exploded.columns), len(exploded)) == (["d"], 0)
        assert exploded.index.names == ["context.span_id", "document_position"]


def test_the_table_schema(client: TestClient, store: FakeStore) -> None:
    store.spans = [
        stored({"llm.token_count.prompt": 1, "a": 1, "b": True, "c": "x", "d": 1}),
        stored({"llm.token_count.prompt": 2, "a": 1.5, "b": False, "d": "x", "e": [1]}, number=2),
    ]
    [table] = tables(ask(client, {}))
    schema = table["schema"]
    assert (schema["primaryKey"], schema["pandas_version"]) == (["0_context.span_id"], "1.4.0")
    assert schema["fields"][0] == {"name": "0_context.span_id", "type": "string"}
    assert schema["fields"][4] == {"name": "4_start_time", "type": "datetime", "tz": "UTC"}
    assert {field["name"]: field["type"] for field in schema["fields"][11:]} == {
        "11_attributes.llm.token_count.prompt": "integer",
        "12_attributes.a": "number",
        "13_attributes.b": "boolean",
        "14_attributes.c": "string",
        "15_attributes.d": "string",
        "16_attributes.e": "string",
    }
    assert table["data"][0]["4_start_time"] == "2026-10-26T07:33:20.123456789Z"
    assert table["data"][0]["16_attributes.e"] is None
    assert table["data"][1]["14_attributes.c"] is None


def test_missing_cells_are_null_while_rows_are_held_and_left_out_afterwards(
    client: TestClient, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.spans = [stored({"a": n} if n < 9 else {"late": [n]}, number=n + 1) for n in range(12)]
    [table] = tables(ask(client, {}))
    assert all(len(row) == 13 for row in table["data"])
    monkeypatch.setattr(table_schema, "HELD_BYTES", 700)
    [table] = tables(ask(client, {}))
    assert [row.get("12_attributes.late", "-") for row in table["data"]] == ["-"] * 9 + [[9], [10], [11]]
    assert [row["11_attributes.a"] for row in table["data"]] == [*range(9), None, None, None]
    [frame] = frames_from_json(client, {})
    assert frame["attributes.a"].tolist()[:9] == [float(n) for n in range(9)]


def test_many_shapes(client: TestClient, store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_schema._Shapes, "_MANY", 4)
    monkeypatch.setattr(table_schema, "HELD_BYTES", 2000)
    monkeypatch.setattr(table_schema, "CHUNK_BYTES", 500)
    store.spans = [stored({f"key{n}": n, "all": 1}, number=n + 1) for n in range(40)]
    [frame] = frames_from_json(client, {})
    assert str(frame["attributes.all"].dtype) == "int64"
    assert [frame[f"attributes.key{n}"].iloc[n] for n in range(40)] == list(range(40))


def test_arrow_in_batches_and_on_disk(client: TestClient, store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.spans = [
        stored(
            {
                "n": n if n % 2 else n + 0.5,
                f"late{n // 4}": "x",
                "llm.input_messages": [{"message": {"content": str(n), f"m{n // 3}": {"x": n}}}],
                "metadata": {"mixed": n} if n % 3 else {"mixed": {"deep": [n]}},
                "odd": n if n < 6 else {"y": n},
            },
            number=n + 1,
        )
        for n in range(12)
    ]
    [expected] = frames_from_arrow(client, {})
    monkeypatch.setattr(arrow_frame, "BATCH_ROWS", 3)
    monkeypatch.setattr(arrow, "HELD_BYTES", 3000)
    [frame] = frames_from_arrow(client, {})
    assert_alike(frame, expected)
    assert frame["attributes.llm.input_messages"].iloc[4][0]["message.content"] == "4"
    assert [cell["mixed"] for cell in frame["attributes.metadata"]][:3] == ['{"deep":[0]}', "1", "2"]
    assert frame["attributes.odd"].tolist()[4:8] == ["4", "5", '{"y":6}', '{"y":7}']


def test_arrow_holds_any_mix(client: TestClient, store: FakeStore) -> None:
    cells: list[Any] = ["text", 1, 1.5, True, [1, "a"], [{"x": 1}], None, 2**62, [], "é😀", [[1], ["b"]]]
    store.spans = [stored({"cell": cell}, number=n + 1) for n, cell in enumerate(cells)]
    [frame] = frames_from_arrow(client, {})
    wanted = [cell if isinstance(cell, str) or cell is None else orjson.dumps(cell).decode() for cell in cells[:5]]
    assert frame["attributes.cell"].tolist()[:5] == wanted


def test_arrow_numbers(client: TestClient, store: FakeStore) -> None:
    store.spans = [
        stored({"big": 2**63, "mix": 2**60 + 1, "l": [2**60 + 1]}),
        stored({"big": 1, "mix": 0.5, "l": [0.5]}, number=2),
    ]
    [frame] = frames_from_arrow(client, {})
    assert frame["attributes.big"].tolist() == [float(2**63), 1.0]
    assert frame["attributes.mix"].tolist() == [float(2**60), 0.5]
    assert [cell.tolist() for cell in frame["attributes.l"]] == [[float(2**60)], [0.5]]


def test_objects_of_too_many_keys_are_json_text_in_arrow(client: TestClient, store: FakeStore) -> None:
    store.spans = [stored(number=1)]
    body = store.spans[0].body
    many = {f"key{n}": n for n in range(arrow_kind.MAX_FIELDS + 1)}
    store.spans = [store.spans[0]._replace(body=body._replace(attributes=orjson.dumps({"metadata": many})))]
    [frame] = frames_from_arrow(client, {})
    assert json.loads(frame["attributes.metadata"].iloc[0]) == many


def test_a_server_does_not_load_pandas_for_a_frame() -> None:
    code = (
        "import sys; from rubricate_server.api.arrow import arrow_stream;"
        "from rubricate_server.domain.frame import FrameQuery, frame_of;"
        "from rubricate_server.storage.contract import SpanBody, StoredSpan;"
        "span = StoredSpan(1, b'1', b'2', None, 'n', 'LLM', 1, 2, 0, '', SpanBody('i', 'o', b'{}', None, None));"
        "b''.join(arrow_stream(frame_of(FrameQuery.parse({}), time=int), iter([[span]])));"
        "assert 'pandas' not in sys.modules; import pandas"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_several_queries(client: TestClient, store: FakeStore) -> None:
    store.spans = [stored({"tag.tags": ["a", "b"]})]
    queries = [{}, {"select": {"n": {"key": "name"}}}, {"explode": {"key": "tag.tags"}}]
    for frames in (frames_from_json, frames_from_arrow):
        assert [len(frame) for frame in frames(client, *queries)] == [1, 1, 2]


def test_unicode_and_odd_texts(client: TestClient, store: FakeStore) -> None:
    text = 'é世界😀\r\n\r\n--x--\u2028\x00"\\ NaN'
    store.spans = [stored({"input.value": text, "k\u2028é": text, "metadata.x": [text]}, name=text)]
    for frames in (frames_from_json, frames_from_arrow):
        [frame] = frames(client, {})
        assert (
            frame["name"].iloc[0]
            == frame["attributes.input.value"].iloc[0]
            == frame["attributes.k\u2028é"].iloc[0]
            == text
        )
        assert list(frame["attributes.metadata"].iloc[0]["x"]) == [text]


@pytest.mark.parametrize(
    ("text", "widest"),
    [
        ("The answer is “42” 😀 – naïve. " * 5, 0x7F),
        ("C'est déjà l'été, 1e-7 € à l'étranger… " * 5, 0x7F),
        ("世界は広い😀" * 50, 0xFFFF),
        ("Ответ: сорок два." * 50, 0x7FF),
    ],
)
def test_json_is_kept_narrow_for_who_parses_it(client: TestClient, store: FakeStore, text: str, widest: int) -> None:
    store.spans = [stored({"input.value": text, "metadata": {"x": [1e-7, 0.1, None, True]}, "k😀": text}, name=text)]
    answer = ask(client, {}).content.decode()
    assert ord(max(answer)) <= widest
    [frame] = frames_from_json(client, {})
    assert frame["name"].iloc[0] == frame["attributes.input.value"].iloc[0] == frame["attributes.k😀"].iloc[0] == text
    assert frame["attributes.metadata"].iloc[0] == {"x": [1e-7, 0.1, None, True]}


def test_two_columns_of_one_name(client: TestClient, store: FakeStore) -> None:
    store.spans = [stored()]
    query = {"select": {"name": {"key": "name"}, "span_kind": {"key": "span_kind"}}, "rename": {"name": "span_kind"}}
    for frames in (frames_from_json, frames_from_arrow):
        [frame] = frames(client, query)
        assert list(frame.columns) == ["span_kind", "span_kind"]
        assert frame.iloc[0].tolist() == ["step", "CHAIN"]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=5,
)
# Floats that pandas' own parser reads exactly.
uniform = st.sampled_from(
    [
        st.text(),
        st.integers(-(2**53), 2**53),
        st.booleans(),
        st.integers(-(2**20), 2**20).map(lambda n: n / 64),
        st.lists(st.text()),
    ]
)
KEYS = [
    "llm.model_name",
    "llm.token_count.prompt",
    "llm.input_messages.0.message.content",
    "llm.input_messages.1.message.contents.0.message_content.text",
    "retrieval.documents.0.document.score",
    "retrieval.documents.2.document.own.thing",
    "metadata.a",
    "metadata.c.b",
    "custom.x.0.y",
    "own.1",
]


@st.composite
def spans(draw: st.DrawFn) -> list[StoredSpan]:
    """Spans whose keys keep to one kind of value each, as Arrow wants it; JSON shows the same then."""
    kinds = {key: draw(uniform) for key in KEYS}
    return [
        stored(
            {key: draw(kind) for key, kind in kinds.items() if draw(st.booleans())},
            number=number,
            name=draw(st.text()),
            events=draw(st.sampled_from([None, b'[{"name":"e","timestamp":1,"attributes":{"a":1}}]'])),
        )
        for number in range(1, draw(st.integers(1, 6)))
    ]


@settings(deadline=None, max_examples=60)
@given(spans=spans())
def test_json_and_arrow_say_the_same(spans: list[StoredSpan]) -> None:
    store = FakeStore()
    store.spans = spans
    app = FastAPI()
    app.include_router(dataframe.router)
    app.state.storage = SimpleNamespace(spans=store, projects=store)
    client = TestClient(app)
    queries = [
        {},
        {"explode": {"key": "retrieval.documents"}},
        {"select": {key: {"key": key} for key in ("name", "start_time", "custom", "llm.input_messages")}},
        {"concat": {"key": "llm.input_messages", "kwargs": {"c": "message.content"}}, "index": {"key": "trace_id"}},
    ]
    for one, other in zip(frames_from_json(client, *queries), frames_from_arrow(client, *queries), strict=True):
        assert_alike(one, other)


@settings(deadline=None, max_examples=100)
@given(cells=st.lists(st.dictionaries(st.sampled_from(["metadata", "plain", "llm.choices.0.own"]), values), max_size=5))
def test_nothing_that_json_can_say_fails(cells: list[dict[str, Any]]) -> None:
    store = FakeStore()
    store.batch = 1
    store.spans = [
        stored(number=n + 1)._replace(body=SpanBody(None, None, orjson.dumps(cell), None, None))
        for n, cell in enumerate(cells)
    ]
    app = FastAPI()
    app.include_router(dataframe.router)
    app.state.storage = SimpleNamespace(spans=store, projects=store)
    client = TestClient(app)
    assert len(frames_from_arrow(client, {})[0]) == len(tables(ask(client, {}))[0]["data"]) == len(cells)


# --- streaming --------------------------------------------------------------------------------------------------------


async def call(
    app: FastAPI,
    *,
    go_after: int | None = None,
    accept: str = "application/json",
    pause_s: float = 0.0,
    sent: list[Any] | None = None,
) -> list[dict[str, Any]]:
    """What the app sends; the client pauses after each message, and goes away after so many."""
    body = json.dumps({"queries": [{}]}).encode()
    sent = [] if sent is None else sent
    gone = anyio.Event()
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        try:
            return next(requests)
        except StopIteration:
            await gone.wait()
            return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if pause_s:
            await anyio.sleep(pause_s)
        if go_after is not None and len(sent) >= go_after:
            gone.set()
            await anyio.sleep(0.05)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/spans",
        "query_string": b"",
        "headers": [(b"accept", accept.encode())],
        "app": app,
    }
    await app(scope, receive, send)
    return sent


def until_sent(more: int, sent: list[Any]) -> Callable[[], None]:
    """Waits until so many more messages were sent than there are when it is called."""

    def wait() -> None:
        wanted = len(sent) + more
        give_up = time.monotonic() + 30
        while len(sent) < wanted:
            assert time.monotonic() < give_up, f"{len(sent)} messages while spans are read, not {wanted}"
            time.sleep(0.005)

    return wait


def test_first_bytes_come_before_the_scan_and_blanks_while_it_takes_its_time(
    app: FastAPI, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.05)
    store.spans = [stored(number=n + 1) for n in range(2)]
    sent: list[Any] = []
    store.until = until_sent(5, sent)
    start, first, *rest = anyio.run(lambda: call(app, sent=sent))
    assert first["body"].endswith(b"\r\n\r\n")
    assert sum(message["body"] == b"\n" for message in rest) >= 3
    boundary = dict(start["headers"])[b"content-type"].decode().split("boundary=")[1]
    whole = b"".join(message["body"] for message in (first, *rest)).decode()
    table = json.loads(whole.split("\r\n\r\n", 1)[1].split(f"--{boundary}")[0])
    assert len(table["data"]) == 2


def test_signs_of_life_never_stand_within_a_part(
    app: FastAPI, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(streaming, "PIECE_BYTES", 200)
    monkeypatch.setattr(arrow_frame, "BATCH_ROWS", 1)
    store.spans = [stored(number=n + 1) for n in range(4)]
    store.batch = 1
    sent: list[Any] = []
    store.until = until_sent(2, sent)
    _, *bodies = anyio.run(lambda: call(app, accept=PARTS, pause_s=0.01, sent=sent))
    assert sum(message["body"] == HEARTBEAT for message in bodies) >= 3
    reader = FrameReader(Progress("Reading", wanted=False))
    for message in bodies:
        reader.feed(message["body"])
    [(frame, _)] = reader.finish()
    assert list(frame.index) == [f"{n:016x}" for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("accept", ["application/json", PARTS])
def test_a_client_that_goes_away_ends_the_scan_in_its_thread(
    app: FastAPI, store: FakeStore, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    monkeypatch.setattr(table_schema, "HELD_BYTES", 0)
    monkeypatch.setattr(table_schema, "CHUNK_BYTES", 0)
    monkeypatch.setattr(arrow_frame, "BATCH_ROWS", 1)
    store.spans = [stored(number=n + 1) for n in range(3000)]
    sent = anyio.run(lambda: call(app, go_after=5, accept=accept))
    assert len(sent) < 50
    assert len(store.closed_in) == 1
    assert store.closed_in != [threading.get_ident()]


def test_a_scan_that_fails_breaks_the_answer_off(app: FastAPI, store: FakeStore) -> None:
    store.spans = [stored()._replace(status=9)]
    with pytest.raises(Exception, match="index out of range"):
        TestClient(app).post("/v1/spans", json={"queries": [{}]}, headers={"accept": "application/json"})


# --- Phoenix's client, on the real store ------------------------------------------------------------------------------


def new_span(number: int, attributes: dict[str, Any], **fields: Any) -> NewSpan:
    given = flatten(attributes)
    empty: dict[str, Any] = dict.fromkeys(NewSpan._fields)
    return NewSpan(
        **empty
        | {
            "project": "rag app",
            "trace_id": b"\xab" * 16,
            "span_id": number.to_bytes(8, "big"),
            "name": f"span {number}",
            "kind": attributes["openinference.span.kind"],
            "start_ns": START + number * 1000,
            "end_ns": START + number * 1000 + 5,
            "status": 1,
            "status_message": "",
            "input": given.pop("input.value", None),
            "output": given.pop("output.value", None),
            "attributes": orjson.dumps(given),
            "small": "{}",
        }
        | fields
    )


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The public client before our server, with the spans of one answered question."""
    from rubricate_server.storage.sqlite.store import open_storage

    storage: Storage = open_storage(tmp_path_factory.mktemp("frames"))
    root = (1).to_bytes(8, "big")
    documents = [
        {"document": {"content": "first", "score": 0.5}},
        {"document": {"content": "second", "id": "d1"}},
    ]
    storage.spans.add(
        [
            new_span(
                1,
                {
                    "openinference.span.kind": "CHAIN",
                    "input.value": "question",
                    "output.value": "answer",
                    "metadata.n": 1,
                },
            ),
            new_span(
                2,
                {"openinference.span.kind": "RETRIEVER", "input.value": "query", "retrieval.documents": documents},
                parent_id=root,
            ),
            new_span(
                3,
                {
                    "openinference.span.kind": "LLM",
                    "llm.output_messages": [{"message": {"role": "assistant", "content": "answer"}}],
                    "llm.token_count.total": 3,
                },
                parent_id=root,
            ),
        ]
    )
    app = FastAPI()
    app.include_router(dataframe.router)
    app.state.storage = storage
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as http:
        yield Client(http_client=http)
    server.should_exit = True
    thread.join()
    listener.close()
    storage.close()


def test_get_spans_dataframe(phoenix: Client) -> None:
    frame = phoenix.spans.get_spans_dataframe(project_identifier="rag app")
    assert frame.index.name == "context.span_id"
    assert list(frame.columns)[:10] == BASE
    assert frame["name"].tolist() == ["span 3", "span 2", "span 1"]
    row = frame[frame["span_kind"] == "LLM"][["context.span_id", "attributes.llm.output_messages"]].iloc[0]
    assert row["attributes.llm.output_messages"][0]["message.content"] == "answer"
    assert frame["attributes.llm.output_messages"].tolist()[1:] == [None, None]
    assert frame["attributes.metadata"].tolist() == [None, None, {"n": 1}]
    assert str(frame["start_time"].dtype) == "datetime64[ns, UTC]"


def test_get_spans_dataframe_narrowed(phoenix: Client) -> None:
    get = phoenix.spans.get_spans_dataframe
    assert get(project_identifier="rag app", limit=1)["name"].tolist() == ["span 3"]
    assert get(project_identifier="rag app", root_spans_only=True)["name"].tolist() == ["span 1"]
    query = PhoenixQuery().where("span_kind == 'LLM'").select("name", "llm.token_count.total", "span_id")
    frame = get(project_identifier="rag app", query=query)
    assert frame.to_dict("list") == {"name": ["span 3"], "llm.token_count.total": [3]}
    assert len(get(project_identifier="no such project")) == 0


def test_get_retrieved_documents(phoenix: Client) -> None:
    frame = get_retrieved_documents(phoenix, project_name="rag app")
    assert frame.index.names == ["context.span_id", "document_position"]
    assert list(frame.columns) == ["context.trace_id", "input", "document", "document_score", "document_metadata"]
    assert frame["document"].tolist() == ["first", "second"]
    assert frame["input"].tolist() == ["query", "query"]
    assert [plain(cell) for cell in frame["document_score"]] == [0.5, None]


def test_get_input_output_context(phoenix: Client) -> None:
    frame = get_input_output_context(phoenix, project_name="rag app")
    assert frame is not None
    assert frame.index.name == "context.span_id"
    [row] = frame.to_dict("records")
    assert (row["input"], row["output"], row["context"]) == ("question", "answer", "first\n\nsecond")
