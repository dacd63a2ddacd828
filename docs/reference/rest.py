"""Writes the REST reference from `openapi.json`: `python docs/reference/rest.py > docs/reference/rest.md`.

What a field means stands under it in its class, where OpenAPI does not see it: the classes are read for that.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCES = ("sdk/src/rubricate/records", "server/src/rubricate_server/api")

INTRODUCTION = """# REST reference

<!-- Made by docs/reference/rest.py from openapi.json: run `make types`. -->

Every call of the server, field by field. A running server shows the same at `/docs`, where calls can be tried, and as
`/openapi.json`. OTLP, data frames (`POST /v1/spans`) and evaluations are told in [Ingest](ingest.md),
[Data frames](../guide/data-frames.md) and [Annotations over HTTP](annotations-api.md), for they are not JSON.

- Bodies and answers are JSON unless said otherwise. Times are ISO 8601 with an offset, answered in UTC.
- A list has `data` and `next_cursor`; pass that as `cursor` for the next page, until it is null.
- `{project_identifier}` is a project's name, percent-encoded, or its id. Ids are opaque. Spans and traces also go by
  their ids of OpenTelemetry, in hexadecimal.
- What is refused by rule is answered in plain text, or as `application/problem+json` to who accepts that; what is not
  valid is 422 in JSON, with the places. [Errors](errors.md) lists all statuses. Every call may answer 500 when the
  server fails, and 507 when the disk does.
- [Filters](filter-language.md) are written in a language of their own.
"""

TITLES = {
    "system": "The server",
    "status": "Figures and dead letters",
    "annotation_configs": "Rubrics (annotation configs)",
    "items": "Items: spans, traces and sessions to look at",
}
UNSAID = {"Successful Response", "Validation Error", "Not valid; text, or JSON with the places."}
"""Descriptions of answers that say what the rest of the line says."""
ERRORS = {"HTTPValidationError", "ValidationError"}
LARGEST_NAMED = 10**15
"""Bounds beyond it are those of 64 bits, which nobody needs to be told."""


def page(api: dict[str, Any]) -> str:
    """The whole page."""
    api = _unwrapped(api, api["components"]["schemas"])
    groups: dict[str, list[str]] = defaultdict(list)
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            [tag, *_] = operation.get("tags", ["system"])
            groups[tag].append("\n\n".join(_operation(method.upper(), path, operation)))
    titles = {tag: TITLES.get(tag, tag.capitalize().replace("_", " ")) for tag in groups}
    contents = "\n".join(f"- [{title}](#{_anchor(title)})" for title in [*titles.values(), "Types"])
    parts = [INTRODUCTION, contents]
    for tag, operations in groups.items():
        parts += [f"## {titles[tag]}", *operations]
    parts.append("## Types")
    meanings = _meanings()
    for name, schema in sorted(api["components"]["schemas"].items()):
        if name not in ERRORS and not _WRAPPER.fullmatch(name):
            parts.append("\n\n".join(_type(name, schema, meanings)))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    if said := operation.get("description"):
        yield _prose(said)
    rows = [
        [f"`{each['name']}`", _asked(each["schema"]), _more(each["schema"], bool(each.get("required")), each)]
        for each in operation.get("parameters", [])
        if each["in"] != "path" or "description" in each  # the path itself says the rest
    ]
    if rows:
        yield _table(["parameter", "type", ""], rows)
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        form = "" if kind == "application/json" else f" (`{kind}`)"
        yield f"Body{form}: {_shape(content['schema'])}"
    yield _table(["status", "answer"], _answers(operation["responses"]))


def _answers(responses: dict[str, Any]) -> Iterator[list[str]]:
    for status, answer in sorted(responses.items()):
        shapes = []
        for kind, content in answer.get("content", {}).items():
            shape = _shape(content.get("schema", {}))
            if kind == "application/json":
                shapes.append("JSON with the places" if "HTTPValidationError" in shape else shape)
            elif kind == "application/problem+json":
                shapes.append(f"`{kind}`")
            else:
                shapes.append("text" if kind == "text/plain" else f"`{kind}`")
        said = answer.get("description", "")
        said = f": {said}" if said and said not in UNSAID else ""
        yield [status, (" or ".join(dict.fromkeys(shapes)) or "nothing") + said]


def _type(name: str, schema: dict[str, Any], meanings: dict[str, dict[str, str]]) -> Iterator[str]:
    yield f"### {name}"
    if said := schema.get("description"):
        yield _prose(said)
    if "enum" in schema:
        yield f"One of {_shape(schema)}."
    required, own = schema.get("required", []), meanings.get(name, {})
    rows = [
        [f"`{field}`", _shape(of), _more(of, field in required, {"description": own.get(field, "")} | of)]
        for field, of in schema.get("properties", {}).items()
    ]
    if rows:
        yield _table(["field", "type", ""], rows)


def _asked(schema: dict[str, Any]) -> str:
    """The type of a parameter, which is not null but left out, and not a list but repeated."""
    return _shape(schema).removesuffix(" or null").replace("list of ", "one or more: ")


def _shape(schema: dict[str, Any]) -> str:
    """The type of a value, in words, with a link to what is told elsewhere."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{_anchor(name)})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(map(_shape, schema[several])))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    match schema.get("type"):
        case "Page":
            return f"page: {_shape(schema['items'])}"
        case "Data":
            return f"`data`: {_shape(schema['items'])}"
        case "array":
            return f"list of {_shape(schema['items'])}" if "items" in schema else "list"
        case "string":
            return {"date-time": "time", "binary": "bytes"}.get(schema.get("format", ""), "text")
        case "boolean":
            return "true or false"
        case "object":
            return "object"
        case str(other):
            return other
        case _:
            return "any value"


_WRAPPER = re.compile(r"(Page|Data)_.+_")


def _unwrapped(node: Any, schemas: dict[str, Any]) -> Any:
    """The same without the types that only wrap another: pages and `data`."""
    if isinstance(node, list):
        return [_unwrapped(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    name = node.get("$ref", "").rpartition("/")[2]
    if wrapper := _WRAPPER.fullmatch(name):
        return {"type": wrapper[1], "items": _unwrapped(schemas[name]["properties"]["data"], schemas)}
    return {key: _unwrapped(value, schemas) for key, value in node.items()}


def _more(schema: dict[str, Any], required: bool, told: dict[str, Any]) -> str:
    """Whether it must be there, its default and bounds, and what it means."""
    parts = ["required"] if required else []
    default = schema.get("default")
    if default not in (None, "", [], {}):
        parts.append(f"default `{json.dumps(default)}`")
    for part in [schema, *schema.get("anyOf", [])]:
        for bound, words in (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to")):
            if abs(part.get(bound, LARGEST_NAMED)) < LARGEST_NAMED:
                parts.append(f"{words} {part[bound]}")
        parts += [f"{part['maxItems']} at most" for _ in "1" if "maxItems" in part]
    meaning = " ".join(told.get("description", "").split())
    return ". ".join(part for part in (", ".join(parts), meaning) if part)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _prose(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", text.strip())


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _meanings() -> dict[str, dict[str, str]]:
    """What is said under each field, by class; those of the classes that it inherits from are its own."""
    classes = {
        node.name: node
        for folder in SOURCES
        for file in sorted((ROOT / folder).glob("*.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    }

    def of(name: str) -> dict[str, str]:
        if name not in classes:
            return {}
        inherited = [of(base.id) for base in classes[name].bases if isinstance(base, ast.Name)]
        return {field: said for each in inherited for field, said in each.items()} | dict(_said(classes[name].body))

    return {name: of(name) for name in classes}


def _said(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, said


if __name__ == "__main__":
    sys.stdout.write(page(json.loads((ROOT / "openapi.json").read_text())))
