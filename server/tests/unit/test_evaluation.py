"""Evaluations from bytes: any table that the old clients can send, and what is refused with a reason."""

import contextlib
import math
import string
from typing import Any, cast

import orjson
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.ingest import evaluation
from rubricate_server.ingest.evaluation import _EVALUATION, EVAL_TYPES, INDEX, Undecodable, decode_protobuf
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.contract import NewAnnotation, SpanStore

KINDS = st.sampled_from(list(EVAL_TYPES))
NAMES = st.text(min_size=1).filter(lambda name: name.strip() not in ("", "note"))
HEX_IDS = st.binary(min_size=1, max_size=16).map(bytes.hex)
SCORES = st.none() | st.floats(allow_infinity=False) | st.integers(-(2**31), 2**31)
TEXTS = st.none() | st.text()
COLUMNS = {"score": SCORES, "label": TEXTS, "explanation": TEXTS}


def decode_arrow(body: bytes) -> list[NewAnnotation]:
    with Ingest(cast(SpanStore, None)).room() as room:  # cast: nothing is stored
        return [each for piece in evaluation.decode_arrow(body, 1 << 20, room) for each in piece]


def stream(table: pa.Table, **described: Any) -> bytes:
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"arize": orjson.dumps(described)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    sent: bytes = sink.getvalue().to_pybytes()
    return sent


def sent(kind: TargetKind, frame: pd.DataFrame, name: str = "correct") -> bytes:
    return stream(pa.Table.from_pandas(frame), eval_id="0", eval_name=name, eval_type=EVAL_TYPES[kind])


def of_spans(**columns: list[Any]) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index(["0a" * 8] * length, name="context.span_id"))


def as_number(score: float | None) -> float | None:
    return None if score is None or math.isnan(score) else float(score)


@given(kind=KINDS, name=NAMES, data=st.data())
def test_any_table(kind: TargetKind, name: str, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, unique=True))
    ids = data.draw(st.lists(HEX_IDS, min_size=1, max_size=8))
    positions = data.draw(st.lists(st.integers(0, 2**31 - 1), min_size=len(ids), max_size=len(ids)))
    cells = {column: data.draw(st.lists(COLUMNS[column], min_size=len(ids), max_size=len(ids))) for column in columns}
    index = pd.MultiIndex.from_arrays([ids, positions][: len(INDEX[kind])], names=INDEX[kind])
    frame = pd.DataFrame({"other": [None] * len(ids)}, index=index)
    for column, values in cells.items():
        frame[column] = pd.Series(values, index=index, dtype=float if column == "score" else object)

    found = decode_arrow(sent(kind, frame, name))

    assert [each.key.target_kind for each in found] == [kind] * len(ids)
    assert [each.key.target_id.hex() for each in found] == ids
    assert [each.key.position for each in found] == (positions if kind == TargetKind.DOCUMENT else [-1] * len(ids))
    assert {each.key.name for each in found} == {name.strip()}
    empty: list[Any] = [None] * len(ids)
    assert [each.score for each in found] == [as_number(score) for score in cells.get("score", empty)]
    assert [each.label for each in found] == cells.get("label", empty)
    assert [each.explanation for each in found] == cells.get("explanation", empty)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(body: bytes) -> None:
    for decode in (decode_arrow, decode_protobuf):
        with contextlib.suppress(Undecodable):
            decode(body)


@given(place=st.integers(0, 10**6), flip=st.integers(1, 255), labels=st.lists(TEXTS, min_size=1, max_size=5))
def test_a_stream_with_a_wrong_byte_is_refused_or_read(place: int, flip: int, labels: list[str | None]) -> None:
    body = bytearray(sent(TargetKind.SPAN, of_spans(label=labels, score=[0.5] * len(labels))))
    body[place % len(body)] ^= flip
    with contextlib.suppress(Undecodable):
        decode_arrow(bytes(body))


@given(body=st.binary(min_size=1), keep=st.floats(0, 1))
def test_a_stream_that_was_cut_is_refused(body: bytes, keep: float) -> None:
    whole = sent(TargetKind.SPAN, of_spans(label=[body.hex()]))
    with pytest.raises(Undecodable):
        decode_arrow(whole[: int((len(whole) - 17) * keep)])


def test_who_said_it() -> None:
    (found,) = decode_arrow(sent(TargetKind.SPAN, of_spans(score=[1])))
    assert found[1:] == (AnnotatorKind.LLM, None, 1.0, None, {}, AnnotationSource.API, None)
    assert found.key.identifier == ""


def test_a_table_without_rows_says_nothing() -> None:
    assert decode_arrow(sent(TargetKind.SPAN, pd.DataFrame({"score": pd.Series([], dtype=float)}))) == []


def test_large_strings_and_dictionaries() -> None:
    table = pa.table(
        {
            "span_id": pa.array(["0a"], pa.large_string()),
            "label": pa.array(["good"]).dictionary_encode(),
            "score": pa.array([3], pa.int8()),
        }
    )
    (found,) = decode_arrow(stream(table, eval_name="x", eval_type="SpanEvaluations"))
    assert (found.key.target_id, found.label, found.score) == (b"\x0a", "good", 3.0)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"context.span_id": ["0a"], "score": ["1"]}, "score in row 0"),
        ({"context.span_id": ["0a"], "score": [math.inf]}, "score in row 0"),
        ({"context.span_id": ["0a"], "label": [5]}, "label in row 0"),
        ({"context.span_id": ["xyz"], "label": ["a"]}, "id in row 0"),
        ({"context.span_id": [None], "label": ["a"]}, "id in row 0"),
        ({"context.span_id": [""], "label": ["a"]}, "id in row 0"),
        ({"id": ["0a"], "label": ["a"]}, "no column 'context.span_id'"),
    ],
)
def test_rows_that_cannot_be_meant(columns: dict[str, list[Any]], reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode_arrow(stream(pa.table(columns), eval_name="x", eval_type="SpanEvaluations"))


@pytest.mark.parametrize("position", [-1, 1.5, None, 2**40])
def test_positions_that_cannot_be_meant(position: Any) -> None:
    table = pa.table({"context.span_id": ["0a"], "document_position": [position], "label": ["a"]})
    with pytest.raises(Undecodable, match="document_position in row 0"):
        decode_arrow(stream(table, eval_name="x", eval_type="DocumentEvaluations"))


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({}, "neither"),
        ({"eval_name": "x"}, "neither"),
        ({"eval_name": "x", "eval_type": "Evaluations"}, "eval_type is 'Evaluations'"),
        ({"eval_name": " ", "eval_type": "SpanEvaluations"}, "must not be blank"),
        ({"eval_name": 5, "eval_type": "SpanEvaluations"}, "must not be blank"),
        ({"eval_name": "note", "eval_type": "SpanEvaluations"}, "reserved"),
    ],
)
def test_tables_that_do_not_say_what_they_are(described: dict[str, Any], reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode_arrow(stream(pa.Table.from_pandas(of_spans(score=[1.0])), **described))


@given(
    name=st.text(string.ascii_letters, min_size=1).filter(lambda name: name != "note"),
    span_id=HEX_IDS,
    position=st.integers(0, 2**31 - 1),
    score=st.none() | st.floats(allow_infinity=False),
)
def test_any_message(name: str, span_id: str, position: int, score: float | None) -> None:
    message = _EVALUATION(name=name)
    message.subject_id.document_retrieval_id.span_id = span_id
    message.subject_id.document_retrieval_id.document_position = position
    if score is not None:
        message.result.score.SetInParent()  # also when it is 0
        message.result.score.value = score
    found = decode_protobuf(message.SerializeToString())
    assert found.key == (TargetKind.DOCUMENT, bytes.fromhex(span_id), position, name, "")
    assert found.score == as_number(score)
    assert (found.label, found.explanation) == (None, None)


def test_a_message_about_nothing() -> None:
    with pytest.raises(Undecodable, match="subject_id is empty"):
        decode_protobuf(_EVALUATION(name="x").SerializeToString())
