"""Sessions: kept by ingest, so that their lists need no aggregation."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

session = sa.Table(
    "session",
    metadata,
    row_key("ProjectSession"),
    sa.Column("session_id", sa.Text, nullable=False, unique=True),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("start_ns", sa.BigInteger, nullable=False),
    sa.Column("end_ns", sa.BigInteger, nullable=False),
    sa.Column("trace_count", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
sa.Index("ix_session_project", session.c.project_id, session.c.start_ns)
sa.Index("ix_session_row", session.c.project_id, session.c.id)
