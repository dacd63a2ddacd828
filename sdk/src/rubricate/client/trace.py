"""Traces: listed, annotated, deleted, moved to another project."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from rubricate import environment
from rubricate.client.calls import TIMEOUT_S, M, Request, Resource, Steps, call, data, instant, pages, path
from rubricate.client.target import (
    LARGEST_PAGE,
    TRACE,
    Kind,
    Selection,
    add,
    annotated,
    given,
    read,
    read_frame,
    write,
    write_frame,
    write_note,
)
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.annotation import TraceAnnotationCreate
from rubricate.records.base import JsonObject

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs


class Traces(Resource[M]):
    """Traces and their annotations, as `client.traces`.

    A trace is a dict of the fields of `rubricate.records.trace.Trace`: `id`, `trace_id`, `project_id`, `start_time`,
    `end_time`, token counts, `span_count`, `error_count`, `total_cost` (US dollars) and, if asked for, `spans`.
    """

    @call
    def get_traces(
        self,
        *,
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        sort: Literal["start_time", "latency_ms"] | None = None,
        order: Literal["asc", "desc"] | None = None,
        include_spans: bool = False,
        include_annotations: bool = False,
        session_id: str | Sequence[str] | None = None,
        error: bool | None = None,
        min_latency_ms: float | None = None,
        max_latency_ms: float | None = None,
        filter_condition: str | None = None,
        limit: int | None = 100,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[list[JsonObject]]:
        """The traces of a project that meet all the conditions, newest first unless told otherwise.

        The project is given by name or id; default the environment's. `sort` is by start ("start_time") or by duration
        ("latency_ms"), `order` "desc" (the default) or "asc". `start_time` (inclusive) and `end_time` (exclusive) bound
        when the trace started; without a zone they are local time. `session_id` is the application's id of a session or
        the server's, or several: any of them. `error` tells traces with a failed span from those without. Latencies are
        in milliseconds. `filter_condition` is in the trace language, such as `llm_span_count > 3 and total_cost > 0.1`
        (Phoenix ignores it). `include_spans` adds `spans`, without their attributes; `include_annotations` adds a list
        `annotations` of those of the trace itself, as in `client.spans.get_spans_dataframe`. At most `limit` traces
        come (None: all). `timeout` is in seconds a page.

        Raises `NotFound` if there is no such project, `InvalidRequest` if the condition cannot be read.

            >>> failed = client.traces.get_traces(project_identifier="my-app", filter_condition="error_count > 0")
            >>> [(trace["span_count"], trace["token_count_total"]) for trace in failed]
            [(3, 128)]
            >>> slowest = client.traces.get_traces(project_identifier="my-app", sort="latency_ms", limit=10)
        """
        conditions = given(
            start_time=instant(start_time),
            end_time=instant(end_time),
            sort=sort,
            order=order,
            include_spans=True if include_spans else None,
            session_identifier=[session_id] if isinstance(session_id, str) else session_id,
            error=error,
            min_latency_ms=min_latency_ms,
            max_latency_ms=max_latency_ms,
            filter=filter_condition,
        )
        url = path("v1/projects", project_identifier or environment.project_name(), "/traces")
        request = Request("GET", url, conditions, timeout_s=timeout)
        found = yield from pages(request, limit=limit, page_size=LARGEST_PAGE, progress=progress)
        if include_annotations:
            selection = Selection(project_identifier, None, None, LARGEST_PAGE, timeout, progress)
            yield from annotated(TRACE, found, [trace["trace_id"] for trace in found], selection)
        return found

    @call
    def delete(self, *, trace_identifier: str, timeout: float | None = TIMEOUT_S) -> Steps[None]:
        """Delete one trace with its spans and annotations, by its hex trace id or by the server's id of it.

        Raises `NotFound` if there is no such trace.

            >>> client.traces.delete(trace_identifier=trace_id)
        """
        try:
            yield Request("DELETE", path("v1/traces", trace_identifier), timeout_s=timeout)
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def transfer(
        self,
        *,
        trace_identifiers: Sequence[str],
        destination_project_identifier: str,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[JsonObject]:
        """Move traces to another project, with their spans and annotations; safe to repeat.

        The traces are given by hex trace id or by the server's ids, the project by name or id. The answer is
        `{"transferred_trace_count", "destination_project_id"}`.

        Raises `NotFound` if a trace or the project is unknown; nothing is moved then. `InvalidInput` without any trace.

            >>> slow = client.traces.get_traces(project_identifier="my-app", min_latency_ms=1000)
            >>> client.traces.transfer(
            ...     trace_identifiers=[trace["trace_id"] for trace in slow], destination_project_identifier="slow"
            ... )
            {'transferred_trace_count': 3, 'destination_project_id': '...'}
        """
        if isinstance(trace_identifiers, str) or not trace_identifiers:
            raise InvalidInput("trace_identifiers must be a list of at least one id.")
        content = {
            "trace_identifiers": list(trace_identifiers),
            "destination_project_identifier": destination_project_identifier,
        }
        response = yield Request("POST", "v1/traces/transfer", json=content, timeout_s=timeout)
        answer: JsonObject = data(response)
        return answer

    @call
    def add_trace_annotation(
        self,
        *,
        trace_id: str,
        annotation_name: str,
        annotator_kind: Kind = "HUMAN",
        label: str | None = None,
        score: float | None = None,
        explanation: str | None = None,
        metadata: JsonObject | None = None,
        identifier: str | None = None,
        sync: bool = False,
    ) -> Steps[JsonObject | None]:
        """Annotate one trace; kept under (trace, name, identifier), so that the same again replaces it.

        At least one of `label`, `score` (a finite number) and `explanation` is needed. `trace_id` is 32 hex digits.
        With `sync=True` the trace must have arrived, and the answer is `{"id": …}`; else the trace may arrive later,
        and the answer is None.

        Raises `InvalidInput` before sending, and `NotFound` if `sync` and the trace is unknown.

            >>> client.traces.add_trace_annotation(trace_id=trace_id, annotation_name="solved", label="yes", score=1)
        """
        return (
            yield from add(
                TRACE,
                {"trace_id": trace_id},
                name=annotation_name,
                kind=annotator_kind,
                label=label,
                score=score,
                explanation=explanation,
                metadata=metadata,
                identifier=identifier,
                sync=sync,
            )
        )

    @call
    def log_trace_annotations(
        self,
        *,
        trace_annotations: Iterable[Mapping[str, Any] | TraceAnnotationCreate],
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[list[JsonObject] | None]:
        """Write many annotations of traces, 100 a request; all else as for `client.spans.log_span_annotations`.

        Each has `trace_id`, `name`, `annotator_kind`, `result`, and if wanted `metadata` and `identifier`.

            >>> traces = client.traces.get_traces(project_identifier="my-app")
            >>> client.traces.log_trace_annotations(trace_annotations=[
            ...     {
            ...         "trace_id": trace["trace_id"],
            ...         "name": "clean",
            ...         "annotator_kind": "CODE",
            ...         "result": {"score": trace["error_count"] == 0},
            ...     }
            ...     for trace in traces
            ... ])
        """
        return (yield from write(TraceAnnotationCreate, trace_annotations, sync=sync, progress=progress))

    @call
    def log_trace_annotations_dataframe(
        self,
        *,
        dataframe: "pd.DataFrame",
        annotation_name: str | None = None,
        annotator_kind: Kind | None = None,
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[list[JsonObject] | None]:
        """Write the rows of a data frame as annotations of traces.

        The trace's id is in the column or index `trace_id` or `context.trace_id`, or in an index of strings without a
        name. All else as for `client.spans.log_span_annotations_dataframe`.

            >>> frame = pd.DataFrame(client.traces.get_traces(project_identifier="my-app"))
            >>> frame["score"] = (frame["total_cost"] < 0.01).astype(int)
            >>> client.traces.log_trace_annotations_dataframe(
            ...     dataframe=frame, annotation_name="cheap", annotator_kind="CODE"
            ... )
        """
        return (
            yield from write_frame(
                TRACE, dataframe, name=annotation_name, kind=annotator_kind, sync=sync, progress=progress
            )
        )

    @call
    def get_trace_annotations(
        self,
        *,
        trace_ids: Iterable[str],
        project_identifier: str | None = None,
        include_annotation_names: Sequence[str] | None = None,
        exclude_annotation_names: Sequence[str] | None = None,
        limit: int = 1000,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[list[JsonObject]]:
        """The annotations of these traces, as dicts of the fields of `rubricate.records.annotation.TraceAnnotation`.

        All are returned; `limit` is only how many a request asks for. Notes are left out unless
        `include_annotation_names` names "note". The project is given by name or id; default the environment's project.

        Raises `NotFound` if none of the traces is in the project.

            >>> said = client.traces.get_trace_annotations(trace_ids=[trace_id], project_identifier="my-app")
            >>> [(each["name"], each["result"]["label"]) for each in said]
            [('solved', 'yes')]
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names, limit, timeout, progress
        )
        return (yield from read(TRACE, trace_ids, selection))

    @call
    def get_trace_annotations_dataframe(
        self,
        *,
        trace_ids: Iterable[str],
        project_identifier: str | None = None,
        include_annotation_names: Sequence[str] | None = None,
        exclude_annotation_names: Sequence[str] | None = None,
        limit: int = 1000,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The same as a data frame, one row an annotation, indexed by `trace_id`.

        Columns: those of `client.spans.get_span_annotations_dataframe`. Raises `NotFound` if none of the traces is in
        the project, `MissingExtra` without pandas.

            >>> traces = client.traces.get_traces(project_identifier="my-app")
            >>> frame = client.traces.get_trace_annotations_dataframe(
            ...     trace_ids=[trace["trace_id"] for trace in traces], project_identifier="my-app"
            ... )
            >>> frame["result.label"].value_counts().to_dict()
            {'yes': 2, 'no': 1}
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names, limit, timeout, progress
        )
        return (yield from read_frame(TRACE, trace_ids, selection))

    @call
    def add_trace_note(self, *, trace_id: str, note: str, identifier: str | None = None) -> Steps[JsonObject]:
        """Put a note on a trace; the answer is `{"id": …}`.

        Notes pile up, unless an `identifier` says which to replace.

        Raises `NotFound` if the trace is unknown.

            >>> client.traces.add_trace_note(trace_id=trace_id, note="The article on batteries is missing.")
            {'id': '...'}
        """
        return (yield from write_note(TRACE, trace_id, note, identifier))
