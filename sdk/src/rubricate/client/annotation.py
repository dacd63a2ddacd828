"""Annotations of spans: written one by one, in batches or from data frames, and read back."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from rubricate import environment
from rubricate.client import frame as frames
from rubricate.client.calls import TIMEOUT_S, M, Request, Resource, Steps, call, data, pages, path
from rubricate.errors import InvalidInput, NotFound, RubricateError
from rubricate.records.annotation import (
    NOTE,
    AnnotationResult,
    DocumentAnnotationCreate,
    SpanAnnotationCreate,
    SpanNoteCreate,
    TraceAnnotationCreate,
)
from rubricate.records.base import Input, JsonObject
from rubricate.records.span import Span, SpanCreate

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

Kind = Literal["HUMAN", "LLM", "CODE"]
AnyAnnotation = SpanAnnotationCreate | TraceAnnotationCreate | DocumentAnnotationCreate
I = TypeVar("I", bound=Input)  # noqa: E741 - an input

BATCH = 100
"""Annotations in a request, and span ids in a question: servers and proxies in between are happy with that."""

SPAN_ID_NAMES = ("span_id", "context.span_id")

log = logging.getLogger("rubricate")


class SpanAnnotations(Resource[M]):
    """Annotations of spans, as `client.annotations` and, with more, as `client.spans`.

    An annotation is kept under (span, name, identifier): writing it again replaces it. Give every annotator an
    `identifier` of their own and nobody overwrites anybody.
    """

    @call
    def add_span_annotation(
        self,
        *,
        span_id: str,
        annotation_name: str,
        annotator_kind: Kind = "HUMAN",
        label: str | None = None,
        score: float | None = None,
        explanation: str | None = None,
        metadata: JsonObject | None = None,
        identifier: str | None = None,
        sync: bool = False,
    ) -> Steps[JsonObject | None]:
        """Annotate one span, for example with a user's thumb up or down.

        At least one of `label`, `score` (a finite number) and `explanation` is needed. `span_id` is 16 hex digits, as
        `format_span_id` or `capture_span_context` give it. With `sync=True` the span must have arrived, and the answer
        is `{"id": …}`; else the span may arrive later, and the answer is None.

        Raises `InvalidInput` before sending, and `NotFound` if `sync` and the span is unknown.

            >>> client.annotations.add_span_annotation(
            ...     span_id=context.get_last_span_id(), annotation_name="user feedback", label="thumbs up", score=1
            ... )
        """
        annotation = {
            "span_id": span_id,
            "name": annotation_name,
            "annotator_kind": annotator_kind,
            "result": {"label": label, "score": score, "explanation": explanation},
            "metadata": metadata,
            "identifier": identifier or "",
        }
        ids = yield from write(SpanAnnotationCreate, [annotation], sync=sync)
        return ids[0] if ids else None

    @call
    def log_span_annotations(
        self, *, span_annotations: Iterable[Mapping[str, Any] | SpanAnnotationCreate], sync: bool = False
    ) -> Steps[list[JsonObject] | None]:
        """Write many annotations, 100 a request.

        Each is a dict of `span_id`, `name`, `annotator_kind` ("HUMAN", "LLM", "CODE") and `result`
        (`{"label", "score", "explanation"}`, at least one), and if wanted `metadata` and `identifier`; or a
        `rubricate.records.annotation.SpanAnnotationCreate`. All are checked before the first is sent; sending again
        after an error does no harm. With `sync=True` the answer is a list of `{"id": …}` in the same order, else None.

        Raises `InvalidInput`, naming the annotation, the field and the reason.

            >>> client.spans.log_span_annotations(span_annotations=[
            ...     {"span_id": id, "name": "quality", "annotator_kind": "CODE", "result": {"score": 0.7}} for id in ids
            ... ])
        """
        return (yield from write(SpanAnnotationCreate, span_annotations, sync=sync))

    @call
    def log_span_annotations_dataframe(
        self,
        *,
        dataframe: "pd.DataFrame",
        annotation_name: str | None = None,
        annotator_kind: Kind | None = None,
        sync: bool = False,
    ) -> Steps[list[JsonObject] | None]:
        """Write the rows of a data frame as annotations, 100 a request.

        The span's id is in the column or index `span_id` or `context.span_id`, or in an index of strings without
        a name. Columns that are read: `name` or `annotation_name`, `annotator_kind`, `label`, `score`, `explanation`,
        `metadata`, `identifier`; others are ignored. The arguments hold for rows (or frames) that do not say
        themselves. Rows with neither label, score nor explanation are left out, with a warning.

        Raises `InvalidInput` (also for a missing column) and `MissingExtra`.

            >>> frame = client.get_spans_dataframe("span_kind == 'LLM'")
            >>> frame["label"] = frame["attributes.output.value"].str.contains("sorry").map({True: "yes", False: "no"})
            >>> client.spans.log_span_annotations_dataframe(
            ...     dataframe=frame, annotation_name="apologises", annotator_kind="CODE"
            ... )
        """
        rows = frames.annotation_rows(
            dataframe,
            ids={"span_id": SPAN_ID_NAMES},
            defaults=_given(name=annotation_name, annotator_kind=annotator_kind),
            what="log_span_annotations_dataframe",
        )
        return (yield from write(SpanAnnotationCreate, with_a_result(rows), sync=sync))

    @call
    def get_span_annotations(
        self,
        *,
        span_ids: Iterable[str] | None = None,
        spans: Iterable[Mapping[str, Any] | Span] | None = None,
        project_identifier: str | None = None,
        include_annotation_names: Sequence[str] | None = None,
        exclude_annotation_names: Sequence[str] | None = None,
        limit: int = 1000,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[list[JsonObject]]:
        """The annotations of these spans, as dicts of the fields of `rubricate.records.annotation.SpanAnnotation`.

        Give either `span_ids` or `spans` (from `get_spans`). `project_identifier` is a project's name or id; default
        the environment's project. All annotations are returned; `limit` is only how many a request asks for. Notes are
        left out unless `include_annotation_names` names "note". `timeout` is in seconds a request.

        Raises `NotFound` if none of the spans is in the project.
        """
        return (
            yield from read(
                _span_ids(span_ids, spans, None),
                project_identifier,
                include_annotation_names,
                exclude_annotation_names,
                limit,
                timeout,
            )
        )

    @call
    def get_span_annotations_dataframe(
        self,
        *,
        spans_dataframe: "pd.DataFrame | None" = None,
        span_ids: Iterable[str] | None = None,
        spans: Iterable[Mapping[str, Any] | Span] | None = None,
        project_identifier: str | None = None,
        include_annotation_names: Sequence[str] | None = None,
        exclude_annotation_names: Sequence[str] | None = None,
        limit: int = 1000,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps["pd.DataFrame"]:
        """The annotations of these spans as a data frame, one row an annotation, indexed by `span_id`.

        Columns: `annotation_name`, `annotator_kind`, `result.label`, `result.score`, `result.explanation`, `metadata`,
        `identifier`, `id`, `created_at`, `updated_at`, `source`, `user_id`. Arguments as for `get_span_annotations`;
        the spans may also come as the frame of `get_spans_dataframe`.

            >>> spans = client.spans.get_spans_dataframe(project_name="my-app")
            >>> labels = client.spans.get_span_annotations_dataframe(
            ...     spans_dataframe=spans, project_identifier="my-app"
            ... )
            >>> spans.join(labels)
        """
        pd = frames.pandas()
        found = yield from read(
            _span_ids(span_ids, spans, spans_dataframe),
            project_identifier,
            include_annotation_names,
            exclude_annotation_names,
            limit,
            timeout,
        )
        rows = [_flat(annotation) for annotation in found]
        return pd.DataFrame(rows, columns=None if rows else _COLUMNS).set_index("span_id")

    @call
    def add_span_note(self, *, span_id: str, note: str, identifier: str | None = None) -> Steps[JsonObject]:
        """Put a note on a span; the answer is `{"id": …}`. Notes pile up, unless an `identifier` says which to replace.

        Raises `NotFound` if the span is unknown.

            >>> client.spans.add_span_note(span_id="051581bf3cb55c13", note="Ask Ana about this one.")
        """
        new = checked(SpanNoteCreate, {"span_id": span_id, "note": note, "identifier": identifier or ""}, "the note")
        content = {"data": _wire(new)}
        response = yield Request("POST", "v1/span_notes", json=content, repeatable=bool(identifier))
        answer: JsonObject = data(response)
        return answer


_PATHS: dict[type[AnyAnnotation], str] = {
    SpanAnnotationCreate: "v1/span_annotations",
    TraceAnnotationCreate: "v1/trace_annotations",
    DocumentAnnotationCreate: "v1/document_annotations",
}


def write(
    kind: type[AnyAnnotation], annotations: Iterable[Mapping[str, Any] | AnyAnnotation], *, sync: bool
) -> Steps[list[JsonObject] | None]:
    """Check all annotations, then send them in batches. Repeating is harmless: the same key is the same annotation."""
    wire = [_wire(_judgement(kind, each, f"annotation {number}")) for number, each in enumerate(annotations)]
    ids: list[JsonObject] = []
    for start in range(0, len(wire), BATCH):
        batch = wire[start : start + BATCH]
        try:
            response = yield Request("POST", _PATHS[kind], {"sync": "true"} if sync else {}, {"data": batch})
        except RubricateError as error:
            if start:
                error.add_note(f"{start} of {len(wire)} annotations were sent before this; sending all again is safe.")
            raise
        ids += data(response)
    return ids if sync else None


def read(
    span_ids: list[str],
    project_identifier: str | None,
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    limit: int,
    timeout: float | None,
) -> Steps[list[JsonObject]]:
    """The annotations of the spans, a hundred spans at a time."""
    if exclude is None:
        exclude = [] if NOTE in (include or ()) else [NOTE]
    url = path("v1/projects", project_identifier or environment.project_name(), "/span_annotations")
    found: list[JsonObject] = []
    missed: list[NotFound] = []
    batches = [span_ids[start : start + BATCH] for start in range(0, len(span_ids), BATCH)]
    for batch in batches:
        params = {
            "span_ids": batch,
            "include_annotation_names": list(include or ()),
            "exclude_annotation_names": list(exclude),
        }
        try:
            found += yield from pages(Request("GET", url, params, timeout_s=timeout), page_size=limit)
        except NotFound as error:  # Servers say so when they know none of the batch; the next may be better.
            missed.append(error)
    if missed and len(missed) == len(batches):
        raise missed[-1]
    return found


def with_a_result(rows: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """The rows that say something; how many do not is logged."""
    silent = 0
    for row in rows:
        if row["result"]:
            yield row
        else:
            silent += 1
    if silent:
        log.warning("Rows with neither label, score nor explanation are not sent: %d.", silent)


def checked(kind: type[I], value: Mapping[str, Any] | I, what: str) -> I:
    """The value as a record; `InvalidInput` with every field that is wrong, and why."""
    if isinstance(value, kind):
        return value
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise InvalidInput(f"{what}: {explained(error)}") from error


def explained(error: ValidationError) -> str:
    """What pydantic says, as `field: reason (got value)`."""
    reasons = []
    for each in error.errors(include_url=False):
        field = ".".join(str(part) for part in each["loc"]) or "value"
        got = "" if each["type"] == "missing" else f" (got {each['input']!r:.200})"
        reasons.append(f"{field}: {each['msg']}{got}")
    return "; ".join(reasons)


def _judgement(kind: type[I], value: Mapping[str, Any] | I, what: str) -> I:
    new = checked(kind, value, what)
    result: AnnotationResult | None = getattr(new, "result", None)
    if result is None or (result.label is None and result.score is None and result.explanation is None):
        raise InvalidInput(f"{what}: result: at least one of label, score and explanation must be given.")
    if getattr(new, "name", None) == NOTE:
        raise InvalidInput(f"{what}: name: {NOTE!r} is reserved; use add_span_note.")
    return new


def _wire(value: Input) -> JsonObject:
    try:
        content = value.model_dump(mode="json", exclude_none=True)
    except PydanticSerializationError as error:
        raise InvalidInput(f"The value cannot be written as JSON: {error}") from error
    return {key: item for key, item in content.items() if key not in ("metadata", "identifier") or item}


def _flat(annotation: JsonObject) -> JsonObject:
    result = annotation.get("result") or {}
    rest = {("annotation_name" if key == "name" else key): item for key, item in annotation.items() if key != "result"}
    return {**rest, **{f"result.{key}": result.get(key) for key in ("label", "score", "explanation")}}


_COLUMNS = [
    "id",
    "created_at",
    "updated_at",
    "source",
    "user_id",
    "annotation_name",
    "annotator_kind",
    "metadata",
    "identifier",
    "span_id",
    "result.label",
    "result.score",
    "result.explanation",
]


def _span_ids(
    span_ids: Iterable[str] | None,
    spans: Iterable[Mapping[str, Any] | Span | SpanCreate] | None,
    dataframe: "pd.DataFrame | None",
) -> list[str]:
    if sum(given is not None for given in (span_ids, spans, dataframe)) != 1:
        raise InvalidInput("Give one of span_ids, spans and spans_dataframe.")
    if span_ids is not None:
        if isinstance(span_ids, str):
            raise InvalidInput("span_ids must be a list of ids; for one, write [span_id].")
        ids = list(span_ids)
    elif spans is not None:
        ids = [span["context"]["span_id"] if isinstance(span, Mapping) else span.context.span_id for span in spans]
    else:
        ids = frames.identifiers(dataframe, SPAN_ID_NAMES, "spans_dataframe")
    return list(dict.fromkeys(ids))


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
