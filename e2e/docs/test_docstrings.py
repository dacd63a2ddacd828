"""Every public name of the SDK says what it is and shows how it is used, and what it shows is true.

The examples of all docstrings run as they stand, with the standard library's doctest, against a real server on which
there is a small help desk. Each docstring finds it untouched: what one of them changes, no other one sees.

Examples may use a connected `client`, pandas as `pd`, their own name, and what `help_desk` gives: `span_id`,
`trace_id`, `experiment_id`, `my_application`. All else they import or ask the server for. The address that the
documentation uses stands for the server's.
"""

import contextlib
import doctest
import io
import os
from collections.abc import Iterator
from importlib.metadata import entry_points
from types import FunctionType, ModuleType
from typing import Any

import httpx
import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from opentelemetry import trace
from opentelemetry.util._once import Once

from rubricate.client import Client, calls, transport
from rubricate.errors import RubricateError

from ..server import Server, strangers_environment
from . import help_desk
from .public_names import PublicName, public_names

ADDRESS = "http://127.0.0.1:6006"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PUBLIC = {public.name: public for public in public_names()}
WITH_EXAMPLES = [name for name, public in PUBLIC.items() if ">>>" in public.docstring]

WITHOUT_EXAMPLE = {
    "rubricate.capture_span_context": "OpenInference's",
    "rubricate.client.experiments.EvaluationRun": "a record: its fields are all there is",
    "rubricate.client.experiments.RanExperiment": "a record: its fields are all there is",
    "rubricate.errors.error_for": "the client's own; users meet the errors that it makes",
    "rubricate.errors.server_words": "the client's own; users read it in errors",
    "rubricate.otel.GRPCSpanExporter.export": "called by OpenTelemetry",
    "rubricate.otel.HTTPSpanExporter.export": "called by OpenTelemetry",
    "rubricate.otel.Resource": "OpenTelemetry's",
}
"""And why."""


class World:
    """The help desk on the server: as much of it as somebody asks for, anew where the last docstring changed it."""

    def __init__(self, connections: httpx.Client) -> None:
        self.connections = connections
        self._client = Client(http_client=connections)
        self._parts: dict[object, dict[str, Any]] | None = None

    def names_for(self, text: str) -> dict[str, Any]:
        """See that all is there that an example speaks of; the names that it may use."""
        if self._parts is None:
            help_desk.clear(self._client, self.connections)
        there = self._parts or {}
        for part, words in help_desk.PARTS.items():
            if part not in there and any(word in text for word in words):
                there[part] = part(self._client)
        self._parts = there
        return {name: value for names in there.values() for name, value in names.items()}

    def changed(self) -> None:
        """Something was written."""
        self._parts = None


@pytest.fixture(scope="module")
def world(server: Server) -> Iterator[World]:
    """The help desk, and an environment that leads to it."""
    with pytest.MonkeyPatch.context() as patch, httpx.Client(base_url=server.base_url) as connections:
        for name in os.environ.keys() - strangers_environment().keys():
            patch.delenv(name)
        patch.setenv("RUBRICATE_ENDPOINT", server.base_url)
        patch.setenv("RUBRICATE_GRPC_PORT", str(server.grpc_port))
        patch.setenv("RUBRICATE_PROJECT_NAME", help_desk.PROJECT)
        help_desk.send_what_is_refused(connections)
        world = World(connections)
        build = transport.Server.build

        def watched(self: transport.Server, sender: Any, request: calls.Request) -> Any:
            if request.method != "GET" and request.path != "v1/spans":  # where queries are sent to
                world.changed()
            return build(self, sender, request)

        patch.setattr(transport.Server, "build", watched)
        yield world


@pytest.fixture
def no_tracing(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process in which nobody was asked to trace yet, and in which nobody is afterwards."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    yield
    if trace._TRACER_PROVIDER is not None:
        for entry in entry_points(group="openinference_instrumentor"):
            entry.load()().uninstrument()


@pytest.mark.usefixtures("no_tracing")
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_docstring_do_what_they_say(name: str, world: World, server: Server) -> None:
    public = PUBLIC[name]
    text = public.docstring.replace(ADDRESS, server.base_url).replace(":4317", f":{server.grpc_port}")
    said = io.StringIO()
    with Client(http_client=world.connections) as client:
        names = {**world.names_for(text), **_own_names(name), "client": client, "pd": pd}
        examples = doctest.DocTestParser().get_doctest(text, names, name, name, 0)
        with _ended(examples.globs, world):
            failed, tried = doctest.DocTestRunner(optionflags=FLAGS).run(examples, out=said.write, clear_globs=False)
    assert tried
    assert not failed, said.getvalue()


def test_every_public_name_has_a_docstring() -> None:
    assert [name for name, public in PUBLIC.items() if not public.docstring] == []


def test_every_public_name_has_an_example() -> None:
    assert [
        name for name, public in PUBLIC.items() if _needs_an_example(public) and ">>>" not in public.docstring
    ] == []


def test_what_needs_no_example_is_there() -> None:
    assert [name for name in WITHOUT_EXAMPLE if name not in PUBLIC or ">>>" in PUBLIC[name].docstring] == []


def _own_names(name: str) -> dict[str, object]:
    """The function or class that a docstring is of, which whoever reads it has."""
    parents = [name, name.rpartition(".")[0]]
    own = [PUBLIC[each] for each in parents if each in PUBLIC and not each.startswith("client.")]
    return {each.name.rpartition(".")[2]: each.value for each in own if isinstance(each.value, type | FunctionType)}


def _needs_an_example(public: PublicName) -> bool:
    """Not modules, resources and properties, which what is in or around them shows; nor errors: their text is shown."""
    value = public.value
    if isinstance(value, type):
        return not issubclass(value, RubricateError | calls.Resource) and public.name not in WITHOUT_EXAMPLE
    return not isinstance(value, ModuleType | property) and public.name not in WITHOUT_EXAMPLE


@contextlib.contextmanager
def _ended(names: dict[str, Any], world: World) -> Iterator[None]:
    """Whoever sends spans in the background ends with the examples."""
    try:
        yield
    finally:
        for value in names.values():
            if hasattr(value, "shutdown") and not isinstance(value, type):
                value.shutdown()
                world.changed()
