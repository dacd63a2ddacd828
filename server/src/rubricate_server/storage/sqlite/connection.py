"""Connections to the database file: one that writes, a pool that reads."""

import json
import sqlite3  # noqa: TID251  # the engine
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from rubricate_server.domain.topic import Kind, Topic
from rubricate_server.storage.errors import TooComplex
from rubricate_server.storage.sqlite.body import register_functions

READERS = 8
"""Reading connections; more readers than this wait for one."""


class WritingConnection(sqlite3.Connection):
    """The writing connection, which remembers what its transaction changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.changed: set[Topic] = set()


def touch(connection: sqlite3.Connection, kind: Kind, project_ids: Iterable[int | None] = (None,)) -> None:
    """Remember that the transaction changes something, so that those who listen hear of it after the commit."""
    if isinstance(connection, WritingConnection):
        connection.changed.update(Topic(kind, project_id) for project_id in project_ids)


def touch_owners(
    connection: sqlite3.Connection, table: Literal["span", "annotation", "trace"], rows: Sequence[int]
) -> None:
    """The same for the projects of rows that are about to go, move or change."""
    owners = connection.execute(
        f"select distinct project_id from {table} where id in (select value from json_each(?))"
        " and project_id is not null",
        (json.dumps(list(rows)),),
    ).fetchall()
    for kind in ("annotations",) if table == "annotation" else ("spans", "annotations"):
        touch(connection, kind, [row[0] for row in owners])  # type: ignore[arg-type]  # both are kinds


def connect_writer(path: Path) -> sqlite3.Connection:
    """The writing connection; nothing is changed in the file yet."""
    return sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256, factory=WritingConnection
    )


def configure_writer(connection: sqlite3.Connection) -> None:
    """Set what the file and the connection need. A new file gets its page layout here, before the first table."""
    for pragma in (
        "auto_vacuum = incremental",
        "journal_mode = wal",
        "synchronous = full",
        "journal_size_limit = 67108864",
        "wal_autocheckpoint = 4000",
        "cache_size = -16384",
        "temp_store = memory",
        "busy_timeout = 10000",
    ):
        connection.execute(f"pragma {pragma}").fetchall()


def read_engine(path: Path) -> sa.Engine:
    """The pool of reading connections. A transaction on one of them sees one state of the database."""
    engine = sa.create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _connect_reader(path),
        poolclass=sa.QueuePool,
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=60,
        pool_reset_on_return="rollback",
    )
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin"))
    return engine


def _connect_reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("query_only = on", "busy_timeout = 10000", "cache_size = -4096", "temp_store = memory"):
        connection.execute(f"pragma {pragma}").fetchall()
    register_functions(connection)
    return connection


def has_idle_readers(engine: sa.Engine) -> bool:
    """Whether half of the reading connections have nothing to do, so that one can do another's work."""
    pool: sa.QueuePool = engine.pool  # type: ignore[assignment]  # as we made it
    return pool.checkedout() <= READERS // 2


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A short read transaction. Raises TooComplex for a condition that SQLite cannot parse."""
    with engine.connect() as connection, connection.begin():
        try:
            yield connection
        except sa.exc.OperationalError as error:
            # What a level of the filter language needs of the parser's stack differs, so its limit cannot be exact.
            if "parser stack overflow" in str(error.orig):
                raise TooComplex("The condition is nested too deep; write it with fewer levels.") from error
            raise


def insert_rows(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows by few statements: `statement` ends before its values.

    One statement of many rows gives up Python's lock once, executemany once a row; under load that is the
    difference between one wait and hundreds.
    """
    _in_groups(connection, statement + " values {}", rows)


def update_rows(connection: sqlite3.Connection, table: str, changes: str, rows: Sequence[Sequence[Any]]) -> None:
    """Change many rows of a table by few statements, for the reason of `insert_rows`.

    The first value of each of `rows` is the row's id, once at most; `changes` calls the others `new.column2` and so on.
    """
    _in_groups(
        connection, f"update {table} set {changes} from (values {{}}) as new where {table}.id = new.column1", rows
    )


def _in_groups(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    one = "(" + ",".join("?" * len(rows[0])) + ")"
    start = 0
    for size in (256, 64, 16, 4, 1):  # few lengths, so that statements stay prepared
        sql = statement.format(",".join([one] * size)) if len(rows) - start >= size else ""
        while len(rows) - start >= size:
            connection.execute(sql, [value for row in rows[start : start + size] for value in row])
            start += size


def select_in(
    connection: sqlite3.Connection, statement: str, keys: Sequence[Any], *, before: Sequence[Any] = ()
) -> list[Any]:
    """All rows of a statement that ends in `in (...)`, written here as `in ({})`, for any number of keys."""
    found: list[Any] = []
    for start in range(0, len(keys), 256):
        part = list(keys[start : start + 256])
        # A few fixed lengths keep the statement cache warm; a repeated key changes nothing.
        length = next(size for size in (1, 16, 256) if size >= len(part))
        part += part[-1:] * (length - len(part))
        found += connection.execute(statement.format(",".join("?" * length)), [*before, *part]).fetchall()
    return found
