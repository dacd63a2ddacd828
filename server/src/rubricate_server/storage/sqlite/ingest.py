"""Writing spans: the hot path. Runs in the writer's thread, inside its transaction, for all requests that wait."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rubricate_server.storage.contract import NO_ANNOTATIONS, DeadLetter, NewAnnotation, NewSpan, SpanBody
from rubricate_server.storage.sqlite.annotation_put import put_annotations
from rubricate_server.storage.sqlite.body import BLOCK_SPANS, pack_block
from rubricate_server.storage.sqlite.connection import insert_rows, select_in, touch, update_rows
from rubricate_server.storage.sqlite.removal import remove_leftovers
from rubricate_server.storage.sqlite.span_hour import count_spans, facts_of


class Batch(NamedTuple):
    """What one request brought."""

    spans: Sequence[NewSpan]
    rejected: Sequence[DeadLetter]
    annotations: Mapping[bytes, Sequence[NewAnnotation]] = NO_ANNOTATIONS


@dataclass(slots=True)
class _Trace:
    row: int | None
    project_id: int
    session_row: int | None
    session_id: str | None = None
    start_ns: int = 1 << 63
    end_ns: int = -1
    spans: int = 0
    errors: int = 0
    tokens_prompt: int = 0
    tokens_completion: int = 0
    cost_usd: float = 0.0
    members: list[NewSpan] = field(default_factory=list)

    def take(self, span: NewSpan) -> None:
        self.members.append(span)
        self.spans += 1
        self.errors += span.status == 2
        self.tokens_prompt += span.tokens_prompt or 0
        self.tokens_completion += span.tokens_completion or 0
        self.cost_usd += span.cost_usd or 0.0
        self.start_ns = min(self.start_ns, span.start_ns)
        self.end_ns = max(self.end_ns, span.end_ns)
        if self.session_id is None:
            self.session_id = span.session_id


def add_batches(connection: sqlite3.Connection, batches: Sequence[Batch]) -> list[int]:
    """Store the spans of all batches; the number of new ones of each."""
    fresh: dict[bytes, NewSpan] = {}
    added = []
    brought: dict[bytes, Sequence[NewAnnotation]] = {}
    for batch in batches:
        before = len(fresh)
        if batch.annotations:
            # As of the spans, of a span sent twice the first counts.
            brought |= {carrier: said for carrier, said in batch.annotations.items() if carrier not in fresh}
        for span in batch.spans:
            fresh.setdefault(span.span_id, span)
        added.append((before, len(fresh)))
    remove_leftovers(
        connection,
        list(fresh),
        {span.trace_id for span in fresh.values()},
        {span.session_id for span in fresh.values() if span.session_id is not None},
    )
    known = {row[0] for row in select_in(connection, "select span_id from span where span_id in ({})", list(fresh))}
    counts = [
        sum(span_id not in known for span_id in list(fresh)[start:end]) if known else end - start
        for start, end in added
    ]
    spans = [span for span in fresh.values() if span.span_id not in known] if known else list(fresh.values())
    if spans:
        traces = _traces(connection, spans)
        _write_sessions(connection, traces)
        first_row = _write_spans(connection, traces)
        _write_traces(connection, traces)
        _bind_waiting(connection, first_row, spans, traces)
        touch(connection, "spans", {trace.project_id for trace in traces.values()})
        annotations = [each for span in spans for each in brought.get(span.span_id, ())] if brought else []
        if annotations:
            put_annotations(connection, annotations)
    _keep_rejected(connection, [letter for batch in batches for letter in batch.rejected])
    return counts


def project_row(connection: sqlite3.Connection, name: str) -> int:
    """The row of a project, made if it is new."""
    row = connection.execute("select id from project where name = ? and deleted_us is null", (name,)).fetchone()
    if row is None:
        row = connection.execute(
            "insert into project (name, created_us) values (?, ?) returning id", (name, time.time_ns() // 1000)
        ).fetchone()
        touch(connection, "projects")
    return int(row[0])


def _traces(connection: sqlite3.Connection, spans: Sequence[NewSpan]) -> dict[bytes, _Trace]:
    ids = list({span.trace_id: None for span in spans})
    traces = {
        trace_id: _Trace(row, project_id, session_row)
        for trace_id, row, project_id, session_row in select_in(
            connection, "select trace_id, id, project_id, session_row from trace where trace_id in ({})", ids
        )
    }
    projects: dict[str, int] = {}
    for span in spans:
        trace = traces.get(span.trace_id)
        if trace is None:
            project_id = projects.get(span.project)
            if project_id is None:
                project_id = projects[span.project] = project_row(connection, span.project)
            trace = traces[span.trace_id] = _Trace(None, project_id, None)
        trace.take(span)
    return traces


def _write_sessions(connection: sqlite3.Connection, traces: dict[bytes, _Trace]) -> None:
    """Give traces their session, and sessions their times and counts."""
    joining = {trace.session_id for trace in traces.values() if trace.session_row is None and trace.session_id}
    rows = dict(select_in(connection, "select session_id, id from session where session_id in ({})", list(joining)))
    next_row = _last_id(connection, "session") + 1 if len(rows) < len(joining) else 0
    made: list[tuple[object, ...]] = []
    changed: dict[int, tuple[int, int, int]] = {}
    for trace in traces.values():
        joins = trace.session_row is None and trace.session_id is not None
        if joins and trace.session_id is not None:
            trace.session_row = rows.get(trace.session_id)
            if trace.session_row is None:
                made.append((next_row, trace.session_id, trace.project_id, trace.start_ns, trace.end_ns))
                trace.session_row = rows[trace.session_id] = next_row
                next_row += 1
        if trace.session_row is not None:
            start_ns, end_ns, joined = changed.get(trace.session_row, (trace.start_ns, trace.end_ns, 0))
            changed[trace.session_row] = (
                min(start_ns, trace.start_ns),
                max(end_ns, trace.end_ns),
                joined + joins,
            )
    insert_rows(connection, "insert into session (id, session_id, project_id, start_ns, end_ns)", made)
    update_rows(
        connection,
        "session",
        "start_ns = min(session.start_ns, new.column2), end_ns = max(session.end_ns, new.column3),"
        " trace_count = trace_count + new.column4",
        [(row, *change) for row, change in changed.items()],
    )


def _write_spans(connection: sqlite3.Connection, traces: dict[bytes, _Trace]) -> int:
    """Blocks and rows; the first row id given. Traces stay together, so that one block serves a trace."""
    next_span = first = _last_id(connection, "span") + 1
    next_block = _last_id(connection, "span_block") + 1
    by_project: dict[int, list[NewSpan]] = {}
    for trace in traces.values():
        by_project.setdefault(trace.project_id, []).extend(trace.members)
    for project_id, spans in by_project.items():
        blocks, rows = [], []
        for start in range(0, len(spans), BLOCK_SPANS):
            chunk = spans[start : start + BLOCK_SPANS]
            columns = pack_block([SpanBody(s.input, s.output, s.attributes, s.events, s.envelope) for s in chunk])
            blocks.append((next_block, project_id, len(chunk), len(chunk), *columns))
            for offset, span in enumerate(chunk):
                rows.append((next_span, project_id, *_narrow(span), next_block, offset))
                next_span += 1
            next_block += 1
        insert_rows(
            connection,
            "insert into span_block (id, project_id, n, live, inputs, outputs, attributes, events, envelopes)",
            blocks,
        )
        insert_rows(connection, _INSERT_SPAN, rows)
        count_spans(connection, project_id, map(facts_of, spans))
    return first


_INSERT_SPAN = (
    "insert into span (id, project_id, trace_id, span_id, parent_id, name, kind, start_ns, end_ns, status,"
    " status_message, session_id, user_id, model, provider, tokens_prompt, tokens_completion, tokens_total,"
    " cost_prompt_usd, cost_completion_usd, cost_usd, input_preview, output_preview, attrs, block, block_offset)"
)


def _narrow(span: NewSpan) -> tuple[object, ...]:
    # trace_id … cost_usd, in the order of _INSERT_SPAN
    return (*span[1:20], span.input_preview, span.output_preview, span.small)


def _last_id(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute("select seq from sqlite_sequence where name = ?", (table,)).fetchone()
    return row[0] if row else 0


def _write_traces(connection: sqlite3.Connection, traces: dict[bytes, _Trace]) -> None:
    insert_rows(
        connection,
        "insert into trace (trace_id, project_id, session_row, start_ns, end_ns, span_count, error_count,"
        " tokens_prompt, tokens_completion, cost_usd)",
        [
            (
                trace_id,
                trace.project_id,
                trace.session_row,
                trace.start_ns,
                trace.end_ns,
                trace.spans,
                trace.errors,
                trace.tokens_prompt,
                trace.tokens_completion,
                trace.cost_usd,
            )
            for trace_id, trace in traces.items()
            if trace.row is None
        ],
    )
    update_rows(
        connection,
        "trace",
        "session_row = new.column2, start_ns = min(trace.start_ns, new.column3),"
        " end_ns = max(trace.end_ns, new.column4), span_count = span_count + new.column5,"
        " error_count = error_count + new.column6, tokens_prompt = tokens_prompt + new.column7,"
        " tokens_completion = tokens_completion + new.column8, cost_usd = cost_usd + new.column9",
        [
            (
                trace.row,
                trace.session_row,
                trace.start_ns,
                trace.end_ns,
                trace.spans,
                trace.errors,
                trace.tokens_prompt,
                trace.tokens_completion,
                trace.cost_usd,
            )
            for trace in traces.values()
            if trace.row is not None
        ],
    )


def _bind_waiting(
    connection: sqlite3.Connection, first_row: int, spans: Sequence[NewSpan], traces: dict[bytes, _Trace]
) -> None:
    """Give annotations that came before their target what they copy from it."""
    if connection.execute("select 1 from annotation where target_row is null limit 1").fetchone() is None:
        return
    waiting = "select id, target_id from annotation where target_row is null and target_kind = ? and target_id in ({})"
    touch(connection, "annotations", {trace.project_id for trace in traces.values()})
    bind = (
        "update annotation set (target_row, project_id, start_ns) = (select id, project_id, start_ns from {} = ?)"
        " where id = ?"
    )
    for kind, ids, source in (
        ("span", [span.span_id for span in spans], "span where span_id"),
        ("document", [span.span_id for span in spans], "span where span_id"),
        ("trace", list(traces), "trace where trace_id"),
        ("session", _session_keys(traces), "session where session_id"),
    ):
        for annotation_id, target_id in select_in(connection, waiting, ids, before=(kind,)):
            key = target_id.decode() if kind == "session" else target_id
            connection.execute(bind.format(source), (key, annotation_id))


def _session_keys(traces: dict[bytes, _Trace]) -> list[bytes]:
    return list({trace.session_id.encode(): None for trace in traces.values() if trace.session_id is not None})


def _keep_rejected(connection: sqlite3.Connection, letters: Sequence[DeadLetter]) -> None:
    now_us = time.time_ns() // 1000
    insert_rows(
        connection,
        "insert into dead_letter (at_us, project, reason, payload, encoding)",
        [(now_us, *letter) for letter in letters],
    )
