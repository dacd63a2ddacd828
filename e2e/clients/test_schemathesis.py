"""Requests that schemathesis makes up from `/openapi.json`: none is a 500, and answers have the documented shapes."""

import subprocess
import sysconfig
from pathlib import Path

from ..server import Server, strangers_environment
from .helpers import HTTP, a_rag_trace, send

# Not the statuses, which test_openapi.py has: some addresses made up here are longer than any that HTTP's parser takes.
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
AT_MOST_S = 25


def test_answers_have_the_documented_shapes(server: Server, tmp_path: Path) -> None:
    send(server, "default", a_rag_trace())
    program = [str(Path(sysconfig.get_path("scripts")) / "schemathesis"), "run", f"{server.base_url}/openapi.json"]
    options = {
        "--checks": CHECKS,
        "--phases": "coverage,fuzzing",
        "--max-examples": "10",
        "--max-time": str(AT_MOST_S),
        "--seed": "20260301",
        "--generation-database": "none",
    }
    arguments = [each for option in options.items() for each in option]

    ran = subprocess.run(
        [*program, *arguments, "--no-color"],
        cwd=tmp_path,
        env=strangers_environment(),
        capture_output=True,
        text=True,
        timeout=AT_MOST_S + 30,
    )

    said = "\n".join(line[:300] for line in ran.stdout.splitlines())  # some requests are long
    assert ran.returncode == 0, said + ran.stderr
    assert HTTP.get(f"{server.base_url}/readyz").json() == {}
    assert "ERROR" not in server.said
