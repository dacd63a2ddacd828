"""Attributes in, columns out."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.ingest.conventions.openinference import (
    build_span,
    clean_text,
    events_from,
    flat_attributes,
    parsed,
)
from rubricate_server.storage.contract import SMALL_ATTRIBUTE, NewSpan


def built(attributes: dict[str, Any]) -> NewSpan:
    return build_span("p", b"t", b"s", None, "name", 1, 2, 0, "", flat_attributes(attributes))


def body(attributes: dict[str, Any]) -> Any:
    return json.loads(built(attributes).attributes)


def small(attributes: dict[str, Any]) -> Any:
    text = built(attributes).small
    return None if text is None else json.loads(text)


def test_an_llm_span_fills_its_columns_and_repeats_nothing() -> None:
    sent = {
        "openinference.span.kind": "LLM",
        "session.id": "s-1",
        "user.id": "u-1",
        "llm.model_name": "gpt",
        "llm.provider": "openai",
        "llm.token_count.prompt": 10,
        "llm.token_count.completion": 5,
        "llm.token_count.prompt_details.cache_read": 3,
        "llm.cost.prompt": 0.5,
        "llm.cost.completion": 1,
        "llm.cost.total": 1.5,
        "input.value": "question",
        "output.value": "answer",
        "input.mime_type": "text/plain",
        "llm.input_messages.0.message.role": "user",
        "tag.tags": ["a", "b"],
    }
    got = built(sent)
    assert (got.kind, got.session_id, got.user_id, got.model, got.provider) == ("LLM", "s-1", "u-1", "gpt", "openai")
    assert (got.tokens_prompt, got.tokens_completion, got.tokens_total) == (10, 5, None)
    assert (got.cost_prompt_usd, got.cost_completion_usd, got.cost_usd) == (0.5, 1.0, 1.5)
    assert (got.input, got.output) == ("question", "answer")
    assert json.loads(got.attributes) == {key: sent[key] for key in sent if key not in ("input.value", "output.value")}
    assert json.loads(got.small or "") == {
        "llm.token_count.prompt_details.cache_read": 3,
        "input.mime_type": "text/plain",
        "llm.input_messages": None,
        "tag.tags": ["a", "b"],
    }


def test_a_span_without_attributes_has_nothing() -> None:
    got = built({})
    assert (got.kind, got.small, got.input, got.output, got.attributes) == ("UNKNOWN", None, None, None, b"{}")


@pytest.mark.parametrize(
    ("key", "value", "column", "kept"),
    [
        ("session.id", 5, "5", 5),
        ("session.id", " abc ", "abc", " abc "),
        ("session.id", "", None, ""),
        ("session.id", None, None, None),
        ("user.id", ["a"], '["a"]', ["a"]),
        ("llm.model_name", True, "true", True),
        ("openinference.span.kind", "custom", "custom", None),
        ("openinference.span.kind", "", "UNKNOWN", ""),
        ("openinference.span.kind", 7, "UNKNOWN", 7),
        ("llm.token_count.prompt", "12", 12, None),
        ("llm.token_count.prompt", 12.0, 12, None),
        ("llm.token_count.prompt", 12.7, 12, 12.7),
        ("llm.token_count.prompt", "many", None, "many"),
        ("llm.token_count.prompt", True, None, True),
        ("llm.token_count.prompt", 1e300, None, 1e300),
        ("llm.token_count.prompt", "9" * 30, None, "9" * 30),
        ("llm.token_count.prompt", math.nan, None, "NaN"),
        ("llm.cost.total", "0.5", 0.5, "0.5"),
        ("llm.cost.total", "cheap", None, "cheap"),
        ("llm.cost.total", math.inf, None, "Infinity"),
        ("llm.cost.total", "nan", None, "nan"),
        ("llm.cost.total", (1 << 53) + 1, float(1 << 53), (1 << 53) + 1),
        ("llm.cost.total", False, None, False),
        ("input.value", 5, "5", 5),
        ("input.value", None, None, None),
        ("output.value", True, "true", True),
    ],
)
def test_what_a_column_cannot_say_exactly_stays_findable(key: str, value: Any, column: Any, kept: Any) -> None:
    got = built({key: value})
    name = {
        "session.id": "session_id",
        "user.id": "user_id",
        "llm.model_name": "model",
        "openinference.span.kind": "kind",
        "llm.token_count.prompt": "tokens_prompt",
        "llm.cost.total": "cost_usd",
        "input.value": "input",
        "output.value": "output",
    }[key]
    assert getattr(got, name) == column
    found = json.loads(got.small or "{}")
    assert (found.get(key), key in found) == (kept, kept is not None)


def test_counts_sent_as_text_are_numbers_from_here_on() -> None:
    sent = {"llm.token_count.prompt": "12", "llm.token_count.completion": 3.0, "llm.token_count.total": "all"}
    assert body(sent) == {"llm.token_count.prompt": 12, "llm.token_count.completion": 3, "llm.token_count.total": "all"}


def test_input_that_is_no_text_becomes_its_json() -> None:
    got = built({"input.value": {"a": [1, {"é": 2}]}, "output.value": [1, 2], "output.mime_type": "x/y"})
    assert (got.input, got.output) == ('{"a": [1, {"é": 2}]}', "[1, 2]")
    assert json.loads(got.attributes) == {"input.mime_type": "application/json", "output.mime_type": "x/y"}


@pytest.mark.parametrize(
    "key",
    [
        "metadata",
        "tool.parameters",
        "llm.prompt_template.variables",
        "retrieval.documents.3.document.metadata",
        "reranker.input_documents.0.document.metadata",
    ],
)
def test_json_texts_that_mean_objects_are_parsed(key: str) -> None:
    assert body({key: '{"a": {"b": [1, {"c": null}]}}'}) == {key: {"a": {"b": [1, {"c": None}]}}}
    assert body({key: {"a": {"b": 1}}}) == {key: {"a": {"b": 1}}}
    assert body({key: "[1, 2]"}) == {key: [1, 2]}
    assert body({key: "{not json"}) == {key: "{not json"}


@pytest.mark.parametrize(
    "key",
    [
        "llm.invocation_parameters",
        "llm.tools.0.tool.json_schema",
        "tool.json_schema",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
    ],
)
def test_json_texts_that_are_texts_stay_texts(key: str) -> None:
    assert body({key: '{"a": 1}'}) == {key: '{"a": 1}'}


def test_metadata_written_by_python_with_nan_is_parsed() -> None:
    assert parsed('{"a": NaN, "b": [-Infinity]}') == {"a": "NaN", "b": ["-Infinity"]}


@pytest.mark.parametrize(
    "text", ["[" * 40 + "]" * 40, '{"k":' * 2000 + "1" + "}" * 2000, '"' + '\\"' * 100_000 + "[" * 40]
)
def test_json_nested_too_deep_stays_a_text(text: str) -> None:
    assert parsed(text) == text


def test_brackets_in_strings_are_no_nesting() -> None:
    assert parsed(json.dumps({"a": "[" * 100, "b": '\\"{' * 50})) == {"a": "[" * 100, "b": '\\"{' * 50}


def test_small_holds_leaves_and_leaves_out_elements_of_lists() -> None:
    sent = {
        "metadata": '{"tenant": "t1", "deep": {"er": 1}, "list": [{"a": 1}], "tags": ["x"], "none": null, "2024": 5}',
        "llm.input_messages.0.message.content": "hi",
        "retrieval.documents.0.document.metadata": '{"page": 1}',
        "prompts.0": "numbered, but not an element with parts",
        "empty": {},
        "nothing": [],
        "nested": [[1], [2]],
    }
    assert small(sent) == {
        "metadata.tenant": "t1",
        "metadata.deep.er": 1,
        "metadata.list": None,
        "metadata.tags": ["x"],
        "llm.input_messages": None,
        "retrieval.documents": None,
        "metadata.none": None,
        "metadata.2024": 5,
        "prompts.0": "numbered, but not an element with parts",
        "nothing": [],
        "nested": None,
    }


def test_large_values_stand_as_null() -> None:
    sent = {
        "fits": "é" * SMALL_ATTRIBUTE,
        "long": "x" * (SMALL_ATTRIBUTE + 1),
        "vector": [0.5] * 1536,
        "words": ["word" * 10] * 7,
        "metadata": {"note": "x" * 1000},
    }
    assert small(sent) == {"fits": sent["fits"], "long": None, "vector": None, "words": None, "metadata.note": None}


def test_nested_and_flat_attributes_are_the_same() -> None:
    nested = {
        "llm": {
            "model_name": "m",
            "input_messages": [{"message": {"role": "user"}}],
            "prompt_template": {"variables": {"a": {"b": 1}}},
        },
        "metadata": {"k": {"x": 1}},
        "input": {"value": "i", "mime_type": "text/plain"},
        "retrieval": {"documents": [{"document": {"metadata": {"p": [1]}, "score": 0.5}}]},
        "tag.tags": ["a"],
        "empty": {},
    }
    flat = {
        "llm.model_name": "m",
        "llm.input_messages.0.message.role": "user",
        "llm.prompt_template.variables": {"a": {"b": 1}},
        "metadata": {"k": {"x": 1}},
        "input.value": "i",
        "input.mime_type": "text/plain",
        "retrieval.documents.0.document.metadata": {"p": [1]},
        "retrieval.documents.0.document.score": 0.5,
        "tag.tags": ["a"],
        "empty": {},
    }
    assert flat_attributes(nested) == flat == flat_attributes(flat)
    assert built(nested) == built(flat)


def test_what_json_cannot_hold_becomes_text() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    sent = {"nan": math.nan, "big": 1 << 70, "half": "a\ud800", "at": at, "pair": (1, 2), "in": {"x": [math.inf]}}
    assert flat_attributes(sent) == {
        "nan": "NaN",
        "big": str(1 << 70),
        "half": "a\\ud800",
        "at": str(at),
        "pair": [1, 2],
        "in.x": ["Infinity"],
    }


def test_endless_nesting_is_refused() -> None:
    nested: Any = 1
    for _ in range(5000):
        nested = {"k": nested}
    with pytest.raises(ValueError, match="deeper than 32"):
        flat_attributes({"x": nested})


def test_events_are_kept_flat_and_exceptions_have_a_message() -> None:
    assert events_from([("exception", 5, {"exception": {"type": "E"}}), ("e", 6, {})]) == [
        {"name": "exception", "timestamp": 5, "attributes": {"exception.type": "E", "exception.message": ""}},
        {"name": "e", "timestamp": 6, "attributes": {}},
    ]


def test_text_from_json_is_made_storable() -> None:
    assert clean_text("a\0b\udc00") == "a\\u0000b\\udc00"


def test_a_sender_that_makes_keys_up_is_served_the_same() -> None:
    for batch in range(10):
        sent = {f"key.{number}.x": number for number in range(1000)} | {f"k{batch}.{n}": n for n in range(3000)}
        assert len(small(sent)) == 3000 + 1  # the list


def test_a_long_key_around_an_object_cannot_multiply_a_span() -> None:
    with pytest.raises(ValueError, match="characters of key"):
        flat_attributes({"x" * 5000: {"a": 1}})
    with pytest.raises(ValueError, match="more than 4096"):
        flat_attributes({"x": {str(number): number for number in range(5000)}})
    got = built({"metadata": json.dumps({"x" * 5000: {"a": 1}, "y": {str(number): 1 for number in range(5000)}})})
    assert len(json.loads(got.attributes)["metadata"]["y"]) == 5000
    assert len(json.loads(got.small or "")) == 4096


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
trees = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_size=4,
)


@given(trees)
def test_any_json_object_can_be_attributes(tree: dict[str, Any]) -> None:
    got = built(tree)
    json.loads(got.attributes)
    json.loads(got.small or "{}")


@given(st.text())
def test_any_text_can_be_metadata(text: str) -> None:
    json.loads(built({"metadata": text}).attributes)
