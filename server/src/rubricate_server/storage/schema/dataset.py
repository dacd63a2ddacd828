"""Datasets: versions, and examples as intervals of versions."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

dataset = sa.Table(
    "dataset",
    metadata,
    row_key("Dataset"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sa.Column("version_id", sa.Integer, nullable=False, comment="dataset_version.id of the newest version"),
    sa.Column("example_count", sa.Integer, nullable=False, comment="in the newest version"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("updated_us", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
dataset_version = sa.Table(
    "dataset_version",
    metadata,
    row_key("DatasetVersion"),
    sa.Column("dataset_id", sa.Integer, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sa.Column("created_examples", sa.Integer, nullable=False, comment="what it has that the version before had not"),
    sa.Column("updated_examples", sa.Integer, nullable=False),
    sa.Column("deleted_examples", sa.Integer, nullable=False),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("ix_dataset_version", dataset_version.c.dataset_id, dataset_version.c.id)
dataset_example = sa.Table(
    "dataset_example",
    metadata,
    row_key("DatasetExample"),
    sa.Column("dataset_id", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text, comment="what the uploader calls it; unique within the dataset"),
    sa.Column("span_id", sa.LargeBinary, comment="the span it was made from, which may be gone by now"),
    sqlite_autoincrement=True,
)
sa.Index(
    "ux_dataset_example",
    dataset_example.c.dataset_id,
    dataset_example.c.external_id,
    unique=True,
    sqlite_where=dataset_example.c.external_id.is_not(None),
)
sa.Index(
    "ix_dataset_example_span",
    dataset_example.c.dataset_id,
    dataset_example.c.span_id,
    sqlite_where=dataset_example.c.span_id.is_not(None),
)
dataset_example_revision = sa.Table(
    "dataset_example_revision",
    metadata,
    row_key("revision"),
    sa.Column("dataset_id", sa.Integer, nullable=False, comment="copied from the example"),
    sa.Column("example_id", sa.Integer, nullable=False),
    sa.Column("version_id", sa.Integer, nullable=False, comment="the version that it came with"),
    sa.Column("until_version_id", sa.Integer, comment="the version that ended it; NULL: it is in the newest"),
    sa.Column("input", sa.Text, nullable=False, comment="JSON object, as the other two"),
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("metadata", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, comment="of the three: the same content, the same hash"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    comment="what an example said from one version on until another: any version is read without replaying changes",
)
sa.Index(
    "ux_dataset_example_revision",
    dataset_example_revision.c.example_id,
    dataset_example_revision.c.version_id,
    unique=True,
)
# A version is read along the first; the second finds what an upload has in common with the newest version.
sa.Index(
    "ix_dataset_example_revision",
    dataset_example_revision.c.dataset_id,
    dataset_example_revision.c.example_id,
    dataset_example_revision.c.version_id,
    dataset_example_revision.c.until_version_id,
)
sa.Index(
    "ix_dataset_example_hash",
    dataset_example_revision.c.dataset_id,
    dataset_example_revision.c.hash,
    dataset_example_revision.c.example_id,
    sqlite_where=dataset_example_revision.c.until_version_id.is_(None),
)

dataset_removal = sa.Table(
    "dataset_removal",
    metadata,
    sa.Column("dataset_id", sa.Integer, primary_key=True, autoincrement=False),
    comment="datasets that were deleted and whose examples are being removed",
)
