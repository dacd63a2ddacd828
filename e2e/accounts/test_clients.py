"""Clients as they are, with a key, on a server that asks for one: over HTTP and gRPC, from Python and JavaScript."""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # has no stubs
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from phoenix.client import Client as PhoenixClient
from phoenix.otel import register as phoenix_register

from rubricate import errors
from rubricate.client import AsyncClient, Client
from rubricate.otel import register

from ..cli.command import a_span as otlp_span
from ..cli.command import otlp
from ..clients.helpers import Json, a_span, awaited, id_of, soon
from ..conftest import StartServer
from ..js.test_npm_client import HERE as JS
from ..js.test_npm_client import environment, node_modules
from ..server import Server, program, strangers_environment
from .conftest import Somebody
from .people import Person, with_key

__all__ = ["environment", "node_modules"]  # fixtures of the tests of npm's clients


def spans_in(person: Person, project: str) -> list[str]:
    answer = person.get(f"/v1/projects/{project}/spans", params={"limit": 1000})
    return [] if answer.status_code == 404 else [span["name"] for span in answer.json()["data"]]


REGISTERED: list[tuple[str, Callable[..., Any], Json]] = [
    ("Phoenix's over gRPC", phoenix_register, {"endpoint": "http://127.0.0.1:{grpc}", "protocol": "grpc"}),
    ("Phoenix's over HTTP", phoenix_register, {"endpoint": "http://127.0.0.1:{http}/v1/traces"}),
    (
        "Phoenix's over HTTP, two slashes",
        phoenix_register,
        {"endpoint": "http://127.0.0.1:{http}//v1/traces", "protocol": "http/protobuf"},
    ),
    (
        "Phoenix's over HTTP, a slash behind",
        phoenix_register,
        {"endpoint": "http://127.0.0.1:{http}/v1/traces/", "protocol": "http/protobuf"},
    ),
    ("ours over gRPC", register, {"endpoint": "http://127.0.0.1:{grpc}", "protocol": "grpc"}),
    ("ours over HTTP", register, {"endpoint": "http://127.0.0.1:{http}/v1/traces"}),
]


@pytest.mark.parametrize("how", ["argument", "PHOENIX_API_KEY", "PHOENIX_CLIENT_HEADERS", "wrong", "none"])
@pytest.mark.parametrize(("make", "where"), [each[1:] for each in REGISTERED], ids=[each[0] for each in REGISTERED])
def test_traces_arrive_with_a_key_and_only_then(
    guarded: Server,
    admin: Person,
    system_key: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    make: Callable[..., Any],
    where: Json,
    how: str,
) -> None:
    caplog.set_level(logging.CRITICAL)  # exporters say loudly that they were refused
    given = {name: value.format(http=guarded.port, grpc=guarded.grpc_port) for name, value in where.items()}
    match how:
        case "argument":
            given["api_key"] = system_key
        case "PHOENIX_API_KEY":
            monkeypatch.setenv("PHOENIX_API_KEY", system_key)
        case "PHOENIX_CLIENT_HEADERS":
            monkeypatch.setenv("PHOENIX_CLIENT_HEADERS", f"api_key={system_key}")
        case "wrong":
            given["api_key"] = "rbk_wrong"
    project = f"{make.__module__}-{where['endpoint'].rpartition('}')[2].replace('/', '-')}-{how}"
    provider = make(project_name=project, batch=False, set_global_tracer_provider=False, verbose=False, **given)
    try:
        provider.get_tracer("test").start_span("step").end()
    finally:
        provider.shutdown()
    assert spans_in(admin, project) == ([] if how in ("wrong", "none") else ["step"])


@pytest.mark.parametrize("role", ["VIEWER", "ANNOTATOR"])
def test_who_may_not_send_spans_is_told_so_over_grpc(
    guarded: Server, admin: Person, somebody: Somebody, role: str
) -> None:
    person = somebody("MEMBER")
    key = person.new_key()
    with grpc.insecure_channel(f"127.0.0.1:{guarded.grpc_port}") as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        export(b"", metadata=[("authorization", f"Bearer {key}")])
        assert admin.patch(f"/v1/users/{person.name}", json={"role": role}).status_code == 200
        for name in ("authorization", "api_key", "api-key", "x-api-key"):
            with pytest.raises(grpc.RpcError) as refused:
                export(b"", metadata=[(name, f"Bearer {key}" if name == "authorization" else key)])
            assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
        for metadata in ([], [("api_key", "rbk_wrong")], [("authorization", key)]):
            with pytest.raises(grpc.RpcError) as unknown:
                export(b"", metadata=metadata)
            assert (unknown.value.code(), unknown.value.details()) == (grpc.StatusCode.UNAUTHENTICATED, "Invalid token")


def test_a_strangers_message_is_not_read_over_grpc(start_server: StartServer, caplog: pytest.LogCaptureFixture) -> None:
    """Larger than any that is taken, it is refused for its key and not for its size."""
    secret = "s" * 40
    server = start_server(
        environment={"RUBRICATE_AUTH": "true", "RUBRICATE_ADMIN_SECRET": secret, "RUBRICATE_MAX_BODY_BYTES": "1000000"}
    )
    endpoint = f"http://127.0.0.1:{server.grpc_port}"

    def sent(key: str, size: int) -> str:
        """What the exporter says of a span of that size."""
        exporter = OTLPSpanExporter(endpoint, insecure=True, headers=(("authorization", f"Bearer {key}"),), timeout=20)
        provider = TracerProvider(resource=Resource({"openinference.project.name": "grpc"}))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        caplog.clear()
        provider.get_tracer("test").start_span(f"{size}", attributes={"text": "x" * size}).end()
        provider.shutdown()
        return caplog.text

    assert "UNAUTHENTICATED" in sent("rbk_wrong", 5_000_000)
    assert sent(secret, 500_000) == ""
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        with pytest.raises(grpc.RpcError) as too_large:
            export(bytes(5_000_000), metadata=[("api_key", secret)])
        assert too_large.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    with with_key(server, secret) as admin:
        assert [span["name"] for span in admin.get("/v1/projects/grpc/spans").json()["data"]] == ["500000"]


@pytest.mark.parametrize("make", [Client, PhoenixClient], ids=["ours", "Phoenix's"])
@pytest.mark.parametrize("how", ["argument", "variable"])
def test_a_client_does_its_work_with_a_key(
    guarded: Server, somebody: Somebody, monkeypatch: pytest.MonkeyPatch, make: Any, how: str
) -> None:
    ana = somebody("MEMBER")
    key = ana.new_key()
    if how == "variable":
        monkeypatch.setenv("PHOENIX_API_KEY", key)
    client = make(base_url=guarded.base_url, **({"api_key": key} if how == "argument" else {}))
    span = a_span()
    client.spans.log_spans(project_identifier="clients", spans=[span])
    client.spans.add_span_annotation(span_id=id_of(span), annotation_name="quality", label="good", sync=True)
    found = client.spans.get_span_annotations(span_ids=[id_of(span)], project_identifier="clients")
    assert [each["user_id"] for each in found] == [ana.name]
    assert id_of(span) in client.spans.get_spans_dataframe(project_identifier="clients").index
    if make is Client:
        frame = client.spans.get_spans_dataframe(project_identifier="clients", include_annotations=True)
        assert [each["user_id"] for each in frame["annotations"][id_of(span)]] == [ana.name]


@pytest.mark.parametrize("make", [Client, PhoenixClient], ids=["ours", "Phoenix's"])
def test_an_experiment_runs_and_is_traced_with_a_key(guarded: Server, somebody: Somebody, make: Any) -> None:
    ana = somebody("MEMBER")
    client = make(base_url=guarded.base_url, api_key=ana.new_key())
    dataset = client.datasets.create_dataset(name=f"of {ana.name}", inputs=[{"n": 1}, {"n": 2}])
    ran = client.experiments.run_experiment(
        dataset=dataset, task=lambda input: input["n"], evaluators=[lambda output: output > 1]
    )
    assert sorted(run["output"] for run in ran["task_runs"]) == [1, 2]
    assert sorted(each.result["score"] for each in ran["evaluation_runs"]) == [0, 1]
    assert len(soon(lambda: spans_in(ana, ran["project_name"]), within_s=10)) == 2
    onlooker = somebody("ANNOTATOR")
    looks_on = make(base_url=guarded.base_url, api_key=onlooker.new_key())
    assert len(looks_on.experiments.get_experiment(experiment_id=ran["experiment_id"])["task_runs"]) == 2
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        looks_on.experiments.create(dataset_id=dataset.id)


def test_our_variable_comes_first_and_a_missing_key_is_told(
    guarded: Server, system_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.Unauthorized):
        Client(base_url=guarded.base_url).projects.list()
    monkeypatch.setenv("PHOENIX_API_KEY", "wrong")
    monkeypatch.setenv("RUBRICATE_API_KEY", system_key)
    assert Client(base_url=guarded.base_url).projects.list()
    with awaited(lambda: AsyncClient(base_url=guarded.base_url), lambda client: client.close()) as client:
        assert client.projects.list()


def test_who_may_not_is_told_as_forbidden(guarded: Server, somebody: Somebody) -> None:
    client = Client(base_url=guarded.base_url, api_key=somebody("ANNOTATOR").new_key())
    with pytest.raises(errors.Forbidden, match="Annotators cannot"):
        client.projects.create(name="not mine to make")


def test_the_command_sends_the_key(guarded: Server, admin: Person, system_key: str, tmp_path: Path) -> None:
    with_key(guarded, system_key).post("/v1/traces", json=otlp([otlp_span()], "of the command")).raise_for_status()

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program(), "export", "spans", "--project", "of the command", "--output", str(tmp_path / "spans.jsonl")],
            env=strangers_environment() | {"RUBRICATE_ENDPOINT": guarded.base_url} | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert run().returncode == 1
    assert run(RUBRICATE_API_KEY=system_key).returncode == 0
    assert (tmp_path / "spans.jsonl").read_text().count("\n") == 1


@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize("header", ["Authorization", "api_key"])
def test_the_client_from_npm_works_with_a_key(
    guarded: Server, system_key: str, environment: dict[str, str], header: str
) -> None:
    value = f"Bearer {system_key}" if header == "Authorization" else system_key
    script = """
        import { createClient } from "@arizeai/phoenix-client";
        const [, , baseUrl, name, value] = ["", ...process.argv];
        const ask = (headers) =>
          createClient({ options: { baseUrl, headers } }).GET("/v1/projects").catch((error) => error);
        const good = await ask({ [name]: value });
        if (!good.data?.data?.length) throw new Error("refused with a key");
        const bad = await ask({ [name]: value + "x" });
        if (bad.data) throw new Error("let in without one");
    """
    node = subprocess.run(
        ["node", "--input-type=module", "--eval", script, guarded.base_url, header, value],
        cwd=JS,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert node.returncode == 0, node.stdout + node.stderr
