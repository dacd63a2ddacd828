"""`/openapi.json` is well-formed and true: every documented operation answers what it says it answers."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ..server import Server
from .helpers import HTTP, Json, a_span, id_of, new_span_id, send

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


@pytest.fixture(scope="module")
def document(server: Server) -> Json:
    response = HTTP.get(f"{server.base_url}/openapi.json")
    assert response.status_code == 200
    found: Json = response.json()
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


# --- the document itself ----------------------------------------------------------------------------------------------


def test_it_is_openapi_3_1(document: Json) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"] == "Rubricate"
    assert document["info"]["version"]
    assert set(document) <= {
        "openapi",
        "info",
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
        "externalDocs",
    }
    for path in document["paths"]:
        assert path.startswith("/")


def test_operation_ids_are_there_and_differ(document: Json) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", each) for each in ids)


def test_operations_are_whole(document: Json) -> None:
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        in_path = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), where
        assert operation.get("summary") or operation.get("description"), where
        assert operation["responses"], where
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d|[1-5]XX|default", status), where
            assert answer["description"], where
        assert ("requestBody" in operation) == (method in ("post", "put", "patch")) or path.count("{") == 2, where
        for parameter in operation.get("parameters", []):
            assert parameter["in"] in ("path", "query", "header", "cookie"), where
            assert parameter["required"] is True or parameter["in"] != "path", where
            assert parameter["schema"], where


def test_references_lead_somewhere_and_nothing_is_left_over(document: Json) -> None:
    used = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                used.add(value["$ref"])
                resolved(document, value["$ref"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)

    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert used == there


def test_schemas_use_only_what_this_test_understands(document: Json) -> None:
    """Otherwise `mismatch` would pass what it should not."""
    unknown = set()

    def walk(schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        unknown.update(set(schema) - UNDERSTOOD)
        for inner in schema.get("properties", {}).values():
            walk(inner)
        for key in ("items", "additionalProperties"):
            walk(schema.get(key))
        for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            for inner in schema.get(key, []):
                walk(inner)

    for schema in document["components"]["schemas"].values():
        walk(schema)
    assert unknown == set()


def test_it_is_the_document_in_the_repository(document: Json, pytestconfig: pytest.Config) -> None:
    import json

    assert json.loads((pytestconfig.rootpath / "openapi.json").read_text()) == document


# --- its truth --------------------------------------------------------------------------------------------------------

CONFIG: Json = {
    "type": "CATEGORICAL",
    "description": None,
    "optimization_direction": "MAXIMIZE",
    "values": [{"label": "a", "score": 1}, {"label": "b"}],
}


def calls(server: Server, http: httpx.Client, project: str) -> Iterator[tuple[str, int, httpx.Response]]:
    """Every operation, with every status that can be had on purpose."""
    span = a_span(
        attributes={"input.value": "i", "llm.token_count.total": 1, "metadata": {"a": [1, {"b": None}]}},
        events=[{"name": "e", "timestamp": "2026-03-01T12:00:00Z", "attributes": {"n": 1}}],
    )
    send(server, project, [span, a_span()])
    span_id = id_of(span)
    annotation: Json = {
        "span_id": span_id,
        "name": "n",
        "annotator_kind": "CODE",
        "result": {"score": 1},
        "metadata": {"m": []},
    }
    spans, marks = f"/v1/projects/{project}/spans", "/v1/span_annotations"
    shown, configs = f"/v1/projects/{project}/span_annotations", f"/v1/projects/{project}/annotation_configs"

    yield "healthz", 200, http.get("/healthz")
    yield "readyz", 200, http.get("/readyz")
    yield "phoenix_version", 200, http.get("/arize_phoenix_version")

    yield "create_project", 200, http.post("/v1/projects", json={"name": f"{project}-new"})
    yield "create_project", 409, http.post("/v1/projects", json={"name": f"{project}-new"})
    yield "create_project", 422, http.post("/v1/projects", json={})
    yield "list_projects", 200, http.get("/v1/projects", params={"limit": 1})
    yield "list_projects", 422, http.get("/v1/projects", params={"cursor": "x"})
    yield "list_projects", 422, http.get("/v1/projects", params={"limit": 0})
    yield "get_project", 200, http.get(f"/v1/projects/{project}")
    yield "get_project", 404, http.get("/v1/projects/nothing")
    yield "update_project", 200, http.put(f"/v1/projects/{project}-new", json={"description": "d"})
    yield "update_project", 404, http.put("/v1/projects/nothing", json={"description": "d"})
    yield "update_project", 422, http.put(f"/v1/projects/{project}-new", json={"description": 5})
    yield "delete_project", 204, http.delete(f"/v1/projects/{project}-new")
    yield "delete_project", 403, http.delete("/v1/projects/default")
    yield "delete_project", 404, http.delete("/v1/projects/nothing")

    yield "create_spans", 202, http.post(spans, json={"data": [a_span()]})
    yield "create_spans", 400, http.post(spans, json={"data": [span]})
    yield "create_spans", 404, http.post("/v1/projects/UHJvamVjdDo5OTk5OTk%3D/spans", json={"data": [a_span()]})
    yield "create_spans", 422, http.post(spans, json={"data": [{}]})
    yield "list_spans", 200, http.get(spans)
    yield "list_spans", 200, http.get(spans, params={"limit": 1})
    yield "list_spans", 404, http.get("/v1/projects/nothing/spans")
    yield "list_spans", 422, http.get(spans, params={"span_kind": "x"})
    yield "list_spans", 422, http.get(spans, params={"start_time": "x"})

    yield "create_span_annotations", 200, http.post(f"{marks}?sync=true", json={"data": [annotation]})
    yield "create_span_annotations", 200, http.post(marks, json={"data": [annotation]})
    yield "create_span_annotations", 400, http.post(marks, json={"data": [annotation | {"name": "note"}]})
    unknown = annotation | {"span_id": new_span_id()}
    yield "create_span_annotations", 404, http.post(f"{marks}?sync=true", json={"data": [unknown]})
    yield "create_span_annotations", 422, http.post(marks, json={"data": [annotation | {"name": 5}]})
    yield "create_span_note", 200, http.post("/v1/span_notes", json={"data": {"span_id": span_id, "note": "n"}})
    yield "create_span_note", 404, http.post("/v1/span_notes", json={"data": {"span_id": "00" * 8, "note": "n"}})
    yield "create_span_note", 422, http.post("/v1/span_notes", json={"data": {"span_id": span_id, "note": " "}})
    yield "list_span_annotations", 200, http.get(shown, params={"span_ids": span_id})
    yield "list_span_annotations", 200, http.get(shown, params={"span_ids": span_id, "limit": 1})
    yield "list_span_annotations", 404, http.get(shown, params={"span_ids": "00" * 8})
    yield "list_span_annotations", 422, http.get(shown)
    yield "list_span_annotations", 422, http.get(shown, params={"span_ids": span_id, "limit": 0})
    yield "delete_span_annotations", 204, http.delete(shown, params={"delete_all": "true"})
    yield "delete_span_annotations", 404, http.delete("/v1/projects/nothing/span_annotations?delete_all=true")
    yield "delete_span_annotations", 422, http.delete(shown)
    yield "delete_span", 204, http.delete(f"/v1/spans/{span_id}")
    yield "delete_span", 404, http.delete(f"/v1/spans/{span_id}")

    made = http.post("/v1/annotation_configs", json=CONFIG | {"name": project})
    yield "create_annotation_config", 200, made
    config_id = quote(made.json()["data"]["id"], safe="")
    others: list[Json] = [
        {"type": "CONTINUOUS", "optimization_direction": "NONE", "lower_bound": 0},
        {"type": "FREEFORM"},
    ]
    for number, other in enumerate(others):
        named = other | {"name": f"{project}-{number}"}
        yield "create_annotation_config", 200, http.post("/v1/annotation_configs", json=named)
    yield (
        "create_annotation_config",
        400,
        http.post("/v1/annotation_configs", json=CONFIG | {"name": "x", "values": []}),
    )
    yield "create_annotation_config", 409, http.post("/v1/annotation_configs", json=CONFIG | {"name": project})
    yield "create_annotation_config", 422, http.post("/v1/annotation_configs", json={"type": "x"})
    yield "list_annotation_configs", 200, http.get("/v1/annotation_configs")
    yield "list_annotation_configs", 422, http.get("/v1/annotation_configs", params={"cursor": "x"})
    yield "get_annotation_config", 200, http.get(f"/v1/annotation_configs/{project}")
    yield "get_annotation_config", 404, http.get("/v1/annotation_configs/nothing")
    put = f"/v1/annotation_configs/{config_id}"
    yield "update_annotation_config", 200, http.put(put, json=CONFIG | {"name": project})
    yield "update_annotation_config", 400, http.put(put, json=CONFIG | {"name": project, "values": []})
    yield "update_annotation_config", 409, http.put(put, json=CONFIG | {"name": "user_feedback"})
    yield "update_annotation_config", 422, http.put("/v1/annotation_configs/x", json=CONFIG | {"name": project})
    gone = "/v1/annotation_configs/RnJlZWZvcm1Bbm5vdGF0aW9uQ29uZmlnOjk5OTk%3D"
    yield "update_annotation_config", 404, http.put(gone, json=CONFIG | {"name": f"{project}-gone"})

    yield "add_project_annotation_config", 200, http.put(f"{configs}/{config_id}")
    yield "add_project_annotation_config", 404, http.put(f"{configs}/nothing")
    ids = {"annotation_config_ids": [made.json()["data"]["id"]]}
    yield "set_project_annotation_configs", 200, http.put(configs, json=ids)
    yield "set_project_annotation_configs", 404, http.put("/v1/projects/nothing/annotation_configs", json=ids)
    yield "set_project_annotation_configs", 422, http.put(configs, json={"annotation_config_ids": ["x"]})
    yield "list_project_annotation_configs", 200, http.get(configs)
    yield "list_project_annotation_configs", 404, http.get("/v1/projects/nothing/annotation_configs")
    yield "list_project_annotation_configs", 422, http.get(configs, params={"limit": 0})
    yield "remove_project_annotation_config", 204, http.delete(f"{configs}/{config_id}")
    yield "remove_project_annotation_config", 404, http.delete(f"{configs}/nothing")
    yield "delete_annotation_config", 200, http.delete(put)
    yield "delete_annotation_config", 404, http.delete(put)
    yield "delete_annotation_config", 422, http.delete("/v1/annotation_configs/x")


# Not to be had on purpose from a healthy server, or with a path alone.
NOT_ASKED = {
    ("readyz", "503"),
    ("create_spans", "503"),
    ("create_span_annotations", "503"),
    ("create_span_note", "503"),
    ("get_project", "422"),
    ("delete_project", "422"),
    ("delete_span", "422"),
    ("get_annotation_config", "422"),
    ("add_project_annotation_config", "422"),
    ("remove_project_annotation_config", "422"),
}


def test_every_operation_answers_as_documented(server: Server, project: str, document: Json) -> None:
    documented = {operation["operationId"]: operation for _, _, operation in operations(document)}
    wrong, asked = [], set()
    with httpx.Client(base_url=server.base_url, verify=False) as http:
        for operation_id, status, response in calls(server, http, project):
            request = f"{operation_id}: {response.request.method} {response.request.url}"
            asked.add((operation_id, str(status)))
            if response.status_code != status:
                wrong.append(f"{request} answered {response.status_code}, not {status}: {response.text[:200]}")
            for header in ("x-phoenix-server-version", "x-rubricate-version"):
                if header not in response.headers:
                    wrong.append(f"{request} has no {header}")
            said = documented[operation_id]["responses"].get(str(response.status_code))
            if said is None:
                wrong.append(f"{request}: {response.status_code} is not documented")
                continue
            wrong += [f"{request}: {response.status_code} {each}" for each in untrue(document, said, response)]

    assert not wrong, "\n".join(wrong)
    assert asked == {
        (operation_id, status)
        for operation_id, operation in documented.items()
        for status in operation["responses"]
        if (operation_id, status) not in NOT_ASKED
    }, "every documented answer is had at least once"


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/docs", "/openapi.json", "/v1/nothing", "/nothing", "/assets/nothing.js", "/v1/traces"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD", "OPTIONS"])
def test_every_answer_says_which_version_it_is_of(server: Server, document: Json, method: str, path: str) -> None:
    response = HTTP.request(method, server.base_url + path)

    assert response.headers["x-rubricate-version"] == document["info"]["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", response.headers["x-phoenix-server-version"])
    assert response.headers["x-phoenix-server-version"] == HTTP.get(f"{server.base_url}/arize_phoenix_version").text


# --- a small judge of JSON Schema -------------------------------------------------------------------------------------

UNDERSTOOD = {
    "$ref",
    "type",
    "properties",
    "required",
    "items",
    "prefixItems",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "format",
    "title",
    "description",
    "default",
    "examples",
    "discriminator",
    "deprecated",
    "contentMediaType",
}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def untrue(document: Json, said: Json, response: httpx.Response) -> Iterator[str]:
    """In what the response differs from the documented one."""
    kind = response.headers.get("content-type", "").partition(";")[0]
    content = said.get("content")
    if not content:
        if response.content:
            yield f"has a body of {kind}, and none is documented"
    elif kind not in content:
        yield f"is {kind}, documented is {', '.join(content)}"
    elif kind == "application/json":
        yield from mismatches(document, content[kind]["schema"], response.json(), "$")


def mismatches(document: Json, schema: Json, value: Any, where: str) -> Iterator[str]:
    """In what the value differs from the schema."""
    if "$ref" in schema:
        yield from mismatches(document, resolved(document, schema["$ref"]), value, where)
    for key, enough in (("anyOf", range(1, 100)), ("oneOf", range(1, 2))):
        if key in schema:
            found = [list(mismatches(document, each, value, where)) for each in schema[key]]
            if found.count([]) not in enough:
                yield f"{where} meets {found.count([])} of {key}: {found}"
    for each in schema.get("allOf", []):
        yield from mismatches(document, each, value, where)
    if "const" in schema and value != schema["const"]:
        yield f"{where} is {value!r}, not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {value!r}, not one of {schema['enum']}"
    if "type" in schema:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        types = tuple(kind for name in kinds for kind in TYPES[name])
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            yield f"{where} is {value!r}, not {kinds}"
            return
    if isinstance(value, dict):
        yield from (f"{where} lacks {name}" for name in schema.get("required", []) if name not in value)
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, inner in value.items():
            if name in properties:
                yield from mismatches(document, properties[name], inner, f"{where}.{name}")
            elif isinstance(rest, dict):
                yield from mismatches(document, rest, inner, f"{where}.{name}")
            elif properties:
                yield f"{where}.{name} is not documented"  # JSON Schema allows it; a true document does not
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from mismatches(document, schema.get("items", {}), inner, f"{where}[{index}]")
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{where} has {len(value)} characters"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where} is {value!r}, not like {schema['pattern']}"
        if schema.get("format") == "date-time" and not re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value
        ):
            yield f"{where} is {value!r}, not a date-time"


def resolved(document: Json, reference: str) -> Json:
    assert reference.startswith("#/"), reference
    found: Any = document
    for step in reference[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    schema: Json = found
    return schema


def test_the_judge_judges() -> None:
    schema: Json = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    }

    assert list(mismatches({}, schema, {"a": None}, "$")) == []
    assert list(mismatches({}, schema, {}, "$")) == ["$ lacks a"]
    assert list(mismatches({}, schema, {"a": 1, "b": 2}, "$")) == ["$.b is not documented"]
    assert len(list(mismatches({}, schema, {"a": True}, "$"))) == 1
    assert len(list(mismatches({}, schema, [], "$"))) == 1
