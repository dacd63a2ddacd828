"""Rubrics, each wording they had, and the projects they are shown in."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

rubric = sa.Table(
    "rubric",
    metadata,
    row_key("annotation config"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("version_id", sa.Integer, nullable=False, comment="rubric_version.id in force"),
    sqlite_autoincrement=True,
)
rubric_version = sa.Table(
    "rubric_version",
    metadata,
    row_key("version"),
    sa.Column("rubric_id", sa.Integer, nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False, comment="1, 2, 3 … within the rubric"),
    sa.Column("body", sa.Text, nullable=False, comment="JSON of the rubric record"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
project_rubric = sa.Table(
    "project_rubric",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True),
    sa.Column("rubric_id", sa.Integer, primary_key=True),
)
