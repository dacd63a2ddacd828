"""Examples as people have them (dicts, lists, frames, CSV files), as the server takes them."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rubricate.client import frame as frames
from rubricate.errors import InvalidInput
from rubricate.records.base import JsonObject

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

_OUTPUT = re.compile(r"(response|answer|output)s?$", re.IGNORECASE)
_PARTS = ("inputs", "outputs", "metadata")


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are what."""

    input: tuple[str, ...]
    output: tuple[str, ...]
    metadata: tuple[str, ...]
    splits: tuple[str, ...]
    split: str | None
    span_id: str | None
    example_id: str | None

    @classmethod
    def of(
        cls,
        input: Iterable[str],
        output: Iterable[str],
        metadata: Iterable[str],
        splits: Iterable[str],
        split: str | None,
        span_id: str | None,
        example_id: str | None,
    ) -> "Columns":
        """As users name them, whatever holds the names."""
        return cls(tuple(input), tuple(output), tuple(metadata), tuple(splits), split, span_id, example_id)

    def checked(self, there: list[str]) -> "Columns":
        """The same, guessed where nothing is said. Raises `InvalidInput`."""
        repeated = sorted({name for name in there if there.count(name) > 1})
        if repeated:
            raise InvalidInput(f"Columns appear twice: {', '.join(map(str, repeated))}.")
        if self.split is not None and self.splits:
            raise InvalidInput("split_key is for a single column, split_keys for several; give one of them.")
        named = self if self.input or self.output or self.metadata else self._guessed(there)
        uses = [*named.input, *named.output, *named.metadata, *named.splits]
        uses += [name for name in (named.split, named.span_id, named.example_id) if name is not None]
        unknown = sorted(set(uses) - set(there))
        if unknown:
            raise InvalidInput(f"There is no column {', '.join(unknown)}; there are {', '.join(there)}.")
        twice = sorted({name for name in uses if uses.count(name) > 1})
        if twice:
            raise InvalidInput(f"A column is only one of input, output, metadata …, but {', '.join(twice)} is several.")
        return named

    def _guessed(self, there: list[str]) -> "Columns":
        own = {self.split, self.span_id, self.example_id, *self.splits}
        free = [name for name in there if name not in own]
        place = next((place for place, name in enumerate(free) if _OUTPUT.search(name)), len(free))
        return Columns(
            tuple(free[:place]),
            tuple(free[place : place + 1]),
            tuple(free[place + 1 :]),
            self.splits,
            self.split,
            self.span_id,
            self.example_id,
        )


def body_of(
    examples: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None,
    dataframe: "pd.DataFrame | None",
    csv_file_path: str | Path | None,
    columns: Columns,
    inputs: Iterable[Mapping[str, Any]],
    outputs: Iterable[Mapping[str, Any]],
    metadata: Iterable[Mapping[str, Any]],
) -> JsonObject:
    """The examples as the body of an upload has them. Raises `InvalidInput`."""
    lists = {name: list(given) for name, given in zip(_PARTS, (inputs, outputs, metadata), strict=True)}
    ways = (examples is not None, dataframe is not None, csv_file_path is not None, any(lists.values()))
    if sum(ways) > 1:
        raise InvalidInput("Give examples, or a dataframe, or csv_file_path, or inputs with outputs and metadata.")
    if examples is not None:
        several = [examples] if isinstance(examples, Mapping) else list(examples)
        return _aligned([_listed(example, f"examples[{place}]") for place, example in enumerate(several)])
    if dataframe is not None:
        return _aligned(list(_of_frame(dataframe, columns)))
    if csv_file_path is not None:
        return _aligned(list(_of_file(Path(csv_file_path), columns)))
    if not lists["inputs"]:
        raise InvalidInput("There are no examples: inputs is empty.")
    for name, given in lists.items():
        if given and len(given) != len(lists["inputs"]):
            raise InvalidInput(f"{name} has {len(given)} items, inputs has {len(lists['inputs'])}.")
        for place, each in enumerate(given):
            _refuse_other_than_dict(each, f"{name}[{place}]")
    return {name: [dict(each) for each in given] for name, given in lists.items() if given}


def _listed(example: Mapping[str, Any], what: str) -> JsonObject:
    _refuse_other_than_dict(example, what)
    for field in ("input", "output"):
        if field not in example:
            raise InvalidInput(f"{what} has no {field!r}; an example is a dict of input and output.")
    for field in ("input", "output", "metadata"):
        _refuse_other_than_dict(example.get(field) or {}, f"{what}[{field!r}]")
    source = example.get("source") or {}
    return {
        "inputs": dict(example["input"]),
        "outputs": dict(example["output"] or {}),
        "metadata": dict(example.get("metadata") or {}),
        "splits": example.get("splits"),
        "span_ids": example.get("span_id") or source.get("span_id"),
        "example_ids": example.get("id"),
    }


def _of_frame(table: "pd.DataFrame", columns: Columns) -> Iterator[JsonObject]:
    if table.empty:
        raise InvalidInput("The frame has no rows.")
    names = list(table.columns)
    named = columns.checked(names)
    for cells in table.itertuples(index=False, name=None):
        yield _row({name: cell for name, cell in zip(names, cells, strict=True) if not frames.missing(cell)}, named)


def _of_file(path: Path, columns: Columns) -> Iterator[JsonObject]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        try:
            names = next(reader, [])
            rows = [cells for cells in reader if cells]
        except (csv.Error, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path}, line {reader.line_num}: {error}") from error
    named = columns.checked(names)
    if not rows:
        raise InvalidInput(f"{path} has no rows.")
    for cells in rows:
        yield _row({name: cell for name, cell in zip(names, cells, strict=False) if cell}, named)


def _row(cells: Mapping[str, Any], columns: Columns) -> JsonObject:
    splits = [cells[name] for name in columns.splits if name in cells]
    if columns.split is not None and columns.split in cells:
        splits += _names(cells[columns.split])
    return {
        "inputs": {name: _value(cells[name]) for name in columns.input if name in cells},
        "outputs": {name: _value(cells[name]) for name in columns.output if name in cells},
        "metadata": {name: _value(cells[name]) for name in columns.metadata if name in cells},
        "splits": splits or None,
        "span_ids": cells.get(columns.span_id) if columns.span_id else None,
        "example_ids": _text(cells.get(columns.example_id)) if columns.example_id else None,
    }


def _aligned(rows: list[JsonObject]) -> JsonObject:
    """Rows as lists of the same length; those that say nothing are left out."""
    lists = {name: [row[name] for row in rows] for name in (*_PARTS, "splits", "span_ids", "example_ids")}
    return {name: values for name, values in lists.items() if name == "inputs" or any(values)}


def _names(cell: Any) -> list[Any]:
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            cell = json.loads(cell)
        except ValueError:
            return [cell]
    return list(cell) if isinstance(cell, list | tuple) else [cell]


def _value(cell: Any) -> Any:
    value = frames.json_value(cell)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(cell: Any) -> str | None:
    return None if cell is None else str(frames.scalar(cell))


def _refuse_other_than_dict(value: Any, what: str) -> None:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{what} is {type(value).__name__}; it must be a dict.")
