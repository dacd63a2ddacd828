"""Sessions over HTTP: pages of them, one of them, deletion."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.session import Session, SessionDeletion
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.condition import condition_of
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, global_id, project_of, row_of, storage_of
from rubricate_server.api.moment import iso_from_ns
from rubricate_server.domain.filter import SESSIONS
from rubricate_server.storage.contract import SessionQuery, Storage, StoredSession
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["sessions"])

TYPE_NAME = "ProjectSession"

Filter = Annotated[str | None, Query(description="A condition, such as `num_traces > 3 and 'refund' in any_input`.")]


@router.get("/projects/{project_identifier}/sessions", response_model=Page[Session], responses=refusals(400, 404, 422))
def list_project_sessions(
    request: Request,
    project_identifier: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Sessions on a page.")] = 100,
    order: Annotated[Literal["asc", "desc"], Query(description="By id.")] = "asc",
    filter: Filter = None,
) -> Response:
    """Sessions of a project, oldest first unless told otherwise."""
    storage = storage_of(request)
    query = SessionQuery(
        project_of(storage, project_identifier).id,
        condition=condition_of(filter, SESSIONS),
        descending=order == "desc",
        from_id=cursor_row(cursor, TYPE_NAME),
    )
    found = storage.sessions.find(query, limit + 1)
    following = global_id(TYPE_NAME, found[limit].id) if len(found) > limit else None
    return page_answer([_wire(session) for session in found[:limit]], following)


@router.get("/sessions/{session_identifier}", response_model=Data[Session], responses=refusals(404))
def get_session(request: Request, session_identifier: str) -> Response:
    """One session, by the id that the application gave or by global id."""
    storage = storage_of(request)
    try:
        session = session_of(storage, session_identifier)
    except NotFound:
        raise ApiError(404, f"Session with {_kind_of(session_identifier)} {session_identifier} not found") from None
    return json_answer({"data": _wire(session)})


@router.delete("/sessions/{session_identifier}", status_code=204, response_class=Response, responses=refusals(404))
def delete_session(request: Request, session_identifier: str) -> None:
    """Delete one session with its traces, their spans and all annotations."""
    storage = storage_of(request)
    try:
        session = session_of(storage, session_identifier)
    except NotFound:
        raise ApiError(404, f"Session with {_kind_of(session_identifier)} {session_identifier!r} not found") from None
    storage.sessions.delete([session.id])


@router.post("/sessions/delete", status_code=204, response_class=Response, responses=refusals(422))
def delete_sessions(request: Request, body: SessionDeletion) -> None:
    """Delete several sessions with all that is in them. Those that are not there are passed over."""
    if not body.session_identifiers:
        raise ApiError(422, "Session identifier list must not be empty.")
    rows = [row_of(identifier, TYPE_NAME) for identifier in body.session_identifiers]
    storage = storage_of(request)
    if None not in rows:
        storage.sessions.delete([row for row in rows if row is not None])
    elif any(row is not None for row in rows):
        raise ApiError(422, "All identifiers must be the same type: either all GlobalIDs or all session_id strings.")
    else:
        storage.sessions.delete(list(storage.sessions.rows_of(body.session_identifiers).values()))


def session_of(storage: Storage, identifier: str) -> StoredSession:
    """A session by the id that the application gave, or by global id. Raises NotFound."""
    row = row_of(identifier, TYPE_NAME)
    return storage.sessions.get(identifier) if row is None else storage.sessions.get_by_id(row)


def _kind_of(identifier: str) -> str:
    return "session_id" if row_of(identifier, TYPE_NAME) is None else "ID"


def _wire(session: StoredSession) -> dict[str, Any]:
    prompt = sum(trace.tokens_prompt for trace in session.traces)
    completion = sum(trace.tokens_completion for trace in session.traces)
    return {
        "id": global_id(TYPE_NAME, session.id),
        "session_id": session.session_id,
        "project_id": global_id("Project", session.project_id),
        "start_time": iso_from_ns(session.start_ns),
        "end_time": iso_from_ns(session.end_ns),
        "traces": [
            {
                "id": global_id("Trace", trace.id),
                "trace_id": trace.trace_id.hex(),
                "start_time": iso_from_ns(trace.start_ns),
                "end_time": iso_from_ns(trace.end_ns),
            }
            for trace in session.traces
        ],
        "token_count_prompt": prompt,
        "token_count_completion": completion,
        "token_count_total": prompt + completion,
    }
