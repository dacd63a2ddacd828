"""Spans to send, spans as the API shows them, and clients that await made to block."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ..server import Server

Json = dict[str, Any]

# No certificates are loaded, and no connection outlives the server that it led to.
HTTP = httpx.Client(verify=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0), timeout=20)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VISIBLE_WITHIN_S = 10.0


def new_trace_id() -> str:
    return secrets.token_hex(16)


def new_span_id() -> str:
    return secrets.token_hex(8)


def a_span(
    name: str = "answer",
    *,
    kind: str = "LLM",
    trace_id: str | None = None,
    parent_id: str | None = None,
    start: datetime = NOON,
    seconds: float = 1.0,
    attributes: Json | None = None,
    **fields: Any,
) -> Json:
    """A span as `POST /v1/projects/{p}/spans` takes it."""
    return {
        "name": name,
        "context": {"trace_id": trace_id or new_trace_id(), "span_id": new_span_id()},
        "span_kind": kind,
        "parent_id": parent_id,
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(seconds=seconds)).isoformat(),
        "status_code": "OK",
        "status_message": "",
        "attributes": attributes or {},
        **fields,
    }


def id_of(span: Mapping[str, Any]) -> str:
    span_id: str = span["context"]["span_id"]
    return span_id


def a_rag_trace(question: str = "Where is my parcel?", start: datetime = NOON) -> list[Json]:
    """A chain with a retriever of two documents and a model's answer in it."""
    chain = a_span(
        "chain",
        kind="CHAIN",
        start=start,
        seconds=4,
        attributes={
            "input.value": question,
            "output.value": "At the depot.",
            "metadata": {"tenant": "blue", "tier": 2},
            "session.id": "s-1",
        },
    )
    common: Json = {"trace_id": chain["context"]["trace_id"], "parent_id": id_of(chain)}
    retriever = a_span(
        "search",
        kind="RETRIEVER",
        start=start + timedelta(seconds=1),
        attributes={
            "input.value": question,
            "retrieval.documents": [
                {"document.id": "d1", "document.content": "Depots open at 8.", "document.score": 0.9},
                {"document.id": "d2", "document.content": "Parcels take 2 days.", "document.score": 0.4},
            ],
        },
        **common,
    )
    model = a_span(
        "ChatCompletion",
        start=start + timedelta(seconds=2),
        attributes={
            "llm.model_name": "gpt-5",
            "llm.token_count.total": 12,
            "llm.output_messages": [{"message.role": "assistant", "message.content": "At the depot."}],
            "llm.invocation_parameters": '{"temperature": 0}',
        },
        **common,
    )
    return [chain, retriever, model]


def send(server: Server, project: str, spans: list[Json]) -> list[Json]:
    """Store spans over plain HTTP."""
    response = HTTP.post(f"{server.base_url}/v1/projects/{project}/spans", json={"data": spans})
    assert response.status_code == 202, response.text
    return spans


def spans_in(server: Server, project: str) -> list[Json]:
    """The spans that the API shows now; none in a project that does not exist."""
    response = HTTP.get(f"{server.base_url}/v1/projects/{project}/spans", params={"limit": 1000})
    if response.status_code == 404:
        return []
    assert response.status_code == 200, response.text
    data: list[Json] = response.json()["data"]
    return data


def annotations_of(server: Server, project: str, *span_ids: str) -> list[Json]:
    """The annotations that the API shows now, newest first."""
    response = HTTP.get(
        f"{server.base_url}/v1/projects/{project}/span_annotations", params={"span_ids": span_ids, "limit": 1000}
    )
    assert response.status_code == 200, response.text
    data: list[Json] = response.json()["data"]
    return data


def soon(ask: Callable[[], Any], within_s: float = VISIBLE_WITHIN_S) -> Any:
    """What `ask` returns as soon as that is something, at the latest after `within_s`."""
    deadline = time.monotonic() + within_s
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


class Awaited:
    """An asynchronous client whose calls block, so that one test serves both kinds."""

    def __init__(self, target: Any, runner: asyncio.Runner) -> None:
        self._target = target
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return Awaited(found, self._runner)
        return lambda *args, **kwargs: self._runner.run(found(*args, **kwargs))

    def run(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Await a function that takes the client itself."""
        return self._runner.run(call(self._target, *args, **kwargs))


@contextmanager
def awaited(make: Callable[[], Any], close: Callable[[Any], Any]) -> Iterator[Awaited]:
    """`make` runs inside the loop, because some clients bind to it."""

    async def made() -> Any:
        return make()

    with asyncio.Runner() as runner:
        client = runner.run(made())
        yield Awaited(client, runner)
        runner.run(close(client))
