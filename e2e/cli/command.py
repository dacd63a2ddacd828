"""The command as a person runs it, and spans for it to work on."""

import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from ..server import Server, program, strangers_environment

Json = dict[str, Any]

HTTP = httpx.Client(verify=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0), timeout=20)
START_NS = 1_790_000_000_123_456_789


class Ran(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


def rubricate(*arguments: str | Path, server: Server | None = None) -> Ran:
    """Run the command; with a server, on that one."""
    environment = strangers_environment() | ({"RUBRICATE_ENDPOINT": server.base_url} if server else {})
    done = subprocess.run(
        [*program(), *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def otlp(spans: Sequence[Json], project: str) -> Json:
    """An OTLP/JSON request."""
    resource = {"attributes": [pair("openinference.project.name", project), pair("service.name", "shop")]}
    scope = {"name": "instrument", "version": "1.2"}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": list(spans)}]}]}


def pair(key: str, value: str) -> Json:
    """An attribute of text."""
    return {"key": key, "value": {"stringValue": value}}


def a_span(number: int = 0, **more: Any) -> Json:
    """A span of OTLP/JSON."""
    return {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": f"step {number}",
        "startTimeUnixNano": str(START_NS + number),
        "endTimeUnixNano": str(START_NS + number + 1_000_001),
        "attributes": [pair("input.value", f"question {number}"), pair("openinference.span.kind", "LLM")],
        **more,
    }


def send(server: Server, spans: Sequence[Json], project: str) -> None:
    """Store spans."""
    HTTP.post(f"{server.base_url}/v1/traces", json=otlp(spans, project)).raise_for_status()


def annotate(server: Server, kind: str, annotations: Sequence[Json]) -> None:
    """Store annotations of one kind of target."""
    HTTP.post(f"{server.base_url}/v1/{kind}_annotations", json={"data": list(annotations)}).raise_for_status()
