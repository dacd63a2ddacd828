"""The README's example does what it says, on a real server."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    port, grpc_port = free_ports(2)
    said = (tmp_path / "said").open("w+")
    program = [sys.executable, "-m", "rubricate.cli", "serve", "--data", str(tmp_path / "data")]
    server = subprocess.Popen(
        [*program, "--port", str(port), "--grpc-port", str(grpc_port)],
        env=strangers_environment(),
        stdout=said,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server, Path(said.name))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        said.close()


def test_the_example_traces_annotates_and_reads_back(origin: str) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    questions = "print(list(spans['attributes.input.value']), list(labels['result.label']), list(labels['identifier']))"

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example + questions],
        env=strangers_environment() | {"RUBRICATE_COLLECTOR_ENDPOINT": origin},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "['Can I export everything?'] ['correct'] ['ada']"


def strangers_environment() -> dict[str, str]:
    """Ours, without what would make it somebody's own."""
    return {name: value for name, value in os.environ.items() if not re.match("(RUBRICATE|PHOENIX|OTEL)_", name)}


def free_ports(count: int) -> list[int]:
    """Ports that nobody has; held together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def wait_until_ready(origin: str, server: subprocess.Popen[bytes], said: Path) -> None:
    """Returns when the server answers; fails with what it said when it stops or takes too long."""
    deadline = time.monotonic() + READY_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{origin}/readyz", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"The server did not come up. It said:\n{said.read_text()}")
