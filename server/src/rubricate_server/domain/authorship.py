"""Whose an annotation is, and who may write over it or delete it.

It is somebody's who gave it under an account, and whose answers of the page it stands among. What machines said (LLM,
CODE), and what was said under no account, is nobody's.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from rubricate.records.annotation import AnnotatorKind
from rubricate.records.user import UserRole

PAGE: Final = "app:"
"""How identifiers of the page's answers begin; the rest is the person's name."""


class Reach(StrEnum):
    """Whose annotations somebody may change."""

    OWN = "own"
    UNOWNED = "unowned"
    """One's own, and those that are nobody's."""
    ALL = "all"


class Author(NamedTuple):
    """Who writes: the name of an account, and whose annotations it may change."""

    user_id: str | None
    """None: no account, or a key of the system."""
    reach: Reach


ANYBODY: Final = Author(None, Reach.ALL)
"""Who writes where nobody is asked to sign in."""


def reach_of(role: UserRole) -> Reach:
    """Whose annotations somebody of a role may change."""
    match role:
        case UserRole.ADMIN:
            return Reach.ALL
        case UserRole.MEMBER | UserRole.SYSTEM:
            return Reach.UNOWNED
        case _:
            return Reach.OWN


def may_change(author: Author, annotator_kind: str, user_id: str | None, identifier: str) -> bool:
    """Whether the author may write over an annotation, or delete it."""
    if author.reach == Reach.ALL or (author.user_id is not None and is_own(author, user_id, identifier)):
        return True
    is_somebodys = annotator_kind == AnnotatorKind.HUMAN and user_id is not None
    return author.reach == Reach.UNOWNED and not is_somebodys


def is_own(author: Author, user_id: str | None, identifier: str) -> bool:
    """Whether it is the author's, by account or by name."""
    return user_id == author.user_id or identifier == f"{PAGE}{author.user_id}"


def first_foreign(author: Author, identifiers: Iterable[str]) -> str | None:
    """The first identifier under which only somebody else answers in the page; admins may use them all."""
    if author.reach == Reach.ALL:
        return None
    own = None if author.user_id is None else PAGE + author.user_id
    return next((each for each in identifiers if each.startswith(PAGE) and each != own), None)
