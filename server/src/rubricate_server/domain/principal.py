"""On whose behalf a request comes."""

from typing import NamedTuple

from rubricate.records.user import UserRole
from rubricate_server.domain.authorship import Author, reach_of


class Principal(NamedTuple):
    """Who asks: a user, signed in or by a key, or the system by one of its keys."""

    role: UserRole
    user_row: int | None = None
    """Row id of the user; None for the system."""
    username: str | None = None
    session: bytes | None = None
    """Digest of the session token, when it came by a cookie."""
    must_choose_password: bool = False
    """Somebody else chose the password of this session: until there is another, it is good for nothing else."""

    @property
    def author(self) -> Author:
        """As whom it writes annotations."""
        return Author(self.username, reach_of(self.role))
