"""The database file: how it is opened, and which files are left alone."""

import os
import sqlite3  # noqa: TID251  # to look at the engine's file from outside
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rubricate_server.storage.contract import Storage
from rubricate_server.storage.errors import StorageError, WrongSchema
from rubricate_server.storage.sqlite.migration import SCHEMA_VERSION
from rubricate_server.storage.sqlite.span import SqliteSpans
from rubricate_server.storage.sqlite.store import DATABASE, open_storage

from ..spans import new_span, span_id, spans

NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere, so a test of permissions is somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A file that was made and closed."""
    open_storage(tmp_path).close()
    return tmp_path / DATABASE


def run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statement)


def refused(directory: Path) -> str:
    """The words with which the directory is refused; nothing in it may change."""

    def files() -> dict[str, bytes]:
        return {
            path.name: path.read_bytes() for path in directory.iterdir() if path.is_file() and path.suffix != ".lock"
        }

    before = files()
    with pytest.raises(StorageError) as error:
        open_storage(directory)
    assert files() == before
    return str(error.value)


def test_the_file_survives_a_power_cut_and_gives_space_back(tmp_path: Path) -> None:
    store = open_storage(tmp_path)
    assert isinstance(store.spans, SqliteSpans)
    names = ("journal_mode", "synchronous", "auto_vacuum")
    set_on_writer = store.spans._writer.run(
        lambda connection: [connection.execute(f"pragma {name}").fetchone()[0] for name in names]
    )
    assert set_on_writer == ["wal", 2, 2]
    store.close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        kept_in_file = [connection.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "auto_vacuum")]
    assert kept_in_file == ["wal", 2]


def test_readers_cannot_write(tmp_path: Path) -> None:
    store = open_storage(tmp_path)
    assert isinstance(store.spans, SqliteSpans)
    with (
        pytest.raises(Exception, match="attempt to write a readonly database"),
        store.spans._readers.connect() as connection,
    ):
        connection.exec_driver_sql("delete from project")
    store.close()


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    store = open_storage(tmp_path)
    store.spans.add(spans(100))
    store.close()
    assert {path.name for path in tmp_path.iterdir()} == {"rubricate.db", "rubricate.lock"}


def test_a_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    open_storage(tmp_path / "a" / "ü b" / "c%20").close()
    assert (tmp_path / "a" / "ü b" / "c%20" / DATABASE).exists()


def test_a_newer_schema_is_refused_by_name(made: Path) -> None:
    run(made, "update alembic_version set version_num = '9999'")
    message = refused(made.parent)
    assert message == (
        f"{made} has schema version 9999, which this version of Rubricate (schema {SCHEMA_VERSION}) does not know. A"
        " newer Rubricate wrote it: install that version again, or serve another data directory."
    )
    with pytest.raises(WrongSchema):
        open_storage(made.parent)


def test_a_schema_that_lacks_something_is_refused_before_spans_are(made: Path) -> None:
    run(made, "alter table span_hour drop column errors")
    assert refused(made.parent) == (
        f"{made} was made by a version of Rubricate before its first release: it lacks span_hour.errors. Export its"
        " data with that version and import them into a new data directory, or serve another one."
    )


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_database_of_somebody_else_is_refused(tmp_path: Path, journal: str) -> None:
    path = tmp_path / DATABASE
    run(path, f"pragma journal_mode = {journal}; create table project (id, name); insert into project values (1, 'x')")
    message = refused(tmp_path)
    assert message == f"{path} is a SQLite database, but not one of Rubricate's. Serve another data directory."


@pytest.mark.parametrize("content", [b"this is no database at all, but a long text. " * 100, os.urandom(10_000)])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    assert refused(tmp_path) == f"{tmp_path / DATABASE} cannot be opened: file is not a database"


def test_an_empty_file_is_a_new_store(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    store = open_storage(tmp_path)
    assert store.spans.add(spans(1)) == 1
    store.close()


def test_a_refused_directory_can_be_opened_once_it_is_put_right(made: Path) -> None:
    run(made, "update alembic_version set version_num = '9999'")
    refused(made.parent)
    run(made, f"update alembic_version set version_num = '{SCHEMA_VERSION}'")
    open_storage(made.parent).close()


def test_two_stores_on_one_directory_are_refused_with_the_owner_named(tmp_path: Path) -> None:
    first = open_storage(tmp_path)
    for _ in range(2):
        with pytest.raises(StorageError) as error:
            open_storage(tmp_path)
        assert str(error.value) == (
            f"The data directory {tmp_path} is in use by process {os.getpid()}. Stop that one, or serve another --data."
        )
    assert first.spans.add(spans(1)) == 1
    first.close()
    second = open_storage(tmp_path)
    assert set(second.spans.rows_of([span_id(1)])) == {span_id(1)}
    second.close()


def test_a_directory_that_may_not_be_written_is_refused() -> None:
    with tempfile.TemporaryDirectory() as outer:  # pytest's own directories are closed to others
        os.chmod(outer, 0o755)
        directory = Path(outer) / "data"
        directory.mkdir(0o755)
        if os.geteuid() != 0:
            directory.chmod(0o555)
        with unprivileged(), pytest.raises(StorageError) as error:
            open_storage(directory)
        assert str(error.value) == f"The data directory {directory} cannot be used: Permission denied"
        with unprivileged(), pytest.raises(StorageError) as error:
            open_storage(directory / "below")
        assert str(error.value) == f"The data directory {directory / 'below'} cannot be used: Permission denied"
        directory.chmod(0o755)


def test_a_file_that_may_not_be_written_is_refused() -> None:
    with tempfile.TemporaryDirectory() as outer:
        os.chmod(outer, 0o777)
        directory = Path(outer) / "data"
        with unprivileged():
            open_storage(directory).close()
            path = directory / DATABASE
            path.chmod(0o444)
            with pytest.raises(StorageError) as error:
                open_storage(directory)
            assert str(error.value) == f"{path} cannot be opened: attempt to write a readonly database"
            path.chmod(0o644)


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StorageError) as error:
        open_storage(tmp_path / "data")
    assert str(error.value).startswith(f"The data directory {tmp_path / 'data'} cannot be used: ")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Storage]:
    store = open_storage(tmp_path)
    yield store
    store.close()


def blocks(store: Storage) -> int:
    assert isinstance(store.spans, SqliteSpans)
    with store.spans._readers.connect() as connection:
        count: int = connection.exec_driver_sql("select count(*) from span_block").scalar_one()
        return count


def test_many_small_blocks_become_few_full_ones(store: Storage) -> None:
    for number in range(1, 401):
        store.spans.add([new_span(number)])
    assert blocks(store) == 400
    while store.maintenance.step():
        pass
    # What is left is too little for a full block.
    assert blocks(store) <= 400 / 32 + 64


def test_a_block_goes_with_its_last_span(store: Storage) -> None:
    store.spans.add(spans(3))
    for number in (1, 2, 3):
        assert blocks(store) == 1
        store.spans.delete(span_id(number))
    assert blocks(store) == 0
