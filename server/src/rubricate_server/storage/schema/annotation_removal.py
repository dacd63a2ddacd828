"""Annotations that were deleted together, so that it can be undone."""

import sqlalchemy as sa

from rubricate_server.storage.schema.annotation import annotation_columns
from rubricate_server.storage.schema.base import metadata, row_key

annotation_removal = sa.Table(
    "annotation_removal",
    metadata,
    row_key("AnnotationRemoval"),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    comment="annotations that were deleted together; forgotten after some days",
    sqlite_autoincrement=True,
)
removed_annotation = sa.Table(
    "removed_annotation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False, comment="the annotation's row id"),
    sa.Column("removal_id", sa.Integer, nullable=False),
    *annotation_columns(),
    comment="an annotation as it was when it was deleted",
)
sa.Index("ix_removed_annotation", removed_annotation.c.removal_id, removed_annotation.c.id)
sa.Index("ix_removed_annotation_project", removed_annotation.c.project_id)
