"""Our own SDK against a real server: traces, sessions, and annotations of every kind of target; `Client` and
`AsyncClient` alike.
"""

from datetime import UTC, timedelta
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from phoenix.client import Client as PhoenixClient
from phoenix.client.helpers import spans as phoenix_helpers

from rubricate import Client, DocumentEvaluations, SpanEvaluations, TraceEvaluations, errors
from rubricate.client.helpers import spans as helpers
from rubricate.client.types.spans import SpanQuery

from ..server import Server
from .helpers import NOON, Awaited, Json, a_rag_trace, a_span, id_of, new_trace_id, send


@pytest.fixture
def client(rubricate_client: Any) -> Any:
    return rubricate_client


@pytest.fixture
def session(project: str) -> str:
    return f"session of {project}"


@pytest.fixture
def traces(server: Server, project: str, session: str) -> list[list[Json]]:
    """Two traces, an hour apart, of one conversation."""
    both = [a_rag_trace("Where is my parcel?"), a_rag_trace("And now?", NOON + timedelta(hours=1))]
    for trace in both:
        trace[0]["attributes"]["session.id"] = session
        send(server, project, trace)
    return both


def trace_id_of(trace: list[Json]) -> str:
    trace_id: str = trace[0]["context"]["trace_id"]
    return trace_id


# --- traces and sessions ----------------------------------------------------------------------------------------------


def test_traces_are_listed(client: Any, project: str, session: str, traces: list[list[Json]]) -> None:
    first, second = map(trace_id_of, traces)

    def ids(**conditions: Any) -> list[str]:
        return [trace["trace_id"] for trace in client.traces.get_traces(project_identifier=project, **conditions)]

    assert ids() == [second, first]
    assert ids(order="asc") == [first, second]
    assert ids(limit=1) == [second]
    assert ids(limit=None, sort="latency_ms") == ids()
    assert ids(start_time=NOON + timedelta(minutes=1)) == [second]
    assert ids(end_time=NOON + timedelta(minutes=1)) == [first]
    assert ids(session_id=session) == ids()
    assert ids(session_id=["other"]) == ids(error=True) == ids(min_latency_ms=60_000) == []
    assert ids(filter_condition="'now' in input") == [second]
    [trace] = client.traces.get_traces(project_identifier=project, include_spans=True, limit=1)
    assert [span["name"] for span in trace["spans"]] == ["chain", "search", "ChatCompletion"]
    with pytest.raises(errors.InvalidRequest):
        ids(filter_condition="no_such_name == 1")


def test_a_trace_is_moved_and_deleted(client: Any, project: str, traces: list[list[Json]]) -> None:
    first, second = map(trace_id_of, traces)
    other = client.projects.create(name=f"{project}-other")

    moved = client.traces.transfer(trace_identifiers=[first], destination_project_identifier=other["name"])

    assert moved == {"transferred_trace_count": 1, "destination_project_id": other["id"]}
    assert [each["trace_id"] for each in client.traces.get_traces(project_identifier=other["id"])] == [first]
    client.traces.delete(trace_identifier=second)
    assert client.traces.get_traces(project_identifier=project) == []
    with pytest.raises(errors.NotFound):
        client.traces.delete(trace_identifier=second)


def test_sessions_are_read(client: Any, project: str, session: str, traces: list[list[Json]]) -> None:
    found = client.sessions.get(session_id=session)

    assert [trace["trace_id"] for trace in found["traces"]] == [trace_id_of(trace) for trace in traces]
    assert client.sessions.get(session_id=found["id"]) == found
    assert client.sessions.list(project_name=project) == client.sessions.list(project_id=found["project_id"]) == [found]
    assert client.sessions.list(project_name=project, filter_condition="num_traces > 2") == []
    frame = client.sessions.get_sessions_dataframe(project_name=project)
    assert frame[["session_id", "num_traces", "start_time"]].values.tolist() == [[session, 2, pd.Timestamp(NOON)]]
    turns = client.sessions.get_session_turns(session_id=session)
    assert [(turn["input"]["value"], turn["output"]["value"]) for turn in turns] == [
        ("Where is my parcel?", "At the depot."),
        ("And now?", "At the depot."),
    ]
    assert [turn["root_span"]["name"] for turn in turns] == ["chain", "chain"]


def test_a_conversation_of_more_turns_than_a_question_has_ids(client: Any, server: Server, project: str) -> None:
    spans = [
        a_span(start=NOON + timedelta(seconds=n), attributes={"session.id": project, "input.value": str(n)})
        for n in range(130)
    ]
    send(server, project, spans)

    turns = client.sessions.get_session_turns(session_id=project)

    assert [turn["input"] for turn in turns] == [{"value": str(n)} for n in range(130)]
    assert "output" not in turns[0]


def test_sessions_are_deleted(client: Any, server: Server, project: str, traces: list[list[Json]]) -> None:
    [session] = client.sessions.list(project_name=project)
    client.sessions.delete(session_id=session["session_id"])
    with pytest.raises(errors.NotFound):
        client.sessions.delete(session_id=session["id"])
    assert client.traces.get_traces(project_identifier=project) == []
    names = [f"{project} {n}" for n in range(2)]
    send(server, project, [a_span(attributes={"session.id": name}) for name in names])
    client.sessions.bulk_delete(session_ids=names)
    assert client.sessions.list(project_name=project) == []


# --- annotations of every kind of target ------------------------------------------------------------------------------


def test_annotations_of_traces(client: Any, project: str, traces: list[list[Json]]) -> None:
    first, second = map(trace_id_of, traces)
    added = client.traces.add_trace_annotation(trace_id=first, annotation_name="solved", label="yes", sync=True)
    client.traces.log_trace_annotations(
        trace_annotations=[{"trace_id": second, "name": "solved", "annotator_kind": "CODE", "result": {"score": 0.5}}]
    )
    logged = client.traces.log_trace_annotations_dataframe(
        dataframe=pd.DataFrame({"context.trace_id": [first, second], "score": [1, 0]}),
        annotation_name="cheap",
        annotator_kind="CODE",
        sync=True,
    )
    client.traces.add_trace_note(trace_id=first, note="Ask Ana.")

    found = client.traces.get_trace_annotations(trace_ids=[first], project_identifier=project)
    frame = client.traces.get_trace_annotations_dataframe(trace_ids=[first, second], project_identifier=project)
    [note] = client.traces.get_trace_annotations(
        trace_ids=[first], project_identifier=project, include_annotation_names=["note"]
    )

    assert [(each["name"], each["id"]) for each in found] == [("cheap", logged[0]["id"]), ("solved", added["id"])]
    assert frame.index.name == "trace_id"
    assert sorted(zip(frame["annotation_name"], frame["annotator_kind"], strict=True)) == [
        ("cheap", "CODE"),
        ("cheap", "CODE"),
        ("solved", "CODE"),
        ("solved", "HUMAN"),
    ]
    assert note["result"]["explanation"] == "Ask Ana."
    with pytest.raises(errors.NotFound):
        client.traces.add_trace_annotation(trace_id=new_trace_id(), annotation_name="x", score=1, sync=True)


def test_annotations_of_sessions(client: Any, project: str, session: str, traces: list[list[Json]]) -> None:
    added = client.sessions.add_session_annotation(
        session_id=session, annotation_name="polite", annotator_kind="LLM", score=0.7, identifier="judge", sync=True
    )
    client.sessions.log_session_annotations(
        session_annotations=[
            {"session_id": session, "name": "quick", "annotator_kind": "CODE", "result": {"label": "no"}}
        ]
    )
    client.sessions.log_session_annotations_dataframe(
        dataframe=pd.DataFrame({"label": ["short"]}, index=[session]), annotation_name="length", annotator_kind="CODE"
    )
    client.sessions.add_session_note(session_id=session, note="A regular.", identifier="me")

    found = client.sessions.get_session_annotations(session_ids=[session], project_identifier=project)
    frame = client.sessions.get_session_annotations_dataframe(session_ids=[session], project_identifier=project)

    assert [each["name"] for each in found] == ["length", "quick", "polite"]
    assert (found[2]["id"], found[2]["result"]["score"], found[2]["identifier"]) == (added["id"], 0.7, "judge")
    assert list(frame["result.label"].dropna()) == ["short", "no"]
    assert list(frame.index) == [session] * 3


def test_annotations_of_documents(client: Any, project: str, traces: list[list[Json]]) -> None:
    search = id_of(traces[0][1])
    client.spans.add_document_annotation(
        span_id=search, document_position=1, annotation_name="relevance", annotator_kind="LLM", score=0.2, sync=True
    )
    client.spans.log_document_annotations(
        document_annotations=[
            {
                "span_id": search,
                "document_position": 0,
                "name": "relevance",
                "annotator_kind": "LLM",
                "result": {"score": 0.9},
            }
        ]
    )
    documents = retrieved(client, project)
    client.spans.log_document_annotations_dataframe(
        dataframe=documents.assign(label=documents["document"].str[:3]), annotation_name="start", annotator_kind="CODE"
    )

    found = client.spans.get_document_annotations(span_ids=[search], project_identifier=project)
    frame = client.spans.get_document_annotations_dataframe(spans_dataframe=documents, project_identifier=project)

    scores = {each["document_position"]: each["result"]["score"] for each in found if each["name"] == "relevance"}
    assert scores == {0: 0.9, 1: 0.2}
    assert frame.index.names == ["span_id", "document_position"]
    starts = frame[frame["annotation_name"] == "start"]["result.label"].to_dict()
    assert starts == {(id_of(trace[1]), n): start for trace in traces for n, start in enumerate(["Dep", "Par"])}
    with pytest.raises(errors.InvalidRequest, match="out of bounds"):
        client.spans.add_document_annotation(
            span_id=search, document_position=5, annotation_name="relevance", score=1, sync=True
        )


def test_one_annotation_by_its_id(client: Any, project: str, traces: list[list[Json]]) -> None:
    added = client.annotations.add_span_annotation(
        span_id=id_of(traces[0][0]), annotation_name="ok", label="bad", score=0, metadata={"a": 1}, sync=True
    )

    changed = client.annotations.update(added["id"], label="good", score=None, explanation="Second thoughts.")

    assert changed == client.annotations.get(added["id"])
    assert changed["result"] == {"label": "good", "score": None, "explanation": "Second thoughts."}
    assert changed["metadata"] == {"a": 1}
    assert changed["target"] == {"kind": "span", "id": id_of(traces[0][0]), "position": None}
    assert client.annotations.update(added["id"], metadata={"b": 2}, annotator_kind="CODE")["metadata"] == {"b": 2}
    client.annotations.delete(added["id"])
    actions = [(each["action"], each["result"]["label"]) for each in client.annotations.history(added["id"])]
    assert actions == [("created", "bad"), ("replaced", "good"), ("replaced", "good"), ("deleted", "good")]
    for call in (client.annotations.get, client.annotations.delete):
        with pytest.raises(errors.NotFound):
            call(added["id"])


def test_the_annotations_of_a_project(client: Any, project: str, session: str, traces: list[list[Json]]) -> None:
    span_id = id_of(traces[0][0])
    client.annotations.add_span_annotation(span_id=span_id, annotation_name="ok", label="bad", score=0.2)
    client.annotations.add_span_annotation(
        span_id=span_id, annotation_name="ok", annotator_kind="LLM", label="good", score=0.8, identifier="judge"
    )
    client.sessions.add_session_annotation(session_id=session, annotation_name="polite", label="good")
    client.spans.add_span_note(span_id=span_id, note="Hm.")

    def found(**conditions: Any) -> list[str]:
        return [
            f"{each['target']['kind']} {each['name']} {each['result']['label']}"
            for each in client.annotations.list(project_identifier=project, **conditions)
        ]

    assert found() == ["span note None", "session polite good", "span ok good", "span ok bad"]
    assert found(limit=1) == found(name="note") == ["span note None"]
    assert found(exclude_name="note", target_kind="span") == ["span ok good", "span ok bad"]
    assert found(label=["good", "bad"], annotator_kind="HUMAN") == ["session polite good", "span ok bad"]
    assert found(min_score=0.5) == found(identifier="judge") == ["span ok good"]
    assert found(end_time=NOON) == found(source="APP") == []
    frame = client.annotations.get_annotations_dataframe(project_identifier=project, name=["ok", "polite"])
    assert frame[["target.kind", "target.id", "annotation_name", "result.label"]].values.tolist() == [
        ["session", session, "polite", "good"],
        ["span", span_id, "ok", "good"],
        ["span", span_id, "ok", "bad"],
    ]
    assert client.annotations.get_annotations_dataframe(project_identifier=project, name="none").empty


def test_versions_of_a_rubric(client: Any, project: str) -> None:
    client.rubrics.create(name=project, type="CATEGORICAL", values=["a", "b"])
    client.rubrics.update(project, values=["a", "b", "c"])

    versions = client.rubrics.versions(project)

    assert [version["number"] for version in versions] == [1, 2]
    assert [len(version["config"]["values"]) for version in versions] == [2, 3]


def test_evaluations_come_back(client: Any, project: str, traces: list[list[Json]]) -> None:
    assert client.get_evaluations(f"{project}-unknown") == []
    roots = pd.Index([id_of(trace[0]) for trace in traces], name="context.span_id")
    documents = retrieved(client, project)
    given = [
        SpanEvaluations("tone", pd.DataFrame({"label": ["kind", "rude"], "score": [1.0, 0.0]}, index=roots)),
        DocumentEvaluations("relevance", documents.assign(score=[0.1, 0.2, 0.3, 0.4])),
        TraceEvaluations("solved", pd.DataFrame({"trace_id": list(map(trace_id_of, traces)), "label": ["yes", "no"]})),
    ]
    client.log_evaluations(*given)

    found = {each.eval_name: each for each in client.get_evaluations(project)}

    assert set(found) == {"tone", "relevance", "solved"}
    for each in given:
        back = found[each.eval_name]
        assert type(back) is type(each)
        wanted = each.dataframe.sort_index()
        assert back.dataframe.sort_index()[list(wanted.columns)].to_dict() == wanted.to_dict()


# --- frames -----------------------------------------------------------------------------------------------------------


def test_a_frame_with_annotations(client: Any, project: str, traces: list[list[Json]]) -> None:
    chain, search, _ = traces[0]
    added = [
        client.annotations.add_span_annotation(
            span_id=id_of(chain), annotation_name="ok", identifier=who, label=label, sync=True, metadata={"by": who}
        )
        for who, label in (("ada", "good"), ("ben", "bad"))
    ]
    client.spans.add_span_note(span_id=id_of(search), note="Not among them.")

    frame = client.spans.get_spans_dataframe(project_name=project, include_annotations=True)

    lists = frame["annotations"]
    assert {span_id for span_id, found in lists.items() if found} == {id_of(chain)}
    assert all(isinstance(found, list) for found in lists)
    newest, oldest = lists[id_of(chain)]
    assert newest["created_at"].tzinfo is not None
    assert newest["created_at"].astimezone(UTC) >= oldest["created_at"]
    times = {"created_at", "updated_at"}
    assert {key: value for key, value in newest.items() if key not in times} == {
        "name": "ok",
        "annotator_kind": "HUMAN",
        "label": "bad",
        "score": None,
        "explanation": None,
        "identifier": "ben",
        "metadata": {"by": "ben"},
        "user_id": None,
        "source": "API",
        "id": added[1]["id"],
    }


def test_a_query_with_annotations(client: Any, project: str, traces: list[list[Json]]) -> None:
    client.annotations.add_span_annotation(span_id=id_of(traces[0][1]), annotation_name="ok", label="good")

    def ask(query: SpanQuery) -> pd.DataFrame:
        return client.spans.get_spans_dataframe(query=query, project_name=project, include_annotations=True)

    exploded = ask(SpanQuery().explode("retrieval.documents", text="document.content"))
    assert [len(cell) for cell in exploded["annotations"]] == [0, 0, 1, 1]
    assert list(ask(SpanQuery().where("name == 'nobody'"))["annotations"]) == []
    with pytest.raises(errors.InvalidInput, match=r"include_annotations.*context\.span_id"):
        ask(SpanQuery().select("name").with_index("trace_id"))


def test_many_spans_with_annotations(client: Any, server: Server, project: str) -> None:
    spans = [a_span(f"step {n}", start=NOON + timedelta(seconds=n)) for n in range(700)]
    send(server, project, spans)
    client.spans.log_span_annotations(
        span_annotations=[
            {"span_id": id_of(span), "name": "n", "annotator_kind": "CODE", "result": {"score": n}}
            for n, span in enumerate(spans)
        ]
    )

    frame = client.spans.get_spans_dataframe(project_name=project, limit=None, include_annotations=True)

    assert [(row["name"], row["annotations"][0]["score"]) for _, row in frame.iterrows()] == [
        (f"step {n}", n) for n in reversed(range(700))
    ]


def test_a_frame_of_spans_is_stored_again(client: Any, project: str, traces: list[list[Json]]) -> None:
    frame = client.spans.get_spans_dataframe(project_name=project)
    copy = f"{project}-copy"

    stored = client.spans.log_spans_dataframe(
        spans_dataframe=helpers.uniquify_spans_dataframe(frame), project_identifier=copy
    )

    assert stored == {"total_received": 6, "total_queued": 6}
    back = client.spans.get_spans_dataframe(project_name=copy)
    own = ["context.span_id", "context.trace_id", "parent_id"]
    old, new = (each.drop(columns=own).reset_index(drop=True) for each in (frame, back))
    pd.testing.assert_frame_equal(new, old, check_like=True)
    assert not set(back.index) & set(frame.index)
    assert set(back["parent_id"].dropna()) <= set(back.index)
    again = helpers.uniquify_spans(client.spans.get_spans(project_identifier=project))
    assert client.spans.log_spans(spans=again, project_identifier=copy)["total_queued"] == 6
    assert len(client.traces.get_traces(project_identifier=copy)) == 4


def test_frames_for_judging_retrieval(client: Any, project: str, traces: list[list[Json]]) -> None:
    documents = retrieved(client, project)
    context = of(client, "get_input_output_context", project_name=project)

    assert documents.index.names == ["context.span_id", "document_position"]
    assert documents[["context.trace_id", "input", "document", "document_score"]].values.tolist()[0] == [
        trace_id_of(traces[1]),
        "And now?",
        "Depots open at 8.",
        0.9,
    ]
    assert context.index.name == "context.span_id"
    assert context.loc[id_of(traces[0][0])].to_dict() == {
        "context.trace_id": trace_id_of(traces[0]),
        "input": "Where is my parcel?",
        "output": "At the depot.",
        "metadata": {"tenant": "blue", "tier": 2},
        "context": "Depots open at 8.\n\nParcels take 2 days.",
    }
    assert of(client, "get_input_output_context", project_name=f"{project}-unknown") is None


@pytest.mark.parametrize("name", ["get_retrieved_documents", "get_input_output_context"])
def test_frames_for_judging_are_those_of_the_client_of_phoenix(
    server: Server, project: str, traces: list[list[Json]], name: str
) -> None:
    with Client(base_url=server.base_url) as ours:
        frame = getattr(helpers, name)(ours, project_name=project)
    theirs = getattr(phoenix_helpers, name)(PhoenixClient(base_url=server.base_url), project_name=project)
    pd.testing.assert_frame_equal(frame, theirs)


def retrieved(client: Any, project: str) -> pd.DataFrame:
    return of(client, "get_retrieved_documents", project_identifier=project)


def of(client: Any, name: str, **arguments: Any) -> Any:
    """What a helper, or its twin that awaits, returns."""
    if isinstance(client, Awaited):
        return client.run(getattr(helpers, f"async_{name}"), **arguments)
    return getattr(helpers, name)(client, **arguments)
