"""Annotations of the documents that spans retrieved."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rubricate.client.annotation import span_ids_of
from rubricate.client.calls import TIMEOUT_S, M, Resource, Steps, call
from rubricate.client.target import DOCUMENT, Kind, Selection, add, read, read_frame, write, write_frame
from rubricate.records.annotation import DocumentAnnotationCreate
from rubricate.records.base import JsonObject
from rubricate.records.span import Span

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs


class DocumentAnnotations(Resource[M]):
    """Annotations of documents, in `client.spans`.

    A document is named by its span and its place among the span's `retrieval.documents` (of a `RERANKER`:
    `reranker.output_documents`), counted from zero. An annotation is kept under (span, position, name, identifier).
    """

    @call
    def add_document_annotation(
        self,
        *,
        span_id: str,
        document_position: int,
        annotation_name: str,
        annotator_kind: Kind = "HUMAN",
        label: str | None = None,
        score: float | None = None,
        explanation: str | None = None,
        metadata: JsonObject | None = None,
        identifier: str | None = None,
        sync: bool = False,
    ) -> Steps[JsonObject | None]:
        """Annotate one document; all else as for `add_span_annotation`. Phoenix takes no `identifier` here.

        Raises `InvalidInput` before sending; if `sync`, `NotFound` for an unknown span, and `InvalidRequest` for
        a position beyond its documents.

            >>> [search] = client.spans.get_spans(project_identifier="my-app", name="search")
            >>> client.spans.add_document_annotation(
            ...     span_id=search["context"]["span_id"], document_position=0, annotation_name="relevance", score=1
            ... )
        """
        return (
            yield from add(
                DOCUMENT,
                {"span_id": span_id, "document_position": document_position},
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
    def log_document_annotations(
        self,
        *,
        document_annotations: Iterable[Mapping[str, Any] | DocumentAnnotationCreate],
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[list[JsonObject] | None]:
        """Write many annotations of documents, 100 a request; all else as for `log_span_annotations`.

        Each has `span_id`, `document_position`, `name`, `annotator_kind`, `result`, and if wanted `metadata` and
        `identifier`.

            >>> [search] = client.spans.get_spans(project_identifier="my-app", name="search")
            >>> client.spans.log_document_annotations(document_annotations=[
            ...     {
            ...         "span_id": search["context"]["span_id"],
            ...         "document_position": position,
            ...         "name": "relevance",
            ...         "annotator_kind": "HUMAN",
            ...         "result": {"score": score},
            ...     }
            ...     for position, score in enumerate([1, 0])
            ... ])
        """
        return (yield from write(DocumentAnnotationCreate, document_annotations, sync=sync, progress=progress))

    @call
    def log_document_annotations_dataframe(
        self,
        *,
        dataframe: "pd.DataFrame",
        annotation_name: str | None = None,
        annotator_kind: Kind | None = None,
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[list[JsonObject] | None]:
        """Write the rows of a data frame as annotations of documents; all else as for `log_span_annotations_dataframe`.

        Span and position are columns or levels of the index: `span_id` or `context.span_id`, and `document_position` or
        `position`; so the frame of `get_retrieved_documents` fits.

            >>> from rubricate.client.helpers.spans import get_retrieved_documents
            >>> frame = get_retrieved_documents(client, project_name="my-app")
            >>> frame["score"] = frame["document"].str.contains("warranty").astype(int)
            >>> client.spans.log_document_annotations_dataframe(
            ...     dataframe=frame, annotation_name="relevance", annotator_kind="CODE"
            ... )
        """
        return (
            yield from write_frame(
                DOCUMENT, dataframe, name=annotation_name, kind=annotator_kind, sync=sync, progress=progress
            )
        )

    @call
    def get_document_annotations(
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
        """The annotations of the documents of these spans; all else as for `get_span_annotations`.

        Each is a dict of the fields of `rubricate.records.annotation.DocumentAnnotation`. Notes do not exist here.
        Phoenix has no such call. Raises `NotFound` if none of the spans is in the project.

            >>> searches = client.spans.get_spans(project_identifier="my-app", span_kind="RETRIEVER")
            >>> said = client.spans.get_document_annotations(spans=searches, project_identifier="my-app")
            >>> sorted((each["document_position"], each["result"]["label"]) for each in said)
            [(0, 'relevant'), (1, 'not relevant')]
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names or (), limit, timeout, progress
        )
        return (yield from read(DOCUMENT, span_ids_of(span_ids, spans, None), selection))

    @call
    def get_document_annotations_dataframe(
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
        """The same as a data frame, indexed by `span_id` and `document_position`.

        Columns, and the ways to give the spans, are those of `get_span_annotations_dataframe`. Raises `NotFound` if
        none of the spans is in the project, `MissingExtra` without pandas.

            >>> frame = client.spans.get_document_annotations_dataframe(
            ...     spans_dataframe=client.spans.get_spans_dataframe(project_name="my-app"), project_identifier="my-app"
            ... )
            >>> frame.groupby("document_position")["result.score"].mean().to_dict()
            {0: 1.0, 1: 0.0}
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names or (), limit, timeout, progress
        )
        return (yield from read_frame(DOCUMENT, span_ids_of(span_ids, spans, spans_dataframe), selection))
