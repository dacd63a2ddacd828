"""Frames as Arrow batches, one after another, while what their columns hold is being learned."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import orjson

from rubricate_server.api.arrow_column import ColumnTable
from rubricate_server.api.arrow_kind import Kind
from rubricate_server.api.arrow_library import load_pyarrow
from rubricate_server.domain.frame import Column, Frame, Span

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

BATCH_ROWS: Final = 512
"""Rows of an Arrow batch: few enough for memory, many enough that types seldom change between batches."""


class ArrowFrame:
    """A frame as Arrow batches, each of a schema of its own: that of all rows is known after the last."""

    def __init__(self, frame: Frame) -> None:
        load_pyarrow()
        self._frame = frame
        self._kinds: dict[str, Kind] = {}

    def batch(self, spans: list[Span]) -> "pa.RecordBatch":
        """The rows of these spans, in columns named by their keys. The list is emptied: bodies take much memory."""
        import pyarrow as pa

        rows = self._frame.columnar(spans)
        spans.clear()
        table = ColumnTable(rows)
        keys = [column.key for column in self._frame.columns]
        return pa.RecordBatch.from_arrays([table.array(key, self.kind(key)) for key in keys], keys)

    def kind(self, key: str) -> Kind:
        """What the column holds, as far as it was seen."""
        import pyarrow as pa

        kind = self._kinds.get(key)
        if kind is None:
            is_time = any(column.is_time for column in self._frame.columns if column.key == key)
            kind = self._kinds[key] = Kind(pa.timestamp("ns", tz="UTC") if is_time else None)
        return kind

    @property
    def columns(self) -> list[Column]:
        """The columns so far, the index last."""
        index = self._frame.index
        return sorted(self._frame.columns, key=lambda column: column.key in index)

    @property
    def schema(self) -> "pa.Schema":
        """Of the rows so far, with what pandas needs to know about the index. Fields have the names of columns."""
        columns = self.columns
        return _arrow_schema(
            columns, self._frame.index, {column.key: self.kind(column.key).arrow() for column in columns}
        )


def regrouped(batches: Iterable[list[Span]]) -> Iterator[list[Span]]:
    """The spans in batches that are worth an Arrow batch. Whoever takes one may change it."""
    held: list[Span] = []
    for batch in batches:
        held += batch
        if len(held) >= BATCH_ROWS:
            ready, held = [held], []
            yield ready.pop()  # kept by nobody: their bodies are not needed once they are parsed
    if held:
        yield held


def _arrow_schema(columns: list[Column], index: tuple[str, ...], types: dict[str, Any]) -> "pa.Schema":
    import pyarrow as pa

    names = [column.name for column in columns if column.key not in index]
    fields, described, index_fields = [], [], []
    for column in columns:
        field = column.name
        if column.key in index:
            if column.name in names:
                field = f"__index_level_{index.index(column.key)}__"
            index_fields.append(field)
        fields.append(pa.field(field, types[column.key]))
        described.append({"name": column.name, "field_name": field, **_as_pandas(types[column.key])})
    metadata = {
        "index_columns": index_fields,
        "column_indexes": [
            {
                "name": None,
                "field_name": None,
                "pandas_type": "unicode",
                "numpy_type": "object",
                "metadata": {"encoding": "UTF-8"},
            }
        ],
        "columns": described,
        "creator": {"library": "rubricate", "version": "1"},
        "pandas_version": "2.0.0",
    }
    return pa.schema(fields, metadata={"pandas": orjson.dumps(metadata)})


def _as_pandas(kind: "pa.DataType") -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return {"pandas_type": "datetimetz", "numpy_type": "datetime64[ns]", "metadata": {"timezone": "UTC"}}
    if pa.types.is_large_string(kind):
        return {"pandas_type": "unicode", "numpy_type": "str", "metadata": None}
    if pa.types.is_int64(kind):
        return {"pandas_type": "int64", "numpy_type": "int64", "metadata": None}
    if pa.types.is_float64(kind):
        return {"pandas_type": "float64", "numpy_type": "float64", "metadata": None}
    if pa.types.is_boolean(kind):
        return {"pandas_type": "bool", "numpy_type": "bool", "metadata": None}
    return {"pandas_type": "object", "numpy_type": "object", "metadata": None}
