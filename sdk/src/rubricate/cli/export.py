"""`rubricate export`: spans and annotations of a project, or a dataset, as JSON lines, CSV or Parquet."""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from rubricate.cli.examples import examples
from rubricate.cli.terminal import Commands, Failed, Misused, Progress, add_command, add_url, say

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection

EPILOG = """\
formats:
  jsonl    one JSON object a line; nothing is left out, and `rubricate import` makes the same again
  csv      one column an attribute (attributes.llm.model_name); lists and objects as JSON
  parquet  the same columns with their types; needs rubricate[pandas]

The file appears when it is complete. Memory does not grow with the number of spans.

examples:
  rubricate export spans --project my-app --output spans.jsonl
  rubricate export spans --project my-app --filter "span_kind == 'LLM' and latency_ms > 1000" | head
  rubricate export annotations --project my-app --format csv --output labels.csv
  rubricate export annotations --project my-app --filter "status_code == 'ERROR'"
                                        those on spans (and their documents) that meet the condition
  rubricate export examples --dataset golden --output golden.jsonl
                                        the newest version of a dataset
  rubricate export spans --project my-app --start 2026-11-01 --end 2026-12-01 --format parquet -o november.parquet
"""

PAGE = 1000
IDS_AT_ONCE = 100
"""Span ids in one question: addresses may not be of any length."""
ROWS_AT_ONCE = 5000

Row = dict[str, Any]


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    export = add_command(commands, "export", "write spans, annotations or a dataset to a file", EPILOG, run)
    export.add_argument("what", choices=("spans", "annotations", "examples"), help="what to write")
    export.add_argument("--dataset", "-d", metavar="D", help="of examples: name or id of the dataset")
    export.add_argument("--project", "-p", metavar="P", help="name or id; default RUBRICATE_PROJECT, else `default`")
    export.add_argument("--filter", metavar="EXPR", help="only spans (or annotations of spans) that meet a condition")
    export.add_argument("--start", metavar="T", type=moment, help="spans started, annotations created, at or after")
    export.add_argument("--end", metavar="T", type=moment, help="… before; ISO 8601, local time without a zone")
    export.add_argument("--format", choices=("jsonl", "csv", "parquet"), default=None, help="default: by the file name")
    export.add_argument("--output", "-o", metavar="FILE", default="-", help="default -: standard output")
    add_url(export)


def moment(text: str) -> str:
    """The type of options that are times: ISO 8601 with a zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-11-23T12:00:00+01:00") from None
    return (found if found.tzinfo else found.astimezone()).isoformat()


def run(options: argparse.Namespace) -> int:
    """Write the file; say how much is in it."""
    _refuse_what_does_not_go_together(options)
    form = options.format or _form_of(options.output)
    if form == "parquet" and options.output == "-":
        raise Misused("Parquet is no text; name a file with --output.")
    write = WRITERS[form]
    if form == "parquet":
        _parquet()  # before anything is asked of the server
    from rubricate import environment
    from rubricate.cli.connection import Connection

    owner = options.dataset or options.project or environment.project_name()
    with Connection(options.url) as server, Progress(options.what) as progress, _output(options.output) as output:
        if options.what == "examples":
            rows = examples(server, owner)
        else:
            source = spans if options.what == "spans" else annotations
            rows = _of_a_project(server, owner, source(server, owner, options.filter, options.start, options.end))
        write(_counted(rows, progress), output)
        told = [] if progress.count or options.what == "examples" else _why_nothing(server, owner, options)
    for line in told:
        say(line)
    if options.output != "-":
        say(f"{progress.count} {options.what} of {owner} in {options.output}")
    return 0


def _of_a_project(server: "Connection", project: str, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows; of a project that is not there, it is said which there are."""
    from rubricate.errors import NotFound

    try:
        yield from rows
    except Failed as error:
        raise (server.no_project(project) if isinstance(error.__cause__, NotFound) else error) from error


def _why_nothing(server: "Connection", project: str, options: argparse.Namespace) -> list[str]:
    """What is said of an export without rows: that, and which names of the filter nothing in the project has."""
    said = [] if options.output != "-" else [f"0 {options.what} of {project}"]
    if options.filter:
        check = server.get("v1/filter/check", {"filter": options.filter, "project": project})
        said += [each["message"] for each in check.get("hints", ())]
    return said


def _refuse_what_does_not_go_together(options: argparse.Namespace) -> None:
    of_projects = [name for name in ("project", "filter", "start", "end") if getattr(options, name) is not None]
    if options.what == "examples" and (options.dataset is None or of_projects):
        raise Misused("examples are those of a dataset: name it with --dataset, without --project, --filter and times.")
    if options.what != "examples" and options.dataset is not None:
        raise Misused("--dataset goes with examples only.")


def spans(
    server: "Connection", project: str, condition: str | None, start: str | None, end: str | None
) -> Iterator[Row]:
    """The spans of a project, in the order in which they came."""
    params = {"filter": condition, "start_time": start, "end_time": end}
    given = {name: value for name, value in params.items() if value is not None}
    with server.lines(f"v1/projects/{quote(project, safe='')}/spans/export", given) as lines:
        for line in lines:
            yield json.loads(line)


def annotations(
    server: "Connection", project: str, condition: str | None, start: str | None, end: str | None
) -> Iterator[Row]:
    """The annotations of a project, newest first; with a condition, those of spans (and documents) that meet it."""
    url = f"v1/projects/{quote(project, safe='')}"
    if condition is None:
        params = {"start_time": start, "end_time": end}
        yield from _pages(server, f"{url}/annotations", {key: text for key, text in params.items() if text})
        return
    params = {"filter": condition, "ids_only": "true"}
    with server.lines(f"{url}/spans/export", params) as lines:
        ids = (json.loads(line)["context"]["span_id"] for line in lines)
        while some := list(islice(ids, IDS_AT_ONCE)):
            for kind in ("span", "document"):
                for row in _of_spans(server, url, kind, some):
                    if (not start or _not_before(row, start)) and not (end and _not_before(row, end)):
                        yield row


def _of_spans(server: "Connection", url: str, kind: str, ids: list[str]) -> Iterator[Row]:
    from rubricate.errors import NotFound, RubricateError

    try:
        for row in _pages(server, f"{url}/{kind}_annotations", {"span_ids": ids}, refused=True):
            position = row.pop("document_position", None)
            yield row | {"target": {"kind": kind, "id": row.pop("span_id"), "position": position}}
    except NotFound:  # all of these spans were deleted meanwhile
        return
    except RubricateError as error:
        raise Failed(str(error)) from error


def _not_before(row: Row, bound: str) -> bool:
    return datetime.fromisoformat(row["created_at"]) >= datetime.fromisoformat(bound)


def _pages(server: "Connection", url: str, params: dict[str, Any], *, refused: bool = False) -> Iterator[Row]:
    """All pages. With `refused`, a refusal is raised as the SDK's own error."""
    from rubricate.client.calls import Request, body

    cursor: dict[str, str] = {}
    while True:
        request = Request("GET", url, {**params, **cursor, "limit": PAGE})
        page = body(server.try_send(request) if refused else server.send(request))
        yield from page["data"]
        if not page.get("next_cursor"):
            return
        cursor = {"cursor": page["next_cursor"]}


def _counted(rows: Iterable[Row], progress: Progress) -> Iterator[Row]:
    for row in rows:
        progress.add()
        yield row


def _form_of(output: str) -> str:
    return {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}.get(Path(output).suffix.lower(), "jsonl")


@contextmanager
def _output(name: str) -> Iterator[IO[bytes]]:
    """Where to write. A file appears under its name when it is complete, and on disk."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(name)
    if target.is_dir():
        raise Misused(f"{name} is a directory; name a file.")
    try:
        descriptor, partial = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
    except OSError as error:
        raise Failed(f"{name} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        os.replace(partial, target)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Failed(f"{name} cannot be written: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(partial)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- formats ----------------------------------------------------------------------------------------------------------


def write_jsonl(rows: Iterable[Row], output: IO[bytes]) -> None:
    """One JSON object a line."""
    for row in rows:
        output.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def write_csv(rows: Iterable[Row], output: IO[bytes]) -> None:
    """A header with all columns that occur, and a line a row."""
    import csv
    import io

    with _spooled(rows) as (columns, flat_rows):
        text = io.TextIOWrapper(output, "utf-8", newline="", write_through=True)
        try:
            writer = csv.DictWriter(text, columns, restval="")
            writer.writeheader()
            for row in flat_rows:
                writer.writerow({name: _cell(value) for name, value in row.items()})
        finally:
            text.detach()


def write_parquet(rows: Iterable[Row], output: IO[bytes]) -> None:
    """The same columns, each of the type that all of its values have; text where they differ."""
    arrow, parquet = _parquet()
    names = {"bool": arrow.bool_(), "int": arrow.int64(), "float": arrow.float64(), "str": arrow.string()}
    with _spooled(rows) as (columns, flat_rows):
        kinds = {name: _kind(found) for name, found in columns.items()}
        schema = arrow.schema([(name, names[kind]) for name, kind in kinds.items()])
        with parquet.ParquetWriter(output, schema, compression="zstd") as writer:
            while some := list(islice(flat_rows, ROWS_AT_ONCE)):
                content = {name: [_typed(row.get(name), kind) for row in some] for name, kind in kinds.items()}
                writer.write_table(arrow.table(content, schema=schema))


WRITERS: dict[str, Callable[[Iterable[Row], IO[bytes]], None]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
}

_FIRST = ("context", "id", "name", "span_kind", "parent_id", "start_time", "end_time", "status_code", "status_message")
_LEFT_OUT = {"project", "start_time_unix_nano", "end_time_unix_nano", "envelope"}


def flat(row: Row) -> Row:
    """A row as columns: objects that have a shape are taken apart, attributes one by one."""
    columns: Row = {}
    for key, value in row.items():
        if key in _LEFT_OUT:
            continue
        if key in ("context", "attributes", "result", "target") and isinstance(value, dict):
            columns |= {f"{key}.{name}": child for name, child in value.items()}
        else:
            columns[key] = value
    return columns


@contextmanager
def _spooled(rows: Iterable[Row]) -> Iterator[tuple[dict[str, set[str]], Iterator[Row]]]:
    """All columns with the kinds of their values, and the rows again: they wait in a file, not in memory."""
    columns: dict[str, set[str]] = {}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        for row in rows:
            one = flat(row)
            for name, value in one.items():
                kinds = columns.setdefault(name, set())
                if value is not None:
                    kinds.add(type(value).__name__)
            spool.write(json.dumps(one, ensure_ascii=False) + "\n")
        spool.seek(0)
        yield {name: columns[name] for name in sorted(columns, key=_place)}, map(json.loads, spool)


def _place(column: str) -> tuple[int, str]:
    first = column.partition(".")[0]
    if first in _FIRST:
        return _FIRST.index(first), column
    return (len(_FIRST) + (first == "attributes"), column if first == "attributes" else "")


def _kind(found: set[str]) -> str:
    if len(found) == 1 and found <= {"bool", "int", "float", "str"}:
        return next(iter(found))
    return "float" if found == {"int", "float"} else "str"


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    return _cell(value) if kind == "str" else float(value) if kind == "float" else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow  # type: ignore[import-untyped]  # has no stubs
        import pyarrow.parquet  # type: ignore[import-untyped]  # has no stubs
    except ImportError as error:
        raise Misused('Parquet needs pyarrow. Run: pip install "rubricate[pandas]"') from error
    return pyarrow, pyarrow.parquet
