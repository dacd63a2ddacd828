"""`rubricate user`: the users of a data directory, for the operator who cannot sign in."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rubricate.cli.terminal import Commands, Failed, Misused, add_command, say, server_part

if TYPE_CHECKING:
    from rubricate_server.storage.contract import AccountStore, StoredUser

EPILOG = """\
It works on the data directory, so the server must be stopped; while it runs, admins do the same in the page, under
Settings. Whoever can write to the directory is trusted.

examples:
  rubricate user list
  rubricate user add ada --role ADMIN
  rubricate user reset-password ada
  pass show rubricate | rubricate user reset-password ada --password-stdin
"""

ROLES = ("ADMIN", "MEMBER", "ANNOTATOR", "VIEWER")


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    user = add_command(
        commands, "user", "list users, add one or set a password, while the server is stopped", EPILOG, list_users
    )
    acts = user.add_subparsers(dest="act", metavar="act", required=True)
    listed = add_command(acts, "list", "print the users", "", list_users)
    added = add_command(acts, "add", "make a user", "", add_user)
    reset = add_command(
        acts, "reset-password", "set a user's password, and end all sessions of the user", "", reset_password
    )
    for parser in (added, reset):
        parser.add_argument("name", metavar="NAME", help="the name to sign in with")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input; without it one is made up and printed",
        )
    added.add_argument("--role", choices=ROLES, default="MEMBER", help="what the user may do (MEMBER)")
    added.add_argument("--email", metavar="ADDRESS", help="a mail address, to sign in with as well")
    for parser in (listed, added, reset):
        parser.add_argument("--data", metavar="DIR", help="directory of the data; RUBRICATE_DATA, else ~/.rubricate")


def list_users(options: argparse.Namespace) -> int:
    """Print the users."""
    with _opened(options, must_exist=True) as accounts:
        users = list(_all(accounts))
    for user in users:
        print(f"{user.role:<10} {user.username}" + (f" <{user.email}>" if user.email else ""))
    if not users:
        say("There are no users yet; the first start with RUBRICATE_AUTH=true makes one.")
    return 0


def add_user(options: argparse.Namespace) -> int:
    """Make a user."""
    with server_part():
        from pydantic import TypeAdapter, ValidationError

        from rubricate.records.user import UserName, UserRole
        from rubricate_server.domain.secret import hash_password
        from rubricate_server.storage.contract import NewUser
    try:
        name = TypeAdapter(UserName).validate_python(options.name)
    except ValidationError as error:
        raise Misused(f"the name {options.name!r}: {error.errors()[0]['msg']}") from error
    password = _password(options)
    with _opened(options, must_exist=False) as accounts:
        accounts.create(NewUser(name, options.email, UserRole(options.role), hash_password(password), True))
    return _told(options, f"{name} is made, with the role {options.role}", password)


def reset_password(options: argparse.Namespace) -> int:
    """Set a user's password."""
    with server_part():
        from rubricate_server.domain.secret import hash_password
    password = _password(options)
    with _opened(options, must_exist=True) as accounts:
        user = accounts.get_by_name(options.name)
        accounts.set_password(user.id, hash_password(password), needs_reset=True)
    return _told(options, f"{user.username} has a new password, and is signed out everywhere", password)


def _password(options: argparse.Namespace) -> str:
    from rubricate.records.user import FEWEST_PASSWORD_CHARACTERS, MOST_PASSWORD_CHARACTERS

    if not options.password_stdin:
        with server_part():
            from rubricate_server.domain.secret import new_password
        return new_password()
    password = sys.stdin.readline().rstrip("\r\n")
    if not FEWEST_PASSWORD_CHARACTERS <= len(password) <= MOST_PASSWORD_CHARACTERS:
        raise Misused(f"a password has {FEWEST_PASSWORD_CHARACTERS} to {MOST_PASSWORD_CHARACTERS} characters")
    return password


def _told(options: argparse.Namespace, what: str, password: str) -> int:
    say(f"{what}." if options.password_stdin else f"{what}. The password, shown this once:")
    if not options.password_stdin:
        print(password)
    return 0


@contextmanager
def _opened(options: argparse.Namespace, *, must_exist: bool) -> "Iterator[AccountStore]":
    with server_part():
        from rubricate_server.settings import load_settings
        from rubricate_server.storage.errors import StorageError
        from rubricate_server.storage.sqlite.store import DATABASE, open_storage
    data = load_settings(data=options.data).data
    if must_exist and not (data / DATABASE).exists():
        raise Failed(f"{data} holds no data. Name the directory that the server uses with --data.")
    try:
        storage = open_storage(data)
        try:
            yield storage.accounts
        finally:
            storage.close()
    except StorageError as error:
        raise Failed(str(error)) from error


def _all(accounts: "AccountStore") -> "Iterator[StoredUser]":
    from_id = None
    while page := accounts.page(from_id=from_id, limit=100):
        yield from page
        from_id = page[-1].id - 1
