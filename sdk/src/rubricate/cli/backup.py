"""`rubricate backup` and `rubricate restore`."""

import argparse
from pathlib import Path

from rubricate.cli.terminal import Commands, Failed, add_command, say, server_part

BACKUP_EPILOG = """\
The server may run and write meanwhile: the copy is the store as it was at one moment. It is a single SQLite file,
checked when it is complete; the target is never there in part, and never replaces a file.

examples:
  rubricate backup rubricate-$(date +%F).db
  rubricate backup --data ./traces /mnt/backups/traces.db
"""

RESTORE_EPILOG = """\
The backup is checked first, every block of it. The directory must be new or empty, and no server may have it.

example:
  rubricate restore rubricate-2026-11-23.db --data ./restored && rubricate serve --data ./restored
"""


def add_to(commands: Commands) -> None:
    """Add both commands to the parser."""
    backup = add_command(commands, "backup", "copy the data to a file, while the server runs", BACKUP_EPILOG, back_up)
    backup.add_argument("target", metavar="TARGET", help="the file to make")
    backup.add_argument("--data", metavar="DIR", help="directory of the data; RUBRICATE_DATA, else ~/.rubricate")
    restore = add_command(commands, "restore", "put a backup into an empty directory", RESTORE_EPILOG, put_back)
    restore.add_argument("backup", metavar="BACKUP", help="a file that `rubricate backup` made")
    restore.add_argument("--data", metavar="DIR", required=True, help="directory to make")


def back_up(options: argparse.Namespace) -> int:
    """Copy the store to a file."""
    with server_part():
        from rubricate_server.settings import load_settings
        from rubricate_server.storage.errors import StorageError
        from rubricate_server.storage.sqlite import backup
    data = load_settings(data=options.data).data
    target = Path(options.target)
    try:
        size = backup.back_up(data, target)
    except StorageError as error:
        raise Failed(str(error)) from error
    say(f"{data} is copied to {target} ({size:,} bytes)")
    return 0


def put_back(options: argparse.Namespace) -> int:
    """Put a backup into a directory."""
    with server_part():
        from rubricate_server.storage.errors import StorageError
        from rubricate_server.storage.sqlite import backup
    data = Path(options.data).expanduser()
    try:
        size = backup.restore(Path(options.backup), data)
    except StorageError as error:
        raise Failed(str(error)) from error
    say(f"{options.backup} is restored into {data} ({size:,} bytes). Next: rubricate serve --data {data}")
    return 0
