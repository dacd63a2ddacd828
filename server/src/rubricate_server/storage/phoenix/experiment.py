"""Experiments of a Phoenix, with their runs and what evaluators say of them."""

import hashlib
import math
import sqlite3  # noqa: TID251  # rows of the engine
from collections.abc import Iterator
from typing import NamedTuple

from rubricate_server.storage.phoenix.database import Json, Phoenix, object_in, time_in


class PhoenixExperiment(NamedTuple):
    """An experiment, and the numbers by which Phoenix knows it."""

    number: int
    version: int
    new: Json
    """As `POST /v1/datasets/{dataset}/experiments` takes it, but for the version."""
    tags: list[Json]


class PhoenixRun(NamedTuple):
    """A run, and the number of its example."""

    example: int
    new: Json
    """As `POST /v1/experiments/{experiment}/runs` takes it, but for the example."""
    evaluations: list[Json]
    """As `POST /v1/experiment_evaluations` takes them, but for the run."""


def experiments(phoenix: Phoenix, dataset_id: int) -> Iterator[PhoenixExperiment]:
    """The experiments on a dataset, oldest first, without those that Phoenix's playground threw away."""
    there = phoenix.columns("experiments")
    if not {"dataset_version_id", "project_name"} <= there:
        return
    kept = " and not is_ephemeral" if "is_ephemeral" in there else ""
    tags = "experiment_tags" in phoenix.tables
    splits = "experiments_dataset_splits" in phoenix.tables
    rows = phoenix.rows(
        "select id, dataset_version_id, name, description, repetitions, metadata, project_name, created_at"
        f" from experiments where dataset_id = ?{kept} order by id",
        (dataset_id,),
    )
    for row in rows.fetchall():
        new = {
            "name": row["name"],
            "description": row["description"],
            "metadata": object_in(row["metadata"]),
            "repetitions": row["repetitions"],
            "original": {"project_name": _project_name(row), "created_at": time_in(row["created_at"])},
            "splits": _splits(phoenix, row["id"]) if splits else [],
        }
        yield PhoenixExperiment(row["id"], row["dataset_version_id"], new, _tags(phoenix, row["id"]) if tags else [])


def runs(phoenix: Phoenix, experiment: int) -> Iterator[PhoenixRun]:
    """The runs of an experiment, in the order in which they were written."""
    for row in phoenix.rows("select * from experiment_runs where experiment_id = ? order by id", (experiment,)):
        output = object_in(row["output"])
        new = {
            "repetition_number": row["repetition_number"],
            "output": output.get("task_output", output),
            "error": row["error"],
            "trace_id": row["trace_id"],
            "start_time": time_in(row["start_time"]),
            "end_time": time_in(row["end_time"]),
        }
        evaluations = phoenix.rows(
            "select * from experiment_run_annotations where experiment_run_id = ? order by id", (row["id"],)
        )
        yield PhoenixRun(row["dataset_example_id"], new, [_evaluation(each) for each in evaluations])


def _project_name(row: sqlite3.Row) -> str:
    """Where Phoenix has none, one that is the same each time: an experiment is found again by it."""
    digest = hashlib.sha256(f"{row['id']} {row['created_at']} {row['name']}".encode()).hexdigest()
    return row["project_name"] or f"Experiment-{digest[:24]}"


def _evaluation(row: sqlite3.Row) -> Json:
    score = row["score"]
    result = {
        "label": row["label"],
        "score": score if score is None or math.isfinite(score) else None,
        "explanation": row["explanation"],
    }
    return {
        "name": row["name"],
        "annotator_kind": row["annotator_kind"],
        "result": None if all(value is None for value in result.values()) else result,
        "error": row["error"],
        "metadata": object_in(row["metadata"]),
        "trace_id": row["trace_id"],
        "start_time": time_in(row["start_time"]),
        "end_time": time_in(row["end_time"]),
    }


def _tags(phoenix: Phoenix, experiment: int) -> list[Json]:
    found = phoenix.rows("select name, description from experiment_tags where experiment_id = ?", (experiment,))
    return [{"name": row["name"], "description": row["description"]} for row in found]


def _splits(phoenix: Phoenix, experiment: int) -> list[str]:
    found = phoenix.rows(
        "select s.name from experiments_dataset_splits e join dataset_splits s on s.id = e.dataset_split_id"
        " where e.experiment_id = ? order by s.name",
        (experiment,),
    )
    return [row["name"] for row in found]
