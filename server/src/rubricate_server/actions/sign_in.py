"""Signing in, and changing passwords."""

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
        super().__init__(f"Too many failed attempts to sign in. Try again in {wait_s} seconds.")
        self.wait_s = wait_s


class Door(NamedTuple):
    """Where people sign in: how long that lasts, and how often one may fail in five minutes."""

    accounts: AccountStore
    session_days: float
    by_name: Patience
    by_address: Patience

    def sign_in(self, name: str, password: str, address: str) -> str:
        """A session token for a user's name (or mail address) and password. Blocks, some 50 ms.

        Raises NotSignedIn, which is the same for a name that is not there and a wrong password, and TooManyTries.
        """
        # By name and address together: a stranger elsewhere must not be able to lock somebody out.
        keys = ((self.by_name, f"{address} {name.strip().casefold()}"), (self.by_address, address))
        wait_s = max(patience.wait_s(key) for patience, key in keys)
        if wait_s:
            raise TooManyTries(wait_s)
        self.by_name.failed(keys[0][1])  # counted before it is looked at, so that tries at once count too
        found = self.accounts.password_of(name)
        fits = password_fits(password, None if found is None else found[1])
        if found is None or not fits:
            self.by_address.failed(address)
            raise NotSignedIn("The name or the password is not right.")
        self.by_name.succeeded(keys[0][1])
        token = new_token(SESSION_PREFIX)
        self.accounts.open_session(found[0].id, digest_of(token), time.time_ns() // 1000 + self.session_us)
        return token

    def change_password(self, principal: Principal, current: str, new: str, address: str) -> None:
        """Change one's own password; all other sessions end. Blocks. Raises NotSignedIn, TooManyTries."""
        if principal.user_row is None or principal.username is None:
            raise NotSignedIn("Only a user has a password.")
        key = f"{address} {principal.username.casefold()}"
        if wait_s := self.by_name.wait_s(key):
            raise TooManyTries(wait_s)
        self.by_name.failed(key)
        found = self.accounts.password_of(principal.username)
        if found is None or not password_fits(current, found[1]):
            raise NotSignedIn("The current password is not right.")
        self.by_name.succeeded(key)
        self.accounts.set_password(principal.user_row, hash_password(new), needs_reset=False, keep=principal.session)

    @property
    def session_us(self) -> int:
        """How long a session lasts, in microseconds."""
        return int(self.session_days * DAY_US)


def open_door(accounts: AccountStore, *, session_days: float, attempts: int) -> Door:
    """A door where one may fail `attempts` times in five minutes, and ten times as often from one address."""
    return Door(accounts, session_days, Patience(attempts), Patience(10 * attempts))
