"""Making the sieves of blocks, when there is time for it."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

import sqlalchemy as sa

from rubricate_server.storage.errors import Damaged
from rubricate_server.storage.sqlite.block import unpack
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.sieve import sieve_of
from rubricate_server.storage.sqlite.writer import Writer

SMALL_BLOCK: Final = 32
"""A block with fewer live spans is not worth a sieve: it will be repacked together with others."""
BLOCKS_AT_ONCE: Final = 4
"""Some 20 ms of work, beside the writer."""
QUIET_S: Final = 2
"""When no spans came for so long, all blocks get theirs; until then, a few a second, so that ingest comes first."""
RUSH_BLOCKS: Final = 32
"""With more new ones since the last step none get theirs: a few of so many are no help, and hold up who sends spans."""

TRIGGERS: Final = (
    "create trigger span_block_went after delete on span_block begin delete from block_sieve where block = old.id; end",
)

_Sieve = tuple[int, bytes | None, bytes | None]


class Sifter:
    """Goes through the blocks in order; blocks never change, so each is looked at once."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers
        self._sifted: int | None = None
        self._newest: int | None = None
        self._quiet_at = 0.0

    def step(self) -> bool:
        """Make some sieves, and rest as long as that took; True when more can be made at once.

        Making them is Python's work, in which nobody else's Python runs: reads took five times as long beside it.
        """
        began = time.perf_counter()
        with reading(self._readers) as connection:
            if self._sifted is None:
                self._sifted = connection.exec_driver_sql("select max(block) from block_sieve").scalar() or 0
            if self._is_rushed(connection):
                return False
            blocks = connection.exec_driver_sql(
                "select id, inputs, outputs from span_block where id > ? and live >= ? order by id limit ?",
                (self._sifted, SMALL_BLOCK, BLOCKS_AT_ONCE),
            ).fetchall()
        if not blocks:
            return False
        made = [(block, _sieve(inputs), _sieve(outputs)) for block, inputs, outputs in blocks]
        self._writer.run(partial(_keep, made=made))
        self._sifted = made[-1][0]
        time.sleep(time.perf_counter() - began)
        return time.monotonic() >= self._quiet_at

    def _is_rushed(self, connection: sa.Connection) -> bool:
        """Whether so many spans came since the last step that all time is better left to them."""
        newest: int = connection.exec_driver_sql("select max(id) from span_block").scalar() or 0
        before, self._newest = self._newest, newest
        if newest != before:
            self._quiet_at = 0.0 if before is None else time.monotonic() + QUIET_S
        return before is not None and newest - before > RUSH_BLOCKS and time.monotonic() < self._quiet_at


def _sieve(frame: bytes | None) -> bytes | None:
    try:
        return None if frame is None else sieve_of(bytes(unpack(frame).values))
    except Damaged:  # who reads the block is told; all others get their sieves nevertheless
        return None


def _keep(connection: sqlite3.Connection, made: Sequence[_Sieve]) -> None:
    connection.executemany(
        "insert into block_sieve (block, inputs, outputs) select ?1, ?2, ?3"
        " where exists (select 1 from span_block where id = ?1)",  # it may have gone meanwhile
        made,
    )
