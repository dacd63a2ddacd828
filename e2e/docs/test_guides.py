"""The guides, and the reference of the SDK, do what they say: their blocks run in order, each page against a server of
its own.

```python and ```bash blocks run; what a ```text output block shows is what the block above it printed. A block that
cannot run here says so and why: ```bash no-run: installs packages.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ..server import Server, free_ports, strangers_environment

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = [*GUIDES, ROOT / "docs" / "reference" / "sdk.md"]
ADDRESS = "http://127.0.0.1:6006"
_BLOCK = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)

# All blocks of a guide run in one process and one namespace, as a reader would type them into one session.
_RUNNER = """
import contextlib, io, json, subprocess, sys

path, blocks = sys.argv[1], json.load(sys.stdin)
names = {"__name__": "__main__"}
for language, line, code, wanted in blocks:
    said = io.StringIO()
    if language == "python":
        with contextlib.redirect_stdout(said):
            exec(compile("\\n" * line + code, path, "exec"), names)
    else:
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True)
        if ran.returncode:
            sys.exit(f"{path}:{line}: exit code {ran.returncode}\\n{ran.stdout}{ran.stderr}")
        said.write(ran.stdout)
    if wanted is not None and said.getvalue() != wanted:
        sys.exit(f"{path}:{line}: it printed\\n{said.getvalue()}\\nand the guide says\\n{wanted}")
"""


class Block(NamedTuple):
    """A fenced block of a guide."""

    language: str
    line: int
    code: str
    output: str | None
    not_run: str | None


def blocks_of(guide: Path) -> Iterator[Block]:
    text = guide.read_text()
    found = list(_BLOCK.finditer(text))
    for match, following in zip(found, [*found[1:], None], strict=True):
        language, _, rest = match["info"].partition(" ")
        if language not in ("python", "bash"):
            continue
        output = following["code"] if following and following["info"] == "text output" else None
        line = text.count("\n", 0, match.start()) + 1
        yield Block(language, line, match["code"], output, rest or None)


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The mock model of the guide; the address of its API."""
    [port] = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "docs" / "guide" / "mock_model.py"), str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert f":{port}/v1" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("guide", PAGES, ids=lambda guide: guide.stem)
def test_a_guide_does_what_it_says(guide: Path, start_server: Callable[..., Server], model: str) -> None:
    server = start_server()
    blocks = [block for block in blocks_of(guide) if block.not_run is None]
    assert blocks, "a guide without an example"

    ran = subprocess.run(
        [sys.executable, "-c", _RUNNER, str(guide.relative_to(ROOT))],
        input=json.dumps([(each.language, each.line, _local(each.code, server), each.output) for each in blocks]),
        env=strangers_environment()
        | {
            "RUBRICATE_COLLECTOR_ENDPOINT": server.base_url,
            "RUBRICATE_GRPC_PORT": str(server.grpc_port),
            "PHOENIX_DISCOVER_CONFIG": "false",
            "OPENAI_BASE_URL": model,
            "OPENAI_API_KEY": "none",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stderr
    assert "lost" not in ran.stderr, ran.stderr


@pytest.mark.parametrize("guide", PAGES, ids=lambda guide: guide.stem)
def test_what_is_not_run_says_why(guide: Path) -> None:
    for block in blocks_of(guide):
        if block.not_run is not None:
            assert re.fullmatch(r"no-run: \w.{5,}", block.not_run), f"{guide.name}:{block.line}"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_ends_with_how_to_verify_and_what_may_go_wrong(guide: Path) -> None:
    headings = re.findall(r"^## (.*)$", guide.read_text(), re.MULTILINE)
    assert headings[-2:] == ["Verify", "Troubleshooting"]


def _local(code: str, server: Server) -> str:
    return code.replace(ADDRESS, server.base_url)
