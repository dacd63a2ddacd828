"""Signing in with a browser: the cookie, other sites, guessing, passwords; and nothing secret where it can be read."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ..cli.command import rubricate
from ..conftest import StartServer
from ..server import Server
from .conftest import Somebody
from .people import ADMIN_PASSWORD, FIRST_PASSWORD, PASSWORD, Person, nobody, with_key

ACCOUNTS = {"RUBRICATE_AUTH": "true"}


def test_the_first_password_is_made_up_shown_once_and_works(start_server: StartServer) -> None:
    server = start_server(environment=ACCOUNTS)
    [password] = re.findall(r"First sign-in: name admin, password (\S+) ", server.said)
    admin = Person(server).sign_in("admin", password)
    assert admin.get("/v1/user").json()["data"]["password_needs_reset"] is True
    server.restart()
    assert server.said.count(password) == 1
    assert Person(server).sign_in("admin@localhost", password)


def test_a_server_with_accounts_may_be_reached_from_elsewhere(start_server: StartServer) -> None:
    assert start_server("--host", "0.0.0.0", environment=ACCOUNTS).said.count("http://0.0.0.0") == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [("RUBRICATE_ADMIN_PASSWORD", "short"), ("RUBRICATE_ADMIN_SECRET", "guessable")],
)
def test_a_weak_secret_in_the_settings_is_refused_and_not_repeated(
    start_server: StartServer, variable: str, value: str
) -> None:
    with pytest.raises(AssertionError) as refused:
        start_server(environment=ACCOUNTS | {variable: value})
    assert f"{variable} is not right; it must be" in str(refused.value)
    assert value not in str(refused.value)


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(guarded: Server) -> None:
    body = {"username": "admin", "password": ADMIN_PASSWORD}
    plain = Person(guarded).post("/auth/login", json=body).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={14 * 86400}"} <= set(plain.split("; "))
    assert "Secure" not in plain
    behind_tls = Person(guarded).post("/auth/login", json=body, headers={"x-forwarded-proto": "https"})
    assert "Secure" in behind_tls.headers["set-cookie"].split("; ")


def test_another_site_cannot_change_anything_with_the_cookie(guarded: Server, admin: Person) -> None:
    new = {"name": "made elsewhere"}
    for origin in ("https://evil.example", "null", guarded.base_url.replace("127.0.0.1", "localhost"), None):
        headers = {} if origin is None else {"origin": origin}
        request = admin.build_request("POST", "/v1/projects", json=new)
        request.headers.pop("origin")
        request.headers.update(headers)
        answer = admin.send(request)
        assert (answer.status_code, "cookie does not count" in answer.text) == (403, True), origin
    assert admin.get("/v1/projects", headers={"origin": "https://evil.example"}).status_code == 200
    body = {"username": "admin", "password": ADMIN_PASSWORD}
    signs_in = nobody(guarded, origin="https://evil.example").post("/auth/login", json=body)
    assert (signs_in.status_code, "set-cookie" in signs_in.headers) == (403, False)


def test_a_proxy_that_changes_the_host_is_trusted_by_name(start_server: StartServer) -> None:
    public = "https://rubricate.example.com"
    server = start_server(
        environment=ACCOUNTS
        | {"RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD, "RUBRICATE_TRUSTED_ORIGINS": f"{public}, https://other.example"}
    )
    admin = Person(server, origin=public).arrive("admin", FIRST_PASSWORD, ADMIN_PASSWORD)
    assert admin.post("/v1/projects", json={"name": "p"}).status_code == 200
    forwarded = Person(server, origin="https://third.example")
    forwarded.headers["x-forwarded-host"] = "third.example"
    assert forwarded.sign_in("admin", ADMIN_PASSWORD)


def test_a_link_leads_to_where_one_signs_in_and_back(guarded: Server, admin: Person) -> None:
    stranger = nobody(guarded, accept="text/html")
    answer = stranger.get("/redirects/spans/0a0b?x=1")
    assert (answer.status_code, answer.headers["location"]) == (302, "/login?next=%2Fredirects%2Fspans%2F0a0b%3Fx%3D1")
    assert admin.get("/redirects/spans/0a0b", headers={"accept": "text/html"}).status_code == 404


def test_who_signed_out_is_out_and_other_browsers_are_not(guarded: Server, somebody: Somebody) -> None:
    ana = somebody("MEMBER")
    elsewhere = Person(guarded).sign_in(ana.name, PASSWORD)
    kept = dict(ana.cookies)
    assert ana.post("/auth/logout").status_code == 204
    assert ana.get("/v1/user").status_code == 401
    again = Person(guarded)
    again.cookies.update(kept)
    assert again.get("/v1/user").status_code == 401, "the token is dead, not only forgotten"
    assert elsewhere.get("/v1/user").json()["data"]["username"] == ana.name
    assert ana.post("/auth/logout").status_code == 204


def test_a_wrong_name_and_a_wrong_password_are_told_alike_and_take_as_long(guarded: Server, somebody: Somebody) -> None:
    ana = somebody("MEMBER")
    names = (ana.name, "nobody-of-this-name")
    answers: list[tuple[int, str]] = []
    took: dict[str, list[float]] = {name: [] for name in names}
    for name in names * 4:  # in turns, so that a busy moment is one for both
        began = time.perf_counter()
        answer = Person(guarded).post("/auth/login", json={"username": name, "password": "not this one"})
        took[name].append(time.perf_counter() - began)
        answers.append((answer.status_code, answer.text))
    known, unknown = (min(took[name]) for name in names)
    assert answers == [(401, "The name or the password is not right.")] * 8
    assert unknown > known / 3, "somebody who is not there is looked at as well"


def test_guessing_is_slowed_down_for_who_guesses(start_server: StartServer) -> None:
    server = start_server(
        environment=ACCOUNTS | {"RUBRICATE_ADMIN_PASSWORD": ADMIN_PASSWORD, "RUBRICATE_LOGIN_ATTEMPTS": "3"}
    )

    def guess(name: str = "admin") -> httpx.Response:
        return Person(server).post("/auth/login", json={"username": name, "password": "a guess"})

    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(lambda _: guess(), range(8)))
    assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 5
    refused = Person(server).post("/auth/login", json={"username": "ADMIN ", "password": ADMIN_PASSWORD})
    assert refused.status_code == 429, "also with the right password, or one would know it by now"
    assert re.fullmatch(r"Too many failed attempts to sign in\. Try again in \d+ seconds?\.", refused.text)
    assert 1 <= int(refused.headers["retry-after"]) <= 300
    assert guess("somebody else").status_code == 401


def test_who_guesses_locks_nobody_out_who_shares_the_address(start_server: StartServer) -> None:
    server = start_server(
        environment=ACCOUNTS | {"RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD, "RUBRICATE_LOGIN_ATTEMPTS": "2"}
    )

    def tries(name: str, password: str) -> int:
        return Person(server).post("/auth/login", json={"username": name, "password": password}).status_code

    assert [tries(f"user {number}", "a guess") for number in range(20)] == [401] * 20
    assert [tries("user 20", "a guess") for _ in range(3)] == [401, 429, 429], "one attempt for each name is left"
    assert tries("admin", FIRST_PASSWORD) == 204
    assert [tries("admin", "a guess"), tries("admin", FIRST_PASSWORD)] == [401, 429]


def test_behind_a_trusted_proxy_each_is_counted_alone(start_server: StartServer) -> None:
    limits = {"RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD, "RUBRICATE_LOGIN_ATTEMPTS": "2"}
    trusting = start_server(environment=ACCOUNTS | limits | {"RUBRICATE_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1"})
    wary = start_server(environment=ACCOUNTS | limits)

    def tries(server: Server, address: str, password: str = "a guess") -> int:
        person = Person(server)
        person.headers["x-forwarded-for"] = address
        return person.post("/auth/login", json={"username": "admin", "password": password}).status_code

    assert [tries(trusting, "192.0.2.1") for _ in range(3)] == [401, 401, 429]
    assert tries(trusting, "6.6.6.6, 192.0.2.1, 10.0.0.9") == 429, "what the client wrote itself does not count"
    assert tries(trusting, "192.0.2.2, 10.0.0.9", FIRST_PASSWORD) == 204
    guesses = [tries(trusting, f"198.51.100.{number}") for number in range(20)]
    assert guesses == [401] * 20
    assert [tries(trusting, "192.0.2.77") for _ in range(2)] == [401, 429], "a name that many guess at"
    assert [tries(wary, f"192.0.2.{number}") for number in range(3)] == [401, 401, 429]


def test_somebody_elses_password_is_good_for_choosing_another_only(
    guarded: Server, admin: Person, somebody: Somebody
) -> None:
    ana = somebody("MEMBER")
    key = ana.new_key()
    assert admin.patch(f"/v1/users/{ana.name}", json={"password": "a fresh start"}).status_code == 200
    ana.sign_in(ana.name, "a fresh start")
    for method, path in (
        ("GET", "/v1/projects"),
        ("POST", "/v1/projects"),
        ("GET", "/v1/events"),
        ("POST", "/v1/traces"),
    ):
        answer = ana.request(method, path)
        assert (answer.status_code, "Somebody else chose your password" in answer.text) == (403, True), path
    assert ana.post("/v1/user/api_keys", json={"data": {"name": "a way around"}}).status_code == 403
    assert ana.get("/v1/user").json()["data"]["password_needs_reset"] is True
    assert with_key(guarded, key).get("/v1/projects").status_code == 200, "programs go on"

    same = {"current_password": "a fresh start", "new_password": "a fresh start"}
    refused = ana.post("/auth/password", json=same)
    assert (refused.status_code, "the password that somebody else chose" in refused.text) == (400, True)
    assert ana.post("/auth/password", json=same | {"new_password": PASSWORD}).status_code == 204
    assert ana.get("/v1/projects").status_code == 200, "the same session goes on"
    assert ana.get("/v1/user").json()["data"]["password_needs_reset"] is False


def test_live_updates_and_files_come_by_the_cookie(guarded: Server, admin: Person, somebody: Somebody) -> None:
    """A browser sends nothing else with an EventSource, a link to a file, or a form that downloads."""
    uploaded = {"name": "by cookie", "inputs": [{"q": 1}]}
    made = admin.post("/v1/datasets/upload", params={"sync": True}, json=uploaded).json()["data"]["dataset_id"]
    admin.post("/v1/projects", json={"name": "files"})
    ana = somebody("ANNOTATOR")

    def files(person: httpx.Client) -> list[httpx.Response]:
        project = "/v1/projects/files"
        return [
            person.get(f"/v1/datasets/{made}/csv"),
            person.get(f"/v1/datasets/{made}/jsonl"),
            person.get(f"{project}/spans/export"),
            person.get(f"{project}/export", params={"format": "csv"}),
            person.post(f"{project}/export", data={"format": "csv"}),
        ]

    with ana.stream("GET", "/v1/events") as live:
        assert (live.status_code, live.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert next(live.iter_lines())
    assert [answer.status_code for answer in files(ana)] == [200] * 5
    ana.headers["origin"] = "https://evil.example"
    assert [answer.status_code for answer in files(ana)] == [200] * 4 + [403], "a form of another site"
    ana.headers["origin"] = guarded.base_url
    assert ana.post("/auth/logout").status_code == 204
    assert ana.get("/v1/events").status_code == 401
    assert [answer.status_code for answer in files(ana)] == [401] * 5


def test_ones_own_password_is_changed_by_who_knows_it(guarded: Server, somebody: Somebody) -> None:
    ana = somebody("VIEWER")
    elsewhere = Person(guarded).sign_in(ana.name, PASSWORD)
    wrong = ana.post("/auth/password", json={"current_password": "wrong", "new_password": "another secret"})
    assert (wrong.status_code, wrong.text) == (400, "The current password is not right.")
    body = {"current_password": PASSWORD, "new_password": "another secret"}
    assert ana.post("/auth/password", json=body).status_code == 204
    assert ana.get("/v1/user").json()["data"]["password_needs_reset"] is False
    assert elsewhere.get("/v1/user").status_code == 401, "all other sessions end"
    assert Person(guarded).sign_in(ana.name, "another secret")


def test_an_admin_sets_the_password_of_somebody_who_forgot_it(
    guarded: Server, admin: Person, somebody: Somebody
) -> None:
    ana = somebody("MEMBER")
    assert admin.patch(f"/v1/users/{ana.name}", json={"password": "a fresh start"}).status_code == 200
    assert ana.get("/v1/user").status_code == 401
    assert Person(guarded).sign_in(ana.name, "a fresh start").get("/v1/user").json()["data"]["password_needs_reset"]


def test_the_last_admin_cannot_be_lost(admin: Person) -> None:
    for answer in (admin.delete("/v1/users/admin"), admin.patch("/v1/users/admin", json={"role": "MEMBER"})):
        assert (answer.status_code, "last admin" in answer.text) == (403, True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'; drop table user; --", "ana ' or '1'='1", "Ана 🧪"])
def test_any_name_is_only_a_name(guarded: Server, somebody: Somebody, name: str) -> None:
    person = somebody("ANNOTATOR", name)
    answer = person.get("/v1/user")
    assert answer.json()["data"]["username"] == name
    assert answer.headers["content-type"] == "application/json"
    assert Person(guarded).post("/auth/login", json={"username": f"{name}x", "password": PASSWORD}).status_code == 401


def test_a_name_is_given_once(admin: Person, somebody: Somebody) -> None:
    ana = somebody("MEMBER")
    user = {"username": ana.name.upper(), "role": "MEMBER", "auth_method": "LOCAL", "password": PASSWORD}
    assert admin.post("/v1/users", json={"user": user}).status_code == 409


def test_secrets_are_neither_answered_nor_logged_nor_stored(start_server: StartServer) -> None:
    server = start_server(
        environment=ACCOUNTS | {"RUBRICATE_ADMIN_PASSWORD": FIRST_PASSWORD, "RUBRICATE_LOG_LEVEL": "debug"}
    )
    admin = Person(server).arrive("admin", FIRST_PASSWORD, ADMIN_PASSWORD)
    token = admin.cookies["rubricate_session"]
    key = admin.new_key("/v1/system/api_keys")
    answers = [
        admin.post("/auth/login", json={"username": "admin", "password": ["s3cret-in-a-list"]}),
        admin.post("/auth/login", json={"user": "admin", "pass": "s3cret-misnamed"}),
        admin.post("/auth/password", json={"current_password": "s3cret-current", "new": "s3cret-new"}),
        admin.post("/v1/users", json={"user": {"username": "x", "role": "KING", "password": "s3cret-of-user"}}),
        admin.patch("/v1/users/admin", json={"passwort": "s3cret-of-admin"}),
        admin.get("/v1/users"),
        admin.get("/v1/system/api_keys"),
    ]
    assert [answer.status_code for answer in answers] == [422] * 5 + [200] * 2
    admin.get("/v1/projects", headers={"authorization": f"Bearer {key}x"})
    server.stop()
    written = server.said + "".join(answer.text for answer in answers)
    files = b"".join(path.read_bytes() for path in server.data.iterdir() if path.is_file())
    for secret in (FIRST_PASSWORD, ADMIN_PASSWORD, token, key, "s3cret"):
        assert secret not in written
        assert secret.encode() not in files


def test_the_operator_who_locked_himself_out_gets_in_again(start_server: StartServer) -> None:
    server = start_server(environment=ACCOUNTS)
    busy = rubricate("user", "reset-password", "admin", "--data", server.data)
    assert (busy.code, "in use" in busy.err) == (1, True)
    server.stop()
    reset = rubricate("user", "reset-password", "admin", "--data", server.data)
    added = rubricate("user", "add", "ada", "--role", "ADMIN", "--data", server.data)
    listed = rubricate("user", "list", "--data", server.data)
    assert listed.out.split() == ["ADMIN", "ada", "ADMIN", "admin", "<admin@localhost>"]
    server.start()
    assert Person(server).sign_in("admin", reset.out.strip())
    assert Person(server).sign_in("ada", added.out.strip())
