"""Experiments on versions of datasets, the examples they have, and their tags."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

experiment = sa.Table(
    "experiment",
    metadata,
    row_key("Experiment"),
    sa.Column("dataset_id", sa.Integer, nullable=False),
    sa.Column("version_id", sa.Integer, nullable=False, comment="dataset_version.id"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sa.Column("repetitions", sa.Integer, nullable=False),
    sa.Column("splits", sa.Text, nullable=False, comment="JSON list of the names of those that it was made of"),
    sa.Column("project_id", sa.Integer, nullable=False, comment="of the traces of its tasks; left out of lists"),
    sa.Column("example_count", sa.Integer, nullable=False),
    sa.Column("succeeded", sa.Integer, nullable=False, server_default="0", comment="runs, as the next two"),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("surplus", sa.Integer, nullable=False, server_default="0", comment="those beyond the repetitions"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("updated_us", sa.BigInteger, nullable=False),
    sa.Column("deleted_us", sa.BigInteger, comment="set when it was deleted and its rows are being removed"),
    sqlite_autoincrement=True,
)
sa.Index("ix_experiment_dataset", experiment.c.dataset_id, experiment.c.id)
sa.Index("ix_experiment_project", experiment.c.project_id)
experiment_example = sa.Table(
    "experiment_example",
    metadata,
    sa.Column("experiment_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("example_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision_id", sa.Integer, nullable=False, comment="dataset_example_revision.id"),
    comment="which examples an experiment has, and what they said: splits change, and versions do not know of them",
)
experiment_tag = sa.Table(
    "experiment_tag",
    metadata,
    row_key("ExperimentTag"),
    sa.Column("dataset_id", sa.Integer, nullable=False, comment="copied from the experiment: unique there"),
    sa.Column("experiment_id", sa.Integer, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sqlite_autoincrement=True,
)
sa.Index("ux_experiment_tag", experiment_tag.c.dataset_id, experiment_tag.c.name, unique=True)
