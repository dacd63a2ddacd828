"""Bytes that are no text, no JSON, no archive."""

import json
from urllib.parse import quote

import httpx
import pytest

from ...server import Server
from ..helpers import a_span, annotations_of, send, spans_in
from .requests import (
    BODIES,
    JSON_TYPE,
    MARK,
    NOBODYS_ANNOTATION,
    NOBODYS_SESSION,
    an_annotation,
    post_json,
    put,
    refused,
    value_at,
)

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
    ("prompt", ("prompt", "name")),
    ("prompt", ("prompt", "description")),
    ("prompt", ("version", "model_name")),
    ("prompt", ("version", "template", "messages", 0, "content")),
    ("prompt", ("version", "invocation_parameters", "openai", "@key")),
    ("prompt tag", ("name",)),
    ("project retention", ("policy_id",)),
    ("project", ("name",)),
    ("project", ("description",)),
    ("description", ("description",)),
    ("categorical", ("name",)),
    ("categorical", ("description",)),
    ("categorical", ("values", 0, "label")),
]


@pytest.mark.parametrize("odd", ['"a\\ud800b"', '"a\\udc00b"', "NaN", "-Infinity"])
def test_what_is_no_json_is_refused_beside_a_number_of_many_digits_too(
    http: httpx.Client, span_id: str, odd: str
) -> None:
    """Such a body is read by another parser, which takes more."""
    wire = json.dumps({"data": [an_annotation(span_id, metadata={"long": 10**30, "odd": MARK})]})

    response = http.post("/v1/span_annotations", content=wire.replace(f'"{MARK}"', odd), headers=JSON_TYPE)

    refused(response, "odd", status=422)


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
        "/v1/prompts?limit=1000",
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
