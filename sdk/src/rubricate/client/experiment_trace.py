"""Traces of an experiment's tasks and evaluators: what each was given and gave, and what happened inside."""

import contextlib
import contextvars
import json
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from openinference.semconv.trace import OpenInferenceMimeTypeValues, SpanAttributes
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import NoOpTracer, Status, StatusCode

from rubricate.client.transport import Server
from rubricate.errors import RubricateError

_QUEUE = 65_536
"""Spans that wait to be sent; OpenTelemetry throws away what is more."""


@dataclass
class Attempt:
    """One call of a task or an evaluator: what it returned, or why it failed."""

    started: datetime
    ended: datetime
    trace_id: str | None
    value: Any = None
    error: Exception | None = None


class Tracing:
    """Sends spans into a project until it is closed; without a project, nowhere.

    Spans that the application makes meanwhile, through the global tracer provider, go into that project too.
    """

    def __init__(self, server: Server, project_name: str | None) -> None:
        self._provider: TracerProvider | None = None
        self._exporter: SpanExporter | None = None
        self._tracer: Any = NoOpTracer()  # OpenInference's tracers are no subclass of OpenTelemetry's
        self._project: Resource | None = None
        if project_name is None:
            return
        from rubricate import otel

        provider = otel.TracerProvider(resource=Resource.create({otel.PROJECT_NAME: project_name}), processor=None)
        exporter = otel.HTTPSpanExporter(
            otel.Destination(otel.HTTP, f"{server.base_url}/v1/traces"), headers=server.headers
        )
        processor = otel.BatchSpanProcessor(exporter, max_queue_size=_QUEUE, schedule_delay_millis=1000)
        provider.add_span_processor(processor, replace_default_processor=False)
        self._provider, self._exporter = provider, exporter
        self._tracer = provider.get_tracer("rubricate.experiments")
        self._project = Resource({otel.PROJECT_NAME: project_name})
        _redirect(trace.get_tracer_provider())

    def __enter__(self) -> "Tracing":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._provider is None or self._exporter is None:
            return
        if isinstance(error, RubricateError):
            self._exporter.shutdown()  # the server does not answer: nothing is waited for
        self._provider.shutdown()  # sends what waits

    @contextlib.contextmanager
    def attempt(self, name: str, kind: Literal["CHAIN", "EVALUATOR"], given: Any, about: Any) -> Iterator[Attempt]:
        """A trace of its own around one call. An Exception ends in the attempt, and goes no further."""
        span = self._tracer.start_span(name, context=otel_context.Context())
        context = span.get_span_context()
        now = datetime.now(UTC)
        made = Attempt(now, now, trace.format_trace_id(context.trace_id) if context.is_valid else None)
        spans = otel_context.attach(trace.set_span_in_context(span, otel_context.Context()))
        project = _project.set(self._project)
        try:
            yield made
        except Exception as error:  # of somebody else's code: it is the result
            made.error = error
            span.record_exception(error)
        finally:
            made.ended = datetime.now(UTC)
            _project.reset(project)
            otel_context.detach(spans)
            span.set_attribute(SpanAttributes.OPENINFERENCE_SPAN_KIND, kind)
            span.set_attribute(SpanAttributes.METADATA, _json(about))
            _set(span, SpanAttributes.INPUT_VALUE, SpanAttributes.INPUT_MIME_TYPE, given)
            if made.error is None:
                _set(span, SpanAttributes.OUTPUT_VALUE, SpanAttributes.OUTPUT_MIME_TYPE, made.value)
                span.set_status(Status(StatusCode.OK))
            else:
                span.set_status(Status(StatusCode.ERROR, f"{type(made.error).__name__}: {made.error}"))
            span.end()


_project: contextvars.ContextVar[Resource | None] = contextvars.ContextVar("rubricate_experiment_project", default=None)
_redirected: "weakref.WeakSet[TracerProvider]" = weakref.WeakSet()


class _IntoProject(SpanProcessor):
    """Gives spans that begin inside of a task the project of its experiment."""

    def on_start(self, span: Span, parent_context: otel_context.Context | None = None) -> None:
        project = _project.get()
        if project is not None:
            # A span's resource is its provider's; OpenTelemetry has no other way for spans of two projects in one.
            span._resource = span.resource.merge(project)


def _redirect(provider: trace.TracerProvider) -> None:
    """Have the application's provider look where its spans begin; once, for processors cannot be taken away."""
    if isinstance(provider, TracerProvider) and provider not in _redirected:
        _redirected.add(provider)
        how = {"replace_default_processor": False} if hasattr(provider, "_replaceable") else {}
        provider.add_span_processor(_IntoProject(), **how)


def _set(span: trace.Span, value: str, mime_type: str, what: Any) -> None:
    is_text = isinstance(what, str)
    span.set_attribute(value, what if is_text else _json(what))
    kind = OpenInferenceMimeTypeValues.TEXT if is_text else OpenInferenceMimeTypeValues.JSON
    span.set_attribute(mime_type, kind.value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
