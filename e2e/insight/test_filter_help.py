"""Help for those who write filters, from a real server: what stands in the data, and what is wrong."""

from typing import Any

import pytest

from ..clients.helpers import HTTP, a_span, id_of, send
from ..server import Server

PROJECT = "shop"


@pytest.fixture(scope="module")
def spans(server: Server) -> list[str]:
    sent = send(
        server,
        PROJECT,
        [
            a_span("ask", attributes={"llm.model_name": "gpt-5", "metadata": {"tier": "gold"}, "session.id": "s-1"}),
            a_span("ask", attributes={"llm.model_name": "gpt-5-mini", "my-key": 1, "input.value": "long"}),
            a_span("look up", kind="TOOL"),
        ],
    )
    ids = [id_of(span) for span in sent]
    said = [
        {
            "span_id": ids[0],
            "name": "correctness",
            "annotator_kind": "HUMAN",
            "identifier": "app:Ada",
            "result": {"label": "good"},
        },
        {
            "span_id": ids[0],
            "name": "correctness",
            "annotator_kind": "LLM",
            "identifier": "judge",
            "result": {"label": "bad"},
        },
        {"span_id": ids[1], "name": "tone", "annotator_kind": "CODE", "result": {"score": 1}},
    ]
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": said}).raise_for_status()
    return ids


def values(server: Server, field: str, **params: Any) -> list[Any]:
    answer = HTTP.get(f"{server.base_url}/v1/projects/{PROJECT}/filter/values", params={"field": field, **params})
    assert answer.status_code == 200, answer.text
    assert answer.json()["sampled"] is False
    return [(each["value"], each["count"]) for each in answer.json()["values"]]


def found(server: Server, filter: str) -> set[str]:
    answer = HTTP.get(f"{server.base_url}/v1/projects/{PROJECT}/export", params={"filter": filter})
    assert answer.status_code == 200, answer.text
    return {line.partition('"id":"')[2][:16] for line in answer.text.splitlines()}


def test_values_complete_what_is_typed(server: Server, spans: list[str]) -> None:
    assert values(server, "name") == [("ask", 2), ("look up", 1)]
    assert values(server, "llm.model_name", prefix="GPT-5-") == [("gpt-5-mini", 1)]
    assert values(server, "annotations") == [("correctness", None), ("tone", None)]
    assert values(server, "annotations", prefix="T") == [("tone", None)]
    assert values(server, "annotations['correctness'].label") == [("bad", 1), ("good", 1)]
    assert values(server, "annotations['correctness'].identifier", prefix="app:") == [("app:Ada", 1)]
    assert values(server, "session_id", target_kind="session") == [("s-1", 1)]


def test_nothing_is_told_where_nobody_picks(server: Server, spans: list[str]) -> None:
    for field in ("input.value", "start_time", "latency_ms", "annotations['correctness'].explanation"):
        assert values(server, field) == []


def test_attributes_come_as_they_are_written_in_a_condition(server: Server, spans: list[str]) -> None:
    written = dict(values(server, "attributes", limit=200))
    assert {"llm.model_name", "metadata['tier']", "attributes['my-key']", "session.id"} <= set(written)
    assert values(server, "metadata") == [("metadata['tier']", 1)]
    assert values(server, "attributes", prefix="my-") == [("attributes['my-key']", 1)]
    assert values(server, "attributes", prefix="session", target_kind="trace") == [("attributes['session.id']", 1)]
    for name, count in written.items():
        assert len(found(server, f"{name} is not None")) == count


def test_a_filter_is_looked_at_without_being_run(server: Server) -> None:
    def check(filter: str, **params: str) -> Any:
        return HTTP.get(f"{server.base_url}/v1/filter/check", params={"filter": filter, **params}).json()

    assert check("  name == 'ä' and (a.b == 1 or a.c == 2)") == {
        "clauses": [
            {"text": "name == 'ä'", "start": 2, "end": 13},
            {"text": "(a.b == 1 or a.c == 2)", "start": 18, "end": 40},
        ],
        "error": None,
        "hints": [],
    }
    wrong = check("name == 'ä' and annotations['q'].lable == 'x'")
    assert wrong["error"] == {
        "message": "an annotation has no `.lable`; did you mean `label`?",
        "position": 33,
        "suggestion": "label",
    }
    assert len(wrong["clauses"]) == 2
    assert check("name ==")["clauses"] == []
    assert check("")["error"] is None
    assert check("error_count > 0", target_kind="trace")["error"] is None
    assert check("num_spanz > 0", target_kind="trace")["error"]["suggestion"] == "num_spans"


def hinted(server: Server, filter: str, **params: str) -> list[Any]:
    answer = HTTP.get(f"{server.base_url}/v1/filter/check", params={"filter": filter, "project": PROJECT} | params)
    assert answer.status_code == 200, answer.text
    assert answer.json()["error"] is None
    hints: list[Any] = answer.json()["hints"]
    return hints


def test_a_name_that_nothing_has_is_hinted_at(server: Server, spans: list[str]) -> None:
    assert hinted(server, "name == 'ask' and latancy > 5") == [
        {
            "message": "No span of this project has 'latancy'. Did you mean latency_ms?",
            "position": 18,
            "suggestion": "latency_ms",
        }
    ]
    assert hinted(server, "not annotations['corectness'].label == 'good'") == [
        {
            "message": "No annotation is named 'corectness' here. Did you mean 'correctness'?",
            "position": 17,
            "suggestion": "correctness",
        }
    ]
    [label] = hinted(server, "annotations['correctness'].label in ['good', 'wrongish']")
    assert label["message"] == "'correctness' has the labels bad, good – not 'wrongish'."
    [called] = hinted(server, "annotated('correctness', label='god')")
    assert called["suggestion"] == "good"
    assert hinted(server, "attributes['modl'] == 'x'", target_kind="trace")[0]["position"] == 12


def test_what_something_has_is_not_hinted_at(server: Server, spans: list[str]) -> None:
    for condition in (
        "latency_ms > 5",
        "metadata is not None and metadata['tier'] == 'x'",
        "attributes['my-key'] == 2",
        "'x' in input.value",
        "annotations['correctness'].label == 'good' or annotations['tone'].score > 1",
    ):
        assert hinted(server, condition) == [], condition


def test_large_attributes_are_seen_too(server: Server) -> None:
    sent = {"report": "long " * 200, "tag.tags": ["a", "b"], "small": 1}
    send(server, "large", [a_span("large", attributes=sent)])
    assert hinted(server, "'long' in report and 'a' in tag.tags", project="large") == []
    assert len(hinted(server, "'long' in reprt", project="large")) == 1


def test_labels_of_a_rubric_are_known_before_anybody_gives_them(server: Server, spans: list[str]) -> None:
    rubric = {"type": "CATEGORICAL", "name": "mood", "optimization_direction": "NONE"}
    labels = [{"label": "calm"}, {"label": "cross"}]
    HTTP.post(f"{server.base_url}/v1/annotation_configs", json={**rubric, "values": labels}).raise_for_status()
    assert hinted(server, "annotations['mood'].label == 'cross'") == []
    [hint] = hinted(server, "annotations['mood'].label == 'crss'")
    assert (hint["message"], hint["suggestion"]) == ("'mood' has the labels calm, cross – not 'crss'.", "cross")


def test_hints_of_a_project_that_is_not_there_are_refused(server: Server) -> None:
    params = {"filter": "a == 1", "project": "nowhere"}
    assert HTTP.get(f"{server.base_url}/v1/filter/check", params=params).status_code == 404


def test_who_types_a_word_is_told_how_to_look_for_text(server: Server) -> None:
    for kind, search in (
        ("span", "'refund' in input.value"),
        ("trace", "'refund' in input"),
        ("session", "'refund' in any_input"),
    ):
        params = {"filter": " refund", "target_kind": kind}
        error = HTTP.get(f"{server.base_url}/v1/filter/check", params=params).json()["error"]
        assert (error["position"], f"`{search}`" in error["message"]) == (1, True), error
        params["filter"] = search
        assert HTTP.get(f"{server.base_url}/v1/filter/check", params=params).json()["error"] is None
    refused = HTTP.get(f"{server.base_url}/v1/projects/{PROJECT}/export", params={"filter": "my refund"})
    assert refused.status_code == 400
    assert "`'my refund' in input.value`" in refused.text


def test_who_answered_and_who_differs(server: Server, spans: list[str]) -> None:
    assert found(server, "not annotated('correctness', identifier='app:Ada')") == set(spans[1:])
    assert found(server, "annotated('correctness', kind='human', label='good')") == {spans[0]}
    assert found(server, "disagree('correctness', 'HUMAN', 'LLM')") == {spans[0]}
    assert found(server, "disagree('correctness', 'HUMAN')") == set()


def test_the_vocabulary_has_words_for_all(server: Server) -> None:
    answer = HTTP.get(f"{server.base_url}/v1/filter/vocabulary").json()
    assert {"span_kind", "latency_ms", "llm.model_name"} <= {field["name"] for field in answer["fields"]}
    assert {"annotated", "disagree", "any"} <= {function["name"] for function in answer["functions"]}
    assert {"label", "score"} <= {field["name"] for field in answer["annotation_fields"]}
    for example in answer["examples"]:
        check = HTTP.get(f"{server.base_url}/v1/filter/check", params={"filter": example["filter"]})
        assert check.json()["error"] is None
