"""What a span becomes as an example: by its kind, by a mapping, with a corrected answer."""

import doctest
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate.records.dataset import ExampleMapping
from rubricate_server.domain import span_example
from rubricate_server.domain.span_example import NoExample, SpanContent, SpanExample, attributes_of, example_of


def span(kind: str = "CHAIN", input: str | None = "in", output: str | None = "out", **attributes: Any) -> SpanContent:
    flat = {name.replace("__", "."): value for name, value in attributes.items()}
    return SpanContent("5" * 16, "7" * 32, "answer", kind, input, output, flat)


def made(content: SpanContent, correction: str | None = None, **mapping: Any) -> SpanExample:
    return example_of(content, ExampleMapping(**mapping), correction, {})


CHAT = {
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be kind.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "Look",
    "llm.input_messages.2.message.role": "assistant",
    "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "find",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"q": 1}',
    "llm.input_messages.3.message.role": "tool",
    "llm.input_messages.3.message.tool_call_id": "c1",
    "llm.input_messages.3.message.content": "found",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Here.",
    "llm.tools.0.tool.json_schema": '{"type": "function"}',
    "llm.prompt_template.variables": {"who": "ada"},
}


def chat() -> SpanContent:
    return span("LLM")._replace(attributes=CHAT)


def test_a_model_has_its_messages_tools_and_variables() -> None:
    assert made(chat()) == SpanExample(
        {
            "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": [{"type": "text", "text": "Look"}]},
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"type": "function", "id": "c1", "function": {"name": "find", "arguments": '{"q": 1}'}}
                    ],
                },
                {"role": "tool", "content": "found", "tool_call_id": "c1"},
            ],
            "tools": [{"type": "function"}],
            "prompt_template_variables": {"who": "ada"},
        },
        {"messages": [{"role": "assistant", "content": "Here."}]},
        {"span_kind": "LLM"},
        False,
    )


def test_a_model_without_messages_has_its_texts() -> None:
    assert made(span("LLM"))[:2] == ({"input": "in"}, {"output": "out"})


def test_a_retriever_has_its_documents() -> None:
    documents = {
        "retrieval.documents.0.document.content": "boots",
        "retrieval.documents.0.document.score": 0.5,
        "retrieval.documents.1.document.content": "hats",
    }
    content = span("RETRIEVER")._replace(attributes=documents)
    assert made(content).output == {"documents": [{"content": "boots", "score": 0.5}, {"content": "hats"}]}


@pytest.mark.parametrize(
    ("text", "mime_type", "expected"),
    [
        ('{"a": 1}', "application/json", {"a": 1}),
        ('{"a": 1}', "text/plain", {"input": '{"a": 1}'}),
        ('{"a": 1}', None, {"input": '{"a": 1}'}),
        ("[1]", "application/json", {"input": "[1]"}),
        ("{broken", "application/json", {"input": "{broken"}),
    ],
)
def test_json_that_says_so_is_taken_as_it_is(text: str, mime_type: str | None, expected: dict[str, Any]) -> None:
    content = span(input=text)._replace(attributes={"input.mime_type": mime_type})
    assert made(content).input == expected


def test_metadata_tell_of_the_span_what_matters() -> None:
    content = span(
        "LLM", metadata={"mine": 1}, llm__model_name="m", llm__token_count__total=7, session__id="s", other="left out"
    )
    assert made(content).metadata == {
        "mine": 1,
        "llm": {"model_name": "m", "token_count": {"total": 7}},
        "session": {"id": "s"},
        "span_kind": "LLM",
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (span(), {"output": "right"}),
        (chat(), {"messages": [{"role": "assistant", "content": "right"}]}),
        (span("RETRIEVER"), {"output": "right"}),
    ],
)
def test_the_corrected_answer_is_what_is_expected(content: SpanContent, expected: dict[str, Any]) -> None:
    example = made(content, "right")
    assert (example.output, example.corrected) == (expected, True)


def test_an_object_is_corrected_by_an_object() -> None:
    content = span(output='{"answer": "wrong"}')._replace(attributes={"output.mime_type": "application/json"})
    assert made(content, '{"answer": "right"}').output == {"answer": "right"}
    assert made(content, "right").output == {"output": "right"}


def test_the_answer_that_is_expected_is_chosen() -> None:
    assert made(span(), "right", expected_output="output")[1:] == ({"output": "out"}, {"span_kind": "CHAIN"}, False)
    assert made(span(), "right", expected_output="none").output == {}
    assert made(span(), expected_output="correction_or_output").output == {"output": "out"}
    with pytest.raises(NoExample, match="nobody gave a corrected answer"):
        made(span(), expected_output="correction")


def test_fields_take_attributes_and_parts_of_them() -> None:
    content = span(
        input=json.dumps({"query": {"text": "hi"}, "turns": [{"n": 1}]}),
        metadata={"tenant": "blue"},
        llm__model_name="m",
    )
    example = made(
        content,
        input={
            "q": "input.value.query.text",
            "n": "input.value.turns.0.n",
            "tenant": "metadata.tenant",
            "gone": "nothing.at.all",
        },
        output={"said": "output.value", "model": "llm.model_name"},
        metadata={"span": "span_id", "kind": "span_kind"},
    )
    assert example == SpanExample(
        {"q": "hi", "n": 1, "tenant": "blue"},
        {"said": "out", "model": "m"},
        {"span": "5" * 16, "kind": "CHAIN"},
        False,
    )
    corrected = made(content, "right", output={"model": "llm.model_name", "said": "output.value"})
    assert corrected.output == {"said": "right"}


def test_what_has_no_input_becomes_none() -> None:
    with pytest.raises(NoExample, match="has no input"):
        made(span(input=None))
    with pytest.raises(NoExample, match="none of the attributes a, b"):
        made(span(), input={"x": "a", "y": "b"})


def test_annotations_are_told_unless_they_are_not_wanted() -> None:
    said = {"tone": [{"label": "kind", "identifier": "ada"}]}
    with_them = example_of(span(), ExampleMapping(metadata={}), None, said)
    assert with_them.metadata == {"annotations": {"tone": [{"label": "kind", "identifier": "ada"}]}}
    assert example_of(span(), ExampleMapping(metadata={}, annotations=False), None, said).metadata == {}


def test_the_examples_of_the_module_hold() -> None:
    assert doctest.testmod(span_example) == (0, 2)


def test_lists_are_named_as_wholes_and_before_what_is_in_them() -> None:
    names = attributes_of(chat())
    assert names[:7] == [
        "input.value",
        "output.value",
        "name",
        "span_kind",
        "span_id",
        "trace_id",
        "llm.input_messages",
    ]
    assert "llm.prompt_template.variables.who" in names
    assert names[-1] == "llm.tools.0.tool.json_schema"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a.0 ", max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(
    JSON, st.dictionaries(st.sampled_from(["llm.model_name", "a.0.b", "a.1.b", "metadata", "x y"]), JSON, max_size=4)
)
def test_what_is_named_is_found(value: Any, attributes: dict[str, Any]) -> None:
    content = span(input=json.dumps(value))._replace(
        attributes={key: each for key, each in attributes.items() if each is not None}
    )
    names = attributes_of(content)
    assert made(content, input={name: name for name in names}).input.keys() == set(names)
