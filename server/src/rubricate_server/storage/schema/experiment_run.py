"""What tasks did with examples, and what evaluators say of it."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

experiment_run = sa.Table(
    "experiment_run",
    metadata,
    row_key("ExperimentRun"),
    sa.Column("experiment_id", sa.Integer, nullable=False),
    sa.Column("example_id", sa.Integer, nullable=False),
    sa.Column("repetition", sa.Integer, nullable=False, comment="from 1"),
    sa.Column("trace_id", sa.LargeBinary),
    sa.Column("start_us", sa.BigInteger, nullable=False),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Text, comment="NULL: it succeeded"),
    sa.Column("output", sa.Text, nullable=False, comment="JSON; last, so that what is before it is read without it"),
    sqlite_autoincrement=True,
)
sa.Index(
    "ux_experiment_run",
    experiment_run.c.experiment_id,
    experiment_run.c.example_id,
    experiment_run.c.repetition,
    unique=True,
)
sa.Index("ix_experiment_run", experiment_run.c.experiment_id, experiment_run.c.id)
experiment_evaluation = sa.Table(
    "experiment_evaluation",
    metadata,
    row_key("ExperimentEvaluation"),
    sa.Column("run_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("annotator_kind", sa.Text, nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("score", sa.Float),
    sa.Column("explanation", sa.Text),
    sa.Column("error", sa.Text, comment="NULL: it did not fail"),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sa.Column("trace_id", sa.LargeBinary),
    sa.Column("start_us", sa.BigInteger, nullable=False),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("ux_experiment_evaluation", experiment_evaluation.c.run_id, experiment_evaluation.c.name, unique=True)
