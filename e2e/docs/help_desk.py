"""The small world in which the examples of docstrings run: a help desk, its traces, and what people say of them."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from rubricate.client import Client
from rubricate.client.types.prompts import PromptVersion
from rubricate.records.base import JsonObject

PROJECT = "my-app"


class Turn(NamedTuple):
    """A question, and what the application made of it: a trace."""

    session_id: str
    question: str
    answer: str
    model: str
    hours_ago: float
    documents: tuple[str, ...] = ()
    error: str = ""


TURNS = (
    Turn(
        "conversation-7",
        "How long is the warranty?",
        "2 years.",
        "gpt-5",
        hours_ago=3,
        documents=("The warranty lasts 2 years.", "Shipping takes 3 days."),
    ),
    Turn("conversation-7", "And the battery?", "Sorry, I do not know.", "gpt-5", hours_ago=2, error="no such article"),
    Turn("conversation-8", "Can I get a refund?", "Yes, within 30 days.", "gpt-5-mini", hours_ago=1),
)


def my_application(input: JsonObject) -> JsonObject:
    """What the examples call the user's own application."""
    return {"answer": "2 years." if "warranty" in input["question"] else "Sorry, I do not know."}


def traces(client: Client) -> dict[str, Any]:
    """Three questions to the help desk, what people and a judge say of the answers, and the rubric for that."""
    traces = [list(_spans(turn)) for turn in TURNS]
    client.spans.log_spans(spans=[span for spans in traces for span in spans], project_identifier=PROJECT)
    for name in ("slow", "copy"):
        client.projects.create(name=name)
    _annotate(client, traces)
    client.rubrics.create(
        name="correctness", type="CATEGORICAL", values={"correct": 1, "wrong": 0}, optimization_direction="MAXIMIZE"
    )
    client.rubrics.assign("correctness", project_identifier=PROJECT)
    return {key: traces[0][-1]["context"][key] for key in ("span_id", "trace_id")}


def experiment(client: Client) -> dict[str, Any]:
    """A dataset of two questions, and an experiment in which one of them was answered as it should be."""
    dataset = client.datasets.create_dataset(
        name="golden",
        examples=[
            {"id": "warranty", "input": {"question": "How long is the warranty?"}, "output": {"answer": "2 years."}},
            {
                "id": "refund",
                "input": {"question": "Can I get a refund?"},
                "output": {"answer": "Yes, within 30 days."},
                "splits": "test",
            },
        ],
    )
    client.datasets.create_label(name="reviewed", color="#00cc88")
    client.datasets.set_labels(["reviewed"], dataset=dataset)
    made = client.experiments.create(dataset_id=dataset.id, experiment_name="first try")
    now = datetime.now(UTC)
    for example in dataset:
        run = client.experiments.log_run(
            experiment_id=made["id"],
            dataset_example_id=example["node_id"],
            output=my_application(example["input"]),
            start_time=now - timedelta(seconds=2),
            end_time=now,
        )
        right = run["output"] == example["output"]
        client.experiments.log_evaluation(experiment_run_id=run["id"], name="correct", score=right, label=str(right))
    return {"experiment_id": made["id"], "my_application": my_application}


def prompt(client: Client) -> dict[str, Any]:
    """A prompt in one version, which is in production."""
    greeting = PromptVersion([{"role": "user", "content": "Greet {{name}}."}], model_name="gpt-5")
    version = client.prompts.create(name="support-reply", version=greeting)
    assert version.id is not None
    client.prompts.tags.create(prompt_version_id=version.id, name="production")
    return {}


def policy(client: Client) -> dict[str, Any]:
    """A retention policy that no project follows."""
    client.retention.create(name="a month", max_days=30)
    return {}


PARTS: dict[Callable[[Client], dict[str, Any]], tuple[str, ...]] = {
    traces: (PROJECT, "span_id", "trace_id", "conversation-", "rubrics.", "waiting"),
    experiment: ("golden", "experiment_id"),
    prompt: ("prompts.",),
    policy: ("retention.",),
}
"""What makes a part of the world, and the words by which an example says that it needs it.

The names that a part gives may be used in examples without saying where they come from.
"""


def clear(client: Client, connections: httpx.Client) -> None:
    """Empty the server, whatever an example left there; but for dead letters, which stay."""
    for project in client.projects.list():
        if project["name"] != "default":
            client.projects.delete(project_id=project["id"])
    for dataset in client.datasets.list():
        for split in client.datasets.get_splits(dataset=dataset):
            client.datasets.delete_split(dataset=dataset, split=split["name"])
        client.datasets.delete(dataset=dataset)
    for label in client.datasets.get_labels():
        connections.delete(f"v1/dataset_labels/{label['id']}").raise_for_status()  # the SDK cannot
    for rubric in client.rubrics.list():
        client.rubrics.delete(rubric["id"])
    for prompt in client.prompts.list():
        client.prompts.delete(prompt_identifier=prompt["id"])
    for policy in client.retention.list():
        client.retention.delete(policy["id"])
    for annotation in client.annotations.waiting():
        client.annotations.delete(annotation["id"])


def send_what_is_refused(connections: httpx.Client) -> None:
    """A span without ids, over OTLP: it becomes a dead letter, which stays."""
    nameless = {"scopeSpans": [{"spans": [{"name": "answer", "traceId": "", "spanId": ""}]}]}
    connections.post("v1/traces", json={"resourceSpans": [nameless]}).raise_for_status()


def _spans(turn: Turn) -> Iterator[JsonObject]:
    trace_id, root_id = secrets.token_hex(16), secrets.token_hex(8)
    asked = datetime.now(UTC) - timedelta(hours=turn.hours_ago)

    def span(name: str, kind: str, attributes: JsonObject, *, failed: str = "", root: bool = False) -> JsonObject:
        return {
            "name": name,
            "span_kind": kind,
            "context": {"trace_id": trace_id, "span_id": root_id if root else secrets.token_hex(8)},
            "parent_id": None if root else root_id,
            "start_time": asked,
            "end_time": asked + timedelta(milliseconds=1500 if root else 500),
            "status_code": "ERROR" if failed else "OK",
            "status_message": failed,
            "attributes": {"session.id": turn.session_id, "input.value": turn.question, **attributes},
        }

    said = {"output.value": turn.answer}
    yield span("answer", "CHAIN", said, root=True)
    if turn.documents:
        found = [
            {"document.content": text, "document.score": 0.9 - place / 2} for place, text in enumerate(turn.documents)
        ]
        yield span("search", "RETRIEVER", {"retrieval.documents": found})
    if turn.error:
        yield span("look up", "TOOL", {}, failed=turn.error)
    model: JsonObject = {
        "llm.model_name": turn.model,
        "llm.token_count.prompt": 120,
        "llm.token_count.completion": 8,
        "llm.token_count.total": 128,
        "llm.output_messages": [{"message.role": "assistant", "message.content": turn.answer}],
    }
    yield span("generate", "LLM", said | model)


def _annotate(client: Client, traces: list[list[JsonObject]]) -> None:
    def said(name: str, kind: str, label: str, score: float, identifier: str = "", **target: Any) -> JsonObject:
        result = {"label": label, "score": score}
        return {**target, "name": name, "annotator_kind": kind, "result": result, "identifier": identifier}

    first, second, third = [spans[-1]["context"]["span_id"] for spans in traces]
    good, bad = ("correct", 1), ("wrong", 0)
    client.spans.log_span_annotations(
        span_annotations=[
            said("correctness", "HUMAN", *good, "ada", span_id=first),
            said("correctness", "LLM", *bad, span_id=first),
            said("correctness", "HUMAN", *bad, "ada", span_id=second),
            said("correctness", "LLM", *bad, span_id=second),
            said("correctness", "LLM", *good, span_id=third),
        ],
        sync=True,
    )
    client.spans.log_span_annotations(
        span_annotations=[said("correctness", "HUMAN", *good, span_id=secrets.token_hex(8))]  # waits for its span
    )
    client.spans.log_document_annotations(
        document_annotations=[
            said("relevance", "LLM", *judged, span_id=traces[0][1]["context"]["span_id"], document_position=place)
            for place, judged in enumerate([("relevant", 1), ("not relevant", 0)])
        ],
        sync=True,
    )
    client.traces.log_trace_annotations(
        trace_annotations=[
            said("solved", "HUMAN", *solved, trace_id=spans[0]["context"]["trace_id"])
            for spans, solved in zip(traces, [("yes", 1), ("no", 0), ("yes", 1)], strict=True)
        ],
        sync=True,
    )
    client.sessions.log_session_annotations(
        session_annotations=[said("mood", "HUMAN", "patient", 1, session_id="conversation-7")], sync=True
    )
