"""Looking at a data directory from outside: read-only, beside a running server or without one. Nothing is changed."""

import fcntl
import shutil
import sqlite3  # noqa: TID251  # the engine
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from rubricate_server.storage.errors import Damaged, StorageError, WrongSchema
from rubricate_server.storage.sqlite.block import unpack
from rubricate_server.storage.sqlite.body import COLUMNS
from rubricate_server.storage.sqlite.migration import SCHEMA_VERSION, known_version
from rubricate_server.storage.sqlite.sieve import grams, may_hold, readable
from rubricate_server.storage.sqlite.store import DATABASE, LOCK

BLOCKS_AT_ONCE = 64
NAMED_AT_MOST = 10
"""Problems of one kind that are told one by one."""
ENOUGH_SPACE = 1 << 30
"""Free bytes below which a disk counts as nearly full."""

RESTORE = "Copy the directory as it is, then restore a backup into an empty one: rubricate restore BACKUP --data DIR"
SIEVES = (
    'Stop the server and run: sqlite3 rubricate.db "delete from block_sieve". It makes them again in the background.'
)


class Finding(NamedTuple):
    """One thing that was looked at: well, or not and what to do."""

    well: bool
    said: str
    advice: str = ""


def check_directory(directory: Path, *, blocks: bool = False) -> Iterator[Finding]:
    """Look at everything in a data directory, the cheap things first."""
    path = directory / DATABASE
    if not directory.is_dir():
        where = "is not there yet; `rubricate serve` makes it" if not directory.exists() else "is not a directory"
        yield Finding(not directory.exists(), f"data directory {directory} {where}")
        return
    owner = owner_of(directory)
    yield Finding(True, f"data directory {directory} is " + (f"in use by process {owner}" if owner else "not in use"))
    yield from _space(directory)
    if not path.exists():
        yield Finding(True, f"no database in {directory} yet; `rubricate serve` makes it")
        return
    yield from check_database(path, blocks=blocks, sieves=blocks)


def check_database(path: Path, *, blocks: bool = False, sieves: bool = False) -> Iterator[Finding]:
    """Look at one database file. Sieves can be made again, so a copy is whole without them."""
    try:
        with closing(open_readonly(path, leave_no_trace=True)) as connection:
            version = known_version(connection, path)
            older = "" if version == SCHEMA_VERSION else f"; the next start brings it to {SCHEMA_VERSION}"
            yield Finding(True, f"schema version {version}{older}")
            yield from _integrity(connection)
            if blocks:
                yield from _blocks(connection)
            if sieves:
                yield from _sieves(connection)
    except WrongSchema as error:
        yield Finding(False, str(error))
    except (sqlite3.Error, StorageError) as error:
        yield Finding(False, f"{path} cannot be read: {error}", RESTORE)


def owner_of(directory: Path) -> str | None:
    """The process that has the directory open, as it named itself; None when there is none."""
    try:
        with (directory / LOCK).open() as lock:
            try:
                # Shared, and given back at once: only a server that starts in this very moment could stumble over it.
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return lock.read().strip() or "unknown"
    except OSError:
        return None
    return None


def open_readonly(path: Path, *, leave_no_trace: bool = False) -> sqlite3.Connection:
    """A connection that changes nothing in the database, whether it is in use or not. Raises StorageError.

    SQLite leaves an empty log beside a database that nobody has open. With `leave_no_trace` it does not, but then what
    is read while a server starts may look damaged.
    """
    if not path.is_file():
        raise StorageError(f"{path} is not there.")
    log = path.with_name(f"{path.name}-wal")
    still = leave_no_trace and owner_of(path.parent) is None and not (log.exists() and log.stat().st_size)
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        connection.execute("pragma busy_timeout = 10000").fetchall()
        connection.execute("select 1 from sqlite_master limit 1").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):  # no permission to the files of the log, and the like
            raise StorageError(f"{path} cannot be opened: {error}") from error
        raise Damaged(f"{path} is damaged: {error}") from error
    return connection


def _space(directory: Path) -> Iterator[Finding]:
    probe = directory / f".doctor-{id(directory):x}"
    try:
        probe.write_bytes(b"x")
    except OSError as error:
        yield Finding(False, f"{directory} cannot be written: {error.strerror}", "Give this user the right to write.")
    else:
        yield Finding(True, f"{directory} can be written")
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    free = shutil.disk_usage(directory).free
    size = sum(each.stat().st_size for each in directory.glob(f"{DATABASE}*"))
    said = f"{_size(free)} free on the disk; the data take {_size(size)}"
    yield Finding(free >= ENOUGH_SPACE, said, "Make room: a server that cannot write answers 503 to every span.")


def _size(number: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def _integrity(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = [row[0] for row in connection.execute(f"pragma quick_check({NAMED_AT_MOST})")]
    if rows == ["ok"]:
        yield Finding(True, "SQLite finds the database whole (pragma quick_check)")
    for row in rows:
        if row != "ok":
            yield Finding(False, f"SQLite: {row}", RESTORE)


def _blocks(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Unpack every column of every block, and see that every span points into one."""
    columns = ", ".join(COLUMNS.values())
    # One state of the database for a few blocks at a time: a long transaction would keep the log from being folded in.
    after = checked = damaged = 0
    while True:
        connection.execute("begin")
        rows = connection.execute(
            f"select id, n, live, {columns} from span_block where id > ? order by id limit {BLOCKS_AT_ONCE}", (after,)
        ).fetchall()
        pointers = {}
        if rows:
            found = connection.execute(
                "select block, count(*), max(block_offset) from span where block between ? and ? group by block",
                (rows[0][0], rows[-1][0]),
            )
            pointers = {block: (count, last) for block, count, last in found}
        connection.execute("commit")
        if not rows:
            break
        for block, n, live, *frames in rows:
            checked += 1
            problems = [*_frames(n, frames), *_pointers(n, live, *pointers.get(block, (0, None)))]
            damaged += bool(problems)
            if damaged <= NAMED_AT_MOST:
                advice = "Its spans keep their names and times, not their bodies. " + RESTORE
                yield from (Finding(False, f"block {block}: {problem}", advice) for problem in problems)
        after = rows[-1][0]
    lost = connection.execute(
        "select count(*) from (select distinct block from span where block is not null"
        " except select id from span_block)"
    ).fetchone()[0]
    if lost:
        yield Finding(False, f"{lost} blocks to which spans point are missing", RESTORE)
    if damaged > NAMED_AT_MOST:
        yield Finding(False, f"{damaged} of {checked} blocks are damaged; the first {NAMED_AT_MOST} are named above")
    if not damaged and not lost:
        yield Finding(True, f"{checked} blocks are whole, every checksum fits")


def _frames(n: int, frames: list[bytes | None]) -> Iterator[str]:
    for name, frame in zip(COLUMNS.values(), frames, strict=True):
        if frame is None:
            continue
        try:
            column = unpack(frame)
        except Damaged as error:
            yield f"column {name}: {error}"
            continue
        if len(column.offsets) - 1 != n:
            yield f"column {name} has {len(column.offsets) - 1} values, not {n}"


def _sieves(connection: sqlite3.Connection) -> Iterator[Finding]:
    """See that sieves let through what is in their blocks: a search relies on them."""
    after = checked = wrong = 0
    while True:
        rows = connection.execute(
            "select block, span_block.inputs, block_sieve.inputs, span_block.outputs, block_sieve.outputs"
            " from block_sieve join span_block on id = block where block > ? order by block limit ?",
            (after, BLOCKS_AT_ONCE),
        ).fetchall()
        if not rows:
            break
        for block, *pairs in rows:
            checked += 1
            problems = [*_sieve("inputs", *pairs[:2]), *_sieve("outputs", *pairs[2:])]
            wrong += bool(problems)
            if wrong <= NAMED_AT_MOST:
                yield from (Finding(False, f"block {block}: {problem}", SIEVES) for problem in problems)
        after = rows[-1][0]
    if not wrong:
        yield Finding(True, f"{checked} sieves let through what is in their blocks")


def _sieve(name: str, frame: bytes | None, sieve: bytes | None) -> Iterator[str]:
    if sieve is None or frame is None:
        return
    if readable(sieve) is None:
        yield f"the sieve of column {name} cannot be read; searches do without it"
        return
    with suppress(Damaged):  # told already
        found = grams(bytes(unpack(frame).values)) or set()
        if not may_hold(sieve, tuple(map(crc32, found))):
            yield f"the sieve of column {name} lacks text that is there; searches miss it"


def _pointers(n: int, live: int, count: int, last: int | None) -> Iterator[str]:
    if last is not None and last >= n:
        yield f"a span points to place {last} of {n}"
    if count != live:
        yield f"{count} spans point to it, not {live}"
