"""Users, sessions and keys."""

import pytest

from rubricate.records.user import UserRole
from rubricate_server.storage.contract import NewApiKey, NewUser, Storage, StoredUser
from rubricate_server.storage.errors import Conflict, NotFound, Protected

from ..engines import Data

FAR_US = 2**60


def new(name: str, role: UserRole = UserRole.MEMBER, email: str | None = None) -> NewUser:
    return NewUser(name, email, role, f"hash of {name}", True)


def make(store: Storage, name: str, role: UserRole = UserRole.MEMBER, email: str | None = None) -> StoredUser:
    return store.accounts.create(new(name, role, email))


def key(user: StoredUser | None, digest: bytes = b"k", name: str = "laptop") -> NewApiKey:
    return NewApiKey(digest, None if user is None else user.id, name, "for tests", "abcd", None)


def test_a_user_comes_back_as_it_was_made(store: Storage) -> None:
    ana = make(store, "Ana", UserRole.ANNOTATOR, "ana@example.com")
    assert (ana.username, ana.email, ana.role, ana.password_needs_reset) == (
        "Ana",
        "ana@example.com",
        UserRole.ANNOTATOR,
        True,
    )
    assert ana.created_us == ana.updated_us > 0
    assert store.accounts.get(ana.id) == store.accounts.get_by_name("ana") == ana
    bob = make(store, "bob")
    assert store.accounts.page() == [bob, ana]
    assert store.accounts.page(limit=1) == [bob]
    assert store.accounts.page(from_id=ana.id) == [ana]


@pytest.mark.parametrize("name", ["'; drop table user; --", "<script>alert(1)</script>", "Ærøskøbing 🧪", "a\\%_b"])
def test_any_name_is_only_a_name(store: Storage, name: str) -> None:
    user = make(store, name)
    assert store.accounts.get_by_name(name) == user
    assert store.accounts.password_of(name) == (user, f"hash of {name}")
    assert store.accounts.password_of("%") is None


@pytest.mark.parametrize("other", ["ana", "ANA", "\uff21na", "ana@example.com", "Ana@Example.com"])
def test_names_and_addresses_are_given_once_whatever_their_case(store: Storage, other: str) -> None:
    make(store, "Ana", email="ana@example.com")
    with pytest.raises(Conflict):
        make(store, other)
    with pytest.raises(Conflict):
        make(store, "bob", email=other)


def test_the_name_of_a_deleted_user_is_not_given_again(store: Storage) -> None:
    ana = make(store, "ana", email="ana@example.com")
    store.accounts.delete(ana.id)
    with pytest.raises(Conflict, match="deleted"):
        make(store, "Ana")
    assert make(store, "ana2", email="ana@example.com").email == "ana@example.com"


def test_a_deleted_user_is_gone_with_sessions_and_keys(store: Storage) -> None:
    ana = make(store, "ana")
    store.accounts.open_session(ana.id, b"s", FAR_US)
    store.accounts.create_key(key(ana))
    store.accounts.delete(ana.id)
    assert store.accounts.page() == []
    assert store.accounts.password_of("ana") is None
    assert store.accounts.credential(b"s") is store.accounts.credential(b"k") is None
    for missing in (store.accounts.get, store.accounts.delete):
        with pytest.raises(NotFound):
            missing(ana.id)
    with pytest.raises(NotFound):
        store.accounts.open_session(ana.id, b"s2", FAR_US)
    with pytest.raises(NotFound):
        store.accounts.create_key(key(ana, b"k2"))


def test_the_first_user_is_made_once(store: Storage) -> None:
    made = store.accounts.create_first(new("admin", UserRole.ADMIN))
    assert made is not None
    assert store.accounts.create_first(new("other", UserRole.ADMIN)) is None
    assert store.accounts.page() == [made]


def test_the_last_admin_stays_one(store: Storage) -> None:
    admin = make(store, "admin", UserRole.ADMIN)
    make(store, "ana")
    with pytest.raises(Protected):
        store.accounts.delete(admin.id)
    with pytest.raises(Protected):
        store.accounts.update(admin.id, {"role": UserRole.VIEWER})
    assert store.accounts.update(admin.id, {"role": UserRole.ADMIN}).role == UserRole.ADMIN
    make(store, "second", UserRole.ADMIN)
    store.accounts.delete(admin.id)


def test_an_update_changes_what_it_names(store: Storage) -> None:
    ana = make(store, "ana", email="ana@example.com")
    changed = store.accounts.update(ana.id, {"role": UserRole.VIEWER})
    assert changed == ana._replace(role=UserRole.VIEWER, updated_us=changed.updated_us)
    assert store.accounts.update(ana.id, {"email": None}).email is None
    make(store, "bob", email="bob@example.com")
    with pytest.raises(Conflict):
        store.accounts.update(ana.id, {"email": "BOB@example.com"})


def test_a_new_password_ends_all_sessions_but_the_one_to_keep(store: Storage) -> None:
    ana, bob = make(store, "ana"), make(store, "bob")
    for user, digest in ((ana, b"1"), (ana, b"2"), (bob, b"3")):
        store.accounts.open_session(user.id, digest, FAR_US)
    store.accounts.create_key(key(ana))
    changed = store.accounts.set_password(ana.id, "another hash", needs_reset=False, keep=b"1")
    assert not changed.password_needs_reset
    assert store.accounts.password_of("ana") == (changed, "another hash")
    assert [store.accounts.credential(digest) is not None for digest in (b"1", b"2", b"3", b"k")] == [
        True,
        False,
        True,
        True,
    ]
    store.accounts.set_password(ana.id, "a third", needs_reset=True)
    assert store.accounts.credential(b"1") is None


def test_a_session_stands_for_its_user_until_it_ends(store: Storage) -> None:
    ana = make(store, "ana")
    store.accounts.open_session(ana.id, b"s", FAR_US)
    assert store.accounts.credential(b"s") == (ana, FAR_US, None)
    store.accounts.close_session(b"s")
    store.accounts.close_session(b"s")
    assert store.accounts.credential(b"s") is None


def test_ended_sessions_are_forgotten(store: Storage) -> None:
    ana = make(store, "ana")
    store.accounts.open_session(ana.id, b"old", 10)
    store.accounts.open_session(ana.id, b"new", 30)
    assert store.accounts.forget_sessions(20) == 1
    assert store.accounts.credential(b"old") is None
    assert store.accounts.credential(b"new") is not None


def test_a_key_stands_for_its_user_or_for_the_system(store: Storage) -> None:
    ana = make(store, "ana")
    own = store.accounts.create_key(key(ana, b"a"))
    system = store.accounts.create_key(key(None, b"s", "app")._replace(expires_us=FAR_US))
    assert store.accounts.credential(b"a") == (ana, None, own.id)
    assert store.accounts.credential(b"s") == (None, FAR_US, system.id)
    assert store.accounts.keys_of(ana.id) == [own]
    assert store.accounts.keys_of(None) == [system]
    assert store.accounts.keys_of_users() == [(own, ana)]
    assert (own.name, own.description, own.last_four, own.used_us) == ("laptop", "for tests", "abcd", None)


def test_a_key_is_deleted_by_whom_it_belongs_to(store: Storage) -> None:
    ana, bob = make(store, "ana"), make(store, "bob")
    own, system = store.accounts.create_key(key(ana, b"a")), store.accounts.create_key(key(None, b"s"))
    for key_id, whose in ((own.id, bob.id), (own.id, None), (system.id, ana.id)):
        with pytest.raises(NotFound):
            store.accounts.delete_key(key_id, whose)
    with pytest.raises(NotFound):
        store.accounts.delete_user_key(system.id)
    store.accounts.delete_key(system.id, None)
    store.accounts.delete_user_key(own.id)
    assert store.accounts.credential(b"a") is store.accounts.credential(b"s") is None


def test_the_last_use_of_keys_is_kept(store: Storage) -> None:
    first, second = store.accounts.create_key(key(None, b"1")), store.accounts.create_key(key(None, b"2"))
    store.accounts.note_use({first.id: 5, second.id + 7: 6})
    assert [each.used_us for each in store.accounts.keys_of(None)] == [None, 5]


def test_what_is_taken_away_stays_so_after_a_restart(data: Data) -> None:
    store = data.open()
    ana = make(store, "ana")
    store.accounts.create_key(key(ana, b"kept"))
    gone = store.accounts.create_key(key(ana, b"gone"))
    store.accounts.delete_key(gone.id, ana.id)
    store = data.reopen()
    assert store.accounts.credential(b"gone") is None
    assert store.accounts.credential(b"kept") is not None
