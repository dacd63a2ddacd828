"""Experiments in one call, and evaluators with a name and a kind.

>>> from rubricate.client.experiments import create_evaluator, run_experiment
>>> @create_evaluator(kind="LLM", name="helpfulness")
... def judge(input, output):
...     return ask_a_model(input["question"], output)
>>> run_experiment(dataset="golden", task=my_application, evaluators=[judge])
"""

from collections.abc import Callable
from typing import Any

from rubricate.client import AsyncClient, Client
from rubricate.client.experiment_work import Evaluator, EvaluatorKind, name_of
from rubricate.client.types.experiments import EvaluationRun, RanExperiment
from rubricate.errors import InvalidInput

__all__ = [
    "EvaluationRun",
    "RanExperiment",
    "async_evaluate_experiment",
    "async_get_experiment",
    "async_resume_evaluation",
    "async_resume_experiment",
    "async_run_experiment",
    "create_evaluator",
    "evaluate_experiment",
    "get_experiment",
    "resume_evaluation",
    "resume_experiment",
    "run_experiment",
]


def create_evaluator(
    kind: str = "CODE", name: str | None = None, scorer: Callable[[Any], Any] | None = None
) -> Callable[[Callable[..., Any]], Evaluator]:
    """Make a function an evaluator of a kind ("CODE" or "LLM") and a name (default: the function's).

    `scorer` turns what the function returns into what an evaluator may return. Raises `InvalidInput` for other kinds.
    """
    kinds: dict[str, EvaluatorKind] = {"CODE": "CODE", "LLM": "LLM"}
    if kind.upper() not in kinds:
        raise InvalidInput(f"An evaluator's kind is CODE or LLM, not {kind!r}.")

    def decorate(function: Callable[..., Any]) -> Evaluator:
        return Evaluator(name or name_of(function), kinds[kind.upper()], function, scorer)

    return decorate


def run_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.run_experiment`, with a client of its own unless one is given."""
    return (client or Client()).experiments.run_experiment(**arguments)


def resume_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.resume_experiment`, with a client of its own unless one is given."""
    return (client or Client()).experiments.resume_experiment(**arguments)


def evaluate_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.evaluate_experiment`, with a client of its own unless one is given."""
    return (client or Client()).experiments.evaluate_experiment(**arguments)


def resume_evaluation(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.resume_evaluation`, with a client of its own unless one is given."""
    return (client or Client()).experiments.resume_evaluation(**arguments)


def get_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.get_experiment`, with a client of its own unless one is given."""
    return (client or Client()).experiments.get_experiment(**arguments)


async def async_run_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`run_experiment`, awaited."""
    return await (client or AsyncClient()).experiments.run_experiment(**arguments)


async def async_resume_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`resume_experiment`, awaited."""
    return await (client or AsyncClient()).experiments.resume_experiment(**arguments)


async def async_evaluate_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`evaluate_experiment`, awaited."""
    return await (client or AsyncClient()).experiments.evaluate_experiment(**arguments)


async def async_resume_evaluation(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`resume_evaluation`, awaited."""
    return await (client or AsyncClient()).experiments.resume_evaluation(**arguments)


async def async_get_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`get_experiment`, awaited."""
    return await (client or AsyncClient()).experiments.get_experiment(**arguments)
