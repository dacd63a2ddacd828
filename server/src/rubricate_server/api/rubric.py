"""Rubrics over HTTP, under the name that the wire has for them: annotation configs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import RESERVED_NAMES
from rubricate.records.base import Data, Page
from rubricate.records.rubric import (
    CategoricalRubric,
    ContinuousRubric,
    Rubric,
    RubricFigures,
    RubricIds,
    RubricProject,
    RubricVersion,
    StoredRubric,
    rubric_body,
)
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, global_id, project_of, row_of, storage_of
from rubricate_server.api.moment import iso_from_us
from rubricate_server.storage.contract import Storage, StoredRubricUse, StoredRubricVersion

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["annotation_configs"])

TYPE_NAMES = {
    "CATEGORICAL": "CategoricalAnnotationConfig",
    "CONTINUOUS": "ContinuousAnnotationConfig",
    "FREEFORM": "FreeformAnnotationConfig",
}

MOST_FIGURES = 1000
"""Rubrics that figures are told of; the newest ones. Nobody reads more."""

Limit = Annotated[int, Query(gt=0, le=1000, description="Annotation configs on a page.")]


@router.get("/annotation_configs", response_model=Page[StoredRubric], responses=refusals(422))
def list_annotation_configs(request: Request, cursor: str | None = None, limit: Limit = 100) -> Response:
    """Annotation configs, newest first."""
    return _page(storage_of(request), None, cursor, limit)


@router.post("/annotation_configs", response_model=Data[StoredRubric], responses=refusals(400, 409))
def create_annotation_config(request: Request, new: Rubric) -> Response:
    """Make an annotation config, in its first version."""
    return _answer(storage_of(request).rubrics.create(_valid(new)))


@router.get("/annotation_configs/{config_identifier}", response_model=Data[StoredRubric], responses=refusals(404))
def get_annotation_config(request: Request, config_identifier: str) -> Response:
    """One annotation config, by id or name, in the version in force."""
    return _answer(_rubric(storage_of(request), config_identifier))


@router.put(
    "/annotation_configs/{config_id}", response_model=Data[StoredRubric], responses=refusals(400, 404, 409, 422)
)
def update_annotation_config(request: Request, config_id: str, new: Rubric) -> Response:
    """Replace an annotation config. Its former version is kept: annotations say under which they were given."""
    return _answer(storage_of(request).rubrics.update(_row(config_id), _valid(new)))


@router.delete("/annotation_configs/{config_id}", response_model=Data[StoredRubric], responses=refusals(404, 422))
def delete_annotation_config(request: Request, config_id: str) -> Response:
    """Delete an annotation config, and take it from all projects. Annotations stay."""
    return _answer(storage_of(request).rubrics.delete(_row(config_id)))


@router.post(
    "/annotation_configs/{config_id}/restore", response_model=Data[StoredRubric], responses=refusals(404, 409, 422)
)
def restore_annotation_config(request: Request, config_id: str) -> Response:
    """Bring a deleted annotation config back, with its versions. It is assigned to no project then."""
    return _answer(storage_of(request).rubrics.restore(_row(config_id)))


@router.get(
    "/annotation_configs/{config_identifier}/versions", response_model=Page[RubricVersion], responses=refusals(404)
)
def list_annotation_config_versions(request: Request, config_identifier: str) -> Response:
    """All versions of an annotation config, by id or name, oldest first. By id also when it is deleted."""
    rubrics = storage_of(request).rubrics
    row = row_of(config_identifier, *TYPE_NAMES.values())
    versions = rubrics.versions(rubrics.get_by_name(config_identifier).id if row is None else row)
    if not versions:
        raise ApiError(404, "Annotation configuration not found")
    return page_answer(
        [
            {"number": version.number, "created_at": iso_from_us(version.created_us), "config": _wire(version)}
            for version in versions
        ],
        None,
    )


@router.get(
    "/annotation_configs/{config_identifier}/projects", response_model=Page[RubricProject], responses=refusals(404)
)
def list_annotation_config_projects(request: Request, config_identifier: str) -> Response:
    """The projects that an annotation config was assigned to, and those with annotations of its name; by name."""
    storage = storage_of(request)
    return page_answer([_use(use) for use in storage.rubrics.uses(_rubric(storage, config_identifier).id)], None)


@router.get("/annotation_config_figures", response_model=Page[RubricFigures])
def list_annotation_config_figures(request: Request) -> Response:
    """Where each annotation config is used, and how much; newest first."""
    storage = storage_of(request)
    uses: dict[int, list[StoredRubricUse]] = {}
    for use in storage.rubrics.uses():
        uses.setdefault(use.rubric_id, []).append(use)
    return page_answer(
        [
            {
                "id": _wire(rubric)["id"],
                "version": rubric.number,
                "annotation_count": sum(use.annotation_count for use in uses.get(rubric.id, ())),
                "projects": [_use(use) for use in uses.get(rubric.id, ())],
            }
            for rubric in storage.rubrics.page(limit=MOST_FIGURES)
        ],
        None,
    )


@router.get(
    "/projects/{project_identifier}/annotation_configs", response_model=Page[StoredRubric], responses=refusals(404, 422)
)
def list_project_annotation_configs(
    request: Request, project_identifier: str, cursor: str | None = None, limit: Limit = 100
) -> Response:
    """The annotation configs of a project, newest first."""
    storage = storage_of(request)
    return _page(storage, project_of(storage, project_identifier).id, cursor, limit)


@router.put(
    "/projects/{project_identifier}/annotation_configs", response_model=Page[StoredRubric], responses=refusals(404, 422)
)
def set_project_annotation_configs(request: Request, project_identifier: str, configs: RubricIds) -> Response:
    """Make these the project's annotation configs, and no others."""
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    storage.rubrics.set_assigned(project.id, [_row(config_id) for config_id in configs.annotation_config_ids])
    return _page(storage, project.id, None, 1000)


@router.put(
    "/projects/{project_identifier}/annotation_configs/{config_identifier}",
    response_model=Data[StoredRubric],
    responses=refusals(404),
)
def add_project_annotation_config(request: Request, project_identifier: str, config_identifier: str) -> Response:
    """Add an annotation config to a project; once more changes nothing."""
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    rubric = _rubric(storage, config_identifier)
    storage.rubrics.assign(project.id, [rubric.id])
    return _answer(rubric)


@router.delete(
    "/projects/{project_identifier}/annotation_configs/{config_identifier}",
    status_code=204,
    response_class=Response,
    responses=refusals(404),
)
def remove_project_annotation_config(request: Request, project_identifier: str, config_identifier: str) -> None:
    """Take an annotation config from a project; once more changes nothing."""
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    storage.rubrics.unassign(project.id, _rubric(storage, config_identifier).id)


def _page(storage: Storage, project_id: int | None, cursor: str | None, limit: int) -> Response:
    from_id = cursor_row(cursor, *TYPE_NAMES.values())
    found = storage.rubrics.page(project_id=project_id, from_id=from_id, limit=limit + 1)
    following = _wire(found[limit])["id"] if len(found) > limit else None
    return page_answer([_wire(rubric) for rubric in found[:limit]], following)


def _rubric(storage: Storage, identifier: str) -> StoredRubricVersion:
    row = row_of(identifier, *TYPE_NAMES.values())
    return storage.rubrics.get_by_name(identifier) if row is None else storage.rubrics.get(row)


def _row(config_id: str) -> int:
    row = row_of(config_id, *TYPE_NAMES.values())
    if row is None:
        raise ApiError(422, f"Invalid annotation configuration ID: {config_id}")
    return row


def _valid(rubric: Rubric) -> dict[str, Any]:
    """The rubric as it is stored. Raises 400 or 409 when it cannot be meant."""
    if rubric.name in RESERVED_NAMES:
        raise ApiError(
            409, f"The name {rubric.name!r} is reserved and cannot be used for annotation configs; choose another one."
        )
    match rubric:
        case CategoricalRubric(values=values):
            labels = [value.label for value in values]
            if not labels:
                raise ApiError(400, "values must be non-empty: a categorical config needs at least one label.")
            if not all(label.strip() for label in labels):
                raise ApiError(400, f"values[{_first(not label.strip() for label in labels)}].label must not be empty.")
            repeated = [label for index, label in enumerate(labels) if label in labels[:index]]
            if repeated:
                raise ApiError(400, f"values has the duplicate label {repeated[0]!r}; labels must differ.")
        case ContinuousRubric(lower_bound=lower, upper_bound=upper, step=step) if (
            lower is not None and upper is not None
        ):
            if lower >= upper:
                raise ApiError(400, f"lower_bound ({lower:g}) must be strictly less than upper_bound ({upper:g}).")
            if step is not None and step > upper - lower:
                raise ApiError(
                    400, f"step ({step:g}) must not be larger than upper_bound - lower_bound ({upper - lower:g})."
                )
    return rubric_body(rubric)


def _first(flags: Any) -> int:
    return next(index for index, flag in enumerate(flags) if flag)


def _answer(rubric: StoredRubricVersion) -> Response:
    return json_answer({"data": _wire(rubric)})


def _use(use: StoredRubricUse) -> dict[str, Any]:
    return {
        "id": global_id("Project", use.project_id),
        "name": use.project_name,
        "description": use.project_description,
        "assigned": use.assigned,
        "annotation_count": use.annotation_count,
    }


def _wire(rubric: StoredRubricVersion) -> dict[str, Any]:
    return {**rubric.body, "id": global_id(TYPE_NAMES[rubric.body["type"]], rubric.id)}
