"""Reads take turns while spans come in, and only then."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Receive, Scope, Send

from rubricate_server.api import middleware
from rubricate_server.api.middleware import ReadGate


class Reading:
    """An application whose answers wait until they are let go; counts how many run at once."""

    def __init__(self) -> None:
        self.running = self.most = self.answered = 0
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await self.go.wait()
        self.running -= 1
        self.answered += 1
        if "broken" in scope["path"]:
            raise ValueError("broken")


def asked(app: Reading, path: str, method: str = "GET", *, busy: bool = True, times: int = 5) -> None:
    async def run() -> None:
        app.go = asyncio.Event()
        gate = ReadGate(app, is_busy=lambda: busy, at_once=1)

        async def receive() -> dict[str, object]:
            return {}

        async def send(_: object) -> None:
            pass

        answers: list[Awaitable[None]] = [
            asyncio.ensure_future(gate({"type": "http", "method": method, "path": path}, receive, send))
            for _ in range(times)
        ]
        for _ in range(10):
            await asyncio.sleep(0)
        if app.most > 1 or middleware.LONG_READ_S > 1:
            app.go.set()
        else:
            await until(lambda: app.most == times)
            app.go.set()
        await asyncio.gather(*answers, return_exceptions=True)

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to that")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "LONG_READ_S", 60)


@pytest.mark.parametrize("path", ["/v1/projects/p/spans", "/v1/broken"])
def test_reads_take_turns_while_spans_come_in(patient: None, path: str) -> None:
    app = Reading()
    asked(app, path)
    assert (app.most, app.answered) == (1, 5)


@pytest.mark.parametrize(
    ("path", "method", "busy"),
    [("/v1/projects", "GET", False), ("/v1/span_annotations", "POST", True), ("/healthz", "GET", True)],
)
def test_nothing_else_waits(patient: None, path: str, method: str, busy: bool) -> None:
    app = Reading()
    asked(app, path, method, busy=busy)
    assert (app.most, app.answered) == (5, 5)


def test_nobody_waits_for_a_long_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "LONG_READ_S", 0.001)
    app = Reading()
    asked(app, "/v1/projects")
    assert (app.most, app.answered) == (5, 5)
