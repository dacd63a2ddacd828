"""Frames as Arrow streams.

The schema stands first, so the frame is held, as Arrow batches, on disk from `HELD_BYTES` on. Where a column (or a
field inside its cells) mixes kinds that one Arrow type cannot hold, texts stay as they are and anything else becomes
JSON text. Numbers of both kinds become float64.
"""

import tempfile
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from rubricate_server.api.arrow_frame import ArrowFrame, regrouped
from rubricate_server.domain.frame import Frame, Span

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

HELD_BYTES: Final = 8 * 2**20
"""What one answer may keep in memory before it moves to disk."""


def arrow_stream(frame: Frame, batches: Iterator[list[Span]]) -> Generator[bytes]:
    """The frame as one Arrow stream, with what pandas needs to know about its index."""
    arrow = ArrowFrame(frame)
    import pyarrow as pa

    with _Held() as held:
        for spans in regrouped(batches):
            batch = arrow.batch(spans)
            if batch.num_rows:
                held.append(batch)
        columns, schema = arrow.columns, arrow.schema
        sink = _Sink()
        with pa.ipc.new_stream(sink, schema) as stream:
            for batch in held:
                present = dict(zip(batch.schema.names, batch.columns, strict=True))
                arrays = [
                    arrow.kind(column.key).conformed(present[column.key])
                    if column.key in present
                    else pa.nulls(batch.num_rows, schema.field(place).type)
                    for place, column in enumerate(columns)
                ]
                stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
                yield sink.taken()
        yield sink.taken()


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
