"""Projects over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.project import Project, ProjectCreate, ProjectUpdate
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import cursor_row, global_id, project_of, storage_of
from rubricate_server.storage.contract import StoredProject

router = APIRouter(prefix="/v1/projects", route_class=JsonRoute, tags=["projects"])

Limit = Annotated[int, Query(gt=0, le=1000, description="Projects on a page.")]


@router.get("", response_model=Page[Project], responses=refusals(422))
def list_projects(
    request: Request,
    cursor: str | None = None,
    limit: Limit = 100,
    name_contains: Annotated[str | None, Query(description="Case does not matter.")] = None,
    include_experiment_projects: Annotated[
        bool, Query(description="Also those that hold the traces of experiments.")
    ] = False,
) -> Response:
    """Projects, newest first."""
    found = storage_of(request).projects.page(
        name_contains=name_contains,
        of_experiments=include_experiment_projects,
        from_id=cursor_row(cursor, "Project"),
        limit=limit + 1,
    )
    following = global_id("Project", found[limit].id) if len(found) > limit else None
    return page_answer([_project(project) for project in found[:limit]], following)


@router.post("", response_model=Data[Project], responses=refusals(409))
def create_project(request: Request, new: ProjectCreate) -> Response:
    """Make a project. Ingest makes projects by itself; this is for those that want a description first."""
    return _answer(storage_of(request).projects.create(new.name, new.description))


@router.get("/{project_identifier}", response_model=Data[Project], responses=refusals(404))
def get_project(request: Request, project_identifier: str) -> Response:
    """One project, by id or name."""
    return _answer(project_of(storage_of(request), project_identifier))


@router.put("/{project_identifier}", response_model=Data[Project], responses=refusals(403, 404, 409))
def update_project(request: Request, project_identifier: str, change: ProjectUpdate) -> Response:
    """Change a project's description, or its name. What is not given stays; null takes the description away."""
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    description = change.description if "description" in change.model_fields_set else project.description
    return _answer(storage.projects.update(project.id, description, change.name))


@router.delete("/{project_identifier}", status_code=204, response_class=Response, responses=refusals(403, 404))
def delete_project(request: Request, project_identifier: str) -> None:
    """Delete a project with all that is in it. It is gone at once; its space comes back little by little."""
    storage = storage_of(request)
    storage.projects.delete(project_of(storage, project_identifier).id)


def _answer(project: StoredProject) -> Response:
    return json_answer({"data": _project(project)})


def _project(project: StoredProject) -> dict[str, str | None]:
    return {"name": project.name, "description": project.description, "id": global_id("Project", project.id)}
