"""Copies of the store: one made while a server writes, and put back into an empty directory."""

import contextlib
import os
import shutil
import sqlite3  # noqa: TID251  # the engine
from contextlib import closing
from pathlib import Path

from rubricate_server.storage.errors import Conflict, Damaged, StorageError
from rubricate_server.storage.sqlite.check import check_database, open_readonly
from rubricate_server.storage.sqlite.migration import known_version
from rubricate_server.storage.sqlite.store import DATABASE, LOCK, lock_directory


def back_up(directory: Path, target: Path) -> int:
    """Copy the database of a directory, as it is at one moment, into a new file; answers the file's size in bytes.

    Servers go on writing meanwhile. Either the target is whole and on disk in the end, or there is none.
    Raises Conflict when there is one already.
    """
    if target.exists():
        raise Conflict(f"{target} is there already, and is left as it is. Name a new file.")
    if not target.parent.is_dir():
        raise StorageError(f"{target.parent} is not a directory. Make it first.")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with closing(open_readonly(directory / DATABASE)) as source:
            known_version(source, directory / DATABASE)
            with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
                # All in one step: it is one read transaction, which writers do not disturb. In several steps, each
                # commit of the server would begin it anew.
                source.backup(copy)
                # A single file that can be carried about, without a log beside it.
                copy.execute("pragma journal_mode = delete").fetchall()
        _refuse_damaged(partial, "The copy")
        _sync(partial)
        size = partial.stat().st_size
        try:
            os.link(partial, target)  # unlike a rename, it never replaces
        except FileExistsError:
            raise Conflict(f"{target} is there already, and is left as it is. Name a new file.") from None
        except OSError:  # no hard links here
            os.rename(partial, target)
        _sync(target.parent)
        return size
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{directory} could not be copied to {target}: {error}") from error
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            Path(f"{partial}{end}").unlink(missing_ok=True)


def restore(backup: Path, directory: Path) -> int:
    """Put a backup into an empty directory, after all of it was checked; answers the file's size in bytes.

    Raises StorageError, and leaves the directory as it was, when the backup is damaged, not ours or of a newer
    version, or the directory is in use or not empty.
    """
    if not backup.is_file():
        raise StorageError(f"{backup} is not there.")
    _refuse_full(directory)
    _refuse_damaged(backup, "The backup")
    lock = lock_directory(directory)
    partial = directory / f".{DATABASE}.partial"
    try:
        _refuse_full(directory)
        shutil.copyfile(backup, partial)
        _sync(partial)
        os.rename(partial, directory / DATABASE)
        _sync(directory)
        return (directory / DATABASE).stat().st_size
    except OSError as error:
        raise StorageError(f"{backup} could not be restored into {directory}: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        lock.close()


def _refuse_full(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise StorageError(f"{directory} is not a directory.")
    there = sorted(each.name for each in directory.iterdir() if each.name != LOCK)
    if there:
        raise Conflict(f"{directory} is not empty ({', '.join(there[:3])}). Restore into another --data directory.")


def _refuse_damaged(path: Path, what: str) -> None:
    bad = [finding for finding in check_database(path, blocks=True) if not finding.well]
    if bad:
        raise Damaged(f"{what} is not whole: {bad[0].said}" + (f" (and {len(bad) - 1} more)" if bad[1:] else ""))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
