"""Items as they are taken out: read in batches along the start time, newest first."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract import (
    AnnotationKey,
    ExportedItem,
    ExportQuery,
    SpanBody,
    TargetPreview,
)
from rubricate_server.storage.filter import compile_condition
from rubricate_server.storage.schema import session, span, trace
from rubricate_server.storage.spans import of_project
from rubricate_server.storage.sqlite.body import read_bodies
from rubricate_server.storage.sqlite.connection import reading

BATCH = 200
"""Items read at once: their bodies are in memory together."""
_PARTS = frozenset({"input", "output", "attributes"})
_AT_ONCE = 500

_Rows = Sequence[Any]


class SqliteExport:
    """`ExportStore` on SQLite."""

    def __init__(self, readers: sa.Engine) -> None:
        self._readers = readers

    def items(self, query: ExportQuery) -> Iterator[list[ExportedItem]]:
        """See the contract."""
        table, key, columns, complete = _KINDS[query.kind]
        where = of_project(table, query.project_id, few=query.keys is not None)
        if query.start_ns is not None:
            where.append(table.c.start_ns >= query.start_ns)
        if query.end_ns is not None:
            where.append(table.c.start_ns < query.end_ns)
        if query.roots:
            where.append(span.c.parent_id.is_(None))
        if query.keys is not None:
            where.append(key.in_([_as_stored(query, each) for each in query.keys]))
        if query.condition is not None:
            where.append(compile_condition(query.condition))
        statement = sa.select(*columns).where(*where).order_by(table.c.start_ns.desc(), table.c.id.desc())
        after: list[sa.ColumnElement[bool]] = []
        while True:
            with reading(self._readers) as connection:
                rows = connection.execute(statement.where(*after).limit(BATCH)).fetchall()
                batch = complete(connection, rows)
            if batch:
                yield batch
            if len(rows) < BATCH:
                return
            start_ns, row = (sa.literal(value, sa.BigInteger) for value in (batch[-1].start_ns, batch[-1].row))
            here = sa.tuple_(table.c.start_ns, table.c.id)
            after = [table.c.start_ns <= start_ns, here < sa.tuple_(start_ns, row)]

    def previews(self, keys: Sequence[AnnotationKey]) -> dict[tuple[TargetKind, bytes], TargetPreview]:
        """See the contract."""
        wanted: dict[TargetKind, dict[bytes, None]] = {}
        for key in keys:
            wanted.setdefault(key.target_kind, {})[key.target_id] = None
        found: dict[tuple[TargetKind, bytes], TargetPreview] = {}
        with reading(self._readers) as connection:
            for kind, ids in wanted.items():
                for some in _chunks(list(ids)):
                    for target_id, preview in _previews(connection, kind, some):
                        found[kind, target_id] = preview
        return found

    def spans_that_meet(self, condition: Condition, span_ids: Sequence[bytes]) -> set[bytes]:
        """See the contract."""
        found: set[bytes] = set()
        with reading(self._readers) as connection:
            for some in _chunks(span_ids):
                where = (span.c.span_id.in_(some), compile_condition(condition))
                found.update(connection.execute(sa.select(span.c.span_id).where(*where)).scalars())
        return found


def _as_stored(query: ExportQuery, key: bytes) -> str | bytes:
    return key.decode() if query.kind == "session" else key


def _chunks(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


# --- items of each kind -----------------------------------------------------------------------------------------------

_SPAN_COLUMNS = (
    span.c.id,
    span.c.span_id,
    span.c.trace_id,
    span.c.session_id,
    span.c.parent_id,
    span.c.name,
    span.c.kind,
    span.c.status,
    span.c.status_message,
    span.c.start_ns,
    span.c.end_ns,
    span.c.model,
    span.c.user_id,
    span.c.tokens_prompt,
    span.c.tokens_completion,
    span.c.tokens_total,
    span.c.cost_usd,
    span.c.block,
    span.c.block_offset,
)
_TRACE_COLUMNS = (
    trace.c.id,
    trace.c.trace_id,
    sa.select(session.c.session_id).where(session.c.id == trace.c.session_row).scalar_subquery(),
    trace.c.start_ns,
    trace.c.end_ns,
    trace.c.tokens_prompt,
    trace.c.tokens_completion,
    trace.c.cost_usd,
    trace.c.span_count,
    trace.c.error_count,
)
_SESSION_COLUMNS = (
    session.c.id,
    session.c.session_id,
    session.c.start_ns,
    session.c.end_ns,
    session.c.trace_count,
)


def _spans(connection: sa.Connection, rows: _Rows) -> list[ExportedItem]:
    bodies = read_bodies(connection, [(row.block, row.block_offset) for row in rows], _PARTS)
    return [
        ExportedItem(
            row.id,
            row.span_id,
            row.trace_id,
            row.session_id,
            row.parent_id,
            row.name,
            row.kind,
            row.status,
            row.status_message,
            row.start_ns,
            row.end_ns,
            body.input,
            body.output,
            row.model,
            row.user_id,
            row.tokens_prompt,
            row.tokens_completion,
            _total(row.tokens_prompt, row.tokens_completion) if row.tokens_total is None else row.tokens_total,
            row.cost_usd,
            None,
            None,
            None,
            body.attributes,
        )
        for row, body in zip(rows, bodies, strict=True)
    ]


def _traces(connection: sa.Connection, rows: _Rows) -> list[ExportedItem]:
    roots = _first_and_last(connection, span.c.trace_id, [row.trace_id for row in rows])
    found = []
    for row in rows:
        first = roots[row.trace_id].first if row.trace_id in roots else _NO_ROOT
        found.append(
            ExportedItem(
                row.id,
                row.trace_id,
                row.trace_id,
                row[2],
                None,
                first.name,
                None,
                None,
                None,
                row.start_ns,
                row.end_ns,
                first.body.input,
                first.body.output,
                None,
                first.user_id,
                row.tokens_prompt,
                row.tokens_completion,
                row.tokens_prompt + row.tokens_completion,
                row.cost_usd,
                row.span_count,
                row.error_count,
                None,
                first.body.attributes,
            )
        )
    return found


def _sessions(connection: sa.Connection, rows: _Rows) -> list[ExportedItem]:
    ids = [row.id for row in rows]
    roots = _first_and_last(connection, trace.c.session_row, ids)
    sums = {
        row.session_row: row
        for row in connection.execute(
            sa.select(
                trace.c.session_row,
                sa.func.sum(trace.c.tokens_prompt).label("prompt"),
                sa.func.sum(trace.c.tokens_completion).label("completion"),
                sa.func.sum(trace.c.cost_usd).label("cost_usd"),
                sa.func.sum(trace.c.span_count).label("span_count"),
                sa.func.sum(trace.c.error_count).label("error_count"),
            )
            .where(trace.c.session_row.in_(ids))
            .group_by(trace.c.session_row)
        )
    }
    found = []
    for row in rows:
        first, last = roots.get(row.id, _NO_ROOTS)
        of = sums.get(row.id)
        found.append(
            ExportedItem(
                row.id,
                row.session_id.encode(),
                None,
                row.session_id,
                None,
                None,
                None,
                None,
                None,
                row.start_ns,
                row.end_ns,
                first.body.input,
                last.body.output,
                None,
                first.user_id,
                of.prompt if of else 0,
                of.completion if of else 0,
                of.prompt + of.completion if of else 0,
                of.cost_usd if of else 0.0,
                of.span_count if of else 0,
                of.error_count if of else 0,
                row.trace_count,
                first.body.attributes,
            )
        )
    return found


def _total(prompt: int | None, completion: int | None) -> int | None:
    return None if prompt is None and completion is None else (prompt or 0) + (completion or 0)


class _Root(NamedTuple):
    name: str | None
    user_id: str | None
    body: SpanBody


class _Roots(NamedTuple):
    first: _Root
    last: _Root


_NO_ROOT = _Root(None, None, SpanBody(None, None, b"{}", None, None))
_NO_ROOTS = _Roots(_NO_ROOT, _NO_ROOT)


def _first_and_last(connection: sa.Connection, owner: sa.Column[Any], owners: Sequence[Any]) -> dict[Any, _Roots]:
    """The root spans of traces or sessions that started first and last."""
    order = (span.c.start_ns, span.c.id)
    backwards = [key.desc() for key in order]
    rows_of: sa.FromClause = span
    if owner.table is trace:
        rows_of = trace.join(span, span.c.trace_id == trace.c.trace_id)
    placed = (
        sa.select(
            owner.label("owner"),
            span.c.name,
            span.c.user_id,
            span.c.block,
            span.c.block_offset,
            sa.func.row_number().over(partition_by=owner, order_by=order).label("place"),
            sa.func.row_number().over(partition_by=owner, order_by=backwards).label("back"),
        )
        .select_from(rows_of)
        .where(owner.in_(owners), span.c.parent_id.is_(None))
        .subquery()
    )
    ends = sa.select(placed).where(sa.or_(placed.c.place == 1, placed.c.back == 1)).order_by(placed.c.place)
    rows = connection.execute(ends).fetchall()
    bodies = read_bodies(connection, [(row.block, row.block_offset) for row in rows], _PARTS)
    found: dict[Any, _Roots] = {}
    for row, body in zip(rows, bodies, strict=True):
        root = _Root(row.name, row.user_id, body)
        found[row.owner] = _Roots(found[row.owner].first if row.owner in found else root, root)
    return found


_Complete = Callable[[sa.Connection, _Rows], list[ExportedItem]]
_KINDS: dict[str, tuple[sa.Table, sa.Column[Any], tuple[Any, ...], _Complete]] = {
    "span": (span, span.c.span_id, _SPAN_COLUMNS, _spans),
    "trace": (trace, trace.c.trace_id, _TRACE_COLUMNS, _traces),
    "session": (session, session.c.session_id, _SESSION_COLUMNS, _sessions),
}


# --- previews ---------------------------------------------------------------------------------------------------------


def _previews(
    connection: sa.Connection, kind: TargetKind, ids: Sequence[bytes]
) -> Iterator[tuple[bytes, TargetPreview]]:
    columns = (span.c.name, span.c.trace_id, span.c.input_preview, span.c.output_preview)
    if kind in (TargetKind.SPAN, TargetKind.DOCUMENT):
        for row in connection.execute(sa.select(span.c.span_id, *columns).where(span.c.span_id.in_(ids))):
            yield row[0], TargetPreview._make(row[1:])
        return
    order = (span.c.start_ns, span.c.id)
    if kind is TargetKind.TRACE:
        rows = connection.execute(
            sa.select(span.c.trace_id, *columns)
            .where(span.c.trace_id.in_(ids), span.c.parent_id.is_(None))
            .order_by(*order)
        )
        of_trace: dict[bytes, TargetPreview] = {}
        for row in rows:
            of_trace.setdefault(row[0], TargetPreview._make(row[1:]))
        yield from of_trace.items()
        return
    rows = connection.execute(
        sa.select(session.c.session_id, span.c.input_preview, span.c.output_preview)
        .select_from(session.join(trace, trace.c.session_row == session.c.id))
        .join(span, span.c.trace_id == trace.c.trace_id)
        .where(session.c.session_id.in_([each.decode() for each in ids]), span.c.parent_id.is_(None))
        .order_by(*order)
    )
    of_session: dict[str, TargetPreview] = {}
    for row in rows:
        known = of_session.get(row.session_id)
        first = known.input if known else row.input_preview
        of_session[row.session_id] = TargetPreview(None, None, first, row.output_preview)
    yield from ((session_id.encode(), preview) for session_id, preview in of_session.items())
