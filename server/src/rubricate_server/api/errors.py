"""What clients are told when something is refused: one shape for business errors, one for validation.

Business errors are plain text, because that is what the public clients print; who accepts
`application/problem+json` (RFC 9457) gets that. Validation errors are 422 with a JSON `detail` list.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from rubricate_server.storage.errors import (
    Conflict,
    Damaged,
    NotFound,
    NotYours,
    Protected,
    QueueFull,
    StorageError,
    TooComplex,
)

log = logging.getLogger(__name__)

INPUT_SHOWN = 2000
"""Characters of a refused input that an error repeats."""

PROBLEM = "application/problem+json"

WITH_SECRETS = ("/auth/", "/v1/users")
"""Paths whose requests hold passwords: what was sent is not repeated."""


class ApiError(Exception):
    """A request that is refused: an HTTP status, and what is wrong and what would be right."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


TEXT_ERROR: dict[str, Any] = {"content": {"text/plain": {"schema": {"type": "string"}}}}


_VALIDATION_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: the refusals that a route may answer."""
    meaning = {
        400: "Not acceptable as it is; the text says why.",
        401: "Not known.",
        403: "Not allowed.",
        404: "Not found.",
        409: "The name is taken.",
        422: "Not valid; text, or JSON with the places.",
        429: "Too often; try again after Retry-After seconds.",
        503: "Too much is waiting to be written; try again after Retry-After seconds.",
    }
    answers: dict[int | str, dict[str, Any]] = {
        status: {"description": meaning[status], **TEXT_ERROR} for status in statuses
    }
    if 422 in answers:
        answers[422] = {"description": meaning[422], "content": {**TEXT_ERROR["content"], **_VALIDATION_ERROR}}
    return answers


def install_errors(app: FastAPI) -> None:
    """Have the app answer every refusal in the shapes above."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(StorageError, _storage_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def refusal(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A business error in the shape that the caller accepts."""
    if len(detail) > INPUT_SHOWN:
        detail = f"{detail[:INPUT_SHOWN]}… ({len(detail)} characters)"
    if PROBLEM in request.headers.get("accept", ""):
        body = orjson.dumps({"title": detail, "status": status, "detail": detail})
        return Response(body, status, headers, media_type=PROBLEM)
    return PlainTextResponse(detail, status, headers)


async def _api_error(request: Request, error: Any) -> Response:
    return refusal(request, error.status, error.detail, error.headers)


async def _storage_error(request: Request, error: Any) -> Response:
    match error:
        case NotFound():
            return refusal(request, 404, str(error))
        case Conflict():
            return refusal(request, 409, str(error))
        case TooComplex():
            return refusal(request, 400, str(error))
        case Protected() | NotYours():
            return refusal(request, 403, str(error))
        case QueueFull():
            return refusal(request, 503, str(error), {"Retry-After": str(max(1, round(error.retry_after_s)))})
    log.error("%s %s: %s", request.method, request.url.path, error)
    return refusal(request, 500 if isinstance(error, Damaged) else 507, str(error))


async def _http_error(request: Request, error: Any) -> Response:
    return refusal(request, error.status_code, str(error.detail), error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refusal(request, 500, "The server failed to answer this; its log says why.")


async def _validation_error(request: Request, error: Any) -> Response:
    return invalid(error.errors(), shows_input=not request.url.path.startswith(WITH_SECRETS))


def invalid(problems: Iterable[Any], *, shows_input: bool = True) -> Response:
    """A validation error, from pydantic's list of what is wrong."""
    detail = [_place(item) for item in problems]
    if not shows_input:
        detail = [{key: value for key, value in item.items() if key != "input"} for item in detail]
    try:
        body = orjson.dumps({"detail": detail}, default=str)
    except TypeError:  # text that is no Unicode, such as half of a surrogate pair
        body = json.dumps({"detail": detail}, default=str).encode()
    return Response(body, 422, media_type="application/json")


def _place(item: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in item.items() if key not in ("url", "ctx")}
    if "ctx" in item:
        kept["ctx"] = {
            key: value if isinstance(value, int | float) else str(value) for key, value in item["ctx"].items()
        }
    shown = item.get("input")
    kept["input"] = _shortened(repr(shown) if isinstance(shown, bytes) else shown)
    return kept


def _shortened(value: Any) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    try:
        text = value if isinstance(value, str) else orjson.dumps(value, default=repr).decode()
    except TypeError:  # nested too deep, or no Unicode
        return "(cannot be shown)"
    return value if len(text) <= INPUT_SHOWN else f"{text[:INPUT_SHOWN]}… ({len(text)} characters)"
