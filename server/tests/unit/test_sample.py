"""The sample project, loaded into a real store."""

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.actions.furnish import furnish
from rubricate_server.domain.filter import parse
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.sample import PROJECT, load_sample
from rubricate_server.storage.contract import AnnotationQuery, SpanQuery, Storage, StoredAnnotation, StoredSpan
from rubricate_server.storage.sqlite.store import open_storage

NOW_NS = 1_790_000_000_000_000_000
DAY_NS = 86_400_000_000_000


def sample_store(directory: Path) -> Storage:
    storage = open_storage(directory)
    furnish(storage)
    load_sample(storage, Ingest(storage.spans), now_ns=NOW_NS)
    return storage


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = sample_store(tmp_path_factory.mktemp("sample"))
    yield storage
    storage.close()


def project_id(store: Storage) -> int:
    return store.projects.get(PROJECT).id


def spans(store: Storage, condition: str = "") -> list[StoredSpan]:
    return store.spans.find(SpanQuery(project_id(store), condition=parse(condition), order="start_time"), 1000)


def annotations(store: Storage, kind: TargetKind = TargetKind.SPAN) -> list[StoredAnnotation]:
    return store.annotations.find(AnnotationQuery(project_id(store), kind), 10_000)


def attributes(span: StoredSpan) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(span.body.attributes)
    return read


def test_it_is_a_week_of_sessions_of_turns(store: Storage) -> None:
    everything = spans(store)
    turns_of = defaultdict(set)
    for span in everything:
        turns_of[attributes(span)["session.id"]].add(span.trace_id)

    assert 250 <= len(everything) <= 350
    assert len(turns_of) == 10
    assert {len(turns) for turns in turns_of.values()} <= {3, 4, 5, 6}
    assert len(spans(store, "parent_id is None")) == sum(map(len, turns_of.values())) == 40
    assert len(spans(store, "parent_span is None")) == 40, "no orphans"
    assert all(NOW_NS - 7 * DAY_NS < span.start_ns <= span.end_ns < NOW_NS for span in everything)


def test_it_has_every_kind_of_step(store: Storage) -> None:
    assert {span.kind for span in spans(store)} == {
        "AGENT",
        "CHAIN",
        "EMBEDDING",
        "GUARDRAIL",
        "LLM",
        "PROMPT",
        "RERANKER",
        "RETRIEVER",
        "TOOL",
    }


def test_a_step_lies_within_the_step_that_made_it(store: Storage) -> None:
    by_id = {span.span_id: span for span in spans(store)}
    for span in by_id.values():
        if span.parent_id is not None:
            parent = by_id[span.parent_id]
            assert parent.start_ns <= span.start_ns
            assert span.end_ns <= parent.end_ns


def test_a_model_call_says_what_it_was_asked_and_what_it_cost(store: Storage) -> None:
    call = attributes(spans(store, "span_kind == 'LLM' and llm.finish_reason == 'tool_calls'")[0])

    assert call["llm.input_messages.0.message.role"] == "system"
    assert orjson.loads(call["llm.tools.0.tool.json_schema"])["function"]["name"] == "device_status"
    assert call["llm.output_messages.0.message.tool_calls.0.tool_call.function.name"] == "device_status"
    assert call["llm.token_count.total"] == call["llm.token_count.prompt"] + call["llm.token_count.completion"]
    assert call["llm.cost.total"] == pytest.approx(call["llm.cost.prompt"] + call["llm.cost.completion"])
    assert call["metadata"] == {"tier": "plus", "version": "2.4.0"}
    assert call["tag.tags"][:2] == ["support", "plus"]


def test_a_search_found_three_or_four_documents(store: Storage) -> None:
    for span in spans(store, "span_kind == 'RETRIEVER'"):
        found = attributes(span)
        assert "retrieval.documents.2.document.score" in found
        assert "retrieval.documents.4.document.id" not in found
        assert found["retrieval.documents.0.document.metadata"]["section"]


def test_some_turns_are_out_of_the_ordinary(store: Storage) -> None:
    def count(condition: str) -> int:
        return len(spans(store, condition))

    failed = spans(store, "status_code == 'ERROR'")
    traced = [event for span in failed for event in orjson.loads(span.body.events or b"[]")]
    answers = [span.body.output or "" for span in spans(store, "parent_id is None")]

    assert {span.kind for span in failed} == {"CHAIN", "LLM", "TOOL"}
    assert ["Traceback" in event["attributes"]["exception.stacktrace"] for event in traced] == [True, True]
    assert count("parent_id is None and latency_ms > 20000") == 1
    assert count("parent_id is None and 'arabic' in tag.tags") == 3
    assert max(map(len, answers)) > 2000
    assert count("span_kind == 'GUARDRAIL' and 'block' in output.value") == 1


def test_the_versions_differ(store: Storage) -> None:
    def share(name: str, version: str) -> float:
        found = f"parent_id is None and metadata['version'] == '{version}' and annotations['{name}']"
        good = len(spans(store, f"{found} and annotations['{name}'].score == 1"))
        return good / len(spans(store, found))

    assert share("has_citation", "2.4.0") > share("has_citation", "2.3.1") + 0.2
    assert share("user_feedback", "2.4.0") <= share("user_feedback", "2.3.1")


def test_annotators_disagree(store: Storage) -> None:
    labels: dict[bytes, dict[str, str | None]] = defaultdict(dict)
    for annotation in annotations(store):
        if annotation.key.name == "correctness":
            labels[annotation.key.target_id][annotation.key.identifier] = annotation.label
    pairs = [("alice", "bo"), ("alice", "judge-v1"), ("bo", "judge-v1")]

    for one, other in pairs:
        both = [each for each in labels.values() if one in each and other in each]
        same = sum(each[one] == each[other] for each in both)
        assert len(both) >= 15
        assert 0.4 < same / len(both) < 0.95, (one, other)
    disputed = {span.span_id for span in spans(store, "disagree('correctness')")}
    assert disputed == {target for target, said in labels.items() if len(set(said.values())) > 1}


def test_every_kind_of_annotator_and_target_is_there(store: Storage) -> None:
    by_name = {(each.key.name, each.annotator_kind) for each in annotations(store)}

    assert by_name == {
        ("correctness", "HUMAN"),
        ("correctness", "LLM"),
        ("has_citation", "CODE"),
        ("helpfulness", "HUMAN"),
        ("note", "HUMAN"),
        ("reviewer_comment", "HUMAN"),
        ("user_feedback", "HUMAN"),
    }
    assert {each.key.name for each in annotations(store, TargetKind.TRACE)} == {"triage"}
    assert {each.key.name for each in annotations(store, TargetKind.SESSION)} == {"note", "resolved"}
    documents = annotations(store, TargetKind.DOCUMENT)
    assert {each.annotator_kind for each in documents} == {"HUMAN", "LLM"}
    assert {each.key.position for each in documents} == {0, 1, 2, 3}


def test_the_rubrics_are_those_of_the_project(store: Storage) -> None:
    rubrics = store.rubrics.page(project_id=project_id(store))

    assert {each.body["name"]: each.body["type"] for each in rubrics} == {
        "correctness": "CATEGORICAL",
        "helpfulness": "CONTINUOUS",
        "reviewer_comment": "FREEFORM",
        "user_feedback": "CATEGORICAL",
    }
    judged = [each for each in annotations(store) if each.key.name == "correctness"]
    assert {each.rubric_version for each in judged} == {1}


def test_somebody_changed_their_mind(store: Storage) -> None:
    histories = [store.annotations.history(each.id) for each in annotations(store)]

    changed = [[(change.action, change.state["label"]) for change in each] for each in histories if len(each) > 1]
    assert changed == [[("created", "correct"), ("replaced", "partial")]]


def test_loading_again_changes_nothing(store: Storage) -> None:
    before = (spans(store), annotations(store), store.rubrics.page())

    load_sample(store, Ingest(store.spans))

    assert (spans(store), annotations(store), store.rubrics.page()) == before


def test_it_is_the_same_everywhere_and_loads_at_once(store: Storage, tmp_path: Path) -> None:
    began = time.perf_counter()
    other = sample_store(tmp_path)
    took_s = time.perf_counter() - began
    try:
        assert spans(other) == spans(store)
        assert [each.key for each in annotations(other)] == [each.key for each in annotations(store)]
        assert took_s < 5, "0.2 s on an idle machine; the bound only catches what is wrong by much"
    finally:
        other.close()


def test_a_rubric_that_is_there_already_is_kept(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    furnish(storage)
    own = {"type": "FREEFORM", "name": "correctness", "description": "mine", "optimization_direction": None}
    storage.rubrics.create(own)

    load_sample(storage, Ingest(storage.spans))

    assert storage.rubrics.get_by_name("correctness").body["description"] == "mine"
    assert len(storage.rubrics.page(project_id=project_id(storage))) == 4
    storage.close()


def test_people_disagree_with_each_other_and_with_the_judge_now_and_then(store: Storage) -> None:
    for name, kinds in (("correctness", {"HUMAN", "LLM"}), ("helpfulness", {"HUMAN"})):
        said = [each for each in annotations(store) if each.key.name == name]
        assert {each.annotator_kind for each in said} == kinds
        answers = defaultdict(set)
        for each in said:
            answers[each.key.target_id].add(each.label or each.score)
        differing = sum(len(each) > 1 for each in answers.values())
        assert 8 <= differing <= len(answers) / 2


def test_reviewers_came_by_the_page_and_programs_by_the_api(store: Storage) -> None:
    said = annotations(store)
    by_source = {(each.key.identifier, each.source) for each in said if each.key.name == "correctness"}
    assert by_source == {("alice", "APP"), ("bo", "APP"), ("chen", "APP"), ("judge-v1", "API")}
    assert {each.source for each in said if each.key.name == "user_feedback"} == {"API"}
