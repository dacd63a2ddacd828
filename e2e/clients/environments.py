"""Environments of their own for clients that cannot live beside ours: made once under .tools/, then reused.

`python e2e/clients/environments.py legacy-px` makes one by hand.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple, Self

import pytest

TOOLS = Path(__file__).parents[2] / ".tools"
MADE_WITHIN_S = 900
RUNS_WITHIN_S = 300


class Environment(NamedTuple):
    """What is installed, and where under .tools/."""

    name: str
    requirements: tuple[str, ...]


PHOENIX_CLIENT_1 = Environment("phoenix-client-1.31", ("arize-phoenix-client==1.31.*", "pandas==2.2.*", "numpy<2"))
"""The last client that has `client.annotations`."""

LEGACY_PX = Environment(
    "legacy-px",
    (
        "arize-phoenix==4.36.0",
        "arize-phoenix-evals==0.17.5",
        "arize-phoenix-otel==0.6.1",
        "fastapi<0.113",
        "numpy<2",
        "pandas==2.2.*",
        "pyarrow==19.*",
        "pydantic<2.10",
        "pytz",
        "setuptools<81",
        "sqlalchemy<2.0.40",
        "starlette<0.39",
        "strawberry-graphql==0.236.0",
        "uvicorn<0.31",
    ),
)
"""`px.Client`. Without these pins what pip finds today cannot be imported."""


class CannotInstall(Exception):
    """The environment could not be made; the message ends with what the installer said."""


def python_of(environment: Environment) -> Path:
    """The Python of an environment, which is made if need be. Raises CannotInstall."""
    TOOLS.mkdir(exist_ok=True)
    place = TOOLS / environment.name
    stamp = place / ".requirements"
    wanted = "\n".join((sys.version, *environment.requirements))
    with (TOOLS / f"{environment.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs must not make it at the same time
        if not stamp.exists() or stamp.read_text() != wanted:
            _make(environment, place)
            stamp.write_text(wanted)
    return place / "bin" / "python"


class Interpreter:
    """The Python of an environment, away from our packages and from what the tester has set; runs programs one by one.

    One process runs them all, because to import an old client takes longer than to use it. Each program has names of
    its own, and `sys.argv[1:]` as given.
    """

    def __init__(self, environment: Environment) -> None:
        try:
            python = python_of(environment)
        except CannotInstall as error:
            pytest.fail(str(error), pytrace=False)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._process = subprocess.Popen(
            [str(python), "-I", "-c", _RUNS_PROGRAMS],
            env=kept,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, program: str, *arguments: str) -> str:
        """What a program prints."""
        assert self._process.stdin
        assert self._process.stdout
        timer = threading.Timer(RUNS_WITHIN_S, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps([program, arguments]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        finally:
            timer.cancel()
        assert answer, "the client's process ended, or took too long"
        printed, failure = json.loads(answer)
        assert failure is None, f"the client failed:\n{printed}\n{failure}"
        return str(printed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=RUNS_WITHIN_S)


_RUNS_PROGRAMS = """
import contextlib, io, json, sys, traceback
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    program, sys.argv[1:] = json.loads(line)
    printed, failure = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(printed):
            exec(program, {"__name__": "__main__"})
    except BaseException:
        failure = traceback.format_exc()
    print(json.dumps([printed.getvalue(), failure]), file=answers, flush=True)
"""


def _make(environment: Environment, place: Path) -> None:
    _run(environment, uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(place))
    python = str(place / "bin" / "python")
    _run(environment, uv(), "pip", "install", "--quiet", "--python", python, *environment.requirements)


def uv() -> str:
    """The uv that the Makefile fetches, or another one."""
    own = TOOLS / "uv"
    found = str(own) if own.exists() else os.environ.get("RUBRICATE_UV") or shutil.which("uv")
    if found is None:
        raise CannotInstall("uv is needed to install older clients: run the tests by `make test`, or set RUBRICATE_UV.")
    return found


def _run(environment: Environment, *command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MADE_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{environment.name} cannot be installed on this machine: {error}") from error
    if done.returncode != 0:
        said = f"{done.stdout}\n{done.stderr}"[-4000:]
        raise CannotInstall(f"{environment.name} cannot be installed on this machine. {command[1]} said:\n{said}")


if __name__ == "__main__":
    print(python_of({each.name: each for each in (PHOENIX_CLIENT_1, LEGACY_PX)}[sys.argv[1]]))
