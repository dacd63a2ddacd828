"""How long traces are kept, and by which projects."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

retention = sa.Table(
    "retention",
    metadata,
    row_key("ProjectTraceRetentionPolicy"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("max_days", sa.Float, comment="traces that started longer ago are deleted; NULL: no bound"),
    sa.Column("max_traces", sa.Integer, comment="the newest that a project keeps; NULL: no bound"),
    sqlite_autoincrement=True,
)
project_retention = sa.Table(
    "project_retention",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("retention_id", sa.Integer, nullable=False, index=True),
    comment="a project without a row follows the default of the settings",
)
