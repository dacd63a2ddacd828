"""Taking things out: spans one by one, projects in bounded pieces, and what dead rows leave behind."""

import sqlite3  # noqa: TID251  # the engine
from collections import Counter
from collections.abc import Collection, Sequence

from rubricate_server.storage.sqlite.connection import select_in, touch_owners
from rubricate_server.storage.sqlite.history import record_deletion
from rubricate_server.storage.sqlite.span_hour import count_spans, facts_by_project

STEP_SPANS = 500
"""Spans removed in one transaction: some 20 ms, so that no writer waits long."""
STEP_TRACED_SPANS = 250
"""The same where traces, sessions and annotations go along."""
STEP_DOOMED_SPANS = 2000
"""The same of a deleted project, where nothing is counted off: some 10 ms."""
STEP_ROWS = 2000
"""Rows of other tables removed in one transaction."""
STEP_BLOCKS = 64


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


def remove_traces(connection: sqlite3.Connection, rows: Sequence[int]) -> bool:
    """Remove a bounded piece of some traces with all that hangs on them; True when there may be more."""
    traces = ",".join("?" * len(rows))
    spans = [
        row[0]
        for row in connection.execute(
            "select span.id from trace join span on span.trace_id = trace.trace_id"
            f" where trace.id in ({traces}) limit ?",
            (*rows, STEP_TRACED_SPANS),
        )
    ]
    marks = ",".join("?" * len(spans))
    # Annotations first, and counted: a span may have many.
    annotated = connection.execute(
        f"select id from annotation where target_kind in ('span', 'document') and target_row in ({marks})"
        f" union all select id from annotation where target_kind = 'trace' and target_row in ({traces}) limit ?",
        (*spans, *rows, STEP_ROWS),
    ).fetchall()
    delete_annotations(connection, [row[0] for row in annotated])
    if len(annotated) == STEP_ROWS:
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
    dead = "(select id from project where deleted_us is not null)"
    rows = select_in(connection, f"select id from span where project_id in {dead} and span_id in ({{}})", span_ids)
    rows += select_in(
        connection, f"select id from span where project_id in {dead} and trace_id in ({{}})", list(trace_ids)
    )
    doomed = list({row[0] for row in rows})
    for start in range(0, len(doomed), STEP_SPANS):
        delete_spans(connection, doomed[start : start + STEP_SPANS])
    # The removal takes spans away without counting them off, so traces and sessions may be left without any.
    for kind, table, keys in (("trace", "trace", trace_ids), ("session", "session", session_ids)):
        rows = select_in(
            connection, f"select id from {table} where project_id in {dead} and {kind}_id in ({{}})", list(keys)
        )
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


def remove_deleted_project(connection: sqlite3.Connection) -> bool:
    """Remove a bounded piece of a deleted project; True when there was one."""
    project = connection.execute("select id from project where deleted_us is not null order by id limit 1").fetchone()
    if project is None:
        return False
    shared = connection.execute(
        "select s.id from session s where s.project_id = ? and exists (select 1 from trace t join project p"
        " on p.id = t.project_id where t.session_row = s.id and p.deleted_us is null) limit ?",
        (project[0], STEP_BLOCKS),
    ).fetchall()
    for (row,) in shared:
        _give_session_away(connection, row)
    if shared:
        return True
    for statement, limit in (
        ("delete from span where id in (select id from span where project_id = ? limit ?)", STEP_DOOMED_SPANS),
        ("delete from span_block where id in (select id from span_block where project_id = ? limit ?)", STEP_BLOCKS),
        (
            "delete from annotation_event where id in (select e.id from annotation a"
            " join annotation_event e on e.annotation_id = a.id where a.project_id = ? limit ?)",
            STEP_ROWS,
        ),
        ("delete from annotation where id in (select id from annotation where project_id = ? limit ?)", STEP_ROWS),
        (
            "delete from removed_annotation where id in"
            " (select id from removed_annotation where project_id = ? limit ?)",
            STEP_ROWS,
        ),
        ("delete from trace where id in (select id from trace where project_id = ? limit ?)", STEP_ROWS),
        ("delete from session where id in (select id from session where project_id = ? limit ?)", STEP_ROWS),
        ("delete from span_hour where rowid in (select rowid from span_hour where project_id = ? limit ?)", STEP_ROWS),
        (
            "delete from annotation_hour where rowid in"
            " (select rowid from annotation_hour where project_id = ? limit ?)",
            STEP_ROWS,
        ),
        ("delete from annotation_hour_stale where project_id = ? and ?", 1),
        ("delete from project_rubric where project_id = ? and ?", 1),
        ("delete from project_retention where project_id = ? and ?", 1),
        ("delete from project where id = ? and ?", 1),
    ):
        if connection.execute(statement, (project[0], limit)).rowcount > 0:
            return True
    return True
