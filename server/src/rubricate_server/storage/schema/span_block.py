"""SQLite only: the large parts of spans, block by block, and what a block cannot have."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

span_block = sa.Table(
    "span_block",
    metadata,
    row_key("block"),
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
