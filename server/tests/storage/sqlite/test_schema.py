"""The schema: made at once or step by step, it is the same."""

import shutil
import sqlite3  # noqa: TID251  # to look at the engine's file from outside
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from rubricate_server.storage.errors import StorageError
from rubricate_server.storage.sqlite import migration
from rubricate_server.storage.sqlite.migration import SCHEMA_VERSION, upgrade
from rubricate_server.storage.sqlite.store import DATABASE, open_storage

from ..spans import span_id, spans


def schema(path: Path) -> dict[tuple[str, str], str]:
    """Type and name: SQL without regard to how it is laid out."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("select type, name, sql from sqlite_master where sql is not null").fetchall()
    return {(kind, name): " ".join(sql.split()).lower() for kind, name, sql in rows}


def version(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("select version_num from alembic_version")]


def test_migrations_from_nothing_make_the_schema_that_is_made_at_once(tmp_path: Path) -> None:
    open_storage(tmp_path).close()
    upgrade(tmp_path / "stepwise.db")
    stepwise, at_once = schema(tmp_path / "stepwise.db"), schema(tmp_path / DATABASE)
    made_by_alembic = ("table", "alembic_version")
    assert stepwise.pop(made_by_alembic).replace(" ", "") == at_once.pop(made_by_alembic).replace(" ", "")
    assert stepwise == at_once
    assert version(tmp_path / "stepwise.db") == version(tmp_path / DATABASE) == [SCHEMA_VERSION]


def test_the_schema_version_is_the_newest_revision() -> None:
    assert ScriptDirectory(str(migration._SCRIPTS)).get_heads() == [SCHEMA_VERSION]


def test_a_store_made_by_migrations_works(tmp_path: Path) -> None:
    upgrade(tmp_path / DATABASE)
    store = open_storage(tmp_path)
    assert store.spans.add(spans(3)) == 3
    store.close()


NEXT = """
from alembic import op
revision = "9000"
down_revision = "{version}"
def upgrade():
    op.execute("create table later (id integer)")
    op.execute("update project set description = 'moved'")
    {then}
"""


@pytest.fixture
def next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a next revision is to be written."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migration._SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migration, "_SCRIPTS", scripts)
    monkeypatch.setattr(migration, "SCHEMA_VERSION", "9000")
    return scripts / "versions" / "9000_next.py"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that an older version left."""
    store = open_storage(tmp_path / "data")
    store.spans.add(spans(3))
    store.close()
    return tmp_path / "data"


def test_an_older_file_is_brought_forward_when_it_is_opened(old: Path, next_revision: Path) -> None:
    next_revision.write_text(NEXT.format(version=SCHEMA_VERSION, then="pass"))
    store = open_storage(old)
    assert [project.description for project in store.projects.page()] == ["moved"]
    assert len(store.spans.rows_of([span_id(number) for number in (1, 2, 3)])) == 3
    store.close()
    assert version(old / DATABASE) == ["9000"]


def test_a_migration_that_fails_leaves_the_file_as_it_was(old: Path, next_revision: Path) -> None:
    before = schema(old / DATABASE)
    next_revision.write_text(NEXT.format(version=SCHEMA_VERSION, then='op.execute("insert into nowhere values (1)")'))
    with pytest.raises(StorageError, match="nowhere"):
        open_storage(old)
    assert (schema(old / DATABASE), version(old / DATABASE)) == (before, [SCHEMA_VERSION])
    next_revision.write_text(NEXT.format(version=SCHEMA_VERSION, then="pass"))
    open_storage(old).close()
    assert version(old / DATABASE) == ["9000"]
