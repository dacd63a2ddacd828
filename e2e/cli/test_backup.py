"""A copy of a store that is being written to is whole, and can be served."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

from ..server import Server
from .command import a_span, rubricate, send


def test_a_backup_under_ingest_holds_all_that_was_acknowledged(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server()
    acknowledged: list[str] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            batch = [a_span(number + place) for place in range(20)]
            send(server, batch, "busy")
            acknowledged.extend(span["spanId"] for span in batch)
            number += 20

    writer = threading.Thread(target=write)
    writer.start()
    copies = []
    try:
        for number in range(3):
            before = set(acknowledged)
            ran = rubricate("backup", "--data", server.data, tmp_path / f"copy-{number}.db")
            assert ran.code == 0, ran.err
            copies.append((tmp_path / f"copy-{number}.db", before))
    finally:
        stop.set()
        writer.join()
    assert len(acknowledged) > 100
    for number, (copy, _) in enumerate(copies):
        data = tmp_path / f"restored-{number}"
        assert rubricate("restore", copy, "--data", data).code == 0
        assert rubricate("doctor", "--data", data, "--port", "0", "--grpc-port", "0", "--blocks").code == 0
    restored = start_server("--data", str(tmp_path / "restored-2"))
    out = rubricate("export", "spans", "-p", "busy", server=restored).out
    kept = {json.loads(line)["context"]["span_id"] for line in out.splitlines()}
    assert copies[2][1] <= kept <= set(acknowledged)
    assert sorted(each.name for each in tmp_path.glob("*copy*")) == ["copy-0.db", "copy-1.db", "copy-2.db"]


def test_nothing_is_overwritten_or_put_under_a_running_server(server: Server, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    send(server, [a_span()], "one")
    assert rubricate("backup", "--data", server.data, copy).code == 0
    whole = copy.read_bytes()
    again = rubricate("backup", "--data", server.data, copy)
    assert (again.code, copy.read_bytes()) == (1, whole)
    assert "is there already" in again.err
    under = rubricate("restore", copy, "--data", server.data)
    assert under.code == 1
    assert "not empty" in under.err
    none = rubricate("backup", "--data", tmp_path / "nothing", tmp_path / "none.db")
    assert none.code == 1
    assert not (tmp_path / "none.db").exists()


def test_a_damaged_backup_is_refused_and_the_directory_stays_empty(server: Server, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    send(server, [a_span(number) for number in range(500)], "damaged")
    rubricate("backup", "--data", server.data, copy)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    ran = rubricate("restore", copy, "--data", tmp_path / "new")
    assert ran.code == 1
    assert "damaged" in ran.err or "not whole" in ran.err
    assert not (tmp_path / "new").exists()
