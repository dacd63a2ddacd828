"""A real server for whoever asks: `server`, one for each test module; `start_server`, as many as a test wants.

A test that fails shows what its servers said.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from .server import Server

StartServer = Callable[..., Server]
_running: list[Server] = []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on an empty directory, shared by the tests of one module."""
    with _shown_on_failure(Server(tmp_path_factory.mktemp("server"))) as server:
        yield server.start()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """`start_server("--sample", environment={...})`: a server on an empty directory, stopped with the test."""
    with contextlib.ExitStack() as stack:
        count = 0

        def start(*options: str, environment: dict[str, str] | None = None) -> Server:
            nonlocal count
            count += 1
            server = Server(tmp_path / f"server-{count}", *options, environment=environment)
            return stack.enter_context(_shown_on_failure(server)).start()

        yield start


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:  # what it returns is pytest's
    report = yield
    if report.failed:
        for server in _running:
            report.sections.append((f"what the server on port {server.port} said", server.said))
    return report


@contextlib.contextmanager
def _shown_on_failure(server: Server) -> Iterator[Server]:
    _running.append(server)
    try:
        yield server
    finally:
        _running.remove(server)
        server.stop()
