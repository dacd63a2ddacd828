"""Request bodies in JSON, read strictly: what could not be written back is refused, and its place is named."""

import json
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import isfinite
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class StrictRequest(Request):
    """A request whose JSON body is parsed once, and holds only what JSON can hold."""

    async def parse(self) -> None:
        """Read the body, so that `json` has it. Raises RequestValidationError.

        What is no JSON at all is left to FastAPI, which has words for it.
        """
        body = await self.body()
        # orjson reads whole numbers beyond 64 bits as floats, and nobody would hear of the lost digits.
        if not _LONG_NUMBER.search(body):
            with suppress(ValueError):
                self._json = orjson.loads(body)
                return
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return
        # Python's own reader takes NaN and halves of surrogate pairs; it helps to say where they are.
        problem = _unwritable(value)
        if problem is not None:
            raise RequestValidationError([problem])
        self._json = value

    async def json(self) -> Any:
        """The body. Raises JSONDecodeError, which FastAPI answers with 422 and the place, for all that is none."""
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise json.JSONDecodeError("The body is not UTF-8", "", error.start) from None
        except RecursionError:
            raise json.JSONDecodeError("Nested too deep", "", 0) from None


class JsonRoute(APIRoute):
    """A route whose body is read by `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the stricter request."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            parsed = StrictRequest(request.scope, request.receive)
            await parsed.parse()
            return await handler(parsed)

        return strict


def strict_json(text: bytes) -> Any:
    """JSON that is read outside of a route, as strictly. Raises ValueError, which says what is wrong."""
    try:
        if not _LONG_NUMBER.search(text):
            return orjson.loads(text)
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    problem = _unwritable(value)
    if problem is not None:
        raise ValueError(problem["msg"])
    return value


def _unwritable(value: Any) -> dict[str, Any] | None:
    """The first thing in a parsed body that cannot be written as JSON again, as a validation error."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [(("body",), value)]
    while waiting:
        place, item = waiting.pop()
        match item:
            case dict():
                waiting += [((*place, str(key)), child) for key, child in item.items()]
                waiting += [((*place, key.encode("ascii", "replace").decode()), key) for key in item]
            case list():
                waiting += [((*place, index), child) for index, child in enumerate(item)]
            case str() if _HALF_PAIR.search(item):
                return {"type": "string_unicode", "loc": place, "msg": "Input has half of a surrogate pair: no Unicode"}
            case float() if not isfinite(item):
                return {"type": "finite_number", "loc": place, "msg": "Input should be a finite number, or null"}
    return None
