"""OpenInference: what the attributes of a span say, as the columns under which we find it again.

`build_span` is the one door into storage for a span, whether it came as OTLP or as JSON over REST. It is on the hot
path (a few µs a span), which is why it is one pass over a plain dict and why keys are classified once and remembered.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, Final, Literal

import orjson

from rubricate_server.domain.attributes import LIST_PLACE
from rubricate_server.domain.preview import preview
from rubricate_server.ingest.conventions.genai import FOREIGN, as_openinference
from rubricate_server.ingest.conventions.json_text import MAX_JSON_DEPTH, parsed
from rubricate_server.ingest.price import PRICED, price_of
from rubricate_server.storage.contract import PREVIEW, SMALL_ATTRIBUTE, NewSpan

KIND: Final = "openinference.span.kind"
UNKNOWN_KIND: Final = "UNKNOWN"
PROJECT: Final = "openinference.project.name"
DEFAULT_PROJECT: Final = "default"

MAX_ATTRIBUTES: Final = 4096
"""How many keys the objects of one span may be taken apart into."""

MAX_PATH: Final = 4096
"""Characters of a dotted key that stands for an object. Every leaf repeats it, so a long one multiplies a span."""

EVALUATOR: Final = "EVALUATOR"

FEEDBACK: Final = re.compile(
    r"(?P<item>(?:(?P<scope>trace|session)\.)?(?P<form>annotation|evaluation)s\.\d{1,9}\.(?P=form))\.(?P<field>.+)"
)
"""Keys of inline feedback, which `conventions.feedback` reads."""

Role = Literal["plain", "object", "own", "text", "indexed", "indexed object", "feedback", "foreign", "indexed foreign"]
"""What is done with an attribute, decided by its key alone:

plain: kept as it is. object: its JSON text is parsed. own: has a column. text: `input.value` and `output.value`.
indexed: belongs to an element of a list (`a.0.b`), of which the narrow row says only that it is there. feedback: such
a one that may be an annotation. foreign: of the GenAI conventions, which `conventions.genai` translates.
"""

_ROLES: Final[dict[str, Role]] = {
    "metadata": "object",
    "tool.parameters": "object",
    "llm.prompt_template.variables": "object",
    "document.metadata": "object",
    "input.value": "text",
    "output.value": "text",
    KIND: "own",
    "session.id": "own",
    "user.id": "own",
    "llm.model_name": "own",
    "llm.provider": "own",
    "llm.token_count.prompt": "own",
    "llm.token_count.completion": "own",
    "llm.token_count.total": "own",
    "llm.cost.prompt": "own",
    "llm.cost.completion": "own",
    "llm.cost.total": "own",
}
# Senders use a few hundred keys over and over. A sender that makes keys up must cost neither memory nor the cache.
_MAX_REMEMBERED: Final = 20_000
_remembered: dict[str, Role] = {}
_remembered_lists: dict[str, str] = {}

_NUL_IN_JSON: Final = rb"\u0000"
_INT64: Final = 1 << 63


def role_of(key: str) -> Role:
    """What to do with the attribute of this key."""
    role = _ROLES.get(key)
    if role is None:
        indexed = LIST_PLACE.search(key) is not None
        if key.startswith(FOREIGN):
            role = "indexed foreign" if indexed else "foreign"
        elif indexed and FEEDBACK.fullmatch(key):
            role = "feedback"
        elif key.endswith(".document.metadata"):
            role = "indexed object" if indexed else "object"
        else:
            role = "indexed" if indexed else "plain"
    if len(key) <= SMALL_ATTRIBUTE:
        if len(_remembered) >= _MAX_REMEMBERED:
            _remembered.clear()
        _remembered[key] = role
    return role


def _list_of(key: str) -> str:
    """The list whose element has this key."""
    found = LIST_PLACE.split(key, 1)[0]
    if len(key) <= SMALL_ATTRIBUTE:
        if len(_remembered_lists) >= _MAX_REMEMBERED:
            _remembered_lists.clear()
        _remembered_lists[key] = found
    return found


def build_span(
    project: str,
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes | None,
    name: str,
    start_ns: int,
    end_ns: int,
    status: int,
    status_message: str,
    attributes: dict[str, Any],
    events: list[dict[str, Any]] | None = None,
    envelope: bytes | None = None,
    take_feedback: Callable[[NewSpan, Mapping[str, Any]], None] | None = None,
) -> NewSpan:
    """A span ready to be stored, from flat attributes, which it takes over and changes.

    The attributes must be what JSON can hold; `flat_attributes` makes them so from anything. `take_feedback` is called
    with the span and its attributes when some of them are feedback.
    """
    small: dict[str, Any] = {}
    met = _sort(attributes, small)
    if met & _MET_FOREIGN:
        added = as_openinference(attributes)
        _sort(added, small)
        attributes |= added

    take = attributes.pop
    given = take("input.value", None)
    input_text = given if given.__class__ is str else _as_text(attributes, small, "input", given)
    given = take("output.value", None)
    output_text = given if given.__class__ is str else _as_text(attributes, small, "output", given)

    get = attributes.get
    prompt = completion = total = None
    if "llm.token_count.prompt" in attributes:
        prompt = _tokens(attributes, small, "llm.token_count.prompt")
    if "llm.token_count.completion" in attributes:
        completion = _tokens(attributes, small, "llm.token_count.completion")
    if "llm.token_count.total" in attributes:
        total = _tokens(attributes, small, "llm.token_count.total")
    body = orjson.dumps(attributes)
    if _NUL_IN_JSON in body:
        attributes, small = visible_nul(attributes), visible_nul(small)
        get, body = attributes.get, orjson.dumps(attributes)
    events_body = None
    if events:
        events_body = orjson.dumps(events)
        if _NUL_IN_JSON in events_body:
            events_body = orjson.dumps(visible_nul(events))
    if envelope is not None and _NUL_IN_JSON in envelope:
        envelope = orjson.dumps(visible_nul(orjson.loads(envelope)))

    kind = get(KIND)
    if kind.__class__ is not str or not kind:
        _keep(small, KIND, kind)
        kind = UNKNOWN_KIND
    session = get("session.id")
    if session is not None:
        session = _label(small, "session.id", session)
    user = get("user.id")
    if user is not None:
        user = _label(small, "user.id", user)
    model = get("llm.model_name")
    if model is not None:
        model = _label(small, "llm.model_name", model)
    provider = get("llm.provider")
    if provider is not None:
        provider = _label(small, "llm.provider", provider)

    cost_prompt = _cost(small, "llm.cost.prompt", get("llm.cost.prompt"))
    cost_completion = _cost(small, "llm.cost.completion", get("llm.cost.completion"))
    cost = _cost(small, "llm.cost.total", get("llm.cost.total"))
    if cost is None:
        if cost_prompt is not None or cost_completion is not None:
            cost = (cost_prompt or 0.0) + (cost_completion or 0.0)
        elif (prompt or completion) and kind in PRICED and start_ns >= 0:
            priced_model = model if kind == "LLM" else get("embedding.model_name", model)
            priced = price_of(provider, priced_model, start_ns, prompt or 0, completion or 0, get)
            if priced is not None:
                cost_prompt, cost_completion, cost, details = priced
                small = details | small

    shown_input, shown_output = preview(input_text, output_text, attributes, PREVIEW)
    span = NewSpan(
        _visible(project),
        trace_id,
        span_id,
        parent_id,
        _visible(name),
        kind,
        start_ns,
        end_ns,
        status,
        _visible(status_message),
        session,
        user,
        model,
        provider,
        prompt,
        completion,
        total,
        cost_prompt,
        cost_completion,
        cost,
        None if input_text is None else _visible(input_text),
        None if output_text is None else _visible(output_text),
        body,
        orjson.dumps(small).decode() if small else None,
        events_body,
        envelope,
        None if shown_input is None else _visible(shown_input),
        None if shown_output is None else _visible(shown_output),
    )
    if met & _MET_FEEDBACK and take_feedback is not None:
        take_feedback(span, attributes)
    return span


_MET_FOREIGN: Final = 1
_MET_FEEDBACK: Final = 2


def _sort(attributes: dict[str, Any], small: dict[str, Any]) -> int:
    """Do with each attribute what its role says; answers which of the rarer roles were met."""
    met = 0
    roles, lists = _remembered.get, _remembered_lists.get
    for key, value in attributes.items():
        role = roles(key) or role_of(key)
        if role == "plain":
            if value.__class__ is str:
                small[key] = value if len(value) <= SMALL_ATTRIBUTE else None
            else:
                _add_small(small, key, value)
        elif role == "object":
            if value.__class__ is str:
                # Replacing the value of a key that is there does not disturb the iteration.
                value = attributes[key] = parsed(value)
            _add_small(small, key, value)
        elif role == "indexed":
            small.setdefault(lists(key) or _list_of(key), None)
        elif role == "indexed object":
            small.setdefault(lists(key) or _list_of(key), None)
            if value.__class__ is str:
                attributes[key] = parsed(value)
        elif role == "foreign":
            met |= _MET_FOREIGN
            _add_small(small, key, value)
        elif role == "indexed foreign":
            met |= _MET_FOREIGN
        elif role == "feedback":
            met |= _MET_FEEDBACK
    return met


def flat_attributes(attributes: Mapping[str, Any], max_attributes: int = MAX_ATTRIBUTES) -> dict[str, Any]:
    """Flat attributes from nested ones, flat ones or any mixture; objects that are values (`metadata`) stay objects.

    Values that JSON cannot hold (NaN, integers beyond 64 bits, lone surrogates, dates …) become their text.
    Raises ValueError for what is nested too deep or becomes too many keys.
    """
    flat: dict[str, Any] = {}
    for key, value in attributes.items():
        put(flat, _well_formed(key), _holdable(value, 1), max_attributes)
    return flat


def put(flat: dict[str, Any], key: str, value: Any, max_attributes: int = MAX_ATTRIBUTES) -> None:
    """Add one attribute: objects are taken apart into dotted keys, and so are lists that hold objects.

    Objects that are values, and empty ones, are kept whole. Raises ValueError beyond the limits.
    """
    children: Iterable[tuple[Any, Any]]
    if value.__class__ is dict and value:
        children = value.items()
    elif value.__class__ is list and dict in set(map(type, value)):
        children = enumerate(value)
    else:
        if len(flat) >= max_attributes:
            raise ValueError(f"attributes: more than {max_attributes}; raise the limit or send fewer")
        flat[key] = value
        return
    if role_of(key) in ("object", "indexed object", "text"):
        flat[key] = value
        return
    if len(key) > MAX_PATH:
        raise ValueError(f"attribute {key[:100]!r}: more than {MAX_PATH} characters of key around an object")
    for name, child in children:
        put(flat, f"{key}.{name}", child, max_attributes)


def visible_nul(value: Any) -> Any:
    r"""The same with every NUL character written out as `\u0000`: SQLite ends the text there, PostgreSQL refuses."""
    if value.__class__ is str:
        return _visible(value)
    if value.__class__ is dict:
        return {_visible(key): visible_nul(child) for key, child in value.items()}
    if value.__class__ is list:
        return [visible_nul(item) for item in value]
    return value


def clean_text(text: str) -> str:
    """The text as storage takes it: no NUL, no lone surrogates. For names and messages that came as JSON."""
    return _visible(_well_formed(text))


def _visible(text: str) -> str:
    return text.replace("\0", "\\u0000") if "\0" in text else text


def _well_formed(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text


def _holdable(value: Any, depth: int) -> Any:
    if depth > MAX_JSON_DEPTH:
        raise ValueError(f"attributes are nested deeper than {MAX_JSON_DEPTH} levels; send the inner part as a string")
    match value:
        case str():
            return _well_formed(value)
        case None | bool():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else str(value)
        case float():
            return value if isfinite(value) else number_text(value)
        case Mapping():
            return {_well_formed(str(key)): _holdable(child, depth + 1) for key, child in value.items()}
        case list() | tuple():
            return [_holdable(item, depth + 1) for item in value]
        case _:
            return str(value)


def number_text(value: float) -> str:
    """How a number that JSON does not know is written: NaN, Infinity, -Infinity."""
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _add_small(small: dict[str, Any], key: str, value: Any) -> None:
    match value:
        case str():
            small[key] = value if len(value) <= SMALL_ATTRIBUTE else None
        case dict():
            if len(key) > SMALL_ATTRIBUTE:
                return  # every leaf would repeat it
            for name, child in value.items():
                if len(small) >= MAX_ATTRIBUTES:
                    return
                _add_leaf(small, f"{key}.{name}", child)
        case list():
            kinds = set(map(type, value))
            small[key] = value if kinds.isdisjoint((dict, list)) and _is_short(value) else None
        case _:
            small[key] = value


def _add_leaf(small: dict[str, Any], key: str, value: Any) -> None:
    if LIST_PLACE.search(key) is None:
        _add_small(small, key, value)


def _is_short(items: list[Any]) -> bool:
    # Each item takes two characters at least, so an embedding is told without writing it out.
    return len(items) <= SMALL_ATTRIBUTE // 2 and len(orjson.dumps(items).decode()) <= SMALL_ATTRIBUTE


def _keep(small: dict[str, Any], key: str, value: Any) -> None:
    """Keep in the narrow row what the column of this attribute does not say exactly."""
    if value is not None:
        _add_small(small, key, value)


def _label(small: dict[str, Any], key: str, value: Any) -> str | None:
    text = (value if value.__class__ is str else _text(value)).strip()
    if text != value:
        _keep(small, key, value)
    elif text:
        return text
    else:
        small[key] = value
    return text or None


def _tokens(attributes: dict[str, Any], small: dict[str, Any], key: str) -> int | None:
    """The count. What is plainly an integer in another guise (12.0, "12") is one from here on."""
    value = attributes[key]
    if value.__class__ is int:
        return int(value)
    count: int | None = None
    if value.__class__ is str and len(value) <= 18 and value.removeprefix("-").isdecimal():
        attributes[key] = count = int(value)
    elif value.__class__ is float and abs(value) < _INT64:
        count = int(value)
        if count == value:
            attributes[key] = count
        else:
            small[key] = value
    else:
        _keep(small, key, value)
    return count


def _cost(small: dict[str, Any], key: str, value: Any) -> float | None:
    if value is None or value.__class__ is float:
        return value
    cost: float | None = None
    if value.__class__ is int:
        cost = float(value)
    elif value.__class__ is str:
        try:
            cost = float(value)
        except ValueError:
            cost = None
        if cost is not None and not isfinite(cost):
            cost = None
    if cost != value:
        _keep(small, key, value)
    return cost


def _as_text(attributes: dict[str, Any], small: dict[str, Any], side: str, value: Any) -> str | None:
    """Input or output that was not sent as text: its JSON, and a mime type that says so."""
    if value is None:
        return None
    if value.__class__ not in (dict, list):
        small[f"{side}.value"] = value
    small.setdefault(f"{side}.mime_type", attributes.setdefault(f"{side}.mime_type", "application/json"))
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def events_from(events: Iterable[tuple[str, int, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Events in the form in which they are stored, from (name, time in ns, attributes)."""
    return [event(name, timestamp, flat_attributes(attributes)) for name, timestamp, attributes in events]


def event(name: str, timestamp_ns: int, attributes: dict[str, Any]) -> dict[str, Any]:
    """An event as it is stored. Exceptions always have a message, which readers rely on."""
    if name == "exception":
        attributes.setdefault("exception.message", "")
    return {"name": name, "timestamp": timestamp_ns, "attributes": attributes}
