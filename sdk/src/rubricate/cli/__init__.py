"""The command `rubricate`, one module a command. Imports as little as it can, so that a server starts at once."""

import argparse
import os
import sys
from collections.abc import Sequence

from rubricate.cli import annotate, backup, doctor, export, importing, serve, user
from rubricate.cli.terminal import Failed, Misused, say

DESCRIPTION = "Find out whether your LLM application is any good, from labels that you can trust."

EPILOG = """\
examples:
  rubricate serve                       start a server on http://127.0.0.1:6006, gRPC on 4317
  rubricate serve --sample              the same, with traces to look at
  rubricate serve --data ./traces       keep the data in a directory of your choice
  rubricate import --phoenix ~/.phoenix/phoenix.db
                                        take over what is in Phoenix
  rubricate export spans --project my-app --output spans.jsonl
  rubricate doctor                      find out what is wrong, if something is

then, in your application:
  from rubricate.otel import register
  register(project_name="my-app", auto_instrument=True)

exit codes: 0 done, 1 failed, 2 asked for something that cannot be
Help on one command: rubricate serve --help
"""

COMMANDS = (serve, importing, export, annotate, doctor, backup, user)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the answer is its exit code: 0 done, 1 failed, 2 asked for something that cannot be."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        code: int = options.run(options)
    except Misused as error:
        say(f"rubricate {options.command}: {error}")
        return 2
    except Failed as error:
        say(f"rubricate {options.command}: {error}")
        return 1
    except BrokenPipeError:  # whoever read our output has enough: `rubricate export … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        say(f"rubricate {options.command}: stopped")
        return 1
    return code


def _version(_: argparse.Namespace) -> int:
    from importlib.metadata import PackageNotFoundError, version

    for name in ("rubricate", "rubricate-server"):
        try:
            print(name, version(name))
        except PackageNotFoundError:
            print(name, "is not installed")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rubricate",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    for command in COMMANDS:
        command.add_to(commands)
    version = commands.add_parser("version", help="print the versions", description="Print the versions.")
    version.set_defaults(run=_version)
    return parser
