"""A full disk, for real: what does not fit is refused in words, nothing acknowledged is lost, and room helps."""

import os
import secrets
import shutil
import sqlite3  # noqa: TID251  # to check the file from outside
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from ..clients.helpers import HTTP, a_span, annotations_of, id_of, soon
from ..server import Server

SMALL, LARGE = "size=12m", "size=96m"
MOST_TRIES = 1000
"""Of 50 kB or more each: four times what fits."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", SMALL, "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def store_span(server: Server) -> tuple[str, httpx.Response]:
    span = a_span(attributes={"noise": secrets.token_hex(50_000)})
    return id_of(span), HTTP.post(f"{server.base_url}/v1/projects/default/spans", json={"data": [span]})


def annotate(server: Server, span_id: str) -> httpx.Response:
    said = {
        "span_id": span_id,
        "name": "n",
        "annotator_kind": "CODE",
        "result": {"explanation": secrets.token_hex(100_000)},
    }
    return HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": [said]})


def export(server: Server) -> httpx.Response:
    attributes = [{"key": "noise", "value": {"stringValue": secrets.token_hex(500_000)}}]
    span = {"traceId": "ab" * 16, "spanId": secrets.token_hex(8), "name": "n", "attributes": attributes}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    return HTTP.post(f"{server.base_url}/v1/traces", json=body)


def refusal_of(attempt: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that is none of success. Folding the log into the file makes room now and then."""
    for _ in range(MOST_TRIES):
        answer = attempt()
        if not answer.is_success:
            return answer
    raise AssertionError("the disk is never full")


def count(server: Server) -> int:
    found: int = HTTP.get(f"{server.base_url}/v1/stats").json()["data"]["rows"]["span"]
    return found


def test_a_full_disk_costs_nothing_that_was_acknowledged(tmp_path: Path, disk: Path) -> None:
    with Server(tmp_path / "server", data=disk / "data") as server:
        stored: list[str] = []

        def store() -> httpx.Response:
            span_id, answer = store_span(server)
            if answer.status_code == 202:
                stored.append(span_id)
            return answer

        refused = refusal_of(store)
        assert (refused.status_code, "full" in refused.text) == (507, True), refused.text
        exported = 0

        def export_one() -> httpx.Response:
            nonlocal exported
            answer = export(server)
            exported += answer.status_code == 200
            return answer

        # Exporters drop what is answered by 500 and 507, and try again after 503.
        answer = refusal_of(export_one)
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True), answer.text
        said = refusal_of(lambda: annotate(server, stored[0]))
        assert said.status_code == 507, said.text
        held = len(stored) + exported
        assert count(server) == held
        assert HTTP.get(f"{server.base_url}/healthz").status_code == 200

        subprocess.run(["mount", "-o", f"remount,{LARGE}", disk], check=True)
        assert soon(lambda: HTTP.get(f"{server.base_url}/readyz").status_code == 200, within_s=20)
        span_id, answer = store_span(server)
        assert answer.status_code == 202, answer.text
        assert annotate(server, span_id).status_code == 200
        assert export(server).status_code == 200
        assert count(server) == held + 2

        assert server.stop() == 0
        with closing(sqlite3.connect(server.data / "rubricate.db")) as connection:
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        server.start()
        assert count(server) == held + 2
        assert len(annotations_of(server, "default", span_id)) == 1
