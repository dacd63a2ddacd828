"""OTLP's JSON as OTLP's messages, so that both encodings go the same way from there on.

Written by hand because protobuf's own JSON reader wants base64 where OTLP has hex, refuses a whole request for one bad
field, and takes several times as long. What it builds are plain keyword arguments; C makes the messages from them.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
import json
from collections.abc import Callable
from typing import Any, Final

import orjson
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from rubricate_server.ingest.conventions.openinference import clean_text


class BadField(ValueError):
    """A field is not what OTLP says it is; the message names it."""


def parsed_body(body: bytes) -> Any:
    """The JSON of a body. Raises BadField, which says where it stops being JSON."""
    if not body:
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    # JavaScript cuts strings between the halves of a surrogate pair, and Python writes NaN. Neither is a reason to
    # lose a batch, and the standard library reads both.
    try:
        return _cleaned(json.loads(body.decode("utf-8-sig"), parse_constant=str))
    except UnicodeDecodeError as error:
        raise BadField(f"the body is no UTF-8 at byte {error.start}") from error
    except RecursionError:
        raise BadField("the body is nested too deep") from None
    except ValueError as error:
        raise BadField(f"the body is no JSON: {error}") from error


def span_message(sent: Any, max_depth: int) -> Span:
    """One span. Raises BadField."""
    if sent.__class__ is not dict:
        raise BadField(f"span: an object is expected, not {_shown(sent)}")
    get = sent.get
    given: dict[str, Any] = {
        "trace_id": _hex(get("traceId"), "traceId"),
        "span_id": _hex(get("spanId"), "spanId"),
        "parent_span_id": _hex(get("parentSpanId"), "parentSpanId"),
        "name": _text(get("name"), "name"),
        "start_time_unix_nano": _unsigned(get("startTimeUnixNano"), "startTimeUnixNano", _U64),
        "end_time_unix_nano": _unsigned(get("endTimeUnixNano"), "endTimeUnixNano", _U64),
        "kind": _enum(get("kind"), "kind", Span.SpanKind),
        "attributes": _pairs(get("attributes"), "", max_depth),
    }
    for name, field, read in _RARE:
        value = get(name)
        if value is not None:
            given[field] = read(value, name)
    for name, read_one in (("events", _event), ("links", _link)):
        value = get(name)
        if value:
            given[name] = [
                read_one(_object(each, f"{name}[{number}]"), f"{name}[{number}]", max_depth)
                for number, each in enumerate(_list(value, name))
            ]
    return Span(**given)


def resource_message(sent: Any, max_depth: int) -> Resource:
    """A resource as far as it can be read: what is wrong in it counts as dropped, and costs no span."""
    given = _surroundings(sent, max_depth)
    return Resource(attributes=given["attributes"], dropped_attributes_count=given["dropped_attributes_count"])


def scope_message(sent: Any, max_depth: int) -> InstrumentationScope:
    """An instrumentation scope, in the same way."""
    given = _surroundings(sent, max_depth)
    for name in ("name", "version"):
        value = sent.get(name) if isinstance(sent, dict) else None
        given[name] = value if isinstance(value, str) else ""
    return InstrumentationScope(**given)


def list_in(sent: Any, name: str, where: str = "") -> list[Any]:
    """The list under this name, which may be missing. Raises BadField."""
    path = f"{where}.{name}" if where else name
    if sent.__class__ is not dict:
        raise BadField(f"{where or 'the body'}: an object is expected, not {_shown(sent)}")
    return _list(sent.get(name), path)


# --- values -----------------------------------------------------------------------------------------------------------

_U32: Final = (1 << 32) - 1
_U64: Final = (1 << 64) - 1
_I64: Final = 1 << 63


def _pairs(sent: Any, where: str, depth: int) -> list[dict[str, Any]]:
    if sent is None:
        return []
    pairs = []
    for pair in _list(sent, f"{where}attributes"):
        try:
            key, value = pair["key"], pair.get("value")
        except (TypeError, KeyError, AttributeError):
            raise BadField(f"{where}attributes: {{key, value}} is expected, not {_shown(pair)}") from None
        if key.__class__ is not str:
            raise BadField(f"{where}attributes: a key must be a string, not {_shown(key)}")
        if value.__class__ is dict and len(value) == 1:
            text = value.get("stringValue")
            if text.__class__ is str:  # nearly always
                pairs.append({"key": key, "value": {"string_value": text}})
                continue
        pairs.append({"key": key, "value": _any(value, f"{where}{key}", depth)})
    return pairs


def _any(sent: Any, where: str, depth: int) -> dict[str, Any]:
    if sent is None:
        return {}
    if sent.__class__ is not dict:
        raise BadField(
            f'attribute {where[:100]!r}: an object like {{"stringValue": …}} is expected, not {_shown(sent)}'
        )
    for name, value in sent.items():
        read = _VALUES.get(name)
        if read is not None and value is not None:
            if not depth and name in ("arrayValue", "kvlistValue"):
                raise BadField(f"attribute {where[:100]!r}: nested too deep; send the inner part as a JSON string")
            return read(value, where, depth - 1)
    return {}


def _int_value(value: Any, where: str, _depth: int) -> dict[str, Any]:
    number = _integer(value, f"attribute {where[:100]!r}: intValue")
    if not -_I64 <= number < _I64:
        raise BadField(f"attribute {where[:100]!r}: intValue {_shown(value)} does not fit 64 bits")
    return {"int_value": number}


def _double_value(value: Any, where: str, _depth: int) -> dict[str, Any]:
    if value.__class__ is float or value.__class__ is int:
        return {"double_value": float(value)}
    if value.__class__ is str:
        try:
            return {"double_value": float(value)}  # also NaN, Infinity and -Infinity, which JSON has no numbers for
        except ValueError:
            pass
    raise BadField(f"attribute {where[:100]!r}: doubleValue {_shown(value)} is no number")


def _bool_value(value: Any, where: str, _depth: int) -> dict[str, Any]:
    if value.__class__ is not bool:
        raise BadField(f"attribute {where[:100]!r}: boolValue {_shown(value)} is neither true nor false")
    return {"bool_value": value}


def _bytes_value(value: Any, where: str, _depth: int) -> dict[str, Any]:
    try:
        # Both alphabets and missing padding are allowed, as protobuf does.
        text = value.replace("-", "+").replace("_", "/").rstrip("=")
        return {"bytes_value": base64.b64decode(text + "=" * (-len(text) % 4), validate=True)}
    except (AttributeError, ValueError):
        raise BadField(f"attribute {where[:100]!r}: bytesValue {_shown(value)} is no base64") from None


def _array_value(value: Any, where: str, depth: int) -> dict[str, Any]:
    items = _list(_object(value, where).get("values"), f"{where}.values")
    return {"array_value": {"values": [_any(item, where, depth) for item in items]}}


def _kvlist_value(value: Any, where: str, depth: int) -> dict[str, Any]:
    return {"kvlist_value": {"values": _pairs(_object(value, where).get("values"), f"{where}.", depth)}}


_VALUES: Final[dict[str, Callable[[Any, str, int], dict[str, Any]]]] = {
    "stringValue": lambda value, where, _depth: {
        "string_value": _text(value, f"attribute {where[:100]!r}: stringValue")
    },
    "intValue": _int_value,
    "doubleValue": _double_value,
    "boolValue": _bool_value,
    "bytesValue": _bytes_value,
    "arrayValue": _array_value,
    "kvlistValue": _kvlist_value,
}


def _hex(value: Any, where: str) -> bytes:
    if value is None:
        return b""
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise BadField(f"{where}: {_shown(value)} is no hexadecimal text") from None


def _text(value: Any, where: str) -> str:
    if value.__class__ is str:
        return str(value)
    if value is None:
        return ""
    raise BadField(f"{where}: a string is expected, not {_shown(value)}")


def _integer(value: Any, where: str) -> int:
    if value.__class__ is int:
        return int(value)
    if value.__class__ is str and len(value) <= 20 and value.removeprefix("-").isdecimal():
        return int(value)
    if value.__class__ is float and value.is_integer():
        return int(value)
    raise BadField(f"{where}: {_shown(value)} is no integer")


def _unsigned(value: Any, where: str, most: int) -> int:
    if value is None:
        return 0
    number = _integer(value, where)
    if not 0 <= number <= most:
        raise BadField(f"{where}: {_shown(value)} must lie between 0 and {most}")
    return number


def _enum(value: Any, where: str, kinds: Any) -> int:
    """A number; a name is no OTLP, but is what protobuf's own JSON writes. Unknown names are 0, "unspecified"."""
    if value is None:
        return 0
    if value.__class__ is str and not value.isdecimal():
        return int(kinds.DESCRIPTOR.values_by_name[value].number) if value in kinds.keys() else 0  # noqa: SIM118
    number = _integer(value, where)
    if not -(1 << 31) <= number < 1 << 31:
        raise BadField(f"{where}: {_shown(value)} is no enum")
    return number


def _object(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadField(f"{where}: an object is expected, not {_shown(value)}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadField(f"{where}: a list is expected, not {_shown(value)}")
    return value


# --- messages ---------------------------------------------------------------------------------------------------------


def _status(sent: Any, where: str) -> dict[str, Any]:
    status = _object(sent, where)
    return {
        "code": _enum(status.get("code"), f"{where}.code", Status.StatusCode),
        "message": _text(status.get("message"), f"{where}.message"),
    }


def _count(value: Any, where: str) -> int:
    return _unsigned(value, where, _U32)


_RARE: Final[tuple[tuple[str, str, Callable[[Any, str], Any]], ...]] = (
    ("status", "status", _status),
    ("traceState", "trace_state", _text),
    ("flags", "flags", _count),
    ("droppedAttributesCount", "dropped_attributes_count", _count),
    ("droppedEventsCount", "dropped_events_count", _count),
    ("droppedLinksCount", "dropped_links_count", _count),
)


def _event(sent: dict[str, Any], where: str, max_depth: int) -> dict[str, Any]:
    return {
        "name": _text(sent.get("name"), f"{where}.name"),
        "time_unix_nano": _unsigned(sent.get("timeUnixNano"), f"{where}.timeUnixNano", _U64),
        "attributes": _pairs(sent.get("attributes"), f"{where}.", max_depth),
        "dropped_attributes_count": _count(sent.get("droppedAttributesCount"), f"{where}.droppedAttributesCount"),
    }


def _link(sent: dict[str, Any], where: str, max_depth: int) -> dict[str, Any]:
    return {
        "trace_id": _hex(sent.get("traceId"), f"{where}.traceId"),
        "span_id": _hex(sent.get("spanId"), f"{where}.spanId"),
        "trace_state": _text(sent.get("traceState"), f"{where}.traceState"),
        "attributes": _pairs(sent.get("attributes"), f"{where}.", max_depth),
        "dropped_attributes_count": _count(sent.get("droppedAttributesCount"), f"{where}.droppedAttributesCount"),
        "flags": _count(sent.get("flags"), f"{where}.flags"),
    }


def _surroundings(sent: Any, max_depth: int) -> dict[str, Any]:
    attributes: list[dict[str, Any]] = []
    dropped = 0
    whole = sent if isinstance(sent, dict) else {}
    pairs = whole.get("attributes")
    for pair in pairs if isinstance(pairs, list) else ():
        try:
            attributes += _pairs([pair], "", max_depth)
        except BadField:
            dropped += 1
    try:
        dropped += _count(whole.get("droppedAttributesCount"), "")
    except BadField:
        dropped += 1
    return {"attributes": attributes, "dropped_attributes_count": min(dropped, _U32)}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _cleaned(child) for key, child in value.items()}
    return value


def _shown(value: Any) -> str:
    """A value as an error shows it: short, whatever was sent."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else repr(value)[:60]
