"""Spans, one narrow row each, and what those of an hour say together. Their large parts are in blocks."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

span = sa.Table(
    "span",
    metadata,
    row_key("Span"),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("trace_id", sa.LargeBinary, nullable=False),
    sa.Column("span_id", sa.LargeBinary, nullable=False),
    sa.Column("parent_id", sa.LargeBinary, comment="NULL for a root"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="openinference.span.kind as it was sent, or UNKNOWN"),
    sa.Column("start_ns", sa.BigInteger, nullable=False),
    sa.Column("end_ns", sa.BigInteger, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False, comment="OTLP: 0 UNSET, 1 OK, 2 ERROR"),
    sa.Column("status_message", sa.Text, nullable=False),
    sa.Column("session_id", sa.Text),
    sa.Column("user_id", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("tokens_prompt", sa.BigInteger),
    sa.Column("tokens_completion", sa.BigInteger),
    sa.Column("tokens_total", sa.BigInteger),
    sa.Column("cost_prompt_usd", sa.Float),
    sa.Column("cost_completion_usd", sa.Float),
    sa.Column("cost_usd", sa.Float),
    sa.Column("input_preview", sa.Text),
    sa.Column("output_preview", sa.Text),
    sa.Column("attrs", sa.Text, comment="JSON object of small attributes: SMALL_ATTRIBUTE of the contract"),
    sa.Column("block", sa.Integer, comment="SQLite: span_block.id"),
    sa.Column("block_offset", sa.SmallInteger, comment="SQLite: place in the block"),
    sqlite_autoincrement=True,
)
sa.Index("ux_span_span_id", span.c.span_id, unique=True)
sa.Index("ix_span_trace", span.c.trace_id, span.c.parent_id)
sa.Index("ix_span_project", span.c.project_id, span.c.id)
sa.Index("ix_span_time", span.c.project_id, span.c.start_ns, span.c.end_ns, span.c.tokens_total)
sa.Index("ix_span_root", span.c.project_id, span.c.start_ns, sqlite_where=span.c.parent_id.is_(None))
sa.Index("ix_span_block", span.c.block)
sa.Index("ix_span_error", span.c.project_id, span.c.start_ns, sqlite_where=span.c.status == sa.text("2"))
sa.Index("ix_span_session", span.c.session_id, sqlite_where=span.c.session_id.is_not(None))

span_hour = sa.Table(
    "span_hour",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False, comment="in which they started, since 1970"),
    sa.Column("spans", sa.Integer, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),
    sa.Column("tokens_prompt", sa.BigInteger, nullable=False),
    sa.Column("tokens_completion", sa.BigInteger, nullable=False),
    sa.Column("tokens_total", sa.BigInteger, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("latencies", sa.LargeBinary, nullable=False, comment="histogram; see storage/sqlite/span_hour.py"),
    comment="what the spans of a project say together, hour by hour",
)
