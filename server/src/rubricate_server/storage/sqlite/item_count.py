"""Counting items: in pieces, newest first, so that what was counted is known when it stops."""

import json
import os
import sqlite3  # noqa: TID251  # the engine
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import ItemCount, ItemQuery
from rubricate_server.storage.schema import span
from rubricate_server.storage.spans import of_project
from rubricate_server.storage.sqlite.connection import has_idle_readers, reading
from rubricate_server.storage.sqlite.item_query import TABLES, item_conditions
from rubricate_server.storage.sqlite.item_search import in_blocks
from rubricate_server.storage.sqlite.shortlist import shortlist
from rubricate_server.storage.sqlite.span_hour import count_in

PIECE = 10_000
"""Items that are looked at together: some 5 ms, 50 ms where bodies must be unpacked."""
BLOCKS: Final = 32
"""Blocks that are searched together: some 15 ms."""
ALONE_S = 0.1
"""So long one thread counts; then a second one helps it, because SQLite works without Python's lock."""
STEPS_BETWEEN_LOOKS: Final = 100_000
"""Instructions of SQLite between looks at the clock: some 2 ms. Each look has to wait for Python's lock."""
SPARSE = 2
"""Where one of so many rows is of the project, all are read: the table in its order, without an index."""
_HAS_CORES: Final = (os.cpu_count() or 1) > 1
_LARGEST: Final = (1 << 63) - 1
_FIRST_NS, _LAST_NS = -_LARGEST, _LARGEST


def count_items(readers: sa.Engine, query: ItemQuery, most: int, within_s: float) -> ItemCount:
    """How many items the query finds, as the contract has it."""
    count = _Count(query, most, within_s)

    def work() -> None:
        with reading(readers) as connection, _interrupted(connection, count.is_over):
            count.work(connection)

    def help_out() -> None:
        if not count.ended.wait(ALONE_S) and has_idle_readers(readers):
            work()

    if not _HAS_CORES or query.condition is None:
        work()
        return count.result()
    with ThreadPoolExecutor(1, "rubricate-count") as helpers:
        helper = helpers.submit(help_out)
        try:
            work()
        finally:
            count.ended.set()
        helper.result()
    return count.result()


class _Count:
    """A count that is going on, shared by the threads that work on it.

    One sees the store some milliseconds later than the other. So only pieces are shared from which nothing can go over
    into another meanwhile: then none counts twice, and what was there all the time counts once.
    """

    def __init__(self, query: ItemQuery, most: int, within_s: float) -> None:
        self.ended = threading.Event()
        self._query = query
        self._pieces: _Pieces | None = None
        self._first_at_work: sa.Connection | None = None
        self._most = most
        self._until = time.monotonic() + within_s
        self._lock = threading.Lock()
        self._counted = 0
        self._stopped = False

    def result(self) -> ItemCount:
        """What was counted."""
        if self._counted > self._most:
            return ItemCount(self._most, False)
        return ItemCount(self._counted, not self._stopped)

    def is_over(self) -> bool:
        """Whether to stop before the end."""
        return self._counted > self._most or time.monotonic() > self._until

    def work(self, connection: sa.Connection) -> None:
        """Count one piece after another until there is none."""
        try:
            while (piece := self._next_piece(connection)) is not None:
                statement, bounds = piece
                counted = connection.execute(statement, {**bounds, "most": self._most + 1 - self._counted}).scalar_one()
                with self._lock:
                    self._counted += counted
        except sa.exc.OperationalError as error:
            if "interrupted" not in str(error.orig):
                raise
            self._stopped = True

    def _next_piece(self, connection: sa.Connection) -> "_Piece | None":
        with self._lock:
            if self.is_over() and (self._pieces is None or self._pieces.has_more):
                self._stopped = True
                return None
            if self._pieces is None:
                self._pieces, self._first_at_work = _pieces_of(connection, self._query), connection
            is_ours = self._pieces.are_shared or connection is self._first_at_work
            return self._pieces.take(connection) if self._pieces.has_more and is_ours else None


_Piece: TypeAlias = tuple[sa.Select[Any], dict[str, Any]]
"""A statement that counts, and its bounds. Statements are made once for all pieces: making one takes longer than most
pieces do."""
_FIRST, _LAST, _MOST = (sa.bindparam(name, type_=sa.BigInteger) for name in ("first", "last", "most"))


class _Pieces(Protocol):
    """What is to be counted, piece by piece, newest first."""

    has_more: bool
    are_shared: bool
    """Whether no item can be in one piece now and in another later."""

    def take(self, connection: sa.Connection) -> _Piece | None:
        """The next piece; None when there was none left."""


def _pieces_of(connection: sa.Connection, query: ItemQuery) -> _Pieces:
    condition = query.condition
    if condition is None or query.keys is not None or query.session_row is not None:
        return _Times(query)
    blocks = shortlist(connection, query.project_id, condition)
    if blocks is not None:
        return _Blocks(query, blocks)
    return _Rows(query) if _is_walked_by_row(connection, query) else _Times(query)


def _counting(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    some = sa.select(sa.literal_column("1")).where(*where).limit(_MOST).subquery()
    return sa.select(sa.func.count()).select_from(some)


class _Blocks:
    """The items that have spans in some blocks."""

    are_shared = False  # spans go into other blocks when small ones are merged

    def __init__(self, query: ItemQuery, blocks: Sequence[int]) -> None:
        self.has_more = True
        self._blocks = sorted(blocks)
        # A trace that is in several blocks must be in one piece.
        self._size = BLOCKS if query.kind == TargetKind.SPAN else len(blocks)
        self._counting = _counting(*in_blocks(query))

    def take(self, _: sa.Connection) -> _Piece | None:
        """See _Pieces."""
        some = self._blocks[-self._size :]
        self._blocks = self._blocks[: -self._size]
        self.has_more = bool(self._blocks)
        return self._counting, {"blocks": json.dumps(some)}


class _Rows:
    """The spans of a project in the order of their rows."""

    are_shared = True

    def __init__(self, query: ItemQuery) -> None:
        self.has_more = True
        self._last: int | None = None
        row = span.c.id
        of_piece = sa.select(row).where(*of_project(span, query.project_id), row <= _LAST)
        in_order = of_piece.order_by(row.desc()).limit(1)
        self._newest, self._following = in_order, in_order.offset(PIECE - 1)
        where = item_conditions(query, few=True)
        self._dense = _counting(row >= _FIRST, row <= _LAST, *where)
        self._sparse = _counting(row.in_(of_piece.where(row >= _FIRST)), *where)

    def take(self, connection: sa.Connection) -> _Piece | None:
        """See _Pieces."""
        if self._last is None:
            self._last = connection.execute(self._newest, {"last": _LARGEST}).scalar()
        last = self._last
        first = None if last is None else connection.execute(self._following, {"last": last}).scalar()
        self.has_more = first is not None
        if last is None or first is None:
            return None if last is None else (self._sparse, {"first": 0, "last": last})
        self._last = first - 1
        return self._dense if last - first < SPARSE * PIECE else self._sparse, {"first": first, "last": last}


class _Times:
    """The items of a project in the order in which they started."""

    def __init__(self, query: ItemQuery) -> None:
        self.has_more = True
        self.are_shared = query.kind == TargetKind.SPAN  # the start of a trace may become earlier
        self._is_whole = query.condition is None
        self._start_ns = _FIRST_NS if query.start_ns is None else query.start_ns
        self._last_ns = _LAST_NS if query.end_ns is None else query.end_ns - 1
        start = TABLES[query.kind].c.start_ns
        within = [start >= _FIRST, start <= _LAST]
        anywhen = replace(query, start_ns=None, end_ns=None)
        some = sa.select(start).where(*item_conditions(replace(anywhen, condition=None)), *within)
        self._following = some.order_by(start.desc()).offset(PIECE - 1).limit(1)
        self._counting = _counting(*within, *item_conditions(anywhen))

    def take(self, connection: sa.Connection) -> _Piece | None:
        """See _Pieces."""
        bounds = {"first": self._start_ns, "last": self._last_ns}
        # What an index alone answers takes no time, so it is one piece.
        found = None if self._is_whole else connection.execute(self._following, bounds).scalar()
        first, last = self._start_ns if found is None else found, self._last_ns
        self.has_more = found is not None and found > self._start_ns
        self._last_ns = first - 1
        return self._counting, {"first": first, "last": last}


def _is_walked_by_row(connection: sa.Connection, query: ItemQuery) -> bool:
    """Whether most spans of the project have to be looked at. In the order of their rows that takes half the time."""
    if query.kind != TargetKind.SPAN or query.roots:
        return False
    start_ns = _FIRST_NS if query.start_ns is None else query.start_ns
    end_ns = _LAST_NS if query.end_ns is None else query.end_ns
    window = count_in(connection, query.project_id, start_ns, end_ns)
    if 2 * window < count_in(connection, query.project_id, _FIRST_NS, _LAST_NS):
        return False
    statement = sa.select(span.c.id).where(*item_conditions(replace(query, start_ns=start_ns, end_ns=end_ns)))
    compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    given = compiled.construct_params()
    plan = connection.exec_driver_sql(
        f"explain query plan {compiled}", tuple(given[name] for name in compiled.positiontup or ())
    )
    return any("SEARCH span USING INDEX ix_span_time " in row.detail for row in plan)


@contextmanager
def _interrupted(connection: sa.Connection, is_over: Callable[[], bool]) -> Iterator[None]:
    """Have SQLite give up once it is over."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # as we made it
    driver.set_progress_handler(is_over, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
