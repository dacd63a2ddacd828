"""Taking out what people look at: spans, traces, sessions with their annotations, or the annotations, as a file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate.records.base import StrictInput
from rubricate.records.item import ItemKind
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.export_formats import FORMATS, Format
from rubricate_server.api.export_rows import (
    ANNOTATION_COLUMNS,
    Row,
    annotation_row,
    column_names,
    item_columns,
    item_row,
)
from rubricate_server.api.filter import LANGUAGES
from rubricate_server.api.form import FORM, form_or_json
from rubricate_server.api.identifier import project_of, row_of, storage_of
from rubricate_server.api.moment import bound_ns, us_of
from rubricate_server.api.streaming import Streamed
from rubricate_server.api.target import TARGETS, TYPE_NAMES, key_from_any_id
from rubricate_server.domain.filter import SPANS
from rubricate_server.storage.contract import (
    AnnotationQuery,
    ExportedItem,
    ExportQuery,
    Storage,
    StoredAnnotation,
    StoredProject,
)
from rubricate_server.storage.errors import NotFound

router = APIRouter(
    prefix="/v1/projects/{project_identifier}",
    route_class=form_or_json("ids", "name", "identifier", "label"),
    tags=["export"],
)

Exported = Literal["span", "trace", "session", "annotation"]

MOST_NAMES: Final = 100
"""Names of annotations that get columns."""
IDS_AT_ONCE: Final = 500
ANNOTATIONS_AT_ONCE: Final = 1000

_KINDS: Final[dict[ItemKind, tuple[TargetKind, ...]]] = {
    "span": (TargetKind.SPAN, TargetKind.DOCUMENT),
    "trace": (TargetKind.TRACE,),
    "session": (TargetKind.SESSION,),
}
_DOWNLOAD: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A file, sent while it is made.",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in ("application/x-ndjson", "text/csv", "application/vnd.apache.parquet")
        },
    }
}


class ExportBody(StrictInput):
    """What to take out: the same as the query of the GET form, for many ids."""

    target_kind: Exported = "span"
    format: Format = "jsonl"
    filter: str | None = None
    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    roots_only: bool = False
    ids: list[str] | None = None
    """Only these; as many as the largest body holds."""
    name: list[str] | None = None
    identifier: list[str] | None = None
    annotator_kind: AnnotatorKind | None = None
    label: list[str] | None = None


@router.get("/export", response_class=Response, responses={**_DOWNLOAD, **refusals(400, 404, 422)})
def export_items(
    request: Request,
    project_identifier: str,
    target_kind: Annotated[Exported, Query(description="What a row is.")] = "span",
    format: Format = "jsonl",
    filter: Annotated[
        str | None, Query(description="A condition about that kind; for annotations, about the spans they are on.")
    ] = None,
    start_time: Annotated[datetime | None, Query(description="Started (annotations: created) at or after.")] = None,
    end_time: Annotated[datetime | None, Query(description="Started (annotations: created) before.")] = None,
    roots_only: Annotated[bool, Query(description="Of spans: only those without a parent.")] = False,
    id: Annotated[list[str] | None, Query(description="Only these; repeat for several.")] = None,
    name: Annotated[list[str] | None, Query(description="Of annotations only: any of these names.")] = None,
    identifier: Annotated[list[str] | None, Query(description="Of annotations only: by any of these.")] = None,
    annotator_kind: Annotated[AnnotatorKind | None, Query(description="Of annotations only.")] = None,
    label: Annotated[list[str] | None, Query(description="Of annotations only: any of these labels.")] = None,
) -> Response:
    """All that match, newest first, as a file: JSON lines, CSV or Parquet.

    Items come with inputs and outputs whole, all attributes, and what is annotated: three columns for each name (what
    people say first, else judges, else code) and one with all annotations. Annotations come with previews of what they
    are about.
    """
    wanted = ExportBody.model_construct(
        target_kind=target_kind,
        format=format,
        filter=filter,
        start_time=start_time,
        end_time=end_time,
        roots_only=roots_only,
        ids=id,
        name=name,
        identifier=identifier,
        annotator_kind=annotator_kind,
        label=label,
    )
    return _export(request, project_identifier, wanted)


@router.post(
    "/export",
    response_class=Response,
    responses={**_DOWNLOAD, **refusals(400, 404, 422)},
    openapi_extra={"requestBody": {"content": {FORM: {"schema": {"$ref": "#/components/schemas/ExportBody"}}}}},
)
def export_chosen_items(request: Request, project_identifier: str, body: ExportBody) -> Response:
    """The same, for more ids than an address holds: as JSON, or as a form of a page, whose fields may be repeated."""
    return _export(request, project_identifier, body)


def _export(request: Request, project_identifier: str, wanted: ExportBody) -> Response:
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    if wanted.roots_only and wanted.target_kind != "span":
        raise ApiError(422, "roots_only is for target_kind=span.")
    if wanted.target_kind == "annotation":
        columns, batches = list(ANNOTATION_COLUMNS), _annotations(storage, project, wanted)
    else:
        kind = wanted.target_kind
        if wanted.name or wanted.identifier or wanted.annotator_kind or wanted.label:
            raise ApiError(422, "name, identifier, annotator_kind and label narrow only target_kind=annotation.")
        target = TargetKind(kind)
        names = list(column_names(storage.explore.annotation_names(project.id, target, MOST_NAMES + 1)))[:MOST_NAMES]
        columns, batches = item_columns(kind, names), _items(storage, project, kind, wanted, names)
    # The first batch now: what the database refuses is told while there is still a status to tell it with.
    first = list(islice(batches, 1))
    written = FORMATS[wanted.format]
    return Streamed(
        written.write(columns, chain(first, batches)),
        written.media_type,
        headers={"content-disposition": _disposition(project.name, wanted)},
    )


def _disposition(project: str, wanted: ExportBody) -> str:
    """A name for the file: in ASCII for all, and as it is for those who read RFC 6266."""
    name = f"{project}-{wanted.target_kind}s-{datetime.now(UTC):%Y-%m-%d}.{wanted.format}"
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


# --- items ------------------------------------------------------------------------------------------------------------


def _items(
    storage: Storage, project: StoredProject, kind: ItemKind, wanted: ExportBody, names: Sequence[str]
) -> Iterator[list[Row]]:
    query = ExportQuery(
        project.id,
        kind,
        condition_of(wanted.filter, LANGUAGES[kind]),
        bound_ns(wanted.start_time),
        bound_ns(wanted.end_time),
        wanted.roots_only,
    )
    queries: Iterable[ExportQuery] = [query]
    if wanted.ids is not None:
        keys = _keys(storage, kind, wanted.ids)
        queries = (replace(query, keys=some) for some in _chunks(keys))
    return _rows(storage, project.id, kind, queries, names)


def _rows(
    storage: Storage, project_id: int, kind: ItemKind, queries: Iterable[ExportQuery], names: Sequence[str]
) -> Iterator[list[Row]]:
    for query in queries:
        for items in storage.export.items(query):
            said = _annotations_of(storage, project_id, kind, items)
            yield [item_row(kind, item, said.get(item.key, ()), names) for item in items]


def _annotations_of(
    storage: Storage, project_id: int, kind: ItemKind, items: Sequence[ExportedItem]
) -> dict[bytes, list[StoredAnnotation]]:
    found: dict[bytes, list[StoredAnnotation]] = {}
    for target_kind in _KINDS[kind]:
        query = AnnotationQuery(project_id, target_kind, target_ids=tuple(item.key for item in items))
        for annotations in _pages(storage, query):
            for annotation in annotations:
                found.setdefault(annotation.key.target_id, []).append(annotation)
    return found


def _keys(storage: Storage, kind: ItemKind, ids: Sequence[str]) -> list[bytes]:
    """Raises 422 for what can be no id; what is not there is left out."""
    target, keys = TARGETS[TargetKind(kind)], []
    for identifier in dict.fromkeys(ids):
        key = key_from_any_id(storage, target, identifier)
        if key is not None:
            keys.append(key)
        elif row_of(identifier, target.own_type_name) is None:
            raise ApiError(422, f"id: {identifier!r} is not the id of a {kind}.")
    return keys


def _chunks(keys: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    for start in range(0, len(keys), IDS_AT_ONCE):
        yield tuple(keys[start : start + IDS_AT_ONCE])


# --- annotations ------------------------------------------------------------------------------------------------------


def _annotations(storage: Storage, project: StoredProject, wanted: ExportBody) -> Iterator[list[Row]]:
    query = AnnotationQuery(
        project.id,
        names=tuple(wanted.name or ()),
        identifiers=tuple(wanted.identifier or ()),
        annotator_kind=wanted.annotator_kind,
        labels=tuple(wanted.label or ()),
        created_from_us=us_of(wanted.start_time) if wanted.start_time else None,
        created_until_us=us_of(wanted.end_time) if wanted.end_time else None,
    )
    condition = condition_of(wanted.filter, SPANS)
    pages = _pages(storage, query) if wanted.ids is None else _chosen(storage, query, wanted.ids)
    for page in pages:
        found = page
        if condition is not None:
            spans = [each for each in page if each.key.target_kind in _KINDS["span"]]
            met = storage.export.spans_that_meet(condition, list({each.key.target_id for each in spans}))
            found = [each for each in spans if each.key.target_id in met]
        previews = storage.export.previews([each.key for each in found])
        yield [annotation_row(each, previews.get((each.key.target_kind, each.key.target_id))) for each in found]


def _pages(storage: Storage, query: AnnotationQuery) -> Iterator[list[StoredAnnotation]]:
    while True:
        page = storage.annotations.find(query, ANNOTATIONS_AT_ONCE)
        if page:
            yield page
        if len(page) < ANNOTATIONS_AT_ONCE:
            return
        query = replace(query, from_id=page[-1].id - 1)


def _chosen(storage: Storage, query: AnnotationQuery, ids: Sequence[str]) -> Iterator[list[StoredAnnotation]]:
    """Annotations by id, as far as they are in the project and nothing else narrows them away."""
    rows = []
    for identifier in dict.fromkeys(ids):
        row = row_of(identifier, *TYPE_NAMES)
        if row is None:
            raise ApiError(
                422, f"id: {identifier!r} is not the id of an annotation; it is one of {', '.join(TYPE_NAMES)}."
            )
        rows.append(row)
    for start in range(0, len(rows), IDS_AT_ONCE):
        found = []
        for row in rows[start : start + IDS_AT_ONCE]:
            try:
                annotation = storage.annotations.get(row)
            except NotFound:
                continue
            if annotation.project_id == query.project_id:
                found.append(annotation)
        yield found
