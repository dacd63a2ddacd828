"""Retention over HTTP: policies, and which of them a project follows."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.retention import (
    ProjectRetention,
    ProjectRetentionUpdate,
    RetentionPolicy,
    RetentionPolicyCreate,
)
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, global_id, project_of, row_of, storage_of
from rubricate_server.storage.contract import RetentionRule, StoredRetention
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["retention"])

TYPE_NAME = "ProjectTraceRetentionPolicy"
DEFAULT_ROW = 0
"""Under this row clients of Phoenix know the default policy."""


@router.patch(
    "/projects/{project_identifier}/retention", response_model=Data[ProjectRetention], responses=refusals(404, 422)
)
def set_project_retention_policy(request: Request, project_identifier: str, body: ProjectRetentionUpdate) -> Response:
    """Have a project follow a retention policy, or, with null, the default of the server's settings."""
    storage = storage_of(request)
    project = project_of(storage, project_identifier)
    row = None if body.policy_id is None else _row(body.policy_id, 422)
    policy = None if row == DEFAULT_ROW else row
    try:
        storage.retention.assign(project.id, policy)
    except NotFound:
        raise _missing(str(body.policy_id)) from None
    return json_answer(
        {
            "data": {
                "project_id": global_id("Project", project.id),
                "policy_id": None if policy is None else global_id(TYPE_NAME, policy),
            }
        }
    )


@router.get("/retention_policies", response_model=Page[RetentionPolicy], responses=refusals(422))
def list_retention_policies(
    request: Request,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Policies on a page.")] = 100,
) -> Response:
    """Retention policies, newest first."""
    found = storage_of(request).retention.page(from_id=cursor_row(cursor, TYPE_NAME), limit=limit + 1)
    following = global_id(TYPE_NAME, found[limit].id) if len(found) > limit else None
    return page_answer([_wire(policy) for policy in found[:limit]], following)


@router.post("/retention_policies", status_code=201, response_model=Data[RetentionPolicy], responses=refusals(409))
def create_retention_policy(request: Request, new: RetentionPolicyCreate) -> Response:
    """Make a retention policy. It acts on the projects that are told to follow it."""
    stored = storage_of(request).retention.create(new.name, RetentionRule(new.max_days, new.max_traces))
    return json_answer({"data": _wire(stored)}, 201)


@router.get("/retention_policies/{policy_id}", response_model=Data[RetentionPolicy], responses=refusals(404))
def get_retention_policy(request: Request, policy_id: str) -> Response:
    """One retention policy."""
    try:
        return json_answer({"data": _wire(storage_of(request).retention.get(_row(policy_id, 404)))})
    except NotFound:
        raise _missing(policy_id) from None


@router.put("/retention_policies/{policy_id}", response_model=Data[RetentionPolicy], responses=refusals(404, 409))
def update_retention_policy(request: Request, policy_id: str, change: RetentionPolicyCreate) -> Response:
    """Replace a retention policy."""
    rule = RetentionRule(change.max_days, change.max_traces)
    try:
        stored = storage_of(request).retention.update(_row(policy_id, 404), change.name, rule)
    except NotFound:
        raise _missing(policy_id) from None
    return json_answer({"data": _wire(stored)})


@router.delete("/retention_policies/{policy_id}", status_code=204, response_class=Response, responses=refusals(404))
def delete_retention_policy(request: Request, policy_id: str) -> None:
    """Delete a retention policy. Its projects follow the default again."""
    try:
        storage_of(request).retention.delete(_row(policy_id, 404))
    except NotFound:
        raise _missing(policy_id) from None


def _row(policy_id: str, status: int) -> int:
    row = row_of(policy_id, TYPE_NAME)
    if row is None:
        raise ApiError(status, f"Invalid retention policy ID: {policy_id}")
    return row


def _missing(policy_id: str) -> ApiError:
    return ApiError(404, f"Retention policy with ID {policy_id} not found")


def _wire(policy: StoredRetention) -> dict[str, Any]:
    return {
        "id": global_id(TYPE_NAME, policy.id),
        "name": policy.name,
        "max_days": policy.rule.max_days,
        "max_traces": policy.rule.max_traces,
    }
