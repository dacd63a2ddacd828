"""What all clients' tests share: an environment that is nobody's, and a project of one's own."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import phoenix.client
import pytest

import rubricate

from ..server import Server
from .helpers import awaited


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's shell, and no `.env.phoenix` above the working directory, says where to send."""
    for name in list(os.environ):
        if name.startswith(("RUBRICATE_", "PHOENIX_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PHOENIX_DISCOVER_CONFIG", "false")


@pytest.fixture
def project() -> str:
    """The name of a project that no other test uses."""
    return f"project-{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=["sync", "async"])
def phoenix_client(request: pytest.FixtureRequest, server: Server) -> Iterator[Any]:
    """Phoenix's own client, blocking and asynchronous; either is called as the blocking one."""
    if request.param == "sync":
        with httpx.Client(base_url=server.base_url, verify=False) as http:
            yield phoenix.client.Client(http_client=http)
    else:
        # Phoenix's own AsyncClient cannot be closed; the one inside can.
        def make() -> phoenix.client.AsyncClient:
            return phoenix.client.AsyncClient(base_url=server.base_url)

        with awaited(make, lambda made: made._client.aclose()) as blocking:
            yield blocking


@pytest.fixture(params=["sync", "async"])
def rubricate_client(request: pytest.FixtureRequest, server: Server) -> Iterator[Any]:
    """Our client, blocking and asynchronous; either is called as the blocking one."""
    if request.param == "sync":
        with rubricate.Client(base_url=server.base_url) as client:
            yield client
    else:
        with awaited(lambda: rubricate.AsyncClient(base_url=server.base_url), lambda made: made.close()) as blocking:
            yield blocking
