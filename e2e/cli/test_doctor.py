"""The doctor says what is well, finds what is not, and changes nothing."""

import socket
import sqlite3  # noqa: TID251  # to damage a file from outside
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ..server import Server, free_ports, program
from .command import Ran, a_span, rubricate, send

FREE = ("--port", "0", "--grpc-port", "0")


def contents(directory: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in directory.iterdir()}


def test_beside_a_running_server_all_is_well(server: Server) -> None:
    send(server, [a_span(number) for number in range(100)], "well")
    ports = ["--port", str(server.port), "--grpc-port", str(server.grpc_port)]
    ran = rubricate("doctor", "--data", server.data, *ports, "--blocks", "--round-trip")
    assert ran.code == 0, ran.out
    assert f"in use by process {server.pid}" in ran.out
    assert "blocks are whole, every checksum fits" in ran.out
    assert "it is deleted" in ran.out
    assert "PROBLEM" not in ran.out
    names = [line for line in rubricate("export", "spans", "-p", "well", server=server).out.splitlines()]
    assert len(names) == 100


def test_a_port_that_another_program_has_is_a_problem(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ran = rubricate("doctor", "--data", tmp_path, "--port", str(taken), "--grpc-port", "0")
    assert ran.code == 1
    assert f"PROBLEM  port {taken} (HTTP) is in use" in ran.out
    assert "choose another port" in ran.out


def test_the_program_on_a_port_is_named_whole(tmp_path: Path) -> None:
    code = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
    code += "print(s.getsockname()[1], flush=True); time.sleep(99)"
    long = ["--first-option-of-the-program", "--second-option-of-the-program", "a" * 50]
    with subprocess.Popen([sys.executable, "-c", code, *long], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        taken = other.stdout.readline().strip()
        ran = rubricate("doctor", "--data", tmp_path, "--port", taken, "--grpc-port", "0")
        other.kill()
    assert f"in use by process {other.pid} ({sys.executable} -c import" in ran.out
    assert " …)" in ran.out


def test_a_taken_port_is_told_with_both_ways_to_choose_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        for option, other_option, variable in (
            ("--port", "--grpc-port", "RUBRICATE_PORT="),
            ("--grpc-port", "--port", "RUBRICATE_GRPC_PORT="),
        ):
            ran = rubricate("serve", "--data", tmp_path / "data", option, taken, other_option, "0")
            assert ran.code != 0
            assert f"rubricate serve {option} " in ran.err
            assert f"{variable}N" in ran.err


def test_no_server_is_a_problem_in_words() -> None:
    ran = rubricate("doctor", "--url", f"http://127.0.0.1:{free_ports(1)[0]}")
    assert ran.code == 1
    assert "No connection to" in ran.out


def test_a_flipped_byte_in_a_block_is_found(start_server: Callable[..., Server]) -> None:
    server = start_server()
    send(server, [a_span(number) for number in range(100)], "flipped")
    server.stop()
    connection = sqlite3.connect(server.data / "rubricate.db")
    block, frame = connection.execute("select id, inputs from span_block where inputs is not null limit 1").fetchone()
    place = len(frame) // 2
    flipped = frame[:place] + bytes([frame[place] ^ 1]) + frame[place + 1 :]
    with connection:
        connection.execute("update span_block set inputs = ? where id = ?", (flipped, block))
    connection.close()
    before = contents(server.data)
    assert rubricate("doctor", "--data", server.data, *FREE).code == 0  # SQLite itself cannot see it
    ran = rubricate("doctor", "--data", server.data, *FREE, "--blocks")
    assert ran.code == 1
    assert f"PROBLEM  block {block}: column inputs: " in ran.out
    assert contents(server.data) == before


def test_a_truncated_database_is_told_and_made_no_worse(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server()
    send(server, [a_span(number) for number in range(500)], "truncated")
    server.stop()
    path = server.data / "rubricate.db"
    for size in (path.stat().st_size * 2 // 3 // 4096 * 4096, 5000, 100):
        path.write_bytes(path.read_bytes()[:size])
        before = contents(server.data)
        ran = rubricate("doctor", "--data", server.data, *FREE, "--blocks")
        assert ran.code == 1, ran.out
        assert "rubricate restore BACKUP" in ran.out
        assert "Traceback" not in ran.out + ran.err
        assert contents(server.data) == before
        ran = rubricate("backup", "--data", server.data, tmp_path / "copy.db")
        assert ran.code == 1
        assert "Traceback" not in ran.err
        assert not (tmp_path / "copy.db").exists()
        assert served(server).code == 1
        assert path.read_bytes() == before["rubricate.db"]


def served(server: Server) -> Ran:
    """What `rubricate serve` says when it does not start."""
    ports = ["--port", str(server.port), "--grpc-port", str(server.grpc_port)]
    process = subprocess.Popen(
        [*program(), "serve", "--data", str(server.data), *ports],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return Ran(-1, out, err)
    return Ran(process.returncode, out, err)
