"""Traces: kept by ingest, so that their lists need no aggregation."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

trace = sa.Table(
    "trace",
    metadata,
    row_key("Trace"),
    sa.Column("trace_id", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("session_row", sa.Integer, comment="session.id"),
    sa.Column("start_ns", sa.BigInteger, nullable=False),
    sa.Column("end_ns", sa.BigInteger, nullable=False),
    sa.Column("span_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tokens_prompt", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("tokens_completion", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cost_usd", sa.Float, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
sa.Index("ix_trace_project", trace.c.project_id, trace.c.start_ns)
sa.Index("ix_trace_latency", trace.c.project_id, trace.c.end_ns - trace.c.start_ns)
sa.Index("ix_trace_error", trace.c.project_id, trace.c.start_ns, sqlite_where=trace.c.error_count > sa.text("0"))
sa.Index("ix_trace_session", trace.c.session_row, sqlite_where=trace.c.session_row.is_not(None))
