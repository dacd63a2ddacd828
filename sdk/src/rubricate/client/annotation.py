"""Annotations of spans: written one by one, in batches or from data frames, and read back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rubricate.client import frame as frames
from rubricate.client.calls import TIMEOUT_S, M, Resource, Steps, call
from rubricate.client.target import (
    SPAN,
    SPAN_ID_NAMES,
    Kind,
    Selection,
    add,
    read,
    read_frame,
    write,
    write_frame,
    write_note,
)
from rubricate.errors import InvalidInput
from rubricate.records.annotation import SpanAnnotationCreate
from rubricate.records.base import JsonObject
from rubricate.records.span import Span, SpanCreate

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs


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
        OpenTelemetry's `format_span_id` or `rubricate.capture_span_context` give it. With `sync=True` the span must
        have arrived, and the answer is `{"id": …}`; else the span may arrive later, and the answer is None.
        `annotator_kind` says who annotates: "HUMAN", "LLM" (a judge) or "CODE"; `identifier`, which of them, so that
        several can answer to one name; `metadata` is a dict of any JSON.

        Raises `InvalidInput` before sending, and `NotFound` if `sync` and the span is unknown.

            >>> client.annotations.add_span_annotation(
            ...     span_id=span_id, annotation_name="user feedback", label="thumbs up", score=1
            ... )
        """
        return (
            yield from add(
                SPAN,
                {"span_id": span_id},
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
    def log_span_annotations(
        self,
        *,
        span_annotations: Iterable[Mapping[str, Any] | SpanAnnotationCreate],
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[list[JsonObject] | None]:
        """Write many annotations, 100 a request.

        Each is a dict of `span_id`, `name`, `annotator_kind` ("HUMAN", "LLM", "CODE") and `result`
        (`{"label", "score", "explanation"}`, at least one), and if wanted `metadata` and `identifier`; or a
        `rubricate.records.annotation.SpanAnnotationCreate`. All are checked before the first is sent; sending again
        after an error does no harm. With `sync=True` the answer is a list of `{"id": …}` in the same order, else None.
        On a terminal, what takes long tells how far it is, unless `progress=False`.

        Raises `InvalidInput`, naming the annotation, the field and the reason, and `NotFound` if `sync` and a span is
        unknown.

            >>> spans = client.spans.get_spans(project_identifier="my-app", span_kind="LLM")
            >>> client.spans.log_span_annotations(span_annotations=[
            ...     {
            ...         "span_id": span["context"]["span_id"],
            ...         "name": "short",
            ...         "annotator_kind": "CODE",
            ...         "result": {"score": len(span["attributes"]["output.value"]) < 100},
            ...     }
            ...     for span in spans
            ... ])
        """
        return (yield from write(SpanAnnotationCreate, span_annotations, sync=sync, progress=progress))

    @call
    def log_span_annotations_dataframe(
        self,
        *,
        dataframe: "pd.DataFrame",
        annotation_name: str | None = None,
        annotator_kind: Kind | None = None,
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[list[JsonObject] | None]:
        """Write the rows of a data frame as annotations, 100 a request.

        The span's id is in the column or index `span_id` or `context.span_id`, or in an index of strings without
        a name. Columns that are read: `name` or `annotation_name`, `annotator_kind`, `label`, `score`, `explanation`,
        `metadata`, `identifier`; others are ignored. The arguments hold for rows (or frames) that do not say
        themselves. Rows with neither label, score nor explanation are left out, with a warning. The answer is as of
        `log_span_annotations`.

        Raises `InvalidInput` (also for a missing column), `MissingExtra` without pandas, and `NotFound` if `sync` and
        a span is unknown.

            >>> frame = client.get_spans_dataframe("span_kind == 'LLM'", project_name="my-app")
            >>> frame["label"] = frame["attributes.output.value"].str.contains("orry").map({True: "yes", False: "no"})
            >>> client.spans.log_span_annotations_dataframe(
            ...     dataframe=frame, annotation_name="apologises", annotator_kind="CODE"
            ... )
        """
        return (
            yield from write_frame(
                SPAN, dataframe, name=annotation_name, kind=annotator_kind, sync=sync, progress=progress
            )
        )

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
        progress: bool = True,
    ) -> Steps[list[JsonObject]]:
        """The annotations of these spans, as dicts of the fields of `rubricate.records.annotation.SpanAnnotation`.

        Give either `span_ids` or `spans` (from `get_spans`). `project_identifier` is a project's name or id; default
        the environment's project. All annotations are returned; `limit` is only how many a request asks for. Notes are
        left out unless `include_annotation_names` names "note". `timeout` is in seconds a request.

        Raises `NotFound` if none of the spans is in the project.

            >>> spans = client.spans.get_spans(project_identifier="my-app", span_kind="LLM")
            >>> said = client.spans.get_span_annotations(spans=spans, project_identifier="my-app")
            >>> sorted({(each["name"], each["annotator_kind"]) for each in said})
            [('correctness', 'HUMAN'), ('correctness', 'LLM')]
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names, limit, timeout, progress
        )
        return (yield from read(SPAN, span_ids_of(span_ids, spans, None), selection))

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
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The annotations of these spans as a data frame, one row an annotation, indexed by `span_id`.

        Columns: `annotation_name`, `annotator_kind`, `result.label`, `result.score`, `result.explanation`, `metadata`,
        `identifier`, `id`, `created_at`, `updated_at`, `source`, `user_id`. Arguments as for `get_span_annotations`;
        the spans may also come as the frame of `get_spans_dataframe`.

        Raises `NotFound` if none of the spans is in the project, `MissingExtra` without pandas.

            >>> spans = client.spans.get_spans_dataframe(project_name="my-app")
            >>> labels = client.spans.get_span_annotations_dataframe(
            ...     spans_dataframe=spans, project_identifier="my-app"
            ... )
            >>> labels.groupby("annotator_kind")["result.score"].mean().round(2).to_dict()
            {'HUMAN': 0.5, 'LLM': 0.33}
            >>> spans_and_labels = spans.join(labels)
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names, limit, timeout, progress
        )
        return (yield from read_frame(SPAN, span_ids_of(span_ids, spans, spans_dataframe), selection))

    @call
    def add_span_note(self, *, span_id: str, note: str, identifier: str | None = None) -> Steps[JsonObject]:
        """Put a note on a span; the answer is `{"id": …}`. Notes pile up, unless an `identifier` says which to replace.

        Raises `NotFound` if the span is unknown.

            >>> client.spans.add_span_note(span_id=span_id, note="Ask Ana about this one.")
            {'id': '...'}
        """
        return (yield from write_note(SPAN, span_id, note, identifier))


def span_ids_of(
    span_ids: Iterable[str] | None,
    spans: Iterable[Mapping[str, Any] | Span | SpanCreate] | None,
    dataframe: "pd.DataFrame | None",
) -> list[str]:
    """The ids of spans that were given in one of three ways."""
    if sum(each is not None for each in (span_ids, spans, dataframe)) != 1:
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
