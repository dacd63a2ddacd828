"""The schema's version: made at once in a new file, brought forward step by step in an old one."""

import sqlite3  # noqa: TID251  # the engine
from pathlib import Path

import sqlalchemy as sa

from rubricate_server.storage.errors import WrongSchema
from rubricate_server.storage.schema import metadata
from rubricate_server.storage.sqlite import annotation_hour, sift
from rubricate_server.storage.sqlite.connection import configure_writer

SCHEMA_VERSION = "0001"
"""The newest revision under `migrations/versions`; a test compares the two, and what both build."""

_SCRIPTS = Path(__file__).parent / "migrations"


def prepare_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to SCHEMA_VERSION. Raises WrongSchema, and changes nothing, when it is not ours or newer."""
    found = _known(connection, path)
    configure_writer(connection)
    if found is None:
        _create(connection)
    elif found != SCHEMA_VERSION:
        upgrade(path)


def known_version(connection: sqlite3.Connection, path: Path) -> str:
    """The schema version of a file that is not to be changed. Raises WrongSchema when it is not ours or newer."""
    found = _known(connection, path)
    if found is None:
        raise WrongSchema(f"{path} is an empty database. It was never served, or what was in it is gone.")
    return found


def upgrade(path: Path, revision: str = "head") -> None:
    """Run migrations up to a revision."""
    # Imported here, because a server on a current file never needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}".replace("%", "%%"))
    command.upgrade(config, revision)


def _known(connection: sqlite3.Connection, path: Path) -> str | None:
    found = _version(connection, path)
    if found is not None and not list((_SCRIPTS / "versions").glob(f"{found}_*.py")):
        raise WrongSchema(
            f"{path} has schema version {found}, which this version of Rubricate (schema {SCHEMA_VERSION}) does not"
            " know. A newer Rubricate wrote it: install that version again, or serve another data directory."
        )
    if found == SCHEMA_VERSION and (missing := _missing(connection)):
        raise WrongSchema(
            f"{path} was made by a version of Rubricate before its first release: it lacks {', '.join(missing)}."
            " Export its data with that version and import them into a new data directory, or serve another one."
        )
    return found


def _missing(connection: sqlite3.Connection) -> list[str]:
    """Columns that the schema has and the file has not."""
    columns = "select name from pragma_table_info(?)"
    found = {
        table.name: {row[0] for row in connection.execute(columns, (table.name,))} for table in metadata.tables.values()
    }
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.c
        if column.name not in found[table.name]
    ]


def _version(connection: sqlite3.Connection, path: Path) -> str | None:
    tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    if not tables - {"sqlite_sequence"}:
        return None
    if "alembic_version" not in tables:
        raise WrongSchema(f"{path} is a SQLite database, but not one of Rubricate's. Serve another data directory.")
    row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else None


def _create(connection: sqlite3.Connection) -> None:
    # Through SQLAlchemy's compiler, on our own connection: all of it in one transaction.
    dialect = sa.create_engine("sqlite://").dialect
    connection.execute("begin immediate")
    for table in metadata.sorted_tables:
        connection.execute(str(sa.schema.CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(str(sa.schema.CreateIndex(index).compile(dialect=dialect)))
    for trigger in (*annotation_hour.TRIGGERS, *sift.TRIGGERS):
        connection.execute(trigger)
    connection.execute(
        "create table alembic_version (version_num varchar(32) not null,"
        " constraint alembic_version_pkc primary key (version_num))"
    )
    connection.execute("insert into alembic_version values (?)", (SCHEMA_VERSION,))
    connection.execute("commit")
