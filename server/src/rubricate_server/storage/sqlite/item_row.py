"""Rows of spans, traces and sessions as items: what a trace takes from its root, and a session from its traces."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import StoredItem
from rubricate_server.storage.schema import session, span, trace

_SPAN_COLUMNS = (
    span.c.id,
    span.c.span_id,
    span.c.project_id,
    span.c.trace_id,
    span.c.parent_id,
    span.c.name,
    span.c.kind,
    span.c.status,
    span.c.status_message,
    span.c.start_ns,
    span.c.end_ns,
    span.c.input_preview,
    span.c.output_preview,
    span.c.model,
    span.c.user_id,
    span.c.tokens_prompt,
    span.c.tokens_completion,
    span.c.tokens_total,
    span.c.cost_usd,
)
_TRACE_COLUMNS = (
    trace.c.id,
    trace.c.trace_id,
    trace.c.project_id,
    trace.c.session_row,
    trace.c.start_ns,
    trace.c.end_ns,
    trace.c.span_count,
    trace.c.error_count,
    trace.c.tokens_prompt,
    trace.c.tokens_completion,
    trace.c.cost_usd,
)
COLUMNS: dict[TargetKind, tuple[sa.Column[Any], ...]] = {
    TargetKind.SPAN: _SPAN_COLUMNS,
    TargetKind.TRACE: _TRACE_COLUMNS,
    TargetKind.SESSION: (
        session.c.id,
        session.c.session_id,
        session.c.project_id,
        session.c.start_ns,
        session.c.end_ns,
    ),
}


def items_of(connection: sa.Connection, kind: TargetKind, rows: Sequence[Any]) -> list[StoredItem]:
    """The items of rows that have the columns of their kind."""
    match kind:
        case TargetKind.SPAN:
            traces = _traces_of(connection, {row.trace_id for row in rows})
            return [_span_item(row, traces.get(row.trace_id)) for row in rows]
        case TargetKind.TRACE:
            sessions = _sessions_of(connection, {row.trace_id for row in rows if row.session_row is not None})
            roots = _roots_of(connection, [row.trace_id for row in rows])
            return [_trace_item(row, roots.get(row.trace_id), sessions.get(row.trace_id)) for row in rows]
        case _:
            return _session_items(connection, rows)


def _traces_of(connection: sa.Connection, trace_ids: set[bytes]) -> dict[bytes, Any]:
    """The session of each trace, if it is in one, and its sums."""
    sums = (trace.c.tokens_prompt + trace.c.tokens_completion).label("tokens"), trace.c.cost_usd
    statement = (
        sa.select(trace.c.trace_id, session.c.session_id, *sums)
        .join_from(trace, session, session.c.id == trace.c.session_row, isouter=True)
        .where(trace.c.trace_id.in_(trace_ids))
    )
    return {row.trace_id: row for row in connection.execute(statement)} if trace_ids else {}


def _sessions_of(connection: sa.Connection, trace_ids: set[bytes]) -> dict[bytes, str]:
    statement = (
        sa.select(trace.c.trace_id, session.c.session_id)
        .join_from(trace, session, session.c.id == trace.c.session_row)
        .where(trace.c.trace_id.in_(trace_ids))
    )
    return {row[0]: row[1] for row in connection.execute(statement)} if trace_ids else {}


def _roots_of(connection: sa.Connection, trace_ids: Sequence[bytes]) -> dict[bytes, Any]:
    """The root span of each trace; of traces whose root has not arrived, the span that started first."""
    by_start = (span.c.start_ns, span.c.id)
    roots = sa.select(*_SPAN_COLUMNS).where(span.c.trace_id.in_(trace_ids), span.c.parent_id.is_(None))
    found: dict[bytes, Any] = {}
    for row in connection.execute(roots.order_by(*by_start)):
        found.setdefault(row.trace_id, row)
    for trace_id in trace_ids:
        if trace_id not in found:
            earliest = sa.select(*_SPAN_COLUMNS).where(span.c.trace_id == trace_id).order_by(*by_start).limit(1)
            for row in connection.execute(earliest):
                found[trace_id] = row
    return found


def _span_item(row: Any, its_trace: Any) -> StoredItem:
    summed = its_trace is not None and row.parent_id is None
    return StoredItem(
        TargetKind.SPAN,
        row.id,
        row.span_id,
        row.project_id,
        row.trace_id,
        its_trace.session_id if its_trace is not None else None,
        row.parent_id,
        row.span_id,
        row.name,
        row.kind,
        row.status,
        row.status_message,
        row.start_ns,
        row.end_ns,
        row.input_preview,
        row.output_preview,
        row.model,
        row.user_id,
        row.tokens_prompt,
        row.tokens_completion,
        _total(row.tokens_total, row.tokens_prompt, row.tokens_completion),
        row.cost_usd,
        None,
        None,
        None,
        (its_trace.tokens or None) if summed else None,
        (its_trace.cost_usd or None) if summed else None,
    )


def _trace_item(row: Any, root: Any, session_id: str | None) -> StoredItem:
    return StoredItem(
        TargetKind.TRACE,
        row.id,
        row.trace_id,
        row.project_id,
        row.trace_id,
        session_id,
        None,
        root.span_id if root is not None and root.parent_id is None else None,
        root.name if root is not None else "",
        root.kind if root is not None else None,
        root.status if root is not None else 0,
        root.status_message if root is not None else "",
        row.start_ns,
        row.end_ns,
        root.input_preview if root is not None else None,
        root.output_preview if root is not None else None,
        root.model if root is not None else None,
        root.user_id if root is not None else None,
        row.tokens_prompt,
        row.tokens_completion,
        row.tokens_prompt + row.tokens_completion,
        row.cost_usd or None,
        row.span_count,
        row.error_count,
        None,
    )


def _session_items(connection: sa.Connection, rows: Sequence[Any]) -> list[StoredItem]:
    ids = [row.id for row in rows]
    members = trace.c.session_row.in_(ids)
    sums = {
        each.session_row: each
        for each in connection.execute(
            sa.select(
                trace.c.session_row,
                sa.func.count().label("traces"),
                sa.func.sum(trace.c.span_count).label("spans"),
                sa.func.sum(trace.c.error_count).label("errors"),
                sa.func.sum(trace.c.tokens_prompt).label("prompt"),
                sa.func.sum(trace.c.tokens_completion).label("completion"),
                sa.func.sum(trace.c.cost_usd).label("cost"),
            )
            .where(members)
            .group_by(trace.c.session_row)
        )
    }
    # Beside min() and max(), SQLite takes the other columns from the row that has it.
    ends = []
    for edge in (sa.func.min(trace.c.start_ns), sa.func.max(trace.c.start_ns)):
        found = connection.execute(
            sa.select(trace.c.session_row, trace.c.trace_id, edge).where(members).group_by(trace.c.session_row)
        )
        ends.append({each[0]: each[1] for each in found})
    first, last = ends
    roots = _roots_of(connection, list({*first.values(), *last.values()}))
    roots_at = [{row: roots.get(trace_id) for row, trace_id in edge.items()} for edge in (first, last)]
    return [_session_item(row, sums.get(row.id), *(at.get(row.id) for at in roots_at)) for row in rows]


def _session_item(row: Any, sums: Any, first: Any, last: Any) -> StoredItem:
    return StoredItem(
        TargetKind.SESSION,
        row.id,
        row.session_id.encode(),
        row.project_id,
        None,
        row.session_id,
        None,
        None,
        row.session_id,
        None,
        None,
        "",
        row.start_ns,
        row.end_ns,
        first.input_preview if first is not None else None,
        last.output_preview if last is not None else None,
        None,
        first.user_id if first is not None else None,
        sums.prompt if sums is not None else 0,
        sums.completion if sums is not None else 0,
        sums.prompt + sums.completion if sums is not None else 0,
        (sums.cost or None) if sums is not None else None,
        sums.spans if sums is not None else 0,
        sums.errors if sums is not None else 0,
        sums.traces if sums is not None else 0,
    )


def _total(total: int | None, prompt: int | None, completion: int | None) -> int | None:
    if total is not None or (prompt is None and completion is None):
        return total
    return (prompt or 0) + (completion or 0)
