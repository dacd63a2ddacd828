"""Nobody leaves the battery silently."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from .engines import ENGINES, Engine

BATTERY = Path(__file__).parent / "contract"


def names_in_the_battery() -> set[str]:
    return {
        node.name
        for file in BATTERY.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("reason", ["", "  ", "TODO", "not supported"])
def test_opting_out_needs_a_reason_in_words(reason: str) -> None:
    with pytest.raises(ValueError, match="opts out of test_everything without saying why"):
        replace(ENGINES[0], opted_out={"test_everything": reason})


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_an_engine_opts_out_only_of_tests_that_exist(engine: Engine) -> None:
    assert set(engine.opted_out) <= names_in_the_battery()
