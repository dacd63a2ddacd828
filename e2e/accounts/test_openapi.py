"""What the routes of accounts answer is what `/openapi.json` says."""

from collections.abc import Iterator

import httpx

from ..clients.test_openapi import ACCOUNTS, operations, untrue
from ..server import Server
from .people import ADMIN_PASSWORD, PASSWORD, Json, Person, nobody

Call = tuple[str, int, httpx.Response]

NOT_HAD = {("sign_in", "403"), ("sign_out", "403"), ("change_password", "403"), ("change_password", "401")}
"""Of other sites and of who is nobody: the door in front answers them; see `test_sign_in.py`."""


def users(admin: Person) -> Iterator[Call]:
    def new(**more: str) -> Json:
        return {"user": {"username": "ada", "role": "MEMBER", "password": PASSWORD} | more}

    yield "create_user", 201, admin.post("/v1/users", json=new())
    yield "create_user", 400, admin.post("/v1/users", json=new(username="bo", role="SYSTEM"))
    yield "create_user", 400, admin.post("/v1/users", json=new(username="bo", auth_method="OAUTH2"))
    yield "create_user", 400, admin.post("/v1/users", json={"user": {"username": "bo"}})
    yield "create_user", 409, admin.post("/v1/users", json=new())
    yield "create_user", 422, admin.post("/v1/users", json=new(username=" "))
    yield "list_users", 200, admin.get("/v1/users?limit=1")
    cursor = admin.get("/v1/users?limit=1").json()["next_cursor"]
    yield "list_users", 200, admin.get("/v1/users", params={"cursor": cursor})
    yield "list_users", 422, admin.get("/v1/users?cursor=x")
    yield "get_user", 200, admin.get("/v1/users/ada")
    yield "get_user", 404, admin.get("/v1/users/nobody")
    yield "update_user", 200, admin.patch("/v1/users/ada", json={"email": "ada@example.com"})
    yield "update_user", 400, admin.patch("/v1/users/ada", json={"role": "SYSTEM"})
    yield "update_user", 403, admin.patch("/v1/users/admin", json={"role": "VIEWER"})
    yield "update_user", 404, admin.patch("/v1/users/nobody", json={})
    yield "update_user", 409, admin.patch("/v1/users/ada", json={"email": "admin@localhost"})
    yield "update_user", 422, admin.patch("/v1/users/ada", json={"name": "other"})
    yield "delete_user", 403, admin.delete("/v1/users/admin")
    yield "delete_user", 404, admin.delete("/v1/users/nobody")
    yield "delete_user", 204, admin.delete("/v1/users/ada")


def keys(admin: Person) -> Iterator[Call]:
    for kind, path in (("own", "/v1/user/api_keys"), ("system", "/v1/system/api_keys")):
        many = f"list_{kind}_api_keys"
        yield f"create_{kind}_api_key", 201, admin.post(path, json={"data": {"name": "k", "expires_at": "2099-01-01"}})
        yield f"create_{kind}_api_key", 422, admin.post(path, json={"data": {"name": "", "expires_at": "2020-01-01"}})
        yield many, 200, admin.get(path)
        [key] = admin.get(path).json()["data"]
        yield f"delete_{kind}_api_key", 422, admin.delete(f"{path}/x")
        yield f"delete_{kind}_api_key", 204, admin.delete(f"{path}/{key['id']}")
        yield f"delete_{kind}_api_key", 404, admin.delete(f"{path}/{key['id']}")
    for name in ("one", "two"):
        admin.new_key(name=name)
    yield "list_user_api_keys", 200, admin.get("/v1/users/api_keys?limit=1")
    cursor = admin.get("/v1/users/api_keys?limit=1").json()["next_cursor"]
    yield "list_user_api_keys", 200, admin.get("/v1/users/api_keys", params={"cursor": cursor})
    yield "list_user_api_keys", 422, admin.get("/v1/users/api_keys?cursor=x")
    yield "delete_user_api_key", 422, admin.delete("/v1/users/api_keys/x")
    yield "delete_user_api_key", 204, admin.delete(f"/v1/users/api_keys/{cursor}")
    yield "delete_user_api_key", 404, admin.delete(f"/v1/users/api_keys/{cursor}")


def sessions(admin: Person, server: Server) -> Iterator[Call]:
    yield "get_viewer", 200, admin.get("/v1/user")
    stranger = nobody(server)
    yield "sign_in", 401, stranger.post("/auth/login", json={"username": "x", "password": "y"})
    yield "sign_in", 422, stranger.post("/auth/login", json={})
    for _ in range(20):
        answer = stranger.post("/auth/login", json={"username": "x", "password": "y"})
    yield "sign_in", 429, answer
    yield "sign_in", 204, stranger.post("/auth/login", json={"username": "admin", "password": ADMIN_PASSWORD})
    yield "sign_out", 204, stranger.post("/auth/logout")
    change = {"current_password": "not this", "new_password": PASSWORD}
    yield "change_password", 400, admin.post("/auth/password", json=change)
    yield "change_password", 422, admin.post("/auth/password", json={})
    right = {"current_password": ADMIN_PASSWORD, "new_password": ADMIN_PASSWORD}
    yield "change_password", 204, admin.post("/auth/password", json=right)
    for _ in range(20):
        answer = admin.post("/auth/password", json=change)
    yield "change_password", 429, answer


def off(server: Server) -> Iterator[Call]:
    anybody = nobody(server)
    signs_in = {"username": "x", "password": "y"}
    change = {"current_password": "x", "new_password": PASSWORD}
    yield "get_viewer", 200, anybody.get("/v1/user")
    yield "list_users", 200, anybody.get("/v1/users")
    yield "sign_in", 400, anybody.post("/auth/login", json=signs_in)
    yield "sign_out", 204, anybody.post("/auth/logout")
    yield "change_password", 400, anybody.post("/auth/password", json=change)
    for operation, method, path in (
        ("create_user", "POST", "/v1/users"),
        ("get_user", "GET", "/v1/users/x"),
        ("update_user", "PATCH", "/v1/users/x"),
        ("delete_user", "DELETE", "/v1/users/x"),
        ("list_own_api_keys", "GET", "/v1/user/api_keys"),
        ("create_own_api_key", "POST", "/v1/user/api_keys"),
        ("delete_own_api_key", "DELETE", "/v1/user/api_keys/x"),
        ("list_user_api_keys", "GET", "/v1/users/api_keys"),
        ("delete_user_api_key", "DELETE", "/v1/users/api_keys/x"),
        ("list_system_api_keys", "GET", "/v1/system/api_keys"),
        ("create_system_api_key", "POST", "/v1/system/api_keys"),
        ("delete_system_api_key", "DELETE", "/v1/system/api_keys/x"),
    ):
        body = {"data": {"name": "k"}, "user": {"username": "x"}} if method == "POST" else {}
        yield operation, 400, anybody.request(method, path, **({"json": body} if method in ("POST", "PATCH") else {}))


def test_they_answer_as_documented(guarded: Server, server: Server, admin: Person) -> None:
    document = admin.get("/openapi.json").json()
    documented = {operation["operationId"]: operation for _, _, operation in operations(document)}
    wrong, asked = [], set()
    for some in (users(admin), keys(admin), off(server), sessions(admin, guarded)):
        for operation_id, status, response in some:
            asked.add((operation_id, str(status)))
            if response.status_code != status:
                wrong.append(f"{operation_id} answered {response.status_code}, not {status}: {response.text[:200]}")
            said = documented[operation_id]["responses"].get(str(status))
            if said is None:
                wrong.append(f"{operation_id}: {status} is not documented")
                continue
            wrong += [f"{operation_id}: {status} {each}" for each in untrue(document, said, response)]
    assert not wrong, "\n".join(wrong)
    assert asked == {
        (operation_id, status)
        for operation_id, operation in documented.items()
        if ACCOUNTS.intersection(operation["tags"])
        for status in operation["responses"]
        if (operation_id, status) not in NOT_HAD and (operation_id, status) not in PATH_ONLY
    }, "every documented answer is had at least once"


PATH_ONLY = {("get_user", "422"), ("delete_user", "422")}
"""Any path is text, whatever it names."""
