"""Splits: named parts of datasets, the same in all versions."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

dataset_split = sa.Table(
    "dataset_split",
    metadata,
    row_key("DatasetSplit"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("color", sa.Text, nullable=False),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("updated_us", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
dataset_split_example = sa.Table(
    "dataset_split_example",
    metadata,
    sa.Column("split_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("example_id", sa.Integer, primary_key=True, autoincrement=False, index=True),
)
