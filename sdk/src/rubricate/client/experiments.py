"""Experiments in one call, and evaluators with a name and a kind.

>>> from rubricate.client.experiments import create_evaluator, run_experiment
>>> @create_evaluator(kind="CODE", name="knows")
... def knows_it(input, output):
...     return "do not know" not in output["answer"]
>>> ran = run_experiment(dataset="golden", task=my_application, evaluators=[knows_it])
http://127.0.0.1:6006/datasets/.../compare?experimentId=...
2 runs, 0 failed
evaluator  examples   mean  95 %            failed  labels
knows             2  0.500  ...
"""

import contextlib
from collections.abc import AsyncIterator, Callable
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

        >>> @create_evaluator(kind="CODE", scorer=lambda length: (1.0, "short") if length < 10 else (0.0, "long"))
        ... def length(output):
        ...     return len(output["answer"])
        >>> ran = client.experiments.evaluate_experiment(
        ...     experiment=experiment_id, evaluators=[length], print_summary=False
        ... )
        >>> sorted(each.result["label"] for each in ran["evaluation_runs"] if each.name == "length")
        ['long', 'short']
    """
    kinds: dict[str, EvaluatorKind] = {"CODE": "CODE", "LLM": "LLM"}
    if kind.upper() not in kinds:
        raise InvalidInput(f"An evaluator's kind is CODE or LLM, not {kind!r}.")

    def decorate(function: Callable[..., Any]) -> Evaluator:
        return Evaluator(name or name_of(function), kinds[kind.upper()], function, scorer)

    return decorate


def run_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.run_experiment`, with a client of its own unless one is given.

    >>> ran = run_experiment(dataset="golden", task=my_application, print_summary=False)
    >>> len(ran["task_runs"])
    2
    """
    return (client or Client()).experiments.run_experiment(**arguments)


def resume_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.resume_experiment`, with a client of its own unless one is given.

    >>> ran = resume_experiment(experiment_id=experiment_id, task=my_application)  # all is done
    http://127.0.0.1:6006/datasets/.../compare?experimentId=...
    2 runs, 0 failed
    ...
    """
    return (client or Client()).experiments.resume_experiment(**arguments)


def evaluate_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.evaluate_experiment`, with a client of its own unless one is given.

    >>> said_more = {"length": lambda output: len(output["answer"])}
    >>> ran = evaluate_experiment(experiment=experiment_id, evaluators=said_more, print_summary=False)
    >>> sorted(each.result["score"] for each in ran["evaluation_runs"] if each.name == "length")
    [8.0, 21.0]
    """
    return (client or Client()).experiments.evaluate_experiment(**arguments)


def resume_evaluation(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.resume_evaluation`, with a client of its own unless one is given.

    >>> said_more = {"length": lambda output: len(output["answer"])}
    >>> ran = resume_evaluation(experiment_id=experiment_id, evaluators=said_more, print_summary=False)
    >>> sorted({each.name for each in ran["evaluation_runs"]})
    ['correct', 'length']
    """
    return (client or Client()).experiments.resume_evaluation(**arguments)


def get_experiment(*, client: Client | None = None, **arguments: Any) -> RanExperiment:
    """`client.experiments.get_experiment`, with a client of its own unless one is given.

    >>> ran = get_experiment(experiment_id=experiment_id)
    >>> len(ran["task_runs"]), len(ran["evaluation_runs"])
    (2, 2)
    """
    return (client or Client()).experiments.get_experiment(**arguments)


async def async_run_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`run_experiment`, awaited; task and evaluators may be asynchronous.

    >>> import asyncio
    >>> async def task(input):
    ...     return my_application(input)
    >>> ran = asyncio.run(async_run_experiment(dataset="golden", task=task, print_summary=False))
    >>> len(ran["task_runs"])
    2
    """
    async with _lent(client) as asking:
        return await asking.experiments.run_experiment(**arguments)


async def async_resume_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`resume_experiment`, awaited.

    >>> import asyncio
    >>> work = async_resume_experiment(experiment_id=experiment_id, task=my_application, print_summary=False)
    >>> len(asyncio.run(work)["task_runs"])
    2
    """
    async with _lent(client) as asking:
        return await asking.experiments.resume_experiment(**arguments)


async def async_evaluate_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`evaluate_experiment`, awaited.

    >>> import asyncio
    >>> said_more = {"length": lambda output: len(output["answer"])}
    >>> work = async_evaluate_experiment(experiment=experiment_id, evaluators=said_more, print_summary=False)
    >>> sorted({each.name for each in asyncio.run(work)["evaluation_runs"]})
    ['correct', 'length']
    """
    async with _lent(client) as asking:
        return await asking.experiments.evaluate_experiment(**arguments)


async def async_resume_evaluation(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`resume_evaluation`, awaited.

    >>> import asyncio
    >>> said_more = {"length": lambda output: len(output["answer"])}
    >>> work = async_resume_evaluation(experiment_id=experiment_id, evaluators=said_more, print_summary=False)
    >>> sorted({each.name for each in asyncio.run(work)["evaluation_runs"]})
    ['correct', 'length']
    """
    async with _lent(client) as asking:
        return await asking.experiments.resume_evaluation(**arguments)


async def async_get_experiment(*, client: AsyncClient | None = None, **arguments: Any) -> RanExperiment:
    """`get_experiment`, awaited.

    >>> import asyncio
    >>> len(asyncio.run(async_get_experiment(experiment_id=experiment_id))["task_runs"])
    2
    """
    async with _lent(client) as asking:
        return await asking.experiments.get_experiment(**arguments)


@contextlib.asynccontextmanager
async def _lent(client: AsyncClient | None) -> AsyncIterator[AsyncClient]:
    """The client that was given, or one that is closed afterwards: an AsyncClient does not close itself."""
    if client is not None:
        yield client
    else:
        async with AsyncClient() as own:
            yield own
