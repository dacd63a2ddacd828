"""GenAI conventions said in OpenInference: gaps are filled, nothing is overridden, nothing is thrown away."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.ingest.conventions.genai import as_openinference
from rubricate_server.ingest.conventions.openinference import build_span, flat_attributes
from rubricate_server.storage.contract import NewSpan

USER = {"role": "user", "parts": [{"type": "text", "content": "hi"}]}


def built(attributes: dict[str, Any]) -> NewSpan:
    return build_span("p", b"t", b"s", None, "n", 0, 0, 0, "", flat_attributes(attributes))


def stored(attributes: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(built(attributes).attributes)
    return read


def test_a_chat_fills_columns_and_messages() -> None:
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.choice.count": 2,
        "gen_ai.output.type": "json",
        "gen_ai.conversation.id": "c1",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 3,
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be nice"}]),
        "gen_ai.input.messages": json.dumps([USER]),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": "yo"}], "finish_reason": "stop"}]
        ),
        "gen_ai.tool.definitions": json.dumps([{"type": "function", "name": "f", "parameters": {}}]),
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "r1",
    }
    span = built(sent)
    assert (span.kind, span.model, span.provider, span.session_id) == ("LLM", "gpt-4o", "azure", "c1")
    assert (span.tokens_prompt, span.tokens_completion, span.tokens_total) == (10, 5, 15)
    assert span.output == '{"id": "r1"}'
    read = orjson.loads(span.attributes)
    assert {key: value for key, value in read.items() if key not in sent} == {
        "openinference.span.kind": "LLM",
        "session.id": "c1",
        "llm.provider": "azure",
        "llm.system": "openai",
        "llm.model_name": "gpt-4o",
        "llm.invocation_parameters": '{"temperature": 0.5, "n": 2, "response_format": {"type": "json_object"}}',
        "llm.finish_reason": "stop",
        "llm.token_count.prompt": 10,
        "llm.token_count.completion": 5,
        "llm.token_count.total": 15,
        "llm.token_count.prompt_details.cache_read": 3,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be nice",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": "hi",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "yo",
        "llm.output_messages.0.message.finish_reason": "stop",
        "llm.tools.0.tool.json_schema": '{"type": "function", "function": {"name": "f", "parameters": {}}}',
        "output.mime_type": "application/json",
    }
    assert {key: read[key] for key in sent} == sent
    assert span.small is not None
    assert "gen_ai.request.model" in orjson.loads(span.small)


def test_what_is_said_in_openinference_stands() -> None:
    read = stored(
        {
            "gen_ai.request.model": "theirs",
            "llm.model_name": "mine",
            "openinference.span.kind": "AGENT",
            "llm.input_messages.0.message.role": "user",
            "gen_ai.input.messages": json.dumps([USER, USER]),
            "gen_ai.output.messages": json.dumps([USER]),
        }
    )
    assert read["llm.model_name"] == "mine"
    assert read["openinference.span.kind"] == "AGENT"
    assert "llm.input_messages.0.message.content" not in read
    assert read["llm.output_messages.0.message.content"] == "hi"


def test_messages_sent_as_objects_read_like_messages_sent_as_text() -> None:
    messages = [USER, {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": {"a": 1}}]}]
    as_objects = stored({"gen_ai.input.messages": messages})
    as_text = stored({"gen_ai.input.messages": json.dumps(messages)})
    assert as_objects["llm.input_messages.1.message.content"] == '{"a": 1}'
    for key, value in as_text.items():
        if key.startswith("llm."):
            assert as_objects[key] == value


def test_parts_of_many_kinds_become_contents_and_calls() -> None:
    parts = [
        {"type": "text", "content": "look"},
        {"type": "uri", "modality": "image", "uri": "http://x/y.png"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
        {"type": "reasoning", "content": "hm"},
        {"type": "odd", "x": 1},
        {"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}},
    ]
    read = stored({"gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts}])})
    start = "llm.input_messages.0.message"
    assert [read[f"{start}.contents.{place}.message_content.type"] for place in range(5)] == [
        "text",
        "image",
        "image",
        "reasoning",
        "text",
    ]
    assert read[f"{start}.contents.2.message_content.image.image.url"] == "data:image/png;base64,AAAA"
    assert read[f"{start}.contents.4.message_content.text"] == '{"type": "odd", "x": 1}'
    assert read[f"{start}.tool_calls.0.tool_call.function.arguments"] == '{"a": 1}'


def test_each_tool_result_is_a_message() -> None:
    results = [{"type": "tool_call_response", "id": str(number), "response": "r"} for number in range(3)]
    read = stored({"gen_ai.input.messages": json.dumps([{"role": "tool", "parts": results}])})
    assert [read[f"llm.input_messages.{place}.message.tool_call_id"] for place in range(3)] == ["0", "1", "2"]


def test_a_tool_span() -> None:
    span = built({"gen_ai.tool.name": "f", "gen_ai.tool.call.arguments": '{"a": 1}', "gen_ai.tool.call.result": "fine"})
    read = orjson.loads(span.attributes)
    assert (span.kind, span.output, read["output.mime_type"]) == ("TOOL", "fine", "text/plain")
    assert read["tool.parameters"] == {"a": 1}


def test_a_retriever_span() -> None:
    documents = [{"id": "d", "score": 0.5, "content": "text"}]
    span = built({"gen_ai.retrieval.query.text": "q", "gen_ai.retrieval.documents": json.dumps(documents)})
    assert (span.kind, span.input) == ("RETRIEVER", "q")
    assert orjson.loads(span.attributes)["retrieval.documents.0.document.score"] == 0.5


def test_an_unknown_provider_is_only_a_system() -> None:
    read = stored({"gen_ai.provider.name": "My.Own", "gen_ai.operation.name": "chat"})
    assert read["llm.system"] == "My.Own"
    assert "llm.provider" not in read


def test_spans_without_genai_stay_as_they_are() -> None:
    assert stored({"a": 1}) == {"a": 1}


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "parts", "type", "content", "id", "name", "modality"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
KEYS = [
    f"gen_ai.{name}"
    for name in (
        "operation.name",
        "provider.name",
        "system_instructions",
        "input.messages",
        "output.messages",
        "tool.definitions",
        "tool.name",
        "tool.call.arguments",
        "tool.call.result",
        "retrieval.documents",
        "retrieval.query.text",
        "request.model",
        "request.encoding_formats",
        "output.type",
        "usage.input_tokens",
        "response.id",
        "response.finish_reasons",
        "conversation.id",
    )
]


@given(st.dictionaries(st.sampled_from(KEYS), anything | anything.map(json.dumps), max_size=6))
def test_nothing_that_is_sent_can_break_it(attributes: dict[str, Any]) -> None:
    flat = flat_attributes(attributes)
    added = as_openinference(flat)
    assert not any(flat.get(key) is not None for key in added)
    built(attributes)
