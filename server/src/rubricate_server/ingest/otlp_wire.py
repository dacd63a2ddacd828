"""OTLP requests walked by hand, span by span: those that protobuf refuses as a whole, and large ones.

Protobuf says only that something is wrong; here is found what can still be read, and what is wrong with the rest. And
two bytes make a message of some 90 in memory, so that a large request is not parsed before its spans are counted.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor  # type: ignore[import-untyped]  # has no stubs
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rubricate_server.ingest.errors import TooLarge


class _Field(NamedTuple):
    """One field on the wire: where it begins, and where its value begins and ends."""

    number: int
    wire_type: int
    at: int
    start: int
    end: int


class BrokenWire(ValueError):
    """These bytes are no protobuf message."""


class RawScope(NamedTuple):
    """Spans that came together, still as bytes, and what surrounds them."""

    resource: Resource
    resource_url: str
    scope: InstrumentationScope
    scope_url: str
    spans: Iterator[bytes]


MOST_FIELDS: Final = 1_000_000
"""Of all resources and scopes of a request, spans among them: beyond it, it is made to keep the server busy."""
MOST_SURROUNDING_BYTES: Final = 1 << 20
"""Of one attribute of a resource or scope. Far fewer are kept; larger ones are not even parsed."""


def scopes_of(body: bytes) -> Iterator[RawScope]:
    """What is in an ExportTraceServiceRequest, as far as it can be read. Take the spans of one before the next.

    Raises BrokenWire when it comes to what is broken, and TooLarge.
    """
    walk = _Walk(body)
    for group in walk.messages(1, 0, len(body)):
        resource, resource_url = _surroundings(Resource, walk, group)
        for part in walk.messages(2, group.start, group.end):
            scope, scope_url = _surroundings(InstrumentationScope, walk, part)
            spans = (body[span.start : span.end] for span in walk.messages(2, part.start, part.end))
            yield RawScope(resource, resource_url, scope, scope_url, spans)


class _Walk:
    """A way through a request that ends after MOST_FIELDS."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._left = MOST_FIELDS

    def fields(self, start: int, end: int) -> Iterator[_Field]:
        for field in _fields(self.body, start, end):
            self._left -= 1
            if self._left < 0:
                raise TooLarge(f"the request has more than {MOST_FIELDS} parts; send fewer spans at once")
            yield field

    def messages(self, number: int, start: int, end: int) -> Iterator[_Field]:
        return _only(self.fields(start, end), number)


def has_more_fields(sent: bytes, most: int) -> bool:
    """Whether a span has more attributes, events and so on than `most`; asked before it is parsed."""
    try:
        return next(islice(_fields(sent, 0, len(sent)), most, None), None) is not None
    except BrokenWire:
        return False  # protobuf will say so


def trouble(sent: bytes, max_depth: int) -> str:
    """Why protobuf does not take this span: the first string that is no UTF-8, or nesting beyond all limits.

    Walks the span with its descriptor, without recursion: nesting may be the very trouble.
    """
    waiting = [_Open(Span.DESCRIPTOR, 0, len(sent), "", 0)]
    try:
        while waiting:
            message = waiting.pop()
            if message.depth > max_depth:
                return too_deep(message.path)
            for each in _fields(sent, message.start, message.end):
                known = message.descriptor.fields_by_number.get(each.number)
                if known is None or each.wire_type != _BYTES:
                    continue
                path = _path(sent, message, known, each)
                if known.type == FieldDescriptor.TYPE_STRING:
                    _check_text(sent[each.start : each.end], path)
                elif known.message_type is not None:
                    deeper = known.message_type is AnyValue.DESCRIPTOR
                    waiting.append(_Open(known.message_type, each.start, each.end, path, message.depth + deeper))
    except _BadText as bad:
        return str(bad)
    except BrokenWire as broken:
        return f"span: its bytes are no protobuf message ({broken})"
    return "span: protobuf does not take it"


def too_deep(key: str) -> str:
    """What is said of an attribute that is nested beyond the limit."""
    return f"attribute {key[:100]!r}: nested too deep; send the inner part as a JSON string"


class _BadText(Exception):
    pass


class _Open(NamedTuple):
    """A message still to be looked through."""

    descriptor: Descriptor
    start: int
    end: int
    path: str
    depth: int


def _path(sent: bytes, parent: _Open, known: FieldDescriptor, at: _Field) -> str:
    """The name of a field as a person would write it; attributes by their key, however deep inside one."""
    if parent.descriptor is AnyValue.DESCRIPTOR or parent.depth:
        return parent.path
    if parent.descriptor is KeyValue.DESCRIPTOR:
        return parent.path if known.name == "value" else f"{parent.path} (its key)"
    path = f"{parent.path}.{known.name}" if parent.path else known.name
    if known.message_type is not KeyValue.DESCRIPTOR:
        return path
    keys = [sent[key.start : key.end] for key in _messages(sent, 1, at.start, at.end)]
    return f"{path}[{keys[-1].decode(errors='replace')[:100]!r}]" if keys else path


def _check_text(text: bytes, path: str) -> None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise _BadText(f"{path}: no valid UTF-8 at byte {error.start}; encode it, or send it as bytes_value") from error


_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def _fields(data: bytes, start: int, end: int) -> Iterator[_Field]:
    """The fields of the message in data[start:end], unopened."""
    at = start
    while at < end:
        tag, value = _varint(data, at, end)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _BYTES:
            length, value = _varint(data, value, end)
            stop = value + length
        elif wire_type == _VARINT:
            stop = _varint(data, value, end)[1]
        elif wire_type == _FIXED64:
            stop = value + 8
        elif wire_type == _FIXED32:
            stop = value + 4
        else:
            raise BrokenWire(f"wire type {wire_type} at byte {at}")
        if stop > end or not number:
            raise BrokenWire(f"a field at byte {at} that runs past the end" if number else f"field 0 at byte {at}")
        yield _Field(number, wire_type, at, value, stop)
        at = stop


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise BrokenWire(f"a number cut off at byte {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BrokenWire(f"a number of more than 10 bytes before byte {at}")


def _messages(data: bytes, number: int, start: int, end: int) -> Iterator[_Field]:
    return _only(_fields(data, start, end), number)


def _only(fields: Iterable[_Field], number: int) -> Iterator[_Field]:
    return (each for each in fields if each.number == number and each.wire_type == _BYTES)


M = TypeVar("M", Resource, InstrumentationScope)


def _surroundings(make: type[M], walk: _Walk, around: _Field) -> tuple[M, str]:
    """The resource or scope (field 1) as far as it can be read, and the schema URL (field 3)."""
    message = make()
    url = b""
    for whole in walk.fields(around.start, around.end):
        if whole.wire_type != _BYTES:
            continue
        if whole.number == 3:
            url = walk.body[whole.start : whole.end]
        elif whole.number == 1:
            for part in walk.fields(whole.start, whole.end):
                try:
                    if part.end - part.at > MOST_SURROUNDING_BYTES:
                        message.dropped_attributes_count += 1
                    else:
                        message.MergeFromString(walk.body[part.at : part.end])
                except DecodeError:
                    message.dropped_attributes_count += 1
    return message, url.decode(errors="replace")
