"""arize-phoenix-client, blocking and asynchronous, unchanged against a real server."""

import math
from datetime import timedelta
from typing import Any

import httpx
import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from phoenix.client import Client
from phoenix.client.exceptions import SpanCreationError
from phoenix.client.helpers.spans import (
    async_get_input_output_context,
    async_get_retrieved_documents,
    dataframe_to_spans,
    get_input_output_context,
    get_retrieved_documents,
    uniquify_spans,
    uniquify_spans_dataframe,
)
from phoenix.client.types.spans import SpanQuery

from ..server import Server
from .helpers import NOON, Json, a_rag_trace, a_span, id_of, new_span_id, send, spans_in

# The client changes frames in place, which pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:pandas.errors.Pandas4Warning")

BASE_COLUMNS = [
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
]


@pytest.fixture
def client(phoenix_client: Any) -> Any:
    return phoenix_client


@pytest.fixture
def trace(server: Server, project: str) -> list[Json]:
    return send(server, project, a_rag_trace())


# --- data frames ------------------------------------------------------------------------------------------------------


def test_a_frame_has_all_spans_newest_first(client: Any, project: str, trace: list[Json]) -> None:
    chain, retriever, model = trace

    frame = client.spans.get_spans_dataframe(project_identifier=project)

    assert frame.index.name == "context.span_id"
    assert list(frame.index) == [id_of(model), id_of(retriever), id_of(chain)]
    assert set(BASE_COLUMNS) <= set(frame.columns)
    assert list(frame["context.span_id"]) == list(frame.index)
    assert set(frame["context.trace_id"]) == {chain["context"]["trace_id"]}
    assert list(frame["span_kind"]) == ["LLM", "RETRIEVER", "CHAIN"]
    assert frame.loc[id_of(model), "parent_id"] == id_of(chain)
    assert is_nothing(frame.loc[id_of(chain), "parent_id"])
    assert frame.loc[id_of(chain), "start_time"] == pd.Timestamp(NOON)
    assert str(frame["start_time"].dt.tz) == "UTC"
    [message] = frame.loc[id_of(model), "attributes.llm.output_messages"]
    assert message == {"message.role": "assistant", "message.content": "At the depot."}
    assert [each["document.content"] for each in frame.loc[id_of(retriever), "attributes.retrieval.documents"]] == [
        "Depots open at 8.",
        "Parcels take 2 days.",
    ]
    assert frame.loc[id_of(chain), "attributes.metadata"] == {"tenant": "blue", "tier": 2}
    assert frame.loc[id_of(model), "attributes.llm.token_count.total"] == 12
    assert frame.loc[id_of(model), "attributes.llm.invocation_parameters"] == '{"temperature": 0}'


def test_an_unknown_project_is_an_empty_frame_with_its_columns(client: Any, project: str) -> None:
    frame = client.spans.get_spans_dataframe(project_name=project)

    assert frame.empty
    assert list(frame.columns) == BASE_COLUMNS


def test_a_frame_is_also_found_by_project_id(client: Any, project: str, trace: list[Json]) -> None:
    project_id = client.projects.get(project_name=project)["id"]

    assert len(client.spans.get_spans_dataframe(project_identifier=project_id)) == 3


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("span_kind == 'LLM'", ["ChatCompletion"]),
        ("name == 'search'", ["search"]),
        ("parent_id is None", ["chain"]),
        ("'parcel' in input.value", ["search", "chain"]),
        ("llm.token_count.total > 10 and llm.token_count.total < 13", ["ChatCompletion"]),
        ("latency_ms >= 4000", ["chain"]),
        ("status_code == 'ERROR'", []),
        ("metadata['tier'] == 2", ["chain"]),
        ("attributes['llm.model_name'] == 'gpt-5'", ["ChatCompletion"]),
    ],
)
def test_where(client: Any, project: str, trace: list[Json], condition: str, found: list[str]) -> None:
    frame = client.spans.get_spans_dataframe(query=SpanQuery().where(condition), project_name=project)

    assert list(frame["name"]) == found


def test_where_by_an_annotation(client: Any, project: str, trace: list[Json]) -> None:
    for span, label in zip(trace, ["good", "bad", "good"], strict=True):
        client.spans.add_span_annotation(span_id=id_of(span), annotation_name="tone", label=label, sync=True)

    query = SpanQuery().where("annotations['tone'].label == 'good'")
    frame = client.spans.get_spans_dataframe(query=query, project_name=project)

    assert sorted(frame["name"]) == ["ChatCompletion", "chain"]


def test_a_condition_that_cannot_be_read_says_where(client: Any, project: str, trace: list[Json]) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.spans.get_spans_dataframe(query=SpanQuery().where("span_kind === 'LLM'"), project_name=project)

    assert refused.value.response.status_code == 422
    assert refused.value.response.text.startswith("Invalid query: ")


def test_tokens_are_summed_over_what_is_below(client: Any, project: str, trace: list[Json]) -> None:
    query = SpanQuery().select("name", "cumulative_token_count.total", "cumulative_llm_token_count_prompt")

    frame = client.spans.get_spans_dataframe(query=query, project_name=project).set_index("name")

    assert frame["cumulative_llm_token_count_total"].to_dict() == {"chain": 12, "search": 0, "ChatCompletion": 12}
    assert frame["cumulative_llm_token_count_prompt"].dtype == "int64"


def test_select_rename_and_index(client: Any, project: str, trace: list[Json]) -> None:
    query = (
        SpanQuery()
        .where("span_kind == 'CHAIN'")
        .select("span_id", "input.value", "output.value")
        .rename(**{"input.value": "question", "output.value": "answer"})
        .with_index("trace_id")
    )

    frame = client.spans.get_spans_dataframe(query=query, project_name=project)

    assert frame.index.name == "context.trace_id"
    assert frame.reset_index().to_dict("records") == [
        {
            "context.trace_id": trace[0]["context"]["trace_id"],
            "context.span_id": id_of(trace[0]),
            "question": "Where is my parcel?",
            "answer": "At the depot.",
        }
    ]


def test_explode(client: Any, project: str, trace: list[Json]) -> None:
    query = SpanQuery().explode("retrieval.documents", text="document.content", score="document.score")

    frame = client.spans.get_spans_dataframe(query=query, project_name=project)

    assert frame.index.names == ["context.span_id", "document_position"]
    assert frame.reset_index().to_dict("records") == [
        {
            "context.span_id": id_of(trace[1]),
            "document_position": place,
            "text": text,
            "score": score,
        }
        for place, (text, score) in enumerate([("Depots open at 8.", 0.9), ("Parcels take 2 days.", 0.4)])
    ]


def test_concat(client: Any, project: str, trace: list[Json]) -> None:
    query = SpanQuery().concat("retrieval.documents", context="document.content").where("span_kind == 'RETRIEVER'")

    frame = client.spans.get_spans_dataframe(query=query, project_name=project)

    assert frame["context"].to_dict() == {id_of(trace[1]): "Depots open at 8.\n\nParcels take 2 days."}


def test_limits_roots_and_times(client: Any, project: str, trace: list[Json]) -> None:
    def names(**arguments: Any) -> list[str]:
        return list(client.spans.get_spans_dataframe(project_name=project, **arguments)["name"])

    assert names(limit=2) == ["ChatCompletion", "search"]
    assert names(root_spans_only=True) == ["chain"]
    second = timedelta(seconds=1)
    assert names(start_time=NOON + second) == ["ChatCompletion", "search"], "start is inclusive"
    assert names(end_time=NOON + 2 * second) == ["search", "chain"], "end is exclusive"
    assert names(start_time=NOON + second, end_time=NOON + 2 * second) == ["search"]


def test_an_orphan_counts_as_a_root(client: Any, server: Server, project: str) -> None:
    send(server, project, [a_span("orphan", parent_id=new_span_id())])

    frame = client.spans.get_spans_dataframe(project_name=project, root_spans_only=True)

    assert list(frame["name"]) == ["orphan"]


# --- lists ------------------------------------------------------------------------------------------------------------


def test_get_spans_gives_back_what_was_sent(client: Any, project: str, trace: list[Json]) -> None:
    found = {span["context"]["span_id"]: span for span in client.spans.get_spans(project_identifier=project)}

    assert set(found) == set(map(id_of, trace))
    for sent in trace:
        got = found[id_of(sent)]
        same = ("name", "context", "span_kind", "parent_id", "start_time", "end_time", "status_code", "status_message")
        assert {field: got[field] for field in same} == {field: sent[field] for field in same}
        assert got["events"] == []
    assert found[id_of(trace[1])]["attributes"]["retrieval.documents.1.document.content"] == "Parcels take 2 days."
    assert found[id_of(trace[0])]["attributes"]["metadata.tenant"] == "blue"


def test_get_spans_pages_through_more_than_a_page(client: Any, server: Server, project: str) -> None:
    send(server, project, [a_span(f"n{number}", start=NOON + timedelta(seconds=number)) for number in range(230)])

    assert len(client.spans.get_spans(project_identifier=project, limit=1000)) == 230
    assert len({id_of(span) for span in client.spans.get_spans(project_identifier=project, limit=150)}) == 150


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "chain"}, ["chain"]),
        ({"name": ["chain", "search"]}, ["chain", "search"]),
        ({"span_kind": "llm"}, ["ChatCompletion"]),
        ({"span_kind": ["LLM", "RETRIEVER"]}, ["ChatCompletion", "search"]),
        ({"status_code": "OK"}, ["ChatCompletion", "chain", "search"]),
        ({"status_code": ["ERROR", "UNSET"]}, []),
        ({"parent_id": "null"}, ["chain"]),
        ({"attributes": {"llm.model_name": "gpt-5"}}, ["ChatCompletion"]),
        ({"attributes": {"llm.model_name": "gpt-5", "llm.token_count.total": 13}}, []),
        ({"attributes": {"llm.token_count.total": 12}}, ["ChatCompletion"]),
        ({"attributes": {"metadata.tier": 2}}, ["chain"]),
        ({"attributes": {"metadata.tier": "2"}}, []),  # a text is not a number
        ({"attributes": {"llm.invocation_parameters": '{"temperature": 0}'}}, ["ChatCompletion"]),
        ({"start_time": NOON + timedelta(seconds=1), "end_time": NOON + timedelta(seconds=2)}, ["search"]),
        ({"name": "chain", "span_kind": "LLM"}, []),
    ],
)
def test_get_spans_filters(client: Any, project: str, trace: list[Json], filters: Json, found: list[str]) -> None:
    assert sorted(s["name"] for s in client.spans.get_spans(project_identifier=project, **filters)) == found


def test_get_spans_by_ids(client: Any, server: Server, project: str, trace: list[Json]) -> None:
    send(server, project, a_rag_trace("Another?"))
    chain, retriever, model = trace

    def ids(**filters: Any) -> set[str]:
        return {id_of(span) for span in client.spans.get_spans(project_identifier=project, **filters)}

    assert ids(trace_ids=[chain["context"]["trace_id"]]) == set(map(id_of, trace))
    assert ids(span_ids=[id_of(model), id_of(chain), new_span_id()]) == {id_of(model), id_of(chain)}
    assert ids(parent_id=id_of(chain)) == {id_of(model), id_of(retriever)}


# --- writing spans ----------------------------------------------------------------------------------------------------


def test_log_spans_stores_before_it_answers(client: Any, server: Server, project: str) -> None:
    spans = a_rag_trace()

    assert client.spans.log_spans(project_identifier=project, spans=spans) == {"total_received": 3, "total_queued": 3}
    assert {id_of(span) for span in spans_in(server, project)} == set(map(id_of, spans))


def test_duplicate_spans_are_listed_and_nothing_is_stored(client: Any, server: Server, project: str) -> None:
    [old] = send(server, project, [a_span()])
    new = a_span()

    with pytest.raises(SpanCreationError) as refused:
        client.spans.log_spans(project_identifier=project, spans=[new, old])

    assert refused.value.duplicate_spans == [old["context"]]
    assert refused.value.invalid_spans == []
    assert (refused.value.total_received, refused.value.total_queued) == (2, 0)
    assert (refused.value.total_duplicates, refused.value.total_invalid) == (1, 0)
    assert [id_of(span) for span in spans_in(server, project)] == [id_of(old)]


def test_invalid_spans_are_listed_and_nothing_is_stored(client: Any, server: Server, project: str) -> None:
    naive = a_span() | {"start_time": "2026-03-01T12:00:00"}

    with pytest.raises(SpanCreationError) as refused:
        client.spans.log_spans(project_identifier=project, spans=[a_span(), naive])

    [invalid] = refused.value.invalid_spans
    assert invalid["span_id"] == id_of(naive)
    assert "timezone" in invalid["error"]
    assert spans_in(server, project) == []


def test_a_frame_travels_to_another_project_and_back(client: Any, project: str, trace: list[Json]) -> None:
    frame = client.spans.get_spans_dataframe(project_name=project)

    copied = uniquify_spans_dataframe(frame)
    client.spans.log_spans_dataframe(project_identifier=f"{project}-copy", spans_dataframe=copied)

    back = client.spans.get_spans_dataframe(project_name=f"{project}-copy").loc[copied.index]
    assert set(back.columns) == set(frame.columns)
    for column in sorted(set(frame.columns) - {"events"}):
        before, after = copied[column].tolist(), back[column].tolist()
        assert [(is_nothing(a), None if is_nothing(a) else a) for a in before] == [
            (is_nothing(b), None if is_nothing(b) else b) for b in after
        ], column


def test_spans_travel_to_another_project_and_back(client: Any, project: str, trace: list[Json]) -> None:
    copied = uniquify_spans(client.spans.get_spans(project_identifier=project))
    client.spans.log_spans(project_identifier=f"{project}-copy", spans=copied)

    back = client.spans.get_spans(project_identifier=f"{project}-copy")
    assert [span | {"id": ""} for span in sorted(back, key=id_of)] == [
        span | {"id": ""} for span in sorted(copied, key=id_of)
    ]
    frame = client.spans.get_spans_dataframe(project_name=f"{project}-copy")
    assert sorted(id_of(dict(span)) for span in dataframe_to_spans(frame)) == sorted(map(id_of, copied))


def test_delete_takes_the_span_and_leaves_its_children(client: Any, server: Server, project: str) -> None:
    chain, retriever, model = send(server, project, a_rag_trace())

    client.spans.delete(span_identifier=id_of(chain))

    [global_id] = [span["id"] for span in spans_in(server, project) if id_of(span) == id_of(model)]
    client.spans.delete(span_identifier=global_id)
    assert [id_of(span) for span in spans_in(server, project)] == [id_of(retriever)]
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        client.spans.delete(span_identifier=id_of(chain))


# --- annotations ------------------------------------------------------------------------------------------------------


def test_add_span_annotation_answers_an_id_only_when_sync(client: Any, project: str, trace: list[Json]) -> None:
    one: Json = {"span_id": id_of(trace[0]), "annotation_name": "tone", "annotator_kind": "LLM", "label": "kind"}

    first = client.spans.add_span_annotation(**one, sync=True)
    again = client.spans.add_span_annotation(**one, sync=True)

    assert first is not None
    assert first == again, "the same key is the same annotation"
    assert client.spans.add_span_annotation(**one) is None


def test_an_annotation_comes_back_whole(client: Any, project: str, trace: list[Json]) -> None:
    added = client.spans.add_span_annotation(
        span_id=id_of(trace[0]),
        annotation_name="tone",
        annotator_kind="CODE",
        label="kind",
        score=-3.5,
        explanation="It says please.",
        metadata={"model": "m", "nested": {"list": [1, None, "é"]}},
        identifier="v1",
        sync=True,
    )

    [found] = client.spans.get_span_annotations(span_ids=[id_of(trace[0])], project_identifier=project)

    assert found.pop("created_at") == found.pop("updated_at")
    assert found == {
        "id": added["id"],
        "source": "API",
        "user_id": None,
        "name": "tone",
        "annotator_kind": "CODE",
        "result": {"label": "kind", "score": -3.5, "explanation": "It says please."},
        "metadata": {"model": "m", "nested": {"list": [1, None, "é"]}},
        "identifier": "v1",
        "span_id": id_of(trace[0]),
    }


def test_a_sync_annotation_of_an_unknown_span_is_refused(client: Any) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.spans.add_span_annotation(span_id=new_span_id(), annotation_name="tone", label="x", sync=True)

    assert refused.value.response.status_code == 404
    assert refused.value.response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("sync", [True, False])
def test_250_annotations(client: Any, server: Server, project: str, sync: bool) -> None:
    spans = send(server, project, [a_span(f"n{number}") for number in range(250)])
    annotations: list[Json] = [
        {"span_id": id_of(span), "name": "length", "annotator_kind": "CODE", "result": {"score": float(number)}}
        for number, span in enumerate(spans)
    ]

    ids = client.spans.log_span_annotations(span_annotations=annotations, sync=sync)

    assert (len({each["id"] for each in ids}) == 250) if sync else ids is None
    found = client.spans.get_span_annotations(spans=spans, project_identifier=project, limit=70)
    assert {each["span_id"]: each["result"]["score"] for each in found} == {
        each["span_id"]: each["result"]["score"] for each in annotations
    }
    if sync:
        by_span = {each["span_id"]: each["id"] for each in found}
        assert [each["id"] for each in ids] == [by_span[id_of(span)] for span in spans], "in the order sent"


def test_a_frame_of_annotations(client: Any, project: str, trace: list[Json]) -> None:
    # Every cell is filled: with pandas 3 the client makes the word "nan" of empty texts, and chokes on empty scores.
    frame = pd.DataFrame(
        {
            "name": ["tone", "tone", "length"],
            "annotator_kind": ["LLM", "HUMAN", "CODE"],
            "label": ["kind", "rude", "long"],
            "score": [1.0, 0.0, 12.0],
            "explanation": ["So.", "Because.", "Counted."],
            "metadata": [{"a": 1}, {}, {}],
            "identifier": ["v1", "", ""],
        },
        index=pd.Index([id_of(trace[0]), id_of(trace[1]), id_of(trace[0])], name="context.span_id"),
    )

    ids = client.spans.log_span_annotations_dataframe(dataframe=frame, sync=True)

    spans = client.spans.get_spans_dataframe(project_name=project)
    found = client.spans.get_span_annotations_dataframe(spans_dataframe=spans, project_identifier=project)
    assert found.index.name == "span_id"
    assert set(found["id"]) == {each["id"] for each in ids}
    plain = found.rename(columns=lambda name: name.removeprefix("result.")).rename(columns={"annotation_name": "name"})
    rows = [(span_id, *row) for span_id, row in zip(plain.index, plain[frame.columns].values.tolist(), strict=True)]
    sent = [(span_id, *row) for span_id, row in zip(frame.index, frame.values.tolist(), strict=True)]
    assert sorted(rows, key=str) == sorted(sent, key=str)


def test_arguments_stand_for_missing_columns(client: Any, project: str, trace: list[Json]) -> None:
    frame = pd.DataFrame({"span_id": [id_of(span) for span in trace], "label": ["a", "b", "c"]})

    assert (
        client.spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="x", annotator_kind="CODE") is None
    )

    found = client.spans.get_span_annotations_dataframe(spans=trace, project_identifier=project)
    assert found["result.label"].to_dict() == dict(zip(frame["span_id"], frame["label"], strict=True))
    assert set(found["annotator_kind"]) == {"CODE"}


def test_names_are_included_and_excluded(client: Any, project: str, trace: list[Json]) -> None:
    for name in ("a", "b", "c"):
        client.spans.add_span_annotation(span_id=id_of(trace[0]), annotation_name=name, score=1, sync=True)

    def names(**arguments: Any) -> list[str]:
        found = client.spans.get_span_annotations(span_ids=[id_of(trace[0])], project_identifier=project, **arguments)
        return sorted(each["name"] for each in found)

    assert names() == ["a", "b", "c"]
    assert names(include_annotation_names=["a", "c"]) == ["a", "c"]
    assert names(exclude_annotation_names=["a"]) == ["b", "c"]
    assert names(include_annotation_names=["a", "b"], exclude_annotation_names=["b"]) == ["a"]


def test_no_annotations_is_empty_and_no_span_is_an_error(client: Any, project: str, trace: list[Json]) -> None:
    assert client.spans.get_span_annotations(spans=trace, project_identifier=project) == []
    assert client.spans.get_span_annotations_dataframe(spans=trace, project_identifier=project).empty
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.spans.get_span_annotations(span_ids=[new_span_id()], project_identifier=project)
    assert refused.value.response.status_code == 404
    assert refused.value.response.text == "None of the supplied span_ids exist in this project"


def test_notes_pile_up_and_are_hidden_until_asked_for(client: Any, project: str, trace: list[Json]) -> None:
    span_id = id_of(trace[0])

    first = client.spans.add_span_note(span_id=span_id, note="Ask Ana.")
    second = client.spans.add_span_note(span_id=span_id, note="Ana says yes.")

    assert first["id"] != second["id"]
    asked: Json = {"span_ids": [span_id], "project_identifier": project}
    assert client.spans.get_span_annotations(**asked) == []
    notes = client.spans.get_span_annotations(**asked, include_annotation_names=["note"], exclude_annotation_names=[])
    assert {note["id"]: note["result"]["explanation"] for note in notes} == {
        first["id"]: "Ask Ana.",
        second["id"]: "Ana says yes.",
    }
    assert {(note["name"], note["annotator_kind"]) for note in notes} == {("note", "HUMAN")}
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        client.spans.add_span_note(span_id=new_span_id(), note="Nobody reads this.")


# --- helpers ----------------------------------------------------------------------------------------------------------


def test_retrieved_documents(client: Any, project: str, trace: list[Json]) -> None:
    if isinstance(client, Client):
        frame = get_retrieved_documents(client, project_name=project)
    else:
        frame = client.run(async_get_retrieved_documents, project_name=project)

    assert frame.index.names == ["context.span_id", "document_position"]
    assert list(frame["document"]) == ["Depots open at 8.", "Parcels take 2 days."]
    assert list(frame["document_score"]) == [0.9, 0.4]
    assert set(frame["input"]) == {"Where is my parcel?"}
    assert set(frame["context.trace_id"]) == {trace[0]["context"]["trace_id"]}


def test_input_output_and_context(client: Any, project: str, trace: list[Json]) -> None:
    if isinstance(client, Client):
        frame = get_input_output_context(client, project_name=project)
    else:
        frame = client.run(async_get_input_output_context, project_name=project)

    assert frame is not None
    [row] = frame.to_dict("records")
    assert row["input"] == "Where is my parcel?"
    assert row["output"] == "At the depot."
    assert row["context"] == "Depots open at 8.\n\nParcels take 2 days."


# --- projects ---------------------------------------------------------------------------------------------------------


def test_projects_live(client: Any, project: str) -> None:
    made = client.projects.create(name=project, description="The help desk")

    assert made == {"id": made["id"], "name": project, "description": "The help desk"}
    assert client.projects.get(project_name=project) == made
    assert client.projects.get(project_id=made["id"]) == made
    assert made in client.projects.list()
    assert client.projects.list(name_contains=project.upper()) == [made]
    changed = client.projects.update(project_name=project, description="Another")
    assert changed == made | {"description": "Another"}
    client.projects.delete(project_id=made["id"])
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        client.projects.get(project_name=project)


def test_a_project_of_the_same_name_is_refused(client: Any, project: str) -> None:
    client.projects.create(name=project)

    with pytest.raises(httpx.HTTPStatusError, match="409"):
        client.projects.create(name=project)


def test_the_default_project_is_there_from_the_start_and_stays(client: Any) -> None:
    default = client.projects.get(project_name="default")

    with pytest.raises(httpx.HTTPStatusError, match="403"):
        client.projects.delete(project_id=default["id"])


def test_more_projects_than_a_page(client: Any, project: str) -> None:
    for number in range(120):
        client.projects.create(name=f"{project}-{number}")

    assert len({each["id"] for each in client.projects.list() if each["name"].startswith(project)}) == 120


def is_nothing(cell: Any) -> bool:
    """None or NaN."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
