"""A version of a dataset as a file: CSV, JSON lines, and the two shapes that OpenAI takes."""

from collections.abc import Callable, Generator, Iterator
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request, Response

from rubricate_server.api.body import JsonRoute
from rubricate_server.api.dataset import VersionId, example_wire, version_of
from rubricate_server.api.errors import refusals
from rubricate_server.api.export_formats import comma_separated
from rubricate_server.api.export_rows import Column, Row
from rubricate_server.api.identifier import dataset_of, storage_of
from rubricate_server.api.streaming import Streamed
from rubricate_server.storage.contract import StoredExample

router = APIRouter(prefix="/v1/datasets/{dataset_identifier}", route_class=JsonRoute, tags=["datasets"])

TEXT: Final = "text/plain; charset=utf-8"
"""Of JSON lines: what Phoenix says, and clients were written for."""

_PARTS: Final = ("input", "output", "metadata")
_ANSWERS: Final = {**refusals(404, 422)}


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type.partition(";")[0]: {"schema": {"type": "string"}}}
    return {200: {"description": "A file, sent while it is made.", "content": content}, **_ANSWERS}


@router.get("/csv", response_class=Response, responses=_file("text/csv"))
def export_dataset_csv(request: Request, dataset_identifier: str, version_id: VersionId = None) -> Response:
    """A version as CSV: `id`, `node_id`, a column for each key (`input.question`, nested ones with dots), `splits`.

    Lists are JSON. A text that a spreadsheet would run as a formula gets a `'` before it: JSON lines change nothing.
    """
    examples = _Examples(request, dataset_identifier, version_id)
    names: dict[str, dict[str, None]] = {part: {} for part in _PARTS}
    for batch in examples.batches():
        for example in batch:
            for part in _PARTS:
                names[part].update(dict.fromkeys(name for name, _ in _leaves(_parsed(example, part))))
    keys = [f"{part}.{name}" for part in _PARTS for name in names[part]]
    columns = [Column(name, "text") for name in ("id", "node_id", *keys, "splits")]
    rows = ([_row(example, columns) for example in batch] for batch in examples.batches())
    return examples.file(comma_separated(columns, rows), "csv", "text/csv; charset=utf-8")


@router.get("/jsonl", response_class=Response, responses=_file(TEXT))
def export_dataset_jsonl(request: Request, dataset_identifier: str, version_id: VersionId = None) -> Response:
    """A version as JSON lines: each an example with `id`, `node_id`, `input`, `output`, `metadata`, `splits`."""
    return _lines(request, dataset_identifier, version_id, _plain)


@router.get("/jsonl/openai_ft", response_class=Response, responses=_file(TEXT))
def export_dataset_openai_ft(request: Request, dataset_identifier: str, version_id: VersionId = None) -> Response:
    """A version as OpenAI takes it for fine-tuning: `messages` of input and output, and `tools`.

    An example without messages is told as a question of the user and an answer.
    """
    return _lines(request, dataset_identifier, version_id, _fine_tuning)


@router.get("/jsonl/openai_evals", response_class=Response, responses=_file(TEXT))
def export_dataset_openai_evals(request: Request, dataset_identifier: str, version_id: VersionId = None) -> Response:
    """A version as OpenAI's evals take it: `messages` of the input, and `ideal`, the answer that is expected."""
    return _lines(request, dataset_identifier, version_id, _evals)


class _Examples:
    """The examples of a version, which can be gone through more than once."""

    def __init__(self, request: Request, identifier: str, version_id: str | None) -> None:
        self._storage = storage_of(request)
        self._dataset = dataset_of(self._storage, identifier)
        self._version = version_of(self._storage, self._dataset, version_id)

    def batches(self) -> Iterator[list[StoredExample]]:
        return self._storage.datasets.examples(self._dataset.id, self._version)

    def file(self, chunks: Generator[bytes], ending: str, media_type: str) -> Response:
        name = quote(f"{self._dataset.name}.{ending}", safe="")
        return Streamed(chunks, media_type, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})


def _lines(
    request: Request, identifier: str, version_id: str | None, write: Callable[[StoredExample], dict[str, Any]]
) -> Response:
    examples = _Examples(request, identifier, version_id)
    chunks = (b"".join(orjson.dumps(write(each)) + b"\n" for each in batch) for batch in examples.batches())
    return examples.file(chunks, "jsonl", TEXT)


def _plain(example: StoredExample) -> dict[str, Any]:
    wire = example_wire(example)
    return {key: wire[key] for key in ("id", "node_id", *_PARTS, "splits")}


def _fine_tuning(example: StoredExample) -> dict[str, Any]:
    given = _parsed(example, "input")
    line: dict[str, Any] = {
        "messages": [*_messages(given, "user"), *_messages(_parsed(example, "output"), "assistant")]
    }
    if isinstance(given.get("tools"), list):
        line["tools"] = given["tools"]
    return line


def _evals(example: StoredExample) -> dict[str, Any]:
    expected = _messages(_parsed(example, "output"), "assistant")
    ideal = expected[-1].get("content") if expected else ""
    return {"messages": _messages(_parsed(example, "input"), "user"), "ideal": _said(ideal)}


def _messages(part: dict[str, Any], role: str) -> list[dict[str, Any]]:
    messages = part.get("messages")
    if isinstance(messages, list) and all(isinstance(message, dict) for message in messages):
        return messages
    if not part:
        return []
    told = next(iter(part.values())) if len(part) == 1 else part
    return [{"role": role, "content": _said(told)}]


def _said(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _parsed(example: StoredExample, part: str) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(getattr(example.text, part))
    return value


def _leaves(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values; a list is a value."""
    for key, child in value.items():
        if isinstance(child, dict):
            yield from _leaves(child, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", child


def _row(example: StoredExample, columns: list[Column]) -> Row:
    wire = example_wire(example)
    row: Row = dict.fromkeys(column.name for column in columns)
    row |= {"id": wire["id"], "node_id": wire["node_id"], "splits": orjson.dumps(wire["splits"]).decode()}
    for part in _PARTS:
        for name, value in _leaves(_parsed(example, part)):
            row[f"{part}.{name}"] = None if value is None else _said(value)
    return row
