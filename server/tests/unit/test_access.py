"""Who may do what: every operation of the API with every role, through the real door."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from rubricate.records.user import UserRole
from rubricate_server.actions.credentials import Credentials
from rubricate_server.actions.furnish import furnish
from rubricate_server.actions.sign_in import open_door
from rubricate_server.api.guard import Guard
from rubricate_server.app import _PARTS, build_app
from rubricate_server.domain.access import RULES, is_public, may, rule_for
from rubricate_server.domain.secret import digest_of
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.contract import NewApiKey, NewUser, Storage
from rubricate_server.storage.sqlite.store import open_storage

OPENAPI = json.loads((Path(__file__).parents[3] / "openapi.json").read_text())

EVERYBODY = {"healthz", "readyz", "phoenix_version", "sign_in", "sign_out"}
"""What needs no account."""
PEOPLE = {"list_own_api_keys", "change_password"}
PEOPLE_WHO_WRITE = {"create_own_api_key", "delete_own_api_key"}
ADMINS = {
    "list_users",
    "get_user",
    "create_user",
    "update_user",
    "delete_user",
    "list_user_api_keys",
    "delete_user_api_key",
    "list_system_api_keys",
    "create_system_api_key",
    "delete_system_api_key",
    "create_retention_policy",
    "update_retention_policy",
    "delete_retention_policy",
    "set_project_retention_policy",
}
ANNOTATORS = {
    "create_span_annotations",
    "create_trace_annotations",
    "create_session_annotations",
    "create_document_annotations",
    "create_span_note",
    "create_trace_note",
    "create_session_note",
    "delete_span_annotations",
    "delete_trace_annotations",
    "delete_session_annotations",
    "delete_document_annotations",
    "put_annotations",
    "update_annotation",
    "delete_annotation",
    "remove_annotations",
    "restore_annotations",
    "export_chosen_items",
}
"""All others: who reads may be anybody who signed in, who writes is of the team."""


class Operation(NamedTuple):
    """An operation of the API, with something in the place of its ids."""

    id: str
    method: str
    path: str

    def roles(self) -> set[UserRole]:
        people = set(UserRole) - {UserRole.SYSTEM}
        if self.id in EVERYBODY:
            return set(UserRole)
        if self.id in ADMINS:
            return {UserRole.ADMIN}
        if self.id in PEOPLE:
            return people
        if self.id in PEOPLE_WHO_WRITE:
            return people - {UserRole.VIEWER}
        if self.method == "GET":
            return set(UserRole)
        return {UserRole.ADMIN, UserRole.MEMBER, UserRole.SYSTEM} | (
            {UserRole.ANNOTATOR} if self.id in ANNOTATORS else set()
        )


OPERATIONS = [
    Operation(described["operationId"], method.upper(), re.sub(r"\{\w+\}", "x", path))
    for path, methods in OPENAPI["paths"].items()
    for method, described in methods.items()
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    store = open_storage(tmp_path_factory.mktemp("data"))
    furnish(store)
    for role in UserRole:
        user = None if role == UserRole.SYSTEM else store.accounts.create(NewUser(role, None, role, "", False)).id
        store.accounts.create_key(NewApiKey(digest_of(f"key of {role}"), user, role, None, "", None))
    yield store
    store.close()


@pytest.fixture(scope="module")
def client(store: Storage) -> Iterator[TestClient]:
    credentials = Credentials(store.accounts, lambda: 0)
    app = build_app(
        store,
        Ingest(store.spans),
        credentials=credentials,
        door=open_door(store.accounts, session_days=1, attempts=5),
    )
    with TestClient(Guard(app, credentials, frozenset()), follow_redirects=False) as client:
        yield client


ENDLESS = {"stream_events"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_each_role_may_do_what_the_table_says(client: TestClient, operation: Operation) -> None:
    rule = rule_for(operation.path)
    assert rule is not None, (
        f"No rule of rubricate_server/domain/access.py covers {operation.method} {operation.path}: nobody may call it"
        " where accounts are on. Add a Rule with who may read and who may write there."
    )
    for role in UserRole:
        if operation.id in ENDLESS:
            assert may(role, operation.path, operation.method)
            continue
        answer = client.request(operation.method, operation.path, headers={"x-api-key": f"key of {role}"})
        was_let_in = answer.status_code != 403 or "last admin" in answer.text or "default" in answer.text
        assert answer.status_code != 401 or operation.id == "sign_in"
        assert was_let_in == (role in operation.roles()), f"{role}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_without_a_key_only_what_is_for_everybody(client: TestClient, operation: Operation) -> None:
    for headers in ({}, {"api_key": "rbk_wrong"}):
        answer = client.request(operation.method, operation.path, headers=headers)
        if operation.id in EVERYBODY:
            assert answer.status_code != 401 or "name or the password" in answer.text
        else:
            assert (answer.status_code, answer.text) == (401, "Invalid token")
            assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_rule_stands_once_and_before_what_is_wider() -> None:
    paths = [rule.path for rule in RULES]
    assert len(paths) == len(set(paths))
    hidden = [rule.path for rule in RULES if rule_for(rule.path.replace("{}", "x")) is not rule]
    assert hidden == [], "a rule above covers them, so they never count"


def test_a_viewer_hears_it_in_the_words_of_phoenix(client: TestClient) -> None:
    answer = client.post("/v1/projects", json={"name": "p"}, headers={"Authorization": "bearer key of VIEWER"})
    assert (answer.status_code, answer.text) == (403, "Viewers cannot perform this action.")


def test_every_route_is_covered_also_those_that_are_not_described() -> None:
    routes = [route for part in _PARTS for route in part.router.routes]
    described = {operation.id for operation in OPERATIONS}
    assert described < {route.name for route in routes if isinstance(route, APIRoute)}
    for route in routes:
        assert isinstance(route, APIRoute)
        path = re.sub(r"\{[^}]+\}", "x", route.path)
        for method in route.methods:
            reached = is_public(path, method) or any(may(role, path, method) for role in UserRole)
            assert reached, f"No rule of rubricate_server/domain/access.py lets anybody {method} {route.path}."


@pytest.mark.parametrize("path", ["/v1", "/v1/secrets", "/graphql", "/v1x/projects", "/V1/projects"])
def test_what_nobody_listed_is_not_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"x-api-key": "key of ADMIN"}).status_code == 404


def test_only_sending_spans_needs_a_key_at_the_root(client: TestClient) -> None:
    assert client.get("/").status_code in (200, 503)  # 503: the page is not built here
    assert client.post("/").status_code == 401
    assert client.delete("/v1/stats", headers={"x-api-key": "key of ADMIN"}).status_code == 405
