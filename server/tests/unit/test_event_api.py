"""Live updates: when nobody more can listen. The streams themselves are tested on a real server, in e2e/insight."""

from pathlib import Path

from starlette.testclient import TestClient

from rubricate_server.app import build_app
from rubricate_server.domain.topic import Topics
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.sqlite.store import open_storage


def test_one_listener_too_many_is_told_to_come_again(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    http = TestClient(build_app(storage, Ingest(storage.spans), topics=Topics(most_listeners=0)))
    answer = http.get("/v1/events")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert answer.text == "0 listen already; ask again later."
    storage.close()
