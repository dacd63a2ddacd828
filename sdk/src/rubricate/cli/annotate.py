"""`rubricate annotate`: one annotation, or those of a file."""

import argparse
import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rubricate.cli.terminal import Commands, Failed, Misused, Progress, add_command, add_url, say

if TYPE_CHECKING:
    from pydantic import ValidationError

    from rubricate.cli.connection import Connection

EPILOG = """\
An annotation is kept under (span, name, identifier): writing it again replaces it, and its history keeps what it was.
Give every annotator an --identifier of their own, and nobody overwrites anybody.

Where a rubric has the name, its labels are the ones that can be written; --any-label writes others.

files: CSV with a header, or JSON lines. Columns: span_id (or context.span_id), name, label, score, explanation,
identifier, annotator_kind, metadata (JSON). What a row leaves out, the options say.

examples:
  rubricate annotate 051581bf3cb55c13 --name quality --label good --score 1
  rubricate annotate 051581bf3cb55c13 --name quality --label bad --identifier ana --explanation "Made up a law"
  rubricate annotate --file labels.csv --name quality --identifier ana --kind HUMAN
"""

AT_ONCE = 500
COLUMNS = {"span_id", "name", "label", "score", "explanation", "identifier", "annotator_kind", "metadata"}
OTHER_NAMES = {
    "context.span_id": "span_id",
    "annotation_name": "name",
    "kind": "annotator_kind",
    "result.label": "label",
    "result.score": "score",
    "result.explanation": "explanation",
    "target.id": "span_id",
}


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    annotate = add_command(commands, "annotate", "say something of a span, or of many", EPILOG, run)
    annotate.add_argument("span_id", metavar="SPAN_ID", nargs="?", help="16 hexadecimal digits")
    annotate.add_argument("--file", metavar="FILE", help="annotations from a CSV file (.csv) or JSON lines")
    annotate.add_argument("--name", "-n", metavar="N", help="what it is about: quality, correctness …")
    annotate.add_argument("--label", metavar="L")
    annotate.add_argument("--score", metavar="X", type=_number)
    annotate.add_argument("--explanation", metavar="TEXT")
    annotate.add_argument("--identifier", metavar="WHO", help="tells annotators of the same name apart")
    annotate.add_argument("--kind", choices=("HUMAN", "LLM", "CODE"), default="HUMAN", help="who it is by; HUMAN")
    annotate.add_argument("--metadata", metavar="JSON", type=_object, help="a JSON object to keep with it")
    annotate.add_argument("--project", "-p", metavar="P", help="refuse spans that are not in this project")
    annotate.add_argument(
        "--any-label", action="store_true", help="write labels, too, that the rubric of the name does not have"
    )
    add_url(annotate)


def run(options: argparse.Namespace) -> int:
    """Check all of it, then write it."""
    if (options.span_id is None) == (options.file is None):
        raise Misused("name a span, or a --file.")
    from rubricate.cli.connection import Connection
    from rubricate.records.annotation import NOTE, SpanAnnotationCreate

    try:
        from pydantic import ValidationError
    except ImportError as error:  # pragma: no cover - it comes with us
        raise Failed(str(error)) from error

    rows = [(options.span_id, {"span_id": options.span_id})] if options.span_id else list(_read(Path(options.file)))
    wire: list[dict[str, Any]] = []
    for where, row in rows:
        if not isinstance(row.get("result") or {}, dict):
            raise Misused(f'{where}: result must be an object, such as {{"label": "good", "score": 1}}.')
        annotation = annotation_of(row, options)
        try:
            new = SpanAnnotationCreate.model_validate(annotation)
        except ValidationError as error:
            raise Misused(f"{where}: {_faults(error)}") from error
        if all(value is None for value in annotation["result"].values()):
            raise Misused(f"{where}: say something: --label, --score or --explanation.")
        if new.name == NOTE:
            raise Misused(f"{where}: the name {NOTE!r} is reserved for notes.")
        wire.append(new.model_dump(mode="json", exclude_none=True))
    with Connection(options.url) as server, Progress("annotations") as progress:
        if options.project:
            _refuse_strangers(server, options.project, [each["span_id"] for each in wire])
        if not options.any_label:
            _refuse_unknown_labels(server, [(where, each) for (where, _), each in zip(rows, wire, strict=True)])
        remaining = iter(wire)
        while some := list(islice(remaining, AT_ONCE)):
            # One that is asked for by hand must be there; those of a file may come before their spans.
            server.post("v1/span_annotations", {"data": some}, **({"sync": "true"} if options.span_id else {}))
            progress.add(len(some))
    say(f"{len(wire)} annotation{'' if len(wire) == 1 else 's'} written")
    return 0


def _faults(error: "ValidationError") -> str:
    """What is wrong with a row, in words of those who wrote it."""
    return "; ".join(
        f"{'.'.join(str(part) for part in each['loc'])} {_fault(each['type'], each['msg'], each['input'])}"
        for each in error.errors(include_url=False)
    )


def _fault(kind: str, message: str, value: Any) -> str:
    if value is None:
        return "is missing"
    match kind:
        case "blank":
            return "must not be blank"
        case "string_type":
            return f"must be text, not {value!r:.80}"
        case "float_type" | "float_parsing":
            return f"must be a number, not {value!r:.80}"
        case "dict_type":
            return f"must be a JSON object, not {value!r:.80}"
        case "literal_error" | "enum":
            return f"must be {message.partition(' be ')[2].replace(chr(39), '')}, not {value!r:.80}"
    return f"{message.removeprefix('Value error, ')} (got {value!r:.80})"


def _refuse_unknown_labels(server: "Connection", annotations: list[tuple[str, dict[str, Any]]]) -> None:
    """Refuse the first label that the rubric of its name does not have. Without such a rubric, any label goes."""
    labels: dict[str, list[str] | None] = {}
    for where, each in annotations:
        name, label = each["name"], each["result"].get("label")
        if label is None:
            continue
        if name not in labels:
            labels[name] = _labels_of(server, name)
        known = labels[name]
        if known is not None and label not in known:
            raise Misused(
                f"{where}: the rubric {name!r} has the labels {', '.join(known)}, not {label!r}. Nothing was written;"
                " --any-label writes it nonetheless."
            )


def _labels_of(server: "Connection", name: str) -> list[str] | None:
    """The labels of the rubric of that name; None without a rubric, or when it asks for no label."""
    from urllib.parse import quote

    from rubricate.errors import NotFound

    try:
        rubric = server.get(f"v1/annotation_configs/{quote(name, safe='')}")["data"]
    except Failed as error:
        if isinstance(error.__cause__, NotFound):
            return None
        raise
    return [value["label"] for value in rubric["values"]] if rubric["type"] == "CATEGORICAL" else None


def annotation_of(row: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """A row of a file, or a lone span id, as the server takes it; the options say what it leaves out."""
    said = {OTHER_NAMES.get(key, key): value for key, value in row.items() if value not in (None, "")}
    said |= {key: value for key, value in (said.get("result") or {}).items() if value is not None}
    default = {"annotator_kind": options.kind, **{key: getattr(options, key, None) for key in COLUMNS - {"span_id"}}}
    default["annotator_kind"] = options.kind
    values = {**default, **{key: value for key, value in said.items() if key in COLUMNS}}
    metadata = values["metadata"]
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except ValueError:
            raise Misused(f"{row.get('span_id')}: metadata is no JSON: {metadata[:80]!r}") from None
    return {
        "span_id": values.get("span_id"),
        "name": values["name"],
        "annotator_kind": values["annotator_kind"],
        "result": {key: values[key] for key in ("label", "score", "explanation")},
        "metadata": metadata,
        "identifier": values["identifier"] or "",
    }


def _read(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a file, each with its place."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".csv":
                reader = csv.DictReader(file)
                names = {OTHER_NAMES.get(name, name) for name in reader.fieldnames or ()}
                if "span_id" not in names:
                    raise Misused(f"{path} has no column span_id; its columns are {', '.join(reader.fieldnames or ())}")
                for row in reader:
                    yield f"{path}:{reader.line_num}", row
                return
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path}:{number}", _parsed(line, f"{path}:{number}")
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Failed(f"{path} cannot be read: it is no text in UTF-8") from error
    except csv.Error as error:
        raise Failed(f"{path} cannot be read: {error}") from error


def _parsed(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise Misused(f"{where}: no JSON: {error}") from error
    if not isinstance(row, dict):
        raise Misused(f"{where}: an object is expected")
    target = row.get("target")
    if isinstance(target, dict):
        if target.get("kind") != "span":
            raise Misused(f"{where}: of a {target.get('kind')}; `rubricate import` takes those of every kind")
        row["span_id"] = target.get("id")
    return row


def _refuse_strangers(server: "Connection", project: str, ids: list[str]) -> None:
    from urllib.parse import quote

    from rubricate.errors import NotFound

    for start in range(0, len(ids), 100):
        some = list(dict.fromkeys(ids[start : start + 100]))
        try:
            found = server.get(f"v1/projects/{quote(project, safe='')}/spans", {"span_id": some, "limit": 1000})["data"]
        except Failed as error:
            raise (server.no_project(project) if isinstance(error.__cause__, NotFound) else error) from error
        missing = set(some) - {span["context"]["span_id"] for span in found}
        if missing:
            raise Failed(f"not in project {project}: {', '.join(sorted(missing)[:5])}. Nothing was written.")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise argparse.ArgumentTypeError(f"{text!r} is not finite")
    return value


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"no JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError('a JSON object is expected, such as \'{"source": "review"}\'')
    return value
