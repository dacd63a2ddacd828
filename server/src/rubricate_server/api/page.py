"""The web page: built files, and one document for every other path, because the page routes by itself."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

STATIC = Path(__file__).parent.parent / "static"
NOT_BUILT = "The UI is not built. Run `make run`.\n"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
EACH_TIME = {"Cache-Control": "no-cache"}


def install_page(app: FastAPI) -> None:
    """Serve the page on every GET that nothing else answers. Unknown paths of the API are 404, never HTML."""
    app.add_api_route("/{path:path}", page, methods=["GET", "HEAD"], include_in_schema=False)


async def page(request: Request, path: str) -> Response:
    """A file of the page, or the page itself."""
    if path == "v1" or path.startswith("v1/"):
        return PlainTextResponse(f"There is no {request.method} /{path}. /docs lists what there is.", 404)
    document = STATIC / "index.html"
    if not document.exists():
        return PlainTextResponse(NOT_BUILT, 503)
    file = (STATIC / path).resolve()
    if path and file.is_relative_to(STATIC) and file.is_file():
        return FileResponse(file, headers=FOREVER if path.startswith("assets/") else EACH_TIME)
    if path.startswith("assets/"):
        return PlainTextResponse(f"There is no /{path}; the page may have been updated: reload it.", 404)
    return FileResponse(document, headers=EACH_TIME)
