"""Spans into a dataset over HTTP, for somebody who does not wait for the answer."""

import json
from pathlib import Path
from typing import Any

import anyio
from fastapi import FastAPI
from starlette.testclient import TestClient

from rubricate_server.app import build_app
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.sqlite.store import open_storage

SPAN = {
    "name": "ask",
    "context": {"trace_id": "7" * 32, "span_id": "5" * 16},
    "span_kind": "CHAIN",
    "start_time": "2026-03-01T12:00:00Z",
    "end_time": "2026-03-01T12:00:01Z",
    "attributes": {"input.value": "in", "output.value": "out"},
}


async def post(app: FastAPI, path: str, body: dict[str, Any], *, goes_away: bool) -> int:
    """The status that the app answers; who goes away does so as soon as the request is sent."""
    request = {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}
    requests = iter([request])
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        sent = next(requests, None)
        if sent is None and not goes_away:
            await anyio.sleep_forever()
        return sent or {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "app": app}
    await app(scope, receive, send)
    return statuses[0]


def test_who_goes_away_before_it_is_written_gets_no_example_and_no_dataset(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    app = build_app(storage, Ingest(storage.spans))
    http = TestClient(app)
    assert http.post("/v1/projects/shop/spans", json={"data": [SPAN]}).status_code == 202
    kept = http.post("/v1/datasets", json={"name": "kept"}).json()["data"]["id"]
    ways: list[tuple[str, dict[str, Any]]] = [
        (f"/v1/datasets/{kept}/examples/from_items", {"project": "shop"}),
        ("/v1/datasets/from_items", {"project": "shop", "name": "new"}),
    ]

    def datasets() -> dict[str, int]:
        return {each["name"]: each["example_count"] for each in http.get("/v1/datasets").json()["data"]}

    def ask(*, goes_away: bool) -> list[int]:
        async def all_of_them() -> list[int]:
            return [await post(app, path, body, goes_away=goes_away) for path, body in ways]

        return anyio.run(all_of_them)

    assert ask(goes_away=True) == [499, 499]
    assert datasets() == {"kept": 0}
    assert ask(goes_away=False) == [200, 201]
    assert datasets() == {"kept": 1, "new": 1}
    storage.close()
