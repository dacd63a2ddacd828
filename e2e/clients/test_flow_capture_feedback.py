"""The documented ways of capturing feedback: get a span's id while it runs, annotate it from anywhere, by anybody."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openinference.instrumentation import capture_span_context
from opentelemetry.trace import format_span_id, get_current_span
from phoenix.client import Client as PhoenixClient
from phoenix.otel import register as phoenix_register

import rubricate
from rubricate.otel import register

from ..server import Server
from .helpers import Json, a_span, annotations_of, id_of, new_span_id, send, soon, spans_in


@pytest.fixture(params=["rubricate", "phoenix"])
def tracer(request: pytest.FixtureRequest, server: Server, project: str) -> Iterator[Any]:
    """A tracer of either library."""
    start = {"rubricate": register, "phoenix": phoenix_register}[request.param]
    provider: Any = start(
        endpoint=f"{server.base_url}/v1/traces",
        project_name=project,
        set_global_tracer_provider=False,
        verbose=False,
    )
    yield provider.get_tracer("test")
    provider.shutdown()


@pytest.fixture(params=["rubricate", "phoenix"])
def annotate(request: pytest.FixtureRequest, server: Server) -> Iterator[Any]:
    """`client.spans.add_span_annotation` of either library."""
    if request.param == "rubricate":
        with rubricate.Client(base_url=server.base_url) as client:
            yield client.spans.add_span_annotation
    else:
        with httpx.Client(base_url=server.base_url, verify=False) as http:
            yield PhoenixClient(http_client=http).spans.add_span_annotation


def test_feedback_on_the_current_span(server: Server, project: str, tracer: Any, annotate: Any) -> None:
    with tracer.start_as_current_span("answer"):
        span_id = format_span_id(get_current_span().get_span_context().span_id)

    annotate(
        span_id=span_id,
        annotation_name="user feedback",
        annotator_kind="HUMAN",
        label="thumbs-up",
        score=1,
        explanation="It helped.",
        metadata={"page": "/help", "user": {"plan": "free"}},
        identifier="user-7",
    )

    [found] = annotations_of(server, project, span_id)
    told = ("name", "annotator_kind", "result", "metadata", "identifier", "span_id", "source")
    assert {field: found[field] for field in told} == {
        "name": "user feedback",
        "annotator_kind": "HUMAN",
        "result": {"label": "thumbs-up", "score": 1.0, "explanation": "It helped."},
        "metadata": {"page": "/help", "user": {"plan": "free"}},
        "identifier": "user-7",
        "span_id": span_id,
        "source": "API",
    }


@pytest.mark.parametrize("capture", [capture_span_context, rubricate.capture_span_context])
def test_feedback_on_captured_spans(server: Server, project: str, tracer: Any, annotate: Any, capture: Any) -> None:
    with capture() as captured:
        with (
            tracer.start_as_current_span("outer", openinference_span_kind="chain"),
            tracer.start_as_current_span("inner", openinference_span_kind="llm"),
        ):
            pass
        # Afterwards they are forgotten.
        first, last = captured.get_first_span_id(), captured.get_last_span_id()
    annotate(span_id=first, annotation_name="first", label="outer")
    annotate(span_id=last, annotation_name="last", label="inner")

    names = {id_of(span): span["name"] for span in spans_in(server, project)}
    labels = {names[each["span_id"]]: each["result"]["label"] for each in annotations_of(server, project, first, last)}
    assert labels == {"outer": "outer", "inner": "inner"}


def test_annotators_stand_side_by_side(server: Server, project: str, annotate: Any) -> None:
    [span] = send(server, project, [a_span()])
    one: Json = {"span_id": id_of(span), "annotation_name": "helpful"}

    annotate(**one, annotator_kind="HUMAN", label="yes", identifier="ada")
    annotate(**one, annotator_kind="HUMAN", label="no", identifier="bo")
    annotate(**one, annotator_kind="LLM", label="yes", score=0.9, identifier="judge-v2")
    annotate(**one, annotator_kind="CODE", score=0)

    found = {each["identifier"]: each for each in annotations_of(server, project, id_of(span))}
    assert {name: (each["annotator_kind"], each["result"]["label"]) for name, each in found.items()} == {
        "ada": ("HUMAN", "yes"),
        "bo": ("HUMAN", "no"),
        "judge-v2": ("LLM", "yes"),
        "": ("CODE", None),
    }


def test_the_same_annotator_replaces_the_whole_annotation(server: Server, project: str, annotate: Any) -> None:
    [span] = send(server, project, [a_span()])
    one: Json = {"span_id": id_of(span), "annotation_name": "helpful", "identifier": "ada", "sync": True}
    first_id = annotate(**one, label="yes", score=1, explanation="So.", metadata={"a": 1})
    [first] = annotations_of(server, project, id_of(span))

    second_id = annotate(**one, annotator_kind="CODE", label="no")

    [second] = annotations_of(server, project, id_of(span))
    assert first_id == second_id == {"id": second["id"]}
    assert second["result"] == {"label": "no", "score": None, "explanation": None}
    assert (second["metadata"], second["annotator_kind"]) == ({}, "CODE")
    assert second["created_at"] == first["created_at"]
    assert second["updated_at"] > first["updated_at"]


def test_feedback_may_come_before_its_span(server: Server, project: str, annotate: Any) -> None:
    span = a_span()
    annotate(span_id=id_of(span), annotation_name="early", label="bird", metadata={"n": 1}, identifier="ada")
    annotate(span_id=id_of(span), annotation_name="early", label="late bird", identifier="ada")

    send(server, project, [a_span(), span])

    [found] = soon(lambda: annotations_of(server, project, id_of(span)))
    assert (found["name"], found["result"]["label"], found["metadata"]) == ("early", "late bird", {})
    condition = "annotations['early'].label == 'late bird'"
    with rubricate.Client(base_url=server.base_url) as client:
        assert list(client.get_spans_dataframe(condition, project_name=project).index) == [id_of(span)]


def test_feedback_before_a_batch_is_sent(server: Server, project: str, annotate: Any) -> None:
    provider = register(
        endpoint=server.base_url, project_name=project, batch=True, set_global_tracer_provider=False, verbose=False
    )
    with provider.get_tracer("test").start_as_current_span("answer") as span:
        span_id = format_span_id(span.get_span_context().span_id)
        annotate(span_id=span_id, annotation_name="quick", score=1)
    assert spans_in(server, project) == []

    provider.shutdown()

    assert [each["name"] for each in annotations_of(server, project, span_id)] == ["quick"]


def test_early_feedback_survives_a_restart(server: Server, project: str) -> None:
    span = a_span()
    with rubricate.Client(base_url=server.base_url) as client:
        client.spans.add_span_annotation(span_id=id_of(span), annotation_name="early", label="bird")

    server.restart()
    send(server, project, [span])

    assert [each["result"]["label"] for each in annotations_of(server, project, id_of(span))] == ["bird"]


def test_feedback_that_waits_is_listed_until_its_span_comes(server: Server, project: str) -> None:
    span, never = a_span(), new_span_id()
    with rubricate.Client(base_url=server.base_url) as client:
        client.spans.add_span_annotation(span_id=never, annotation_name="mistyped", label="lost")
        client.spans.add_span_annotation(span_id=id_of(span), annotation_name="early", label="bird")

    def waiting(**params: Any) -> list[Json]:
        answer = httpx.get(f"{server.base_url}/v1/annotations/waiting", params={"limit": 1, **params}).json()
        following = answer["next_cursor"]
        found: list[Json] = answer["data"] + (waiting(**{**params, "cursor": following}) if following else [])
        return [each for each in found if each["target"]["id"] in (id_of(span), never)]

    assert [(each["name"], each["project_id"]) for each in waiting()] == [("early", None), ("mistyped", None)]
    assert waiting(target_kind="trace") == []

    send(server, project, [span])
    [lost] = waiting()
    assert lost["name"] == "mistyped"
    assert httpx.delete(f"{server.base_url}/v1/annotations/{lost['id']}").status_code == 204
    assert waiting() == []


CURL = """curl --silent --show-error --include -X POST {url}/v1/span_annotations?sync={sync} \
 -H 'accept: application/json' -H 'Content-Type: application/json' -H 'api_key: abc' -d '{body}'"""


@pytest.mark.parametrize("sync", ["false", "true"])
def test_curl_as_documented(server: Server, project: str, sync: str) -> None:
    [span] = send(server, project, [a_span()])
    body = {
        "data": [
            {
                "span_id": id_of(span),
                "annotator_kind": "HUMAN",
                "name": "user feedback",
                "result": {"label": "thumbs-up", "score": 1, "explanation": "It helped."},
                "metadata": {},
            }
        ]
    }
    command = CURL.format(url=server.base_url, sync=sync, body=json.dumps(body))

    ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=20)

    assert ran.returncode == 0, ran.stderr
    head, _, answer = ran.stdout.replace("\r", "").partition("\n\n")
    assert head.startswith("HTTP/1.1 200")
    [found] = annotations_of(server, project, id_of(span))
    assert found["result"] == {"label": "thumbs-up", "score": 1.0, "explanation": "It helped."}
    assert json.loads(answer) == {"data": [{"id": found["id"]}] if sync == "true" else []}


def test_curl_is_told_what_is_wrong(server: Server) -> None:
    command = CURL.format(url=server.base_url, sync="true", body=json.dumps({"data": [{"span_id": new_span_id()}]}))

    ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=20)

    assert "HTTP/1.1 422" in ran.stdout
    assert '["body","data",0,"name"]' in ran.stdout.replace(" ", "")
