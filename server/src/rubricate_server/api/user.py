"""Users over HTTP: oneself, and for admins all of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.user import AnonymousUser, SystemUser, User, UserCreate, UserPatch, UserRole
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.guard import principal_of
from rubricate_server.api.identifier import cursor_row, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_us
from rubricate_server.domain.secret import hash_password
from rubricate_server.storage.contract import NewUser, Storage, StoredUser, UserUpdate
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["accounts"])

OFF = "This server asks nobody to sign in, so it has no users and keys. RUBRICATE_AUTH=true turns accounts on."


async def accounts_on(request: Request) -> None:
    """Refuse where accounts are off: what anybody may make then must not hold when they are turned on."""
    if request.app.state.credentials is None:
        raise ApiError(400, OFF)


ACCOUNTS_ON = Depends(accounts_on)


@router.get("/user", response_model=Data[User | SystemUser | AnonymousUser])
def get_viewer(request: Request) -> Response:
    """Who asks: a user, the system (by one of its keys), or anybody, where nobody is asked to sign in."""
    principal = principal_of(request)
    if principal is None:
        return json_answer({"data": {"auth_method": "ANONYMOUS"}})
    if principal.user_row is None:
        return json_answer({"data": {"username": "system", "role": principal.role, "auth_method": "SYSTEM"}})
    return _answer(storage_of(request).accounts.get(principal.user_row))


@router.get("/users", response_model=Page[User], responses=refusals(422))
def list_users(
    request: Request,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Users on a page.")] = 100,
) -> Response:
    """Users, newest first; none where nobody is asked to sign in."""
    if request.app.state.credentials is None:
        return page_answer([], None)
    found = storage_of(request).accounts.page(from_id=cursor_row(cursor, "User"), limit=limit + 1)
    following = global_id("User", found[limit].id) if len(found) > limit else None
    return page_answer([user_wire(user) for user in found[:limit]], following)


@router.post(
    "/users", dependencies=[ACCOUNTS_ON], status_code=201, response_model=Data[User], responses=refusals(400, 409)
)
def create_user(request: Request, body: UserCreate) -> Response:
    """Make a user with a first password, which the user is asked to change. The name never changes."""
    new = body.user
    if new.auth_method != "LOCAL":
        raise ApiError(400, "This server has users with passwords only: auth_method must be LOCAL.")
    if new.password is None:
        raise ApiError(400, "A user needs a password to begin with: give user.password.")
    _refuse_system(new.role)
    made = storage_of(request).accounts.create(
        NewUser(new.username, new.email, new.role, hash_password(new.password.get_secret_value()), True)
    )
    return _answer(made, 201)


@router.get(
    "/users/{user_identifier}", dependencies=[ACCOUNTS_ON], response_model=Data[User], responses=refusals(400, 404)
)
def get_user(request: Request, user_identifier: str) -> Response:
    """One user, by id or name."""
    return _answer(_user(storage_of(request), user_identifier))


@router.patch(
    "/users/{user_identifier}",
    dependencies=[ACCOUNTS_ON],
    response_model=Data[User],
    responses=refusals(400, 403, 404, 409),
)
def update_user(request: Request, user_identifier: str, patch: UserPatch) -> Response:
    """Change the fields that are given. A new password ends all of the user's sessions."""
    accounts = storage_of(request).accounts
    user = _user(storage_of(request), user_identifier)
    update = UserUpdate()
    if patch.role is not None:
        _refuse_system(patch.role)
        update["role"] = patch.role
    if "email" in patch.model_fields_set:
        update["email"] = patch.email
    if update:
        user = accounts.update(user.id, update)
    if patch.password is not None:
        user = accounts.set_password(user.id, hash_password(patch.password.get_secret_value()), needs_reset=True)
    return _answer(user)


@router.delete(
    "/users/{user_identifier}",
    dependencies=[ACCOUNTS_ON],
    status_code=204,
    response_class=Response,
    responses=refusals(400, 403, 404),
)
def delete_user(request: Request, user_identifier: str) -> None:
    """Delete a user with all sessions and keys. Annotations stay; the name is not given again."""
    accounts = storage_of(request).accounts
    accounts.delete(_user(storage_of(request), user_identifier).id)


def _user(storage: Storage, identifier: str) -> StoredUser:
    row = row_of(identifier, "User")
    try:
        return storage.accounts.get_by_name(identifier) if row is None else storage.accounts.get(row)
    except NotFound:
        raise ApiError(404, f"There is no user {identifier}.") from None


def _refuse_system(role: UserRole) -> None:
    if role == UserRole.SYSTEM:
        raise ApiError(
            400, "SYSTEM is the role of keys that belong to nobody. Users are ADMIN, MEMBER, ANNOTATOR or VIEWER."
        )


def _answer(user: StoredUser, status: int = 200) -> Response:
    return json_answer({"data": user_wire(user)}, status)


def user_wire(user: StoredUser) -> dict[str, Any]:
    """A user as clients see it."""
    return {
        "id": global_id("User", user.id),
        "username": user.username,
        "email": user.email,
        "role": user.role,
        "auth_method": "LOCAL",
        "created_at": iso_from_us(user.created_us),
        "updated_at": iso_from_us(user.updated_us),
        "password_needs_reset": user.password_needs_reset,
    }
