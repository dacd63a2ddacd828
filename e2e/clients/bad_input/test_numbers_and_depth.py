"""Numbers that nothing holds, and nesting without end."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ...server import Server
from ..helpers import a_span, annotations_of, spans_in
from .requests import (
    DEEP,
    HUGE,
    MARK,
    PROTOBUF,
    a_sent_span,
    an_annotation,
    nested_value,
    post_json,
    post_json_accepting,
    raw_field,
    raw_otlp,
    refused,
    taken,
)


@pytest.mark.parametrize("depth", DEEP)
@pytest.mark.parametrize("nest", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("place", ["metadata", "attributes", "event", "unknown", "select"])
def test_a_deeply_nested_body(
    http: httpx.Client, server: Server, project: str, span_id: str, place: str, nest: tuple[str, str], depth: int
) -> None:
    deep = nest[0] * depth + "1" + nest[1] * depth
    if place in ("metadata", "unknown"):
        url = "/v1/span_annotations"
        body: Any = {"data": [an_annotation(span_id, **{place: {"deep": MARK}})]}
    elif place == "select":
        url, body = "/v1/spans", {"queries": [{"select": {"a": {"key": MARK}}}]}
    else:
        url = f"/v1/projects/{project}/spans"
        new = a_span(attributes={"deep": MARK} if place == "attributes" else {})
        if place == "event":
            new["events"] = [{"name": "e", "timestamp": "2026-01-01T00:00:00Z", "attributes": {"deep": MARK}}]
        body = {"data": [new]}

    response = post_json(http, url, json.dumps(body).replace(f'"{MARK}"', deep))

    assert response.status_code < 500, response.text[:300]
    if response.status_code >= 400:
        refused(response)
    assert (depth <= 100 and place != "select") == response.is_success or place == "unknown" or depth < 5000
    assert http.get(f"/v1/projects/{project}/spans").status_code == 200
    assert http.get(f"/v1/projects/{project}/span_annotations?span_ids={span_id}").status_code == 200
    frame = http.post(
        "/v1/spans", params={"project_name": project}, json={"queries": [{}]}, headers={"accept": "application/json"}
    )
    assert frame.content.rstrip().endswith(b"--"), "the frame is complete"
    assert http.post("/v1/spans", params={"project_name": project}, json={"queries": [{}]}).status_code == 200


@pytest.mark.parametrize("depth", DEEP)
def test_a_deeply_nested_attribute_over_otlp(http: httpx.Client, server: Server, project: str, depth: int) -> None:
    good = a_sent_span("good")
    bad = a_sent_span("bad")
    attribute = raw_field(1, b"deep") + raw_field(2, nested_value(depth))
    wire = raw_otlp(project, [good.SerializeToString(), bad.SerializeToString() + raw_field(9, attribute)])

    response = http.post("/v1/traces", content=wire, headers=PROTOBUF)

    assert response.status_code in (200, 400), response.text
    stored = {span["name"] for span in spans_in(server, project)}
    assert stored == ({"good"} if response.status_code == 200 else set()) or depth < 32 or stored == {"good", "bad"}
    if response.status_code == 200 and "bad" not in stored:
        assert response.content, "what is rejected is said"


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 100_000,
        "(" * 150 + "name == 'x'" + ")" * 150,
        "not " * 5000 + "name == 'x'",
        "-" * 10_000 + "1 == 1",
        " and ".join(["name == 'x'"] * 5000),
        "name in [" + ",".join(["'x'"] * 50_000) + "]",
        "latency_ms + " * 3000 + "1 == 1",
        "a" + ".a" * 5000 + " == 1",
        "a" + "['a']" * 2000 + " == 1",
        "name == '" + "x" * 1_000_000 + "'",
        "name == 'a\0b'",
        "name == 'a\\x00b'",
        "name == '\\ud800'",
        "latency_ms == 1e999",
        "latency_ms == " + "9" * 5000,
        f"latency_ms == {HUGE}",
        "1 if name else 2",
        "__import__('os')",
        "name == 'x'; drop table spans",
        "name == 'x' -- ",
        "lambda: 1",
        "[x for x in name]",
        "f'{name}' == 'x'",
        "name := 1",
        "start_time > '0001-01-01T00:00:00Z'",
        "start_time < '9999-12-31T23:59:59Z'",
        "start_time < '9999-12-31T23:59:59-14:00'",
        "start_time > '2020-01-01'",
        "latency_ms % 0 == 1",
        "latency_ms / 0 == 1",
        "int(name) == 1",
        f"llm.token_count.total == {2**63}",
        f"llm.token_count.total + {2**63 - 1} > 0",
        "annotations[''].label == 'x'",
        "annotations['a\0'].label == 'x'",
        "annotations[0].label == 'x'",
        "\ufeffname == 'x'",
        "name\n== 'x'",
        "# nothing",
        "٣ == 3",
    ],
    ids=lambda condition: ascii(condition[:30]),
)
def test_a_condition_that_nobody_would_write(http: httpx.Client, project: str, span_id: str, condition: str) -> None:
    for accept in ("application/json", "*/*"):
        response = post_json_accepting(http, project, {"queries": [{"filter": {"condition": condition}}]}, accept)
        if response.status_code != 200:
            refused(response, "Invalid query", status=422)
        elif accept == "application/json":
            assert response.content.rstrip().endswith(b"--"), "the answer is complete"


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "9" * 5000])
def test_a_score_that_is_no_number(http: httpx.Client, server: Server, project: str, span_id: str, score: str) -> None:
    wire = json.dumps({"data": [an_annotation(span_id, result={"score": MARK})]}).replace(f'"{MARK}"', score)

    for sync in ("true", "false"):
        response = post_json(http, f"/v1/span_annotations?sync={sync}", wire)
        assert 400 <= response.status_code < 500, response.text[:300]
        assert "score" in response.text or response.status_code == 400
    assert annotations_of(server, project, span_id) == []


@pytest.mark.parametrize("score", [0, -1, 1e308, 5e-324, 10**30, -0.0, "0.5"])
def test_scores_that_are_numbers(http: httpx.Client, server: Server, project: str, span_id: str, score: Any) -> None:
    taken(
        post_json(http, "/v1/span_annotations?sync=true", {"data": [an_annotation(span_id, result={"score": score})]})
    )

    [found] = annotations_of(server, project, span_id)
    assert found["result"]["score"] == float(score)


@pytest.mark.parametrize(
    "number", [str(HUGE), str(-HUGE), str(2**63), str(2**64), "9" * 5000, "NaN", "Infinity", "1e999"]
)
@pytest.mark.parametrize("place", ["attributes", "metadata", "token count"])
def test_a_number_that_does_not_fit(
    http: httpx.Client, server: Server, project: str, span_id: str, place: str, number: str
) -> None:
    if place == "metadata":
        url, body = "/v1/span_annotations?sync=true", {"data": [an_annotation(span_id, metadata={"n": MARK})]}
    else:
        key = "llm.token_count.total" if place == "token count" else "any.number"
        url, body = f"/v1/projects/{project}/spans", {"data": [a_span(attributes={key: MARK})]}

    response = post_json(http, url, json.dumps(body).replace(f'"{MARK}"', number))

    assert response.status_code < 500, response.text[:300]
    if response.status_code >= 400:
        refused(response)
    spans_in(server, project)
    annotations_of(server, project, span_id)
    for accept in ("application/json", "*/*"):
        frame = post_json_accepting(http, project, {"queries": [{}]}, accept)
        assert frame.status_code == 200
        assert accept == "*/*" or frame.content.rstrip().endswith(b"--")


@pytest.mark.parametrize(
    "limit", ["0", "-1", str(HUGE), str(-HUGE), "9" * 5000, "many", "1.5", "", "NaN", "1e2", "0x10", "٣x"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects",
        "/v1/annotation_configs",
        "/v1/projects/default/annotation_configs",
        "/v1/projects/default/spans",
        "/v1/projects/default/spans/otlpv1",
        "/v1/projects/default/traces",
        "/v1/projects/default/sessions",
        "/v1/projects/default/annotations",
        "/v1/projects/default/span_annotations?identifier=x",
        "/v1/projects/default/trace_annotations?identifier=x",
        "/v1/projects/default/session_annotations?identifier=x",
        "/v1/projects/default/document_annotations?identifier=x",
        "/v1/prompts",
        "/v1/retention_policies",
    ],
)
def test_a_limit_that_is_none(http: httpx.Client, path: str, limit: str) -> None:
    refused(http.get(f"{path}{'&' if '?' in path else '?'}limit={quote(limit)}"), "limit", status=422)


@pytest.mark.parametrize("limit", [-1, -HUGE, HUGE, 2**63, 2**63 - 1, 0, True])
def test_limits_of_a_frame(http: httpx.Client, project: str, span_id: str, limit: int) -> None:
    for accept in ("application/json", "*/*"):
        response = post_json_accepting(http, project, {"queries": [{}], "limit": limit}, accept)
        assert response.status_code in (200, 422), response.text[:300]
        assert response.status_code == 422 or accept == "*/*" or response.content.rstrip().endswith(b"--")
