"""Prompts, their versions and tags."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate_server.storage.contract import (
    NewPromptTag,
    PromptUpdate,
    StoredPrompt,
    StoredPromptTag,
    StoredPromptVersion,
)
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import prompt, prompt_tag, prompt_version
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.writer import Writer

_PROMPT = sa.select(prompt.c.id, prompt.c.name, prompt.c.description, prompt.c.metadata)
_VERSION = sa.select(
    prompt_version.c.id, prompt_version.c.prompt_id, prompt_version.c.body, prompt_version.c.created_us
)
_TAG = sa.select(prompt_tag.c.id, prompt_tag.c.name, prompt_tag.c.description)


class SqlitePrompts:
    """`PromptStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredPrompt]:
        """See the contract."""
        return [_stored_prompt(row) for row in self._rows(_newest(_PROMPT, prompt.c.id, from_id, limit))]

    def get(self, prompt_id: int) -> StoredPrompt:
        """See the contract."""
        return self._one(prompt.c.id == prompt_id)

    def get_by_name(self, name: str) -> StoredPrompt:
        """See the contract."""
        return self._one(prompt.c.name == name)

    def create(
        self, name: str, description: str | None, metadata: dict[str, Any], body: dict[str, Any]
    ) -> StoredPromptVersion:
        """See the contract."""
        return self._writer.run(partial(_create, name=name, description=description, metadata=metadata, body=body))

    def update(self, prompt_id: int, change: PromptUpdate) -> StoredPrompt:
        """See the contract."""
        return self._writer.run(partial(_update, prompt_id=prompt_id, change=change))

    def delete(self, prompt_id: int) -> None:
        """See the contract."""
        self._writer.run(partial(_delete, prompt_id=prompt_id))

    def add_version(
        self, prompt_id: int, body: dict[str, Any], tags: Iterable[NewPromptTag] = ()
    ) -> StoredPromptVersion:
        """See the contract."""
        return self._writer.run(partial(_add_version, prompt_id=prompt_id, body=body, tags=[*tags]))

    def versions(self, prompt_id: int, *, from_id: int | None = None, limit: int = 100) -> list[StoredPromptVersion]:
        """See the contract."""
        of_prompt = _VERSION.where(prompt_version.c.prompt_id == prompt_id)
        return [_stored_version(row) for row in self._rows(_newest(of_prompt, prompt_version.c.id, from_id, limit))]

    def version(self, version_id: int) -> StoredPromptVersion:
        """See the contract."""
        found = self._rows(_VERSION.where(prompt_version.c.id == version_id))
        if not found:
            raise _no_version(version_id)
        return _stored_version(found[0])

    def latest(self, prompt_id: int) -> StoredPromptVersion:
        """See the contract."""
        found = self.versions(prompt_id, limit=1)
        if not found:
            raise _no_prompt(prompt_id)
        return found[0]

    def tagged(self, prompt_id: int, tag: str) -> StoredPromptVersion:
        """See the contract."""
        found = self._rows(
            _VERSION.join(prompt_tag, prompt_tag.c.version_id == prompt_version.c.id).where(
                prompt_tag.c.prompt_id == prompt_id, prompt_tag.c.name == tag
            )
        )
        if not found:
            raise _no_tag(tag)
        return _stored_version(found[0])

    def tags(self, version_id: int, *, from_id: int | None = None, limit: int = 100) -> list[StoredPromptTag]:
        """See the contract."""
        of_version = _TAG.where(prompt_tag.c.version_id == version_id)
        return [StoredPromptTag(*row) for row in self._rows(_newest(of_version, prompt_tag.c.id, from_id, limit))]

    def put_tag(self, version_id: int, tag: NewPromptTag) -> None:
        """See the contract."""
        self._writer.run(partial(_put_tag, version_id=version_id, tag=tag))

    def remove_tag(self, version_id: int, name: str) -> None:
        """See the contract."""
        self._writer.run(partial(_remove_tag, version_id=version_id, name=name))

    def _one(self, condition: sa.ColumnElement[bool]) -> StoredPrompt:
        found = self._rows(_PROMPT.where(condition))
        if not found:
            raise NotFound("No such prompt")
        return _stored_prompt(found[0])

    def _rows(self, statement: sa.Select[Any]) -> list[Any]:
        with reading(self._readers) as connection:
            return list(connection.execute(statement))


def _newest(
    statement: sa.Select[Any], row_id: sa.ColumnElement[int], from_id: int | None, limit: int
) -> sa.Select[Any]:
    if from_id is not None:
        statement = statement.where(row_id <= from_id)
    return statement.order_by(row_id.desc()).limit(limit)


def _stored_prompt(row: Any) -> StoredPrompt:
    return StoredPrompt(row[0], row[1], row[2], orjson.loads(row[3]))


def _stored_version(row: Any) -> StoredPromptVersion:
    return StoredPromptVersion(row[0], row[1], orjson.loads(row[2]), row[3])


def _no_prompt(prompt_id: int) -> NotFound:
    return NotFound(f"No prompt has the row id {prompt_id}")


def _no_version(version_id: int) -> NotFound:
    return NotFound(f"No prompt version has the row id {version_id}")


def _no_tag(name: str) -> NotFound:
    return NotFound(f"No version of the prompt has the tag {name!r}")


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _create(
    connection: sqlite3.Connection,
    name: str,
    description: str | None,
    metadata: dict[str, Any],
    body: dict[str, Any],
) -> StoredPromptVersion:
    connection.execute(
        "insert or ignore into prompt (name, description, metadata) values (?, ?, ?)",
        (name, description, _json(metadata)),
    )
    prompt_id = connection.execute("select id from prompt where name = ?", (name,)).fetchone()[0]
    return _insert_version(connection, prompt_id, body)


def _insert_version(connection: sqlite3.Connection, prompt_id: int, body: dict[str, Any]) -> StoredPromptVersion:
    now_us = time.time_ns() // 1000
    row = connection.execute(
        "insert into prompt_version (prompt_id, body, created_us) values (?, ?, ?) returning id",
        (prompt_id, _json(body), now_us),
    ).fetchone()
    return StoredPromptVersion(row[0], prompt_id, body, now_us)


def _current(connection: sqlite3.Connection, prompt_id: int) -> StoredPrompt:
    row = connection.execute("select id, name, description, metadata from prompt where id = ?", (prompt_id,)).fetchone()
    if row is None:
        raise _no_prompt(prompt_id)
    return _stored_prompt(row)


def _update(connection: sqlite3.Connection, prompt_id: int, change: PromptUpdate) -> StoredPrompt:
    changed = _current(connection, prompt_id)._replace(**change)
    connection.execute(
        "update prompt set description = ?, metadata = ? where id = ?",
        (changed.description, _json(changed.metadata), prompt_id),
    )
    return changed


def _delete(connection: sqlite3.Connection, prompt_id: int) -> None:
    if connection.execute("delete from prompt where id = ?", (prompt_id,)).rowcount == 0:
        raise _no_prompt(prompt_id)
    connection.execute("delete from prompt_version where prompt_id = ?", (prompt_id,))
    connection.execute("delete from prompt_tag where prompt_id = ?", (prompt_id,))


def _add_version(
    connection: sqlite3.Connection, prompt_id: int, body: dict[str, Any], tags: list[NewPromptTag]
) -> StoredPromptVersion:
    _current(connection, prompt_id)
    added = _insert_version(connection, prompt_id, body)
    for tag in tags:
        _put_tag(connection, added.id, tag)
    return added


def _prompt_of(connection: sqlite3.Connection, version_id: int) -> int:
    row = connection.execute("select prompt_id from prompt_version where id = ?", (version_id,)).fetchone()
    if row is None:
        raise _no_version(version_id)
    return int(row[0])


def _put_tag(connection: sqlite3.Connection, version_id: int, tag: NewPromptTag) -> None:
    connection.execute(
        "insert into prompt_tag (prompt_id, version_id, name, description) values (?, ?, ?, ?)"
        " on conflict (prompt_id, name) do update set"
        " version_id = excluded.version_id, description = excluded.description",
        (_prompt_of(connection, version_id), version_id, *tag),
    )


def _remove_tag(connection: sqlite3.Connection, version_id: int, name: str) -> None:
    prompt_id = _prompt_of(connection, version_id)
    if connection.execute("delete from prompt_tag where prompt_id = ? and name = ?", (prompt_id, name)).rowcount == 0:
        raise _no_tag(name)
