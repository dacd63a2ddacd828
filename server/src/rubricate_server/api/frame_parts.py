"""Frames in parts, for our own client: it reads while the server is still at work. `frame_part.py` has the format.

Nothing is held: each batch goes out as it is known by then, and the types of all rows come last. The client puts the
columns together, which it does while it would wait.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from rubricate.records.frame_part import ANNOTATIONS, END, FRAME, HEADER, KEYS, ROWS, WAIT, header
from rubricate_server.api.arrow_frame import ArrowFrame, regrouped
from rubricate_server.api.identifier import global_id
from rubricate_server.api.target import SPAN
from rubricate_server.domain.frame import Frame, Span
from rubricate_server.storage.contract import SpanAnnotationRow

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

HEARTBEAT: Final = header(WAIT)

AnnotationsOf = Callable[[Sequence[int]], list[SpanAnnotationRow]]
"""The annotations of the spans in these rows of storage."""


def frame_parts(
    frame: Frame, batches: Iterator[list[Span]], annotations_of: AnnotationsOf | None
) -> Generator[bytes | memoryview]:
    """All parts of one frame, each in one piece."""
    arrow = ArrowFrame(frame)
    rows, annotations = 0, None if annotations_of is None else 0
    for spans in regrouped(batches):
        if annotations is not None and annotations_of is not None:
            said = annotations_of([span.id for span in spans])
            if said:
                annotations += len(said)
                yield _part(ANNOTATIONS, _annotation_batch(said))
        batch = arrow.batch(spans)
        if batch.num_rows:
            rows += batch.num_rows
            yield _part(ROWS, batch)
    about = {"keys": [column.key for column in arrow.columns], "rows": rows, "annotations": annotations}
    schema = arrow.schema
    yield _part(FRAME, schema.with_metadata({**schema.metadata, KEYS: orjson.dumps(about)}))


def end() -> bytes:
    """The part after the last frame."""
    return header(END)


def _part(kind: bytes, content: "pa.RecordBatch | pa.Schema") -> memoryview:
    """An Arrow stream of one batch, or of none but its schema, as a part. Its texts are copied once."""
    import pyarrow as pa

    def write(sink: Any) -> None:
        with pa.ipc.new_stream(sink, content.schema if isinstance(content, pa.RecordBatch) else content) as stream:
            if isinstance(content, pa.RecordBatch):
                stream.write_batch(content)

    counted = pa.MockOutputStream()
    write(counted)
    part = pa.allocate_buffer(HEADER.size + counted.size())
    sink = pa.FixedSizeBufferWriter(part)
    sink.write(header(kind, counted.size()))
    write(sink)
    return memoryview(part)


def _annotation_batch(said: list[SpanAnnotationRow]) -> "pa.RecordBatch":
    import pyarrow as pa

    columns = dict(zip(SpanAnnotationRow._fields, zip(*said, strict=True), strict=True))
    time = pa.timestamp("us", tz="UTC")
    arrays = {
        "span_id": pa.array([span_id.hex() for span_id in columns["span_id"]]),
        **{name: pa.array(columns[name], pa.string()) for name in _TEXTS},
        "score": pa.array(columns["score"], pa.float64()),
        "created_at": pa.array(columns["created_us"], time),
        "updated_at": pa.array(columns["updated_us"], time),
        "id": pa.array([global_id(SPAN.type_name, row) for row in columns["id"]]),
    }
    return pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))


_TEXTS: Final = ("name", "annotator_kind", "label", "explanation", "identifier", "metadata", "user_id", "source")
