"""The web page: built files, and one document for every other path, because the page routes by itself."""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from rubricate_server.api.errors import refusal

STATIC = Path(__file__).parent.parent / "static"
NOT_BUILT = "The UI is not built. Run `make run`.\n"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
EACH_TIME = {"Cache-Control": "no-cache"}

ACCOUNTS_ON = '<html data-accounts="on"'

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def install_page(app: FastAPI) -> None:
    """Serve the page on every path that nothing else answers. Unknown paths of the API are 404, never HTML."""
    # Not a route: a route for every path would make a known path with a wrong method look like an unknown one.
    app.router.default = _answer


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await page(Request(scope))(scope, receive, send)


def page(request: Request) -> Response:
    """A file of the page, or the page itself."""
    path = request.url.path.lstrip("/")
    if path == "v1" or path.startswith("v1/"):
        return refusal(request, 404, f"There is no {request.method} /{path}. /docs lists what there is.")
    if request.method not in ("GET", "HEAD"):
        return refusal(
            request, 405, f"/{path} does not take {request.method}; the API is under /v1.", {"Allow": "GET, HEAD"}
        )
    document = STATIC / "index.html"
    if not document.exists():
        return PlainTextResponse(NOT_BUILT, 503)
    file = (STATIC / path).resolve()
    if path and file.is_relative_to(STATIC) and file.is_file():
        return FileResponse(file, headers=FOREVER if path.startswith("assets/") else EACH_TIME)
    if path.startswith("assets/"):
        return refusal(request, 404, f"There is no /{path}; the page may have been updated: reload it.")
    headers = {**EACH_TIME, "Content-Security-Policy": security_policy(document)}
    if request.app.state.credentials is None:
        return FileResponse(document, headers=headers)
    # So that the page knows before its first request that it has to ask who is there; others do not ask.
    return HTMLResponse(document.read_text(encoding="utf-8").replace("<html", ACCOUNTS_ON, 1), headers=headers)


def security_policy(document: Path) -> str:
    """What the page may load and run: what this server gives it, and the scripts that stand in the document itself.

    Traces hold what strangers wrote. Should something of it ever become HTML, it still runs nothing and calls nobody.
    """
    hashes = "".join(
        f" 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in INLINE_SCRIPT.findall(document.read_text(encoding="utf-8"))
    )
    return (
        f"default-src 'self'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "media-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
