"""The database of a Phoenix, read-only. Only SQLite; Phoenix may run meanwhile: all is read as it was at one moment."""

import json
import sqlite3  # noqa: TID251  # the engine
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rubricate_server.storage.errors import StorageError

Json = dict[str, Any]

NOT_TAKEN = ("evaluators", "api_keys", "prompt_labels")


class Phoenix:
    """An open database. Tables and columns that came to Phoenix over the years may be missing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.tables = frozenset(
            row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")
        )

    def rows(self, statement: str, parameters: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """What a statement finds, by name of column."""
        return self._connection.execute(statement, parameters)

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; none when there is no such table."""
        return frozenset(row["name"] for row in self.rows(f"pragma table_info({table})"))

    def batches(self, statement: str, at_once: int) -> Iterator[list[sqlite3.Row]]:
        """The same as `rows`, so many at once."""
        found = self.rows(statement)
        while some := found.fetchmany(at_once):
            yield some


@contextmanager
def open_phoenix(path: Path) -> Iterator[Phoenix]:
    """A Phoenix database. Raises StorageError when it is none, or cannot be read."""
    if not path.is_file():
        raise StorageError(f"{path} is not there. Phoenix keeps its database in ~/.phoenix/phoenix.db by default.")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma busy_timeout = 10000").fetchall()
        connection.execute("begin")
        phoenix = Phoenix(connection)
        missing = {"projects", "traces", "spans"} - phoenix.tables
        if missing:
            raise StorageError(f"{path} is no Phoenix database: it has no table {', '.join(sorted(missing))}.")
        yield phoenix
    except (sqlite3.Error, json.JSONDecodeError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    finally:
        connection.close()


def left_out(phoenix: Phoenix) -> Iterator[tuple[str, int]]:
    """What there is and is not taken over, and how much of it."""
    for table in NOT_TAKEN:
        if table in phoenix.tables:
            count = phoenix.rows(f"select count(*) from {table}").fetchone()[0]
            if count:
                yield table.replace("_", " "), count


def object_in(text: str | bytes | None) -> Json:
    """A JSON object; empty when there is none."""
    value = json.loads(text or "{}")
    return value if isinstance(value, dict) else {}


def time_in(text: str) -> str:
    """A time with its zone: Phoenix keeps UTC without saying so."""
    return text if text.endswith(("Z", "+00:00")) else f"{text.replace(' ', 'T')}+00:00"
