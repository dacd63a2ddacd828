"""Attributes that are JSON in a string, which is how OpenTelemetry carries objects."""

import json
import re
from typing import Any, Final

import orjson

MAX_JSON_DEPTH: Final = 32
"""How deep an object may be that came as a JSON string. Deeper ones stay strings: nobody looks into them, and orjson
writes at most 254 levels."""


def parsed(text: str) -> Any:
    """What a JSON text says; the text itself when it is none, or is nested too deep."""
    if text.count("{") + text.count("[") > MAX_JSON_DEPTH and _deeper_than(text, MAX_JSON_DEPTH):
        return text
    try:
        return orjson.loads(text)
    except ValueError:
        # Python writes NaN and Infinity into JSON, and metadata mostly comes from Python.
        if "NaN" not in text and "Infinity" not in text:
            return text
    try:
        value = json.loads(text, parse_constant=str)
        orjson.dumps(value)
    except (ValueError, TypeError):
        return text
    return value


def _deeper_than(text: str, limit: int) -> bool:
    """Whether brackets of the JSON text are nested deeper; brackets inside strings do not count."""
    depth = 0
    for bracket in re.finditer(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', text, re.DOTALL):
        match bracket.group():
            case "{" | "[":
                depth += 1
                if depth > limit:
                    return True
            case "}" | "]":
                depth -= 1
    return False
