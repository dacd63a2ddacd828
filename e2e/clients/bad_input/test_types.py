"""Wrong types in bodies."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .requests import BODIES, JSON_TYPE, an_annotation, put, refused, taken, value_at

WRONG: dict[type, list[Any]] = {
    str: [5, 1.5, True, [], {}, ["x"], {"x": "y"}],
    float: ["many", [], {}, {"x": 1}],
    int: ["many", 1.5, [], {}],
    bool: ["perhaps", 7, [], {}],
    list: ["x", 5, True, {}, {"0": 1}, [5], [None], [[]]],
    dict: ["x", 5, True, [1], [[]]],
}
FREE = {"metadata", "attributes", "openai", "raw", "parameters", "schema"}  # JSON objects of any content
ANY = {"tool_result"}  # any JSON


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a body."""
    if path:
        yield path
    if isinstance(value, dict) and not (path and path[-1] in FREE):
        for key, inner in value.items():
            if key not in ANY:
                yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


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
        if field == "content" and value == "x":
            continue  # a text in place of parts
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
    elif name in ("patch", "dataset patch", "examples", "labels", "experiment", "experiment patch"):
        refused(response, status=404)  # as it is here, but there is nothing of that id
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
