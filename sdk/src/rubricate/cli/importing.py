"""`rubricate import`: OTLP files, our own exports, and a whole Phoenix."""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rubricate.cli.annotations import ANNOTATIONS_AT_ONCE, send_annotations
from rubricate.cli.examples import send_examples
from rubricate.cli.phoenix import take_over
from rubricate.cli.spans import SPANS_AT_ONCE, post_otlp, send_otlp_json, send_spans, tell
from rubricate.cli.tally import Tally
from rubricate.cli.terminal import Commands, Failed, Misused, Progress, add_command, add_url, say

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection

EPILOG = """\
files, told apart by what is in them:
  what `rubricate export` wrote as JSON lines: spans and annotations, ids and times included, and examples of datasets
  OTLP: one request in protobuf or JSON, or JSON lines as the OpenTelemetry Collector's file exporter writes them
  --phoenix: the database of Phoenix; its server may run meanwhile. Copied are projects, spans, annotations (of spans,
  traces, sessions, documents), annotation configs, datasets with their labels and all their versions, experiments
  with runs and evaluations, and prompts. Not copied: evaluators, labels of prompts, users

What is there already stays as it is, so importing twice changes nothing.

examples:
  rubricate import spans.jsonl annotations.jsonl
  rubricate import traces.pb --project my-app
  rubricate import --phoenix ~/.phoenix/phoenix.db
"""

Json = dict[str, Any]


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
                take_over(server, Path(options.phoenix), tally, progress)
            for name in options.files:
                _from_file(server, Path(name), options.project, tally, progress)
        finally:
            for line in tally.told():
                say(line)
    return 1 if tally.refused.total() else 0


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
                    send_otlp_json(server, request, project, tally, progress)
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
                tell(tally, count, *post_otlp(server, body, "application/x-protobuf", project))
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
