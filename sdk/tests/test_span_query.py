import pytest

from rubricate import errors
from rubricate.client.types.spans import SpanQuery

INDEX = {"index": {"key": "context.span_id"}}


@pytest.mark.parametrize(
    ("query", "wire"),
    [
        (SpanQuery(), {}),
        (SpanQuery().where("a == 1").where("b == 2"), {"filter": {"condition": "b == 2"}, **INDEX}),
        (
            SpanQuery().where("a", valid_eval_names=["e"]),
            {"filter": {"condition": "a", "valid_eval_names": ["e"]}, **INDEX},
        ),
        (
            SpanQuery().select("span_id", "input.value", answer="output.value"),
            {
                "select": {
                    "context.span_id": {"key": "context.span_id"},
                    "input.value": {"key": "input.value"},
                    "answer": {"key": "output.value"},
                },
                **INDEX,
            },
        ),
        (
            SpanQuery().explode("retrieval.documents", text="document.content"),
            {
                "explode": {
                    "key": "retrieval.documents",
                    "primary_index_key": "context.span_id",
                    "kwargs": {"text": "document.content"},
                },
                **INDEX,
            },
        ),
        (
            SpanQuery().explode("llm.input_messages").with_index("trace_id"),
            {
                "explode": {"key": "llm.input_messages", "primary_index_key": "context.trace_id"},
                "index": {"key": "context.trace_id"},
            },
        ),
        (
            SpanQuery().concat("retrieval.documents", context="document.content"),
            {
                "concat": {
                    "key": "retrieval.documents",
                    "separator": "\n\n",
                    "kwargs": {"context": "document.content"},
                },
                **INDEX,
            },
        ),
        (
            SpanQuery().concat("retrieval.documents").with_concat_separator("|"),
            {"concat": {"key": "retrieval.documents", "separator": "|"}, **INDEX},
        ),
        (SpanQuery().rename(**{"input.value": "question"}), {"rename": {"input.value": "question"}, **INDEX}),
        (SpanQuery().with_index("span_id"), INDEX),
    ],
)
def test_a_query_on_the_wire(query, wire):
    assert query.to_dict() == wire


def test_a_query_is_never_changed():
    first = SpanQuery()
    assert first.where("a") is not first
    assert first.to_dict() == {}


@pytest.mark.parametrize("step", [lambda q: q.where(" "), lambda q: q.select(""), lambda q: q.explode("")])
def test_a_blank_is_refused(step):
    with pytest.raises(errors.InvalidInput, match="not blank"):
        step(SpanQuery())
