"""API keys: asked for, taken in every header, refused when they no longer hold."""

from datetime import UTC, datetime, timedelta

import pytest

from ..clients.helpers import soon
from ..conftest import StartServer
from ..server import Server
from .conftest import Somebody
from .people import ADMIN_PASSWORD, FIRST_PASSWORD, Person, nobody, with_key


def test_without_a_key_nothing_is_told(guarded: Server) -> None:
    for method, path in (
        ("GET", "/v1/projects"),
        ("POST", "/v1/traces"),
        ("POST", "/"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/v1/events"),
        ("GET", "/v1/nothing"),
    ):
        answer = nobody(guarded).request(method, path)
        assert (answer.status_code, answer.text) == (401, "Invalid token"), path
        assert answer.headers["www-authenticate"] == 'Bearer realm="Rubricate"'
        assert answer.headers["x-phoenix-server-version"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/arize_phoenix_version"])
def test_what_asks_whether_the_server_is_there_needs_no_key(guarded: Server, path: str) -> None:
    assert nobody(guarded).get(path).status_code == 200


@pytest.mark.parametrize("header", ["authorization", "Authorization", "api_key", "api-key", "x-api-key", "X-API-Key"])
def test_a_key_is_taken_in_every_header_that_clients_send_it_in(guarded: Server, system_key: str, header: str) -> None:
    assert with_key(guarded, system_key, header).get("/v1/projects").status_code == 200
    assert with_key(guarded, system_key[:-1], header).get("/v1/projects").status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_whatever_its_case(guarded: Server, system_key: str, scheme: str) -> None:
    assert nobody(guarded, authorization=f"{scheme} {system_key}").get("/v1/projects").status_code == 200


@pytest.mark.parametrize("key", ["", "x", "rbk_", "null", "ключ", "a" * 5000, "rbk_' or 1=1 --"])
def test_what_is_no_key_is_refused_in_words(guarded: Server, key: str) -> None:
    answer = nobody(guarded).get("/v1/projects", headers={b"x-api-key": key.encode()})
    assert (answer.status_code, answer.text) == (401, "Invalid token")


def test_a_wrong_key_counts_even_where_a_cookie_would_do(admin: Person) -> None:
    assert admin.get("/v1/projects", headers={"api_key": "wrong"}).status_code == 401


def test_a_key_is_shown_once_and_told_by_its_end(admin: Person) -> None:
    made = admin.post("/v1/system/api_keys", json={"data": {"name": "ci", "description": "nightly"}})
    assert made.status_code == 201
    new = made.json()["data"]
    assert set(new) >= {"id", "name", "description", "created_at", "expires_at", "key"}
    listed = admin.get("/v1/system/api_keys")
    [shown] = [each for each in listed.json()["data"] if each["id"] == new["id"]]
    assert shown == {name: value for name, value in new.items() if name != "key"}
    assert shown["last_four"] == new["key"][-4:]
    assert new["key"] not in listed.text


def test_the_last_use_is_told(guarded: Server, admin: Person) -> None:
    key = admin.new_key("/v1/system/api_keys", name="used")
    [before] = [each for each in admin.get("/v1/system/api_keys").json()["data"] if each["name"] == "used"]
    with_key(guarded, key).get("/v1/projects")
    [after] = [each for each in admin.get("/v1/system/api_keys").json()["data"] if each["name"] == "used"]
    assert before["last_used_at"] is None
    assert datetime.now(UTC) - datetime.fromisoformat(after["last_used_at"]) < timedelta(minutes=1)


def test_a_deleted_key_is_refused_at_once(guarded: Server, admin: Person) -> None:
    for _ in range(5):
        made = admin.post("/v1/system/api_keys", json={"data": {"name": "short-lived"}}).json()["data"]
        program = with_key(guarded, made["key"])
        assert program.get("/v1/projects").status_code == 200
        assert admin.delete(f"/v1/system/api_keys/{made['id']}").status_code == 204
        answer = program.get("/v1/projects")
        assert (answer.status_code, answer.text) == (401, "Invalid token")
        assert admin.delete(f"/v1/system/api_keys/{made['id']}").status_code == 404


def test_an_expired_key_is_refused_in_words(guarded: Server, admin: Person) -> None:
    past = admin.post("/v1/system/api_keys", json={"data": {"name": "late", "expires_at": "2020-01-01T00:00:00Z"}})
    assert (past.status_code, "past" in past.text) == (422, True)
    at = datetime.now(UTC) + timedelta(seconds=1)
    program = with_key(guarded, admin.new_key("/v1/system/api_keys", expires_at=at.isoformat()))
    assert program.get("/v1/projects").status_code == 200
    expired = soon(lambda: (answer := program.get("/v1/projects")).status_code == 401 and answer, within_s=20)
    assert expired.text == "Expired token"


def test_a_deletion_survives_a_power_cut(start_server: StartServer) -> None:
    server = start_server(environment={"RUBRICATE_AUTH": "true", "RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD})
    admin = Person(server).arrive("admin", FIRST_PASSWORD, ADMIN_PASSWORD)
    kept = admin.new_key("/v1/system/api_keys")
    made = admin.post("/v1/system/api_keys", json={"data": {"name": "lost"}}).json()["data"]
    admin.delete(f"/v1/system/api_keys/{made['id']}")
    server.kill9()
    server.start()
    assert with_key(server, made["key"]).get("/v1/projects").status_code == 401
    assert with_key(server, kept).get("/v1/projects").status_code == 200
    assert admin.get("/v1/user").json()["data"]["username"] == "admin", "the session goes on as well"


def test_a_users_key_goes_with_the_user(guarded: Server, admin: Person, somebody: Somebody) -> None:
    ana = somebody("MEMBER")
    program = with_key(guarded, ana.new_key())
    assert program.get("/v1/user").json()["data"]["username"] == ana.name
    assert admin.delete(f"/v1/users/{ana.name}").status_code == 204
    assert program.get("/v1/projects").status_code == 401
    assert ana.get("/v1/projects").status_code == 401


def test_a_key_has_the_rights_that_its_user_has_now(guarded: Server, admin: Person, somebody: Somebody) -> None:
    ana = somebody("MEMBER")
    program = with_key(guarded, ana.new_key())
    assert program.post("/v1/projects", json={"name": f"of {ana.name}"}).status_code == 200
    assert admin.patch(f"/v1/users/{ana.name}", json={"role": "VIEWER"}).status_code == 200
    answer = program.post("/v1/projects", json={"name": f"too late for {ana.name}"})
    assert (answer.status_code, answer.text) == (403, "Viewers cannot perform this action.")


def test_admins_see_and_delete_keys_of_others_and_nobody_else_does(
    guarded: Server, admin: Person, somebody: Somebody
) -> None:
    ana, bob = somebody("MEMBER"), somebody("MEMBER")
    program = with_key(guarded, ana.new_key(name="of ana"))
    [key] = [each for each in admin.get("/v1/users/api_keys").json()["data"] if each["user"]["username"] == ana.name]
    assert bob.get("/v1/users/api_keys").status_code == 403
    assert bob.delete(f"/v1/user/api_keys/{key['id']}").status_code == 404
    assert program.get("/v1/projects").status_code == 200
    assert admin.delete(f"/v1/users/api_keys/{key['id']}").status_code == 204
    assert program.get("/v1/projects").status_code == 401


def test_the_secret_of_the_settings_is_a_key_with_all_rights(start_server: StartServer) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    server = start_server(environment={"PHOENIX_ENABLE_AUTH": "true", "PHOENIX_ADMIN_SECRET": secret})
    operator = with_key(server, secret)
    user = {"username": "ada", "email": "ada@example.com", "role": "ADMIN", "auth_method": "LOCAL", "password": "x" * 8}
    assert operator.post("/v1/users", json={"user": user}).status_code == 201
    assert operator.post("/v1/system/api_keys", json={"data": {"name": "app"}}).status_code == 201
    assert with_key(server, secret[:-1]).get("/v1/projects").status_code == 401
    assert secret not in server.said


def test_without_accounts_there_are_no_users_and_keys_to_make(server: Server) -> None:
    http = nobody(server)
    assert http.get("/v1/user").json() == {"data": {"auth_method": "ANONYMOUS"}}
    assert http.get("/v1/users").json() == {"data": [], "next_cursor": None}
    for path in ("/v1/users", "/v1/system/api_keys"):
        answer = http.post(path, json={"data": {"name": "k"}, "user": {"username": "mallory"}})
        assert (answer.status_code, "RUBRICATE_AUTH" in answer.text) == (400, True)
