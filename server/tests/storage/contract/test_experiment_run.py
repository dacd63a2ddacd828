"""Runs of experiments: one for each example and repetition, and what is said of it."""

import itertools
import math
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from rubricate.records.annotation import AnnotatorKind
from rubricate_server.storage.contract import Storage, StoredExperiment, StoredResult, StoredRun
from rubricate_server.storage.errors import NotFound

from ..engines import ENGINES, Data
from ..experiments import a_run, an_evaluation, experiment_on, put_examples
from ..spans import new_span


def example_rows(store: Storage, made: StoredExperiment) -> list[int]:
    return [each.example.id for each in store.runs.incomplete(made.id, limit=10_000)]


def runs(store: Storage, made: StoredExperiment, **how: Any) -> list[StoredRun]:
    return [run for batch in store.runs.runs(made.id, **how) for run in batch]


def results(store: Storage, made: StoredExperiment) -> list[StoredResult]:
    return [result for batch in store.runs.results(made.id) for result in batch]


def test_a_run_comes_back_as_it_was_stored(data: Data) -> None:
    store = data.open()
    made = experiment_on(store, put_examples(store, "a"))
    [row] = example_rows(store, made)
    whole = a_run(made, row, trace_id=b"\x01" * 16, output='{"a":[1,null,"ü"]}')
    written = store.runs.put(whole)
    assert written.stored
    store = data.reopen()
    assert runs(store, made) == [StoredRun(written.id, whole)]
    found = store.experiments.get(made.id)
    assert (found.succeeded, found.failed, found.missing) == (1, 0, 0)


def test_a_run_that_succeeded_stays(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a"))
    [row] = example_rows(store, made)
    first = store.runs.put(a_run(made, row, output="1"))
    for again in (a_run(made, row, output="2"), a_run(made, row, error="no"), a_run(made, row, output="1")):
        assert store.runs.put(again) == (first.id, False)
    assert [run.fields.output for run in runs(store, made)] == ["1"]
    assert store.experiments.get(made.id).succeeded == 1


def test_a_run_that_failed_is_replaced_and_loses_what_programs_said_of_it(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a"))
    [row] = example_rows(store, made)
    first = store.runs.put(a_run(made, row, error="no", output="null"))
    for number, kind in enumerate(AnnotatorKind):
        store.runs.evaluate(an_evaluation(first.id, name=str(number), annotator_kind=kind))
    assert store.experiments.get(made.id)[-5:-2] == (0, 1, 0)
    assert store.runs.put(a_run(made, row, error="no again")) == (first.id, True)
    assert store.experiments.get(made.id)[-5:-2] == (0, 1, 0)
    again = a_run(made, row, output="2", trace_id=b"\x02" * 16, start_us=7, end_us=8)
    assert store.runs.put(again) == (first.id, True)
    assert store.experiments.get(made.id)[-5:-2] == (1, 0, 0)
    [result] = results(store, made)
    assert result.run == (first.id, again)
    assert [each.annotator_kind for each in result.evaluations] == [AnnotatorKind.HUMAN]


def test_of_two_who_run_the_same_at_once_one_wins(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, *map(str, range(20))))
    rows = example_rows(store, made)
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda row: store.runs.put(a_run(made, row)), rows * 4))
    assert sum(each.stored for each in written) == len(rows)
    assert len(runs(store, made)) == len({each.id for each in written}) == len(rows)
    assert store.experiments.get(made.id)[-5:-2] == (20, 0, 0)


def test_only_examples_of_the_experiment_run(store: Storage) -> None:
    written = put_examples(store, "a")
    made = experiment_on(store, written)
    later = experiment_on(store, put_examples(store, "b"))
    foreign = next(row for row in example_rows(store, later) if row not in example_rows(store, made))
    for wrong in (
        a_run(made, foreign),
        a_run(made, 10**6),
        a_run(made._replace(id=10**6), example_rows(store, made)[0]),
    ):
        with pytest.raises(NotFound):
            store.runs.put(wrong)
    assert runs(store, made) == []


def test_runs_beyond_the_repetitions_are_no_missing_ones(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a", "b"), repetitions=2)
    row, _ = example_rows(store, made)
    store.runs.put(a_run(made, row, repetition=9))
    store.runs.put(a_run(made, row, repetition=8, error="no"))
    store.runs.put(a_run(made, row, repetition=8))
    store.runs.put(a_run(made, row, repetition=2))
    found = store.experiments.get(made.id)
    assert (found.succeeded, found.failed, found.missing) == (3, 0, 3)
    assert [each.repetitions for each in store.runs.incomplete(made.id)] == [(1,), (1, 2)]


def test_an_evaluation_replaces_the_one_of_its_name(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a"))
    run_id = store.runs.put(a_run(made, example_rows(store, made)[0])).id
    failed = an_evaluation(run_id, label=None, score=None, explanation=None, error="no", metadata={})
    row = store.runs.evaluate(failed)
    other = an_evaluation(run_id, name="a", trace_id=b"\x01" * 16)
    store.runs.evaluate(other)
    assert results(store, made)[0].evaluations == (other, failed)
    good = an_evaluation(run_id, annotator_kind=AnnotatorKind.LLM, score=0.5, metadata={"new": [1]})
    assert store.runs.evaluate(good) == store.runs.evaluate(good) == row
    assert results(store, made)[0].evaluations == (other, good)
    assert store.runs.evaluation_names(made.id) == ["a", "tone"]
    with pytest.raises(NotFound):
        store.runs.evaluate(an_evaluation(10**6))


def test_results_come_by_example_and_repetition_with_the_tokens_of_their_trace(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, *map(str, range(120))), repetitions=2)
    rows = example_rows(store, made)
    trace = bytes(15) + b"\x07"
    store.spans.add([new_span(1, trace_id=trace, tokens_prompt=5, tokens_completion=7)])
    for row, repetition in itertools.product(reversed(rows), (2, 1)):
        store.runs.put(a_run(made, row, repetition=repetition, trace_id=trace if row == rows[0] else None))
    found = results(store, made)
    assert [(each.run.fields.example_id, each.run.fields.repetition) for each in found] == [
        (row, repetition) for row in rows for repetition in (1, 2)
    ]
    assert [(each.tokens_prompt, each.tokens_completion) for each in found[1:3]] == [(5, 7), (None, None)]
    assert found[-1].text.output == '{"a":"119"}'


def test_pages_of_runs_are_newest_first(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, *map(str, range(450))))
    ids = [store.runs.put(a_run(made, row)).id for row in example_rows(store, made)]
    assert [run.id for run in runs(store, made)] == ids[::-1]
    assert [run.id for run in runs(store, made, from_id=ids[-2], limit=300)] == ids[-2:-302:-1]
    assert max(len(batch) for batch in store.runs.runs(made.id)) < len(ids)
    assert runs(store, made, from_id=ids[0] - 1) == []


def test_incomplete_examples_are_paged_by_their_id(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, *"abcd"), repetitions=2)
    rows = example_rows(store, made)
    store.runs.put(a_run(made, rows[0]))
    store.runs.put(a_run(made, rows[1]))
    store.runs.put(a_run(made, rows[1], repetition=2))
    store.runs.put(a_run(made, rows[2], repetition=2, error="no"))
    found = store.runs.incomplete(made.id)
    assert [(each.example.id, each.repetitions) for each in found] == [
        (rows[0], (2,)),
        (rows[2], (1, 2)),
        (rows[3], (1, 2)),
    ]
    assert store.runs.incomplete(made.id, limit=1) == found[:1]
    assert store.runs.incomplete(made.id, from_id=rows[1], limit=1) == found[1:2]


def test_runs_without_an_evaluation_are_paged_by_their_id(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, *"abcd"))
    rows = example_rows(store, made)
    ids = [store.runs.put(a_run(made, row, error="no" if row == rows[3] else None)).id for row in rows]
    for run_id in ids[:2]:
        store.runs.evaluate(an_evaluation(run_id, name="x"))
    store.runs.evaluate(an_evaluation(ids[0], name="y"))
    store.runs.evaluate(an_evaluation(ids[1], name="y", error="no"))
    found = store.runs.unevaluated(made.id, ["y", "x", "y"])
    assert [(each.run.id, each.example.id, each.names) for each in found] == [
        (ids[1], rows[1], ("y",)),
        (ids[2], rows[2], ("x", "y")),
    ]
    assert store.runs.unevaluated(made.id, ["x"]) == [found[1]._replace(names=("x",))]
    assert store.runs.unevaluated(made.id, ["x", "y"], from_id=ids[2], limit=1) == [found[1]]


def test_nothing_was_said(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a"))
    assert store.runs.summaries(made.id) == []


# --- against a model --------------------------------------------------------------------------------------------------

SCORES = st.one_of(st.none(), st.sampled_from([0.0, 1.0]), st.floats(-1e6, 1e6))
SAID = st.tuples(
    st.integers(0, 3),  # example
    st.integers(1, 3),  # repetition
    st.sampled_from("xy"),  # name
    st.sampled_from([None, "good", "bad"]),
    SCORES,
    st.booleans(),  # failed
)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@settings(max_examples=30, deadline=None)
@given(said=st.lists(SAID, max_size=30))
def test_summaries_are_what_the_evaluations_come_to(
    engine: Any,
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[int, int, str, str | None, float | None, bool]],
) -> None:
    directory: Path = tmp_path_factory.mktemp("summaries")
    data = Data(engine, directory / "data")
    store = data.open()
    made = experiment_on(store, put_examples(store, *"abcd"), repetitions=3)
    rows = example_rows(store, made)
    last = {}
    for example, repetition, name, label, score, failed in said:
        run_id = store.runs.put(a_run(made, rows[example], repetition=repetition)).id
        fields = {"label": label, "score": score, "error": "no" if failed else None}
        store.runs.evaluate(an_evaluation(run_id, name=name, **fields))
        last[example, repetition, name] = (label, score, failed)

    found = store.runs.summaries(made.id)

    assert [each.name for each in found] == sorted({name for _, _, name in last})
    for summary in found:
        mine = {key: value for key, value in last.items() if key[2] == summary.name}
        assert summary.evaluations == len(mine)
        assert summary.errors == sum(failed for _, _, failed in mine.values())
        labels = [label for label, _, failed in mine.values() if label is not None and not failed]
        assert summary.labels == {label: labels.count(label) for label in labels}
        scores = defaultdict(list)
        for (example, _, _), (_, score, failed) in mine.items():
            if score is not None and not failed:
                scores[example].append(score)
        means = [fmean(each) for each in scores.values()]
        assert summary.all_or_nothing == (
            bool(means) and all(one in (0, 1) for each in scores.values() for one in each)
        )
        assert summary.examples == len(means)
        if not means:
            assert summary.mean is None
        else:
            assert summary.mean is not None
            assert math.isclose(summary.mean, fmean(means), rel_tol=1e-9, abs_tol=1e-6)
            squares = sum((each - fmean(means)) ** 2 for each in means)
            assert math.isclose(summary.squares, squares, rel_tol=1e-6, abs_tol=1e-3)
    data.close()
