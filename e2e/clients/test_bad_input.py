"""Whatever is sent, the answer is a clear refusal: never a 500, never half of it stored, never a broken server.

Two rules hold everywhere and are checked by `refused` and `taken`: a refusal is a 4xx in text or JSON that names what
is wrong, and what is not refused is stored so that it can be read back.
"""

import base64
import copy
import gzip
import json
import os
import socket
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ..server import Server
from .helpers import HTTP, Json, a_rag_trace, a_span, annotations_of, id_of, new_span_id, send, spans_in

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON_TYPE = {"content-type": "application/json"}
DEEP = [100, 250, 300, 1000, 5000, 100_000]
HUGE = 10**30


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, verify=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with small limits."""
    environment = {"RUBRICATE_MAX_BODY_BYTES": "20000", "RUBRICATE_MAX_DECOMPRESSED_BYTES": "1000000"}
    with Server(tmp_path_factory.mktemp("strict"), environment=environment).start() as server:
        yield server


@pytest.fixture
def span_id(server: Server, project: str) -> str:
    """A span that is there."""
    return id_of(send(server, project, [a_span()])[0])


def refused(response: httpx.Response, *parts: str, status: int | None = None) -> None:
    """A 4xx that names these parts, as text or JSON."""
    said = f"{response.request.method} {str(response.request.url)[:200]} → {response.status_code} {response.text[:500]}"
    assert 400 <= response.status_code < 500, said
    assert status is None or response.status_code == status, said
    kind = response.headers["content-type"]
    assert kind.startswith(("text/plain", "application/json")), kind
    assert response.headers["x-rubricate-version"]
    assert response.headers["x-phoenix-server-version"]
    assert len(response.content) < 20_000, "a refusal does not repeat what it refuses"
    if kind.startswith("application/json"):
        told = response.json()
        assert told.get("detail") or told["duplicate_spans"] or told["invalid_spans"], said
    assert response.text.strip(), said
    for part in parts:
        assert part in response.text.replace('","', ".").replace('",', ".").replace(',"', "."), said


def taken(response: httpx.Response) -> None:
    """Stored."""
    assert 200 <= response.status_code < 300, f"{response.status_code} {response.text[:500]}"


def an_annotation(span_id: str, **fields: Any) -> Json:
    return {
        "span_id": span_id,
        "name": "tone",
        "annotator_kind": "HUMAN",
        "result": {"label": "kind", "score": 1.0, "explanation": "So."},
        "metadata": {},
        "identifier": "",
        **fields,
    }


def post_json(http: httpx.Client, path: str, body: Any) -> httpx.Response:
    """As `json=` would, but with what httpx refuses to write: NaN, half a surrogate pair."""
    return http.post(path, content=body if isinstance(body, bytes | str) else json.dumps(body), headers=JSON_TYPE)


# --- wrong types ------------------------------------------------------------------------------------------------------

ANNOTATION = an_annotation("0" * 16)
SPAN = a_span(events=[{"name": "e", "timestamp": "2026-01-01T00:00:00Z", "attributes": {}}])
CONFIG: Json = {
    "type": "CATEGORICAL",
    "name": "wrong types",
    "description": "d",
    "optimization_direction": "MAXIMIZE",
    "values": [{"label": "a", "score": 1}],
}
CONTINUOUS: Json = {
    "type": "CONTINUOUS",
    "name": "wrong types",
    "optimization_direction": "NONE",
    "lower_bound": 0,
    "upper_bound": 1,
}
NOBODYS_ANNOTATION = "U3BhbkFubm90YXRpb246OTk5OTk5"  # SpanAnnotation:999999
NOBODYS_SESSION = "session-of-nobody"


def about(**target: Any) -> Json:
    """A batch of one annotation of this target."""
    annotation = an_annotation("")
    del annotation["span_id"]
    return {"data": [target | annotation]}


BODIES: dict[str, tuple[str, str, Any]] = {
    "annotations": ("POST", "/v1/span_annotations", {"data": [ANNOTATION]}),
    "spans": ("POST", "/v1/projects/wrong-types/spans", {"data": [SPAN]}),
    "note": ("POST", "/v1/span_notes", {"data": {"span_id": "0" * 16, "note": "n", "identifier": ""}}),
    "trace annotations": ("POST", "/v1/trace_annotations", about(trace_id="0" * 32)),
    "session annotations": ("POST", "/v1/session_annotations", about(session_id=NOBODYS_SESSION)),
    "document annotations": ("POST", "/v1/document_annotations", about(span_id="0" * 16, document_position=0)),
    "trace note": ("POST", "/v1/trace_notes", {"data": {"trace_id": "0" * 32, "note": "n", "identifier": ""}}),
    "session note": (
        "POST",
        "/v1/session_notes",
        {"data": {"session_id": NOBODYS_SESSION, "note": "n", "identifier": ""}},
    ),
    "patch": (
        "PATCH",
        f"/v1/annotations/{NOBODYS_ANNOTATION}",
        {
            "annotator_kind": "CODE",
            "result": {"label": "l", "score": 0.5, "explanation": "e"},
            "metadata": {},
        },
    ),
    "transfer": (
        "POST",
        "/v1/traces/transfer",
        {"trace_identifiers": ["0" * 32], "destination_project_identifier": "default"},
    ),
    "sessions": ("POST", "/v1/sessions/delete", {"session_identifiers": [NOBODYS_SESSION]}),
    "retention": ("POST", "/v1/retention_policies", {"name": "wrong-types", "max_days": 36500.0, "max_traces": 9}),
    "project retention": ("PATCH", "/v1/projects/default/retention", {"policy_id": "x"}),
    "project": ("POST", "/v1/projects", {"name": "wrong-types", "description": "d"}),
    "description": ("PUT", "/v1/projects/default", {"description": "d"}),
    "categorical": ("POST", "/v1/annotation_configs", CONFIG),
    "continuous": ("POST", "/v1/annotation_configs", CONTINUOUS),
    "configs": ("PUT", "/v1/projects/default/annotation_configs", {"annotation_config_ids": ["x"]}),
    "query": (
        "POST",
        "/v1/spans",
        {
            "queries": [
                {
                    "select": {"a": {"key": "name"}},
                    "filter": {"condition": "name == 'x'"},
                    "explode": {"key": "retrieval.documents", "primary_index_key": "span_id", "kwargs": {"a": "b"}},
                    "rename": {"a": "b"},
                    "index": {"key": "span_id"},
                }
            ],
            "start_time": "2026-01-01T00:00:00Z",
            "end_time": "2026-01-02T00:00:00Z",
            "limit": 10,
            "root_spans_only": False,
            "project_name": "default",
        },
    ),
}
WRONG: dict[type, list[Any]] = {
    str: [5, 1.5, True, [], {}, ["x"], {"x": "y"}],
    float: ["many", [], {}, {"x": 1}],
    int: ["many", 1.5, [], {}],
    bool: ["perhaps", 7, [], {}],
    list: ["x", 5, True, {}, {"0": 1}, [5], [None], [[]]],
    dict: ["x", 5, True, [1], [[]]],
}
FREE = {"metadata", "attributes"}  # JSON objects of any content


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a body."""
    if path:
        yield path
    if isinstance(value, dict) and not (path and path[-1] in FREE):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def put(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def value_at(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


EVERY_PLACE = [
    pytest.param(name, path, id=f"{name}-{'.'.join(map(str, path))}")
    for name, (_, _, body) in BODIES.items()
    for path in places(body)
]


@pytest.mark.parametrize(("name", "path"), EVERY_PLACE)
def test_a_value_of_a_wrong_type(http: httpx.Client, name: str, path: tuple[str | int, ...]) -> None:
    method, url, body = BODIES[name]
    field = str(path[-1]) if isinstance(path[-1], str) else str(path[-2])
    kind = str if field == "parent_id" else type(value_at(body, path))
    is_time = field.endswith(("_time", "timestamp"))  # which may also be seconds since 1970
    for value in WRONG[float if kind is int and field != "limit" else kind]:
        if is_time and type(value) in (int, float):
            continue
        response = http.request(method, url, json=put(body, path, value))
        assert response.status_code < 500, f"{value!r}: {response.status_code} {response.text[:300]}"
        if name == "query" and response.status_code == 200:
            raise AssertionError(f"{value!r} was taken")
        assert 400 <= response.status_code < 500, f"{value!r}: {response.status_code} {response.text[:300]}"
        assert field in response.text or name == "query", f"{value!r}: {response.text[:300]}"


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(
    "body", ["", " ", "null", "[]", "5", '"x"', "{", '{"data":', "{}}", "nonsense", b"\xff\xfe", b"\0"]
)
def test_a_body_that_is_none(http: httpx.Client, name: str, body: str | bytes) -> None:
    method, url, _ = BODIES[name]

    refused(http.request(method, url, content=body, headers=JSON_TYPE))


@pytest.mark.parametrize("name", BODIES)
def test_an_empty_object(http: httpx.Client, name: str) -> None:
    method, url, _ = BODIES[name]
    response = http.request(method, url, json={})

    if name == "description":
        taken(response)  # all of it is optional
    elif name == "patch":
        refused(response, status=404)  # as it is here, but there is no such annotation
    else:
        refused(response, status=422)


@pytest.mark.parametrize("name", [name for name in BODIES if name not in ("query", "description")])
@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-protobuf", "a", ";;"],
)
def test_a_wrong_content_type(http: httpx.Client, name: str, kind: str) -> None:
    method, url, body = BODIES[name]
    headers = {"content-type": kind} if kind else {}
    response = http.request(method, url, content=json.dumps(body), headers=headers)

    assert 400 <= response.status_code < 500, f"{response.status_code} {response.text[:300]}"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/JSON", "application/vnd.api+json"])
def test_content_types_that_are_json(http: httpx.Client, project: str, span_id: str, kind: str) -> None:
    taken(
        http.post(
            "/v1/span_annotations",
            content=json.dumps({"data": [an_annotation(span_id)]}),
            headers={"content-type": kind},
        )
    )


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/x-json"])
@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_traces_of_a_wrong_content_type(http: httpx.Client, path: str, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}

    refused(http.post(path, content=b"x", headers=headers), status=415)


# --- encodings --------------------------------------------------------------------------------------------------------

ODD_TEXTS = {
    "lone high surrogate": '"a\\ud800b"',
    "lone low surrogate": '"a\\udc00b"',
    "swapped surrogates": '"\\udc00\\ud800"',
    "NUL": '"a\\u0000b"',
    "bell": '"a\\u0007b"',
    "noncharacter": '"a\\uffffb"',
    "right to left": '"\\u202eevil"',
    "long": json.dumps("x" * (1 << 20)),
}
TEXT_PLACES = [
    ("annotations", ("data", 0, "name")),
    ("annotations", ("data", 0, "identifier")),
    ("annotations", ("data", 0, "result", "label")),
    ("annotations", ("data", 0, "result", "explanation")),
    ("annotations", ("data", 0, "metadata", "key")),
    ("annotations", ("data", 0, "metadata", "@key")),
    ("spans", ("data", 0, "name")),
    ("spans", ("data", 0, "span_kind")),
    ("spans", ("data", 0, "status_message")),
    ("spans", ("data", 0, "attributes", "input.value")),
    ("spans", ("data", 0, "attributes", "any.key")),
    ("spans", ("data", 0, "attributes", "session.id")),
    ("spans", ("data", 0, "attributes", "@key")),
    ("spans", ("data", 0, "events", 0, "name")),
    ("note", ("data", "note")),
    ("note", ("data", "identifier")),
    ("trace annotations", ("data", 0, "name")),
    ("trace annotations", ("data", 0, "result", "label")),
    ("trace note", ("data", "note")),
    ("session annotations", ("data", 0, "session_id")),
    ("session annotations", ("data", 0, "identifier")),
    ("session note", ("data", "session_id")),
    ("session note", ("data", "note")),
    ("document annotations", ("data", 0, "name")),
    ("document annotations", ("data", 0, "result", "explanation")),
    ("patch", ("result", "label")),
    ("patch", ("result", "explanation")),
    ("patch", ("metadata", "key")),
    ("patch", ("metadata", "@key")),
    ("transfer", ("trace_identifiers", 0)),
    ("transfer", ("destination_project_identifier",)),
    ("sessions", ("session_identifiers", 0)),
    ("retention", ("name",)),
    ("project retention", ("policy_id",)),
    ("project", ("name",)),
    ("project", ("description",)),
    ("description", ("description",)),
    ("categorical", ("name",)),
    ("categorical", ("description",)),
    ("categorical", ("values", 0, "label")),
]
MARK = "@@mark@@"


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize(("name", "path"), TEXT_PLACES, ids=lambda value: value if isinstance(value, str) else None)
def test_an_odd_text(
    http: httpx.Client,
    server: Server,
    project: str,
    span_id: str,
    name: str,
    path: tuple[str | int, ...],
    text: str,
) -> None:
    """Refused with its field; or else stored, and all that is stored can still be read."""
    method, url, body = BODIES[name]
    trace_id = spans_in(server, project)[0]["context"]["trace_id"]
    session = send(server, project, [a_span(attributes={"session.id": f"session of {project}"})])[0]["attributes"]
    [annotation] = post_json(http, "/v1/span_annotations?sync=true", {"data": [an_annotation(span_id)]}).json()["data"]
    url = url.replace(NOBODYS_ANNOTATION, quote(annotation["id"], safe=""))
    body = json.loads(
        json.dumps(body)
        .replace("0" * 32, trace_id)
        .replace("0" * 16, span_id)
        .replace(NOBODYS_SESSION, session["session.id"])
        .replace("wrong-types", project)
    )
    if name == "spans":
        body["data"][0]["context"] = a_span()["context"]
    *above, last = path
    if last == "@key":
        value_at(body, tuple(above))[MARK] = "value"
    else:
        body = put(body, path, MARK)
    if name in ("project", "categorical") and last != "name":
        body["name"] = f"{project}-{quote(text)}"
    wire = json.dumps(body).replace(f'"{MARK}"', ODD_TEXTS[text])

    response = http.request(method, url.replace("wrong-types", project), content=wire, headers=JSON_TYPE)

    assert response.status_code < 500, response.text[:300]
    if response.status_code >= 400:
        field = last if isinstance(last, str) else above[-1]
        known = response.status_code == 404 or field == "policy_id"  # then the text says what is not there
        refused(response, *([] if last == "@key" or known else [str(field)]))
    listed = [
        f"/v1/projects/{project}/spans",
        f"/v1/projects/{project}/span_annotations?span_ids={span_id}&limit=1000",
        f"/v1/projects/{project}/annotations",
        f"/v1/annotations/{quote(annotation['id'], safe='')}/history",
        f"/v1/projects/{project}/traces",
        f"/v1/projects/{project}/sessions",
        "/v1/retention_policies?limit=1000",
        "/v1/projects?limit=1000",
        "/v1/annotation_configs?limit=1000",
    ]
    for each in listed:
        assert http.get(each).status_code == 200, each
        http.get(each).json()
    frame = http.post(
        "/v1/spans", params={"project_name": project}, json={"queries": [{}]}, headers={"accept": "application/json"}
    )
    assert frame.status_code == 200
    assert b'"data":[' in frame.content
    assert frame.content.rstrip().endswith(b"--"), "the frame is complete"


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_not_utf_8(http: httpx.Client, name: str) -> None:
    method, url, body = BODIES[name]
    wire = json.dumps(body).encode().replace(b"x", b"\xff").replace(b"n", b"\xc3(")
    told = ["UTF-8"] if name != "query" else []

    refused(http.request(method, url, content=wire, headers=JSON_TYPE), "body", *told, status=422)


def test_utf_16_is_refused_or_understood(http: httpx.Client, project: str) -> None:
    response = http.post("/v1/projects", content=json.dumps({"name": project}).encode("utf-16"), headers=JSON_TYPE)

    assert response.status_code < 500
    if response.status_code == 200:
        assert response.json()["data"]["name"] == project


def test_duplicate_keys(http: httpx.Client, server: Server, project: str, span_id: str) -> None:
    one, two = json.dumps(an_annotation(span_id, name="one")), json.dumps(an_annotation(span_id, name="two"))

    response = post_json(http, "/v1/span_annotations", f'{{"data": [{one}], "data": [{two}]}}')

    assert response.status_code < 500
    stored = [each["name"] for each in annotations_of(server, project, span_id)]
    assert stored == ([] if response.status_code >= 400 else ["two"]), "as everywhere, the last one counts"


# --- depth ------------------------------------------------------------------------------------------------------------


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
    attribute = _field(1, b"deep") + _field(2, _nested(depth))
    wire = _otlp(project, [good.SerializeToString(), bad.SerializeToString() + _field(9, attribute)])

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


# --- numbers ----------------------------------------------------------------------------------------------------------


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


# --- names and ids ----------------------------------------------------------------------------------------------------


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
    elif method == "PATCH":
        body = {"policy_id": None} if path.endswith("/retention") else {"metadata": {}}
    response = http.request(method, path.format(unknown), json=body if method in ("PUT", "PATCH") else None)

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


# --- times ------------------------------------------------------------------------------------------------------------

FAR = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-14:00",
    "1969-12-31T23:59:59Z",
    "2300-01-01T00:00:00Z",
    "2262-04-12T00:00:00Z",
]
NO_TIMES = [
    "",
    "yesterday",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T00:00:00+99:00",
    "10000-01-01T00:00:00Z",
    "-1",
    str(HUGE),
    "NaN",
    "1e400",
    "\0",
    "2026-01-01T00:00:00",
    "2026-01-01",
]


@pytest.mark.parametrize("time", FAR)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_a_span_at_a_time_far_off(http: httpx.Client, server: Server, project: str, field: str, time: str) -> None:
    wrong = a_span() | {field: time}

    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span(), wrong]})

    refused(response, field)
    assert id_of(wrong) in response.text or response.status_code == 422
    assert spans_in(server, project) == []


@pytest.mark.parametrize("time", FAR)
def test_an_event_at_a_time_far_off(http: httpx.Client, server: Server, project: str, time: str) -> None:
    wrong = a_span(events=[{"name": "e", "timestamp": time, "attributes": {}}])

    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [wrong]})

    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        refused(response)
    spans_in(server, project)
    for accept in ("application/json", "*/*"):
        frame = post_json_accepting(http, project, {"queries": [{}]}, accept)
        assert frame.status_code == 200
        assert accept == "*/*" or frame.content.rstrip().endswith(b"--")


@pytest.mark.parametrize("time", FAR)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_asking_for_a_time_far_off(
    http: httpx.Client, server: Server, project: str, span_id: str, field: str, time: str
) -> None:
    """Everything or nothing is older than year 1 and younger than year 9999, and that is the answer."""
    everything = (field == "start_time") == time.startswith(("0001", "1969"))
    listed = http.get(f"/v1/projects/{project}/spans", params={field: time})
    assert listed.status_code == 200, listed.text
    assert len(listed.json()["data"]) == (1 if everything else 0)

    frame = post_json_accepting(http, project, {"queries": [{}], field: time}, "application/json")
    assert frame.status_code == 200, frame.text
    assert (span_id in frame.text) == everything
    arrow = post_json_accepting(http, project, {"queries": [{}], field: time}, "*/*")
    assert arrow.status_code == 200
    assert (span_id.encode() in arrow.content) == everything


@pytest.mark.parametrize("time", FAR)
def test_deleting_annotations_up_to_a_time_far_off(
    http: httpx.Client, server: Server, project: str, span_id: str, time: str
) -> None:
    post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id)]})
    url = f"/v1/projects/{project}/span_annotations"

    response = http.delete(url, params={"start_time": time, "end_time": time, "name": "tone"})

    assert response.status_code == 204, response.text
    assert len(annotations_of(server, project, span_id)) == 1


@pytest.mark.parametrize("time", NO_TIMES)
def test_a_time_that_is_none(http: httpx.Client, server: Server, project: str, time: str) -> None:
    refused(post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span() | {"start_time": time}]}), "start_time")
    assert spans_in(server, project) == []
    for response in (
        http.get("/v1/projects/default/spans", params={"start_time": time}),
        post_json_accepting(http, "default", {"queries": [{}], "end_time": time}, "application/json"),
    ):
        if response.status_code >= 400:
            refused(response, "time", status=422)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (2**64 - 1, 2**64 - 1), (1, 2**63), (2**63 - 1, 2**63 - 1), (2**62, 1), (0, 1)]
)
def test_times_far_off_over_otlp(http: httpx.Client, server: Server, project: str, start: int, end: int) -> None:
    odd = a_sent_span("odd")
    odd.start_time_unix_nano, odd.end_time_unix_nano = start, end
    event = odd.events.add(name="e")
    event.time_unix_nano = end

    response = http.post("/v1/traces", content=otlp(project, a_sent_span("good"), odd), headers=PROTOBUF)

    assert response.status_code == 200
    stored = {span["name"] for span in spans_in(server, project)}
    assert stored == ({"good"} if response.content else {"good", "odd"})
    for accept in ("application/json", "*/*"):
        assert post_json_accepting(http, project, {"queries": [{}]}, accept).status_code == 200


# --- all or nothing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {"span_id": "xyz"},
        {"name": ""},
        {"annotator_kind": "ROBOT"},
        {"result": {"label": True}},
        {"result": {"score": "high"}},
        {"metadata": []},
        {"name": "note"},
        {"span_id": "f" * 16},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 50, 99])
def test_one_bad_annotation_refuses_them_all(
    http: httpx.Client, server: Server, project: str, span_id: str, bad: Json, place: int
) -> None:
    batch = [an_annotation(span_id, name=f"n{number}") for number in range(100)]
    batch[place] |= bad

    refused(
        post_json(http, "/v1/span_annotations?sync=true", {"data": batch}),
        next(iter(bad)) if bad != {"span_id": "f" * 16} else "f" * 16,
    )

    assert annotations_of(server, project, span_id) == []


@pytest.mark.parametrize("kind", ["trace", "session", "document"])
@pytest.mark.parametrize(
    "bad",
    [
        {"target": "another"},
        {"name": ""},
        {"annotator_kind": "ROBOT"},
        {"result": {"score": "high"}},
        {"metadata": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 99])
def test_one_bad_annotation_of_another_target_refuses_them_all(
    http: httpx.Client, server: Server, project: str, kind: str, bad: Json, place: int
) -> None:
    spans = send(server, project, a_rag_trace())
    trace_id, retriever = spans[0]["context"]["trace_id"], id_of(spans[1])
    send(server, project, [a_span(attributes={"session.id": project})])
    target, unknown = {
        "trace": ({"trace_id": trace_id}, {"trace_id": "f" * 32}),
        "session": ({"session_id": project}, {"session_id": "no such session"}),
        "document": ({"span_id": retriever, "document_position": 0}, {"document_position": 2}),
    }[kind]
    batch = [about(**target)["data"][0] | {"name": f"n{number}"} for number in range(100)]
    batch[place] |= unknown if "target" in bad else bad

    response = post_json(http, f"/v1/{kind}_annotations?sync=true", {"data": batch})

    refused(response, *map(str, unknown.values() if "target" in bad else bad))
    assert http.get(f"/v1/projects/{project}/annotations").json()["data"] == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_unknown_trace_keeps_all_where_they_are(
    http: httpx.Client, server: Server, project: str, place: int
) -> None:
    trace_ids = [send(server, project, [a_span()])[0]["context"]["trace_id"] for _ in range(2)]
    trace_ids.insert(place, "f" * 32)
    there = f"{project}-there"
    send(server, there, [a_span()])

    body = {"trace_identifiers": trace_ids, "destination_project_identifier": there}
    refused(http.post("/v1/traces/transfer", json=body), "traces", status=404)

    assert (len(spans_in(server, project)), len(spans_in(server, there))) == (2, 1)


@pytest.mark.parametrize(
    "bad",
    [{"result": {"score": "high"}}, {"annotator_kind": "ROBOT"}, {"metadata": 5}, {"name": "other"}, {"unknown": 1}],
    ids=str,
)
def test_a_bad_patch_changes_nothing(http: httpx.Client, server: Server, project: str, span_id: str, bad: Json) -> None:
    taken(post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id)]}))
    [before] = annotations_of(server, project, span_id)
    url = f"/v1/annotations/{quote(before['id'], safe='')}"

    refused(http.patch(url, json={"result": {"label": "changed"}} | bad), next(iter(bad)), status=422)

    assert annotations_of(server, project, span_id) == [before]
    assert len(http.get(f"{url}/history").json()["data"]) == 1


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": " "}, "name"),
        ({"max_days": 0}, "max_days"),
        ({"max_days": -1}, "max_days"),
        ({"max_days": 1e9}, "max_days"),
        ({"max_days": float("nan")}, "max_days"),
        ({"max_traces": 0}, "max_traces"),
        ({"max_traces": 1.5}, "max_traces"),
        ({"max_traces": HUGE}, "max_traces"),
        ({"max_days": None, "max_traces": None}, "max_days"),
    ],
)
def test_a_retention_policy_that_cannot_be_meant(http: httpx.Client, project: str, change: Json, part: str) -> None:
    policy = {"name": project, "max_days": 36500, "max_traces": 9} | change

    refused(post_json(http, "/v1/retention_policies", policy), part, status=422)

    names = [each["name"] for each in http.get("/v1/retention_policies?limit=1000").json()["data"]]
    assert project not in names


@pytest.mark.parametrize("position", [-1, HUGE, 2**31, 0.5, "first", None])
def test_a_document_position_that_is_none(http: httpx.Client, span_id: str, position: Any) -> None:
    body = about(span_id=span_id, document_position=position)

    refused(post_json(http, "/v1/document_annotations", body), "document_position", status=422)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": 5},
        {"context": {"span_id": "xyz", "trace_id": "00"}},
        {"start_time": "2026-01-01T00:00:00"},
        {"start_time": "2300-01-01T00:00:00Z"},
        {"status_code": "FINE"},
        {"events": [{"timestamp": "2026-01-01T00:00:00Z"}]},
        {"attributes": [1]},
    ],
    ids=str,
)
def test_one_bad_span_refuses_them_all(http: httpx.Client, server: Server, project: str, bad: Json) -> None:
    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span(), a_span() | bad, a_span()]})

    refused(response, next(iter(bad)))
    assert spans_in(server, project) == []
    assert http.get(f"/v1/projects/{project}").status_code == 404, "not even the project is made"


def test_the_same_span_twice_in_a_batch(http: httpx.Client, server: Server, project: str) -> None:
    span = a_span()

    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [span, span]})

    assert response.status_code == 400
    assert json.loads(response.text)["duplicate_spans"] == [span["context"]]
    assert spans_in(server, project) == []


def test_an_empty_batch_is_nothing(http: httpx.Client, project: str) -> None:
    assert post_json(http, "/v1/span_annotations", {"data": []}).json() == {"data": []}
    assert post_json(http, "/v1/span_annotations?sync=true", {"data": []}).json() == {"data": []}
    response = post_json(http, f"/v1/projects/{project}/spans", {"data": []})
    assert (response.status_code, response.json()) == (202, {"total_received": 0, "total_queued": 0})


@pytest.mark.parametrize("sync", ["maybe", "", "2", "TRUE!", "\0"])
def test_a_flag_that_is_none(http: httpx.Client, sync: str) -> None:
    refused(http.post("/v1/span_annotations", params={"sync": sync}, json={"data": []}), "sync", status=422)


def test_too_many_ids_at_once(http: httpx.Client) -> None:
    query = "&".join(f"span_ids={number:016x}" for number in range(1001))

    response = http.get(f"/v1/projects/default/span_annotations?{query}")

    refused(response)


def test_deleting_without_a_bound_is_refused(http: httpx.Client, server: Server, project: str, span_id: str) -> None:
    post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id)]})
    url = f"/v1/projects/{project}/span_annotations"

    for query in (
        "",
        "?name=tone",
        "?start_time=2020-01-01T00:00:00Z",
        "?delete_all=false",
        "?annotator_kind=ROBOT&delete_all=true",
    ):
        refused(http.delete(url + query), status=422)
    assert len(annotations_of(server, project, span_id)) == 1


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"values": []}, 400, "values"),
        ({"values": [{"label": ""}]}, 400, "label"),
        ({"values": [{"label": "a"}, {"label": "a"}]}, 400, "duplicate"),
        ({"values": None}, 422, "values"),
        ({"type": "OTHER"}, 422, "type"),
        ({"type": None}, 422, "type"),
        ({"optimization_direction": "SIDEWAYS"}, 422, "optimization_direction"),
        ({"type": "CONTINUOUS", "lower_bound": 2, "upper_bound": 1}, 400, "lower_bound"),
        ({"type": "CONTINUOUS", "lower_bound": 1, "upper_bound": 1}, 400, "lower_bound"),
        ({"type": "CONTINUOUS", "lower_bound": float("nan")}, 422, "lower_bound"),
        ({"type": "FREEFORM", "threshold": float("inf")}, 422, "threshold"),
    ],
)
def test_a_config_that_cannot_be_meant(http: httpx.Client, project: str, change: Json, status: int, part: str) -> None:
    refused(post_json(http, "/v1/annotation_configs", CONFIG | {"name": project} | change), part, status=status)

    refused(http.get(f"/v1/annotation_configs/{project}"), status=404)


# --- sizes ------------------------------------------------------------------------------------------------------------

LARGE = "x" * 30_000


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_too_large(strict: Server, name: str, chunked: bool) -> None:
    method, url, body = BODIES[name]
    wire = json.dumps(body | {"unknown": LARGE}).encode()
    content: Any = iter([wire[:10_000], wire[10_000:]]) if chunked else wire

    response = HTTP.request(method, strict.base_url + url, content=content, headers=JSON_TYPE)

    refused(response, "20000", status=413)


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_traces_that_are_too_large(strict: Server, project: str, path: str, chunked: bool) -> None:
    span = a_sent_span("large", LARGE)
    wire = otlp(project, span)
    content: Any = iter([wire[:10_000], wire[10_000:]]) if chunked else wire

    refused(HTTP.post(strict.base_url + path, content=content, headers=PROTOBUF), "20000", status=413)
    assert spans_in(strict, project) == []


def test_a_length_that_is_a_lie(strict: Server) -> None:
    for length in ("9" * 30, "-1", "x", "1, 2"):
        with socket.create_connection(("127.0.0.1", strict.port), timeout=5) as connection:
            head = ["POST /v1/traces HTTP/1.1", "host: x", f"content-type: {PROTOBUF['content-type']}"]
            connection.sendall("\r\n".join([*head, f"content-length: {length}", "", ""]).encode())
            assert connection.recv(100).split()[1] in (b"400", b"413"), length


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("path", ["/v1/traces", "/"])
def test_a_compression_bomb(strict: Server, path: str, encoding: str) -> None:
    plain = b"\0" * 10_000_000
    raw = zlib.compressobj(9, wbits=-15)
    packed = {
        "gzip": gzip.compress(plain),
        "x-gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain, 9),
        "raw deflate": raw.compress(plain) + raw.flush(),
    }[encoding]
    assert len(packed) < 20_000

    response = HTTP.post(
        strict.base_url + path, content=packed, headers=PROTOBUF | {"content-encoding": encoding.removeprefix("raw ")}
    )

    refused(response, "1000000", status=413)


def test_a_bomb_of_many_members(strict: Server) -> None:
    packed = gzip.compress(b"\0" * 500_000) * 15
    assert len(packed) < 20_000

    response = HTTP.post(
        f"{strict.base_url}/v1/traces", content=packed, headers=PROTOBUF | {"content-encoding": "gzip"}
    )

    refused(response, status=413)


@pytest.mark.parametrize("encoding", ["br", "zstd1", "gzip, gzip", "nonsense", "gzip;q=1"])
def test_an_unknown_encoding(http: httpx.Client, encoding: str) -> None:
    refused(http.post("/v1/traces", content=b"x", headers=PROTOBUF | {"content-encoding": encoding}), status=415)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"no archive", gzip.compress(b"x" * 1000)[:-12], b"\x1f\x8b", b"\x78\x9c\xff\xff"])
def test_a_corrupt_archive(http: httpx.Client, encoding: str, body: bytes) -> None:
    refused(http.post("/v1/traces", content=body, headers=PROTOBUF | {"content-encoding": encoding}), status=400)


def test_compressed_json_is_refused_or_understood(http: httpx.Client, project: str) -> None:
    response = http.post(
        "/v1/projects",
        content=gzip.compress(json.dumps({"name": project}).encode()),
        headers=JSON_TYPE | {"content-encoding": "gzip"},
    )

    assert response.status_code == 200 or 400 <= response.status_code < 500, response.text


@pytest.mark.parametrize(
    "wire", [b"\xff" * 50, b"nonsense", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x80", os.urandom(5000), b"{}"]
)
def test_bytes_that_are_no_protobuf(http: httpx.Client, wire: bytes) -> None:
    refused(http.post("/v1/traces", content=wire, headers=PROTOBUF), status=400)


def test_an_address_that_is_too_long(http: httpx.Client) -> None:
    for length in (10_000, 60_000):
        response = http.get(f"/v1/projects/{'x' * length}")
        assert response.status_code in (400, 404, 414, 431)


def test_otlp_texts_and_names_of_a_megabyte(http: httpx.Client, server: Server, project: str) -> None:
    long = "x" * (1 << 20)
    odd = a_sent_span(long, long)
    odd.attributes.append(KeyValue(key=long, value=AnyValue(string_value="v")))

    response = http.post("/v1/traces", content=otlp(project, a_sent_span("good"), odd), headers=PROTOBUF)

    assert response.status_code == 200
    names = {span["name"] for span in spans_in(server, project)}
    assert "good" in names
    assert (len(names) == 1) == bool(response.content), "stored, or rejected with a reason"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"a\0b", b"\xed\xa0\x80"])
def test_bytes_over_otlp_that_are_no_text(http: httpx.Client, server: Server, project: str, value: bytes) -> None:
    attribute = _field(1, b"any.key") + _field(2, _field(1, value))
    spans = [a_sent_span("good").SerializeToString(), a_sent_span("odd").SerializeToString() + _field(9, attribute)]

    response = http.post("/v1/traces", content=_otlp(project, spans), headers=PROTOBUF)

    assert response.status_code == 200, response.text
    names = {span["name"] for span in spans_in(server, project)}
    assert names == ({"good"} if response.content else {"good", "odd"})


def test_a_project_named_oddly_over_otlp(http: httpx.Client, server: Server, project: str) -> None:
    for name in ("", "  ", "x" * (1 << 20), f"a\0{project}", f"é/?#🎈{project}"):
        response = http.post("/v1/traces", content=otlp(name, a_sent_span("s")), headers=PROTOBUF)
        assert response.status_code == 200, response.text
    assert http.get("/v1/projects?limit=1000").status_code == 200


# --- paths and methods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/projects/a/b/c",
        "/v1/datasets",
        "/v1//projects",
        "/v1/traces/",
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
    "/v1/retention_policies",
    "/v1/retention_policies/nothing",
    "/v1/evaluations",
]


@pytest.mark.parametrize("path", KNOWN)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE"])
def test_a_method_that_a_path_does_not_take(http: httpx.Client, method: str, path: str) -> None:
    response = http.request(method, path)

    assert response.status_code in (200, 405) if method in ("HEAD", "OPTIONS") else response.status_code == 405, (
        response.text
    )
    if response.status_code == 405:
        assert response.headers["allow"]
        if method != "HEAD":
            refused(response, status=405)


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


# --- in the end -------------------------------------------------------------------------------------------------------


def test_after_all_of_this_the_servers_are_well(server: Server, strict: Server, project: str) -> None:
    for each in (server, strict):
        assert HTTP.get(f"{each.base_url}/readyz").json() == {}
        send(each, project, [a_span()])
        assert len(spans_in(each, project)) == 1
        troubles = [
            line for line in each.said.splitlines() if "ERROR" in line or "Error:" in line or "Traceback" in line
        ]
        assert troubles[:5] == [], f"{len(troubles)} in all"


# --- protobuf by hand -------------------------------------------------------------------------------------------------


def a_sent_span(name: str, value: str = "v") -> Span:
    span = Span(
        name=name,
        trace_id=os.urandom(16),
        span_id=bytes.fromhex(new_span_id()),
        start_time_unix_nano=1_772_366_400_000_000_000,
        end_time_unix_nano=1_772_366_401_000_000_000,
    )
    span.attributes.append(KeyValue(key="input.value", value=AnyValue(string_value=value)))
    return span


def otlp(project: str, *spans: Span) -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.append(
        KeyValue(key="openinference.project.name", value=AnyValue(string_value=project))
    )
    resource_spans.scope_spans.add().spans.extend(spans)
    return bytes(request.SerializeToString())


def _otlp(project: str, spans: list[bytes]) -> bytes:
    """A request of spans that the library would not write."""
    name = _field(1, b"openinference.project.name") + _field(2, _field(1, project.encode()))
    scope_spans = b"".join(_field(2, span) for span in spans)
    return _field(1, _field(1, _field(1, name)) + _field(2, scope_spans))


def _nested(depth: int) -> bytes:
    """An AnyValue: a list in a list in a list …"""
    pieces: list[bytes] = []
    length = 0
    for number in (1 if place % 2 else 5 for place in range(2 * depth)):
        head = bytes([number << 3 | 2]) + _varint(length)
        pieces.append(head)
        length += len(head)
    return b"".join(reversed(pieces))


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def post_json_accepting(http: httpx.Client, project: str, body: Json, accept: str) -> httpx.Response:
    return http.post(
        "/v1/spans",
        params={"project_name": project},
        content=json.dumps(body),
        headers=JSON_TYPE | {"accept": accept},
    )
