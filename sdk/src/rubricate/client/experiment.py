"""Experiments: a task runs on the examples of a dataset, and evaluators judge what comes out."""

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from rubricate.client.calls import TIMEOUT_S, M, Request, Work, body, call, data, pages, path
from rubricate.client.dataset import DatasetIdentifier, with_examples
from rubricate.client.experiment_read import evaluations_in, ran_experiment, summary_lines, summed_up
from rubricate.client.experiment_record import (
    StoredExperiments,
    experiment_with_id,
    make,
    runs_of,
    summary_of,
    wire,
)
from rubricate.client.experiment_run import Case, Judging, Running, run_evaluators, run_tasks
from rubricate.client.experiment_work import OF_EVALUATORS, OF_TASKS, Evaluator, Evaluators, Task, check, evaluators_of
from rubricate.client.transport import Server
from rubricate.client.types.experiments import RanExperiment
from rubricate.errors import InvalidInput, NotFound, RubricateError, UnreadableAnswer
from rubricate.records.base import JsonObject

DRY_RUN = "DRY_RUN"
"""The id of an experiment of which the server knows nothing."""
CONCURRENCY = 3
RETRIES = 3
PAGE = 100

RateLimitErrors = type[BaseException] | Sequence[type[BaseException]] | None


class Experiments(StoredExperiments[M]):
    """Experiments, as `client.experiments`.

    A **task** is a function that makes an output (any JSON) of an example. A single parameter is given the example's
    input; else parameters are given what they are named after: `input`, `expected` (or `reference`), `metadata`,
    `example`.

    An **evaluator** is a function that judges an output. A single parameter is given the output; else there are
    `output`, `trace_id` and those of tasks. It returns a bool, a number (score), a text (label), a tuple (score, label)
    or (score, label, explanation), a dict with some of `score`, `label`, `explanation`, `metadata`, `name`, or a list
    of such. `rubricate.client.experiments.create_evaluator` gives it a name and a kind.

    Both may be asynchronous with `AsyncClient`; other functions run in threads there. At most `concurrency` run at
    once: 1 for what is not safe in several threads. A function that raises is tried `retries` times more, then its
    error is the result: a failed run, or a failed evaluation. A server that fails ends all, and what was done till then
    is kept: `resume_experiment` goes on.

        >>> def correct(output, expected):
        ...     return output["answer"] == expected["answer"]
        >>> ran = client.experiments.run_experiment(dataset="golden", task=my_application, evaluators=[correct])
        http://127.0.0.1:6006/datasets/.../compare?experimentId=...
        2 runs, 0 failed
        evaluator  examples   mean  95 %            failed  labels
        correct           2  0.500  ...
    """

    def __init__(self, run: Callable[[Work[Any]], Any], server: Server, *, awaits: bool) -> None:
        super().__init__(run, server)
        self._awaits = awaits

    @call
    def run_experiment(
        self,
        *,
        dataset: DatasetIdentifier,
        task: Task,
        evaluators: Evaluators = None,
        experiment_name: str | None = None,
        experiment_description: str | None = None,
        experiment_metadata: Mapping[str, Any] | None = None,
        rate_limit_errors: RateLimitErrors = None,
        dry_run: bool | int = False,
        print_summary: bool = True,
        concurrency: int = CONCURRENCY,
        timeout: float | None = TIMEOUT_S,
        repetitions: int = 1,
        retries: int = RETRIES,
        progress: bool = True,
    ) -> Work[RanExperiment]:
        """Run a task on the examples of a dataset, then evaluators on what came out.

        - `dataset`: as `client.datasets.get_dataset` answers it, in one version and with some splits; or a name or id,
          for all examples of the newest version.
        - `rate_limit_errors`: exceptions that mean "too fast": waited for, longer each time, and not counted as tries.
        - `dry_run`: True for one example, a number for so many; nothing is stored or traced.
        - `timeout`: seconds to wait for an answer of the server, and for a function that is awaited.
        - `repetitions`: how often the task runs on each example.
        - `concurrency`: how many run at once (3); `retries`: how often one that raised is tried again (3).

        Each call of the task is a trace in the project of the experiment, with all that happens inside of it; those of
        evaluators are in the project `evaluators`. The experiment keeps the examples as they are now.

        The answer is a dict of the fields of `rubricate.client.types.experiments.RanExperiment`, among them
        `experiment_id`, `task_runs` and `evaluation_runs`. `print_summary` prints where it is seen, and mean scores.

        Raises `InvalidInput` before anything is done; `NotFound` where there is no such dataset.

            >>> ran = client.experiments.run_experiment(
            ...     dataset="golden",
            ...     task=lambda input: my_application(input),
            ...     evaluators={"short": lambda output: len(output["answer"]) < 10},
            ...     experiment_name="second try",
            ...     print_summary=False,
            ... )
            >>> {run["output"]["answer"] for run in ran["task_runs"]} == {"2 years.", "Sorry, I do not know."}
            True
            >>> sorted(each.result["label"] for each in ran["evaluation_runs"])
            ['False', 'True']
        """
        running, judges = self._ready(task, evaluators, rate_limit_errors, concurrency, timeout, retries, progress)
        whole = yield from with_examples(dataset, timeout)
        examples = whole.examples
        if dry_run:
            # The same ones each time, so that two dry runs can be compared.
            examples = random.Random(42).sample(examples, min(len(examples), max(1, int(dry_run))))
            experiment: JsonObject = {"id": DRY_RUN, "dataset_id": whole.id, "dataset_version_id": whole.version_id}
        else:
            new = wire(
                whole.version_id,
                experiment_name,
                experiment_description,
                experiment_metadata,
                whole.split_names,
                repetitions,
            )
            experiment = yield from make(whole.id, new, timeout)
        cases = [Case(example, number) for example, number in product(examples, range(1, repetitions + 1))]
        with _resumable(experiment["id"]):
            runs = yield from run_tasks(self._server, running, experiment, cases, stored=not dry_run)
            if not dry_run:
                runs = yield from runs_of(experiment["id"], timeout)
            judging = Judging.of(examples, runs, judges)
            evaluations = yield from run_evaluators(self._server, running, judging, stored=not dry_run)
        ran = ran_experiment(experiment, runs, evaluations)
        if print_summary:
            yield from self._print(ran, timeout)
        return ran

    @call
    def resume_experiment(
        self,
        *,
        experiment_id: str,
        task: Task,
        evaluators: Evaluators = None,
        print_summary: bool = True,
        concurrency: int = CONCURRENCY,
        timeout: float | None = TIMEOUT_S,
        rate_limit_errors: RateLimitErrors = None,
        retries: int = RETRIES,
        progress: bool = True,
    ) -> Work[RanExperiment]:
        """Run the task where it has not run yet, or failed; then the evaluators where they have not, or failed.

        All else as for `run_experiment`. Raises `NotFound`.

            >>> dataset = client.datasets.get_dataset(dataset="golden")
            >>> made = client.experiments.create(dataset_id=dataset.id)
            >>> ran = client.experiments.resume_experiment(experiment_id=made["id"], task=my_application)
            http://127.0.0.1:6006/datasets/.../compare?experimentId=...
            2 runs, 0 failed
        """
        running, judges = self._ready(task, evaluators, rate_limit_errors, concurrency, timeout, retries, progress)
        experiment = yield from experiment_with_id(experiment_id, timeout)
        url = path("v1/experiments", experiment_id, "/incomplete-runs")
        missing = yield from pages(Request("GET", url, timeout_s=timeout), page_size=PAGE)
        cases = [Case(each["dataset_example"], number) for each in missing for number in each["repetition_numbers"]]
        with _resumable(experiment_id):
            yield from run_tasks(self._server, running, experiment, cases, stored=True)
            yield from self._resume_evaluation(experiment_id, running, judges)
        return (yield from self._read(experiment_id, print_summary, timeout))

    @call
    def evaluate_experiment(
        self,
        *,
        experiment: RanExperiment | str,
        evaluators: Evaluators,
        dry_run: bool = False,
        print_summary: bool = True,
        concurrency: int = CONCURRENCY,
        timeout: float | None = TIMEOUT_S,
        rate_limit_errors: RateLimitErrors = None,
        retries: int = RETRIES,
        progress: bool = True,
    ) -> Work[RanExperiment]:
        """Run evaluators on all runs of an experiment that succeeded, given as it was answered or by its id.

        What was said under the same names is replaced. With `dry_run` nothing is stored or traced. All else as for
        `run_experiment`. Raises `NotFound`.

            >>> ran = client.experiments.evaluate_experiment(
            ...     experiment=experiment_id,
            ...     evaluators={"length": lambda output: len(output["answer"])},
            ...     print_summary=False,
            ... )
            >>> sorted(each.result["score"] for each in ran["evaluation_runs"] if each.name == "length")
            [8.0, 21.0]
        """
        running, judges = self._ready(None, evaluators, rate_limit_errors, concurrency, timeout, retries, progress)
        ran = (yield from self._read(experiment, False, timeout)) if isinstance(experiment, str) else experiment
        url = path("v1/datasets", ran["dataset_id"], "/examples")
        response = yield Request("GET", url, {"version_id": ran["dataset_version_id"]}, timeout_s=timeout)
        judging = Judging.of(data(response)["examples"], ran["task_runs"], judges)
        stored = not dry_run and ran["experiment_id"] != DRY_RUN
        with _resumable(ran["experiment_id"]):
            evaluations = yield from run_evaluators(self._server, running, judging, stored=stored)
        names = {each.name for each in evaluations}
        others = [each for each in ran["evaluation_runs"] if each.name not in names]
        evaluated = RanExperiment(**{**ran, "evaluation_runs": [*others, *evaluations]})
        if print_summary:
            yield from self._print(evaluated, timeout)
        return evaluated

    @call
    def resume_evaluation(
        self,
        *,
        experiment_id: str,
        evaluators: Evaluators,
        print_summary: bool = True,
        concurrency: int = CONCURRENCY,
        timeout: float | None = TIMEOUT_S,
        rate_limit_errors: RateLimitErrors = None,
        retries: int = RETRIES,
        progress: bool = True,
    ) -> Work[RanExperiment]:
        """Run evaluators on the runs that they have not judged yet, or failed to.

        All else as for `run_experiment`. Raises `NotFound`.

            >>> ran = client.experiments.resume_evaluation(
            ...     experiment_id=experiment_id,
            ...     evaluators={"length": lambda output: len(output["answer"])},
            ...     print_summary=False,
            ... )
            >>> sorted({each.name for each in ran["evaluation_runs"]})
            ['correct', 'length']
        """
        running, judges = self._ready(None, evaluators, rate_limit_errors, concurrency, timeout, retries, progress)
        with _resumable(experiment_id):
            yield from self._resume_evaluation(experiment_id, running, judges)
        return (yield from self._read(experiment_id, print_summary, timeout))

    @call
    def get_experiment(self, *, experiment_id: str, timeout: float | None = TIMEOUT_S) -> Work[RanExperiment]:
        """An experiment with all its runs and evaluations. Raises `NotFound`.

        >>> ran = client.experiments.get_experiment(experiment_id=experiment_id)
        >>> [(run["output"], run["error"]) for run in ran["task_runs"]]
        [({'answer': 'Sorry, I do not know.'}, None), ({'answer': '2 years.'}, None)]
        >>> [(each.name, each.result) for each in ran["evaluation_runs"]]
        [('correct', {'label': 'True', 'score': 1.0}), ('correct', {'label': 'False', 'score': 0.0})]
        """
        return (yield from self._read(experiment_id, False, timeout))

    def _ready(
        self,
        task: Task | None,
        evaluators: Evaluators,
        rate_limit_errors: RateLimitErrors,
        concurrency: int,
        timeout: float | None,
        retries: int,
        progress: bool,
    ) -> tuple[Running, list[Evaluator]]:
        """How to run, and the evaluators. Raises InvalidInput."""
        judges = evaluators_of(evaluators)
        if task is None and not judges:
            raise InvalidInput("There is nothing to evaluate with: give at least one evaluator.")
        if task is not None:
            check(task, OF_TASKS, "task", awaits=self._awaits)
        for each in judges:
            check(each.function, OF_EVALUATORS, "evaluator", awaits=self._awaits)
        if concurrency < 1 or retries < 0:
            raise InvalidInput("concurrency must be 1 or more, retries 0 or more.")
        slow = rate_limit_errors or ()
        slow = (slow,) if isinstance(slow, type) else tuple(slow)
        return Running(task, slow, concurrency, timeout, retries, progress), judges

    def _resume_evaluation(self, experiment_id: str, running: Running, judges: list[Evaluator]) -> Work[None]:
        if not judges:
            return
        url = path("v1/experiments", experiment_id, "/incomplete-evaluations")
        asked = Request("GET", url, {"evaluation_name": [each.name for each in judges]}, timeout_s=running.timeout_s)
        missing = yield from pages(asked, page_size=PAGE)
        judging = [
            Judging(each["dataset_example"], each["experiment_run"], judge)
            for each in missing
            for judge in judges
            if judge.name in each["evaluation_names"]
        ]
        yield from run_evaluators(self._server, running, judging, stored=True)

    def _read(self, experiment_id: str, print_summary: bool, timeout: float | None) -> Work[RanExperiment]:
        experiment = yield from experiment_with_id(experiment_id, timeout)
        runs = yield from runs_of(experiment_id, timeout)
        try:
            response = yield Request("GET", path("v1/experiments", experiment_id, "/json"), timeout_s=timeout)
            evaluations = evaluations_in(body(response), runs)
        except NotFound:  # of an experiment without runs, says Phoenix
            evaluations = []
        ran = ran_experiment(experiment, runs, evaluations)
        if print_summary:
            yield from self._print(ran, timeout)
        return ran

    def _print(self, ran: RanExperiment, timeout: float | None) -> Work[None]:
        summary = summed_up(ran)
        if ran["experiment_id"] != DRY_RUN:
            with contextlib.suppress(NotFound, UnreadableAnswer):  # Phoenix has none
                summary = yield from summary_of(ran["experiment_id"], timeout)
            print(self.get_experiment_url(ran["dataset_id"], ran["experiment_id"]))
        print("\n".join(summary_lines(ran, summary)))


@contextlib.contextmanager
def _resumable(experiment_id: str) -> Iterator[None]:
    """Tell, when the server fails in the middle, how to go on."""
    try:
        yield
    except RubricateError as error:
        if experiment_id != DRY_RUN:
            error.add_note(
                f"What was done is kept in experiment {experiment_id}; resume_experiment(experiment_id=…) goes on."
            )
        raise
