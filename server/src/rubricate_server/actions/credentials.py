"""Finding out on whose behalf a request comes, in microseconds, and never by what no longer holds."""

import hmac
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from rubricate.records.user import UserRole
from rubricate_server.domain.principal import Principal
from rubricate_server.domain.secret import SESSION_PREFIX, digest_of
from rubricate_server.storage.contract import AccountStore

KEY_HEADERS: Final = ("api_key", "api-key", "x-api-key")
"""Besides `authorization: Bearer`: what documentation of Phoenix shows, and what is usual elsewhere."""
MOST_KNOWN: Final = 10_000


class Refused(Exception):
    """Whoever asks is not known; the message is what clients of Phoenix look for."""


class Credentials:
    """Keys and sessions, and whom they stand for. All methods may be called from any thread.

    What was found once is known until anything changes about accounts: `version` tells. So a key that was deleted is
    refused as soon as its deletion is answered. `admin_secret` is a key that the settings name, with the rights of an
    admin.
    """

    def __init__(
        self, accounts: AccountStore, version: Callable[[], int | None], *, admin_secret: str | None = None
    ) -> None:
        self._accounts = accounts
        self._version = version
        self._admin = None if admin_secret is None else digest_of(admin_secret)
        self._known: dict[bytes, tuple[Principal, int | None, int | None]] = {}
        self._known_at = version()
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()

    def known(self, token: str) -> Principal | None:
        """Whom a token stands for, if that is known without asking the store. Raises Refused when it has expired."""
        if self._version() != self._known_at:
            return None
        found = self._known.get(digest_of(token))
        return None if found is None else self._checked(*found)

    def find(self, token: str) -> Principal:
        """Whom a token stands for. Blocks. Raises Refused."""
        digest = digest_of(token)
        if self._admin is not None and hmac.compare_digest(digest, self._admin):
            return Principal(UserRole.ADMIN)
        at = self._version()  # before the store is read: what changes meanwhile makes it a stranger again
        credential = self._accounts.credential(digest)
        is_session = token.startswith(SESSION_PREFIX)
        if credential is None or is_session != (credential.key_id is None):
            raise Refused("Invalid token")
        user = credential.user
        principal = (
            Principal(UserRole.SYSTEM)
            if user is None
            else Principal(
                user.role,
                user.id,
                user.username,
                digest if is_session else None,
                is_session and user.password_needs_reset,
            )
        )
        found = (principal, credential.expires_us, credential.key_id)
        with self._lock:
            if self._known_at != at or len(self._known) >= MOST_KNOWN:
                self._known.clear()
                self._known_at = at
            self._known[digest] = found
        return self._checked(*found)

    def keep_use(self) -> None:
        """Write down when keys were last used since this was called last. Blocks."""
        used, self._used = self._used, {}
        if used:
            self._accounts.note_use(used)

    def _checked(self, principal: Principal, expires_us: int | None, key_id: int | None) -> Principal:
        now_us = time.time_ns() // 1000
        if expires_us is not None and expires_us <= now_us:
            raise Refused("Expired token")
        if key_id is not None:
            self._used[key_id] = now_us
        return principal


def key_in(headers: Mapping[str, str]) -> str | None:
    """The key among headers (or the metadata of gRPC) with names in lower case; None: there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return next((headers[name].strip() for name in KEY_HEADERS if name in headers), None)
