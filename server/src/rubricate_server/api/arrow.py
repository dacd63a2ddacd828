"""Frames as Arrow streams.

The schema stands first, so the frame is held, as Arrow batches, on disk from `HELD_BYTES` on. Where a column (or a
field inside its cells) mixes kinds that one Arrow type cannot hold, texts stay as they are and anything else becomes
JSON text. Numbers of both kinds become float64.
"""

import tempfile
from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

from rubricate_server.domain.frame import Column, Frame, Span

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

HELD_BYTES: Final = 16 * 2**20
"""What one answer may keep in memory before it moves to disk."""
BATCH_ROWS: Final = 512
"""Rows of an Arrow batch: few enough for memory, many enough that types seldom change between batches."""
MAX_FIELDS: Final = 512
"""An object with more different keys than this over the rows becomes JSON text: each costs every row."""


def arrow_stream(frame: Frame, batches: Iterator[list[Span]]) -> Generator[bytes]:
    """The frame as one Arrow stream, with what pandas needs to know about its index."""
    import pyarrow as pa  # takes 0.2 s, and most servers never export Arrow

    kinds: dict[str, _Kind] = {}
    with _Held() as held:
        for rows in _regrouped(map(frame.rows, batches)):
            arrays = []
            for column in frame.columns:
                cells = [row.get(column.key) for row in rows]
                kind = kinds.get(column.key)
                if kind is None:
                    kind = kinds[column.key] = _Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None)
                kind.see(cells)
                arrays.append(kind.array(cells))
            held.append(pa.RecordBatch.from_arrays(arrays, [column.key for column in frame.columns]))

        columns = [*(column for column in frame.columns if column.key not in frame.index)]
        columns += (column for column in frame.columns if column.key in frame.index)
        for column in columns:
            kinds.setdefault(column.key, _Kind(pa.timestamp("ns", tz="UTC") if column.is_time else None))
        schema = _arrow_schema(columns, frame.index, {key: kind.arrow() for key, kind in kinds.items()})
        sink = _Sink()
        with pa.ipc.new_stream(sink, schema) as stream:
            for batch in held:
                present = dict(zip(batch.schema.names, batch.columns, strict=True))
                arrays = [
                    kinds[column.key].conformed(present[column.key])
                    if column.key in present
                    else pa.nulls(batch.num_rows, kinds[column.key].arrow())
                    for column in columns
                ]
                stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
                yield sink.taken()
        yield sink.taken()


def _regrouped(batches: Iterable[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for batch in batches:
        rows += batch
        if len(rows) >= BATCH_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


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


class _Sink:
    """What an Arrow stream writes into."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def taken(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Held:
    """Arrow batches, each with a schema of its own: in memory, and from `HELD_BYTES` on in a file without a name."""

    def __init__(self) -> None:
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._file: BinaryIO | None = None
        self._ends: list[int] = []

    def __enter__(self) -> "_Held":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def append(self, batch: "pa.RecordBatch") -> None:
        import pyarrow as pa

        self._bytes += batch.nbytes
        if self._file is None and self._bytes <= HELD_BYTES:
            self._batches.append(batch)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        with pa.ipc.new_stream(self._file, batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
            stream.write_batch(batch)
        self._ends.append(self._file.tell())

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        yield from self._batches
        start = 0
        for end in self._ends:
            assert self._file is not None
            self._file.seek(start)
            with pa.ipc.open_stream(self._file.read(end - start)) as stream:
                yield from stream
            start = end


class _Kind:
    """What cells of a column hold, learned batch by batch, down to the fields of the objects in them."""

    def __init__(self, given: "pa.DataType | None" = None) -> None:
        self._given = given
        self._text = False
        self._boolean = False
        self._integer = False
        self._number = False
        self._items: _Kind | None = None
        self._fields: dict[str, _Kind] | None = None

    def see(self, cells: Iterable[Any]) -> None:
        """Learn from cells; None says nothing."""
        if self._given is not None:
            return
        cells = cells if isinstance(cells, list) else list(cells)
        lists: list[list[Any]] = []
        objects: list[dict[str, Any]] = []
        for kind in set(map(type, cells)):
            if kind is str:
                self._text = True
            elif kind is bool:
                self._boolean = True
            elif kind is int:
                self._integer = True
                if not self._number:
                    self._number = any(type(cell) is int and not -_INT64 <= cell < _INT64 for cell in cells)
            elif kind is float:
                self._number = True
            elif kind is list:
                lists = [cell for cell in cells if type(cell) is list]
            elif issubclass(kind, dict):
                objects += [cell for cell in cells if type(cell) is kind]
        if lists:
            self._items = self._items or _Kind()
            self._items.see(list(chain.from_iterable(lists)))
        if objects:
            if self._fields is None:
                self._fields = {}
            inside: dict[str, list[Any]] = {}
            for cell in objects:
                for key, value in cell.items():
                    inside.setdefault(key, []).append(value)
            for key, values in inside.items():
                self._fields.setdefault(key, _Kind()).see(values)

    @property
    def is_json(self) -> bool:
        """Whether no Arrow type holds all that was seen."""
        is_numeric = self._integer or self._number
        different = (self._text, self._boolean, is_numeric, self._items is not None, self._fields is not None)
        return sum(different) > 1 or (self._fields is not None and len(self._fields) > MAX_FIELDS)

    def arrow(self, *, inner: bool = False) -> "pa.DataType":
        """The Arrow type of what was seen."""
        import pyarrow as pa

        text: pa.DataType = pa.string() if inner else pa.large_string()
        if self._given is not None:
            return self._given
        if self.is_json or self._text:
            return text
        if self._boolean:
            return pa.bool_()
        if self._number:
            return pa.float64()
        if self._integer:
            return pa.int64()
        if self._items is not None:
            return pa.list_(self._items.arrow(inner=True))
        if self._fields is not None:
            return pa.struct([(key, kind.arrow(inner=True)) for key, kind in self._fields.items()])
        return pa.null()

    def array(self, cells: list[Any]) -> "pa.Array":
        """Cells as an array of the type as it is known now."""
        import pyarrow as pa

        return pa.array([self._plain(cell) for cell in cells] if self._is_mixed() else cells, type=self.arrow())

    def conformed(self, array: "pa.Array") -> "pa.Array":
        """An array made earlier, when less was known, in the type of all."""
        import pyarrow as pa

        wanted = self.arrow()
        if array.type == wanted:
            return array
        if not self._is_mixed():
            return array.cast(wanted)
        return pa.array([self._plain(_without_nulls(cell)) for cell in array.to_pylist()], type=wanted)

    def _is_mixed(self) -> bool:
        """Whether some cells, or parts of cells, must be rewritten to fit the type."""
        if self.is_json or (self._integer and self._number) or (self._items is not None and self._items._is_mixed()):
            return True
        return any(kind._is_mixed() for kind in (self._fields or {}).values())

    def _plain(self, cell: Any) -> Any:
        """The cell as the type wants it."""
        if cell is None:
            return None
        if self.is_json:
            return cell if isinstance(cell, str) else orjson.dumps(cell).decode()
        if self._number:
            return float(cell)
        if self._items is not None:
            return [self._items._plain(item) for item in cell]
        if self._fields is not None:
            return {key: self._fields[key]._plain(value) for key, value in cell.items()}
        return cell


_INT64: Final = 1 << 63


def _without_nulls(cell: Any) -> Any:
    """Objects without the empty fields that Arrow gave them."""
    if isinstance(cell, dict):
        return {key: _without_nulls(value) for key, value in cell.items() if value is not None}
    if isinstance(cell, list):
        return [_without_nulls(item) for item in cell]
    return cell
