"""A version of a prompt that has something of everything, as Phoenix's clients send it."""

from typing import Any

from .helpers import Json


def a_version(text: str = "Answer {{name}}.", **fields: Any) -> Json:
    """The least that a version needs."""
    return {
        "model_provider": "OPENAI",
        "model_name": "gpt-5",
        "template": {"type": "chat", "messages": [{"role": "user", "content": text}]},
        "template_type": "CHAT",
        "template_format": "MUSTACHE",
        "invocation_parameters": {"type": "openai", "openai": {}},
        **fields,
    }


def a_prompt(name: str, text: str = "Answer {{name}}.", **fields: Any) -> Json:
    """A prompt to create, in a version of this text; `fields` are the version's."""
    return {"prompt": {"name": name}, "version": a_version(text, **fields)}


CALL: Json = {"type": "function", "name": "find", "arguments": '{"order": "A-1"}'}
FULL_VERSION: Json = a_version(
    description="the one with tools 🧪",
    template={
        "type": "chat",
        "messages": [
            {"role": "system", "content": "Be kind to {{name}}."},
            {"role": "user", "content": [{"type": "text", "text": "Where is {{order}}?"}]},
            {"role": "assistant", "content": [{"type": "tool_call", "tool_call_id": "c1", "tool_call": CALL}]},
            {"role": "tool", "content": [{"type": "tool_result", "tool_call_id": "c1", "tool_result": [1.0, None]}]},
        ],
    },
    invocation_parameters={
        "type": "openai",
        "openai": {"temperature": 1, "top_p": 1.0, "seed": 2**53 + 1, "stop": None, "extra_body": {"a": [{"b": 1e-7}]}},
    },
    tools={
        "type": "tools",
        "tools": [
            {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "x-own": [None]}}},
            {"type": "raw", "raw": {"type": "web_search", "domains": ["example.com"]}},
        ],
        "tool_choice": {"type": "specific_function", "function_name": "find"},
        "disable_parallel_tool_calls": True,
    },
    response_format={
        "type": "json_schema",
        "json_schema": {"name": "place", "schema": {"type": "object", "properties": {}}, "strict": False},
    },
)
