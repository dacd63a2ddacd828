"""What evaluators may return, and what functions are given."""

from dataclasses import dataclass
from typing import Any

import pytest

from rubricate.client.experiment_work import NoEvaluation, bound, evaluations_of, evaluators_of, json_of
from rubricate.errors import InvalidInput


@dataclass
class Score:
    score: float | None = None
    label: str | None = None
    explanation: str | None = None


@pytest.mark.parametrize(
    ("returned", "meant"),
    [
        (True, [{"score": 1.0, "label": "True"}]),
        (3, [{"score": 3.0}]),
        ("good", [{"label": "good"}]),
        ((0.5, "good"), [{"score": 0.5, "label": "good"}]),
        ((None, "good", "So."), [{"label": "good", "explanation": "So."}]),
        ({"score": 1, "other": 2}, [{"score": 1.0}]),
        (Score(0.5, "good"), [{"score": 0.5, "label": "good"}]),
        ([Score(1), {"name": "x", "label": "y"}, 2], [{"score": 1.0}, {"name": "x", "label": "y"}, {"score": 2.0}]),
    ],
)
def test_what_evaluators_return_is_understood(returned: Any, meant: list[Any]) -> None:
    assert evaluations_of(returned) == meant


@pytest.mark.parametrize("returned", [None, {}, [], {"name": "x"}, float("inf"), {"score": "many"}, Score(), [None]])
def test_what_says_nothing_is_refused(returned: Any) -> None:
    with pytest.raises(NoEvaluation):
        evaluations_of(returned)


def test_parameters_get_copies_of_what_they_are_named_after() -> None:
    values = {"input": {"q": [1]}, "output": 2}

    def change(input: Any) -> Any:
        input["q"].append(2)
        return input

    assert bound(change, values, "output")() == {"q": [1, 2]}
    assert values == {"input": {"q": [1]}, "output": 2}
    assert bound(lambda whatever: whatever, values, "output")() == 2
    assert bound(lambda *, whatever: whatever, values, "output")() == 2
    assert bound(lambda **rest: rest, values, "output")() == values
    assert bound(lambda output, other=5: (output, other), values, "output")() == (2, 5)


def test_evaluators_have_names() -> None:
    def correct(output: Any) -> bool:
        return True

    assert [each.name for each in evaluators_of(correct)] == ["correct"]
    assert [each.name for each in evaluators_of({"right": correct})] == ["right"]
    for wrong in ([correct, correct], {"": correct}):
        with pytest.raises(InvalidInput):
            evaluators_of(wrong)


def test_outputs_become_json() -> None:
    assert json_of({"a": Score(1), "b": {1}, "c": float("nan"), "d": b"\xff"}) == {
        "a": {"score": 1, "label": None, "explanation": None},
        "b": [1],
        "c": None,
        "d": "_w==",
    }
    itself: list[Any] = []
    itself.append(itself)
    with pytest.raises(ValueError, match="surrogates"):
        json_of("\ud800")
    with pytest.raises(ValueError, match="Circular"):
        json_of(itself)
