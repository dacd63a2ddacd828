"""Our own SDK against a real server: insight, retention, the server's figures, and many annotations at once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from rubricate import Client, errors

from ..server import Server
from .helpers import HTTP, NOON, Json, a_span, id_of, new_span_id, send


@pytest.fixture
def client(rubricate_client: Any) -> Any:
    return rubricate_client


@pytest.fixture
def spans(server: Server, project: str) -> list[str]:
    """A retriever whose documents are judged, and two answers of which people and a judge say what they think."""
    documents = [{"document.content": "a"}, {"document.content": "b"}]
    retriever = a_span(kind="RETRIEVER", attributes={"retrieval.documents": documents})
    answers = [a_span(kind="LLM", attributes={"llm.model_name": model}) for model in ("big", "small")]
    good, bad = map(id_of, answers)
    send(server, project, [retriever, *answers])
    with Client(base_url=server.base_url) as client:
        said = [
            (good, "HUMAN", "ada", "correct", 1),
            (good, "LLM", "judge", "correct", 1),
            (bad, "HUMAN", "ada", "correct", 1),
            (bad, "HUMAN", "ben", "wrong", 0),
            (bad, "LLM", "judge", "wrong", 0),
        ]
        client.spans.log_span_annotations(
            span_annotations=[
                {
                    "span_id": span_id,
                    "name": "quality",
                    "annotator_kind": kind,
                    "identifier": who,
                    "result": {"label": label, "score": score},
                }
                for span_id, kind, who, label, score in said
            ],
            sync=True,
        )
        for position, score in enumerate((0, 1)):
            client.spans.add_document_annotation(
                span_id=id_of(retriever),
                document_position=position,
                annotation_name="relevance",
                annotator_kind="LLM",
                score=score,
                sync=True,
            )
    return [id_of(retriever), good, bad]


WHEN = {"start_time": NOON - timedelta(days=1), "end_time": NOON + timedelta(days=1)}


def test_what_annotations_say_together(client: Any, project: str, spans: list[str]) -> None:
    insight = client.insight
    quality, relevance = insight.annotation_summaries(project_identifier=project)
    assert (quality["name"], quality["target_count"], quality["mean_score"]) == ("quality", 2, (1 + 1 / 3) / 2)
    assert (relevance["target_kind"], relevance["count"]) == ("document", 2)
    assert insight.annotation_summaries(project_identifier=project, filter_condition="name == 'no such'") == []
    series = insight.annotation_series(project_identifier=project, name=["quality"], bucket="day", **WHEN)
    assert [point["count"] for point in series["points"]] == [5]
    assert series["bucket_seconds"] == 86_400


def test_where_annotators_differ(client: Any, project: str, spans: list[str]) -> None:
    _, good, bad = spans
    [dispute] = client.insight.disagreements(project_identifier=project)
    assert (dispute["target"]["id"], dispute["labels"]) == (bad, ["correct", "wrong"])
    assert client.insight.disagreements(project_identifier=project, name="relevance") == []
    matrix = client.insight.annotation_matrix(name="quality", project_identifier=project)
    assert matrix["target_count"] == 2
    [cell] = [each for each in matrix["cells"] if (each["row"], each["column"]) == ("correct", "correct")]
    found = client.get_spans_dataframe(cell["filter"], project_name=project)
    assert list(found.index) == [good]
    shares = client.insight.annotation_shares(name="quality", by="llm.model_name", project_identifier=project)
    assert {group["group"]: group["mean_score"] for group in shares["groups"]} == {"big": 1.0, "small": 1 / 3}


def test_how_good_retrieval_is(client: Any, project: str, spans: list[str]) -> None:
    given: Json = {"name": "relevance", "project_identifier": project}
    metrics = client.insight.retrieval_metrics(**given, k=2)
    assert (metrics["precision"]["mean"], metrics["reciprocal_rank"]["mean"]) == (0.5, 0.5)
    [ranking] = client.insight.span_retrieval_metrics(**given)
    assert (ranking["span_id"], ranking["hit"]) == (spans[0], True)
    assert [rank["fraction"] for rank in client.insight.retrieval_ranks(**given, k=2)["ranks"]] == [0, 1]


def test_spans_along_time(client: Any, project: str, spans: list[str]) -> None:
    [hour] = client.insight.span_series(project_identifier=project, bucket="hour", **WHEN)["points"]
    assert (hour["count"], hour["error_count"]) == (3, 0)


def test_annotations_come_with_what_they_are_about(client: Any, project: str, spans: list[str]) -> None:
    found = client.spans.get_spans(project_identifier=project, include_annotations=True)
    said = {span["context"]["span_id"]: [each["identifier"] for each in span["annotations"]] for span in found}
    assert said == {spans[0]: [], spans[1]: ["judge", "ada"], spans[2]: ["judge", "ben", "ada"]}
    frame = client.get_spans_dataframe("span_kind == 'LLM'", project_name=project, include_annotations=True)
    assert sorted(map(len, frame["annotations"])) == [2, 3]


def test_annotations_come_with_traces_and_sessions(client: Any, server: Server, project: str) -> None:
    session = f"session of {project}"
    [span] = send(server, project, [a_span(attributes={"session.id": session})])
    trace_id = span["context"]["trace_id"]
    client.traces.add_trace_annotation(trace_id=trace_id, annotation_name="solved", label="yes", sync=True)
    client.sessions.add_session_annotation(session_id=session, annotation_name="mood", label="calm", sync=True)

    [trace] = client.traces.get_traces(project_identifier=project, include_annotations=True)
    assert [(each["name"], each["label"]) for each in trace["annotations"]] == [("solved", "yes")]
    [listed] = client.sessions.list(project_name=project, include_annotations=True)
    assert [(each["name"], each["label"]) for each in listed["annotations"]] == [("mood", "calm")]
    frame = client.sessions.get_sessions_dataframe(project_name=project, include_annotations=True)
    assert [each["name"] for each in frame["annotations"][0]] == ["mood"]
    assert client.sessions.list(project_name=project, limit=0, include_annotations=True) == []


def test_many_annotations_are_deleted_and_brought_back(client: Any, project: str, spans: list[str]) -> None:
    def count(**conditions: Any) -> int:
        return len(client.annotations.list(project_identifier=project, **conditions))

    gone = client.annotations.bulk_delete(project_identifier=project, name="quality", annotator_kind="HUMAN")
    assert (gone["deleted"], count(), count(annotator_kind="HUMAN")) == (3, 4, 0)
    assert client.annotations.restore(gone["removal_id"]) == {"restored": 3, "kept": 0, "lost": 0}
    assert count(annotator_kind="HUMAN") == 3

    [one, *_] = client.annotations.list(project_identifier=project, name="quality")
    assert client.annotations.bulk_delete(annotation_ids=[one["id"]])["deleted"] == 1
    assert client.annotations.bulk_delete(project_identifier=project, delete_all=True)["deleted"] == 6
    assert count() == 0


def test_annotations_that_wait(client: Any, project: str) -> None:
    span_id = new_span_id()
    client.spans.add_span_annotation(span_id=span_id, annotation_name="early", label="bird")
    [waiting] = [each for each in client.annotations.waiting(target_kind="span") if each["target"]["id"] == span_id]
    assert (waiting["name"], waiting["project_id"]) == ("early", None)
    client.annotations.delete(waiting["id"])
    assert span_id not in [each["target"]["id"] for each in client.annotations.waiting()]


def test_retention_policies(client: Any, project: str, spans: list[str]) -> None:
    made = client.retention.create(name=f"of {project}", max_days=30)
    assert client.retention.get(made["id"]) == made
    changed = client.retention.update(made["id"], name=made["name"], max_traces=5)
    assert (changed["max_days"], changed["max_traces"]) == (None, 5)
    assert changed in client.retention.list()
    client.retention.assign(made["id"], project_identifier=project)
    client.retention.assign(None, project_identifier=project)
    client.retention.delete(made["id"])
    with pytest.raises(errors.NotFound):
        client.retention.assign(made["id"], project_identifier=project)
    with pytest.raises(errors.NotFound):
        client.retention.delete(made["id"])


def test_the_server_tells_how_it_is_doing(client: Any, server: Server, project: str) -> None:
    before = client.status.stats()["ingest"]["rejected"]
    bad = {"name": "no ids", "traceId": "", "spanId": ""}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [bad]}]}]}
    HTTP.post(f"{server.base_url}/v1/traces", json=body).raise_for_status()

    assert client.status.stats()["ingest"]["rejected"] == before + 1
    [letter] = client.status.dead_letters(limit=1)
    whole = client.status.dead_letter(letter["id"])
    assert "trace_id" in whole["reason"]
    assert json.loads(whole["payload"]) == bad
    with pytest.raises(errors.InvalidRequest):
        client.status.dead_letter("no id")
