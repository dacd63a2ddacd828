"""`/openapi.json` is well-formed and true: every documented operation answers what it says it answers."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ..server import Server
from .helpers import HTTP, Json
from .openapi_calls import calls

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
        says_all = path.count("{") == 2 or path.endswith(("}/restore", "/logout"))
        assert ("requestBody" in operation) == (method in ("post", "put", "patch")) or says_all, where
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

# Not to be had on purpose: a healthy server never says 503, and any path is text, whatever it names.
NO_503 = {
    "readyz",
    "create_spans",
    "create_span_annotations",
    "create_trace_annotations",
    "create_session_annotations",
    "create_document_annotations",
    "update_annotation",
    "delete_annotation",
    "create_span_note",
    "create_trace_note",
    "create_session_note",
    "put_annotations",
    "remove_annotations",
    "restore_annotations",
    "create_experiment_run",
    "upsert_experiment_evaluation",
    "delete_dataset",
    "change_dataset_examples",
    "upload_dataset",
    "add_items_to_dataset",
    "create_dataset_from_items",
}
PATH_ONLY = {
    "get_project",
    "delete_project",
    "delete_span",
    "get_span",
    "get_trace",
    "delete_trace",
    "get_session",
    "delete_session",
    "get_annotation_config",
    "list_annotation_config_versions",
    "list_annotation_config_projects",
    "add_project_annotation_config",
    "remove_project_annotation_config",
    "delete_prompt",
    "get_latest_prompt_version",
    "get_tagged_prompt_version",
    "get_retention_policy",
    "delete_retention_policy",
    "get_dataset",
    "delete_dataset",
    "list_labels_of_dataset",
}
INSIGHT = {"insight", "status", "filter", "export"}
"""Tags of the operations that `e2e/insight/test_openapi.py` asks, in a project that has something to see."""
ACCOUNTS = {"accounts"}
"""Tags of the operations that `e2e/accounts/test_openapi.py` asks, on a server with accounts."""
NOT_ASKED = {(each, "503") for each in NO_503} | {(each, "422") for each in PATH_ONLY}


def test_every_operation_answers_as_documented(server: Server, project: str, document: Json) -> None:
    documented = {operation["operationId"]: operation for _, _, operation in operations(document)}
    wrong, asked = [], set()
    with httpx.Client(base_url=server.base_url, verify=False) as http:
        for operation_id, status, response in calls(http, project):
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
        if not (INSIGHT | ACCOUNTS).intersection(operation["tags"])
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
    "minProperties",
    "format",
    "title",
    "description",
    "default",
    "examples",
    "discriminator",
    "deprecated",
    "contentMediaType",
    "writeOnly",  # of passwords, which are never answered
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
        if len(value) < schema.get("minProperties", 0):
            yield f"{where} has {len(value)} properties"
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
    assert list(mismatches({}, {"minProperties": 1}, {}, "$")) == ["$ has 0 properties"]
