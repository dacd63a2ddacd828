"""Users, their sessions, and API keys."""

import sqlite3  # noqa: TID251  # the engine
import time
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from rubricate.records.user import UserRole
from rubricate_server.storage.contract import (
    Credential,
    NewApiKey,
    NewUser,
    StoredApiKey,
    StoredUser,
    UserUpdate,
)
from rubricate_server.storage.errors import Conflict, NotFound, Protected
from rubricate_server.storage.schema import api_key, user, user_session
from rubricate_server.storage.sqlite.connection import reading, touch
from rubricate_server.storage.sqlite.writer import Writer

_USER = (
    user.c.id,
    user.c.username,
    user.c.email,
    user.c.role,
    user.c.password_needs_reset,
    user.c.created_us,
    user.c.updated_us,
)
_KEY = (
    api_key.c.id,
    api_key.c.user_id,
    api_key.c.name,
    api_key.c.description,
    api_key.c.last_four,
    api_key.c.created_us,
    api_key.c.expires_us,
    api_key.c.used_us,
)
_THERE = user.c.deleted_us.is_(None)


class SqliteAccounts:
    """`AccountStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredUser]:
        """See the contract."""
        statement = sa.select(*_USER).where(_THERE).order_by(user.c.id.desc()).limit(limit)
        if from_id is not None:
            statement = statement.where(user.c.id <= from_id)
        with reading(self._readers) as connection:
            return [_stored_user(row) for row in connection.execute(statement)]

    def get(self, user_id: int) -> StoredUser:
        """See the contract."""
        return self._one(user.c.id == user_id, f"No user has the row id {user_id}.")

    def get_by_name(self, username: str) -> StoredUser:
        """See the contract."""
        return self._one(user.c.name_key == _key(username), f"There is no user {username!r}.")

    def create(self, new: NewUser) -> StoredUser:
        """See the contract."""
        return self._writer.run(partial(_create, new=new))

    def create_first(self, new: NewUser) -> StoredUser | None:
        """See the contract."""
        return self._writer.run(partial(_create_first, new=new))

    def update(self, user_id: int, update: UserUpdate) -> StoredUser:
        """See the contract."""
        self._writer.run(partial(_update, user_id=user_id, update=update))
        return self.get(user_id)

    def set_password(self, user_id: int, password: str, *, needs_reset: bool, keep: bytes | None = None) -> StoredUser:
        """See the contract."""
        self._writer.run(partial(_set_password, user_id=user_id, password=password, needs_reset=needs_reset, keep=keep))
        return self.get(user_id)

    def delete(self, user_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, user_id=user_id))

    def password_of(self, name: str) -> tuple[StoredUser, str] | None:
        """See the contract."""
        key = _key(name)
        statement = sa.select(*_USER, user.c.password).where(
            _THERE, sa.or_(user.c.name_key == key, user.c.email_key == key)
        )
        with reading(self._readers) as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else (_stored_user(row[:-1]), row[-1])

    def open_session(self, user_id: int, digest: bytes, expires_us: int) -> None:
        """See the contract."""
        self._writer.run(partial(_open_session, user_id=user_id, digest=digest, expires_us=expires_us))

    def close_session(self, digest: bytes) -> None:
        """See the contract."""
        self._writer.run(partial(_close_session, digest=digest))

    def forget_sessions(self, before_us: int) -> int:
        """See the contract."""
        return self._writer.run(partial(_forget_sessions, before_us=before_us))

    def create_key(self, new: NewApiKey) -> StoredApiKey:
        """See the contract."""
        return self._writer.run(partial(_create_key, new=new))

    def keys_of(self, user_id: int | None) -> list[StoredApiKey]:
        """See the contract."""
        whose = api_key.c.user_id.is_(None) if user_id is None else api_key.c.user_id == user_id
        with reading(self._readers) as connection:
            rows = connection.execute(sa.select(*_KEY).where(whose).order_by(api_key.c.id.desc()))
            return [StoredApiKey(*row) for row in rows]

    def keys_of_users(self, *, from_id: int | None = None, limit: int = 100) -> list[tuple[StoredApiKey, StoredUser]]:
        """See the contract."""
        statement = (
            sa.select(*_KEY, *_USER)
            .join_from(api_key, user, user.c.id == api_key.c.user_id)
            .order_by(api_key.c.id.desc())
            .limit(limit)
        )
        if from_id is not None:
            statement = statement.where(api_key.c.id <= from_id)
        with reading(self._readers) as connection:
            return [
                (StoredApiKey(*row[: len(_KEY)]), _stored_user(row[len(_KEY) :]))
                for row in connection.execute(statement)
            ]

    def delete_key(self, key_id: int, user_id: int | None) -> None:
        """See the contract."""
        self._writer.run(partial(_delete_key, key_id=key_id, whose="user_id is ?", whom=[user_id]))

    def delete_user_key(self, key_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete_key, key_id=key_id, whose="user_id is not null", whom=[]))

    def note_use(self, used_us: Mapping[int, int]) -> None:
        """See the contract."""
        self._writer.run(partial(_note_use, used_us=dict(used_us)))

    def credential(self, digest: bytes) -> Credential | None:
        """See the contract."""
        by_key = (
            sa.select(api_key.c.expires_us, api_key.c.id, api_key.c.user_id, *_USER)
            .outerjoin_from(api_key, user, sa.and_(user.c.id == api_key.c.user_id, _THERE))
            .where(api_key.c.digest == digest)
        )
        by_session = (
            sa.select(user_session.c.expires_us, sa.null(), user_session.c.user_id, *_USER)
            .join_from(user_session, user, sa.and_(user.c.id == user_session.c.user_id, _THERE))
            .where(user_session.c.digest == digest)
        )
        with reading(self._readers) as connection:
            row = connection.execute(by_key).one_or_none() or connection.execute(by_session).one_or_none()
        if row is None or (row[2] is not None and row[3] is None):  # a key must not outlive its user
            return None
        return Credential(None if row[2] is None else _stored_user(row[3:]), row[0], row[1])

    def _one(self, condition: sa.ColumnElement[bool], missing: str) -> StoredUser:
        with reading(self._readers) as connection:
            row = connection.execute(sa.select(*_USER).where(condition, _THERE)).one_or_none()
        if row is None:
            raise NotFound(missing)
        return _stored_user(row)


def _stored_user(row: Sequence[Any]) -> StoredUser:
    return StoredUser(row[0], row[1], row[2], UserRole(row[3]), bool(row[4]), row[5], row[6])


def _key(name: str) -> str:
    """Names that look the same to a person are the same."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def _now_us() -> int:
    return time.time_ns() // 1000


def _create(connection: sqlite3.Connection, new: NewUser) -> StoredUser:
    _refuse_taken(connection, new.username, "name")
    if new.email is not None:
        _refuse_taken(connection, new.email, "mail address")
    now_us = _now_us()
    row = connection.execute(
        "insert into user (username, name_key, email, email_key, role, password, password_needs_reset, created_us,"
        " updated_us) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
        (
            new.username,
            _key(new.username),
            new.email,
            None if new.email is None else _key(new.email),
            new.role,
            new.password,
            new.password_needs_reset,
            now_us,
            now_us,
        ),
    ).fetchone()
    touch(connection, "accounts")
    return StoredUser(row[0], new.username, new.email, new.role, new.password_needs_reset, now_us, now_us)


def _create_first(connection: sqlite3.Connection, new: NewUser) -> StoredUser | None:
    if connection.execute("select 1 from user limit 1").fetchone() is not None:
        return None
    return _create(connection, new)


def _refuse_taken(connection: sqlite3.Connection, given: str, what: str, but: int = -1) -> None:
    """Names and addresses share one space, so that nobody signs in by what is another's address."""
    found = connection.execute(
        "select deleted_us from user where ? in (name_key, email_key) and id != ?", (_key(given), but)
    ).fetchone()
    if found is None:
        return
    if found[0] is not None:
        raise Conflict(
            f"The {what} {given!r} was that of a user who was deleted. Annotations carry it, so it is not given again."
        )
    raise Conflict(f"The {what} {given!r} is taken by another user.")


def _update(connection: sqlite3.Connection, user_id: int, update: UserUpdate) -> None:
    _refuse_missing(connection, user_id)
    if "role" in update:
        if update["role"] != UserRole.ADMIN:
            _refuse_last_admin(connection, user_id)
        connection.execute("update user set role = ? where id = ?", (update["role"], user_id))
    if "email" in update:
        email = update["email"]
        if email is not None:
            _refuse_taken(connection, email, "mail address", but=user_id)
        connection.execute(
            "update user set email = ?, email_key = ? where id = ?",
            (email, None if email is None else _key(email), user_id),
        )
    connection.execute("update user set updated_us = ? where id = ?", (_now_us(), user_id))
    touch(connection, "accounts")


def _set_password(
    connection: sqlite3.Connection, user_id: int, password: str, needs_reset: bool, keep: bytes | None
) -> None:
    _refuse_missing(connection, user_id)
    connection.execute(
        "update user set password = ?, password_needs_reset = ?, updated_us = ? where id = ?",
        (password, needs_reset, _now_us(), user_id),
    )
    connection.execute("delete from user_session where user_id = ? and digest is not ?", (user_id, keep))
    touch(connection, "accounts")


def _delete(connection: sqlite3.Connection, user_id: int) -> None:
    _refuse_missing(connection, user_id)
    _refuse_last_admin(connection, user_id)
    # The address may be somebody's new one; the name stands in annotations.
    connection.execute(
        "update user set deleted_us = ?, email = null, email_key = null, password = '' where id = ?",
        (_now_us(), user_id),
    )
    connection.execute("delete from user_session where user_id = ?", (user_id,))
    connection.execute("delete from api_key where user_id = ?", (user_id,))
    touch(connection, "accounts")


def _refuse_missing(connection: sqlite3.Connection, user_id: int) -> None:
    if not connection.execute("select 1 from user where id = ? and deleted_us is null", (user_id,)).fetchone():
        raise NotFound(f"No user has the row id {user_id}.")


def _refuse_last_admin(connection: sqlite3.Connection, user_id: int) -> None:
    admins = connection.execute("select id from user where role = 'ADMIN' and deleted_us is null limit 2").fetchall()
    if admins == [(user_id,)]:
        raise Protected("This is the last admin. Make somebody else an admin first.")


def _open_session(connection: sqlite3.Connection, user_id: int, digest: bytes, expires_us: int) -> None:
    _refuse_missing(connection, user_id)
    connection.execute("insert into user_session values (?, ?, ?, ?)", (digest, user_id, _now_us(), expires_us))


def _close_session(connection: sqlite3.Connection, digest: bytes) -> None:
    connection.execute("delete from user_session where digest = ?", (digest,))
    touch(connection, "accounts")


def _forget_sessions(connection: sqlite3.Connection, before_us: int) -> int:
    return connection.execute("delete from user_session where expires_us < ?", (before_us,)).rowcount


def _create_key(connection: sqlite3.Connection, new: NewApiKey) -> StoredApiKey:
    if new.user_id is not None:
        _refuse_missing(connection, new.user_id)
    now_us = _now_us()
    row = connection.execute(
        "insert into api_key (digest, user_id, name, description, last_four, created_us, expires_us)"
        " values (?, ?, ?, ?, ?, ?, ?) returning id",
        (*new[:5], now_us, new.expires_us),
    ).fetchone()
    touch(connection, "accounts")
    return StoredApiKey(row[0], *new[1:5], now_us, new.expires_us, None)


def _delete_key(connection: sqlite3.Connection, key_id: int, whose: str, whom: list[int | None]) -> None:
    if connection.execute(f"delete from api_key where id = ? and {whose}", (key_id, *whom)).rowcount == 0:
        raise NotFound(f"No such API key has the row id {key_id}.")
    touch(connection, "accounts")


def _note_use(connection: sqlite3.Connection, used_us: dict[int, int]) -> None:
    connection.executemany(
        "update api_key set used_us = ? where id = ?", [(moment, key_id) for key_id, moment in used_us.items()]
    )
