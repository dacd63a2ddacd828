"""Pages of other sites that call the API in a browser: an application that sends its users' feedback by itself."""

import httpx
import pytest

from ..clients.helpers import a_span, id_of, send
from ..conftest import StartServer
from .people import FIRST_PASSWORD

SHOP, STRANGER = "https://shop.example", "https://stranger.example"
SECRET = "a-long-secret-of-nobody-in-particular-42"


def asked_before(client: httpx.Client, origin: str, headers: str = "content-type") -> httpx.Response:
    """What a browser asks before a page may send JSON."""
    return client.options(
        "/v1/span_annotations",
        headers={
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": headers,
        },
    )


@pytest.mark.parametrize("name", ["RUBRICATE_ALLOWED_ORIGINS", "PHOENIX_ALLOWED_ORIGINS"])
def test_pages_of_the_named_sites_may_call(start_server: StartServer, name: str) -> None:
    server = start_server(environment={name: f"{SHOP}, https://other.example"})
    [span] = send(server, "default", [a_span()])
    feedback = {"span_id": id_of(span), "name": "thumb", "annotator_kind": "HUMAN", "result": {"score": 1}}
    with httpx.Client(base_url=server.base_url, verify=False) as client:
        before = asked_before(client, SHOP)
        sent = client.post("/v1/span_annotations?sync=true", json={"data": [feedback]}, headers={"origin": SHOP})
        strange = asked_before(client, STRANGER)

    assert before.status_code == 200
    assert before.headers["access-control-allow-origin"] == SHOP
    assert "POST" in before.headers["access-control-allow-methods"]
    assert sent.status_code == 200
    assert sent.headers["access-control-allow-origin"] == SHOP
    assert "x-phoenix-server-version" in sent.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in strange.headers


def test_nobody_else_may_unless_it_is_said(start_server: StartServer) -> None:
    with httpx.Client(base_url=start_server().base_url, verify=False) as client:
        assert "access-control-allow-origin" not in asked_before(client, SHOP).headers
        assert "access-control-allow-origin" not in client.get("/v1/projects", headers={"origin": SHOP}).headers


def test_with_accounts_they_send_a_key_and_the_cookie_is_not_asked_for(start_server: StartServer) -> None:
    environment = {
        "RUBRICATE_AUTH": "true",
        "RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD,
        "RUBRICATE_ADMIN_SECRET": SECRET,
        "RUBRICATE_ALLOWED_ORIGINS": "*",
    }
    with httpx.Client(base_url=start_server(environment=environment).base_url, verify=False) as client:
        before = asked_before(client, STRANGER, "authorization")
        without = client.get("/v1/projects", headers={"origin": STRANGER})
        with_key = client.get("/v1/projects", headers={"origin": STRANGER, "authorization": f"Bearer {SECRET}"})

    assert before.status_code == 200, "a browser sends no key with this"
    assert before.headers["access-control-allow-headers"] == "authorization"
    assert "access-control-allow-credentials" not in before.headers
    assert without.status_code == 401
    assert without.headers["access-control-allow-origin"] == "*", "the page can read why"
    assert with_key.status_code == 200
