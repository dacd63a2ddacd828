"""A span as an example of a dataset: what went in, what should come out, and where it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson

from rubricate.records.dataset import ExampleMapping
from rubricate_server.domain.attributes import LIST_PLACE, list_at, nest

JsonObject = dict[str, Any]

_TOLD: Final = (
    "llm.model_name",
    "llm.provider",
    "llm.system",
    "llm.invocation_parameters",
    "llm.token_count.prompt",
    "llm.token_count.completion",
    "llm.token_count.total",
    "llm.prompt_template.template",
    "llm.prompt_template.version",
    "embedding.model_name",
    "reranker.model_name",
    "tool.name",
    "tool.description",
    "session.id",
    "user.id",
    "tag.tags",
)
"""Attributes that an example's metadata tell."""
_VARIABLES: Final = "llm.prompt_template.variables"
_OBJECTS: Final = ("metadata", "tool.parameters", _VARIABLES)
"""Attributes whose value is one object."""
_NAMED: Final = ("name", "span_kind", "span_id", "trace_id")
"""What a mapping may take of a span that is no attribute."""
_MOST_WITHIN: Final = 100
"""Parts of one object that are named."""
_DOCUMENTS: Final = {"RETRIEVER": "retrieval.documents", "RERANKER": "reranker.output_documents"}


class SpanContent(NamedTuple):
    """A span, as far as examples are made of it."""

    span_id: str
    trace_id: str
    name: str
    kind: str
    input: str | None
    output: str | None
    attributes: Mapping[str, Any]
    """Flat, without `input.value` and `output.value`."""


class SpanExample(NamedTuple):
    """What an example made from a span says."""

    input: JsonObject
    output: JsonObject
    metadata: JsonObject
    corrected: bool
    """Whether the output is what a person gave as the right answer."""


class NoExample(Exception):
    """A span becomes no example; the message says why."""


def example_of(
    span: SpanContent,
    mapping: ExampleMapping,
    correction: str | None,
    annotations: Mapping[str, Sequence[JsonObject]],
) -> SpanExample:
    """The example. Raises NoExample.

    `correction` is the right answer that a person gave; `annotations` are what the metadata tell of them, by name.
    """
    wants_correction = mapping.expected_output in ("correction_or_output", "correction")
    if mapping.expected_output == "correction" and correction is None:
        raise NoExample("nobody gave a corrected answer")
    given = _input(span) if mapping.input is None else _fields(span, mapping.input)
    if not given:
        what = "no input" if mapping.input is None else f"none of the attributes {', '.join(mapping.input.values())}"
        raise NoExample(f"has {what}")
    output: JsonObject = {}
    corrected = wants_correction and correction is not None
    if corrected:
        output = _corrected(span, str(correction), mapping)
    elif mapping.expected_output != "none":
        output = _output(span) if mapping.output is None else _fields(span, mapping.output)
    metadata = _metadata(span) if mapping.metadata is None else _fields(span, mapping.metadata)
    if mapping.annotations and annotations:
        metadata = {**metadata, "annotations": {name: list(said) for name, said in annotations.items()}}
    return SpanExample(given, output, metadata, corrected)


# --- by kind ----------------------------------------------------------------------------------------------------------


def _input(span: SpanContent) -> JsonObject:
    if span.kind != "LLM":
        return _generic(span, "input", span.input)
    found: JsonObject = {}
    messages = _messages(span.attributes, "llm.input_messages")
    if messages:
        found["messages"] = messages
    tools = _tools(span.attributes)
    if tools:
        found["tools"] = tools
    if not messages:
        found = {**_generic(span, "input", span.input), **found}
    variables = _object(span.attributes, _VARIABLES)
    return {**found, "prompt_template_variables": variables} if variables else found


def _output(span: SpanContent) -> JsonObject:
    if span.kind in _DOCUMENTS:
        documents = list_at(span.attributes, _DOCUMENTS[span.kind])
        if documents:
            return {"documents": [each.get("document", each) for each in documents]}
    if span.kind == "LLM":
        messages = _messages(span.attributes, "llm.output_messages")
        if messages:
            return {"messages": messages}
    return _generic(span, "output", span.output)


def _corrected(span: SpanContent, text: str, mapping: ExampleMapping) -> JsonObject:
    """The right answer in the place of the one that was given."""
    if mapping.output is not None:
        # The field that holds the answer; the others belong to the answer that was wrong.
        place = next((name for name, path in mapping.output.items() if path == "output.value"), None)
        return {place if place is not None else next(iter(mapping.output), "output"): text}
    if span.kind == "LLM" and "messages" in _output(span):
        return {"messages": [{"role": "assistant", "content": text}]}
    parsed = _parsed(text) if set(_generic(span, "output", span.output)) != {"output"} else None
    return parsed if isinstance(parsed, dict) else {"output": text}


def _metadata(span: SpanContent) -> JsonObject:
    own = _object(span.attributes, "metadata") or {}
    told = {key: span.attributes[key] for key in _TOLD if key in span.attributes}
    return {**own, **nest(told), "span_kind": span.kind}


def _generic(span: SpanContent, field: str, text: str | None) -> JsonObject:
    if text is None or text == "":
        return {}
    if _is_json(span, field):
        parsed = _parsed(text)
        if isinstance(parsed, dict):
            return parsed
    return {field: text}


def _messages(attributes: Mapping[str, Any], key: str) -> list[JsonObject]:
    """Messages as the chat APIs of most providers write them."""
    return [_message(each.get("message", {})) for each in list_at(attributes, key) or ()]


def _message(told: JsonObject) -> JsonObject:
    message: JsonObject = {"role": told.get("role", "user")}
    parts = [each.get("message_content", {}) for each in told.get("contents", ()) if isinstance(each, dict)]
    if "content" in told:
        message["content"] = told["content"]
    elif parts:
        message["content"] = [part for part in parts if part]
    calls = [each["tool_call"] for each in told.get("tool_calls", ()) if isinstance(each, dict) and "tool_call" in each]
    if calls:
        message["tool_calls"] = [{"type": "function", **call} for call in calls if isinstance(call, dict)]
    for key in ("tool_call_id", "name"):
        if key in told:
            message[key] = told[key]
    return message


def _tools(attributes: Mapping[str, Any]) -> list[Any]:
    schemas = [each.get("tool", {}).get("json_schema") for each in list_at(attributes, "llm.tools") or ()]
    return [_parsed(schema) if isinstance(schema, str) else schema for schema in schemas if schema is not None]


# --- by name ----------------------------------------------------------------------------------------------------------


def attributes_of(span: SpanContent) -> list[str]:
    """What a mapping may name of a span, and finds there; what is in lists comes last.

    >>> content = SpanContent("5b", "8a", "ask", "CHAIN", '{"question": "Why?"}', None, {"llm.tools.0.tool.name": "a"})
    >>> attributes_of(content)[:2], attributes_of(content)[-2:]
    (['input.value', 'input.value.question'], ['llm.tools', 'llm.tools.0.tool.name'])
    """
    named: list[str] = []
    for field, text in (("input", span.input), ("output", span.output)):
        if text is not None:
            parsed = _parsed(text)
            named += [f"{field}.value", *islice(_paths(parsed, f"{field}.value."), _MOST_WITHIN)]
    named += _NAMED
    for key, value in span.attributes.items():
        if (place := LIST_PLACE.search(key)) is not None:
            named.append(key[: place.start()])
        named.append(key)
        if key in _OBJECTS:
            parsed = _parsed(value) if isinstance(value, str) else value
            named += islice(_paths(parsed, f"{key}."), _MOST_WITHIN)
    return sorted(dict.fromkeys(named), key=lambda path: LIST_PLACE.search(path) is not None)


def _paths(value: Any, before: str, deep: int = 4) -> Iterator[str]:
    """The parts of an object that dotted paths reach, lists as wholes."""
    if isinstance(value, dict) and deep > 0:
        for key, inner in value.items():
            if inner is not None and "." not in key:
                yield f"{before}{key}"
                yield from _paths(inner, f"{before}{key}.", deep - 1)


def _fields(span: SpanContent, fields: Mapping[str, str]) -> JsonObject:
    """The attributes that are there, under the names that are wanted."""
    found = {name: _at(span, path) for name, path in fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def _at(span: SpanContent, path: str) -> Any:
    if path in _NAMED:
        return {"span_id": span.span_id, "trace_id": span.trace_id, "name": span.name, "span_kind": span.kind}[path]
    for field, text in (("input", span.input), ("output", span.output)):
        if path == f"{field}.value":
            parsed = _parsed(text) if text is not None and _is_json(span, field) else None
            return text if parsed is None else parsed
        if path.startswith(f"{field}.value."):
            return _within(_parsed(text) if text is not None else None, path.removeprefix(f"{field}.value."))
    if path in span.attributes:
        return span.attributes[path]
    for key in _OBJECTS:
        if path.startswith(f"{key}.") and key in span.attributes:
            return _within(_object(span.attributes, key), path.removeprefix(f"{key}."))
    found = list_at(span.attributes, path)
    return found if found is not None else _object(span.attributes, path)


def _within(value: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _object(attributes: Mapping[str, Any], key: str) -> JsonObject | None:
    """The object that stands there, as itself or as JSON text, or whose parts have keys such as `key.a`."""
    value = attributes.get(key)
    if value is not None:
        parsed = _parsed(value) if isinstance(value, str) else value
        return parsed if isinstance(parsed, dict) else None
    parts = {name[len(key) + 1 :]: value for name, value in attributes.items() if name.startswith(f"{key}.")}
    return nest(parts) or None


def _is_json(span: SpanContent, field: str) -> bool:
    return span.attributes.get(f"{field}.mime_type") == "application/json"


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
