"""A server that cannot start says why, ends with 1, and leaves everything as it was."""

import os
import sqlite3  # noqa: TID251  # to damage a file from outside
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ..clients.helpers import HTTP, a_span, send, spans_in
from ..server import Server, program, strangers_environment


def start(data: Path, *options: str) -> tuple[int, str]:
    """Start a server that is not expected to stay; its exit code, and what it said."""
    command = [*program(), "serve", "--data", str(data), "--port", "0", "--grpc-port", "0", *options]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=strangers_environment())
    return ran.returncode, ran.stdout + ran.stderr


def contents(directory: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in directory.iterdir() if each.suffix != ".lock"}


def refused(data: Path, *options: str) -> str:
    code, said = start(data, *options)
    assert code == 1, said
    assert said.splitlines()[-1].startswith("rubricate: "), said  # gRPC says something of its own before
    assert "Traceback" not in said
    return said


@pytest.fixture
def used(start_server: Callable[..., Server]) -> Path:
    """A directory that a server has used and left."""
    server = start_server()
    send(server, "default", [a_span(f"span {number}") for number in range(500)])
    server.stop()
    return server.data


def test_a_second_server_on_the_same_directory(start_server: Callable[..., Server]) -> None:
    server = start_server()
    said = refused(server.data)
    assert f"in use by process {server.pid}" in said
    send(server, "default", [a_span()])
    assert len(spans_in(server, "default")) == 1


@pytest.mark.parametrize("option", ["--port", "--grpc-port"])
def test_a_second_server_on_the_same_port(start_server: Callable[..., Server], tmp_path: Path, option: str) -> None:
    server = start_server()
    taken = server.port if option == "--port" else server.grpc_port
    said = refused(tmp_path / "other", option, str(taken))
    assert str(taken) in said
    assert option in said
    assert len(spans_in(server, "default")) == 0


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("mine")
    assert str(file) in refused(file)
    assert file.read_text() == "mine"


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may write everywhere; see test_file.py, which becomes somebody else"
)
def test_a_directory_that_may_not_be_written(used: Path) -> None:
    used.chmod(0o555)
    try:
        assert "Permission denied" in refused(used)
    finally:
        used.chmod(0o755)


@pytest.mark.parametrize("damage", ["no database", "cut off", "newer"])
def test_a_file_that_is_not_as_it_was_left(used: Path, damage: str) -> None:
    path = used / "rubricate.db"
    match damage:
        case "no database":
            path.write_bytes(b"something else entirely " * 1000)
            words = "not a database"
        case "cut off":
            path.write_bytes(path.read_bytes()[: 2 * 4096])
            words = "damaged"
        case _:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("update alembic_version set version_num = '9999'")
                connection.commit()
            words = "A newer Rubricate wrote it"
    before = contents(used)
    assert words in refused(used)
    assert contents(used) == before


def test_a_damaged_body_is_told_and_costs_no_other(start_server: Callable[..., Server]) -> None:
    server = start_server()
    for project in ("well", "ill"):
        send(
            server,
            project,
            [a_span(attributes={"input.value": f"{project} " * 50, "noise": number}) for number in range(70)],
        )
    server.stop()
    with closing(sqlite3.connect(server.data / "rubricate.db")) as connection:
        ill = "select id from project where name = 'ill'"
        for row, frame in connection.execute(
            f"select id, attributes from span_block where project_id = ({ill})"
        ).fetchall():
            broken = frame[:20] + bytes(byte ^ 0xFF for byte in frame[20:])
            connection.execute("update span_block set attributes = ? where id = ?", (broken, row))
        connection.commit()
    server.start()
    assert len(spans_in(server, "well")) == 70

    answer = HTTP.get(f"{server.base_url}/v1/projects/ill/spans")
    assert answer.status_code == 500
    assert "block" in answer.text, "it says what is damaged"
    send(server, "ill", [a_span("new")])
    assert len(spans_in(server, "well")) == 70
