"""Our own SDK against a real server: the same test for `Client` and `AsyncClient`."""

import logging
import re
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

import httpx
import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from opentelemetry import trace as trace_api
from opentelemetry.util._once import Once

import rubricate
from rubricate import Client, SpanEvaluations, errors
from rubricate.client.types.spans import SpanQuery
from rubricate.otel import register

from ..server import Server, free_ports
from .helpers import NOON, Json, a_rag_trace, a_span, id_of, new_span_id, send, spans_in


@pytest.fixture
def client(rubricate_client: Any) -> Any:
    return rubricate_client


@pytest.fixture
def trace(server: Server, project: str) -> list[Json]:
    return send(server, project, a_rag_trace())


# --- spans ------------------------------------------------------------------------------------------------------------


def test_a_frame_of_spans(client: Any, project: str, trace: list[Json]) -> None:
    chain, retriever, model = trace

    frame = client.spans.get_spans_dataframe(project_name=project)

    assert frame.index.name == "context.span_id"
    assert list(frame.index) == [id_of(model), id_of(retriever), id_of(chain)]
    assert list(frame["context.span_id"]) == list(frame.index)
    assert frame.loc[id_of(model), "attributes.llm.output_messages"][0]["message.content"] == "At the depot."
    assert frame.loc[id_of(chain), "start_time"] == pd.Timestamp(NOON)
    assert len(client.spans.get_spans_dataframe(project_name=project, limit=1)) == 1
    assert list(client.spans.get_spans_dataframe(project_name=project, root_spans_only=True)["name"]) == ["chain"]
    late = client.spans.get_spans_dataframe(project_identifier=project, start_time=NOON + timedelta(seconds=2))
    assert list(late["name"]) == ["ChatCompletion"]


def test_px_style(client: Any, project: str, trace: list[Json], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOENIX_PROJECT_NAME", project)

    assert list(client.get_spans_dataframe("span_kind == 'LLM'")["name"]) == ["ChatCompletion"]
    contexts, questions = client.query_spans(
        SpanQuery().concat("retrieval.documents", context="document.content").with_index("trace_id"),
        SpanQuery().where("parent_id is None").select(question="input.value").with_index("trace_id"),
    )
    trace_id = trace[0]["context"]["trace_id"]
    assert contexts["context"].dropna().to_dict() == {trace_id: "Depots open at 8.\n\nParcels take 2 days."}
    assert questions["question"].to_dict() == {trace_id: "Where is my parcel?"}

    client.log_evaluations(SpanEvaluations("tone", pd.DataFrame({"label": ["kind"]}, index=[id_of(trace[0])])))

    assert list(client.get_spans_dataframe("annotations['tone'].label == 'kind'")["name"]) == ["chain"]


def test_explode(client: Any, project: str, trace: list[Json]) -> None:
    query = SpanQuery().explode("retrieval.documents", text="document.content", score="document.score")

    frame = client.query_spans(query, project_name=project)

    assert frame.index.names == ["context.span_id", "document_position"]
    assert frame.values.tolist() == [["Depots open at 8.", 0.9], ["Parcels take 2 days.", 0.4]]


def test_spans_as_dicts(client: Any, project: str, trace: list[Json]) -> None:
    def names(**conditions: Any) -> list[str]:
        return sorted(s["name"] for s in client.spans.get_spans(project_identifier=project, **conditions))

    assert names() == ["ChatCompletion", "chain", "search"]
    assert names(span_kind="LLM") == ["ChatCompletion"]
    assert names(span_kind=["LLM", "RETRIEVER"], name="search") == ["search"]
    assert names(parent_id="null") == ["chain"]
    assert names(parent_id=id_of(trace[0])) == ["ChatCompletion", "search"]
    assert names(attributes={"llm.model_name": "gpt-5", "llm.token_count.total": 12}) == ["ChatCompletion"]
    assert names(span_ids=[id_of(trace[1])]) == ["search"]
    assert names(trace_ids=[trace[0]["context"]["trace_id"]], status_code="OK") == names()
    assert names(start_time=NOON + timedelta(seconds=2)) == ["ChatCompletion"]
    assert len(names(limit=2)) == 2


def test_spans_travel_to_another_project_and_back(client: Any, server: Server, project: str, trace: list[Json]) -> None:
    spans = client.spans.get_spans(project_identifier=project)
    for span in spans:
        client.spans.delete(span_identifier=span["id"])
    assert spans_in(server, project) == []

    copy = f"{project}-copy"
    assert client.spans.log_spans(spans=spans, project_identifier=copy) == {"total_received": 3, "total_queued": 3}

    back = client.spans.get_spans(project_identifier=copy)
    assert [span | {"id": ""} for span in sorted(back, key=id_of)] == [
        span | {"id": ""} for span in sorted(spans, key=id_of)
    ]


def test_a_duplicate_span_refuses_them_all(client: Any, server: Server, project: str, trace: list[Json]) -> None:
    with pytest.raises(errors.SpanCreationError) as refused:
        client.spans.log_spans(spans=[a_span(), trace[0]], project_identifier=project)

    assert refused.value.duplicate_spans == [{"span_id": id_of(trace[0]), "trace_id": trace[0]["context"]["trace_id"]}]
    readable(
        refused.value, id_of(trace[0]), "is there already", f"{server.base_url}/v1/projects/{project}/spans", "400"
    )
    assert len(spans_in(server, project)) == 3


# --- annotations ------------------------------------------------------------------------------------------------------


def test_an_annotation_comes_back_whole(client: Any, project: str, trace: list[Json]) -> None:
    added = client.annotations.add_span_annotation(
        span_id=id_of(trace[0]),
        annotation_name="tone",
        annotator_kind="LLM",
        label="kind",
        score=0.5,
        explanation="It says please.",
        metadata={"deep": {"list": [1, None, "é🎈"]}},
        identifier="v1",
        sync=True,
    )

    [found] = client.annotations.get_span_annotations(span_ids=[id_of(trace[0])], project_identifier=project)

    assert found["id"] == added["id"]
    assert (found["name"], found["annotator_kind"], found["identifier"]) == ("tone", "LLM", "v1")
    assert found["result"] == {"label": "kind", "score": 0.5, "explanation": "It says please."}
    assert found["metadata"] == {"deep": {"list": [1, None, "é🎈"]}}


def test_250_annotations(client: Any, server: Server, project: str) -> None:
    spans = send(server, project, [a_span() for _ in range(250)])
    annotations = [
        {"span_id": id_of(span), "name": "n", "annotator_kind": "CODE", "result": {"score": number}}
        for number, span in enumerate(spans)
    ]

    ids = client.spans.log_span_annotations(span_annotations=annotations, sync=True)

    found = client.spans.get_span_annotations(spans=spans, project_identifier=project)
    assert {each["id"]: each["result"]["score"] for each in found} == {
        each["id"]: float(number) for number, each in enumerate(ids)
    }


def test_annotations_from_a_frame(client: Any, project: str, trace: list[Json], caplog: Any) -> None:
    frame = client.get_spans_dataframe(project_name=project)
    frame["label"] = ["good", None, "bad"]
    frame["score"] = [1.0, float("nan"), 0.0]

    client.spans.log_span_annotations_dataframe(dataframe=frame, annotation_name="x", annotator_kind="CODE")

    back = client.spans.get_span_annotations_dataframe(spans_dataframe=frame, project_identifier=project)
    assert back["result.label"].to_dict() == frame["label"].dropna().to_dict()
    assert back["result.score"].to_dict() == frame["score"].dropna().to_dict()
    assert "Rows with neither label, score nor explanation are not sent: 1." in caplog.text


def test_notes(client: Any, project: str, trace: list[Json]) -> None:
    span_id = id_of(trace[0])
    client.annotations.add_span_note(span_id=span_id, note="One.")
    client.annotations.add_span_note(span_id=span_id, note="Two.", identifier="mine")
    client.annotations.add_span_note(span_id=span_id, note="Three.", identifier="mine")

    asked: Json = {"span_ids": [span_id], "project_identifier": project}
    assert client.annotations.get_span_annotations(**asked) == []
    notes = client.annotations.get_span_annotations(**asked, include_annotation_names=["note"])
    assert sorted(note["result"]["explanation"] for note in notes) == ["One.", "Three."]


# --- projects and rubrics ---------------------------------------------------------------------------------------------


def test_projects(client: Any, project: str) -> None:
    made = client.projects.create(name=project, description="Desk")

    assert client.projects.get(project_id=made["id"]) == client.projects.get(project_name=project) == made
    assert client.projects.list(name_contains=project) == [made]
    assert client.projects.update(project_name=project, description="Other")["description"] == "Other"
    renamed = client.projects.update(project_name=project, new_name=f"{project} 2")
    assert renamed == made | {"name": f"{project} 2", "description": "Other"}
    assert client.projects.update(project_name=f"{project} 2", description="", new_name=project)["description"] is None
    with pytest.raises(errors.Conflict) as taken:
        client.projects.create(name=project)
    readable(taken.value, project, "/v1/projects", "409")
    client.projects.delete(project_name=project)
    with pytest.raises(errors.NotFound) as gone:
        client.projects.get(project_name=project)
    readable(gone.value, project, "/v1/projects/", "404")


@pytest.mark.parametrize(
    "name", ["a/b", "50% off?", "#1", "naïve 日本語 🎈", "a b", "..", "a&b=c;d", "%2F", '"quoted"']
)
def test_a_project_of_any_name(client: Any, project: str, name: str) -> None:
    name = f"{name}{project}" if name != ".." else f"..{project}"
    made = client.projects.create(name=name)
    assert made["name"] == name

    span = a_span()
    client.spans.log_spans(spans=[span], project_identifier=made["id"])
    assert list(client.spans.get_spans_dataframe(project_name=name).index) == [id_of(span)]
    assert [each["name"] for each in client.projects.list(name_contains=project)] == [name]
    client.projects.delete(project_id=made["id"])


def test_rubrics_live(client: Any, project: str) -> None:
    client.projects.create(name=project)
    made = client.annotation_configs.create(
        name=project,
        type="CATEGORICAL",
        values={"correct": 1, "wrong": 0},
        optimization_direction="MAXIMIZE",
        description="Is it right?",
    )
    assert made["values"] == [{"label": "correct", "score": 1.0}, {"label": "wrong", "score": 0.0}]
    assert client.rubrics.get(project) == client.rubrics.get(made["id"]) == made
    assert made in client.rubrics.list()
    with pytest.raises(errors.Conflict):
        client.rubrics.create(name=project, type="FREEFORM")

    client.rubrics.assign(project, project_identifier=project)
    client.rubrics.assign(made["id"], project_identifier=project)
    assert client.rubrics.of_project(project) == [made]
    [use] = client.rubrics.projects(project)
    assert (use["name"], use["assigned"], use["annotation_count"]) == (project, True, 0)
    other = client.rubrics.create(name=f"{project} score", type="CONTINUOUS", lower_bound=0, upper_bound=5)
    client.rubrics.replace_of_project([f"{project} score"], project_identifier=project)
    assert client.rubrics.of_project(project) == [other]
    client.rubrics.unassign(other["id"], project_identifier=project)
    assert client.rubrics.of_project(project) == []

    changed = client.rubrics.update(project, values=["yes", "no"])
    assert [value["label"] for value in changed["values"]] == ["yes", "no"]
    assert changed["description"] == "Is it right?"
    client.rubrics.delete(project)
    with pytest.raises(errors.NotFound):
        client.rubrics.get(project)
    assert client.rubrics.restore(made["id"]) == client.rubrics.get(project) == changed
    client.rubrics.delete(project)
    client.rubrics.delete(other["id"])


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors_name_field_reason_and_address(client: Any, server: Server, project: str, trace: list[Json]) -> None:
    with pytest.raises(errors.NotFound) as unknown:
        client.annotations.add_span_annotation(
            span_id=(span_id := new_span_id()), annotation_name="x", score=1, sync=True
        )
    readable(unknown.value, span_id, "do not exist", f"{server.base_url}/v1/span_annotations", "404")

    with pytest.raises(errors.InvalidRequest) as unreadable:
        client.get_spans_dataframe("span_kind.startswith('L')", project_name=project)
    readable(
        unreadable.value, "Invalid query", "span_kind.startswith", "character 1", f"{server.base_url}/v1/spans", "422"
    )

    with pytest.raises(errors.InvalidInput) as nan:
        client.annotations.add_span_annotation(span_id=id_of(trace[0]), annotation_name="x", score=float("nan"))
    readable(nan.value, "result.score", "finite")

    with pytest.raises(errors.InvalidInput) as silent:
        client.annotations.add_span_annotation(span_id=id_of(trace[0]), annotation_name="x")
    readable(silent.value, "label, score and explanation")

    with pytest.raises(errors.InvalidInput) as naive:
        client.spans.log_spans(spans=[a_span() | {"start_time": "2026-01-01T00:00:00"}], project_identifier=project)
    readable(naive.value, "span 0", "start_time", "timezone")

    with pytest.raises(errors.InvalidInput) as note:
        client.annotations.add_span_annotation(span_id=id_of(trace[0]), annotation_name="note", score=1)
    readable(note.value, "name", "add_span_note")

    with pytest.raises(errors.Forbidden) as protected:
        client.projects.delete(project_name="default")
    readable(protected.value, "default", f"{server.base_url}/v1/projects/default", "403")

    with pytest.raises(errors.NotFound) as nowhere:
        client.spans.get_spans(project_identifier="no-such-project")
    readable(nowhere.value, "no-such-project", f"{server.base_url}/v1/projects/no-such-project/spans", "404")


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rubricate.client.transport.FIRST_PAUSE_S", 0.001)
    [port] = free_ports(1)
    monkeypatch.setenv("RUBRICATE_ENDPOINT", f"http://127.0.0.1:{port}")

    with Client() as client, pytest.raises(errors.ConnectionFailed) as failed:
        client.projects.list()

    readable(failed.value, f"http://127.0.0.1:{port}", "RUBRICATE_ENDPOINT", "rubricate serve")
    assert isinstance(failed.value, httpx.ConnectError)


def test_the_grpc_port_is_not_the_api(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rubricate.client.transport.FIRST_PAUSE_S", 0.001)
    monkeypatch.setenv("RUBRICATE_GRPC_PORT", str(server.grpc_port))

    with (
        Client(base_url=f"http://127.0.0.1:{server.grpc_port}") as client,
        pytest.raises(errors.RubricateError) as failed,
    ):
        client.projects.list()

    readable(failed.value, str(server.grpc_port), "gRPC port")


@pytest.mark.parametrize(
    "variable",
    [
        "RUBRICATE_ENDPOINT",
        "RUBRICATE_COLLECTOR_ENDPOINT",
        "RUBRICATE_BASE_URL",
        "PHOENIX_ENDPOINT",
        "PHOENIX_COLLECTOR_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "PHOENIX_BASE_URL",
    ],
)
@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_the_environment_says_where(server: Server, monkeypatch: pytest.MonkeyPatch, variable: str, path: str) -> None:
    monkeypatch.setenv(variable, server.base_url + path)

    with Client() as client:
        assert client.projects.get(project_name="default")["name"] == "default"


def test_host_and_port_say_where(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOENIX_HOST", "0.0.0.0")
    monkeypatch.setenv("PHOENIX_PORT", str(server.port))

    with Client() as client:
        assert client.projects.get(project_name="default")["name"] == "default"


# --- register ---------------------------------------------------------------------------------------------------------

BASE, TRACES, GRPC = "http://127.0.0.1:{http}", "http://127.0.0.1:{http}/v1/traces", "http://127.0.0.1:{grpc}"
OUR_GRPC = {"RUBRICATE_GRPC_PORT": "{grpc}"}
CONTRADICTION = pytest.raises(ValueError, match=r"gRPC")


@pytest.mark.parametrize("batch", [False, True], ids=["simple", "batch"])
@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({"PHOENIX_COLLECTOR_ENDPOINT": BASE}, {}),
        ({"PHOENIX_COLLECTOR_ENDPOINT": TRACES}, {}),
        ({"RUBRICATE_COLLECTOR_ENDPOINT": BASE}, {}),
        ({"RUBRICATE_ENDPOINT": BASE}, {}),
        ({"PHOENIX_ENDPOINT": BASE}, {}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": BASE}, {}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": BASE, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", **OUR_GRPC}, {}),
        ({"PHOENIX_COLLECTOR_ENDPOINT": BASE, "PHOENIX_GRPC_PORT": "{grpc}"}, {"protocol": "grpc"}),
        ({"PHOENIX_COLLECTOR_ENDPOINT": GRPC, **OUR_GRPC}, {}),
        ({"PHOENIX_COLLECTOR_ENDPOINT": "grpc://127.0.0.1:{grpc}"}, {}),
        ({"PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": "{http}"}, {}),
        ({}, {"endpoint": BASE}),
        ({}, {"endpoint": "127.0.0.1:{http}"}),
        ({}, {"endpoint": BASE, "protocol": "http/protobuf"}),
        ({}, {"endpoint": TRACES}),
        ({}, {"endpoint": GRPC, "protocol": "grpc"}),
        ({}, {"endpoint": "grpc://127.0.0.1:{grpc}"}),
        (OUR_GRPC, {"endpoint": GRPC}),
        ({"PHOENIX_CLIENT_HEADERS": "api_key=abc"}, {"endpoint": BASE, "headers": {"X-Team": "blue"}}),
        ({"PHOENIX_CLIENT_HEADERS": '{{"api_key": "abc"}}'}, {"endpoint": GRPC, "protocol": "grpc", "api_key": "zz"}),
        ({"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, {"endpoint": BASE}),
    ],
)
def test_register_in_every_spelling(
    server: Server,
    project: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: dict[str, str],
    arguments: dict[str, Any],
    batch: bool,
) -> None:
    def at(text: Any) -> Any:
        return text.format(http=server.port, grpc=server.grpc_port) if isinstance(text, str) else text

    for name, value in environment.items():
        monkeypatch.setenv(name, at(value))
    given = {name: at(value) for name, value in arguments.items()}

    provider = register(project_name=project, batch=batch, set_global_tracer_provider=False, verbose=False, **given)
    try:
        provider.get_tracer("test").start_span("arrives").end()
        assert not batch or provider.force_flush()
        assert [span["name"] for span in spans_in(server, project)] == ["arrives"]
    finally:
        provider.shutdown()
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("arguments", "context"),
    [
        ({"endpoint": "http://127.0.0.1:4317", "protocol": "http/protobuf"}, CONTRADICTION),
        ({"endpoint": "http://127.0.0.1:6006/v1/traces", "protocol": "grpc"}, CONTRADICTION),
        ({"protocol": "smoke signals"}, pytest.raises(ValueError, match="protocol must be")),
        ({"endpoint": "http://127.0.0.1:port"}, pytest.raises(ValueError, match="no valid port")),
        ({"endpoint": "ftp://127.0.0.1"}, pytest.raises(ValueError, match="is not an address")),
        ({}, nullcontext()),
    ],
)
def test_what_contradicts_itself_is_refused(arguments: Any, context: AbstractContextManager[Any]) -> None:
    with context:
        register(set_global_tracer_provider=False, verbose=False, **arguments).shutdown()


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("batch", [False, True], ids=["simple", "batch"])
def test_nothing_listens_and_that_is_said(
    project: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    protocol: Any,
    batch: bool,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    [port] = free_ports(1)
    provider = register(
        endpoint=f"http://127.0.0.1:{port}",
        protocol=protocol,
        project_name=project,
        batch=batch,
        set_global_tracer_provider=False,
        verbose=False,
    )

    provider.get_tracer("test").start_span("lost").end()
    provider.force_flush()
    provider.shutdown()

    [said] = [record for record in caplog.records if record.name == "rubricate.otel"]
    assert said.levelno == logging.ERROR
    assert re.search(rf"1 span lost: export to http://127.0.0.1:{port}\S* failed: .*rubricate serve", said.getMessage())


def test_a_wrong_address_of_a_real_server_is_said(
    server: Server, project: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider = register(
        endpoint=f"{server.base_url}/nowhere/v1/traces", set_global_tracer_provider=False, verbose=False
    )
    provider.get_tracer("test").start_span("lost").end()
    provider.shutdown()

    [said] = [record.getMessage() for record in caplog.records if record.name == "rubricate.otel"]
    assert "1 span lost" in said
    assert "traces are not taken at this address" in said


def test_register_says_where_spans_go(server: Server, project: str, capsys: pytest.CaptureFixture[str]) -> None:
    register(endpoint=server.base_url, project_name=project, set_global_tracer_provider=False).shutdown()

    assert capsys.readouterr().err == (
        f"Rubricate: spans of project '{project}' go to {server.base_url}/v1/traces (http/protobuf, each as it ends).\n"
    )


def test_the_global_provider(server: Server, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_api, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace_api, "_TRACER_PROVIDER_SET_ONCE", Once())

    provider = rubricate.register(endpoint=server.base_url, project_name=project, verbose=False)
    trace_api.get_tracer("anybody's").start_span("through the global one").end()
    provider.shutdown()

    assert [span["name"] for span in spans_in(server, project)] == ["through the global one"]


def readable(error: Exception, *parts: str) -> None:
    """The message says what, where and why; shown with -s, so that a person can judge it too."""
    message = str(error)
    print(f"{type(error).__name__}: {message}\n")
    missing = [part for part in parts if part not in message]
    assert not missing, message
