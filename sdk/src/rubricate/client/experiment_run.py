"""Running tasks and evaluators: many at once, each tried again when it fails, its result stored at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from rubricate.client.calls import Invoke, Pause, Request, Together, Work, data, path
from rubricate.client.experiment_work import Evaluator, Task, bound, evaluations_of, json_of, name_of
from rubricate.client.transport import FIRST_PAUSE_S, LONGEST_PAUSE_S, Server, is_awaited
from rubricate.client.types.experiments import EvaluationRun
from rubricate.errors import Conflict, InvalidRequest
from rubricate.records.base import JsonObject

if TYPE_CHECKING:
    from rubricate.client.experiment_trace import Attempt, Tracing

EVALUATORS_PROJECT = "evaluators"
"""Where the traces of evaluators go, whatever they judge."""
MOST_WAITS = 10
"""How often a function is waited for that says it is called too fast."""

log = logging.getLogger("rubricate.experiments")


@dataclass(frozen=True)
class Running:
    """What runs, and how."""

    task: Task | None
    slow_down: tuple[type[BaseException], ...]
    """Exceptions that mean that it is called too fast."""
    at_once: int
    timeout_s: float | None
    retries: int
    progress: bool


class Case(NamedTuple):
    """An example, and the how-manieth time the task runs on it."""

    example: JsonObject
    repetition: int


class Judging(NamedTuple):
    """An evaluator, and what it is to judge."""

    example: JsonObject
    run: JsonObject
    evaluator: Evaluator

    @classmethod
    def of(cls, examples: Iterable[JsonObject], runs: Iterable[JsonObject], judges: list[Evaluator]) -> list[Self]:
        """Each evaluator with each run that succeeded: one that failed has no output."""
        by_id = {node_id(example): example for example in examples}
        return [
            cls(by_id[run["dataset_example_id"]], run, judge)
            for run in runs
            if run.get("error") is None and run["dataset_example_id"] in by_id
            for judge in judges
        ]


def run_tasks(
    server: Server, running: Running, experiment: JsonObject, cases: list[Case], *, stored: bool
) -> Work[list[JsonObject]]:
    """Run the task on each case; the runs."""
    if not cases:
        return []
    from rubricate.client.experiment_trace import Tracing  # OpenTelemetry takes a while to load

    with Tracing(server, experiment.get("project_name")) as tracing:
        works = [_run_task(tracing, running, experiment, case, stored) for case in cases]
        runs: list[JsonObject] = yield Together(works, running.at_once, "Running the task", running.progress)
    return runs


def run_evaluators(
    server: Server, running: Running, judging: list[Judging], *, stored: bool
) -> Work[list[EvaluationRun]]:
    """Have each run judged; the evaluations."""
    if not judging:
        return []
    from rubricate.client.experiment_trace import Tracing  # as above

    with Tracing(server, EVALUATORS_PROJECT if stored else None) as tracing:
        works = [_run_evaluator(tracing, running, each, stored) for each in judging]
        found: list[list[EvaluationRun]] = yield Together(works, running.at_once, "Evaluating", running.progress)
    return [each for several in found for each in several]


def node_id(example: JsonObject) -> str:
    """The id by which runs name an example."""
    return str(example.get("node_id") or example["id"])


def _run_task(
    tracing: "Tracing", running: Running, experiment: JsonObject, case: Case, stored: bool
) -> Work[JsonObject]:
    example, task = case.example, running.task
    assert task is not None
    values = _values(example)
    about = {"experiment_id": experiment["id"], "example_id": node_id(example), "repetition_number": case.repetition}
    attempt = yield from _attempts(
        running,
        f"Task: {name_of(task)}",
        lambda name: tracing.attempt(name, "CHAIN", example["input"], about),
        lambda: bound(task, values, "input"),
        json_of,
    )
    run: JsonObject = {
        "dataset_example_id": node_id(example),
        "output": attempt.value,
        "repetition_number": case.repetition,
        **_facts(attempt),
    }
    run_id = None
    if stored:
        run_id = yield from _stored_run(experiment["id"], run, running.timeout_s)
    return {**run, "id": run_id or f"{node_id(example)}:{case.repetition}", "experiment_id": experiment["id"]}


def _stored_run(experiment_id: str, run: JsonObject, timeout_s: float | None) -> Work[str | None]:
    """The id of the run; None when somebody else's stands there, which stays."""
    request = Request("POST", path("v1/experiments", experiment_id, "/runs"), json=run, timeout_s=timeout_s)
    try:
        response = yield request
    except Conflict:
        return None
    except InvalidRequest as error:
        if run["error"] is not None:
            raise
        # The server is well, and what the task put out is not: a result like any other.
        run |= {"output": None, "error": f"The output cannot be stored: {error.detail}"}
        response = yield request
    return str(data(response)["id"])


def _run_evaluator(tracing: "Tracing", running: Running, judging: Judging, stored: bool) -> Work[list[EvaluationRun]]:
    example, run, evaluator = judging
    values = {**_values(example), "output": run["output"], "trace_id": run.get("trace_id")}
    given = {"input": example["input"], "output": run["output"], "expected": example["output"]}
    attempt = yield from _attempts(
        running,
        f"Evaluation: {evaluator.name}",
        lambda name: tracing.attempt(name, "EVALUATOR", given, {"experiment_run_id": run["id"]}),
        lambda: bound(evaluator.function, values, "output"),
        lambda returned: json_of(evaluations_of(evaluator.scorer(returned) if evaluator.scorer else returned)),
    )
    several = attempt.value if attempt.error is None else [{}]
    evaluations = []
    for number, said in enumerate(several, 1):
        name = said.get("name") or (evaluator.name if len(several) == 1 else f"{evaluator.name}-{number}")
        content: JsonObject = {
            "experiment_run_id": run["id"],
            "name": name,
            "annotator_kind": evaluator.kind,
            "result": {field: said[field] for field in ("score", "label", "explanation") if field in said} or None,
            "metadata": said.get("metadata") or {},
            **_facts(attempt),
        }
        evaluation_id = None
        if stored:
            evaluation_id = yield from _stored_evaluation(content, evaluator, running.timeout_s)
        times = {"start_time": attempt.started, "end_time": attempt.ended}
        evaluations.append(EvaluationRun(id=evaluation_id, **{**content, **times}))
    return evaluations


def _stored_evaluation(content: JsonObject, evaluator: Evaluator, timeout_s: float | None) -> Work[str]:
    """The id of the evaluation, which becomes a failed one when it cannot be stored as it is."""
    request = Request("POST", "v1/experiment_evaluations", json=content, timeout_s=timeout_s)
    try:
        response = yield request
    except InvalidRequest as error:
        if content["error"] is not None:
            raise
        refused = f"The evaluation cannot be stored: {error.detail}"
        content |= {"name": evaluator.name, "result": None, "metadata": {}, "error": refused}
        response = yield request
    return str(data(response)["id"])


def _attempts(
    running: Running,
    name: str,
    begin: Callable[[str], Any],
    make: Callable[[], Callable[[], Any]],
    read: Callable[[Any], Any],
) -> "Work[Attempt]":
    """Call a function until it succeeds, or has failed often enough; the last attempt."""
    failures = waits = 0
    while True:
        attempt: Attempt = yield Invoke(_called(make, begin, name, read, running.timeout_s))
        if attempt.error is None:
            return attempt
        if isinstance(attempt.error, running.slow_down) and waits < MOST_WAITS:
            waits += 1
            yield Pause(min(LONGEST_PAUSE_S, 2 ** (waits - 1)))
            continue
        failures += 1
        if failures > running.retries:
            log.warning("%s failed: %r", name, attempt.error)
            log.debug("%s failed", name, exc_info=attempt.error)
            return attempt
        yield Pause(FIRST_PAUSE_S * 2 ** (failures - 1))


def _called(
    make: Callable[[], Callable[[], Any]],
    begin: Callable[[str], Any],
    name: str,
    read: Callable[[Any], Any],
    timeout_s: float | None,
) -> "Callable[[], Attempt] | Callable[[], Awaitable[Attempt]]":
    """A function that calls another one inside of a span, and says how it went."""
    function = make()

    def call() -> "Attempt":
        with begin(name) as attempt:
            attempt.value = read(function())
        return attempt  # type: ignore[no-any-return]  # what `begin` gives

    async def call_awaited() -> "Attempt":
        with begin(name) as attempt:
            async with asyncio.timeout(timeout_s):
                attempt.value = read(await function())
        return attempt  # type: ignore[no-any-return]  # what `begin` gives

    return call_awaited if is_awaited(function) else call


def _values(example: JsonObject) -> JsonObject:
    """What parameters may be named after."""
    return {
        "input": example["input"],
        "expected": example["output"],
        "reference": example["output"],
        "metadata": example["metadata"],
        "example": example,
    }


def _facts(attempt: "Attempt") -> JsonObject:
    return {
        "start_time": attempt.started.isoformat(),
        "end_time": attempt.ended.isoformat(),
        "trace_id": attempt.trace_id,
        "error": None if attempt.error is None else repr(attempt.error),
    }
