"""Clients whose address has a path, as where a proxy serves several programs and takes the path off: `/s/space`."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import phoenix.client
import pytest
from phoenix.otel import register as phoenix_register

import rubricate
from rubricate.otel import register

from ..server import Server
from .helpers import a_span, awaited, id_of, spans_in

# The client changes frames in place, which pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:pandas.errors.Pandas4Warning")

PREFIX = "/s/space"
OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@pytest.fixture(scope="module")
def beneath(server: Server) -> Iterator[str]:
    """The address of the server, seen through a proxy that knows nothing but the prefix."""
    upstream = httpx.Client(base_url=server.base_url, verify=False, trust_env=False)

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if not self.path.startswith(f"{PREFIX}/"):
                self.send_error(404, "nothing is served without the prefix")
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_HOP}
            request = upstream.build_request(self.command, self.path[len(PREFIX) :], content=body, headers=headers)
            answer = upstream.send(request, stream=True)
            content = b"".join(answer.iter_raw())
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # the library's names

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with upstream, ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{proxy.server_port}{PREFIX}"
        proxy.shutdown()
        thread.join()


@pytest.fixture(params=["Phoenix's", "Phoenix's, asynchronous", "ours"])
def client(request: pytest.FixtureRequest, beneath: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Each finds the address in the environment."""
    monkeypatch.setenv("PHOENIX_COLLECTOR_ENDPOINT", beneath)
    match request.param:
        case "ours":
            with rubricate.Client() as ours:
                yield ours
        case "Phoenix's":
            made = phoenix.client.Client()
            with made._client:  # it cannot be closed; the one inside can
                yield made
        case _:
            with awaited(phoenix.client.AsyncClient, lambda made: made._client.aclose()) as blocking:
                yield blocking


def test_spans_annotations_frames_and_datasets(client: Any, project: str) -> None:
    span = a_span(attributes={"input.value": "Where?"})
    client.spans.log_spans(project_identifier=project, spans=[span])
    annotations = getattr(client, "annotations", client.spans)
    annotations.add_span_annotation(
        span_id=id_of(span), annotation_name="tone", annotator_kind="HUMAN", label="good", sync=True
    )
    created = client.datasets.create_dataset(name=project, inputs=[{"q": 1}], outputs=[{"a": 2}])

    frame = client.spans.get_spans_dataframe(project_identifier=project)
    said = annotations.get_span_annotations_dataframe(project_identifier=project, span_ids=[id_of(span)])

    assert frame["attributes.input.value"].tolist() == ["Where?"]
    assert said["result.label"].tolist() == ["good"]
    assert client.datasets.get_dataset(dataset=project).id == created.id


@pytest.mark.parametrize("make", [phoenix_register, register], ids=["Phoenix's", "ours"])
def test_traces(make: Any, server: Server, beneath: str, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOENIX_COLLECTOR_ENDPOINT", beneath)
    provider = make(project_name=project, protocol="http/protobuf", set_global_tracer_provider=False, verbose=False)
    provider.get_tracer("test").start_span("step").end()
    provider.shutdown()

    assert [span["name"] for span in spans_in(server, project)] == ["step"]
