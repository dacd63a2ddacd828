"""Projects."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

project = sa.Table(
    "project",
    metadata,
    row_key("Project"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("deleted_us", sa.BigInteger, comment="set when the project was deleted and its rows are being removed"),
    sqlite_autoincrement=True,
)
sa.Index("ux_project_name", project.c.name, unique=True, sqlite_where=project.c.deleted_us.is_(None))
