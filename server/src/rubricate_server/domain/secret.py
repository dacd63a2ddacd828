"""Keys, session tokens and passwords: made, and made unreadable before they are stored."""

import hashlib
import secrets
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

KEY_PREFIX: Final = "rbk_"
"""How API keys begin, so that scanners of source code recognise one that got there."""
SESSION_PREFIX: Final = "rbs_"
_TOKEN_BYTES: Final = 32
_AT_ONCE: Final = 2
"""Passwords looked at at once: each takes 64 MiB and a core, and everybody may ask for it."""

_turn = threading.BoundedSemaphore(_AT_ONCE)


def new_token(prefix: str) -> str:
    """A key or session token that nobody can guess."""
    return prefix + secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> bytes:
    """What is stored of a token. It is random and long, so that a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def new_password() -> str:
    """A password to begin with, to be read and typed once."""
    return secrets.token_urlsafe(12)


def hash_password(password: str) -> str:
    """What is stored of a password: argon2id, with its parameters and salt in it. Takes some 50 ms."""
    with _turn:
        return _hasher().hash(password)


def password_fits(password: str, stored: str | None) -> bool:
    """Whether it is the password. `stored` is None for a user that is not there, and that takes as long."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _turn:
        try:
            return _hasher().verify(_nobodys() if stored is None else stored, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


_kept: dict[str, str] = {}


def _nobodys() -> str:
    """The hash of a password that nobody knows."""
    if "nobody" not in _kept:
        _kept["nobody"] = _hasher().hash(secrets.token_urlsafe(_TOKEN_BYTES))
    return _kept["nobody"]


def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # imported here, because servers without accounts never need it

    return PasswordHasher()
