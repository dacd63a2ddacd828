"""Work that can wait, in steps that hold the writer for a turn each."""

import sqlite3  # noqa: TID251  # the engine
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import sqlalchemy as sa

from rubricate_server.storage.contract import SpanBody
from rubricate_server.storage.sqlite.annotation_hour import keep_sums, stale_hours, sums_of
from rubricate_server.storage.sqlite.block import unpack
from rubricate_server.storage.sqlite.body import BLOCK_SPANS, COLUMNS, pack_block
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.dataset import remove_deleted_dataset
from rubricate_server.storage.sqlite.experiment_write import remove_deleted_experiment
from rubricate_server.storage.sqlite.removal import remove_deleted_project
from rubricate_server.storage.sqlite.sift import SMALL_BLOCK, Sifter
from rubricate_server.storage.sqlite.writer import Turn, Writer

REPACK_AT = BLOCK_SPANS
"""Live spans that a project's small blocks must hold together before they are repacked."""
REPACK_LEVEL = 6
"""Repacking has time to compress better."""
FREE_PAGES_KEPT = 1024
"""Free pages (4 KiB) that stay in the file, because the next spans will need them."""
FREE_PAGES_MOST = 2048
"""With more than so many, giving them back goes before removing more. SQLite looks through its list of free pages for
each page that it gives back: 10 µs with a short list, 60 µs with 50,000 pages, and so on."""


class SqliteMaintenance:
    """`Maintenance` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers
        self._sifter = Sifter(writer, readers)

    def step(self) -> bool:
        """See the contract."""
        return self._writer.keep_up(_first_thing_to_do) or self._sum_up_annotations() or self._sifter.step()

    def _sum_up_annotations(self) -> bool:
        with reading(self._readers) as connection:
            found = sums_of(connection, stale_hours(connection))
        if found:
            self._writer.keep_up(lambda connection, _: keep_sums(connection, found))
        return bool(found)


def _first_thing_to_do(connection: sqlite3.Connection, turn: Turn) -> bool:
    return (
        _give_space_back(connection, turn, FREE_PAGES_MOST)
        or remove_deleted_project(connection, turn)
        or remove_deleted_experiment(connection, turn)
        or remove_deleted_dataset(connection, turn)
        or repack(connection)
        or _give_space_back(connection, turn, FREE_PAGES_KEPT)
    )


def _give_space_back(connection: sqlite3.Connection, turn: Turn, most: int) -> bool:
    """Give a turn's worth of free pages back to the file system; True when there were more than `most`."""
    free = connection.execute("pragma freelist_count").fetchone()[0]
    if free <= most:
        return False
    for _ in range(free - FREE_PAGES_KEPT):
        # Whatever number it is given: Python takes the statement for done after its first page.
        connection.execute("pragma incremental_vacuum(1)")
        if turn.is_over():
            break
    return True


def repack(connection: sqlite3.Connection) -> bool:
    """Merge small blocks of one project into a full one; True when some were merged."""
    project = connection.execute(
        f"select project_id from span_block where live < {SMALL_BLOCK} group by project_id having sum(live) >= ?",
        (REPACK_AT,),
    ).fetchone()
    if project is None:
        return False
    blocks: list[int] = []
    spans = 0
    for block, live in connection.execute(
        f"select id, live from span_block where project_id = ? and live < {SMALL_BLOCK} order by id", project
    ):
        if spans + live > BLOCK_SPANS:
            break
        blocks.append(block)
        spans += live
    _merge(connection, project[0], blocks)
    return True


def _merge(connection: sqlite3.Connection, project_id: int, blocks: Sequence[int]) -> None:
    places: list[tuple[int, int, int]] = []
    for block in blocks:
        places += connection.execute(
            "select id, block, block_offset from span where block = ? order by block_offset", (block,)
        )
    pack_anew(connection, project_id, places, REPACK_LEVEL)
    connection.executemany("delete from span_block where id = ?", [(block,) for block in blocks])


def pack_anew(
    connection: sqlite3.Connection, project_id: int, places: Sequence[tuple[int, int, int]], level: int
) -> None:
    """Copy the bodies of spans, (row, block, offset) in order of blocks, into a new block, and point them at it."""
    bodies: list[SpanBody] = []
    names = ", ".join(COLUMNS.values())
    for block, members in groupby(places, key=itemgetter(1)):
        frames = connection.execute(f"select {names} from span_block where id = ?", (block,)).fetchone()
        columns = [None if frame is None else unpack(frame) for frame in frames]
        for _, _, offset in members:
            inputs, outputs, attributes, events, envelope = [
                None if column is None else column.get(offset) for column in columns
            ]
            bodies.append(
                SpanBody(
                    None if inputs is None else inputs.decode("utf-8", "surrogatepass"),
                    None if outputs is None else outputs.decode("utf-8", "surrogatepass"),
                    attributes or b"{}",
                    events,
                    envelope,
                )
            )
    packed = connection.execute(
        f"insert into span_block (project_id, n, live, {names}) values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
        (project_id, len(places), len(places), *pack_block(bodies, level)),
    ).fetchone()[0]
    connection.executemany(
        "update span set block = ?, block_offset = ? where id = ?",
        [(packed, offset, place[0]) for offset, place in enumerate(places)],
    )
