"""Names and ids that are none, or odd ones."""

import base64
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ...server import Server
from ..helpers import a_span, annotations_of, id_of, spans_in
from ..prompts import a_version
from .requests import (
    CONFIG,
    HUGE,
    an_annotation,
    post_json,
    post_json_accepting,
    refused,
    taken,
)


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u3000", "note"])
def test_an_empty_blank_or_reserved_name(
    http: httpx.Client, server: Server, project: str, span_id: str, name: str
) -> None:
    refused(post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id, name=name)]}), "name")
    refused(post_json(http, "/v1/annotation_configs", CONFIG | {"name": name}), "name")
    if name != "note":
        answer = post_json(http, "/v1/projects", {"name": name})
        refused(answer, "name", status=422)
        assert answer.json()["detail"][0]["msg"].startswith("Must not be blank"), "in words, not as a pattern"
        refused(post_json(http, "/v1/span_notes", {"data": {"span_id": span_id, "note": name}}), "note", status=422)
        refused(post_json(http, "/v1/span_notes", {"data": {"span_id": name, "note": "n"}}), "span_id")
    assert annotations_of(server, project, span_id) == []


@pytest.mark.parametrize("name", [" padded ", "note ", "Note", "NOTE"])
def test_names_that_are_nearly_reserved(
    http: httpx.Client, server: Server, project: str, span_id: str, name: str
) -> None:
    response = post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id, name=name)]})

    assert response.status_code < 500
    notes = [each["name"] for each in annotations_of(server, project, span_id)]
    assert "note" not in notes, "what is no note does not become one"


NO_IDS = [
    "",
    " ",
    "0",
    "abc",
    "xyz",
    "0x12",
    "zz" * 8,
    "00 11",
    "é" * 8,
    "٣" * 16,
    "ab" * 600_000,
    "a\0b",
    "-1",
    "null",
]


@pytest.mark.parametrize("bad", [bad for bad in NO_IDS if bad != "ab" * 600_000], ids=ascii)
def test_a_span_id_that_is_none(http: httpx.Client, server: Server, project: str, bad: str) -> None:
    for sync in ("true", "false"):
        body = {"data": [an_annotation(bad)]}
        refused(post_json(http, f"/v1/span_annotations?sync={sync}", body), "span_id", status=422)
    for field in ("span_id", "trace_id"):
        wrong = a_span()
        wrong["context"][field] = bad
        refused(post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span(), wrong]}), field)
    refused(post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span(parent_id=bad)]}), "parent_id")
    refused(post_json(http, "/v1/span_notes", {"data": {"span_id": bad, "note": "n"}}))
    assert spans_in(server, project) == []


def test_an_id_of_a_megabyte(http: httpx.Client, server: Server, project: str) -> None:
    long = "ab" * 600_000
    refused(post_json(http, "/v1/span_annotations", {"data": [an_annotation(long)]}), "span_id")
    wrong = a_span()
    wrong["context"]["span_id"] = long
    refused(post_json(http, f"/v1/projects/{project}/spans", {"data": [wrong]}), "span_id")
    refused(post_json(http, "/v1/span_notes", {"data": {"span_id": long, "note": "n"}}))
    assert spans_in(server, project) == []


@pytest.mark.parametrize("bad", NO_IDS, ids=lambda bad: ascii(bad[:20]))
def test_asking_for_ids_that_are_none(http: httpx.Client, project: str, span_id: str, bad: str) -> None:
    bad = bad[:2000]  # an address has an end
    for url in (
        f"/v1/projects/{project}/spans?span_id=",
        f"/v1/projects/{project}/spans?trace_id=",
        f"/v1/projects/{project}/spans?parent_id=",
        f"/v1/projects/{project}/spans?span_kind=",
        f"/v1/projects/{project}/spans?status_code=",
        f"/v1/projects/{project}/spans?attribute=",
        f"/v1/projects/{project}/spans?name=",
        f"/v1/projects/{project}/span_annotations?span_ids=",
        f"/v1/projects/{project}/span_annotations?identifier=",
        "/v1/projects?name_contains=",
    ):
        response = http.get(url + quote(bad))
        if response.status_code >= 400:
            refused(response)
        else:
            response.json()


ATTRIBUTES = [
    ":",
    ":x",
    "x",
    "x:",
    "x:[",
    "x:{}",
    "x:[1]",
    "x:null",
    "x:NaN",
    f"x:{HUGE}",
    "x:1e999",
    "a b:1",
    "a'b:1",
    'a"b:1',
    "a]b:1",
    "\0:1",
    "x:\0",
    "x.y.z.0:1",
    "x:'",
    "x:\\",
    "é:1",
    "x:\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "x:" + "[" * 1500,
    "x" * 3000 + ":1",
    "x." * 1000 + "x:1",
    "x:True",
    "x:" + "9" * 5000,
]


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda each: ascii(each[:20]))
def test_attribute_filters(http: httpx.Client, project: str, span_id: str, attribute: str) -> None:
    response = http.get(f"/v1/projects/{project}/spans?attribute={quote(attribute)}")
    if response.status_code != 200:
        refused(response, status=422)


CURSORS = ["zz", "%%%", "é", "\0", "a" * 5000, "null", "-1", "0"] + [
    base64.b64encode(text.encode()).decode()
    for text in (
        "Span:",
        "Span:x",
        "Span:-1",
        "Span:1.5",
        f"Span:{HUGE}",
        f"Span:{'9' * 5000}",
        "Nothing:1",
        ":",
        "Span:٣",
        "é:1",
        "1:start_time:x",
        f"1:start_time:{HUGE}",
        f"{'9' * 5000}:latency_ms:1",
        "1:name:1",
    )
]


@pytest.mark.parametrize("cursor", CURSORS, ids=lambda each: ascii(each[:20]))
@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects?",
        "/v1/annotation_configs?",
        "/v1/projects/default/annotation_configs?",
        "/v1/projects/default/spans?",
        "/v1/projects/default/spans/otlpv1?",
        "/v1/projects/default/traces?",
        "/v1/projects/default/traces?sort=latency_ms&",
        "/v1/projects/default/sessions?",
        "/v1/projects/default/annotations?",
        "/v1/projects/default/span_annotations?identifier=x&",
        "/v1/projects/default/trace_annotations?identifier=x&",
        "/v1/projects/default/session_annotations?identifier=x&",
        "/v1/projects/default/document_annotations?identifier=x&",
        "/v1/prompts?",
        "/v1/retention_policies?",
    ],
)
def test_a_cursor_that_is_none(http: httpx.Client, path: str, cursor: str) -> None:
    refused(http.get(f"{path}cursor={quote(cursor, safe='')}"), "cursor", status=422)


UNKNOWN = [
    "no-such-thing",
    "é🎈",
    "a b",
    "%",
    "a%2Fb",
    "..%2F..%2Fetc",
    "%00",
    "%FF",
    "x" * 5000,
    "'; drop table",
    "<b>",
] + [
    base64.b64encode(text.encode()).decode().replace("=", "%3D")
    for text in (
        "Project:999999",
        "Span:999999",
        "FreeformAnnotationConfig:999999",
        f"Project:{HUGE}",
        f"Span:{'9' * 5000}",
        "Project:-1",
        "Project:",
    )
]
IDENTIFIED = [
    ("GET", "/v1/projects/{}"),
    ("PUT", "/v1/projects/{}"),
    ("DELETE", "/v1/projects/{}"),
    ("GET", "/v1/projects/{}/spans"),
    ("GET", "/v1/projects/{}/span_annotations?span_ids=" + "0" * 16),
    ("DELETE", "/v1/projects/{}/span_annotations?delete_all=true"),
    ("GET", "/v1/projects/{}/annotation_configs"),
    ("PUT", "/v1/projects/{}/annotation_configs"),
    ("PUT", "/v1/projects/default/annotation_configs/{}"),
    ("DELETE", "/v1/projects/default/annotation_configs/{}"),
    ("GET", "/v1/annotation_configs/{}"),
    ("PUT", "/v1/annotation_configs/{}"),
    ("DELETE", "/v1/annotation_configs/{}"),
    ("DELETE", "/v1/spans/{}"),
    ("GET", "/v1/projects/{}/spans/otlpv1"),
    ("GET", "/v1/projects/{}/traces"),
    ("DELETE", "/v1/projects/{}/traces?start_time=2026-01-01T00:00:00Z&end_time=2026-01-02T00:00:00Z"),
    ("GET", "/v1/projects/{}/sessions"),
    ("GET", "/v1/projects/{}/annotations"),
    ("GET", "/v1/projects/{}/trace_annotations?trace_ids=" + "0" * 32),
    ("GET", "/v1/projects/{}/session_annotations?session_ids=x"),
    ("GET", "/v1/projects/{}/document_annotations?span_ids=" + "0" * 16),
    ("DELETE", "/v1/projects/{}/trace_annotations?delete_all=true"),
    ("DELETE", "/v1/projects/{}/session_annotations?delete_all=true"),
    ("DELETE", "/v1/projects/{}/document_annotations?delete_all=true"),
    ("PATCH", "/v1/projects/{}/retention"),
    ("DELETE", "/v1/traces/{}"),
    ("GET", "/v1/sessions/{}"),
    ("DELETE", "/v1/sessions/{}"),
    ("GET", "/v1/annotations/{}"),
    ("PATCH", "/v1/annotations/{}"),
    ("DELETE", "/v1/annotations/{}"),
    ("GET", "/v1/annotations/{}/history"),
    ("GET", "/v1/annotation_configs/{}/versions"),
    ("PATCH", "/v1/prompts/{}"),
    ("DELETE", "/v1/prompts/{}"),
    ("GET", "/v1/prompts/{}/versions"),
    ("POST", "/v1/prompts/{}/versions"),
    ("GET", "/v1/prompts/{}/latest"),
    ("GET", "/v1/prompts/{}/tags/production"),
    ("GET", "/v1/prompt_versions/{}"),
    ("GET", "/v1/prompt_versions/{}/tags"),
    ("POST", "/v1/prompt_versions/{}/tags"),
    ("DELETE", "/v1/prompt_versions/{}/tags/production"),
    ("GET", "/v1/retention_policies/{}"),
    ("PUT", "/v1/retention_policies/{}"),
    ("DELETE", "/v1/retention_policies/{}"),
]


@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda each: ascii(each[:20]))
@pytest.mark.parametrize(("method", "path"), IDENTIFIED)
def test_an_unknown_identifier(http: httpx.Client, method: str, path: str, unknown: str) -> None:
    body: Any = {"description": "d", "annotation_config_ids": []}
    if path.startswith("/v1/annotation_configs"):
        body = CONFIG
    elif path.startswith("/v1/retention_policies"):
        body = {"name": "unknown", "max_days": 36500}
    elif path.startswith("/v1/prompt"):
        body = {"description": "d", "version": a_version(), "name": "production"}
    elif method == "PATCH":
        body = {"policy_id": None} if path.endswith("/retention") else {"metadata": {}}
    response = http.request(method, path.format(unknown), json=body if method in ("PUT", "PATCH", "POST") else None)

    refused(response)
    assert response.status_code in (400, 404, 405, 422), response.status_code


def test_a_set_of_unknown_configs_changes_nothing(http: httpx.Client, project: str) -> None:
    http.post("/v1/projects", json={"name": project})
    known = http.get("/v1/annotation_configs/user_feedback").json()["data"]["id"]
    url = f"/v1/projects/{project}/annotation_configs"
    taken(http.put(url, json={"annotation_config_ids": [known]}))

    gone = base64.b64encode(b"FreeformAnnotationConfig:999999").decode()
    for ids in ([gone], [known, gone], [known, "x"], [f"{known}x"]):
        refused(http.put(url, json={"annotation_config_ids": ids}))

    assert [config["id"] for config in http.get(url).json()["data"]] == [known]


@pytest.mark.parametrize(
    "name", ["a/b", "a?b", "a#b", "日本語", "🎈", "a%2Fb", ".", "..", "a\\b", "a\nb", "a'b", '"', "<i>", "%", " x"]
)
def test_a_project_of_an_odd_name_is_reached_by_name_or_id(
    http: httpx.Client, server: Server, project: str, name: str
) -> None:
    name = f"{name}{project}"
    made = http.post("/v1/projects", json={"name": name}).json()["data"]
    assert made["name"] == name

    assert http.get(f"/v1/projects/{quote(made['id'], safe='')}").json()["data"] == made
    assert http.post("/v1/projects", json={"name": name}).status_code == 409
    by_name = http.get(f"/v1/projects/{quote(name, safe='')}")
    assert by_name.status_code in (200, 404), by_name.text
    if by_name.status_code == 200:
        assert by_name.json()["data"] == made
    elif "/" not in name:
        raise AssertionError("only a slash keeps a name out of a path")
    span = a_span()
    taken(http.post(f"/v1/projects/{quote(made['id'], safe='')}/spans", json={"data": [span]}))
    frame = post_json_accepting(http, name, {"queries": [{}]}, "application/json")
    assert id_of(span) in frame.text
    assert http.delete(f"/v1/projects/{quote(made['id'], safe='')}").status_code == 204
