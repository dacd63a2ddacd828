"""Tracing: one call, and the application's spans arrive at the server.

    >>> from rubricate.otel import register
    >>> provider = register(project_name="my-app", auto_instrument=True)

Where spans go, by the `endpoint` given here or in the environment (`RUBRICATE_COLLECTOR_ENDPOINT`,
`PHOENIX_COLLECTOR_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT`, …):

| endpoint | protocol | spans go to |
|---|---|---|
| nothing | – | HTTP `http://127.0.0.1:6006/v1/traces` |
| `http://host:6006` | – or `http/protobuf` | HTTP `http://host:6006/v1/traces` |
| `https://host/prefix` | – or `http/protobuf` | HTTP `https://host/prefix/v1/traces` |
| `http://host:6006/v1/traces` | – or `http/protobuf` | HTTP, exactly there |
| `http://host:4317`, `grpc://host:4317` | – or `grpc` | gRPC `host:4317` |
| `http://host:1234` | `grpc` | gRPC `host:1234`; from the environment, where it names the HTTP door, gRPC `host:4317` |

4317 stands for `RUBRICATE_GRPC_PORT` or `PHOENIX_GRPC_PORT`. What contradicts itself, such as `grpc` with a path, is a
ValueError. Spans that the server does not take are never lost without a word: every failed export is logged at ERROR
by the logger `rubricate.otel`, with the endpoint, the reason and how many spans were lost so far.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]  # has no stubs
import requests
from openinference.instrumentation import TracerProvider as _TracerProvider
from openinference.semconv.resource import ResourceAttributes
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as _GRPCSpanExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as _HTTPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor as _BatchSpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor as _SimpleSpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from rubricate import environment

__all__ = [
    "PROJECT_NAME",
    "BatchSpanProcessor",
    "GRPCSpanExporter",
    "HTTPSpanExporter",
    "Resource",
    "SimpleSpanProcessor",
    "TracerProvider",
    "register",
]

PROJECT_NAME = ResourceAttributes.PROJECT_NAME
"""The resource attribute that names the project: `openinference.project.name`."""

Protocol = Literal["http/protobuf", "grpc"]
HTTP: Protocol = "http/protobuf"
GRPC: Protocol = "grpc"

log = logging.getLogger("rubricate.otel")


def register(
    *,
    endpoint: str | None = None,
    project_name: str | None = None,
    batch: bool = False,
    set_global_tracer_provider: bool = True,
    headers: Mapping[str, str] | None = None,
    protocol: Protocol | None = None,
    verbose: bool = True,
    auto_instrument: bool = False,
    api_key: str | None = None,
    **kwargs: Any,
) -> "TracerProvider":
    """Make a tracer provider that sends spans to the server, and make it the global one.

    - `endpoint`, `protocol`: where and how, see the table in the module's docstring.
    - `project_name`: default `RUBRICATE_PROJECT_NAME`, `PHOENIX_PROJECT_NAME`, else "default".
    - `batch`: False sends every span when it ends, on the thread that ends it; True collects them and sends from a
      thread of its own, which is what you want in production.
    - `set_global_tracer_provider`: False leaves OpenTelemetry's global provider as it is.
    - `headers`, `api_key`: sent with every export, over those of the environment.
    - `auto_instrument`: switch on every OpenInference instrumentor that is installed.
    - `verbose`: say on standard error where spans go.
    - further arguments go to OpenTelemetry's TracerProvider (`resource`, `sampler`, `id_generator` …).

    Raises ValueError if endpoint and protocol contradict each other.

        >>> from openinference.instrumentation.openai import OpenAIInstrumentor
        >>> provider = register(project_name="my-app", batch=True)
        >>> OpenAIInstrumentor().instrument(tracer_provider=provider)
        >>> with provider.get_tracer("my-app").start_as_current_span("answer"):
        ...     pass  # calls of OpenAI's client become spans inside of this one
    """
    project = project_name or environment.project_name()
    target = destination(endpoint, protocol)
    sent = environment.headers(dict(headers or {}), api_key)
    resource = Resource.create({PROJECT_NAME: project})
    if given := kwargs.pop("resource", None):
        resource = given.merge(Resource({PROJECT_NAME: project})) if project_name else resource.merge(given)
    provider = TracerProvider(resource=resource, processor=None, **kwargs)
    exporter = _exporter(target, sent)
    processor = BatchSpanProcessor(exporter) if batch else SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor, replace_default_processor=False)
    provider._replaceable = processor
    if set_global_tracer_provider:
        _make_global(provider)
    if auto_instrument:
        _instrument(provider)
    if verbose:
        named = provider.resource.attributes.get(PROJECT_NAME)
        how = "in batches" if batch else "each as it ends"
        print(f"Rubricate: spans of project {named!r} go to {target.url} ({target.protocol}, {how}).", file=sys.stderr)
    return provider


class TracerProvider(_TracerProvider):
    """OpenInference's tracer provider, with a processor that sends spans to the server already in place.

    The first processor that you add takes the place of that one; `replace_default_processor=False` keeps both.

        >>> from rubricate.otel import BatchSpanProcessor
        >>> provider = TracerProvider(endpoint="http://127.0.0.1:6006")
        >>> provider.add_span_processor(BatchSpanProcessor(endpoint="http://127.0.0.1:6006"))
    """

    def __init__(
        self,
        *args: Any,
        endpoint: str | None = None,
        protocol: Protocol | None = None,
        verbose: bool = True,
        **kwargs: Any,
    ) -> None:
        processor = kwargs.pop("processor", _MAKE_ONE)
        if not args and "resource" not in kwargs:
            kwargs["resource"] = Resource.create({PROJECT_NAME: environment.project_name()})
        super().__init__(*args, **kwargs)
        self._replaceable: SpanProcessor | None = None
        if processor is _MAKE_ONE:
            target = destination(endpoint, protocol)
            default = SimpleSpanProcessor(_exporter(target, environment.headers()))
            super().add_span_processor(default)
            self._replaceable = default
            if verbose:
                print(f"Rubricate: spans go to {target.url} ({target.protocol}).", file=sys.stderr)

    def add_span_processor(
        self, span_processor: SpanProcessor, *, replace_default_processor: bool = True, **kwargs: Any
    ) -> None:
        """Add a processor, in place of the one that came with the provider if that is still there.

        `replace_default_processor=False` keeps both; further arguments are OpenInference's.

            >>> from rubricate.otel import BatchSpanProcessor
            >>> provider = TracerProvider(endpoint="http://127.0.0.1:6006")
            >>> provider.add_span_processor(BatchSpanProcessor(endpoint="http://127.0.0.1:6006"))
        """
        if replace_default_processor and self._replaceable is not None:
            replaced, self._replaceable = self._replaceable, None
            replaced.shutdown()
            chain = self._active_span_processor
            chain._span_processors = tuple(each for each in chain._span_processors if each is not replaced)
        super().add_span_processor(span_processor, **kwargs)


class SimpleSpanProcessor(_SimpleSpanProcessor):
    """Sends every span when it ends, on the thread that ends it: nothing is lost at a crash, and nothing is fast.

    Give an exporter, or endpoint, headers and protocol as for `register`.

        >>> processor = SimpleSpanProcessor(endpoint="http://127.0.0.1:6006")
    """

    def __init__(
        self,
        span_exporter: SpanExporter | None = None,
        endpoint: str | None = None,
        headers: Mapping[str, str] | None = None,
        protocol: Protocol | None = None,
    ) -> None:
        super().__init__(span_exporter or _exporter_for(endpoint, headers, protocol))


class BatchSpanProcessor(_BatchSpanProcessor):
    """Collects spans and sends them from a thread of its own; `OTEL_BSP_*` set its sizes and delays.

    Give an exporter, or endpoint, headers and protocol as for `register`; further arguments are OpenTelemetry's.

        >>> processor = BatchSpanProcessor(endpoint="http://127.0.0.1:6006", schedule_delay_millis=1000)
    """

    def __init__(
        self,
        span_exporter: SpanExporter | None = None,
        endpoint: str | None = None,
        headers: Mapping[str, str] | None = None,
        protocol: Protocol | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(span_exporter or _exporter_for(endpoint, headers, protocol), **kwargs)


class Destination(NamedTuple):
    """Where spans go, and how."""

    protocol: Protocol
    url: str


def destination(endpoint: str | None = None, protocol: Protocol | None = None) -> Destination:
    """Where spans go; the table in the module's docstring, as code. Raises ValueError for a contradiction."""
    if protocol not in (None, HTTP, GRPC):
        raise ValueError(f"protocol must be {HTTP!r} or {GRPC!r}; got {protocol!r}.")
    source = "endpoint"
    if endpoint is None:
        endpoint, source = environment.server(prefer="collector")
        if protocol is None and source.startswith("OTEL_"):
            protocol = _otel_protocol()
    written = f"{source}={endpoint!r}"
    url = environment.with_scheme(endpoint.strip()).rstrip("/")
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{written} has no valid port: {error}.") from error
    if parts.scheme not in ("http", "https", "grpc", "grpcs") or not parts.hostname:
        raise ValueError(f"{written} is not an address like http://127.0.0.1:6006 or grpc://127.0.0.1:4317.")
    if parts.scheme in ("grpc", "grpcs"):
        if protocol == HTTP:
            raise ValueError(f"{written} says gRPC, but protocol={HTTP!r}. Leave one of them out.")
        protocol = GRPC
    on_grpc_port = port == environment.grpc_port() and not parts.path
    if protocol is None:
        protocol = GRPC if on_grpc_port else HTTP
    if protocol == GRPC:
        return Destination(GRPC, _grpc_url(url, explicit=source == "endpoint", written=written))
    if on_grpc_port:
        raise ValueError(
            f"{written} is the gRPC port, but protocol={HTTP!r}. Leave protocol out for gRPC, or give the HTTP port "
            f"(usually {environment.DEFAULT_PORT}). If HTTP is really spoken there, write {url}/v1/traces."
        )
    return Destination(HTTP, url if parts.path.endswith(environment.TRACES_PATH) else url + environment.TRACES_PATH)


def _grpc_url(url: str, *, explicit: bool, written: str) -> str:
    """A gRPC endpoint as the exporter takes it: `http://` means without TLS.

    The environment's address usually is the HTTP one, meant for REST too; gRPC is on the port beside it.
    """
    parts = urlsplit(url)
    scheme = {"grpc": "http", "grpcs": "https"}.get(parts.scheme, parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    if explicit:
        if parts.path:
            raise ValueError(f"{written} has a path, which gRPC cannot use. Leave out protocol='grpc', or the path.")
        if parts.scheme in ("http", "https") and parts.port == environment.http_port():
            log.warning("%s is usually the HTTP port, but gRPC is asked for; that is usually on 4317.", written)
        standard = 443 if scheme == "https" else environment.grpc_port()
        return f"{scheme}://{host}:{parts.port or standard}"
    port = parts.port if parts.scheme in ("grpc", "grpcs") and parts.port else environment.grpc_port()
    return f"{scheme}://{host}:{port}"


def _otel_protocol() -> Protocol | None:
    """The protocol of OpenTelemetry's own variables, which belong to its own endpoint."""
    said = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    return HTTP if said == HTTP else GRPC if said == GRPC else None


_MAKE_ONE = object()


def _exporter_for(
    endpoint: str | None, headers: Mapping[str, str] | None, protocol: Protocol | None
) -> "HTTPSpanExporter | GRPCSpanExporter":
    return _exporter(destination(endpoint, protocol), environment.headers(dict(headers or {})))


def _exporter(target: Destination, headers: dict[str, str]) -> "HTTPSpanExporter | GRPCSpanExporter":
    if target.protocol == GRPC:
        return GRPCSpanExporter(endpoint=target, headers=headers)
    return HTTPSpanExporter(endpoint=target, headers=headers)


class _Losses:
    """Says at ERROR which spans were lost and why, and counts them."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.lost = 0
        self._lock = threading.Lock()
        self._heard = threading.local()  # Several threads may export at once.

    def hear(self, reason: str) -> None:
        """Remember what went wrong with the export that this thread is busy with."""
        self._heard.reason = reason

    def told(self, export: Callable[[], SpanExportResult], spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """The result of the export; FAILURE too where the server took the request but not the spans."""
        self._heard.reason = self._heard.rejected = None
        result = export()
        rejected: tuple[int, str] | None = self._heard.rejected
        if result is SpanExportResult.SUCCESS and rejected is not None:
            self._tell(rejected[0], f"the server rejected them: {rejected[1]}")
        elif result is not SpanExportResult.SUCCESS or self._heard.reason:
            self._tell(len(spans), self._heard.reason or "OpenTelemetry's own log says why")
            return SpanExportResult.FAILURE
        return result

    def hear_answer(self, answer: ExportTraceServiceResponse) -> None:
        """Remember how many spans a server rejected that took the others."""
        partial = answer.partial_success
        if partial.rejected_spans:
            self._heard.rejected = (partial.rejected_spans, partial.error_message or "it gives no reason")

    def _tell(self, count: int, reason: str) -> None:
        with self._lock:
            self.lost += count
            lost = self.lost
        log.error(
            "%d span%s lost: export to %s failed: %s (%d lost so far)",
            count,
            "" if count == 1 else "s",
            self.endpoint,
            reason,
            lost,
        )


class HTTPSpanExporter(_HTTPSpanExporter):
    """Sends spans over OTLP/HTTP, and says so when they do not arrive.

    `endpoint` as for `register`, headers those of the environment if none are given; further arguments are
    OpenTelemetry's. `lost` is the number of spans that did not arrive.

        >>> exporter = HTTPSpanExporter(endpoint="http://127.0.0.1:6006")
        >>> exporter.lost
        0
    """

    def __init__(self, endpoint: "str | Destination | None" = None, **kwargs: Any) -> None:
        target = endpoint if isinstance(endpoint, Destination) else destination(endpoint, HTTP)
        kwargs["headers"] = environment.headers() if kwargs.get("headers") is None else dict(kwargs["headers"])
        self._losses = _Losses(target.url)
        kwargs["session"] = _heard_session(kwargs.get("session") or requests.Session(), self._losses)
        super().__init__(endpoint=target.url, **kwargs)

    @property
    def lost(self) -> int:
        """How many spans did not arrive so far."""
        return self._losses.lost

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans; a failure is logged with its reason."""
        return self._losses.told(lambda: super(HTTPSpanExporter, self).export(spans), spans)


class GRPCSpanExporter(_GRPCSpanExporter):
    """Sends spans over OTLP/gRPC, and says so when they do not arrive.

    `endpoint` is `http://host:4317` or `grpc://host:4317`, with `https` or `grpcs` for TLS; headers those of the
    environment if none are given; further arguments are OpenTelemetry's. `lost` is the number of spans that did not
    arrive.

        >>> exporter = GRPCSpanExporter(endpoint="grpc://127.0.0.1:4317")
        >>> exporter.lost
        0
    """

    def __init__(self, endpoint: "str | Destination | None" = None, **kwargs: Any) -> None:
        target = endpoint if isinstance(endpoint, Destination) else destination(endpoint, GRPC)
        headers = environment.headers() if kwargs.get("headers") is None else dict(kwargs["headers"])
        kwargs["headers"] = {name.lower(): value for name, value in headers.items()}  # gRPC refuses capitals.
        self._losses = _Losses(target.url)
        super().__init__(endpoint=target.url, **kwargs)
        # OpenTelemetry throws answers away and makes the stub anew when it reconnects, so the factory is wrapped.
        make_stub: Callable[[Any], Any] = self._stub
        self._stub = lambda channel: _HeardStub(make_stub(channel), self._losses)
        self._client = _HeardStub(self._client, self._losses)  # type: ignore[assignment]  # inferred from `= None`

    @property
    def lost(self) -> int:
        """How many spans did not arrive so far."""
        return self._losses.lost

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans; a failure is logged with its reason."""
        return self._losses.told(lambda: super(GRPCSpanExporter, self).export(spans), spans)


class _HeardStub:
    def __init__(self, stub: Any, losses: _Losses) -> None:
        self._stub = stub
        self._losses = losses

    def Export(self, *args: Any, **kwargs: Any) -> Any:
        self._losses.hear("")
        try:
            answer = self._stub.Export(*args, **kwargs)
        except grpc.RpcError as error:
            self._losses.hear(f"{error.code().name}: {error.details()}{_advice_grpc(error.code().name)}")
            raise
        self._losses.hear_answer(answer)
        return answer


def _heard_session(session: requests.Session, losses: _Losses) -> requests.Session:
    """The session, made to remember what went wrong: OpenTelemetry counts a redirect or a web page as success."""
    send = session.send

    def heard(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        losses.hear("")
        try:
            response = send(request, **kwargs)
        except requests.ConnectionError as error:
            losses.hear(f"no connection ({error}). Is the server running? `rubricate serve` starts one")
            raise
        except requests.RequestException as error:
            losses.hear(f"{type(error).__name__}: {error}")
            raise
        if not 200 <= response.status_code < 300:
            losses.hear(f"{response.status_code} {response.reason}{_advice_http(response)}")
        elif "html" in response.headers.get("content-type", ""):
            losses.hear("a web page was answered, so this is not the address at which traces are taken")
        elif response.content and "protobuf" in response.headers.get("content-type", ""):
            losses.hear_answer(ExportTraceServiceResponse.FromString(response.content))
        return response

    session.send = heard  # type: ignore[method-assign]  # the one door through which requests sends
    return session


def _advice_http(response: requests.Response) -> str:
    if 300 <= response.status_code < 400:
        return f"; the server has moved to {response.headers.get('location')}, use that as endpoint"
    if response.status_code in (401, 403):
        return "; give an API key: api_key=… or RUBRICATE_API_KEY"
    if response.status_code in (404, 405):
        return "; traces are not taken at this address"
    return f": {response.text[:500]}" if response.text else ""


def _advice_grpc(code: str) -> str:
    if code == "UNAUTHENTICATED":
        return "; give an API key: api_key=… or RUBRICATE_API_KEY"
    if code == "UNAVAILABLE":
        return "; is the server running, and is this its gRPC port? `rubricate serve` starts one"
    return ""


def _make_global(provider: TracerProvider) -> None:
    """OpenTelemetry allows this once a process; a second time it warns, and goes on with the first."""
    trace.set_tracer_provider(provider)
    if trace.get_tracer_provider() is not provider:
        log.warning(
            "Another global tracer provider was set before and stays. Spans reach this one only through "
            "instrument(tracer_provider=…) or provider.get_tracer(…)."
        )


def _instrument(provider: TracerProvider) -> None:
    for entry in entry_points(group="openinference_instrumentor"):
        try:
            entry.load()().instrument(tracer_provider=provider)
        except Exception:  # Other people's code: one that fails must not stop the others, nor the application.
            log.exception("The instrumentor %s failed; it is left out.", entry.name)
