"""Spans: as data frames, as a list, stored, deleted; and, inherited, their annotations and those of documents."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import httpx

from rubricate import environment
from rubricate.client import frame as frames
from rubricate.client.annotation import SpanAnnotations
from rubricate.client.calls import TIMEOUT_S, M, Request, Steps, body, call, instant, pages, path
from rubricate.client.document import DocumentAnnotations
from rubricate.client.frame_parts import Annotated, FrameReader
from rubricate.client.progress import Progress
from rubricate.client.project import project_name_of
from rubricate.client.target import LARGEST_PAGE, SPAN, Selection, annotated, cells_of, checked
from rubricate.client.types.spans import SPAN_ID, SpanQuery
from rubricate.errors import (
    InvalidInput,
    InvalidRequest,
    NotFound,
    RubricateError,
    ServerFailed,
    SpanCreationError,
    UnreadableAnswer,
)
from rubricate.records.base import JsonObject
from rubricate.records.frame_part import PARTS
from rubricate.records.span import Span, SpanCreate

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

Status = Literal["OK", "ERROR", "UNSET"]

CHUNK = 1000
"""Spans of a request that stores some: a few MB, which is acknowledged within a second."""


class Spans(SpanAnnotations[M], DocumentAnnotations[M]):
    """Spans, their annotations and those of their documents, as `client.spans`."""

    @call
    def get_spans_dataframe(
        self,
        *,
        query: SpanQuery | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int | None = 1000,
        root_spans_only: bool | None = None,
        project_name: str | None = None,
        project_identifier: str | None = None,
        include_annotations: bool = False,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The spans of a project as a data frame, newest first.

        Without a query: one row a span, indexed by `context.span_id` (which is a column too), with `name`, `span_kind`,
        `parent_id`, `start_time`, `end_time` (UTC), `status_code`, `status_message`, `events`, `context.trace_id` and
        one column an attribute, such as `attributes.llm.output_messages`, whose cells are lists of dicts. A query picks
        spans and columns.

        `start_time` is inclusive, `end_time` exclusive; without a zone they are local time. `root_spans_only`: only
        spans without a parent. `limit` is the most rows (None: all). The project is given by name, or by name or id as
        `project_identifier`; default the environment's project. `timeout` is how many seconds the server may be silent.

        With `include_annotations=True` there is a column `annotations`: in each cell a list, empty or newest first, of
        dicts with `name`, `annotator_kind`, `label`, `score`, `explanation`, `identifier`, `metadata`, `user_id`,
        `source`, `created_at`, `updated_at` (datetime, UTC) and `id`. Notes and annotations of documents are not among
        them. A query must leave the span's id in the index or in a column for that.

        Raises `InvalidRequest` if the server cannot read the query, `MissingExtra` without pandas.

            >>> frame = client.spans.get_spans_dataframe(project_name="my-app", root_spans_only=True)
            >>> frame[["span_kind", "attributes.input.value"]].values.tolist()
            [['CHAIN', 'Can I get a refund?'], ['CHAIN', 'And the battery?'], ['CHAIN', 'How long is the warranty?']]
        """
        name = yield from project_named(project_name, project_identifier)
        [found] = yield from query_frames(
            [query or SpanQuery()],
            name,
            start_time,
            end_time,
            limit,
            root_spans_only,
            timeout,
            include_annotations=include_annotations,
            progress=progress,
        )
        return found

    @call
    def get_spans(
        self,
        *,
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        trace_ids: Sequence[str] | None = None,
        span_ids: Sequence[str] | None = None,
        parent_id: str | None = None,
        name: str | Sequence[str] | None = None,
        span_kind: str | Sequence[str] | None = None,
        status_code: Status | Sequence[Status] | None = None,
        attributes: Mapping[str, str | int | float | bool] | None = None,
        include_annotations: bool = False,
        limit: int | None = 100,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[list[JsonObject]]:
        """The spans of a project that meet all the conditions, as dicts of the fields of `rubricate.records.span.Span`.

        A condition given as a list is met by any of its values. `parent_id="null"` asks for roots. `attributes` are
        compared for equality, such as `{"llm.model_name": "gpt-5", "llm.token_count.total": 12}`. `start_time` is
        inclusive, `end_time` exclusive; without a zone they are local time. At most `limit` spans are returned
        (None: all). With `include_annotations=True` each has a list `annotations`, as in `get_spans_dataframe`. The
        project is given by name or id; default the environment's. `timeout` is in seconds a page.

        Raises `NotFound` if there is no such project.

            >>> failed = client.spans.get_spans(
            ...     project_identifier="my-app", span_kind=["LLM", "TOOL"], status_code="ERROR"
            ... )
            >>> [(span["name"], span["status_message"]) for span in failed]
            [('look up', 'no such article')]
        """
        conditions = {
            "start_time": instant(start_time),
            "end_time": instant(end_time),
            "trace_id": _listed(trace_ids),
            "span_id": _listed(span_ids),
            "parent_id": parent_id,
            "name": _listed(name),
            "span_kind": _listed(span_kind),
            "status_code": _listed(status_code),
            "attribute": [_equality(key, value) for key, value in (attributes or {}).items()],
        }
        params = {name: value for name, value in conditions.items() if value}
        url = path("v1/projects", project_identifier or environment.project_name(), "/spans")
        request = Request("GET", url, params, timeout_s=timeout)
        found = yield from pages(request, limit=limit, page_size=LARGEST_PAGE, progress=progress)
        if include_annotations:
            selection = Selection(project_identifier, None, None, LARGEST_PAGE, timeout, progress)
            yield from annotated(SPAN, found, [span["context"]["span_id"] for span in found], selection)
        return found

    @call
    def log_spans(
        self,
        *,
        spans: Sequence[Mapping[str, Any] | Span | SpanCreate],
        project_identifier: str | None = None,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[JsonObject]:
        """Store spans; the answer is `{"total_received", "total_queued"}`. Up to 1,000 are stored all or none.

        More are sent 1,000 a request. When one of the requests is refused, those before it are stored, and none from
        there on: the error's `total_queued` says how many, so `spans[error.total_queued:]` are left. The project, by
        name or id, is made if there is none of that name; default the environment's. `timeout` is in seconds a request.

        Each has the fields of `rubricate.records.span.SpanCreate`: `name`, `context` (`trace_id`, `span_id`),
        `start_time` and `end_time` with a zone, and if wanted `parent_id`, `span_kind`, `status_code`,
        `status_message`, `attributes` (dotted or nested), `events`. The spans of `get_spans` fit.

        Raises `InvalidInput` before sending, naming span, field and reason; `SpanCreationError` with the spans that the
        server has already or does not accept.

            >>> span = {
            ...     "name": "generate",
            ...     "span_kind": "LLM",
            ...     "context": {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"},
            ...     "start_time": "2026-11-01T12:00:00Z",
            ...     "end_time": "2026-11-01T12:00:01.5Z",
            ...     "attributes": {"llm.model_name": "gpt-5", "input.value": "Hello", "output.value": "Hello Ada."},
            ... }
            >>> client.spans.log_spans(spans=[span], project_identifier="my-app")
            {'total_received': 1, 'total_queued': 1}
        """
        return (yield from _store(spans, project_identifier, timeout, progress))

    @call
    def log_spans_dataframe(
        self,
        *,
        spans_dataframe: "pd.DataFrame",
        project_identifier: str | None = None,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[JsonObject]:
        """Store the rows of a data frame as spans; all else as for `log_spans`.

        The frame is like that of `get_spans_dataframe`: `name`, `start_time` and `end_time` with a zone,
        `context.trace_id`, `context.span_id` (column or index), and if wanted `span_kind`, `parent_id`, `status_code`,
        `status_message`, `events` and `attributes.…`. Empty cells are attributes that the span does not have. Other
        columns are ignored. `rubricate.client.helpers.spans.uniquify_spans_dataframe` gives copies ids of their own.

            >>> from rubricate.client.helpers.spans import uniquify_spans_dataframe
            >>> frame = client.spans.get_spans_dataframe(project_name="my-app")
            >>> client.spans.log_spans_dataframe(
            ...     spans_dataframe=uniquify_spans_dataframe(frame), project_identifier="copy"
            ... )
            {'total_received': 8, 'total_queued': 8}
        """
        return (yield from _store(frames.spans_of(spans_dataframe), project_identifier, timeout, progress))

    @call
    def delete(self, *, span_identifier: str, timeout: float | None = TIMEOUT_S) -> Steps[None]:
        """Delete one span, by its hex span id or by the server's id of it; its children stay.

        Raises `NotFound` if there is no such span.

            >>> client.spans.delete(span_identifier=span_id)
        """
        try:
            yield Request("DELETE", path("v1/spans", span_identifier), timeout_s=timeout)
        except NotFound as error:
            if not error.maybe_applied:
                raise


def _store(
    spans: Iterable[Mapping[str, Any] | Span | SpanCreate],
    project_identifier: str | None,
    timeout: float | None,
    progress: bool,
) -> Steps[JsonObject]:
    project = project_identifier or environment.project_name()
    new = [_checked_span(span, number) for number, span in enumerate(spans)]
    url = path("v1/projects", project, "/spans")
    answer: JsonObject = {}
    with Progress("Sending spans", len(new), wanted=progress) as line:
        for start in range(0, len(new) or 1, CHUNK):
            chunk = [span.model_dump(mode="json", exclude_none=True) for span in new[start : start + CHUNK]]
            try:
                answer = yield from _store_chunk(url, chunk, start, timeout)
            except RubricateError as error:
                if start:
                    error.add_note(f"{start} of {len(new)} spans were stored before this.")
                raise
            line.at(start + len(chunk))
    return {**answer, "total_received": len(new), "total_queued": len(new)}


def _store_chunk(url: str, chunk: list[JsonObject], stored: int, timeout: float | None) -> Steps[JsonObject]:
    """Store spans, all or none. `stored` is how many were stored before them."""
    rest = chunk
    while True:
        try:
            response = yield Request("POST", url, json={"data": rest}, timeout_s=timeout)
        except InvalidRequest as error:
            refused = _creation_error(error, rest, stored)
            there = {span["span_id"] for span in refused.duplicate_spans}
            left = [span for span in rest if span["context"]["span_id"] not in there]
            if not error.maybe_applied or refused.invalid_spans or len(left) == len(rest):
                raise refused from error
            rest = left  # An earlier try, whose answer was lost, stored these.
            if not rest:
                return {}
        else:
            answer: JsonObject = body(response)
            return answer


def query_frames(
    queries: Sequence[SpanQuery],
    project_name: str,
    start_time: datetime | None,
    end_time: datetime | None,
    limit: int | None,
    root_spans_only: bool | None,
    timeout: float | None,
    *,
    include_annotations: bool = False,
    progress: bool = True,
) -> Steps["list[pd.DataFrame]"]:
    """One frame a query. Asked for in parts, which are read while the server works; Arrow is the next best."""
    frames.pandas()
    wire = [query.to_dict() for query in queries]
    body = {
        "queries": wire,
        "start_time": instant(start_time),
        "end_time": instant(end_time),
        "limit": limit,
        "root_spans_only": root_spans_only,
    }
    params = {"project_name": project_name} | ({"include_annotations": "true"} if include_annotations else {})
    with Progress("Reading spans", wanted=progress) as line:
        parts: FrameReader | None = None

        def reader(response: httpx.Response) -> Callable[[bytes], None] | None:
            nonlocal parts
            is_in_parts = response.headers.get("content-type", "").startswith(PARTS)
            parts = FrameReader(line) if is_in_parts else None
            return None if parts is None else parts.feed

        def asked(accept: str) -> Request:
            return Request("POST", "v1/spans", params, body, {"accept": accept}, timeout_s=timeout, reader=reader)

        try:
            response = yield asked(f"{PARTS}, {frames.ARROW}")
        except ServerFailed:  # Phoenix cannot write columns of mixed types as Arrow, but can as JSON.
            response = yield asked("application/json")
    read = [Annotated(frame, None) for frame in frames.frames(response)] if parts is None else parts.finish()
    if len(read) != len(queries):
        raise UnreadableAnswer(f"{len(queries)} queries were asked, and {len(read)} answered.")
    found = []
    for query, (frame, annotations) in zip(wire, read, strict=True):
        is_whole = not {"select", "explode", "concat"} & query.keys()
        found.append(frames.with_span_id_column(frame) if is_whole else frame)
        if include_annotations:
            yield from _add_annotations(found[-1], project_name, annotations, timeout, progress)
    return found


def _add_annotations(
    frame: "pd.DataFrame",
    project: str,
    known: dict[str, list[JsonObject]] | None,
    timeout: float | None,
    progress: bool,
) -> Steps[None]:
    """Give a frame of spans a column `annotations`: those that came with it, or else those that the server has."""
    span_ids = frames.identifiers(frame, (SPAN_ID,), "include_annotations", alone=False)
    if known is None:
        selection = Selection(project, None, None, LARGEST_PAGE, timeout, progress)
        known = yield from cells_of(SPAN, span_ids, selection)
    frame["annotations"] = frames.objects([known.get(span_id, []) for span_id in span_ids], frame.index)


def project_named(name: str | None, identifier: str | None) -> Steps[str]:
    """The name of the project that is meant by either argument, or by the environment."""
    if name and identifier:
        raise InvalidInput("Give project_name or project_identifier, not both.")
    if identifier:
        return (yield from project_name_of(identifier))
    return name or environment.project_name()


def _listed(value: str | Iterable[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _equality(key: str, value: str | int | float | bool) -> str:
    return f"{key}:{json.dumps(value)}"


def _checked_span(span: Mapping[str, Any] | Span | SpanCreate, number: int) -> SpanCreate:
    value = span.model_dump() if isinstance(span, Span) else span
    identity = ""
    if isinstance(value, Mapping) and isinstance(value.get("context"), Mapping):
        identity = f" ({value['context'].get('span_id')})"
    return checked(SpanCreate, value, f"span {number}{identity}")


def _creation_error(error: InvalidRequest, spans: list[JsonObject], stored: int) -> SpanCreationError:
    """What the server's answer says of which span."""
    try:
        answer = error.response.json()
    except ValueError:
        answer = {}
    invalid, duplicates = answer.get("invalid_spans") or [], answer.get("duplicate_spans") or []
    if isinstance(answer.get("detail"), list):
        invalid = [span for entry in answer["detail"] if (span := _invalid_span(entry, spans))]
    parts = [f"span {span.get('span_id')}: {span.get('error')}" for span in invalid[:10]]
    parts += [f"span {span.get('span_id')}: is there already" for span in duplicates[:10]]
    if len(invalid) + len(duplicates) > len(parts):
        parts.append(f"… {len(invalid)} invalid and {len(duplicates)} duplicate spans in all")
    return SpanCreationError(
        error.response,
        detail="\n  ".join(["", *parts]) if parts else error.detail,
        maybe_applied=error.maybe_applied,
        invalid_spans=invalid,
        duplicate_spans=duplicates,
        total_received=len(spans),
        total_queued=stored,
    )


def _invalid_span(entry: Any, spans: list[JsonObject]) -> JsonObject | None:
    where: list[Any] = entry.get("loc", []) if isinstance(entry, dict) else []
    if len(where) <= 2 or not isinstance(where[2], int) or where[2] >= len(spans):
        return None
    field = ".".join(str(part) for part in where[3:])
    return {**spans[where[2]]["context"], "error": f"{field}: {entry.get('msg')}" if field else entry.get("msg")}
