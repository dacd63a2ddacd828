"""Signing in and out in a browser, and one's own password."""

from fastapi import APIRouter, Request, Response

from rubricate.records.user import PasswordChange, SignIn
from rubricate_server.actions.sign_in import Door, NotSignedIn, SamePassword, TooManyTries
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.guard import CHALLENGE, COOKIE, principal_of
from rubricate_server.api.identifier import storage_of
from rubricate_server.api.user import OFF
from rubricate_server.domain.address import client_address
from rubricate_server.domain.secret import digest_of

router = APIRouter(prefix="/auth", route_class=JsonRoute, tags=["accounts"])


@router.post("/login", status_code=204, response_class=Response, responses=refusals(400, 401, 403, 422, 429))
def sign_in(request: Request, given: SignIn) -> Response:
    """Sign in by name (or mail address) and password. The answer sets a cookie that lasts for some days."""
    door = _door(request)
    name = given.username or given.email
    try:
        token = door.sign_in(name, given.password.get_secret_value(), _address(request))
    except NotSignedIn as error:
        raise ApiError(401, str(error), CHALLENGE) from None
    except TooManyTries as error:
        raise ApiError(429, str(error), {"Retry-After": str(error.wait_s)}) from None
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(door.session_days * 86_400),
        httponly=True,
        samesite="lax",
        secure=_is_https(request),
    )
    return answer


@router.post("/logout", status_code=204, response_class=Response, responses=refusals(403))
def sign_out(request: Request) -> Response:
    """End the session of this browser; once more changes nothing."""
    token = request.cookies.get(COOKIE)
    if token is not None:
        storage_of(request).accounts.close_session(digest_of(token))
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_is_https(request))
    return answer


@router.post("/password", status_code=204, response_class=Response, responses=refusals(400, 401, 403, 422, 429))
def change_password(request: Request, change: PasswordChange) -> None:
    """Change one's own password. All other sessions of the user end; keys go on.

    Whose password somebody else chose (`password_needs_reset`) has to do this first: until then, a session is good for
    this and `GET /v1/user` alone.
    """
    door, principal = _door(request), principal_of(request)
    if principal is None:
        raise ApiError(400, OFF)
    current, new = change.current_password.get_secret_value(), change.new_password.get_secret_value()
    try:
        door.change_password(principal, current, new, _address(request))
    except (NotSignedIn, SamePassword) as error:
        raise ApiError(400, str(error)) from None
    except TooManyTries as error:
        raise ApiError(429, str(error), {"Retry-After": str(error.wait_s)}) from None


def _door(request: Request) -> Door:
    door: Door | None = request.app.state.door
    if door is None:
        raise ApiError(400, OFF)
    return door


def _address(request: Request) -> str:
    peer = request.client.host if request.client is not None else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), request.app.state.trusted_proxies)


def _is_https(request: Request) -> bool:
    # Behind a proxy that speaks TLS; who lies about it only spoils a cookie of its own.
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "").startswith("https")
