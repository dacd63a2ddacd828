"""Answers in JSON, encoded once."""

from typing import Any

import orjson
from fastapi.responses import Response


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON response. Routes that return it are documented by their `response_model`."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def page_answer(items: list[Any], next_cursor: str | None) -> Response:
    """A page of a list."""
    return json_answer({"data": items, "next_cursor": next_cursor})
