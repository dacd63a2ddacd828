"""Spans that were rejected."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

dead_letter = sa.Table(
    "dead_letter",
    metadata,
    row_key("dead letter"),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("project", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False, comment="the span as it was sent: protobuf or JSON"),
    sa.Column("encoding", sa.Text, nullable=False, comment="protobuf or json"),
)
