"""What a span took in and put out, as people read it: the last user message, the text of the answer, never raw JSON.

Attributes are flat, with dotted keys, as OpenInference has them. `readable` is called for each span on the hot path:
what is plain text already passes with a few look-ups.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

MOST_JSON: Final = 262_144
"""Characters of JSON that are looked into; of longer texts, the beginning is shown as it is."""

_IN_MESSAGES: Final = "llm.input_messages"
_OUT_MESSAGES: Final = "llm.output_messages"
_USERS: Final = ("user", "human")
_ASSISTANTS: Final = ("assistant", "ai", "model")
_IN_KEYS: Final = ("query", "question", "input", "prompt", "user_message", "user_input", "message", "text", "content")
_OUT_KEYS: Final = ("output", "answer", "response", "result", "completion", "message", "text", "content", "generations")
_DOCUMENTS: Final = ("reranker.output_documents.0.document.content", "retrieval.documents.0.document.content")
_LISTS: Final = ("messages", "choices", "candidates", "contents")
_DEEPEST: Final = 6
"""Levels of JSON that are looked into."""


def readable(
    given: str | None, answered: str | None, attributes: Mapping[str, Any], most: int
) -> tuple[str | None, str | None]:
    """Input and output of a span for people, `most` characters each; None where there is none.

    >>> readable('{"query": "Where is my order?"}', '"On its way."', {}, 100)
    ('Where is my order?', 'On its way.')
    >>> readable('[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]', None, {}, 9)
    ('Hi', None)
    """
    shown_input = shown_output = None
    if "llm.input_messages.0.message.role" in attributes:
        shown_input = _last_said(attributes, _IN_MESSAGES, _USERS)
    if shown_input is None and given:
        shown_input = _plain(given, _IN_KEYS, _USERS, most)
    if "llm.output_messages.0.message.role" in attributes:
        shown_output = _last_said(attributes, _OUT_MESSAGES, _ASSISTANTS)
    for documents in _DOCUMENTS:
        if shown_output is None and documents in attributes:
            shown_output = _text(attributes[documents])
    if shown_output is None and answered:
        shown_output = _plain(answered, _OUT_KEYS, _ASSISTANTS, most)
    return (
        shown_input[:most] if shown_input is not None else None,
        shown_output[:most] if shown_output is not None else None,
    )


def preview(
    given: str | None, answered: str | None, attributes: Mapping[str, Any], most: int
) -> tuple[str | None, str | None]:
    """The same on one line each.

    >>> preview("Dear   Ada,\\n\\nthank you", None, {}, 14)
    ('Dear Ada, than', None)
    """
    # Twice as much is enough for all but texts that are mostly spaces.
    shown_input, shown_output = readable(given, answered, attributes, 2 * most)
    return _one_line(shown_input, most), _one_line(shown_output, most)


def _one_line(text: str | None, most: int) -> str | None:
    if text is None:
        return None
    begun = text[:most]
    # Taking a text apart costs more than all else here, and most need it not.
    if "\n" in begun or "\t" in begun or "  " in begun:
        return " ".join(text.split())[:most]
    return begun


# --- messages in attributes -------------------------------------------------------------------------------------------


def _last_said(attributes: Mapping[str, Any], prefix: str, roles: Sequence[str]) -> str | None:
    """The last message of one of the roles that has a text; without one, the last that has a text, or a tool call."""
    get = attributes.get
    count = 1
    while f"{prefix}.{count}.message.role" in attributes:
        count += 1
    for wanted in (roles, ()):
        for place in range(count - 1, -1, -1):
            message = f"{prefix}.{place}.message"
            if wanted and get(f"{message}.role") not in wanted:
                continue
            text = get(f"{message}.content")
            if text.__class__ is not str or not text:
                text = _contents(attributes, message) or _tool_call(attributes, message)
            if text:
                return str(text)
    return None


def _contents(attributes: Mapping[str, Any], message: str) -> str | None:
    """The texts of a message of several parts."""
    texts = []
    part = 0
    while (content := f"{message}.contents.{part}.message_content") and f"{content}.type" in attributes:
        text = attributes.get(f"{content}.text")
        if isinstance(text, str):
            texts.append(text)
        part += 1
    return "\n".join(texts) or None


def _tool_call(attributes: Mapping[str, Any], message: str) -> str | None:
    call = f"{message}.tool_calls.0.tool_call.function"
    name = attributes.get(f"{call}.name")
    if not isinstance(name, str):
        return None
    return f"{name}({_text(attributes.get(f'{call}.arguments')) or ''})"


# --- JSON -------------------------------------------------------------------------------------------------------------


def _plain(text: str, keys: Sequence[str], roles: Sequence[str], most: int) -> str:
    """A text as it is; of JSON, what somebody said in it."""
    if text[0] not in '{["' and not text[0].isspace():
        return text
    if len(text) > MOST_JSON:
        return text[:most]
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return _said(value, keys, roles, 0) or _listed(value, most) or text


def _said(value: Any, keys: Sequence[str], roles: Sequence[str], depth: int) -> str | None:
    """What a piece of JSON says: a text, the last message of a role, the text under a telling key, the only text."""
    if isinstance(value, str):
        return value or None
    if depth == _DEEPEST:
        return None
    if isinstance(value, list):
        return _said_last(value, keys, roles, depth)
    if not isinstance(value, dict):
        return None
    inner: Callable[[Any], str | None] = lambda child: _said(child, keys, roles, depth + 1)  # noqa: E731
    if _role(value) is not None:
        return inner(_content(value)) or _called(value)
    for key in _LISTS:
        if isinstance(value.get(key), list) and (text := inner(value[key])):
            return text
    for key in keys:
        if key in value and (text := inner(value[key])):
            return text
    texts = [child for child in value.values() if isinstance(child, str) and child]
    if len(texts) == 1 and len(value) == 1:
        return texts[0]
    return None


def _said_last(items: list[Any], keys: Sequence[str], roles: Sequence[str], depth: int) -> str | None:
    """The last message of one of the roles; without one, the last that says something. Parts of a content, joined."""
    parts = [item.get("text") for item in items if isinstance(item, dict) and _role(item) is None]
    if parts and len(parts) == len(items) and all(isinstance(part, str) for part in parts):
        return "\n".join(filter(None, parts)) or None
    for wanted in (roles, None):
        for item in reversed(items):
            if wanted is not None and (not isinstance(item, dict) or _role(item) not in wanted):
                continue
            if isinstance(item, dict | list) and (text := _said(item, keys, roles, depth + 1)):
                return text
    return None


def _role(message: dict[str, Any]) -> str | None:
    """Who says a message: `role`, or the type or class of LangChain's."""
    inner = message.get("kwargs", message)
    if not isinstance(inner, dict):
        return None
    role = inner.get("role")
    if role is None and "content" in inner:
        role = inner.get("type")
    return role.lower() if isinstance(role, str) else None


def _content(message: dict[str, Any]) -> Any:
    inner = message.get("kwargs", message)
    return inner.get("content") or inner.get("parts") or inner.get("text")


def _called(message: dict[str, Any]) -> str | None:
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else None
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return None
    return f"{function['name']}({_text(function.get('arguments')) or ''})"


def _listed(value: Any, most: int) -> str | None:
    """An object as people write one: `order: 17, status: sent`."""
    if not isinstance(value, dict):
        return None
    shown: list[str] = []
    for key, child in value.items():
        if child is None:
            continue
        shown.append(f"{key}: {_text(child)}")
        if sum(map(len, shown)) > most:
            break
    return ", ".join(shown) or None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
