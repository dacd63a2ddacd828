"""An API key: what programs send instead of signing in."""

from datetime import datetime

from rubricate.records.base import Input, NonBlank, Record


class ApiKeyCreate(Input):
    """A key to make."""

    name: NonBlank
    description: str | None = None
    expires_at: datetime | None = None
    """From then on the key is refused; None: it works until it is deleted."""


class ApiKeyBody(Input):
    """A key to make, wrapped."""

    data: ApiKeyCreate


class ApiKey(Record):
    """A key as the server keeps it: all but the key itself."""

    id: str
    name: str
    description: str | None
    created_at: datetime
    expires_at: datetime | None
    last_four: str
    """The last four characters of the key, to tell it from others."""
    last_used_at: datetime | None


class CreatedApiKey(ApiKey):
    """A key that was just made. This answer is the only place where it can be read."""

    key: str


class ApiKeyUser(Record):
    """Whose key it is."""

    id: str
    username: str
    email: str | None


class UserApiKey(ApiKey):
    """A key with its user."""

    user: ApiKeyUser
