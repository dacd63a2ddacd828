"""Bodies as a form of a web page sends them, for downloads: only a form has the browser write an answer to disk."""

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from fastapi import Request, Response
from starlette.types import Message

from rubricate_server.api.body import JsonRoute

FORM: Final = "application/x-www-form-urlencoded"


def form_or_json(*lists: str) -> type[JsonRoute]:
    """A route whose body may also be a form; the fields named are lists, and may be repeated. Empty fields are none."""

    class FormOrJsonRoute(JsonRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def either(request: Request) -> Response:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                return await handler(await _as_json(request, lists) if kind == FORM else request)

            return either

    return FormOrJsonRoute


async def _as_json(request: Request, lists: tuple[str, ...]) -> Request:
    given = parse_qs((await request.body()).decode("utf-8", "replace"))
    body = orjson.dumps({name: values if name in lists else values[-1] for name, values in given.items()})
    headers = [
        (name, value) for name, value in request.scope["headers"] if name not in (b"content-type", b"content-length")
    ]

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}, receive)
