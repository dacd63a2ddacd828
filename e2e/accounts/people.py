"""People in browsers of their own, and programs with keys."""

from typing import Any, Self

import httpx

from ..server import Server

Json = dict[str, Any]

FIRST_PASSWORD = "a first password, to be changed"
ADMIN_PASSWORD = "a password of the admin's own"
PASSWORD = "correct horse battery"


# No certificates are loaded, and no connection outlives the server that it led to.
_PLAIN: Json = {
    "verify": False,
    "trust_env": False,
    "timeout": 20,
    "limits": httpx.Limits(max_keepalive_connections=0),
}


class Person(httpx.Client):
    """A browser as far as the server can tell: it keeps cookies, and says where its requests come from."""

    def __init__(self, server: Server, origin: str | None = None) -> None:
        super().__init__(base_url=server.base_url, headers={"origin": origin or server.base_url}, **_PLAIN)
        self.name = ""

    def sign_in(self, name: str, password: str) -> Self:
        answer = self.post("/auth/login", json={"username": name, "password": password})
        assert answer.status_code == 204, answer.text
        self.name = name
        return self

    def arrive(self, name: str, first: str, own: str) -> Self:
        """Sign in for the first time, and choose a password."""
        self.sign_in(name, first)
        answer = self.post("/auth/password", json={"current_password": first, "new_password": own})
        assert answer.status_code == 204, answer.text
        return self

    def new_key(self, path: str = "/v1/user/api_keys", **more: Any) -> str:
        answer = self.post(path, json={"data": {"name": "a key", **more}})
        assert answer.status_code == 201, answer.text
        key: str = answer.json()["data"]["key"]
        return key

    def annotate(
        self, span_id: str, label: str, identifier: str | None = None, name: str = "quality"
    ) -> httpx.Response:
        """As the page does."""
        target = {"kind": "span", "id": span_id}
        one = {"target": target, "name": name, "annotator_kind": "HUMAN", "source": "APP", "result": {"label": label}}
        return self.put("/v1/annotations", json={"data": [one | {"identifier": identifier or f"app:{self.name}"}]})


def with_key(server: Server, key: str, header: str = "authorization") -> httpx.Client:
    """A program that sends a key with each request."""
    value = f"Bearer {key}" if header.lower() == "authorization" else key
    return httpx.Client(base_url=server.base_url, headers={header: value}, **_PLAIN)


def nobody(server: Server, **headers: str) -> httpx.Client:
    """A program without a key."""
    return httpx.Client(base_url=server.base_url, headers=headers, **_PLAIN)
