"""A user: somebody who signs in, and whose annotations carry a name."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from rubricate.records.base import Input, NonBlankTrimmed, Record, StrictInput

MOST_NAME_CHARACTERS = 100
FEWEST_PASSWORD_CHARACTERS = 8
MOST_PASSWORD_CHARACTERS = 500
"""More is nobody's password, and costs time to look at."""


class UserRole(StrEnum):
    """What somebody may do; `domain/access.py` of the server says it in full."""

    ADMIN = "ADMIN"
    """Everything."""
    MEMBER = "MEMBER"
    """Everything but users, keys of the system, and how long traces are kept."""
    ANNOTATOR = "ANNOTATOR"
    """Look at everything, and annotate."""
    VIEWER = "VIEWER"
    """Look at everything."""
    SYSTEM = "SYSTEM"
    """A key of the system, which belongs to nobody: what a member may do. No user has this role."""


def _user_name(value: str) -> str:
    name = unicodedata.normalize("NFC", value)
    if not name or name != name.strip() or len(name) > MOST_NAME_CHARACTERS or not name.isprintable():
        raise PydanticCustomError(
            "user_name",
            "Must be 1 to {most} characters that can be printed, without white space around them",
            {"most": MOST_NAME_CHARACTERS},
        )
    return name


UserName = Annotated[
    str, AfterValidator(_user_name), Field(json_schema_extra={"minLength": 1, "maxLength": MOST_NAME_CHARACTERS})
]
"""A name to sign in with. It never changes and is never given twice: annotations carry it."""


def _password(value: SecretStr) -> SecretStr:
    if not FEWEST_PASSWORD_CHARACTERS <= len(value.get_secret_value()) <= MOST_PASSWORD_CHARACTERS:
        raise PydanticCustomError(
            "password",
            "Must have {fewest} to {most} characters",
            {"fewest": FEWEST_PASSWORD_CHARACTERS, "most": MOST_PASSWORD_CHARACTERS},
        )
    return value


Password = Annotated[
    SecretStr,
    AfterValidator(_password),
    Field(json_schema_extra={"minLength": FEWEST_PASSWORD_CHARACTERS, "maxLength": MOST_PASSWORD_CHARACTERS}),
]
"""A password to set. An error does not repeat it."""


class User(Record):
    """A user as the server keeps it."""

    id: str
    username: str
    email: str | None
    role: UserRole
    auth_method: Literal["LOCAL"]
    created_at: datetime
    updated_at: datetime
    password_needs_reset: bool
    """Somebody else chose the password."""


class SystemUser(Record):
    """Whom a key of the system stands for: nobody in particular."""

    username: Literal["system"]
    role: Literal["SYSTEM", "ADMIN"]
    auth_method: Literal["SYSTEM"]


class AnonymousUser(Record):
    """Everybody, where the server asks nobody to sign in."""

    auth_method: Literal["ANONYMOUS"]


class NewUser(Input):
    """A user to make."""

    username: UserName
    email: NonBlankTrimmed | None = None
    role: UserRole = UserRole.MEMBER
    auth_method: Literal["LOCAL", "OAUTH2", "LDAP"] = "LOCAL"
    password: Password | None = None


class UserCreate(Input):
    """A user to make, wrapped as clients of Phoenix send it."""

    user: NewUser
    send_welcome_email: bool = False
    """Taken and not done: this server sends no mail."""


class UserPatch(StrictInput):
    """What of a user is to change; what is not given stays."""

    role: UserRole | None = None
    email: NonBlankTrimmed | None = None
    password: Password | None = None
    """Ends all of the user's sessions, and asks the user to choose another one."""


class SignIn(Input):
    """Who wants to sign in: by name, or by mail address as clients of Phoenix do."""

    username: str = ""
    email: str = ""
    password: SecretStr


class PasswordChange(StrictInput):
    """One's own password, and the one that takes its place."""

    current_password: SecretStr
    new_password: Password
