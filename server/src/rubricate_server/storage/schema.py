"""The logical schema, one for all engines.

Times of spans are integers of nanoseconds since 1970 (UTC); times of records that we make ourselves are
microseconds. OpenTelemetry ids are bytes. What only one engine needs (the blocks of SQLite) says so.
`docs/architecture.md` draws it; migrations under `storage/<engine>/migrations` build it.
"""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


def _key(table: str) -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, comment=f"row id; the number in {table}'s global id")


project = sa.Table(
    "project",
    metadata,
    _key("Project"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("deleted_us", sa.BigInteger, comment="set when the project was deleted and its rows are being removed"),
    sqlite_autoincrement=True,
)
sa.Index("ux_project_name", project.c.name, unique=True, sqlite_where=project.c.deleted_us.is_(None))

session = sa.Table(
    "session",
    metadata,
    _key("ProjectSession"),
    sa.Column("session_id", sa.Text, nullable=False, unique=True),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("start_ns", sa.BigInteger, nullable=False),
    sa.Column("end_ns", sa.BigInteger, nullable=False),
    sa.Column("trace_count", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
sa.Index("ix_session_project", session.c.project_id, session.c.start_ns)
sa.Index("ix_session_row", session.c.project_id, session.c.id)

trace = sa.Table(
    "trace",
    metadata,
    _key("Trace"),
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

span = sa.Table(
    "span",
    metadata,
    _key("Span"),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("trace_id", sa.LargeBinary, nullable=False),
    sa.Column("span_id", sa.LargeBinary, nullable=False),
    sa.Column("parent_id", sa.LargeBinary, comment="NULL for a root"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="openinference.span.kind as it was sent, or UNKNOWN"),
    sa.Column("start_ns", sa.BigInteger, nullable=False),
    sa.Column("end_ns", sa.BigInteger, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False, comment="OTLP: 0 UNSET, 1 OK, 2 ERROR"),
    sa.Column("status_message", sa.Text, nullable=False),
    sa.Column("session_id", sa.Text),
    sa.Column("user_id", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("tokens_prompt", sa.BigInteger),
    sa.Column("tokens_completion", sa.BigInteger),
    sa.Column("tokens_total", sa.BigInteger),
    sa.Column("cost_prompt_usd", sa.Float),
    sa.Column("cost_completion_usd", sa.Float),
    sa.Column("cost_usd", sa.Float),
    sa.Column("input_preview", sa.Text),
    sa.Column("output_preview", sa.Text),
    sa.Column("attrs", sa.Text, comment="JSON object of small attributes: SMALL_ATTRIBUTE of the contract"),
    sa.Column("block", sa.Integer, comment="SQLite: span_block.id"),
    sa.Column("block_offset", sa.SmallInteger, comment="SQLite: place in the block"),
    sqlite_autoincrement=True,
)
sa.Index("ux_span_span_id", span.c.span_id, unique=True)
sa.Index("ix_span_trace", span.c.trace_id, span.c.parent_id)
sa.Index("ix_span_project", span.c.project_id, span.c.id)
sa.Index("ix_span_time", span.c.project_id, span.c.start_ns, span.c.end_ns, span.c.tokens_total)
sa.Index("ix_span_root", span.c.project_id, span.c.start_ns, sqlite_where=span.c.parent_id.is_(None))
sa.Index("ix_span_block", span.c.block)
sa.Index("ix_span_error", span.c.project_id, span.c.start_ns, sqlite_where=span.c.status == sa.text("2"))
sa.Index("ix_span_session", span.c.session_id, sqlite_where=span.c.session_id.is_not(None))

span_hour = sa.Table(
    "span_hour",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False, comment="in which they started, since 1970"),
    sa.Column("spans", sa.Integer, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),
    sa.Column("tokens_prompt", sa.BigInteger, nullable=False),
    sa.Column("tokens_completion", sa.BigInteger, nullable=False),
    sa.Column("tokens_total", sa.BigInteger, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("latencies", sa.LargeBinary, nullable=False, comment="histogram; see storage/sqlite/span_hour.py"),
    comment="what the spans of a project say together, hour by hour",
)

span_block = sa.Table(
    "span_block",
    metadata,
    _key("block"),
    sa.Column("project_id", sa.Integer, nullable=False),
    sa.Column("n", sa.SmallInteger, nullable=False, comment="places, dead ones included"),
    sa.Column("live", sa.SmallInteger, nullable=False, comment="places that a span still points at"),
    sa.Column("inputs", sa.LargeBinary, comment="frames of docs/reference/block-format.md; NULL: all empty"),
    sa.Column("outputs", sa.LargeBinary),
    sa.Column("attributes", sa.LargeBinary),
    sa.Column("events", sa.LargeBinary),
    sa.Column("envelopes", sa.LargeBinary),
    comment="SQLite only",
    sqlite_autoincrement=True,
)
sa.Index("ix_span_block_project", span_block.c.project_id)
sa.Index(
    "ix_span_block_small", span_block.c.project_id, span_block.c.live, sqlite_where=span_block.c.live < sa.text("32")
)

block_sieve = sa.Table(
    "block_sieve",
    metadata,
    sa.Column("block", sa.Integer, primary_key=True, comment="span_block.id; none for small blocks and new ones"),
    sa.Column("inputs", sa.LargeBinary, comment="sieve of docs/reference/block-format.md; NULL: search the column"),
    sa.Column("outputs", sa.LargeBinary),
    comment="SQLite only: what blocks cannot have, so that a search need not unpack them",
)


def _annotation_columns() -> list[sa.Column[Any]]:
    """All but the row id."""
    return [
        sa.Column("target_kind", sa.Text, nullable=False, comment="span, trace, session, document"),
        sa.Column("target_id", sa.LargeBinary, nullable=False, comment="span or trace id, or the session id in UTF-8"),
        sa.Column("position", sa.Integer, nullable=False, server_default="-1", comment="of the document; -1 otherwise"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("identifier", sa.Text, nullable=False),
        sa.Column("annotator_kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("score", sa.Float),
        sa.Column("explanation", sa.Text),
        sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column(
            "rubric_version", sa.Integer, comment="rubric_version.id that was in force, if the name had a rubric"
        ),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
        # Copied from the target, so that a filter by annotation needs no join; NULL until the target arrives.
        sa.Column("project_id", sa.Integer),
        sa.Column("start_ns", sa.BigInteger),
        sa.Column("target_row", sa.Integer, comment="row id of the span (also for documents), trace or session"),
    ]


annotation = sa.Table(
    "annotation",
    metadata,
    _key("annotation"),
    *_annotation_columns(),
    sqlite_autoincrement=True,
)
sa.Index(
    "ux_annotation_key",
    annotation.c.target_kind,
    annotation.c.target_id,
    annotation.c.position,
    annotation.c.name,
    annotation.c.identifier,
    unique=True,
)
# Pages of a project, newest first. The kinds stand in it so that looking for a rare one reads no rows.
sa.Index(
    "ix_annotation_project",
    annotation.c.project_id,
    annotation.c.id,
    annotation.c.target_kind,
    annotation.c.annotator_kind,
)
sa.Index("ix_annotation_name", annotation.c.project_id, annotation.c.name, annotation.c.id)
sa.Index(
    "ix_annotation_value",
    annotation.c.project_id,
    annotation.c.name,
    annotation.c.label,
    annotation.c.start_ns,
    annotation.c.target_row,
)
sa.Index(
    "ix_annotation_row",
    annotation.c.target_kind,
    annotation.c.target_row,
    annotation.c.name,
    annotation.c.label,
    annotation.c.score,
)
annotation_start_hour = annotation.c.start_ns // sa.literal_column("3600000000000", sa.BigInteger)
"""The hour since 1970 in which the target started."""
# All that summaries need, so that an hour is summed up without reading rows.
sa.Index(
    "ix_annotation_hour",
    annotation.c.project_id,
    annotation_start_hour,
    annotation.c.name,
    annotation.c.target_kind,
    annotation.c.target_row,
    annotation.c.position,
    annotation.c.annotator_kind,
    annotation.c.label,
    annotation.c.score,
    annotation.c.start_ns,
)
sa.Index(
    "ix_annotation_waiting",
    annotation.c.target_kind,
    annotation.c.target_id,
    sqlite_where=annotation.c.target_row.is_(None),
)

annotation_hour = sa.Table(
    "annotation_hour",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column(
        "hour", sa.Integer, primary_key=True, autoincrement=False, comment="in which targets started, since 1970"
    ),
    sa.Column("target_kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("annotator_kind", sa.Text, primary_key=True, comment="empty: of all annotators"),
    sa.Column("annotations", sa.Integer, nullable=False),
    sa.Column("targets", sa.Integer, nullable=False),
    sa.Column("scores", sa.Integer, nullable=False),
    sa.Column("scored_targets", sa.Integer, nullable=False),
    sa.Column("mean", sa.Float),
    sa.Column("squares", sa.Float),
    sa.Column("labels", sa.Integer, nullable=False),
    sa.Column("labelled_targets", sa.Integer, nullable=False),
    sa.Column("shares", sa.Text, nullable=False, comment="JSON list of [label, sum of shares]"),
    comment="what the annotations of a project say together, hour by hour: right unless the hour is stale",
)
annotation_hour_stale = sa.Table(
    "annotation_hour_stale",
    metadata,
    sa.Column("project_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("changes", sa.Integer, nullable=False, comment="since it was summed up"),
    sa.Column("changed_s", sa.Integer, nullable=False, comment="when it changed last, seconds since 1970"),
    comment="hours that are to be summed up anew; triggers on annotation write it",
)

annotation_event = sa.Table(
    "annotation_event",
    metadata,
    _key("event"),
    sa.Column("annotation_id", sa.Integer, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("action", sa.Text, nullable=False, comment="created, replaced, deleted"),
    sa.Column("user_id", sa.Text),
    sa.Column("state", sa.Text, comment="JSON of the annotation after the change; for deleted, what it last was"),
)
sa.Index("ix_annotation_event", annotation_event.c.annotation_id)

annotation_removal = sa.Table(
    "annotation_removal",
    metadata,
    _key("AnnotationRemoval"),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    comment="annotations that were deleted together; forgotten after some days",
    sqlite_autoincrement=True,
)
removed_annotation = sa.Table(
    "removed_annotation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False, comment="the annotation's row id"),
    sa.Column("removal_id", sa.Integer, nullable=False),
    *_annotation_columns(),
    comment="an annotation as it was when it was deleted",
)
sa.Index("ix_removed_annotation", removed_annotation.c.removal_id, removed_annotation.c.id)
sa.Index("ix_removed_annotation_project", removed_annotation.c.project_id)

rubric = sa.Table(
    "rubric",
    metadata,
    _key("annotation config"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("version_id", sa.Integer, nullable=False, comment="rubric_version.id in force"),
    sqlite_autoincrement=True,
)
rubric_version = sa.Table(
    "rubric_version",
    metadata,
    _key("version"),
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

prompt = sa.Table(
    "prompt",
    metadata,
    _key("Prompt"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sqlite_autoincrement=True,
)
prompt_version = sa.Table(
    "prompt_version",
    metadata,
    _key("PromptVersion"),
    sa.Column("prompt_id", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="JSON of the version record, as it was sent"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    comment="never changed",
    sqlite_autoincrement=True,
)
sa.Index("ix_prompt_version", prompt_version.c.prompt_id, prompt_version.c.id)
prompt_tag = sa.Table(
    "prompt_tag",
    metadata,
    _key("PromptVersionTag"),
    sa.Column("prompt_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version_id", sa.Integer, nullable=False, index=True),
    sa.Column("description", sa.Text),
    sa.UniqueConstraint("prompt_id", "name"),
    sqlite_autoincrement=True,
)

retention = sa.Table(
    "retention",
    metadata,
    _key("ProjectTraceRetentionPolicy"),
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

dataset = sa.Table(
    "dataset",
    metadata,
    _key("Dataset"),
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
    _key("DatasetVersion"),
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
    _key("DatasetExample"),
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
    _key("revision"),
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

dataset_split = sa.Table(
    "dataset_split",
    metadata,
    _key("DatasetSplit"),
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
dataset_label = sa.Table(
    "dataset_label",
    metadata,
    _key("DatasetLabel"),
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

experiment = sa.Table(
    "experiment",
    metadata,
    _key("Experiment"),
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
experiment_run = sa.Table(
    "experiment_run",
    metadata,
    _key("ExperimentRun"),
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
    _key("ExperimentEvaluation"),
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
experiment_tag = sa.Table(
    "experiment_tag",
    metadata,
    _key("ExperimentTag"),
    sa.Column("dataset_id", sa.Integer, nullable=False, comment="copied from the experiment: unique there"),
    sa.Column("experiment_id", sa.Integer, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sqlite_autoincrement=True,
)
sa.Index("ux_experiment_tag", experiment_tag.c.dataset_id, experiment_tag.c.name, unique=True)

dead_letter = sa.Table(
    "dead_letter",
    metadata,
    _key("dead letter"),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("project", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False, comment="the span as it was sent: protobuf or JSON"),
    sa.Column("encoding", sa.Text, nullable=False, comment="protobuf or json"),
)

user = sa.Table(
    "user",
    metadata,
    _key("User"),
    sa.Column("username", sa.Text, nullable=False, comment="what annotations carry; never changes"),
    sa.Column("name_key", sa.Text, nullable=False, unique=True, comment="the name without regard to case"),
    sa.Column("email", sa.Text),
    sa.Column("email_key", sa.Text, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False, comment="argon2id"),
    sa.Column("password_needs_reset", sa.Boolean, nullable=False),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("updated_us", sa.BigInteger, nullable=False),
    sa.Column("deleted_us", sa.BigInteger, comment="a deleted user's name is not given again"),
    sqlite_autoincrement=True,
)
user_session = sa.Table(
    "user_session",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True, comment="SHA-256 of the token in the cookie"),
    sa.Column("user_id", sa.Integer, nullable=False, index=True, comment="user.id"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("expires_us", sa.BigInteger, nullable=False),
)
api_key = sa.Table(
    "api_key",
    metadata,
    _key("ApiKey"),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="SHA-256 of the key"),
    sa.Column("user_id", sa.Integer, index=True, comment="user.id; NULL: a key of the system"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("last_four", sa.Text, nullable=False),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.Column("expires_us", sa.BigInteger),
    sa.Column("used_us", sa.BigInteger, comment="last use, to the minute"),
    sqlite_autoincrement=True,
)
