"""API keys over HTTP: one's own, for admins those of others, and those of the system."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.api_key import ApiKey, ApiKeyBody, CreatedApiKey, UserApiKey
from rubricate.records.base import Data, Page
from rubricate_server.actions.credentials import Credentials
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.guard import principal_of
from rubricate_server.api.identifier import cursor_row, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_us, us_of
from rubricate_server.api.user import ACCOUNTS_ON, OFF
from rubricate_server.domain.secret import KEY_PREFIX, digest_of, new_token
from rubricate_server.storage.contract import NewApiKey, StoredApiKey
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["accounts"], dependencies=[ACCOUNTS_ON])

USER_KEY = "UserApiKey"
SYSTEM_KEY = "SystemApiKey"


@router.get("/user/api_keys", response_model=Page[ApiKey], responses=refusals(400))
def list_own_api_keys(request: Request) -> Response:
    """One's own keys, newest first."""
    return _list(request, _own(request))


@router.post("/user/api_keys", status_code=201, response_model=Data[CreatedApiKey], responses=refusals(400, 422))
def create_own_api_key(request: Request, body: ApiKeyBody) -> Response:
    """Make a key of one's own: what it sends counts as this user's. The key is in this answer and nowhere else."""
    return _create(request, body, _own(request))


@router.delete("/user/api_keys/{key_id}", status_code=204, response_class=Response, responses=refusals(400, 404, 422))
def delete_own_api_key(request: Request, key_id: str) -> None:
    """Delete a key of one's own. It is refused from now on."""
    _delete(request, key_id, _own(request))


@router.get("/users/api_keys", response_model=Page[UserApiKey], responses=refusals(400, 422))
def list_user_api_keys(
    request: Request,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Keys on a page.")] = 100,
) -> Response:
    """The keys of all users, newest first."""
    _keep_use(request)
    found = storage_of(request).accounts.keys_of_users(from_id=cursor_row(cursor, USER_KEY), limit=limit + 1)
    following = global_id(USER_KEY, found[limit][0].id) if len(found) > limit else None
    shown = [
        _wire(key) | {"user": {"id": global_id("User", user.id), "username": user.username, "email": user.email}}
        for key, user in found[:limit]
    ]
    return page_answer(shown, following)


@router.delete("/users/api_keys/{key_id}", status_code=204, response_class=Response, responses=refusals(400, 404, 422))
def delete_user_api_key(request: Request, key_id: str) -> None:
    """Delete a key, whichever user's it is. It is refused from now on."""
    try:
        storage_of(request).accounts.delete_user_key(_row(key_id, USER_KEY))
    except NotFound:
        raise _missing(key_id) from None


@router.get("/system/api_keys", response_model=Page[ApiKey], responses=refusals(400))
def list_system_api_keys(request: Request) -> Response:
    """The keys of the system, newest first."""
    return _list(request, None)


@router.post("/system/api_keys", status_code=201, response_model=Data[CreatedApiKey], responses=refusals(400, 422))
def create_system_api_key(request: Request, body: ApiKeyBody) -> Response:
    """Make a key that belongs to nobody, for applications. The key is in this answer and nowhere else."""
    return _create(request, body, None)


@router.delete("/system/api_keys/{key_id}", status_code=204, response_class=Response, responses=refusals(400, 404, 422))
def delete_system_api_key(request: Request, key_id: str) -> None:
    """Delete a key of the system. It is refused from now on."""
    _delete(request, key_id, None)


def _own(request: Request) -> int:
    principal = principal_of(request)
    if principal is None:
        raise ApiError(400, OFF)
    if principal.user_row is None:
        raise ApiError(400, "The system has no keys of its own here: ask /v1/system/api_keys.")
    return principal.user_row


def _list(request: Request, user_id: int | None) -> Response:
    _keep_use(request)
    return page_answer([_wire(key) for key in storage_of(request).accounts.keys_of(user_id)], None)


def _create(request: Request, body: ApiKeyBody, user_id: int | None) -> Response:
    given = body.data
    expires_us = None if given.expires_at is None else us_of(given.expires_at)
    if expires_us is not None and expires_us <= time.time_ns() // 1000:
        raise ApiError(422, "data.expires_at lies in the past: the key would never work.")
    key = new_token(KEY_PREFIX)
    made = storage_of(request).accounts.create_key(
        NewApiKey(digest_of(key), user_id, given.name, given.description, key[-4:], expires_us)
    )
    return json_answer({"data": _wire(made) | {"key": key}}, 201)


def _delete(request: Request, key_id: str, user_id: int | None) -> None:
    row = _row(key_id, SYSTEM_KEY if user_id is None else USER_KEY)
    try:
        storage_of(request).accounts.delete_key(row, user_id)
    except NotFound:
        raise _missing(key_id) from None


def _row(key_id: str, type_name: str) -> int:
    row = row_of(key_id, type_name)
    if row is None:
        raise ApiError(422, f"{key_id!r} is not the id of such a key: it is a global id of {type_name}.")
    return row


def _missing(key_id: str) -> ApiError:
    return ApiError(404, f"There is no such key {key_id}; it may be deleted already.")


def _keep_use(request: Request) -> None:
    """So that the list tells the last use to the second."""
    credentials: Credentials | None = request.app.state.credentials
    if credentials is not None:
        credentials.keep_use()


def _wire(key: StoredApiKey) -> dict[str, Any]:
    return {
        "id": global_id(SYSTEM_KEY if key.user_id is None else USER_KEY, key.id),
        "name": key.name,
        "description": key.description,
        "created_at": iso_from_us(key.created_us),
        "expires_at": None if key.expires_us is None else iso_from_us(key.expires_us),
        "last_four": key.last_four,
        "last_used_at": None if key.used_us is None else iso_from_us(key.used_us),
    }
