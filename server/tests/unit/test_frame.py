"""Frame queries understood, and the rows that spans make of them."""

import doctest
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import orjson
import pytest

from rubricate_server.domain import attributes
from rubricate_server.domain.attributes import flatten
from rubricate_server.domain.frame import FrameError, FrameQuery, frame_of, iso_time, picked, whole
from rubricate_server.storage.contract import SpanBody, StoredSpan

DOCUMENTS = "retrieval.documents"


@dataclass
class Table:
    """A frame without the ordinals."""

    index: list[str]
    columns: list[str]
    rows: list[dict[str, Any]]


def span(
    attributes: Mapping[str, Any] | None = None,
    *,
    number: int = 1,
    name: str = "step",
    kind: str = "CHAIN",
    parent: bytes | None = None,
    start_ns: int = 1_793_000_000_123_456_789,
    status: int = 0,
    events: list[dict[str, Any]] | None = None,
    flat: bool = True,
) -> StoredSpan:
    given = dict(attributes or {})
    if flat:
        given = flatten(given)
    return StoredSpan(
        id=number,
        trace_id=b"\xaa" * 16,
        span_id=number.to_bytes(8, "big"),
        parent_id=parent,
        name=name,
        kind=kind,
        start_ns=start_ns,
        end_ns=start_ns + 1_500_000,
        status=status,
        status_message="",
        body=SpanBody(
            given.pop("input.value", None),
            given.pop("output.value", None),
            orjson.dumps(given),
            None if events is None else orjson.dumps(events),
            None,
        ),
    )


def table(query: dict[str, Any], *spans: StoredSpan) -> Table:
    frame = frame_of(FrameQuery.parse(query), time=iso_time)
    rows = frame.rows(spans)
    names = {column.key: column.name for column in frame.columns}
    return Table(
        [names[key] for key in frame.index],
        [column.name for column in frame.columns if column.key not in frame.index],
        [{names[key]: cell for key, cell in row.items()} for row in rows],
    )


def cells(*spans: StoredSpan) -> list[dict[str, Any]]:
    """The attribute cells of a whole frame."""
    return [
        {name.removeprefix("attributes."): cell for name, cell in row.items() if name.startswith("attributes.")}
        for row in table({}, *spans).rows
    ]


def select(*keys: str, **clauses: Any) -> dict[str, Any]:
    return {"select": {key: {"key": key} for key in keys}, **clauses}


RETRIEVER = span(
    {
        "openinference.span.kind": "RETRIEVER",
        "input.value": "question",
        "retrieval.documents.0.document.id": "d0",
        "retrieval.documents.0.document.content": "first",
        "retrieval.documents.0.document.score": 0.5,
        "retrieval.documents.1.document.content": "second",
        "retrieval.documents.1.document.score": 1,
    },
    number=2,
    kind="RETRIEVER",
)
RETRIEVER = RETRIEVER._replace(
    body=RETRIEVER.body._replace(
        # The metadata of a document is an object as it is, as ingest leaves it.
        attributes=orjson.dumps(
            orjson.loads(RETRIEVER.body.attributes)
            | {"retrieval.documents.0.document.metadata": {"page": 1, "a": {"b": 2}}}
        )
    )
)


@pytest.mark.parametrize("module", [attributes, picked, whole])
def test_docstrings(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


# --- all columns ------------------------------------------------------------------------------------------------------


def test_a_frame_without_spans_has_the_base_columns() -> None:
    assert table({}) == Table(
        ["context.span_id"],
        [
            "name",
            "span_kind",
            "parent_id",
            "start_time",
            "end_time",
            "status_code",
            "status_message",
            "events",
            "context.span_id",
            "context.trace_id",
        ],
        [],
    )


def test_base_cells() -> None:
    one = span(
        name="été 世界 😀",
        kind="agent",
        parent=b"\x01" * 8,
        status=2,
        events=[{"name": "exception", "timestamp": 1_793_000_000_123_456_789, "attributes": {"exception.type": "E"}}],
    )
    assert table({}, one).rows == [
        {
            "context.span_id": "0000000000000001",
            "name": "été 世界 😀",
            "span_kind": "AGENT",
            "parent_id": "0101010101010101",
            "start_time": "2026-10-26T07:33:20.123456789Z",
            "end_time": "2026-10-26T07:33:20.124956789Z",
            "status_code": "ERROR",
            "status_message": "",
            "events": [
                {
                    "name": "exception",
                    "timestamp": "2026-10-26T07:33:20.123457+00:00",
                    "attributes": {"exception.type": "E"},
                }
            ],
            "context.trace_id": "aa" * 16,
        }
    ]


def test_a_root_has_no_parent_and_no_events_are_an_empty_list() -> None:
    [row] = table({}, span()).rows
    assert "parent_id" not in row
    assert row["events"] == []


def test_messages_are_lists_of_objects_with_dotted_keys() -> None:
    [row] = cells(
        span(
            {
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": "Hi",
                "llm.input_messages.0.message.role": "user",
                "llm.input_messages.0.message.contents.0.message_content.type": "text",
                "llm.input_messages.0.message.contents.1.message_content.image.image.url": "http://x",
                "llm.input_messages.1.message.tool_calls.0.tool_call.function.name": "f",
                "llm.input_messages.1.message.own.key": 1,
            }
        )
    )
    assert row == {
        "llm.output_messages": [{"message.role": "assistant", "message.content": "Hi"}],
        "llm.input_messages": [
            {
                "message.role": "user",
                "message.contents": [
                    {"message_content.type": "text"},
                    {"message_content.image": {"image.url": "http://x"}},
                ],
            },
            {"message.tool_calls": [{"tool_call.function.name": "f"}], "message": {"own": {"key": 1}}},
        ],
    }


def test_elements_are_in_order_of_their_numbers_and_gaps_close() -> None:
    keys = ["10", "2", "0"]
    [row] = cells(span({f"llm.input_messages.{key}.message.content": key for key in keys}))
    assert row["llm.input_messages"] == [{"message.content": key} for key in ("0", "2", "10")]


def test_objects_of_others_stay_as_they_are() -> None:
    metadata = {"llm": {"model_name": "x"}, "a.b": [1, {"c": None}], "5": {"d": 1}, "": 0}
    [row] = cells(
        span({"metadata": metadata}, flat=False),
    )
    assert row == {"metadata": metadata}
    [row] = cells(span({"metadata.llm.model_name": "x", "llm.prompt_template.variables.message.role": "r"}))
    assert row == {
        "metadata": {"llm": {"model_name": "x"}},
        "llm.prompt_template.variables": {"message": {"role": "r"}},
    }


def test_unknown_attributes_are_one_object_for_each_root() -> None:
    [row] = cells(
        span(
            {
                "custom": {"n": 3, "list": [{"a": {"b": 1}}, {"a": 2}]},
                "plain": "p",
                "llm.foo.bar": 1,
                "llm.model_name": "m",
            }
        )
    )
    assert row == {
        "custom": {"n": 3, "list": [{"a": {"b": 1}}, {"a": 2}]},
        "plain": "p",
        "llm": {"foo": {"bar": 1}},
        "llm.model_name": "m",
    }


@pytest.mark.parametrize("order", [1, -1])
def test_a_key_that_is_both_value_and_object_loses_nothing(order: int) -> None:
    pairs = [
        ("llm.a", 1),
        ("llm.a.b.c", 2),
        ("input.value.sub", "s"),
        ("llm.model_name", "m"),
        ("llm.model_name.x.y", 3),
    ]
    [row] = cells(span({"input.value": "i", **dict(pairs[::order])}))
    assert row == {
        "input.value": "i",
        "input.value.sub": "s",
        "llm": {"a": 1, "a.b.c": 2},
        "llm.model_name": "m",
        "llm.model_name.x": {"y": 3},
    }


def test_a_text_where_messages_are_expected_has_the_column_to_itself() -> None:
    [row] = cells(span({"llm.input_messages.0.message.role": "user", "llm.input_messages": "text"}, flat=False))
    assert row == {"llm.input_messages": "text", "llm.input_messages.0.message.role": "user"}


def test_nested_values_are_taken_apart() -> None:
    [row] = cells(
        span(
            {
                "llm": {"model_name": "m", "own": 1},
                "llm.output_messages": [{"message": {"role": "user", "content": "c"}}, "stray"],
                "tag.tags": ["a", "b"],
                "llm.finish_reason": [],
            },
            flat=False,
        )
    )
    assert row == {
        "llm.model_name": "m",
        "llm": {"own": 1},
        "llm.output_messages": [{"message.role": "user", "message.content": "c"}],
        "tag.tags": ["a", "b"],
        "llm.finish_reason": [],
    }


def test_rename_and_index_do_nothing_to_all_columns() -> None:
    result = table({"rename": {"name": "n"}, "index": {"key": "trace_id"}}, span())
    assert result.index == ["context.span_id"]
    assert "name" in result.columns


def test_null_cells_are_empty() -> None:
    [row] = cells(span({"llm.model_name": None, "custom.a": None}))
    assert row == {"custom": {"a": None}}


# --- named columns ----------------------------------------------------------------------------------------------------


def test_select_fields_and_attributes() -> None:
    query = {
        "select": {
            "n": {"key": "name"},
            "trace_id": {"key": "trace_id"},
            "latency": {"key": "latency_ms"},
            "status": {"key": "status_code"},
            "question": {"key": "input.value"},
            "same": {"key": "attributes.input.value"},
            "input": {"key": "input"},
            "page": {"key": "retrieval.documents[0].document.metadata.page"},
            "none": {"key": "no.such.thing"},
        }
    }
    result = table(query, RETRIEVER)
    assert result.index == ["context.span_id"]
    assert result.columns == [
        "n",
        "context.trace_id",
        "latency",
        "status",
        "question",
        "same",
        "input",
        "page",
        "none",
    ]
    assert result.rows == [
        {
            "context.span_id": "0000000000000002",
            "n": "step",
            "context.trace_id": "aa" * 16,
            "latency": 1.5,
            "status": "UNSET",
            "question": "question",
            "same": "question",
            "input": {"value": "question"},
            "page": 1,
        }
    ]


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("metadata", {"a": {"b": [1, {"c": 2}]}, "d.e": 3}),
        ("metadata.a.b", [1, {"c": 2}]),
        ("metadata['a']['b']", [1, {"c": 2}]),
        ('metadata["d.e"]', 3),
        ("metadata.d.e", 3),
        ("metadata.a.b.1.c", 2),
        ("metadata.a.b[1].c", 2),
        ("metadata.a.x", None),
        ("llm.token_count", {"prompt": 1, "prompt_details": {"cache_read": 0}}),
        (
            "llm",
            {
                "token_count": {"prompt": 1, "prompt_details": {"cache_read": 0}},
                "input_messages": [{"message": {"role": "user"}}],
            },
        ),
        ("llm.input_messages", [{"message": {"role": "user"}}]),
        ("llm.input_messages.0.message.role", "user"),
        ("llm.input_message", None),
    ],
)
def test_select_nested(key: str, cell: Any) -> None:
    one = span(
        {
            "metadata": {"a": {"b": [1, {"c": 2}]}, "d.e": 3},
            "llm.token_count.prompt": 1,
            "llm.token_count.prompt_details.cache_read": 0,
            "llm.input_messages.0.message.role": "user",
        },
        flat=False,
    )
    [row] = table({"select": {"x": {"key": key}}}, one).rows
    assert row.get("x") == cell


def test_the_index_is_no_column() -> None:
    result = table(select("trace_id", "name", index={"key": "trace_id"}), span())
    assert (result.index, result.columns) == (["context.trace_id"], ["name"])


def test_any_attribute_can_be_the_index() -> None:
    result = table(select("name", index={"key": "session.id"}), span({"session.id": "s"}), span())
    assert result.index == ["session.id"]
    assert [row.get("session.id") for row in result.rows] == ["s", None]


def test_rename() -> None:
    query = select("trace_id", "name", "span_kind", rename={"context.trace_id": "t", "name": "span_kind", "nope": "x"})
    frame = frame_of(FrameQuery.parse(query), time=iso_time)
    assert [column.name for column in frame.columns] == ["context.span_id", "t", "span_kind", "span_kind"]
    [row] = frame.rows([span()])
    assert list(row.values()) == ["0000000000000001", "aa" * 16, "step", "CHAIN"]


def test_explode_named_fields() -> None:
    query = {
        "explode": {
            "key": DOCUMENTS,
            "primary_index_key": "context.span_id",
            "kwargs": {
                "document": "document.content",
                "metadata": "document.metadata",
                "a": "document.metadata.a",
                "no": "document.no",
            },
        },
        **select("trace_id", "input.value", rename={"input.value": "input", "document": "text"}),
        "index": {"key": "context.span_id"},
    }
    assert table(query, span(), RETRIEVER) == Table(
        ["context.span_id", "document_position"],
        ["context.trace_id", "input", "text", "metadata", "a", "no"],
        [
            {
                "context.span_id": "0000000000000002",
                "document_position": 0,
                "context.trace_id": "aa" * 16,
                "input": "question",
                "text": "first",
                "metadata": {"page": 1, "a": {"b": 2}},
                "a": {"b": 2},
            },
            {
                "context.span_id": "0000000000000002",
                "document_position": 1,
                "context.trace_id": "aa" * 16,
                "input": "question",
                "text": "second",
            },
        ],
    )


def test_explode_everything() -> None:
    result = table({"explode": {"key": DOCUMENTS}, **select("name")}, RETRIEVER)
    assert result.columns == [
        "name",
        "document.id",
        "document.content",
        "document.score",
        "document.metadata.page",
        "document.metadata.a.b",
    ]
    assert [row["document.content"] for row in result.rows] == ["first", "second"]


def test_explode_messages_has_plain_positions_and_nested_lists() -> None:
    one = span({"llm.input_messages.0.message.contents.0.message_content.text": "t"})
    result = table({"explode": {"key": "llm.input_messages"}}, one)
    assert result.index == ["context.span_id", "position"]
    assert result.rows[0]["message.contents"] == [{"message_content": {"text": "t"}}]


def test_explode_a_list_of_texts() -> None:
    result = table({"explode": {"key": "tag.tags"}}, span({"tag.tags": ["a", "b"]}), span({"tag.tags": []}))
    assert [(row["position"], row["tag.tags"]) for row in result.rows] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize("odd", [{}, {DOCUMENTS: "text"}, {DOCUMENTS: {"a": 1}}, {DOCUMENTS: []}, {DOCUMENTS: None}])
def test_explode_what_is_no_list_gives_no_rows(odd: dict[str, Any]) -> None:
    query = {"explode": {"key": DOCUMENTS, "kwargs": {"document": "document.content"}}}
    assert table(query, span(odd, flat=False)) == Table(["context.span_id", "document_position"], ["document"], [])


def test_elements_that_are_no_objects_are_passed_over() -> None:
    one = span({DOCUMENTS: ["stray", {"document": {"content": "c"}}, 3]}, flat=False)
    result = table({"explode": {"key": DOCUMENTS, "kwargs": {"c": "document.content"}}}, one)
    assert [(row["document_position"], row["c"]) for row in result.rows] == [(0, "c")]


@pytest.mark.parametrize(
    "query",
    [
        {"explode": {"key": DOCUMENTS, "primary_index_key": "context.trace_id"}},
        {"explode": {"key": DOCUMENTS, "primary_index_key": "trace_id"}, "index": {"key": "context.span_id"}},
        {"explode": {"key": DOCUMENTS}, "index": {"key": "trace_id"}},
    ],
)
def test_explode_under_another_index(query: dict[str, Any]) -> None:
    result = table(query, RETRIEVER)
    assert result.index == ["context.trace_id", "document_position"]
    assert len(result.rows) == 2


def test_select_wins_over_an_exploded_name() -> None:
    result = table({"explode": {"key": DOCUMENTS, "kwargs": {"name": "document.content"}}, **select("name")}, RETRIEVER)
    assert (result.columns, result.rows[0]["name"]) == (["name"], "step")


def test_concat() -> None:
    query = {
        "concat": {
            "key": DOCUMENTS,
            "separator": " | ",
            "kwargs": {
                "texts": "document.content",
                "ids": "document.id",
                "scores": "document.score",
                "m": "document.metadata",
            },
        },
        "index": {"key": "trace_id"},
        "rename": {"texts": "context"},
    }
    assert table(query, RETRIEVER, span()) == Table(
        ["context.trace_id"],
        ["context", "ids", "scores", "m"],
        [
            {
                "context.trace_id": "aa" * 16,
                "context": "first | second",
                "ids": "d0",
                "scores": "0.5 | 1",
                "m": '{"page":1,"a":{"b":2}}',
            }
        ],
    )


def test_concat_without_fields_and_with_the_default_separator() -> None:
    result = table({"concat": {"key": "tag.tags"}}, span({"tag.tags": ["a", "b"]}), span({"tag.tags": "single"}))
    assert [row["tag.tags"] for row in result.rows] == ["a\n\nb"]


def test_concat_and_explode() -> None:
    query = {
        "concat": {"key": DOCUMENTS, "kwargs": {"context": "document.content"}},
        "explode": {"key": DOCUMENTS, "kwargs": {"document": "document.content"}},
    }
    result = table(query, RETRIEVER)
    assert [(row["context"], row["document"]) for row in result.rows] == [
        ("first\n\nsecond", "first"),
        ("first\n\nsecond", "second"),
    ]


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ({}, {"input", "output", "attributes", "events"}),
        (select("name", "latency_ms"), set()),
        (select("input.value"), {"input"}),
        (select("input.value", "output.value", "name"), {"input", "output"}),
        (select("output"), {"output", "attributes"}),
        (select("metadata"), {"attributes"}),
        (select("name", index={"key": "session.id"}), {"attributes"}),
        ({"explode": {"key": DOCUMENTS}}, {"attributes"}),
        ({"concat": {"key": DOCUMENTS}, **select("input.value")}, {"attributes", "input"}),
    ],
)
def test_only_needed_parts_are_read(query: dict[str, Any], parts: set[str]) -> None:
    assert FrameQuery.parse(query).parts == parts


# --- understanding ----------------------------------------------------------------------------------------------------


def test_absent_null_and_empty_clauses_are_alike() -> None:
    clauses = ("select", "filter", "explode", "concat", "rename", "index")
    assert (
        FrameQuery.parse({})
        == FrameQuery.parse(dict.fromkeys(clauses))
        == FrameQuery.parse({key: {} for key in clauses})
    )
    assert FrameQuery.parse({"explode": {"key": ""}, "filter": {"condition": " "}}) == FrameQuery()


def test_the_condition_is_handed_on() -> None:
    assert (
        FrameQuery.parse({"filter": {"condition": "name == 'x'", "valid_eval_names": ["y"]}}).condition == "name == 'x'"
    )


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"select": ["name"]}, "select"),
        ({"select": {"name": "name"}}, "select"),
        ({"select": {"name": {}}}, "select"),
        (select(""), "select['']"),
        (select("bad key!"), "character 4"),
        (select("1+1"), "character 2"),
        (select("a..b"), "character 2"),
        (select("['a']"), "character 1"),
        (select("annotations['x'].score"), "annotation"),
        (select("evals['x'].label"), "annotation"),
        ({"filter": {"condition": 5}}, "filter.condition"),
        ({"filter": "x"}, "filter"),
        ({"explode": {"key": 5}}, "explode.key"),
        ({"explode": {"key": DOCUMENTS, "kwargs": {"a": 5}}}, "explode.kwargs['a']"),
        ({"explode": {"key": DOCUMENTS, "kwargs": ["a"]}}, "explode.kwargs"),
        ({"concat": {"key": DOCUMENTS, "separator": 5}}, "concat.separator"),
        ({"concat": {"key": DOCUMENTS, "kwargs": {"a": "b c"}}}, "concat.kwargs['a']"),
        ({"rename": {"a": 1}}, "rename"),
        ({"rename": {"a": ""}}, "rename"),
        ({"index": {"key": 5}}, "index"),
    ],
)
def test_errors_name_the_clause(query: dict[str, Any], named: str) -> None:
    with pytest.raises(FrameError) as caught:
        FrameQuery.parse(query)
    assert named in str(caught.value)
