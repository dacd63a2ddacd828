"""Taking things out: spans one by one, projects in bounded pieces, and what dead rows leave behind."""

import sqlite3  # noqa: TID251  # the engine
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Final

from rubricate_server.storage.sqlite.connection import select_in, touch_owners
from rubricate_server.storage.sqlite.history import record_deletion
from rubricate_server.storage.sqlite.span_hour import count_spans, facts_by_project
from rubricate_server.storage.sqlite.writer import Turn

STEP_SPANS = 500
"""Spans removed in one transaction: some 20 ms, so that no writer waits long."""
SLICE_ROWS = 250
"""Rows of a deleted project removed between two looks at the clock: some 3 ms."""
SLICE_TRACED_SPANS = 50
"""The same of spans of deleted traces: what is kept of traces, sessions and hours is counted down with each."""
SLICE_ANNOTATIONS = 100
"""The same of annotations of such spans, whose history is kept."""
SLICE_BLOCKS = 8
"""The same of blocks, which have 100 KB each."""
SLICE_SESSIONS = 64
"""The same of sessions, each of which is looked for in other projects."""


def delete_spans(connection: sqlite3.Connection, rows: Sequence[int]) -> None:
    """Delete spans by row id, with their annotations; traces and sessions that lose their last span go too."""
    touch_owners(connection, "span", rows)
    marks = ",".join("?" * len(rows))
    found = connection.execute(
        "select trace_id, block, status = 2, coalesce(tokens_prompt, 0), coalesce(tokens_completion, 0),"
        f" coalesce(cost_usd, 0) from span where id in ({marks})",
        rows,
    ).fetchall()
    for project_id, facts in facts_by_project(connection, rows).items():
        count_spans(connection, project_id, facts, -1)
    annotated = connection.execute(
        f"select id from annotation where target_kind in ('span', 'document') and target_row in ({marks})", rows
    ).fetchall()
    delete_annotations(connection, [row[0] for row in annotated])
    connection.execute(f"delete from span where id in ({marks})", rows)
    for trace_id, block, failed, prompt, completion, cost in found:
        connection.execute("update span_block set live = live - 1 where id = ?", (block,))
        connection.execute(
            "update trace set span_count = span_count - 1, error_count = error_count - ?,"
            " tokens_prompt = tokens_prompt - ?, tokens_completion = tokens_completion - ?, cost_usd = cost_usd - ?"
            " where trace_id = ?",
            (failed, prompt, completion, cost, trace_id),
        )
    connection.executemany("delete from span_block where id = ? and live <= 0", {(row[1],) for row in found})
    _delete_empty_traces(connection, {row[0] for row in found})


def remove_traces(connection: sqlite3.Connection, turn: Turn, rows: Sequence[int]) -> bool:
    """Remove a turn's worth of some traces with all that hangs on them; True when there may be more."""
    while _remove_some_of(connection, rows):
        if turn.is_over():
            return True
    return False


def _remove_some_of(connection: sqlite3.Connection, rows: Sequence[int]) -> bool:
    traces = ",".join("?" * len(rows))
    spans = [
        row[0]
        for row in connection.execute(
            "select span.id from trace join span on span.trace_id = trace.trace_id"
            f" where trace.id in ({traces}) limit ?",
            (*rows, SLICE_TRACED_SPANS),
        )
    ]
    marks = ",".join("?" * len(spans))
    # Annotations first, and counted: a span may have many.
    annotated = connection.execute(
        f"select id from annotation where target_kind in ('span', 'document') and target_row in ({marks})"
        f" union all select id from annotation where target_kind = 'trace' and target_row in ({traces}) limit ?",
        (*spans, *rows, SLICE_ANNOTATIONS),
    ).fetchall()
    delete_annotations(connection, [row[0] for row in annotated])
    if len(annotated) == SLICE_ANNOTATIONS:
        return True
    if spans:
        delete_spans(connection, spans)
        return True
    # Without spans there should be no trace; if one is left over, it must not stay for ever.
    left = connection.execute(
        f"update trace set span_count = 0 where id in ({traces}) returning trace_id", rows
    ).fetchall()
    _delete_empty_traces(connection, [row[0] for row in left])
    return False


def delete_annotations(connection: sqlite3.Connection, ids: Sequence[int], user_id: str | None = None) -> None:
    """Delete annotations by row id. Their history stays, and says what they last were."""
    if ids:
        touch_owners(connection, "annotation", ids)
    record_deletion(connection, ids, user_id)
    connection.executemany("delete from annotation where id = ?", [(row,) for row in ids])


def _delete_empty_traces(connection: sqlite3.Connection, trace_ids: Collection[bytes]) -> None:
    """Delete those traces that have no spans left, and the sessions that have no traces left then."""
    left: Counter[int] = Counter()
    for trace_id in trace_ids:
        gone = connection.execute(
            "delete from trace where trace_id = ? and span_count <= 0 returning id, session_row", (trace_id,)
        ).fetchone()
        if gone is None:
            continue
        _delete_annotations_of(connection, "trace", gone[0])
        if gone[1] is not None:
            left[gone[1]] += 1
    for session_row, count in left.items():
        _shrink_session(connection, session_row, count)


def _shrink_session(connection: sqlite3.Connection, row: int, lost: int) -> None:
    remaining = connection.execute(
        "update session set trace_count = trace_count - ? where id = ? returning trace_count", (lost, row)
    ).fetchall()
    if remaining and remaining[0][0] <= 0:
        connection.execute("delete from session where id = ?", (row,))
        _delete_annotations_of(connection, "session", row)
        return
    connection.execute(
        "update session set (start_ns, end_ns) = (select coalesce(min(trace.start_ns), session.start_ns),"
        " coalesce(max(trace.end_ns), session.end_ns) from trace where trace.session_row = session.id) where id = ?",
        (row,),
    )


def _delete_annotations_of(connection: sqlite3.Connection, kind: str, row: int) -> None:
    annotated = connection.execute(
        "select id from annotation where target_kind = ? and target_row = ?", (kind, row)
    ).fetchall()
    delete_annotations(connection, [found[0] for found in annotated])


def remove_leftovers(
    connection: sqlite3.Connection,
    span_ids: Sequence[bytes],
    trace_ids: Collection[bytes],
    session_ids: Collection[str],
) -> None:
    """Make room for what comes again while its deleted project is still being removed, however far that is."""
    if connection.execute("select 1 from project where deleted_us is not null limit 1").fetchone() is None:
        return
    # With the plus, SQLite looks for the ids. Else it reads all that is left of the project: 60 ms for 100,000 spans.
    dead = "+project_id in (select id from project where deleted_us is not null)"
    rows = select_in(connection, f"select id from span where {dead} and span_id in ({{}})", span_ids)
    rows += select_in(connection, f"select id from span where {dead} and trace_id in ({{}})", list(trace_ids))
    doomed = list({row[0] for row in rows})
    for start in range(0, len(doomed), STEP_SPANS):
        delete_spans(connection, doomed[start : start + STEP_SPANS])
    # The removal takes spans away without counting them off, so traces and sessions may be left without any.
    for kind, table, keys in (("trace", "trace", trace_ids), ("session", "session", session_ids)):
        rows = select_in(connection, f"select id from {table} where {dead} and {kind}_id in ({{}})", list(keys))
        for (row,) in rows:
            annotated = connection.execute(
                "select id from annotation where target_kind = ? and target_row = ?", (kind, row)
            ).fetchall()
            delete_annotations(connection, [found[0] for found in annotated])
            if kind == "session":
                _give_session_away(connection, row)
            else:
                connection.execute("delete from trace where id = ?", (row,))


def _give_session_away(connection: sqlite3.Connection, row: int) -> None:
    """A session of a deleted project goes to the first living trace in it; without one it goes."""
    connection.execute(
        "update trace set session_row = null where session_row = ?"
        " and project_id in (select id from project where deleted_us is not null)",
        (row,),
    )
    alive = connection.execute(
        "select project_id, min(start_ns), max(end_ns), count(*) from trace where session_row = ?"
        " and project_id = (select project_id from trace where session_row = ? order by id limit 1)",
        (row, row),
    ).fetchone()
    if alive[0] is None:
        connection.execute("delete from session where id = ?", (row,))
        return
    connection.execute(
        "update session set project_id = ?, start_ns = ?, end_ns = ?, trace_count = (select count(*) from trace"
        " where session_row = ?) where id = ?",
        (*alive[:3], row, row),
    )


def remove_deleted_project(connection: sqlite3.Connection, turn: Turn) -> bool:
    """Remove a turn's worth of a deleted project; True when there was one."""
    project = connection.execute("select id from project where deleted_us is not null order by id limit 1").fetchone()
    if project is None:
        return False
    for remove_some in _DOOMED:
        while remove_some(connection, project[0]):
            if turn.is_over():
                return True
    return True


def _remove_some_sessions(connection: sqlite3.Connection, project_id: int) -> bool:
    """First of all, because those that living projects have traces in are given to them."""
    sessions = connection.execute(
        "select id, exists (select 1 from trace t join project p on p.id = t.project_id"
        " where t.session_row = s.id and p.deleted_us is null) from session s where project_id = ? order by id limit ?",
        (project_id, SLICE_SESSIONS),
    ).fetchall()
    for row, is_shared in sessions:
        if is_shared:
            _give_session_away(connection, row)
        else:
            connection.execute("delete from session where id = ?", (row,))
    return bool(sessions)


def _remove_some_annotations(connection: sqlite3.Connection, project_id: int) -> bool:
    """With their history, which may be long."""
    ids = [
        row[0]
        for row in connection.execute(
            "select id from annotation where project_id = ? order by id desc limit ?", (project_id, SLICE_ROWS)
        )
    ]
    marks = ",".join("?" * len(ids))
    told = connection.execute(
        f"delete from annotation_event where id in (select id from annotation_event where annotation_id in ({marks})"
        " limit ?)",
        (*ids, 2 * SLICE_ROWS),
    ).rowcount
    if told < 2 * SLICE_ROWS:
        connection.execute(f"delete from annotation where id in ({marks})", ids)
    return bool(ids)


def _some_of(table: str, slice_rows: int) -> Callable[[sqlite3.Connection, int], bool]:
    statement = (
        f"delete from {table} where rowid in (select rowid from {table} where project_id = ?"
        " order by rowid desc limit ?)"
    )
    return lambda connection, project_id: connection.execute(statement, (project_id, slice_rows)).rowcount > 0


def _row_of_project(connection: sqlite3.Connection, project_id: int) -> bool:
    connection.execute("delete from project where id = ?", (project_id,))
    return False


_DOOMED: Final[Sequence[Callable[[sqlite3.Connection, int], bool]]] = (
    _remove_some_sessions,
    _some_of("span", SLICE_ROWS),
    _some_of("span_block", SLICE_BLOCKS),
    _remove_some_annotations,
    _some_of("removed_annotation", SLICE_ROWS),
    _some_of("trace", SLICE_ROWS),
    _some_of("span_hour", SLICE_ROWS),
    _some_of("annotation_hour", SLICE_ROWS),
    _some_of("annotation_hour_stale", SLICE_ROWS),
    _some_of("project_rubric", SLICE_ROWS),
    _some_of("project_retention", SLICE_ROWS),
    _row_of_project,
)
"""What to do for a deleted project, in this order: each removes some rows and answers whether there may be more."""
