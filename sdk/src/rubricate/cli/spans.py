"""Spans as `rubricate export` writes them, sent as OTLP."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rubricate.cli.terminal import Failed, Progress

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection
    from rubricate.cli.tally import Tally

SPANS_AT_ONCE = 500
BYTES_AT_ONCE = 4 << 20

Json = dict[str, Any]


def send_spans(
    server: "Connection", spans: list[Json], project: str | None, tally: "Tally", progress: Progress
) -> None:
    """Send spans as `rubricate export` writes them, in the order in which they stand."""
    try:
        requests = list(otlp_requests(spans, project))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failed(f"a span is not as `rubricate export` writes it: {type(error).__name__} {error}") from error
    for name, request in requests:
        send_otlp_json(server, request, name, tally, progress)


def otlp_requests(spans: Iterable[Json], project: str | None) -> Iterator[tuple[str | None, Json]]:
    """Exported spans as OTLP/JSON requests with their projects; neighbours with the same surroundings together."""
    last: tuple[Any, ...] | None = None
    request: Json = {}
    size = 0
    for line in spans:
        envelope = line.get("envelope") or {}
        surroundings = (project or line.get("project"), envelope.get("resource"), envelope.get("scope"))
        span = otlp_span(line)
        weight = len(json.dumps(span))
        if request and (surroundings[0] != (last or (None,))[0] or size + weight > BYTES_AT_ONCE):
            yield (last or (None,))[0], request
            request, last, size = {}, None, 0
        if surroundings != last:
            group = {**_around(surroundings[1], "resource"), "scopeSpans": [{**_around(surroundings[2], "scope")}]}
            group["scopeSpans"][0]["spans"] = []
            request.setdefault("resourceSpans", []).append(group)
            last = surroundings
        request["resourceSpans"][-1]["scopeSpans"][0]["spans"].append(span)
        size += weight
    if request:
        yield (last or (None,))[0], request


def _around(kept: Json | None, name: str) -> Json:
    """What surrounds spans, as OTLP has it."""
    if not kept:
        return {}
    inner: Json = {"attributes": _pairs(kept.get("attributes") or {})}
    for ours, theirs in (
        ("name", "name"),
        ("version", "version"),
        ("dropped_attributes_count", "droppedAttributesCount"),
    ):
        if kept.get(ours):
            inner[theirs] = kept[ours]
    return {name: inner} | ({"schemaUrl": kept["schema_url"]} if kept.get("schema_url") else {})


def otlp_span(line: Json) -> Json:
    """An exported span as OTLP/JSON; the server makes the same span of it again."""
    envelope = line.get("envelope") or {}
    dropped = envelope.get("dropped") or {}
    attributes = dict(line.get("attributes") or {})
    kind = line.get("span_kind")
    if kind and kind != "UNKNOWN":
        attributes.setdefault("openinference.span.kind", kind)
    events = [
        {"name": event["name"], "timeUnixNano": str(_ns(event, "time_unix_nano", "timestamp"))}
        | {"attributes": _pairs(event.get("attributes") or {})}
        for event in line.get("events") or ()
    ]
    if events and dropped.get("event_attributes"):
        events[0]["droppedAttributesCount"] = dropped["event_attributes"]
    span = {
        "traceId": line["context"]["trace_id"],
        "spanId": line["context"]["span_id"],
        "parentSpanId": line.get("parent_id"),
        "traceState": envelope.get("trace_state"),
        "flags": envelope.get("flags"),
        "name": line.get("name") or "",
        "kind": _otlp_kind(envelope.get("otlp_kind")),
        "startTimeUnixNano": str(_ns(line, "start_time_unix_nano", "start_time")),
        "endTimeUnixNano": str(_ns(line, "end_time_unix_nano", "end_time")),
        "attributes": _pairs(attributes),
        "droppedAttributesCount": dropped.get("attributes"),
        "events": events,
        "droppedEventsCount": dropped.get("events"),
        "links": [_link(link) for link in envelope.get("links") or ()],
        "droppedLinksCount": dropped.get("links"),
        "status": {
            "code": ("UNSET", "OK", "ERROR").index(line.get("status_code") or "UNSET"),
            "message": line.get("status_message") or "",
        },
    }
    return {name: value for name, value in span.items() if value is not None}


def _otlp_kind(kind: Any) -> Any:
    return f"SPAN_KIND_{kind}" if isinstance(kind, str) else kind


def _link(link: Json) -> Json:
    names = {
        "trace_id": "traceId",
        "span_id": "spanId",
        "trace_state": "traceState",
        "flags": "flags",
        "dropped_attributes_count": "droppedAttributesCount",
    }
    whole = {theirs: link[ours] for ours, theirs in names.items() if ours in link}
    return whole | {"attributes": _pairs(link.get("attributes") or {})}


def _ns(value: Json, exact: str, text: str) -> int:
    if value.get(exact) is not None:
        return int(value[exact])
    from datetime import UTC, datetime, timedelta

    moment = datetime.fromisoformat(value[text])
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def _pairs(attributes: Json) -> list[Json]:
    return [{"key": key, "value": otlp_value(value)} for key, value in attributes.items()]


def otlp_value(value: Any) -> Json:
    """A value of JSON as OTLP writes it."""
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [otlp_value(item) for item in value]}}
        case _:
            return {"kvlistValue": {"values": _pairs(value)}}


def send_otlp_json(
    server: "Connection", request: Json, project: str | None, tally: "Tally", progress: Progress
) -> None:
    """Send one request in JSON, and count what became of its spans."""
    count = sum(len(scope["spans"]) for group in request["resourceSpans"] for scope in group["scopeSpans"])
    body = json.dumps(request, ensure_ascii=False).encode("utf-8", "backslashreplace")
    tell(tally, count, *post_otlp(server, body, "application/json", project))
    progress.add(count)


def post_otlp(server: "Connection", body: bytes, kind: str, project: str | None) -> tuple[int | None, int, str]:
    """Send one request: how many spans were new (None: the server does not say), how many refused, and why."""
    from rubricate.client.calls import Request

    headers = {"content-type": kind} | ({"x-project-name": project.encode()} if project else {})
    answer = server.send(Request("POST", "v1/traces", content=body, headers=headers))  # type: ignore[arg-type]  # bytes: not all names are ASCII
    stored = answer.headers.get("x-rubricate-stored")
    new = int(stored) if stored else None
    if kind == "application/json":
        partial = answer.json().get("partialSuccess") or {}
        return new, int(partial.get("rejectedSpans") or 0), partial.get("errorMessage") or ""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    said = ExportTraceServiceResponse.FromString(answer.content).partial_success
    return new, said.rejected_spans, said.error_message


def tell(tally: "Tally", count: int, new: int | None, refused: int, reason: str) -> None:
    """Count spans that were sent; `new` and on as `post_otlp` answers."""
    tally.add("spans", count, count - refused if new is None else new, refused, reason)
