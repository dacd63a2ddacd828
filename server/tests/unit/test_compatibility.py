"""docs/compatibility.md names tests that exist; and two of its lines that need no running server."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from phoenix.client.constants import server_requirements

from rubricate_server.settings import Settings
from rubricate_server.version import PHOENIX_VERSION

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/compatibility.md").read_text()
STATES = ("done", "partly", "not yet")


@cache
def functions_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "name"), sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE))))
def test_a_named_test_exists(file: str, name: str) -> None:
    assert name in functions_in(file)


def test_every_line_has_a_state_and_what_is_there_a_proof() -> None:
    lines = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")]
    lines = [[cell.strip() for cell in line] for line in lines if line[-1].strip() != "Proof"]
    assert len(lines) > 30
    for *_, state, proof in lines:
        assert state.startswith(STATES), state
        assert bool(proof) != state.startswith("not yet"), state
        assert re.fullmatch(r"(`[\w/]+\.py::\w+`(, )?)*", proof), proof
        assert not state.startswith(("partly", "not yet")) or ":" in state, "what is missing is said"


def test_the_ports_are_those_that_clients_assume() -> None:
    assert (Settings().port, Settings().grpc_port) == (6006, 4317)


def test_the_version_opens_every_gate_of_the_clients() -> None:
    """A client refuses to call what it believes to be newer than the server."""
    gates = [each.min_server_version for each in vars(server_requirements).values() if is_gate(each)]
    assert len(gates) > 10
    assert max(gates) <= tuple(map(int, PHOENIX_VERSION.split(".")))


def is_gate(value: object) -> bool:
    return hasattr(value, "min_server_version") and not isinstance(value, type)
