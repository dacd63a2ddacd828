"""Paths and methods that there are not."""

from typing import Any

import httpx
import pytest

from ..helpers import Json
from .requests import PROTOBUF, a_sent_span, otlp, post_json_accepting, refused


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/projects/a/b/c",
        "/v1/data_sets",
        "/v1//projects",
        "/v1/metrics",
        "/v2/traces/v1",
    ],
)
def test_an_unknown_path_is_no_page(http: httpx.Client, method: str, path: str) -> None:
    response = http.request(method, path)

    if path.startswith("/v1"):
        assert response.status_code == 404, response.text
        if method != "HEAD":
            refused(response, status=404)
            assert response.headers["content-type"].startswith("text/plain")
    else:
        assert response.status_code in (200, 405, 503)


KNOWN = [
    "/healthz",
    "/readyz",
    "/arize_phoenix_version",
    "/v1/projects",
    "/v1/projects/default",
    "/v1/projects/default/spans",
    "/v1/projects/default/span_annotations",
    "/v1/projects/default/annotation_configs",
    "/v1/annotation_configs",
    "/v1/annotation_configs/user_feedback",
    "/v1/span_annotations",
    "/v1/span_notes",
    "/v1/spans",
    "/v1/spans/0000000000000000",
    "/v1/traces",
    "/v1/projects/default/spans/otlpv1",
    "/v1/projects/default/traces",
    "/v1/projects/default/sessions",
    "/v1/projects/default/annotations",
    "/v1/projects/default/document_annotations",
    "/v1/traces/00000000000000000000000000000000",
    "/v1/traces/transfer",
    "/v1/sessions/nothing",
    "/v1/sessions/delete",
    "/v1/trace_annotations",
    "/v1/session_annotations",
    "/v1/document_annotations",
    "/v1/trace_notes",
    "/v1/session_notes",
    "/v1/annotation_configs/user_feedback/versions",
    "/v1/prompts",
    "/v1/prompts/nothing/versions",
    "/v1/prompt_versions/nothing/tags",
    "/v1/retention_policies",
    "/v1/retention_policies/nothing",
    "/v1/evaluations",
    "/v1/datasets/nothing/experiments",
    "/v1/experiments/nothing/runs",
    "/v1/experiments/nothing/incomplete-runs",
    "/v1/experiments/nothing/incomplete-evaluations",
    "/v1/experiments/nothing/json",
    "/v1/experiments/nothing/csv",
    "/v1/experiments/nothing/summary",
    "/v1/experiments/nothing/tags",
    "/v1/experiment_evaluations",
]


@pytest.mark.parametrize("path", KNOWN)
@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "TRACE"])
def test_a_method_that_a_path_does_not_take(http: httpx.Client, method: str, path: str) -> None:
    response = http.request(method, path)

    assert response.status_code in (200, 405) if method == "OPTIONS" else response.status_code == 405, response.text
    if response.status_code == 405:
        assert response.headers["allow"]
        refused(response, status=405)


@pytest.mark.parametrize("path", sorted({"/", "/healthz", "/readyz", "/arize_phoenix_version", "/nothing", *KNOWN}))
def test_head_is_answered_as_get_without_the_body(http: httpx.Client, path: str) -> None:
    if path == "/v1/spans":  # an answer without an end would be read for nobody
        assert http.head(path).status_code == 405
        return
    whole, head = http.get(path), http.head(path)

    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["x-phoenix-server-version"]
    for name in ("content-type", "content-length"):
        assert head.headers.get(name) == whole.headers.get(name)
    assert http.get("/healthz").text == "OK", "the connection can be used again"


def test_headers_of_odd_content(http: httpx.Client, project: str) -> None:
    for name, value in [
        ("x-project-name", b"\xff\xfe"),
        ("x-project-name", b"x" * 5000),
        ("accept", b"nonsense"),
        ("accept-encoding", b"zstd;q=nonsense"),
        ("authorization", b"\xff"),
        ("api_key", b"\xff"),
        ("cookie", b"\xff=;;="),
        ("project-name", b"\xff"),
    ]:
        wire = otlp(project, a_sent_span("s"))
        header: Any = {name: value}  # httpx takes bytes too
        assert http.post("/v1/traces", content=wire, headers=PROTOBUF | header).status_code == 200
        assert http.post("/v1/spans", json={"queries": [{}]}, headers=header).status_code == 200
        assert http.get("/v1/projects", headers=header).status_code == 200


def test_queries_of_odd_content(http: httpx.Client, project: str, span_id: str) -> None:
    odd: list[Json] = [
        {"select": {"": {"key": ""}}},
        {"select": {"a": {}}},
        {"select": {"a": {"key": "x" * 100_000}}},
        {"select": {"a": {"key": "\0"}}},
        {"select": {"a": {"key": "x.y.z.0.1"}}},
        {"select": {f"c{number}": {"key": "name"} for number in range(3000)}},
        {"explode": {"key": ""}},
        {"explode": {"key": "name"}},
        {"explode": {"key": "retrieval.documents", "primary_index_key": ""}},
        {"explode": {"key": "retrieval.documents", "primary_index_key": "nothing"}},
        {"explode": {"key": "retrieval.documents", "kwargs": {"": ""}}},
        {"concat": {"key": "retrieval.documents", "separator": "\0", "kwargs": {"a": "b"}}},
        {"concat": {"key": "retrieval.documents", "separator": 5}},
        {"concat": {"key": "name"}, "explode": {"key": "name"}},
        {"rename": {"name": "span_kind"}},
        {"rename": {"name": ""}},
        {"index": {"key": ""}},
        {"index": {"key": "nothing"}},
        {"filter": {}},
        {"filter": {"condition": ""}},
        {"filter": {"condition": None}},
        {"unknown": 1},
    ]
    for query in odd:
        for accept in ("application/json", "*/*"):
            response = post_json_accepting(http, project, {"queries": [query]}, accept)
            if response.status_code != 200:
                refused(response, status=422)
            else:
                assert accept == "*/*" or response.content.rstrip().endswith(b"--"), query
    many = post_json_accepting(http, project, {"queries": [{}] * 500}, "application/json")
    assert many.status_code in (200, 422)
