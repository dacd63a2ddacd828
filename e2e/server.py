"""A real server process for tests: started, killed, restarted on the same data."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Self

READY_WITHIN_S = 60
STOPS_WITHIN_S = 20

# The kernel kills the server with the test that started it, even when that is killed. It outlasts the exec, so that
# what runs is the very program that a user runs. (A preexec_fn would fork a process that may have threads.)
_DIES_WITH_PARENT = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() == 1: sys.exit("the test is gone")
os.execvp(sys.argv[1], sys.argv[1:])
"""


class ServerFailed(AssertionError):
    """The server did not come up, or not as it was told; the message ends with what it said."""


class Server:
    """One data directory and two ports, and the process that serves them, if any.

    `data` is another directory than its own, `run` another program than the one under test.

    Start it in a thread that outlives it (the main one): on Linux it dies with the thread that started it.
    """

    def __init__(
        self,
        directory: Path,
        *options: str,
        environment: dict[str, str] | None = None,
        data: Path | None = None,
        run: Sequence[str] | None = None,
    ) -> None:
        self.data = data or directory / "data"
        self.log = directory / "server.log"
        self.port, self.grpc_port = free_ports(2)
        self._options = options
        self._environment = strangers_environment() | (environment or {})
        self._run = run or program()
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def base_url(self) -> str:
        """The web page, the API and OTLP/HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Everything that it wrote, over all its lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def pid(self) -> int:
        """The process's id."""
        if self._process is None:
            raise ServerFailed("the server is not started")
        return self._process.pid

    def start(self) -> Self:
        """Start it on its data and its ports; returns when it answers."""
        if self._process is not None:
            raise ServerFailed("the server is started already")
        places = ["--data", str(self.data), "--port", str(self.port), "--grpc-port", str(self.grpc_port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _DIES_WITH_PARENT, *self._run, "serve", *places, *self._options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_until_healthy(self._process)
        except BaseException:
            self.kill9()
            raise
        return self

    def kill9(self) -> None:
        """Kill it as a power cut would; nothing of it is left to write anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Ask it to stop, as `docker stop` does; its exit code, None when it did not run."""
        return self._end(signal.SIGTERM)

    def restart(self) -> Self:
        """Stop it and start it again on the same data."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self if self._process else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            return process.wait(timeout=STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServerFailed(f"the server did not stop within {STOPS_WITHIN_S} s. It said:\n{self.said}") from None

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        how = "did not answer in time" if process.poll() is None else f"stopped with {process.returncode}"
        raise ServerFailed(f"the server {how}. It said:\n{self.said}")


def program() -> Sequence[str]:
    """The program under test. `RUBRICATE_PROGRAM` names another one: an installed wheel instead of this tree."""
    chosen = os.environ.get("RUBRICATE_PROGRAM")
    return [chosen] if chosen else [sys.executable, "-m", "rubricate.cli"]


def strangers_environment() -> dict[str, str]:
    """Ours, without what would make this server somebody's own."""
    return {name: value for name, value in os.environ.items() if not re.match("(RUBRICATE|PHOENIX|OTEL)_", name)}


def free_ports(count: int) -> list[int]:
    """Ports that nobody has; held together, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
