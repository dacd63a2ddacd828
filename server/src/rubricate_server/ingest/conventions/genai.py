"""OpenTelemetry's GenAI conventions, said again in the words of OpenInference.

Only gaps are filled: what a sender says in OpenInference stands, and a list of messages, documents or tools is taken
whole or not at all. The `gen_ai.*` attributes stay beside what was made of them.

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from rubricate_server.domain.attributes import nest
from rubricate_server.ingest.conventions.json_text import parsed

FOREIGN: Final = "gen_ai."

_KIND: Final = "openinference.span.kind"
_MOST_KEYS: Final = 4096

Flat = dict[str, Any]


def as_openinference(given: Mapping[str, Any]) -> Flat:
    """What the `gen_ai.*` attributes say that the others do not, as OpenInference attributes."""
    kind = given.get(_KIND) or _kind(given)
    made = {_KIND: kind, "session.id": _text(given, "gen_ai.conversation.id")}
    made |= _provider(given) | _tokens(given) | _parameters(given, kind) | _response(given)
    if kind == "TOOL":
        made |= _tool(given)
    elif kind == "RETRIEVER":
        made |= _query(given)
    added = {key: value for key, value in made.items() if value is not None and given.get(key) is None}
    for prefix, items in (
        ("llm.input_messages.", _conversation(given)),
        ("llm.output_messages.", _messages(given, "gen_ai.output.messages")),
        ("llm.tools.", _tools(given)),
        ("retrieval.documents.", _documents(given) if kind == "RETRIEVER" else []),
    ):
        if items and not any(key.startswith(prefix) for key in given):
            listed = {
                f"{prefix}{place}.{key}": value for place, item in enumerate(items) for key, value in item.items()
            }
            if len(listed) + len(added) <= _MOST_KEYS:
                added |= listed
    return added


# --- what a span is ---------------------------------------------------------------------------------------------------

_OPERATIONS: Final = {
    "chat": "LLM",
    "text_completion": "LLM",
    "generate_content": "LLM",
    "embeddings": "EMBEDDING",
    "execute_tool": "TOOL",
    "retrieval": "RETRIEVER",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
}

_SIGNS: Final = (
    ("gen_ai.tool.call.id", "TOOL"),
    ("gen_ai.tool.name", "TOOL"),
    ("gen_ai.retrieval.documents", "RETRIEVER"),
    ("gen_ai.retrieval.query.text", "RETRIEVER"),
    ("gen_ai.embeddings.dimension.count", "EMBEDDING"),
    ("gen_ai.input.messages", "LLM"),
    ("gen_ai.output.messages", "LLM"),
    ("gen_ai.request.model", "LLM"),
)
"""What tells the kind of a span that does not name its operation; the first that is there."""

_PROVIDERS: Final = {
    "openai": ("openai", "openai"),
    "anthropic": ("anthropic", "anthropic"),
    "cohere": ("cohere", "cohere"),
    "mistral_ai": ("mistralai", "mistralai"),
    "deepseek": ("deepseek", "deepseek"),
    "groq": ("groq", "groq"),
    "perplexity": ("perplexity", "perplexity"),
    "x_ai": ("xai", "xai"),
    "azure.ai.openai": ("azure", "openai"),
    "azure.ai.inference": ("azure", None),
    "aws.bedrock": ("aws", None),
    "gcp.vertex_ai": ("google", "vertexai"),
    "gcp.gen_ai": ("google", None),
    "gcp.gemini": ("google", None),
}
"""`llm.provider` (who runs the model) and `llm.system` (whose product it is)."""


def _kind(given: Mapping[str, Any]) -> str | None:
    operation = given.get("gen_ai.operation.name")
    if operation is not None:
        return _OPERATIONS.get(operation) if isinstance(operation, str) else None
    for sign, kind in _SIGNS:
        if sign in given or (sign.endswith("s") and f"{sign}.0.role" in given):
            return kind
    return None


def _provider(given: Mapping[str, Any]) -> Flat:
    named = _text(given, "gen_ai.provider.name") or _text(given, "gen_ai.system")
    provider, system = _PROVIDERS.get((named or "").lower(), (None, named))
    return {"llm.provider": provider, "llm.system": system}


def _tokens(given: Mapping[str, Any]) -> Flat:
    prompt, completion = given.get("gen_ai.usage.input_tokens"), given.get("gen_ai.usage.output_tokens")
    total = prompt + completion if isinstance(prompt, int) and isinstance(completion, int) else None
    return {
        "llm.token_count.prompt": prompt,
        "llm.token_count.completion": completion,
        "llm.token_count.total": total,
        "llm.token_count.prompt_details.cache_read": given.get("gen_ai.usage.cache_read.input_tokens"),
        "llm.token_count.prompt_details.cache_write": given.get("gen_ai.usage.cache_creation.input_tokens"),
    }


_REQUEST: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "stream": "stream",
    "choice.count": "n",
    "stop_sequences": "stop",
    "encoding_formats": "encoding_format",
}

_FORMATS: Final = {"json": "json_object", "text": "text"}


def _parameters(given: Mapping[str, Any], kind: str | None) -> Flat:
    what = "embedding" if kind == "EMBEDDING" else "llm"
    chosen = {name: given.get(f"gen_ai.request.{theirs}") for theirs, name in _REQUEST.items()}
    format = _FORMATS.get(_text(given, "gen_ai.output.type") or "")
    if format is not None:
        chosen["response_format"] = {"type": format}
    encodings = chosen.get("encoding_format")
    if isinstance(encodings, list) and len(encodings) == 1:
        chosen["encoding_format"] = encodings[0]
    chosen = {name: value for name, value in chosen.items() if value is not None}
    return {
        f"{what}.model_name": _text(given, "gen_ai.request.model"),
        f"{what}.invocation_parameters": _json(chosen) if chosen else None,
    }


def _response(given: Mapping[str, Any]) -> Flat:
    reasons = given.get("gen_ai.response.finish_reasons")
    if isinstance(reasons, list) and len(reasons) == 1:
        reasons = reasons[0]
    made: Flat = {"llm.finish_reason": reasons or None}
    names = {name: _text(given, f"gen_ai.response.{name}") for name in ("id", "model")}
    told = {name: value for name, value in names.items() if value is not None}
    if told and given.get("output.value") is None:
        made["output.value"] = _json(told)
        made["output.mime_type"] = "application/json"
    return made


def _query(given: Mapping[str, Any]) -> Flat:
    text = _text(given, "gen_ai.retrieval.query.text")
    if text is None or given.get("input.value") is not None:
        return {}
    return {"input.value": text, "input.mime_type": "text/plain"}


def _tool(given: Mapping[str, Any]) -> Flat:
    arguments, result = _whole(given, "gen_ai.tool.call.arguments"), _whole(given, "gen_ai.tool.call.result")
    answer: Flat = {}
    if result is not None and given.get("output.value") is None:
        text = _json(result)
        structured = text is not result or isinstance(parsed(text), dict | list)
        answer = {"output.value": text, "output.mime_type": "application/json" if structured else "text/plain"}
    return answer | {
        "tool.name": given.get("gen_ai.tool.name"),
        "tool.description": given.get("gen_ai.tool.description"),
        "tool.id": given.get("gen_ai.tool.call.id"),
        "tool.parameters": None if arguments is None else _json(arguments),
    }


# --- messages, tools, documents ---------------------------------------------------------------------------------------


def _conversation(given: Mapping[str, Any]) -> list[Flat]:
    instructions = _whole(given, "gen_ai.system_instructions")
    if isinstance(instructions, str):
        instructions = parsed(instructions)
    if isinstance(instructions, str):
        instructions = [{"type": "text", "content": instructions}]
    first = _message({"role": "system", "parts": instructions}) if isinstance(instructions, list) else []
    return first + _messages(given, "gen_ai.input.messages")


def _messages(given: Mapping[str, Any], key: str) -> list[Flat]:
    return [made for message in _objects(given, key) for made in _message(message)]


def _message(message: dict[str, Any]) -> list[Flat]:
    """The message; and one more for each further result of a tool in it, because one of ours answers one call."""
    made: Flat = {}
    for field in ("role", "name"):
        if isinstance(message.get(field), str):
            made[f"message.{field}"] = message[field]
    parts = message.get("parts", message.get("content"))
    if isinstance(parts, str):
        parts = [{"type": "text", "content": parts}]
    contents: list[Flat] = []
    results: list[Flat] = []
    calls = 0
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            part = {"type": "text", "content": part}
        match part.get("type"):
            case "tool_call":
                made |= {f"message.tool_calls.{calls}.{key}": value for key, value in _tool_call(part).items()}
                calls += 1
            case "tool_call_response":
                results.append(_tool_result(part))
            case _:
                contents.append(_content(part))
    if len(contents) == 1 and contents[0]["message_content.type"] == "text":
        made["message.content"] = contents[0]["message_content.text"]
    else:
        for place, content in enumerate(contents):
            made |= {f"message.contents.{place}.{key}": value for key, value in content.items()}
    if results:
        made |= {key: value for key, value in results[0].items() if key not in made}
    if isinstance(message.get("finish_reason"), str):
        made["message.finish_reason"] = message["finish_reason"]
    role = {"message.role": made["message.role"]} if "message.role" in made else {}
    return [made, *(role | result for result in results[1:])] if made else []


def _tool_call(part: dict[str, Any]) -> Flat:
    fields = {
        "tool_call.id": part.get("id"),
        "tool_call.function.name": part.get("name"),
        "tool_call.function.arguments": None if part.get("arguments") is None else _json(part["arguments"]),
    }
    return {key: value for key, value in fields.items() if value is not None}


def _tool_result(part: dict[str, Any]) -> Flat:
    answer = part.get("response", part.get("result"))
    fields = {
        "message.tool_call_id": part.get("id"),
        "message.content": None if answer is None else _json(answer),
    }
    return {key: value for key, value in fields.items() if value is not None}


_MODALITIES: Final = ("image", "audio", "video", "document")


def _content(part: dict[str, Any]) -> Flat:
    kind, modality = part.get("type"), part.get("modality")
    if kind in ("text", "reasoning"):
        return {"message_content.type": kind, "message_content.text": _json(part.get("content", ""))}
    url = None
    if kind == "uri":
        url = part.get("uri")
    elif kind == "blob" and isinstance(part.get("content"), str):
        url = f"data:{part.get('mime_type') or 'application/octet-stream'};base64,{part['content']}"
    if isinstance(url, str) and modality in _MODALITIES:
        within = f"message_content.{modality}.{modality}"
        made = {"message_content.type": modality, f"{within}.url": url}
        if modality in ("audio", "document") and isinstance(part.get("mime_type"), str):
            made[f"{within}.mime_type"] = part["mime_type"]
        return made
    # A part that OpenInference has no word for is shown as what it is.
    return {"message_content.type": "text", "message_content.text": _json(part)}


def _tools(given: Mapping[str, Any]) -> list[Flat]:
    return [{"tool.json_schema": _json(_schema(tool))} for tool in _objects(given, "gen_ai.tool.definitions")]


def _schema(tool: dict[str, Any]) -> dict[str, Any]:
    """A function as the APIs of models take it: its fields stand in an object of their own."""
    if tool.get("type") != "function" or "function" in tool:
        return tool
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}


def _documents(given: Mapping[str, Any]) -> list[Flat]:
    documents = []
    for sent in _objects(given, "gen_ai.retrieval.documents"):
        fields = {
            "document.id": sent.get("id"),
            "document.score": sent.get("score"),
            "document.content": sent.get("content"),
            "document.metadata": None if sent.get("metadata") is None else _json(sent["metadata"]),
        }
        documents.append({key: value for key, value in fields.items() if value is not None})
    return documents


# --- values -----------------------------------------------------------------------------------------------------------


def _whole(given: Mapping[str, Any], key: str) -> Any:
    """The value under a key; put together again when it was sent as an object and taken apart into dotted keys."""
    value = given.get(key)
    if value is None:
        prefix = f"{key}."
        apart = {f"whole.{name.removeprefix(prefix)}": part for name, part in given.items() if name.startswith(prefix)}
        return nest(apart).get("whole") if apart else None
    return value


def _objects(given: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects, sent as JSON text or as it is; empty when it is anything else, or holds anything else."""
    value = _whole(given, key)
    if isinstance(value, str):
        value = parsed(value)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return []
    return value


def _text(given: Mapping[str, Any], key: str) -> str | None:
    value = given.get(key)
    return value if isinstance(value, str) and value else None


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
