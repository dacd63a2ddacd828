"""Opening a data directory."""

import errno
import fcntl
import os
import sqlite3  # noqa: TID251  # the engine
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from rubricate_server.storage.contract import Storage
from rubricate_server.storage.errors import Damaged, StorageError
from rubricate_server.storage.sqlite.account import SqliteAccounts
from rubricate_server.storage.sqlite.annotation import SqliteAnnotations
from rubricate_server.storage.sqlite.connection import connect_writer, read_engine, reading
from rubricate_server.storage.sqlite.dataset import SqliteDatasets
from rubricate_server.storage.sqlite.dataset_label import SqliteLabels
from rubricate_server.storage.sqlite.dataset_split import SqliteSplits
from rubricate_server.storage.sqlite.experiment import SqliteExperiments
from rubricate_server.storage.sqlite.experiment_run import SqliteRuns
from rubricate_server.storage.sqlite.explore import SqliteExplore
from rubricate_server.storage.sqlite.export import SqliteExport
from rubricate_server.storage.sqlite.insight import SqliteInsight
from rubricate_server.storage.sqlite.item import SqliteItems
from rubricate_server.storage.sqlite.maintenance import SqliteMaintenance
from rubricate_server.storage.sqlite.migration import prepare_schema
from rubricate_server.storage.sqlite.project import SqliteProjects
from rubricate_server.storage.sqlite.prompt import SqlitePrompts
from rubricate_server.storage.sqlite.retention import SqliteRetention
from rubricate_server.storage.sqlite.rubric import SqliteRubrics
from rubricate_server.storage.sqlite.session import SqliteSessions
from rubricate_server.storage.sqlite.span import SqliteSpans
from rubricate_server.storage.sqlite.status import SqliteStatus
from rubricate_server.storage.sqlite.trace import SqliteTraces
from rubricate_server.storage.sqlite.writer import OnChange, Writer

DATABASE = "rubricate.db"
LOCK = "rubricate.lock"


def open_storage(directory: Path, *, max_pending_bytes: int = 256 << 20, on_change: OnChange | None = None) -> Storage:
    """Open the store in a directory, which is made if need be.

    `on_change` hears of each commit, in the writing thread.

    Raises StorageError when another process has it open, when it cannot be read or written, and WrongSchema when
    a newer version of Rubricate wrote it. Nothing is changed then.
    """
    path = directory / DATABASE
    lock = lock_directory(directory)
    connection: sqlite3.Connection | None = None
    try:
        connection = connect_writer(path)
        prepare_schema(connection, path)
    except Exception as error:  # whatever it is, the directory must be free again
        if connection is not None:
            connection.close()
        lock.close()
        if isinstance(error, StorageError):
            raise
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
            raise Damaged(
                f"{path} is damaged ({error}). Nothing was changed. `rubricate doctor --data {directory}` tells more;"
                " `rubricate restore` puts a backup into another directory."
            ) from error
        raise StorageError(f"{path} cannot be opened: {error}") from error
    writer = Writer(connection, max_pending_bytes=max_pending_bytes, on_change=on_change)
    readers = read_engine(path)

    def close() -> None:
        writer.close()
        readers.dispose()
        lock.close()

    def healthy() -> None:
        writer.run(_write_and_undo)
        with reading(readers) as reader:
            reader.execute(sa.text("select 1 from project limit 1")).fetchone()

    traces = SqliteTraces(writer, readers)
    return Storage(
        spans=SqliteSpans(writer, readers),
        traces=traces,
        sessions=SqliteSessions(writer, readers, traces),
        items=SqliteItems(readers),
        retention=SqliteRetention(writer, readers),
        annotations=SqliteAnnotations(writer, readers),
        projects=SqliteProjects(writer, readers),
        rubrics=SqliteRubrics(writer, readers),
        prompts=SqlitePrompts(writer, readers),
        datasets=SqliteDatasets(writer, readers),
        splits=SqliteSplits(writer, readers),
        labels=SqliteLabels(writer, readers),
        experiments=SqliteExperiments(writer, readers),
        runs=SqliteRuns(writer, readers),
        accounts=SqliteAccounts(writer, readers),
        insight=SqliteInsight(readers),
        explore=SqliteExplore(readers),
        export=SqliteExport(readers),
        status=SqliteStatus(readers, path),
        maintenance=SqliteMaintenance(writer, readers),
        close=close,
        healthy=healthy,
    )


def _write_and_undo(connection: sqlite3.Connection) -> None:
    """A real write, which fails on a full or broken disk. Writing the value that is there would not be one."""
    connection.execute("insert or ignore into project_rubric (project_id, rubric_id) values (-1, -1)")
    connection.execute("delete from project_rubric where project_id = -1")


def lock_directory(directory: Path) -> IO[str]:
    """One process a directory: two writers would wait for each other, and both hold caches."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / LOCK).open("a+")
    except OSError as error:
        raise StorageError(f"The data directory {directory} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise StorageError(f"The data directory {directory} cannot be locked: {error.strerror}") from error
        raise StorageError(
            f"The data directory {directory} is in use by process {owner}. Stop that one, or serve another --data."
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
