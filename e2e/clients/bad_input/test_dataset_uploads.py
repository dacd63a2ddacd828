"""Uploads of datasets that cannot be read, or not be meant: a sentence says why, and nothing is stored."""

import gzip
import json
import uuid
from typing import Any

import httpx
import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs
import pytest

from ...server import Server
from ..helpers import HTTP, Json
from .requests import JSON_TYPE, refused, taken

URL = "/v1/datasets/upload?sync=true"


@pytest.fixture
def name() -> str:
    """Of a dataset that no other test uses."""
    return f"bad {uuid.uuid4().hex[:12]}"


def is_not_there(http: httpx.Client, name: str) -> None:
    assert http.get("/v1/datasets", params={"name": name}).json()["data"] == []


def examples(http: httpx.Client, name: str) -> list[Json]:
    dataset_id = http.get("/v1/datasets", params={"name": name}).json()["data"][0]["id"]
    found: list[Json] = http.get(f"/v1/datasets/{dataset_id}/examples").json()["data"]["examples"]
    return found


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": None}, "input is required"),
        ({"inputs": {}}, "Input should be a list containing only dictionary objects"),
        ({"inputs": ["q"]}, "Input should be a list containing only dictionary objects"),
        ({"outputs": [{}, {}]}, "outputs should be a list of same length as input"),
        ({"outputs": ["a"]}, "outputs should be a list of same length as input"),
        ({"metadata": "m"}, "metadata should be a list of same length as input"),
        ({"splits": ["a", "b"]}, "splits must have same length as inputs (2 != 1)"),
        ({"splits": "a"}, "splits must be a list"),
        ({"splits": [5]}, "Split value must be a string, list of strings, or None, got int"),
        ({"splits": [[" "]]}, "inputs[0]: Split value must be"),
        ({"span_ids": ["a", "b"]}, "span_ids must have same length as inputs (2 != 1)"),
        ({"span_ids": [5]}, "inputs[0]: span ids must be strings"),
        ({"example_ids": [5]}, "example_ids must contain only strings or None"),
        ({"inputs": [{}, {}], "example_ids": ["x", "x"]}, "Duplicate example_id in request: 'x'"),
        ({"action": "zap"}, "Invalid dateset action: zap"),
        ({"action": []}, "Invalid dateset action: []"),
        ({"name": " "}, "Dataset name is required"),
        ({"name": 5}, "Dataset name is required"),
        ({"description": 5}, "description must be a string"),
        ({"inputs": [{}, {"a": {"b": 10**30}}]}, "inputs[1]: input: Value error, a.b is a whole number beyond 64 bits"),
    ],
)
def test_json_that_cannot_be_meant(http: httpx.Client, name: str, body: Json, said: str) -> None:
    refused(http.post(URL, json={"name": name, "inputs": [{"q": 1}], **body}), said, status=422)
    is_not_there(http, name)


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "5", "{", b"\xff", b"\x1f\x8b nonsense", '{"name": "x", "inputs": [{"a": NaN}]}', "[" * 100_000],
)
def test_a_body_that_is_no_json_object(http: httpx.Client, body: str | bytes) -> None:
    refused(http.post(URL, content=body, headers=JSON_TYPE), status=422)


def test_nesting_without_end(http: httpx.Client, name: str) -> None:
    deep: Any = {}
    for _ in range(80):
        deep = {"a": deep}
    refused(http.post(URL, json={"name": name, "inputs": [deep]}), "nested deeper than 64 levels", status=422)
    is_not_there(http, name)


def test_another_content_type(http: httpx.Client) -> None:
    refused(http.post(URL, content="x", headers={"content-type": "text/plain"}), "text/plain", status=415)


@pytest.mark.parametrize("packed", [False, True])
def test_a_content_encoding_that_is_not_true(http: httpx.Client, name: str, packed: bool) -> None:
    body = json.dumps({"name": name, "inputs": [{"q": 1}]}).encode()
    content = gzip.compress(body) if packed else body
    taken(http.post(URL, content=content, headers=JSON_TYPE | {"content-encoding": "gzip"}))
    assert [each["input"] for each in examples(http, name)] == [{"q": 1}]


COLUMNS: Json = {"input_keys[]": ["q"], "output_keys[]": ["a"]}


def upload(
    http: httpx.Client, name: str, content: bytes, kind: str = "text/csv", part: Json | None = None, **fields: Any
) -> httpx.Response:
    form = {"name": name, **COLUMNS, **fields}
    return http.post(URL, data=form, files={"file": ("f", content, kind, part or {})})


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (b"", {}, "Missing CSV column header"),
        (b"q,q,a\n1,2,3\n", {}, "Duplicated column header in CSV file: q"),
        (b"q\n1\n", {}, "output keys not found in column headers: a. The file has q."),
        (b"q,a\n1,2\n", {"split_key": "s"}, "split keys not found in column headers: s"),
        (b"q,a\n1,2\n", {"example_id_key": "i"}, "example id keys not found in column headers: i"),
        (
            b"q,a\n1,2\n",
            {"split_key": "q", "split_keys[]": ["q"]},
            "Cannot specify both 'split_keys[]' and 'split_key'",
        ),
        (b"q,a\n1,2\n", {"flatten_keys[]": ["q"]}, "line 2, column q: to be flattened it must hold a JSON object"),
        (b"q,a\nx,2\nx,3\n", {"example_id_key": "q"}, "Duplicate example_id in request: 'x'"),
        (b'q,a\n"1,2\n', {}, "cannot be read, line"),
        ("q,a\nä,2\n".encode("latin-1"), {}, "not UTF-8"),
        (b"q,a\n1,2\n", {"action": "zap"}, "Invalid dateset action: zap"),
    ],
)
def test_csv_that_cannot_be_read(http: httpx.Client, name: str, content: bytes, fields: Json, said: str) -> None:
    refused(upload(http, name, content, **fields), said, status=422)
    is_not_there(http, name)


def test_long_cells_and_odd_rows_are_taken(http: httpx.Client, name: str) -> None:
    long = "x" * 500_000
    csv = f'\ufeffq,a\r\n{long},1\r\n\r\n"two\nlines",2,too,many\r\nfew\r\n'
    taken(upload(http, name, csv.encode()))
    assert [(each["input"], each["output"]) for each in examples(http, name)] == [
        ({"q": long}, {"a": "1"}),
        ({"q": "two\nlines"}, {"a": "2"}),
        ({"q": "few"}, {}),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"q": 1, "a": 2}\n{"q":\n', "line 2"),
        (b"[1]\n", "line 1: each line is a JSON object"),
        (b'{"q": 1}\n', "output keys not found in column headers: a"),
        (b'{"q": 1000000000000000000000000000000, "a": 2}\n', "line 1: input: Value error, q is a whole number beyond"),
    ],
)
def test_json_lines_that_cannot_be_read(http: httpx.Client, name: str, content: bytes, said: str) -> None:
    refused(upload(http, name, content, "application/jsonl"), said, status=422)
    is_not_there(http, name)


def arrow(table: Any, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


@pytest.mark.parametrize("cut", [0, 10, 100, -20])
def test_a_damaged_table(http: httpx.Client, name: str, cut: int) -> None:
    whole = arrow(pa.table({"q": ["x"] * 50, "a": ["y"] * 50}))
    refused(upload(http, name, whole[:cut], "application/x-pandas-pyarrow"), "Arrow", status=422)
    is_not_there(http, name)


def test_types_of_tables_become_json(http: httpx.Client, name: str) -> None:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    table = pa.table(
        {
            "q": [{"at": datetime(2026, 3, 1, tzinfo=UTC), "on": date(2026, 3, 1), "b": b"\xff", "d": Decimal("1.5")}],
            "a": [[1.5, None, float("nan")]],
        }
    )
    taken(upload(http, name, arrow(table), "application/x-pandas-pyarrow"))
    [example] = examples(http, name)
    assert example["input"]["q"] == {
        "at": "2026-03-01T00:00:00+00:00",
        "on": "2026-03-01",
        "b": "\\xff",
        "d": "1.5",
    }
    assert example["output"]["a"] == [1.5, None, None]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json"])
def test_a_file_of_another_kind(http: httpx.Client, name: str, kind: str) -> None:
    refused(upload(http, name, b"q,a\n1,2\n", kind or "x/y"), "Invalid file content type", status=422)
    is_not_there(http, name)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n--x--\r\n", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nn\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_a_form_that_is_none(http: httpx.Client, content: bytes, content_type: str) -> None:
    refused(http.post(URL, content=content, headers={"content-type": content_type}), status=422)


def test_a_part_that_is_not_as_it_says(http: httpx.Client, name: str) -> None:
    refused(upload(http, name, b"\x1f\x8b nonsense", part={"Content-Encoding": "gzip"}), status=422)
    refused(upload(http, name, b"q,a\n1,2\n", part={"Content-Encoding": "br"}), "br", status=415)
    is_not_there(http, name)
    taken(upload(http, name, b"q,a\n1,2\n", part={"Content-Encoding": "gzip"}))


def test_too_much_at_once(strict: Server, name: str) -> None:
    big = {"name": name, "inputs": [{"q": "x" * 30_000}]}
    refused(HTTP.post(strict.base_url + URL, json=big), status=413)
    bomb = gzip.compress(b"q,a\n" + b"1,2\n" * 1_000_000)
    with httpx.Client(base_url=strict.base_url, verify=False) as http:
        assert len(bomb) < 20_000
        refused(upload(http, name, bomb, part={"Content-Encoding": "gzip"}), status=413)
        packed_table = arrow(pa.table({"q": ["x" * 2_000_000], "a": ["y"]}), "lz4")
        assert len(packed_table) < 20_000
        refused(upload(http, name, packed_table, "application/x-pandas-pyarrow"), status=413)
        is_not_there(http, name)
        taken(http.post(URL, json={"name": name, "inputs": [{"q": 1}]}))


def test_more_examples_than_a_request_may_bring(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    environment = {"RUBRICATE_MAX_EXAMPLES": "3"}
    with (
        Server(tmp_path_factory.mktemp("few"), environment=environment).start() as server,
        httpx.Client(base_url=server.base_url, verify=False) as http,
    ):
        many = {"name": name, "inputs": [{"q": number} for number in range(4)]}
        refused(http.post(URL, json=many), "4 examples are more than 3 at once", status=422)
        is_not_there(http, name)
        taken(http.post(URL, json={**many, "inputs": many["inputs"][:3]}))


def test_a_table_of_values_that_many_rows_share(strict: Server, name: str) -> None:
    shared = pa.table({"q": pa.array(["x" * 10_000] * 1000).dictionary_encode(), "a": ["y"] * 1000})
    few = pa.table({"q": pa.array(["x", "z", "x"]).dictionary_encode(), "a": ["y"] * 3})
    with httpx.Client(base_url=strict.base_url, verify=False) as http:
        assert len(arrow(shared, "zstd")) < 20_000
        refused(upload(http, name, arrow(shared, "zstd"), "application/x-pandas-pyarrow"), status=413)
        is_not_there(http, name)
        taken(upload(http, name, arrow(few), "application/x-pandas-pyarrow"))
        assert [each["input"]["q"] for each in examples(http, name)] == ["x", "z", "x"]
