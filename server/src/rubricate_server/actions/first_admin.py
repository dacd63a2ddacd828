"""The first user: somebody has to make the others."""

from rubricate.records.user import UserRole
from rubricate_server.domain.secret import hash_password, new_password
from rubricate_server.storage.contract import AccountStore, NewUser

NAME = "admin"
EMAIL = "admin@localhost"
"""By which users of Phoenix sign in for the first time."""


def make_first_admin(accounts: AccountStore, password: str | None) -> str | None:
    """Make `admin` if there are no users yet, with this password or one that is made up; the latter is returned.

    There is no default that strangers know. None: there are users, or the password was given.
    """
    if accounts.page(limit=1):
        return None
    chosen = password or new_password()
    made = accounts.create_first(NewUser(NAME, EMAIL, UserRole.ADMIN, hash_password(chosen), True))
    return chosen if made is not None and password is None else None
