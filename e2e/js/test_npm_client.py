"""Clients from npm on a real server: `@arizeai/phoenix-client`, and OpenTelemetry's exporters for JavaScript.

What they do is in the files `*.test.js` beside this one, which Node's own test runner runs.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from ..clients.environments import TOOLS
from ..server import Server, strangers_environment

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Where Node is: beside this Python, or wherever the shell finds it."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    if not shutil.which("npm", path=path):
        pytest.skip("npm is not installed")
    return strangers_environment() | {"PATH": path}


@pytest.fixture(scope="module")
def node_modules(environment: dict[str, str]) -> None:
    """What the lock file names, fetched again only when it names something else."""
    stamp = HERE / "node_modules" / ".installed"
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "e2e-js.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # two test runs must not make it at the same time
        if stamp.exists() and stamp.read_text() == lock:
            return
        npm = subprocess.run(["npm", "ci"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=300)
        assert npm.returncode == 0, npm.stdout + npm.stderr
        stamp.write_text(lock)


@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize("file", sorted(each.name for each in HERE.glob("*.test.js")))
def test_npm_client(server: Server, environment: dict[str, str], file: str) -> None:
    node = subprocess.run(
        ["node", "--test", "--test-reporter=spec", file],
        cwd=HERE,
        env=environment | {"SERVER": server.base_url},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert node.returncode == 0, node.stdout + node.stderr
    assert "ERROR" not in server.said
