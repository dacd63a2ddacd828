"""What the annotations of an hour say together."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata

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
