"""A server that exists only in memory, a clean environment, and no waiting."""

import json
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rubricate.client import AsyncClient, Client

Answer = httpx.Response | Exception
Handler = Callable[[httpx.Request], Answer]


class FakeServer:
    """Answers from a list, or by a function, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[Answer] = []
        self.handler: Handler = lambda request: httpx.Response(200, json={"data": [], "next_cursor": None})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else self.handler(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def asynchronously(self, request: httpx.Request) -> httpx.Response:
        return self(request)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) if request.content else None for request in self.requests]

    def client(self, **arguments: Any) -> Client:
        return Client(http_client=httpx.Client(transport=httpx.MockTransport(self)), **arguments)

    def async_client(self, **arguments: Any) -> AsyncClient:
        transport = httpx.MockTransport(self.asynchronously)
        return AsyncClient(http_client=httpx.AsyncClient(transport=transport), **arguments)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("RUBRICATE_", "PHOENIX_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client would have made."""
    made: list[float] = []

    async def asleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("rubricate.client.transport.time.sleep", made.append)
    monkeypatch.setattr("rubricate.client.transport.asyncio.sleep", asleep)
    return made
