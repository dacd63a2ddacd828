"""Previews: what a person would say that a span took in and put out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate_server.domain.preview import preview, readable


def messages(prefix: str, *said: tuple[str, str | list[str]]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for place, (role, content) in enumerate(said):
        message = f"llm.{prefix}_messages.{place}.message"
        flat[f"{message}.role"] = role
        if isinstance(content, str):
            flat[f"{message}.content"] = content
        else:
            for part, text in enumerate(content):
                flat[f"{message}.contents.{part}.message_content.type"] = "text"
                flat[f"{message}.contents.{part}.message_content.text"] = text
    return flat


def test_messages_of_a_model_show_the_last_question_and_the_answer() -> None:
    attributes = messages("input", ("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Why?"))
    attributes |= messages("output", ("assistant", "Because."))
    assert readable('{"messages": []}', '{"choices": []}', attributes, 100) == ("Why?", "Because.")


def test_a_question_before_tool_results_is_still_the_question() -> None:
    attributes = messages("input", ("user", "Where is it?"), ("assistant", ""), ("tool", '{"at": "Bonn"}'))
    assert readable(None, None, attributes, 100)[0] == "Where is it?"


def test_parts_of_a_message_are_joined() -> None:
    assert readable(None, None, messages("input", ("user", ["Look:", "a cat"])), 100)[0] == "Look:\na cat"


def test_without_an_answer_the_called_tool_is_shown() -> None:
    attributes = messages("output", ("assistant", ""))
    call = "llm.output_messages.0.message.tool_calls.0.tool_call.function"
    attributes |= {f"{call}.name": "search", f"{call}.arguments": '{"q": "hub"}'}
    assert readable(None, None, attributes, 100)[1] == 'search({"q": "hub"})'


@pytest.mark.parametrize("key", ["retrieval.documents", "reranker.output_documents"])
def test_what_is_retrieved_is_shown_by_its_first_document(key: str) -> None:
    attributes = {f"{key}.0.document.content": "Hubs need power."}
    assert readable("hub?", None, attributes, 100) == ("hub?", "Hubs need power.")


USER = {"role": "user", "content": "Why?"}
LANGCHAIN = {"lc": 1, "id": ["langchain", "HumanMessage"], "kwargs": {"content": "Why?", "type": "human"}}


@pytest.mark.parametrize(
    "value",
    [
        {"query": "Why?"},
        {"question": "Why?", "top_k": 3},
        {"anything": "Why?"},
        "Why?",
        {"input": {"query": "Why?"}},
        [USER],
        {"messages": [{"role": "system", "content": "Be kind."}, USER, {"role": "assistant", "content": "Well"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}]},
        {"messages": [[LANGCHAIN]]},
        {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
        {"model": "m", "input": [USER]},
    ],
)
def test_json_shows_what_was_asked_in_it(value: Any) -> None:
    assert readable(json.dumps(value), None, {}, 100)[0] == "Why?"


@pytest.mark.parametrize(
    "value",
    [
        {"answer": "So."},
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "So."}}]},
        {"generations": [[{"text": "So."}]]},
        {"messages": [USER, {"role": "assistant", "content": "So."}]},
        {"output": {"content": [{"type": "text", "text": "So."}]}},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "So."}]}}]},
    ],
)
def test_json_shows_what_was_answered_in_it(value: Any) -> None:
    assert readable(None, json.dumps(value), {}, 100)[1] == "So."


def test_other_objects_read_as_a_list() -> None:
    assert readable('{"order": 17, "status": "sent", "reason": null, "tags": ["a"]}', None, {}, 100)[0] == (
        'order: 17, status: sent, tags: ["a"]'
    )


@pytest.mark.parametrize("text", ["{not json", "[1, 2]", "{}", '["a"', "plain {text}", "   ", '""'])
def test_what_cannot_be_read_better_stays_as_it_is(text: str) -> None:
    assert readable(text, text, {}, 100) == (text, text)


def test_nothing_is_none() -> None:
    assert readable(None, "", {}, 100) == (None, None)


def test_a_preview_is_one_line_of_bounded_length() -> None:
    assert preview("a\n\n  b\tc" + " d" * 100, None, {}, 7) == ("a b c d", None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "messages", "text", "type", "kwargs", "tool_calls", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON, st.integers(1, 50))
def test_any_json_gives_a_short_text(asked: Any, answered: Any, most: int) -> None:
    for shown in preview(json.dumps(asked), json.dumps(answered), {}, most):
        assert shown is None or (len(shown) <= most and "\n" not in shown and "\t" not in shown)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_gives_a_short_text(asked: str, answered: str) -> None:
    for shown in preview(asked, answered, {}, 10):
        assert shown is None or len(shown) <= 10
