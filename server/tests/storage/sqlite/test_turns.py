"""What is removed in the background, or in pieces, stops when its turn is over, and goes on with the next."""

import sqlite3  # noqa: TID251  # to count what is left while it goes
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from rubricate_server.storage.contract import SplitFields, Storage, TraceQuery
from rubricate_server.storage.sqlite.store import open_storage
from rubricate_server.storage.sqlite.writer import Turn

from ..experiments import a_run, an_evaluation, experiment_on, put_examples
from ..spans import PROJECT, annotation, new_span, span_id, spans, trace_id

MANY = 400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Storage]:
    store = open_storage(tmp_path)
    yield store
    store.close()


@pytest.fixture
def file(tmp_path: Path, store: Storage) -> Iterator[sqlite3.Connection]:
    """What others see of the store."""
    path = next(tmp_path.glob("*.db"))
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:  # the writer looks, too
        yield connection


@pytest.fixture
def left(file: sqlite3.Connection) -> Callable[[str], int]:
    """How many rows of a table there are."""
    return lambda table: int(file.execute(f"select count(*) from {table}").fetchone()[0])


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, left: Callable[[str], int]) -> dict[str, list[int]]:
    """Turns are over as soon as they are asked; what was left of these tables whenever one was."""
    tables = ("span", "annotation", "experiment_run", "dataset_example")
    counts: dict[str, list[int]] = {table: [] for table in tables}

    def is_over(_: Turn) -> bool:
        for table, numbers in counts.items():
            numbers.append(left(table))
        return True

    monkeypatch.setattr(Turn, "is_over", is_over)
    return counts


def gone_step_by_step(numbers: list[int], most: int) -> bool:
    steps = [before - after for before, after in pairwise(numbers)]
    return len(steps) > 2 and min(steps) >= 0 and 0 < max(steps) <= most


def test_traces_go_in_turns(store: Storage, seen: dict[str, list[int]], left: Callable[[str], int]) -> None:
    store.spans.add(spans(MANY, trace_id=trace_id(1)))
    store.spans.add([new_span(MANY + 1)])
    said = [annotation(span_id(number), identifier=who) for number in range(1, MANY + 1) for who in ("ana", "bob")]
    store.annotations.put(said)
    store.traces.delete([store.traces.get(trace_id(1)).id])
    assert (left("span"), left("annotation")) == (1, 0)
    assert gone_step_by_step(seen["span"], 50)
    assert gone_step_by_step(seen["annotation"], 100)


def test_retention_goes_in_turns(store: Storage, seen: dict[str, list[int]], left: Callable[[str], int]) -> None:
    store.spans.add(spans(MANY))
    project = store.projects.get(PROJECT)
    kept_from = new_span(MANY).start_ns
    assert store.traces.delete_range(project.id, None, kept_from) == MANY - 1
    assert len(store.traces.find(TraceQuery(project.id), 10)) == left("span") == 1
    assert gone_step_by_step(seen["span"], 50)


def test_experiments_go_in_turns(
    store: Storage, seen: dict[str, list[int]], left: Callable[[str], int], file: sqlite3.Connection
) -> None:
    written = put_examples(store, *(f"question {number}" for number in range(MANY)))
    made, kept = experiment_on(store, written), experiment_on(store, written)
    examples = file.execute("select example_id from experiment_example where experiment_id = ?", (made.id,)).fetchall()
    for (example,) in examples[: MANY // 2]:
        store.runs.evaluate(an_evaluation(store.runs.put(a_run(made, example)).id))
    store.experiments.delete(made.id, with_project=False)
    while store.maintenance.step():
        pass
    assert (left("experiment_run"), left("experiment_evaluation"), left("experiment_example")) == (0, 0, MANY)
    assert store.experiments.get(kept.id).id == kept.id
    assert gone_step_by_step(seen["experiment_run"], 50)


def test_datasets_go_in_turns_and_are_gone_before(
    store: Storage, seen: dict[str, list[int]], left: Callable[[str], int]
) -> None:
    doomed = put_examples(store, *(f"question {number}" for number in range(MANY)))
    kept = put_examples(store, "a question", name="kept")
    rows = [each.id for batch in store.datasets.examples(doomed.dataset_id, doomed.version_id) for each in batch]
    store.splits.create(doomed.dataset_id, SplitFields("train", None, "#000000", {}), rows)
    store.datasets.delete(doomed.dataset_id)
    assert left("dataset_example") == MANY + 1
    assert list(store.datasets.examples(doomed.dataset_id, doomed.version_id)) == []
    assert [each.example_count for each in store.splits.page()] == [0]
    again = put_examples(store, "question 1")
    assert (again.created, again.dataset_id != doomed.dataset_id) == (1, True), "the name is free at once"
    while store.maintenance.step():
        pass
    assert gone_step_by_step(seen["dataset_example"], 100)
    assert (left("dataset_example"), left("dataset_example_revision"), left("dataset_removal")) == (2, 2, 0)
    assert left("dataset_split_example") == 0
    assert store.datasets.get(kept.dataset_id).example_count == 1
