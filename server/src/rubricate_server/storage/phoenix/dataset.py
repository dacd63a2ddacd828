"""Datasets of a Phoenix, version by version."""

import hashlib
import sqlite3  # noqa: TID251  # rows of the engine
from collections.abc import Iterator
from typing import Literal, NamedTuple

from rubricate_server.storage.phoenix.database import Json, Phoenix, object_in

Change = Literal["CREATE", "PATCH", "DELETE"]


class ExampleChange(NamedTuple):
    """What became of one example."""

    kind: Change
    number: int
    """Phoenix's own, which runs of experiments name."""
    example: Json
    """As `rubricate export` writes it."""


class DatasetVersion(NamedTuple):
    """What one version changed."""

    id: int
    """Phoenix's own, which experiments name."""
    changes: list[ExampleChange]
    """In the order in which the examples came to the dataset."""


def dataset_labels(phoenix: Phoenix) -> Iterator[Json]:
    """All labels that datasets may have."""
    if "dataset_labels" in phoenix.tables:
        for name, description, color in phoenix.rows("select name, description, color from dataset_labels order by id"):
            yield {"name": name, "description": description or None, "color": color.lower()}


def datasets(phoenix: Phoenix) -> Iterator[Json]:
    """All datasets: Phoenix's id, name, description, metadata, and the names of the labels."""
    if "dataset_example_revisions" not in phoenix.tables:
        return
    labels = _labels(phoenix)
    for row in phoenix.rows("select id, name, description, metadata from datasets order by id").fetchall():
        yield {
            "id": row["id"],
            "name": row["name"],
            "description": row["description"] or None,
            "metadata": object_in(row["metadata"]),
            "labels": labels.get(row["id"], []),
        }


def versions(phoenix: Phoenix, dataset_id: int, name: str) -> Iterator[DatasetVersion]:
    """The versions of a dataset, oldest first.

    An example that has no id of its own gets one, made of what it was first, so that it is found again when the same
    database is taken over once more.
    """
    own_id = "e.external_id" if "external_id" in phoenix.columns("dataset_examples") else "null"
    splits = _splits(phoenix, dataset_id)
    ids: dict[int, str] = {}
    for (version,) in phoenix.rows(
        "select id from dataset_versions where dataset_id = ? order by id", (dataset_id,)
    ).fetchall():
        changes = []
        for row in phoenix.rows(
            f"select e.id, {own_id} as external_id, s.span_id, r.input, r.output, r.metadata, r.revision_kind"
            " from dataset_example_revisions r join dataset_examples e on e.id = r.dataset_example_id"
            " left join spans s on s.id = e.span_rowid where r.dataset_version_id = ? order by e.id",
            (version,),
        ):
            number = row["id"]
            if number not in ids:
                ids[number] = row["external_id"] or _made_up(number, row["input"], row["output"])
            changes.append(ExampleChange(row["revision_kind"], number, _example(row, name, ids[number], splits)))
        yield DatasetVersion(version, changes)


def _example(row: sqlite3.Row, dataset: str, example_id: str, splits: dict[int, list[str]]) -> Json:
    return {
        "dataset": dataset,
        "id": example_id,
        "input": object_in(row["input"]),
        "output": object_in(row["output"]),
        "metadata": object_in(row["metadata"]),
        "splits": splits.get(row["id"], []),
        "span_id": row["span_id"],
    }


def _made_up(number: int, *first: str) -> str:
    digest = hashlib.sha256("\0".join(first).encode()).hexdigest()
    return f"phoenix-{number}-{digest[:8]}"


def _labels(phoenix: Phoenix) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if "datasets_dataset_labels" in phoenix.tables:
        for dataset_id, name in phoenix.rows(
            "select m.dataset_id, l.name from datasets_dataset_labels m"
            " join dataset_labels l on l.id = m.dataset_label_id order by l.name"
        ):
            found.setdefault(dataset_id, []).append(name)
    return found


def _splits(phoenix: Phoenix, dataset_id: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if "dataset_splits_dataset_examples" in phoenix.tables:
        for example_id, name in phoenix.rows(
            "select m.dataset_example_id, s.name from dataset_splits_dataset_examples m"
            " join dataset_splits s on s.id = m.dataset_split_id"
            " join dataset_examples e on e.id = m.dataset_example_id where e.dataset_id = ? order by s.name",
            (dataset_id,),
        ):
            found.setdefault(example_id, []).append(name)
    return found
