"""Whatever is sent, the answer is a clear refusal: never a 500, never half of it stored, never a broken server."""

from collections.abc import Iterator

import httpx
import pytest

from ...server import Server
from ..helpers import HTTP, a_span, id_of, send, spans_in


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, verify=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with small limits."""
    environment = {"RUBRICATE_MAX_BODY_BYTES": "20000", "RUBRICATE_MAX_DECOMPRESSED_BYTES": "1000000"}
    with Server(tmp_path_factory.mktemp("strict"), environment=environment).start() as server:
        yield server
        is_well(server)


@pytest.fixture
def span_id(server: Server, project: str) -> str:
    """A span that is there."""
    return id_of(send(server, project, [a_span()])[0])


@pytest.fixture(scope="module", autouse=True)
def well_in_the_end(server: Server) -> Iterator[None]:
    """After all of this the server is well."""
    yield
    is_well(server)


def is_well(server: Server) -> None:
    """It takes spans, gives them back, and has said nothing of errors."""
    assert HTTP.get(f"{server.base_url}/readyz").json() == {}
    send(server, "in-the-end", [a_span()])
    assert len(spans_in(server, "in-the-end")) == 1
    troubles = [line for line in server.said.splitlines() if "ERROR" in line or "Error:" in line or "Traceback" in line]
    assert troubles[:5] == [], f"{len(troubles)} in all"
