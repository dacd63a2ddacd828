"""A server that asks who you are, an admin, and whoever else a test wants; an environment that is nobody's."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from ..server import Server
from .people import ADMIN_PASSWORD, FIRST_PASSWORD, PASSWORD, Json, Person


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's shell says where to send, or with which key."""
    for name in list(os.environ):
        if name.startswith(("RUBRICATE_", "PHOENIX_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PHOENIX_DISCOVER_CONFIG", "false")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with accounts, shared by the tests of one module."""
    environment = {"RUBRICATE_AUTH": "true", "RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD}
    with Server(tmp_path_factory.mktemp("guarded"), environment=environment) as server:
        Person(server).arrive("admin", FIRST_PASSWORD, ADMIN_PASSWORD)
        yield server


@pytest.fixture(scope="module")
def admin(guarded: Server) -> Person:
    """The first admin, signed in."""
    return Person(guarded).sign_in("admin", ADMIN_PASSWORD)


Somebody = Callable[..., Person]
_numbers = itertools.count(1)


@pytest.fixture
def somebody(guarded: Server, admin: Person) -> Somebody:
    """`somebody("MEMBER")`: a new user of that role, signed in."""

    def make(role: str, name: str | None = None) -> Person:
        name = name or f"{role.lower()}-{next(_numbers)}"
        user: Json = {"username": name, "role": role, "auth_method": "LOCAL", "password": FIRST_PASSWORD}
        made = admin.post("/v1/users", json={"user": user, "send_welcome_email": False})
        assert made.status_code == 201, made.text
        return Person(guarded).arrive(name, FIRST_PASSWORD, PASSWORD)

    return make


@pytest.fixture
def system_key(admin: Person) -> str:
    """A key for applications."""
    return admin.new_key("/v1/system/api_keys")
