"""Annotations of every kind of target, and the changes of each."""

from typing import Any

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key


def annotation_columns() -> list[sa.Column[Any]]:
    """All columns of an annotation, there or removed, but its row id."""
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
    row_key("annotation"),
    *annotation_columns(),
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

annotation_event = sa.Table(
    "annotation_event",
    metadata,
    row_key("event"),
    sa.Column("annotation_id", sa.Integer, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("action", sa.Text, nullable=False, comment="created, replaced, deleted"),
    sa.Column("user_id", sa.Text),
    sa.Column("state", sa.Text, comment="JSON of the annotation after the change; for deleted, what it last was"),
)
sa.Index("ix_annotation_event", annotation_event.c.annotation_id)
