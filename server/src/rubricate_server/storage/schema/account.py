"""Users, the browsers that are signed in, and keys."""

import sqlalchemy as sa

from rubricate_server.storage.schema.base import metadata, row_key

user = sa.Table(
    "user",
    metadata,
    row_key("User"),
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
    row_key("ApiKey"),
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
