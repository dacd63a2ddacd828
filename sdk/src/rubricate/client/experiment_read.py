"""What came out of an experiment: its runs and evaluations put together, and summed up for people to read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any

from rubricate.client.types.experiments import EvaluationRun, RanExperiment
from rubricate.records.base import JsonObject


def ran_experiment(experiment: JsonObject, runs: list[JsonObject], evaluations: list[EvaluationRun]) -> RanExperiment:
    """An experiment with what came out of it."""
    return RanExperiment(
        experiment_id=experiment["id"],
        dataset_id=experiment["dataset_id"],
        dataset_version_id=experiment["dataset_version_id"],
        task_runs=runs,
        evaluation_runs=evaluations,
        experiment_metadata=experiment.get("metadata") or {},
        project_name=experiment.get("project_name"),
    )


def evaluations_in(results: Iterable[JsonObject], runs: Iterable[JsonObject]) -> list[EvaluationRun]:
    """The evaluations in a download of an experiment, which does not know how runs are called."""
    ids = {(run["dataset_example_id"], run["repetition_number"]): run["id"] for run in runs}
    found = []
    for result in results:
        run_id = ids.get((result["example_id"], result["repetition_number"]))
        if run_id is not None:
            found += [_evaluation(run_id, each) for each in result["annotations"]]
    return found


def summed_up(ran: RanExperiment) -> list[JsonObject]:
    """What the evaluators say together, by name, as the server tells it but without intervals."""
    example_of = {run["id"]: run["dataset_example_id"] for run in ran["task_runs"]}
    summaries = []
    for name in sorted({each.name for each in ran["evaluation_runs"]}):
        said = [each for each in ran["evaluation_runs"] if each.name == name]
        scores: dict[str, list[float]] = {}
        labels: dict[str, int] = {}
        for each in said:
            result = each.result or {}
            if result.get("score") is not None:
                scores.setdefault(example_of.get(each.experiment_run_id, ""), []).append(result["score"])
            if result.get("label") is not None:
                labels[result["label"]] = labels.get(result["label"], 0) + 1
        summaries.append(
            {
                "name": name,
                "evaluation_count": len(said),
                "error_count": sum(each.error is not None for each in said),
                "example_count": len(scores),
                "mean_score": fmean(map(fmean, scores.values())) if scores else None,
                "low": None,
                "high": None,
                "label_counts": labels,
            }
        )
    return summaries


def summary_lines(ran: RanExperiment, summary: Sequence[JsonObject]) -> list[str]:
    """How many runs there are, and a table of what the evaluators say.

    >>> score = {"mean_score": 0.5, "low": 0.25, "high": 0.75, "label_counts": {"yes": 2, "no": 2}}
    >>> row = {"name": "right", "evaluation_count": 4, "error_count": 0, "example_count": 4, **score}
    >>> print("\\n".join(summary_lines({"task_runs": [{"error": None}] * 4}, [row])))
    4 runs, 0 failed
    evaluator  examples   mean  95 %            failed  labels
    right             4  0.500  0.250 to 0.750       0  yes 2, no 2
    """
    runs = ran["task_runs"]
    lines = [f"{len(runs)} runs, {sum(run['error'] is not None for run in runs)} failed"]
    if not summary:
        return lines
    rows = [("evaluator", "examples", "mean", "95 %", "failed", "labels"), *map(_cells, summary)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    to_the_right = (1, 2, 4)
    for row in rows:
        cells = [
            cell.rjust(width) if column in to_the_right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _cells(summary: JsonObject) -> tuple[str, ...]:
    low, high = summary["low"], summary["high"]
    labels = sorted(summary["label_counts"].items(), key=lambda item: -item[1])
    return (
        summary["name"],
        str(summary["example_count"]),
        _number(summary["mean_score"]),
        "" if low is None else f"{_number(low)} to {_number(high)}",
        str(summary["error_count"]),
        ", ".join(f"{label} {count}" for label, count in labels),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _evaluation(run_id: str, said: JsonObject) -> EvaluationRun:
    result = {name: said[name] for name in ("label", "score", "explanation") if said.get(name) is not None}
    return EvaluationRun(
        id=None,
        experiment_run_id=run_id,
        name=said["name"],
        annotator_kind=said["annotator_kind"],
        start_time=_moment(said["start_time"]),
        end_time=_moment(said["end_time"]),
        result=result or None,
        error=said.get("error"),
        trace_id=said.get("trace_id"),
        metadata=said.get("metadata") or {},
    )


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)
