"""Labels of datasets."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

dataset_label = sa.Table(
    "dataset_label",
    metadata,
    row_key("DatasetLabel"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("color", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
dataset_dataset_label = sa.Table(
    "dataset_dataset_label",
    metadata,
    sa.Column("dataset_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False, index=True),
)
