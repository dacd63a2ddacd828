"""`rubricate import`: OTLP files, our own exports, and a whole Phoenix."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rubricate.cli.examples import send_examples
from rubricate.cli.terminal import Commands, Failed, Misused, Progress, add_command, add_url, say, server_part

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection

EPILOG = """\
files, told apart by what is in them:
  what `rubricate export` wrote as JSON lines: spans and annotations, ids and times included, and examples of datasets
  OTLP: one request in protobuf or JSON, or JSON lines as the OpenTelemetry Collector's file exporter writes them
  --phoenix: the database of Phoenix; its server may run meanwhile. Copied are projects, spans, annotations (of spans,
  traces, sessions, documents), annotation configs, and the newest versions of datasets. Not copied: experiments,
  prompts, users

What is there already stays as it is, so importing twice changes nothing.

examples:
  rubricate import spans.jsonl annotations.jsonl
  rubricate import traces.pb --project my-app
  rubricate import --phoenix ~/.phoenix/phoenix.db
"""

SPANS_AT_ONCE = 500
BYTES_AT_ONCE = 4 << 20
ANNOTATIONS_AT_ONCE = 500
REASONS_SHOWN = 10

Json = dict[str, Any]


class Tally:
    """What was taken, and what not."""

    def __init__(self) -> None:
        self.new: Counter[str] = Counter()
        self.there: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.reasons: list[str] = []

    def add(self, what: str, received: int, new: int, refused: int = 0, reason: str = "") -> None:
        """So many of a kind were sent, so many were new, so many refused."""
        self.new[what] += new
        self.refused[what] += refused
        self.there[what] += received - new - refused
        if reason:
            self.reasons += [each for each in reason.splitlines() if each not in self.reasons]

    def told(self) -> Iterator[str]:
        """A line a kind, then why things were refused."""
        for what in self.new:
            line = f"{what}: {self.new[what]:,} new, {self.there[what]:,} there already"
            yield line + (f", {self.refused[what]:,} REFUSED" if self.refused[what] else "")
        yield from (f"  {reason}" for reason in self.reasons[:REASONS_SHOWN])


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    importing = add_command(
        commands, "import", "take over spans, annotations and examples from files, or Phoenix", EPILOG, run
    )
    importing.add_argument("files", metavar="FILE", nargs="*")
    importing.add_argument("--phoenix", metavar="DB", help="a Phoenix database, usually ~/.phoenix/phoenix.db")
    importing.add_argument("--project", "-p", metavar="P", help="put spans here; default: where the file says")
    add_url(importing)


def run(options: argparse.Namespace) -> int:
    """Send everything; 1 if something was refused."""
    if bool(options.files) == bool(options.phoenix):
        raise Misused("name files, or a Phoenix database with --phoenix.")
    if options.phoenix and options.project:
        raise Misused("--phoenix keeps the projects as they are; --project does not go with it.")
    from rubricate.cli.connection import Connection

    tally = Tally()
    with Connection(options.url) as server, Progress("spans and annotations") as progress:
        try:
            if options.phoenix:
                _from_phoenix(server, Path(options.phoenix), tally, progress)
            for name in options.files:
                _from_file(server, Path(name), options.project, tally, progress)
        finally:
            for line in tally.told():
                say(line)
    return 1 if tally.refused.total() else 0


# --- files ------------------------------------------------------------------------------------------------------------


def _from_file(server: "Connection", path: Path, project: str | None, tally: Tally, progress: Progress) -> None:
    try:
        with path.open("rb") as file:
            first = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
            file.seek(0)
            if not first:
                say(f"{path} is empty")
            elif first[:1] == b"{":
                _from_json(server, file, str(path), project, tally, progress)
            else:
                _from_protobuf(server, file.read(), str(path), project, tally, progress)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Failed(f"{path} cannot be read: {error.strerror or error}") from error


def _from_json(
    server: "Connection", file: IO[bytes], where: str, project: str | None, tally: Tally, progress: Progress
) -> None:
    spans = _Batch(SPANS_AT_ONCE, lambda some: send_spans(server, some, project, tally, progress))
    annotations = _Batch(ANNOTATIONS_AT_ONCE, lambda some: send_annotations(server, some, tally, progress))
    examples: list[Json] = []
    for place, value in objects(file, where):
        match kind_of(value):
            case "otlp":
                for request in otlp_pieces(value):
                    _send_otlp_json(server, request, project, tally, progress)
            case "span":
                spans.add(value)
            case "annotation":
                annotations.add(value)
            case "example":
                examples.append(value)
            case _:
                raise Failed(
                    f"{place}: neither OTLP nor a span, annotation or example as `rubricate export` writes them"
                )
    # Annotations may come before their spans, and wait for them then.
    spans.flush()
    annotations.flush()
    send_examples(server, examples, tally, progress)


def objects(file: IO[bytes], where: str) -> Iterator[tuple[str, Json]]:
    """The JSON objects of a file with their places: one a line, or one over many lines."""
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.lstrip(b"\xef\xbb\xbf"))
        except ValueError as error:
            if number > 1:
                raise Failed(f"{where}:{number}: no JSON: {error}. What came before it was taken.") from error
            try:
                value = json.loads(line.lstrip(b"\xef\xbb\xbf") + file.read())
            except ValueError as whole:
                raise Failed(f"{where}: neither JSON nor JSON lines: {whole}") from whole
        if not isinstance(value, dict):
            raise Failed(f"{where}:{number}: an object is expected")
        yield f"{where}:{number}", value


def kind_of(value: Json) -> str | None:
    """What an object of a file is."""
    if "resourceSpans" in value:
        return "otlp"
    if "context" in value and "start_time" in value:
        return "span"
    if "annotator_kind" in value and ("target" in value or "span_id" in value or "trace_id" in value):
        return "annotation"
    if "dataset" in value and "input" in value:
        return "example"
    return None


def otlp_pieces(request: Json) -> Iterator[Json]:
    """An OTLP/JSON request in pieces that a server takes, each with what surrounds its spans."""
    for group in request.get("resourceSpans") or ():
        for scope in group.get("scopeSpans") or ():
            spans = scope.get("spans") or []
            for start in range(0, len(spans), SPANS_AT_ONCE):
                part = {**scope, "spans": spans[start : start + SPANS_AT_ONCE]}
                yield {"resourceSpans": [{**group, "scopeSpans": [part]}]}


def _from_protobuf(
    server: "Connection", content: bytes, where: str, project: str | None, tally: Tally, progress: Progress
) -> None:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        request = ExportTraceServiceRequest.FromString(content)
    except DecodeError as error:
        raise Failed(f"{where}: neither JSON nor an OTLP request in protobuf ({error})") from error
    for group in request.resource_spans:
        for scope in group.scope_spans:
            for start in range(0, len(scope.spans), SPANS_AT_ONCE):
                piece = ExportTraceServiceRequest()
                to = piece.resource_spans.add(resource=group.resource, schema_url=group.schema_url)
                to.scope_spans.add(
                    scope=scope.scope, schema_url=scope.schema_url, spans=scope.spans[start : start + SPANS_AT_ONCE]
                )
                body = piece.SerializeToString()
                count = len(to.scope_spans[0].spans)
                _tell(tally, count, *post_otlp(server, body, "application/x-protobuf", project))
                progress.add(count)


class _Batch:
    """Collects until there is enough, then sends."""

    def __init__(self, most: int, send: Callable[[list[Json]], None]) -> None:
        self._most = most
        self._send = send
        self._items: list[Json] = []

    def add(self, item: Json) -> None:
        self._items.append(item)
        if len(self._items) >= self._most:
            self.flush()

    def flush(self) -> None:
        items, self._items = self._items, []
        if items:
            self._send(items)


# --- spans ------------------------------------------------------------------------------------------------------------


def send_spans(server: "Connection", spans: list[Json], project: str | None, tally: Tally, progress: Progress) -> None:
    """Send spans as `rubricate export` writes them, in the order in which they stand."""
    try:
        requests = list(otlp_requests(spans, project))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failed(f"a span is not as `rubricate export` writes it: {type(error).__name__} {error}") from error
    for name, request in requests:
        _send_otlp_json(server, request, name, tally, progress)


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


def _send_otlp_json(server: "Connection", request: Json, project: str | None, tally: Tally, progress: Progress) -> None:
    count = sum(len(scope["spans"]) for group in request["resourceSpans"] for scope in group["scopeSpans"])
    body = json.dumps(request, ensure_ascii=False).encode("utf-8", "backslashreplace")
    _tell(tally, count, *post_otlp(server, body, "application/json", project))
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


def _tell(tally: Tally, count: int, new: int | None, refused: int, reason: str) -> None:
    tally.add("spans", count, count - refused if new is None else new, refused, reason)


# --- annotations ------------------------------------------------------------------------------------------------------


def send_annotations(server: "Connection", annotations: list[Json], tally: Tally, progress: Progress) -> None:
    """Send annotations as they were exported; those that are there already stay as they are.

    The server takes all of a request or none; where one is bad, the others go without it.
    """
    from rubricate.client.calls import Request, data
    from rubricate.errors import InvalidRequest, RubricateError

    content = {"data": [kept(each) for each in annotations]}
    try:
        answer = data(server.try_send(Request("POST", "v1/annotations/import", json=content)))
    except InvalidRequest as error:
        if len(annotations) > 1:
            middle = len(annotations) // 2
            send_annotations(server, annotations[:middle], tally, progress)
            send_annotations(server, annotations[middle:], tally, progress)
            return
        one = content["data"][0]
        what = f"annotation {one.get('name')!r} of {one['target'].get('kind')} {one['target'].get('id')}"
        tally.add("annotations", 1, 0, 1, f"{what}: {error.detail[:300]}")
        return
    except RubricateError as error:
        raise Failed(str(error)) from error
    tally.add("annotations", answer["received"], answer["new"])
    progress.add(len(annotations))


def kept(annotation: Json) -> Json:
    """An exported annotation, also in the shape of the lists of one kind of target."""
    if "target" in annotation:
        return annotation
    position = annotation.get("document_position")
    if position is not None:
        target = {"kind": "document", "id": annotation["span_id"], "position": position}
    else:
        field = next(name for name in ("span_id", "trace_id", "session_id") if name in annotation)
        target = {"kind": field.removesuffix("_id"), "id": annotation[field], "position": None}
    return {**annotation, "target": target}


# --- Phoenix ----------------------------------------------------------------------------------------------------------


def _from_phoenix(server: "Connection", path: Path, tally: Tally, progress: Progress) -> None:
    with server_part():
        from rubricate_server.storage.errors import StorageError
        from rubricate_server.storage.phoenix import open_phoenix
    try:
        with open_phoenix(path) as phoenix:
            for project in phoenix.projects():
                _create(server, "projects", project, tally)
            for config in phoenix.annotation_configs():
                _create(server, "annotation_configs", config, tally)
            for project_name, config_name in phoenix.assignments():
                _assign(server, project_name, config_name)
            for spans in phoenix.spans(SPANS_AT_ONCE):
                send_spans(server, spans, None, tally, progress)
            for annotations in phoenix.annotations(ANNOTATIONS_AT_ONCE):
                send_annotations(server, annotations, tally, progress)
            for dataset in phoenix.datasets():
                _create(server, "datasets", dataset, tally)
            for examples in phoenix.examples():
                send_examples(server, examples, tally, progress)
            for what, count in phoenix.left_out():
                say(f"not taken over: {count:,} {what}")
    except StorageError as error:
        raise Failed(str(error)) from error


def _create(server: "Connection", what: str, new: Json, tally: Tally) -> None:
    from rubricate.client.calls import Request
    from rubricate.errors import Conflict, RubricateError

    try:
        server.try_send(Request("POST", f"v1/{what}", json=new))
    except Conflict:
        tally.add(what.replace("_", " "), 1, 0)
    except RubricateError as error:
        tally.add(what.replace("_", " "), 1, 0, 1, f"{new.get('name')}: {error}")
    else:
        tally.add(what.replace("_", " "), 1, 1)


def _assign(server: "Connection", project: str, config: str) -> None:
    from rubricate.client.calls import Request, path

    server.send(Request("PUT", path("v1/projects", project, "/annotation_configs", config)))
