"""Moving traces to another project. A block holds spans of one project, so bodies that move are packed anew."""

import sqlite3  # noqa: TID251  # the engine
from collections import Counter
from collections.abc import Sequence

from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.sqlite.body import BLOCK_SPANS
from rubricate_server.storage.sqlite.connection import touch, touch_owners
from rubricate_server.storage.sqlite.maintenance import pack_anew
from rubricate_server.storage.sqlite.span_hour import count_spans, facts_by_project

STEP_SOURCES = 8
"""Blocks that one step unpacks, at some 2 ms each."""


def move_traces(connection: sqlite3.Connection, rows: Sequence[int], project_id: int) -> int:
    """Put trace rows and what hangs on them into the project; how many there are."""
    if (
        connection.execute("select 1 from project where id = ? and deleted_us is null", (project_id,)).fetchone()
        is None
    ):
        raise NotFound(f"No project has the row id {project_id}")
    touch_owners(connection, "trace", rows)
    touch(connection, "spans", [project_id])
    touch(connection, "annotations", [project_id])
    marks = ",".join("?" * len(rows))
    moved = connection.execute(
        f"update trace set project_id = ? where id in ({marks}) returning session_row", (project_id, *rows)
    ).fetchall()
    connection.execute(
        f"update annotation set project_id = ? where target_kind = 'trace' and target_row in ({marks})",
        (project_id, *rows),
    )
    for session_row in {row[0] for row in moved} - {None}:
        _move_session(connection, session_row, project_id)
    return len(moved)


def _move_session(connection: sqlite3.Connection, row: int, project_id: int) -> None:
    """Have a session follow when the last of its traces left."""
    moved = connection.execute(
        "update session set project_id = ?1 where id = ?2 and not exists"
        " (select 1 from trace where session_row = ?2 and project_id != ?1) returning id",
        (project_id, row),
    ).fetchall()
    if moved:
        connection.execute(
            "update annotation set project_id = ? where target_kind = 'session' and target_row = ?", (project_id, row)
        )


def move_spans(connection: sqlite3.Connection, rows: Sequence[int], project_id: int) -> bool:
    """Move a bounded number of the traces' spans; True when there may be more."""
    found = connection.execute(
        "select span.id, span.block, span.block_offset from trace join span on span.trace_id = trace.trace_id"
        f" where trace.id in ({','.join('?' * len(rows))}) and span.project_id != ?"
        " order by span.block, span.block_offset limit ?",
        (*rows, project_id, BLOCK_SPANS),
    ).fetchall()
    if not found:
        return False
    sources = sorted({block for _, block, _ in found})[:STEP_SOURCES]
    places = [place for place in found if place[1] <= sources[-1]]
    pack_anew(connection, project_id, places, level=3)
    marks = ",".join("?" * len(places))
    spans = [place[0] for place in places]
    touch_owners(connection, "span", spans)
    touch(connection, "spans", [project_id])
    touch(connection, "annotations", [project_id])
    for old_id, facts in facts_by_project(connection, spans).items():
        count_spans(connection, old_id, facts, -1)
        count_spans(connection, project_id, facts)
    connection.execute(f"update span set project_id = ? where id in ({marks})", (project_id, *spans))
    connection.execute(
        f"update annotation set project_id = ? where target_kind in ('span', 'document') and target_row in ({marks})",
        (project_id, *spans),
    )
    left = Counter(block for _, block, _ in places)
    connection.executemany(
        "update span_block set live = live - ? where id = ?", [(count, block) for block, count in left.items()]
    )
    connection.executemany("delete from span_block where id = ? and live <= 0", [(block,) for block in left])
    return True
