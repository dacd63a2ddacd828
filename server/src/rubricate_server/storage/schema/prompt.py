"""Prompts, their versions, and the names that point to one of them."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

prompt = sa.Table(
    "prompt",
    metadata,
    row_key("Prompt"),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("metadata", sa.Text, nullable=False, comment="JSON object"),
    sqlite_autoincrement=True,
)
prompt_version = sa.Table(
    "prompt_version",
    metadata,
    row_key("PromptVersion"),
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
    row_key("PromptVersionTag"),
    sa.Column("prompt_id", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version_id", sa.Integer, nullable=False, index=True),
    sa.Column("description", sa.Text),
    sa.UniqueConstraint("prompt_id", "name"),
    sqlite_autoincrement=True,
)
