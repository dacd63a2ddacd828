"""What tells that the server is there, well, and which version it is."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from rubricate_server.api.answer import json_answer
from rubricate_server.api.errors import refusals
from rubricate_server.api.identifier import storage_of
from rubricate_server.version import PHOENIX_VERSION

router = APIRouter(tags=["system"])


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("OK")


@router.get("/readyz", response_model=dict[str, str], responses=refusals(503))
def readyz(request: Request) -> Response:
    """The store can be written and read."""
    try:
        storage_of(request).healthy()
    except Exception as error:  # whatever it is, the answer is the same: not ready
        return PlainTextResponse(f"The store does not work: {error}", 503)
    return json_answer({})


@router.get("/arize_phoenix_version", response_class=PlainTextResponse)
async def phoenix_version() -> Response:
    """The version of Phoenix that the API answers for; its clients ask before they send."""
    return PlainTextResponse(PHOENIX_VERSION)
