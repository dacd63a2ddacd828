"""Data frames: read from what the server sends, and taken apart into annotations.

pandas and pyarrow are imported when a frame is needed, and not before: they take a second, and need not be installed.
"""

import contextlib
import gc
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from rubricate.client.types.spans import SPAN_ID, TRACE_ID
from rubricate.errors import InvalidInput, MissingExtra, UnreadableAnswer

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

ARROW = "application/x-pandas-arrow"
MULTIPART = "multipart/mixed"


def pandas() -> Any:
    """The pandas module; a `MissingExtra` that says what to install when it, or pyarrow, is missing."""
    try:
        import pandas
        import pyarrow  # type: ignore[import-untyped]  # noqa: F401 - both come with the extra; half is of no use
    except ImportError as error:
        raise MissingExtra from error
    return pandas


def frames(response: httpx.Response) -> "list[pd.DataFrame]":
    """The frames of an answer to `POST /v1/spans`, one a query."""
    kind = response.headers.get("content-type", "")
    pandas()
    if kind.startswith(ARROW):
        return [from_arrow(table) for table in tables(response.content)]
    if kind.startswith(MULTIPART):
        return [_from_table_schema(part) for part in _parts(response.content, kind)]
    raise UnreadableAnswer(
        f"{response.request.url} answered with {kind or 'no content type'}, where Arrow or multipart JSON was "
        "expected. Is the base URL that of a Rubricate server?"
    )


def with_span_id_column(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with `context.span_id` as index and as column, because people use both."""
    if frame.index.name == SPAN_ID and SPAN_ID not in frame.columns:
        frame.insert(0, SPAN_ID, frame.index)
    elif frame.empty and frame.index.name is None and SPAN_ID in frame.columns:
        frame = frame.set_index(SPAN_ID, drop=False)  # Phoenix forgets the index of an empty frame.
    return frame


def tables(content: Any) -> Iterator[Any]:
    """The tables of Arrow streams that follow one another; they point into these bytes, nothing is copied."""
    import pyarrow

    source = pyarrow.BufferReader(content)
    while source.tell() < len(content):
        try:
            with pyarrow.ipc.open_stream(source) as stream:
                yield stream.read_all()
        except (pyarrow.ArrowInvalid, OSError) as error:
            raise UnreadableAnswer(f"The server's Arrow data cannot be read: {error}") from error


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Hundreds of thousands of small objects are made, and all are kept: looking for garbage is a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@without_collector()
def from_arrow(table: Any, made: Mapping[str, list[Any]] = MappingProxyType({})) -> "pd.DataFrame":
    """The table as a frame. Of some nested columns the cells may be made already, as `plain_cells` makes them."""
    nested = nested_names(table.schema)
    as_json = {field.name for field in table.schema if _is_json(field)}
    stored = _without_extensions(table)
    frame = _emptied(stored, nested).to_pandas(split_blocks=True, maps_as_pydicts="lossy")
    for name in nested:
        if name in frame.columns:
            cells = made[name] if name in made else plain_cells(stored.column(name))
            frame[name] = objects(cells, frame.index)
    for name in as_json & set(frame.columns):
        cells = [json.loads(cell) if isinstance(cell, str | bytes) else None for cell in frame[name].array]
        frame[name] = objects(cells, frame.index)
    return frame


def _emptied(table: Any, names: list[str]) -> Any:
    """The table with nothing in columns that pandas need not read."""
    import pyarrow

    for name in names:
        number = table.schema.get_field_index(name)
        table = table.set_column(number, name, pyarrow.nulls(len(table)))
    return table


def _without_extensions(table: Any) -> Any:
    """The table with extension types as what they are stored as: pandas has no idea of them."""
    import pyarrow

    for number, field in enumerate(table.schema):
        if isinstance(field.type, pyarrow.BaseExtensionType):
            stored = field.type.storage_type
            chunks = [chunk.storage for chunk in table.column(number).chunks]
            column = pyarrow.chunked_array(chunks, type=stored)
            table = table.set_column(number, pyarrow.field(field.name, stored), column)
    return table


def nested_names(schema: Any) -> list[str]:
    """The columns whose cells are lists or dicts."""
    times = Counter(schema.names)
    return [field.name for field in schema if times[field.name] == 1 and _is_nested(field)]


def _is_nested(field: Any) -> bool:
    import pyarrow.types as kinds  # type: ignore[import-untyped]  # has no stubs

    kind = field.type
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        inner = kind.value_type
        return not (kinds.is_integer(inner) or kinds.is_floating(inner))  # Vectors stay numpy arrays.
    return bool(kinds.is_struct(kind) or kinds.is_map(kind))


def _is_json(field: Any) -> bool:
    marked = (field.metadata or {}).get(b"ARROW:extension:name") == b"arrow.json"
    return marked or getattr(field.type, "extension_name", None) == "arrow.json"


def plain_cells(column: Any) -> list[Any]:
    """The cells of a nested column as lists and dicts, as `plain` makes them."""
    if not _is_common(column.type):
        return [plain(cell) for cell in column.to_pandas(maps_as_pydicts="lossy").array]
    return list(chain.from_iterable(map(_cells, column.chunks)))


def _is_common(kind: Any) -> bool:
    """Whether `_cells` can read it."""
    import pyarrow.types as kinds

    if kinds.is_struct(kind):
        names = [field.name for field in kind]
        return len(names) == len(set(names)) and all(_is_common(field.type) for field in kind)
    if kinds.is_list(kind):
        return _is_common(kind.value_type)
    plain_ones = (kinds.is_string, kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_null)
    return any(is_kind(kind) for is_kind in plain_ones)


def _cells(array: Any) -> list[Any]:
    """Field by field, which takes half the time of cell by cell."""
    import pyarrow.types as kinds

    kind = array.type
    cells: list[Any]
    if kinds.is_struct(kind):
        names = [field.name for field in kind]
        rows = zip(*map(_cells, array.flatten()), strict=True) if names else repeat((), len(array))
        cells = [{name: cell for name, cell in zip(names, row, strict=True) if cell is not None} for row in rows]
        if array.null_count:
            there = array.is_valid().to_pylist()
            cells = [cell if is_there else None for cell, is_there in zip(cells, there, strict=True)]
        return cells
    if kinds.is_list(kind):
        if kinds.is_integer(kind.value_type) or kinds.is_floating(kind.value_type):
            cells = array.to_numpy(zero_copy_only=False).tolist()  # Vectors stay numpy arrays.
            return cells
        items = iter(_cells(array.flatten()))
        return [None if length is None else list(islice(items, length)) for length in array.value_lengths().to_pylist()]
    cells = array.to_numpy(zero_copy_only=False).tolist() if kinds.is_string(kind) else array.to_pylist()
    return cells


def plain(value: Any) -> Any:
    """A nested Arrow value as lists and dicts, without the keys that Arrow added to make all rows alike."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist") and getattr(value, "ndim", False):
        return value if value.dtype.kind in "iuf" else [plain(item) for item in value.tolist()]
    return value


def objects(cells: list[Any], index: Any) -> Any:
    """A column of Python values; built this way, pandas does not take lists for further dimensions."""
    import numpy

    column = numpy.fromiter(cells, dtype=object, count=len(cells))
    return pandas().Series(column, index=index)


def _parts(content: bytes, kind: str) -> Iterator[dict[str, Any]]:
    boundary = kind.partition("boundary=")[2].split(";")[0].strip().strip('"')
    if not boundary:
        raise UnreadableAnswer("The server's multipart answer names no boundary.")
    for part in content.split(b"--" + boundary.encode())[1:]:
        _, blank, text = part.partition(b"\r\n\r\n")
        if blank:
            try:
                yield json.loads(text)
            except ValueError as error:
                raise UnreadableAnswer(f"A part of the server's multipart answer is no JSON: {error}") from error


def _from_table_schema(part: dict[str, Any]) -> "pd.DataFrame":
    """A frame of pandas' table schema, whose names carry an ordinal (`3_name`) so that they may repeat."""
    pd = pandas()
    fields, rows = part["schema"]["fields"], part["data"]
    columns = {}
    for field in fields:
        cells = [row.get(field["name"]) for row in rows]
        if field["type"] == "datetime":
            columns[field["name"]] = pd.to_datetime(pd.Series(cells, dtype=object), utc=True, format="ISO8601")
        else:
            columns[field["name"]] = pd.Series(cells, dtype=_dtype(cells))
    frame = pd.DataFrame(columns)
    keys = list(part["schema"].get("primaryKey", ()))
    frame = frame.set_index(keys) if keys else frame
    frame.columns = [_without_ordinal(name) for name in frame.columns]
    frame.index.names = [name and _without_ordinal(name) for name in frame.index.names]
    return frame


def _dtype(cells: list[Any]) -> Any:
    """None lets pandas choose; mixed or nested cells stay as they are."""
    kinds = {type(cell) for cell in cells if cell is not None}
    alike = kinds <= {int, float} or kinds == {str} or kinds == {bool}
    return None if kinds and alike else object


def _without_ordinal(name: str) -> str:
    return name.partition("_")[2]


def annotation_rows(
    frame: "pd.DataFrame", *, ids: Mapping[str, Sequence[str]], defaults: dict[str, Any], what: str
) -> Iterator[dict[str, Any]]:
    """The rows of a frame as annotations.

    `ids` names for every identifying field the columns or index levels that may hold it; a lone index level without a
    name serves when there is but one such field. `defaults` fill in what a row does not say.
    """
    found = {field: identifiers(frame, names, what, alone=len(ids) == 1) for field, names in ids.items()}
    columns = {name: frame[name].tolist() for name in _ANNOTATION_COLUMNS if name in frame.columns}
    for number in range(len(frame)):
        cells = {name: cell for name, column in columns.items() if not missing(cell := scalar(column[number]))}
        result = {key: cells.pop(key) for key in ("label", "score", "explanation") if key in cells}
        if "annotation_name" in cells:
            cells["name"] = cells.pop("annotation_name")
        row = {**defaults, **cells, "result": result}
        row |= {field: scalar(values[number]) for field, values in found.items()}
        yield row


_ANNOTATION_COLUMNS = (
    "name",
    "annotation_name",
    "annotator_kind",
    "label",
    "score",
    "explanation",
    "metadata",
    "identifier",
)


def identifiers(frame: "pd.DataFrame", names: Sequence[str], what: str, *, alone: bool = True) -> list[Any]:
    """The column or index level of one of these names; if `alone`, a nameless index of strings will do."""
    for name in names:
        if name in frame.columns:
            return list(frame[name].tolist())
    for name in names:
        if name in frame.index.names:
            return list(frame.index.get_level_values(name).tolist())
    if alone and frame.index.nlevels == 1 and pandas().api.types.is_string_dtype(frame.index):
        return list(frame.index.tolist())
    raise InvalidInput(
        f"{what}: the data frame has neither a column nor an index named {' or '.join(map(repr, names))}. "
        f"Its columns are {list(frame.columns)}, its index is {list(frame.index.names)}."
    )


def spans_of(frame: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    """The rows of a frame of spans as spans to store."""
    what = "log_spans_dataframe"
    lacking = [name for name in ("name", "start_time", "end_time") if name not in frame.columns]
    if lacking:
        raise InvalidInput(f"{what}: the data frame lacks {', '.join(lacking)}. Its columns are {list(frame.columns)}.")
    span_ids = identifiers(frame, (SPAN_ID, "span_id"), what, alone=False)
    trace_ids = identifiers(frame, (TRACE_ID, "trace_id"), what, alone=False)
    fields = {name: frame[name].tolist() for name in _SPAN_COLUMNS if name in frame.columns}
    attributes = {
        name.removeprefix(ATTRIBUTES): frame[name].tolist()
        for name in frame.columns
        if isinstance(name, str) and name.startswith(ATTRIBUTES)
    }
    for number, (span_id, trace_id) in enumerate(zip(span_ids, trace_ids, strict=True)):
        span = {name: json_value(column[number]) for name, column in fields.items()}
        found = {name: json_value(column[number]) for name, column in attributes.items()}
        yield {
            **{name: value for name, value in span.items() if not missing(value)},
            "context": {"trace_id": trace_id, "span_id": span_id},
            "attributes": {name: _whole(name, value) for name, value in found.items() if not missing(value)},
        }


ATTRIBUTES = "attributes."
_SPAN_COLUMNS = (
    "name",
    "span_kind",
    "parent_id",
    "start_time",
    "end_time",
    "status_code",
    "status_message",
    "events",
)


def json_value(value: Any) -> Any:
    """A cell as JSON can carry it: lists and dicts instead of numpy's arrays, plain numbers instead of numpy's."""
    if isinstance(value, dict):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if hasattr(value, "tolist"):
        return json_value(value.tolist())
    return value


def _whole(name: str, value: Any) -> Any:
    """Counts of tokens as whole numbers again: pandas makes a column of them float when one is missing."""
    counts = name.startswith("llm.token_count.") and isinstance(value, float) and value.is_integer()
    return int(value) if counts else value


def missing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN, NaT or NA."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def scalar(value: Any) -> Any:
    """A cell as a plain Python value rather than numpy's."""
    return value.item() if hasattr(value, "item") and not getattr(value, "ndim", False) else value


def evaluation_tables(response: httpx.Response) -> "Iterator[tuple[str, str, pd.DataFrame]]":
    """Kind, name and frame of each table of `GET /v1/evaluations`."""
    kind = response.headers.get("content-type", "")
    if not kind.startswith(ARROW):
        raise UnreadableAnswer(
            f"{response.request.url} answered with {kind or 'no content type'}, where Arrow was expected. "
            "Does this server still have evaluations?"
        )
    for table in tables(response.content):
        try:
            about = json.loads((table.schema.metadata or {})[b"arize"])
            name, type_ = str(about["eval_name"]), str(about["eval_type"])
        except (KeyError, ValueError) as error:
            raise UnreadableAnswer(f"{response.request.url} answered a table that does not say what it is.") from error
        yield type_, name, from_arrow(table)
