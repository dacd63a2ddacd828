"""The door of HTTP where accounts are on: who asks, and whether they may."""

from typing import Final
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rubricate_server.actions.credentials import KEY_HEADERS, Credentials, Refused, key_in
from rubricate_server.api.errors import refusal
from rubricate_server.domain.access import READS, denial, is_public, may, may_before_choosing, rule_for
from rubricate_server.domain.authorship import ANYBODY, Author
from rubricate_server.domain.principal import Principal

COOKIE: Final = "rubricate_session"
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="Rubricate"'}
_CHOOSE: Final = (
    "Somebody else chose your password. Take one that only you know before anything else: POST /auth/password, or the"
    " page, which asks for it."
)
_WANTED: Final = (b"authorization", *(name.encode() for name in KEY_HEADERS), b"cookie")


class Guard:
    """Lets through who may, and tells the application who it is; see `principal_of`.

    It stands in front of everything, so that what it does not know of is refused.
    """

    def __init__(self, app: ASGIApp, credentials: Credentials, trusted_origins: frozenset[str]) -> None:
        self._app = app
        self._credentials = credentials
        self._trusted = trusted_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            no = await self._refusal(scope)
            if no is not None:
                await no(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        path, method = scope["path"], scope["method"]
        if is_public(path, method):
            return self._foreign(Request(scope), path) if path.startswith("/auth/") else None
        # A loop over the pairs, because it costs a tenth of building all headers.
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _WANTED}
        key = key_in(headers)
        token = key if key is not None else _session_in(headers.get("cookie", ""))
        if token is None:
            return _unknown(Request(scope), "Invalid token")
        try:
            principal = self._credentials.known(token)
            if principal is None:
                principal = await run_in_threadpool(self._credentials.find, token)
        except Refused as refused:
            return _unknown(Request(scope), str(refused))
        if key is None and (no := self._foreign(Request(scope), path)) is not None:
            return no
        if not may(principal.role, path, method):
            return _denied(Request(scope), principal)
        if principal.must_choose_password and not may_before_choosing(path):
            return refusal(Request(scope), 403, _CHOOSE)
        scope.setdefault("state", {})["principal"] = principal
        return None

    def _foreign(self, request: Request, path: str) -> Response | None:
        """Refuses a change that another site makes a browser send along with the cookie."""
        if request.method in READS:
            return None
        origin = request.headers.get("origin")
        if origin is None:
            # Browsers send an origin with each change; a program may sign in without, and had better use a key then.
            if path.startswith("/auth/") or request.headers.get("sec-fetch-site") == "same-origin":
                return None
        elif origin in self._trusted or urlsplit(origin).netloc in _own_hosts(request):
            return None
        return refusal(
            request,
            403,
            f"This was not sent by a page of this server but by {origin or 'one that does not say which it is'}, so the"
            " cookie does not count. If a proxy changes the Host header, name the page's address in"
            " RUBRICATE_TRUSTED_ORIGINS; programs use an API key.",
        )


def principal_of(request: Request) -> Principal | None:
    """On whose behalf the request comes; None where nobody is asked to sign in."""
    principal: Principal | None = getattr(request.state, "principal", None)
    return principal


def author_of(request: Request) -> Author:
    """As whom the request writes annotations."""
    principal = principal_of(request)
    return ANYBODY if principal is None else principal.author


def _session_in(cookies: str) -> str | None:
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _own_hosts(request: Request) -> set[str]:
    # A page of another site cannot make a browser send X-Forwarded-Host.
    return {request.headers.get("host", ""), request.headers.get("x-forwarded-host", "")} - {""}


def _unknown(request: Request, words: str) -> Response:
    """Not known: a browser that follows a link is led to where one signs in, and back afterwards."""
    if request.method == "GET" and _follows_a_link(request):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(
            f"/login?next={quote(request.url.path + query, safe='')}", 302, {"Cache-Control": "no-store"}
        )
    return refusal(request, 401, words, CHALLENGE)


def _follows_a_link(request: Request) -> bool:
    mode = request.headers.get("sec-fetch-mode")
    if mode is None:  # an old browser, or a program, which wants no page from the API
        return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")
    return mode == "navigate"


def _denied(request: Request, principal: Principal) -> Response:
    path, method = request.url.path, request.method
    rule = rule_for(path)
    if rule is None:
        return refusal(request, 404, f"There is no {method} {path}. /docs lists what there is.")
    if not (rule.read if method in READS else rule.write):
        return refusal(request, 405, f"{path} does not take {method}.")
    return refusal(request, 403, denial(principal.role))
