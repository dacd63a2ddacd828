"""Short links: from an id, or from an address as Phoenix has them, to the page that shows it."""

from html import escape
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rubricate.records.annotation import TargetKind
from rubricate_server.api.errors import ApiError, refusal
from rubricate_server.api.identifier import dataset_of, global_id, project_of, storage_of
from rubricate_server.api.target import TARGETS, key_from_any_id
from rubricate_server.storage.contract import Storage, StoredItem, StoredProject
from rubricate_server.storage.errors import NotFound

router = APIRouter(include_in_schema=False)

_UNSPEAKABLE = frozenset("/\\?#%")
"""Characters of a name that cannot stand in a path."""
_LEVELS = ("spans", "traces", "sessions")


@router.get("/o/span/{identifier}")
@router.get("/redirects/spans/{identifier}")
@router.get("/projects/{project_identifier}/spans/{identifier}")
def open_span(request: Request, identifier: str) -> Response:
    """To the span in its trace. Its own project counts, whatever the address says."""
    return _to_item(request, TargetKind.SPAN, identifier)


@router.get("/o/trace/{identifier}")
@router.get("/redirects/traces/{identifier}")
@router.get("/projects/{project_identifier}/traces/{identifier}")
def open_trace(request: Request, identifier: str) -> Response:
    """To the trace, and in it to the span that Phoenix's address selects."""
    return _to_item(request, TargetKind.TRACE, identifier, request.query_params.get("selectedSpanNodeId"))


@router.get("/o/session/{identifier:path}")
@router.get("/redirects/sessions/{identifier:path}")
@router.get("/projects/{project_identifier}/sessions/{identifier:path}")
def open_session(request: Request, identifier: str) -> Response:
    """To the session."""
    return _to_item(request, TargetKind.SESSION, identifier)


@router.get("/redirects/projects/{identifier}")
@router.get("/projects/{identifier}")
def open_project(request: Request, identifier: str) -> Response:
    """To the project."""
    return _to_project(request, identifier, "")


@router.get("/projects/{identifier}/{tab}")
def open_project_tab(request: Request, identifier: str, tab: str) -> Response:
    """To the list of the project's spans, traces or sessions; to the project for other tabs."""
    return _to_project(request, identifier, f"/explore?level={tab}" if tab in _LEVELS else "")


@router.get("/datasets/{identifier}/examples")
@router.get("/datasets/{identifier}/experiments")
@router.get("/datasets/{identifier}/compare")
@router.get("/redirects/datasets/{identifier}")
@router.get("/redirects/datasets/{identifier}/examples/{example:path}")
def open_dataset(request: Request, identifier: str) -> Response:
    """To the dataset, from Phoenix's addresses of its examples, its experiments and their comparison."""
    try:
        dataset = dataset_of(storage_of(request), identifier)
    except ApiError:
        return _lost(request, f"There is no dataset {identifier}.")
    address = f"/datasets/{quote(global_id('Dataset', dataset.id), safe='')}"
    return _to(f"{address}?{request.url.query}" if request.url.query else address, 307)


def _to_item(request: Request, kind: TargetKind, identifier: str, selected: str | None = None) -> Response:
    storage = storage_of(request)
    key = key_from_any_id(storage, TARGETS[kind], identifier)
    try:
        item = storage.items.get(kind, key or b"")
        project = storage.projects.get_by_id(item.project_id)
    except NotFound:
        return _lost(request, f"There is no {kind} {identifier}. It may not have arrived yet, or it was deleted.")
    return _to(f"/p/{_segment(project)}{_place(storage, item, selected)}")


def _place(storage: Storage, item: StoredItem, selected: str | None) -> str:
    if item.kind == TargetKind.SESSION:
        return f"/s/{quote(item.key.decode(), safe='')}"
    trace_id = "" if item.trace_id is None else item.trace_id.hex()
    span_id = item.key if item.kind == TargetKind.SPAN else None
    if selected:
        span_id = key_from_any_id(storage, TARGETS[TargetKind.SPAN], selected)
    return f"/t/{trace_id}" + (f"?{urlencode({'span': span_id.hex()})}" if span_id is not None else "")


def _to_project(request: Request, identifier: str, place: str) -> Response:
    try:
        project = project_of(storage_of(request), identifier)
    except ApiError:
        return _lost(request, f"There is no project {identifier}.")
    return _to(f"/p/{_segment(project)}{place}")


def _segment(project: StoredProject) -> str:
    """How the page's addresses call a project: by name, or by id where the name cannot stand in a path."""
    if project.name in (".", "..") or _UNSPEAKABLE & set(project.name):
        return quote(global_id("Project", project.id), safe="")
    return quote(project.name, safe="")


def _to(address: str, status: int = 302) -> Response:
    # Not for good: what has no project now may be moved to one later.
    return RedirectResponse(address, status, {"Cache-Control": "no-store"})


def _lost(request: Request, words: str) -> Response:
    """Not found: as a page for a browser, as text for a program."""
    if "text/html" not in request.headers.get("accept", ""):
        return refusal(request, 404, words)
    return HTMLResponse(_LOST.format(escape(words)), 404, {"Cache-Control": "no-store"})


_LOST = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Not found</title>
<meta name="color-scheme" content="light dark"><style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:20vh auto;
padding:0 1rem;overflow-wrap:anywhere}}</style>
<main><h1>Not found</h1><p>{}</p><p><a href="/">All projects</a></p></main></html>
"""
