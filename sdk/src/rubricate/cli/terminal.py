"""What the commands share: how they are declared, how they fail, and what they say on the way.

Standard library only: `rubricate serve` imports this.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object

PROGRESS_EVERY_S = 0.2


class Failed(Exception):
    """The command failed: exit code 1. The message says what, and what to do."""


class Misused(Exception):
    """The command was asked for something that cannot be: exit code 2."""


def add_command(
    commands: Commands, name: str, what: str, epilog: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """A command with its help; `what` is a sentence without a capital and a full stop."""
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def add_url(parser: argparse.ArgumentParser) -> None:
    """The option that says where the server is."""
    parser.add_argument(
        "--url", metavar="URL", help="the server; default RUBRICATE_ENDPOINT, else http://127.0.0.1:6006"
    )


def port(text: str) -> int:
    """The type of options that are ports."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it must be a number from 0 (any free one) to 65535")
    return int(text)


@contextmanager
def server_part() -> Iterator[None]:
    """Imports of the server's package; without it, what to install."""
    try:
        yield
    except ImportError as error:
        raise Misused(f'The server is not installed ({error}). Run: pip install "rubricate[server]"') from error


def say(text: str) -> None:
    """Tell the person, not the program that reads our output."""
    print(text, file=sys.stderr, flush=True)


class Progress:
    """A line on a terminal that counts; nothing where there is no terminal."""

    def __init__(self, what: str) -> None:
        self.count = 0
        self._what = what
        self._shown = sys.stderr.isatty()
        self._next = 0.0

    def add(self, number: int = 1) -> None:
        """So many more are done."""
        self.count += number
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + PROGRESS_EVERY_S
            print(f"\r{self.count:,} {self._what}", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
