"""Users, their sessions, and API keys."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, TypedDict

from rubricate.records.user import UserRole


class NewUser(NamedTuple):
    """A user to make."""

    username: str
    email: str | None
    role: UserRole
    password: str
    """Hashed."""
    password_needs_reset: bool


class StoredUser(NamedTuple):
    """A user as it is read back."""

    id: int
    username: str
    email: str | None
    role: UserRole
    password_needs_reset: bool
    created_us: int
    updated_us: int


class UserUpdate(TypedDict, total=False):
    """New values of some fields of a user; a missing key leaves the field as it is."""

    role: UserRole
    email: str | None


class NewApiKey(NamedTuple):
    """A key to make."""

    digest: bytes
    user_id: int | None
    """None: a key of the system."""
    name: str
    description: str | None
    last_four: str
    expires_us: int | None


class StoredApiKey(NamedTuple):
    """A key as it is read back."""

    id: int
    user_id: int | None
    name: str
    description: str | None
    last_four: str
    created_us: int
    expires_us: int | None
    used_us: int | None


class Credential(NamedTuple):
    """What a session or a key stands for."""

    user: StoredUser | None
    """None: the system."""
    expires_us: int | None
    key_id: int | None
    """None: a session."""


class AccountStore(Protocol):
    """Users, their sessions, and API keys. Names and mail addresses are compared without regard to case.

    Every change that may take a right away is told as a change of `accounts`, before the method returns.
    """

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredUser]:
        """Users, newest first; those that were deleted are not among them."""

    def get(self, user_id: int) -> StoredUser:
        """By row id. Raises NotFound."""

    def get_by_name(self, username: str) -> StoredUser:
        """By name. Raises NotFound."""

    def create(self, new: NewUser) -> StoredUser:
        """Make one; durable. Raises Conflict when name or address are taken, also by a user that was deleted."""

    def create_first(self, new: NewUser) -> StoredUser | None:
        """Make one if there are none at all; durable. None: there are."""

    def update(self, user_id: int, update: UserUpdate) -> StoredUser:
        """Change a user; durable, idempotent. Raises NotFound, Conflict, Protected: the last admin stays one."""

    def set_password(self, user_id: int, password: str, *, needs_reset: bool, keep: bytes | None = None) -> StoredUser:
        """Set a (hashed) password, and end all sessions but the one with the digest `keep`; durable.

        Raises NotFound.
        """

    def delete(self, user_id: int) -> None:
        """Delete a user with its sessions and keys; durable. Its annotations stay, and its name stays taken.

        Raises NotFound, or Protected for the last admin.
        """

    def password_of(self, name: str) -> tuple[StoredUser, str] | None:
        """The user of a name or mail address, and the (hashed) password; None: there is no such user."""

    def open_session(self, user_id: int, digest: bytes, expires_us: int) -> None:
        """Begin a session; durable. Raises NotFound."""

    def close_session(self, digest: bytes) -> None:
        """End a session; durable, idempotent."""

    def forget_sessions(self, before_us: int) -> int:
        """Remove sessions that ended before a time; durable. How many."""

    def create_key(self, new: NewApiKey) -> StoredApiKey:
        """Make a key; durable. Raises NotFound when there is no such user."""

    def keys_of(self, user_id: int | None) -> list[StoredApiKey]:
        """The keys of a user, or with None those of the system; newest first."""

    def keys_of_users(self, *, from_id: int | None = None, limit: int = 100) -> list[tuple[StoredApiKey, StoredUser]]:
        """The keys of all users; newest first."""

    def delete_key(self, key_id: int, user_id: int | None) -> None:
        """Delete a key of that user, or with None one of the system; durable. Raises NotFound."""

    def delete_user_key(self, key_id: int) -> None:
        """Delete a key, whichever user's it is; durable. Raises NotFound."""

    def note_use(self, used_us: Mapping[int, int]) -> None:
        """Keep when keys were last used, by their row ids; durable. Keys that are gone are passed over."""

    def credential(self, digest: bytes) -> Credential | None:
        """What the session or key with this digest stands for, expired or not; None: there is none."""
