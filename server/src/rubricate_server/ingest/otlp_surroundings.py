"""What surrounds the spans of OTLP: their resource and their scope, which every span keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rubricate_server.ingest.conventions.openinference import DEFAULT_PROJECT, PROJECT
from rubricate_server.ingest.otlp_limits import DecodeLimits, RefusedSpan
from rubricate_server.ingest.otlp_value import put_value


@dataclass(slots=True)
class Scope:
    """Spans that came together, and what surrounds them."""

    project: str
    around: dict[str, Any]
    spans: Iterable[Any]
    """Messages; what protobuf refused as a whole, as bytes; what came as JSON, as that."""
    envelopes: dict[tuple[int, int], bytes | None] = field(default_factory=dict)

    def envelope(self, kind: int, flags: int) -> bytes | None:
        """What surrounds an ordinary span. Few combinations exist, so the JSON is written once for each."""
        try:
            return self.envelopes[kind, flags]
        except KeyError:
            return self.envelopes.setdefault((kind, flags), self.envelope_with(kind, flags, {}))

    def envelope_with(self, kind: int, flags: int, more: dict[str, Any]) -> bytes | None:
        """What surrounds a span that brings something of its own."""
        whole = dict(self.around)
        if kind:
            whole["otlp_kind"] = _KINDS.get(kind, kind)
        if flags:
            whole["flags"] = flags
        whole.update(more)
        return orjson.dumps(whole) if whole else None


_KINDS: Final[dict[int, str]] = {
    number: name.removeprefix("SPAN_KIND_") for name, number in Span.SpanKind.items() if number
}


MAX_SURROUNDINGS: Final = 64 * 1024
"""Characters of JSON that the attributes of a resource, or of a scope, may take: every span repeats them."""

MAX_NAME: Final = 1024
"""Characters of a scope's name or version, or of a schema URL; the rest is cut."""


def resource_of(resource: Resource, schema_url: str) -> tuple[dict[str, Any], str]:
    """The resource as the envelope holds it, and the project that it names."""
    project = DEFAULT_PROJECT
    for pair in resource.attributes:
        if pair.key == PROJECT and pair.value.string_value:
            project = pair.value.string_value
    attributes, dropped = _surrounding_attributes(resource.attributes)
    kept = given(
        {
            "attributes": attributes,
            "dropped_attributes_count": resource.dropped_attributes_count + dropped,
            "schema_url": schema_url[:MAX_NAME],
            "entity_refs": [MessageToDict(ref, preserving_proto_field_name=True) for ref in resource.entity_refs[:100]],
        }
    )
    return ({"resource": kept} if kept else {}), project


def scope_of(scope: InstrumentationScope, schema_url: str) -> dict[str, Any]:
    """The scope as the envelope holds it."""
    attributes, dropped = _surrounding_attributes(scope.attributes)
    kept = given(
        {
            "name": scope.name[:MAX_NAME],
            "version": scope.version[:MAX_NAME],
            "attributes": attributes,
            "dropped_attributes_count": scope.dropped_attributes_count + dropped,
            "schema_url": schema_url[:MAX_NAME],
        }
    )
    return {"scope": kept} if kept else {}


def _surrounding_attributes(pairs: Sequence[KeyValue]) -> tuple[dict[str, Any], int]:
    """As many as fit, and how many do not: what belongs to many spans is no reason to refuse them."""
    kept: dict[str, Any] = {}
    size = dropped = 0
    for pair in pairs:
        one: dict[str, Any] = {}
        try:
            put_value(one, pair.key, pair.value, pair.key, _SURROUNDINGS)
        except RefusedSpan:
            dropped += 1
            continue
        taken = len(orjson.dumps(one))
        if size + taken > MAX_SURROUNDINGS:
            dropped += 1
        else:
            size += taken
            kept |= one
    return kept, dropped


_SURROUNDINGS: Final = DecodeLimits()


def given(values: dict[str, Any]) -> dict[str, Any]:
    """What is there of some fields: protobuf does not tell a default from nothing."""
    return {key: value for key, value in values.items() if value}
