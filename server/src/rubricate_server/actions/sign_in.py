"""Signing in, and changing passwords."""

import threading
import time
from typing import NamedTuple

from rubricate_server.domain.patience import Patience
from rubricate_server.domain.principal import Principal
from rubricate_server.domain.secret import SESSION_PREFIX, digest_of, hash_password, new_token, password_fits
from rubricate_server.storage.contract import AccountStore

DAY_US = 86_400_000_000


class NotSignedIn(Exception):
    """Name and password do not belong together."""


class TooManyTries(Exception):
    """Somebody has to wait before the next try."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            f"Too many failed attempts to sign in. Try again in {wait_s} second{'' if wait_s == 1 else 's'}."
        )
        self.wait_s = wait_s


class SamePassword(Exception):
    """Who is to choose a password gave the one that is in force."""


CROWDED_ATTEMPTS = 1
"""With one name from one address, where too many failed with that name or from that address."""


class Door(NamedTuple):
    """Where people sign in: how long that lasts, and how often one may fail in five minutes.

    It is counted by name and address together, so that a stranger elsewhere locks nobody out. After ten times as many
    failures of a name, or from an address, there is one attempt left for each pair: guessing many names, or from many
    addresses, leads nowhere, and who shares a proxy with somebody who guesses still gets in.
    """

    accounts: AccountStore
    session_days: float
    by_pair: Patience
    by_name: Patience
    by_address: Patience
    crowd: threading.Lock
    """Held by an attempt where too many failed: one at a time, as each takes 50 ms of a core and 64 MiB."""

    def sign_in(self, name: str, password: str, address: str) -> str:
        """A session token for a user's name (or mail address) and password. Blocks, some 50 ms.

        Raises NotSignedIn, which is the same for a name that is not there and a wrong password, and TooManyTries.
        """
        key = name.strip().casefold()
        if not self.by_name.wait_s(key) and not self.by_address.wait_s(address):
            return self._signed_in(name, password, key, address, None)
        if not self.crowd.acquire(blocking=False):
            raise TooManyTries(1)
        try:
            return self._signed_in(name, password, key, address, CROWDED_ATTEMPTS)
        finally:
            self.crowd.release()

    def _signed_in(self, name: str, password: str, key: str, address: str, most: int | None) -> str:
        pair = f"{address} {key}"
        if wait_s := self.by_pair.wait_s(pair, most):
            raise TooManyTries(wait_s)
        self.by_pair.failed(pair)  # counted before it is looked at, so that tries at once count too
        found = self.accounts.password_of(name)
        fits = password_fits(password, None if found is None else found[1])
        if found is None or not fits:
            self.by_name.failed(key)
            self.by_address.failed(address)
            raise NotSignedIn("The name or the password is not right.")
        self.by_pair.succeeded(pair)
        token = new_token(SESSION_PREFIX)
        self.accounts.open_session(found[0].id, digest_of(token), time.time_ns() // 1000 + self.session_us)
        return token

    def change_password(self, principal: Principal, current: str, new: str, address: str) -> None:
        """Change one's own password; all other sessions end. Blocks.

        Raises NotSignedIn, TooManyTries, and SamePassword for who has to choose one.
        """
        if principal.user_row is None or principal.username is None:
            raise NotSignedIn("Only a user has a password.")
        key = f"{address} {principal.username.casefold()}"
        if wait_s := self.by_pair.wait_s(key):
            raise TooManyTries(wait_s)
        self.by_pair.failed(key)
        found = self.accounts.password_of(principal.username)
        if found is None or not password_fits(current, found[1]):
            raise NotSignedIn("The current password is not right.")
        self.by_pair.succeeded(key)
        if current == new and found[0].password_needs_reset:
            raise SamePassword("This is the password that somebody else chose. Take one that only you know.")
        self.accounts.set_password(principal.user_row, hash_password(new), needs_reset=False, keep=principal.session)

    @property
    def session_us(self) -> int:
        """How long a session lasts, in microseconds."""
        return int(self.session_days * DAY_US)


def open_door(accounts: AccountStore, *, session_days: float, attempts: int) -> Door:
    """A door where one may fail `attempts` times in five minutes."""
    many = 10 * attempts
    return Door(accounts, session_days, Patience(attempts), Patience(many), Patience(many), threading.Lock())
