"""What a key stands for: known without asking the store, never by what no longer holds; and how often one may guess."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate.records.user import UserRole
from rubricate_server.actions.credentials import Credentials, Refused, key_in
from rubricate_server.domain.patience import WINDOW_S, Patience
from rubricate_server.domain.secret import digest_of, hash_password, new_token, password_fits
from rubricate_server.domain.topic import Topic, Topics
from rubricate_server.storage.contract import NewApiKey, NewUser, Storage, StoredApiKey
from rubricate_server.storage.sqlite.store import open_storage

ACCOUNTS = Topic("accounts")


@pytest.fixture
def topics() -> Topics:
    return Topics()


@pytest.fixture
def store(tmp_path: Path, topics: Topics) -> Iterator[Storage]:
    store = open_storage(tmp_path, on_change=topics.bump)
    yield store
    store.close()


@pytest.fixture
def credentials(store: Storage, topics: Topics) -> Credentials:
    return Credentials(store.accounts, lambda: topics.version(ACCOUNTS), admin_secret="s" * 32)


def key(store: Storage, token: str = "rbk_1", expires_us: int | None = None) -> StoredApiKey:
    return store.accounts.create_key(NewApiKey(digest_of(token), None, "k", None, "", expires_us))


def test_a_key_is_looked_up_once(store: Storage, credentials: Credentials) -> None:
    key(store)
    assert credentials.known("rbk_1") is None
    found = credentials.find("rbk_1")
    assert credentials.known("rbk_1") == found
    assert (found.role, found.username) == (UserRole.SYSTEM, None)


def test_a_key_that_was_deleted_is_not_known_any_more(store: Storage, credentials: Credentials) -> None:
    made = key(store)
    credentials.find("rbk_1")
    store.accounts.delete_key(made.id, None)
    assert credentials.known("rbk_1") is None
    with pytest.raises(Refused, match="Invalid token"):
        credentials.find("rbk_1")


def test_a_deletion_during_the_look_up_is_not_forgotten(
    store: Storage, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = key(store)
    look_up = store.accounts.credential

    def overtaken(digest: bytes) -> object:
        found = look_up(digest)
        store.accounts.delete_key(made.id, None)
        return found

    monkeypatch.setattr(store.accounts, "credential", overtaken)
    credentials.find("rbk_1")  # it held when it was read
    monkeypatch.undo()
    assert credentials.known("rbk_1") is None
    with pytest.raises(Refused):
        credentials.find("rbk_1")


def test_a_known_key_expires_by_itself(
    store: Storage, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_us = time.time_ns() // 1000 + 60_000_000
    key(store, expires_us=expires_us)
    assert credentials.find("rbk_1")
    monkeypatch.setattr(time, "time_ns", lambda: expires_us * 1000)
    for look in (credentials.known, credentials.find):
        with pytest.raises(Refused, match="Expired token"):
            look("rbk_1")


def test_a_key_is_no_session_and_a_session_no_key(store: Storage, credentials: Credentials) -> None:
    user = store.accounts.create(NewUser("ana", None, UserRole.MEMBER, "", False))
    store.accounts.open_session(user.id, digest_of("rbk_as if"), 2**60)
    key(store, "rbs_as if")
    for token in ("rbk_as if", "rbs_as if"):
        with pytest.raises(Refused):
            credentials.find(token)


def test_uses_are_written_once_for_many(store: Storage, credentials: Credentials) -> None:
    made = key(store)
    credentials.find("rbk_1")
    for _ in range(100):
        credentials.known("rbk_1")
    credentials.keep_use()
    [used] = store.accounts.keys_of(None)
    assert (used.id, used.used_us is not None) == (made.id, True)


def test_the_secret_of_the_settings_is_an_admin(credentials: Credentials) -> None:
    assert credentials.find("s" * 32).role == UserRole.ADMIN
    for wrong in ("s" * 31, "s" * 33, ""):
        with pytest.raises(Refused):
            credentials.find(wrong)


@given(st.text())
def test_any_text_can_be_looked_up(text: str) -> None:
    assert len(digest_of(text)) == 32


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer a", "api_key": "b"}, "a"),
        ({"authorization": "Basic a", "api_key": "b"}, "b"),
        ({"authorization": "Bearer  a "}, "a"),
        ({"authorization": "a"}, None),
        ({"x-api-key": "c", "api-key": "b"}, "b"),
        ({"authorization": "Bearer"}, ""),
        ({}, None),
    ],
)
def test_a_key_is_found_in_the_headers_that_clients_use(headers: dict[str, str], key: str | None) -> None:
    assert key_in(headers) == key


def test_a_password_fits_itself_and_nothing_else() -> None:
    stored = hash_password("grüße 🎈")
    assert stored.startswith("$argon2id$")
    assert password_fits("grüße 🎈", stored)
    assert not password_fits("grüße", stored)
    assert not password_fits("grüße 🎈", None)
    assert not password_fits("", "")
    assert hash_password("grüße 🎈") != stored


def test_tokens_differ_and_are_long() -> None:
    tokens = {new_token("rbk_") for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 47 for token in tokens)


def test_after_too_many_failures_one_waits_until_the_first_is_forgotten() -> None:
    now = 0.0
    patience = Patience(3, lambda: now)
    for second in (0, 10, 20):
        now = second
        assert patience.wait_s("ana") == 0
        patience.failed("ana")
    assert patience.wait_s("ana") == WINDOW_S - 20
    assert patience.wait_s("bob") == 0
    now = WINDOW_S
    assert patience.wait_s("ana") == 0
    patience.failed("ana")
    assert patience.wait_s("ana") == 10
    patience.succeeded("ana")
    assert patience.wait_s("ana") == 0
