"""Experiments: they read as they were made, whatever becomes of their dataset."""

import pytest

from rubricate_server.domain.example import example_text
from rubricate_server.storage.contract import (
    ExamplesWritten,
    ExampleUpload,
    NewExample,
    NewExperiment,
    Storage,
    StoredExperiment,
)
from rubricate_server.storage.errors import Conflict, NotFound

from ..engines import Data
from ..experiments import a_run, an_evaluation, experiment_on, put_examples
from ..spans import span_id, spans


def asked(store: Storage, made: StoredExperiment) -> list[str]:
    """What the examples of an experiment say."""
    return [each.example.text.input for each in store.runs.incomplete(made.id, limit=100)]


def test_an_experiment_comes_back_as_it_was_made(data: Data) -> None:
    store = data.open()
    written = put_examples(store, "a", "b")
    made = store.experiments.create(
        NewExperiment(
            written.dataset_id, written.version_id, "shorter", "why", {"model": "m"}, 3, "Experiment-1", "of golden"
        )
    )
    store = data.reopen()
    assert store.experiments.get(made.id) == made
    assert store.experiments.page(written.dataset_id) == [made]
    assert made[1:7] == (written.dataset_id, written.version_id, "shorter", "why", {"model": "m"}, 3)
    assert (made.project_name, made.splits, made.tags) == ("Experiment-1", (), ())
    assert (made.example_count, made.succeeded, made.failed, made.missing) == (2, 0, 0, 6)
    assert made.created_us == made.updated_us > 0


def test_one_that_moves_in_keeps_its_time(data: Data) -> None:
    store = data.open()
    written = put_examples(store, "a")
    new = NewExperiment(written.dataset_id, written.version_id, "old", None, {}, 1, "Experiment-2", "", created_us=7)
    made = store.experiments.create(new)
    assert (made.created_us, made.updated_us) == (7, 7)
    assert data.reopen().experiments.get(made.id) == made


def test_later_versions_do_not_change_an_experiment(store: Storage) -> None:
    written = put_examples(store, "a", "b")
    made = experiment_on(store, written)
    before = asked(store, made)
    rows = [each.example.id for each in store.runs.incomplete(made.id)]
    store.datasets.change(written.dataset_id, {rows[0]: example_text({"q": "changed"}, {}, {})}, [rows[1]])
    put_examples(store, "c")
    assert asked(store, made) == before
    assert store.experiments.get(made.id) == made
    store.runs.put(a_run(made, rows[1]))
    [[result]] = store.runs.results(made.id)
    assert result.text.input == before[1]


def test_an_experiment_on_an_older_version_has_its_examples(store: Storage) -> None:
    first = put_examples(store, "a")
    put_examples(store, "b")
    assert asked(store, experiment_on(store, first)) == ['{"q":"a"}']


def test_an_experiment_on_splits_keeps_their_examples(store: Storage) -> None:
    text = [example_text({"q": name}, {}, {}) for name in "abc"]
    examples = [NewExample(text[0], splits=("dev",)), NewExample(text[1], splits=("test", "dev")), NewExample(text[2])]
    written = store.datasets.upload(ExampleUpload("golden", "append", examples))
    splits = store.splits.rows_of(["dev", "test"])
    dev = experiment_on(store, written, splits=("dev",), split_ids=(splits["dev"],))
    both = experiment_on(store, written, splits=("dev", "test"), split_ids=tuple(splits.values()))
    assert (dev.splits, both.splits) == (("dev",), ("dev", "test"))
    assert (dev.example_count, both.example_count) == (2, 2)
    for split in splits.values():
        store.splits.delete(split)
    assert asked(store, dev) == asked(store, both) == ['{"q":"a"}', '{"q":"b"}']
    assert store.experiments.get(dev.id) == dev


def test_pages_of_a_dataset_are_newest_first(store: Storage) -> None:
    written, other = put_examples(store, "a"), put_examples(store, "a", name="other")
    made = [experiment_on(store, written) for _ in range(4)]
    experiment_on(store, other)
    assert store.experiments.page(written.dataset_id) == made[::-1]
    assert store.experiments.page(written.dataset_id, from_id=made[2].id, limit=2) == [made[2], made[1]]
    assert store.experiments.page(10**6) == []


def test_it_needs_a_version_of_the_dataset_and_a_project_of_its_own(store: Storage) -> None:
    written, other = put_examples(store, "a"), put_examples(store, "a", name="other")
    with pytest.raises(NotFound):
        experiment_on(store, ExamplesWritten(written.dataset_id, other.version_id, 0, 0, 0))
    with pytest.raises(NotFound):
        experiment_on(store, ExamplesWritten(10**6, written.version_id, 0, 0, 0))
    experiment_on(store, written, project_name="Experiment-1")
    with pytest.raises(Conflict):
        experiment_on(store, written, project_name="Experiment-1")
    assert len(store.experiments.page(written.dataset_id)) == 1


def test_it_is_renamed_and_described(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a"))
    changed = store.experiments.update(made.id, "new", None, {"k": 1})
    assert changed == store.experiments.get(made.id)
    assert (changed.name, changed.description, changed.metadata) == ("new", None, {"k": 1})
    assert changed.updated_us > made.updated_us
    assert store.experiments.update(made.id, "new", None, {"k": 1}) == changed
    with pytest.raises(NotFound):
        store.experiments.update(10**6, "new", None, {})


def test_its_project_is_left_out_of_lists_while_it_is_there(store: Storage) -> None:
    store.projects.create("app", None)
    made = experiment_on(store, put_examples(store, "a"), project_name="Experiment-1")
    assert [each.name for each in store.projects.page()] == ["app"]
    assert [each.name for each in store.projects.page(of_experiments=True)] == ["Experiment-1", "app"]
    assert len(store.items.figures(0)) == 1
    hidden = store.projects.get("Experiment-1")
    store.projects.update(hidden.id, None, "mine")
    assert store.experiments.get(made.id).project_name == "mine"
    store.experiments.delete(made.id, with_project=False)
    assert [each.name for each in store.projects.page()] == ["mine", "app"]


def test_an_experiment_outlives_its_project(store: Storage) -> None:
    made = experiment_on(store, put_examples(store, "a"))
    store.projects.delete(store.projects.get(made.project_name or "").id)
    assert store.experiments.get(made.id) == made._replace(project_name=None)


@pytest.mark.parametrize("with_project", [True, False])
def test_a_deleted_experiment_is_gone_at_once_and_removed_bit_by_bit(data: Data, with_project: bool) -> None:
    store = data.open()
    written = put_examples(store, *"abcde")
    made, kept = experiment_on(store, written, repetitions=2), experiment_on(store, written)
    store.spans.add(spans(3, project=made.project_name or ""))
    rows = [each.example.id for each in store.runs.incomplete(made.id)]
    ids = [store.runs.put(a_run(made, row, repetition=number)).id for row in rows for number in (1, 2)]
    for run_id in ids:
        store.runs.evaluate(an_evaluation(run_id))
    other = store.runs.put(a_run(kept, rows[0])).id
    store.runs.evaluate(an_evaluation(other))
    store.experiments.set_tag(made.id, "baseline", None)

    store.experiments.delete(made.id, with_project=with_project)

    for _ in range(2):
        with pytest.raises(NotFound):
            store.experiments.get(made.id)
        with pytest.raises(NotFound):
            store.experiments.delete(made.id, with_project=with_project)
        with pytest.raises(NotFound):
            store.runs.put(a_run(made, rows[0], repetition=3))
        with pytest.raises(NotFound):
            store.runs.evaluate(an_evaluation(ids[0]))
        with pytest.raises(NotFound):
            store.experiments.set_tag(made.id, "baseline", None)
        assert store.experiments.page(written.dataset_id) == [store.experiments.get(kept.id)]
        assert store.experiments.tags(made.id) == []
        assert list(store.runs.runs(made.id)) == list(store.runs.results(made.id)) == []
        assert store.runs.incomplete(made.id) == store.runs.unevaluated(made.id, ["tone"]) == []
        assert store.runs.evaluation_names(made.id) == store.runs.summaries(made.id) == []
        while store.maintenance.step():
            pass
    found = store.spans.rows_of([span_id(number) for number in (1, 2, 3)])
    assert len(found) == (0 if with_project else 3)
    [[result]] = store.runs.results(kept.id)
    assert [each.name for each in result.evaluations] == ["tone"]


def test_a_deleted_dataset_takes_its_experiments_and_their_traces(store: Storage) -> None:
    written, other = put_examples(store, "a"), put_examples(store, "a", name="other")
    made, kept = experiment_on(store, written), experiment_on(store, other)
    store.spans.add(spans(3, project=made.project_name or ""))
    store.datasets.delete(written.dataset_id)
    with pytest.raises(NotFound):
        store.experiments.get(made.id)
    while store.maintenance.step():
        pass
    assert store.spans.rows_of([span_id(number) for number in (1, 2, 3)]) == {}
    assert store.experiments.get(kept.id) == kept
    assert [each.name for each in store.projects.page(of_experiments=True)] == [kept.project_name]


def test_a_tag_moves_within_its_dataset(store: Storage) -> None:
    written, other = put_examples(store, "a"), put_examples(store, "a", name="other")
    first, second, third = (experiment_on(store, on) for on in (written, written, other))
    one = store.experiments.set_tag(first.id, "baseline", "the old one")
    elsewhere = store.experiments.set_tag(third.id, "baseline", None)
    best = store.experiments.set_tag(first.id, "best", None)
    assert store.experiments.tags(first.id) == [one, best]
    assert store.experiments.get(first.id).tags == ("baseline", "best")
    moved = store.experiments.set_tag(second.id, "baseline", "new")
    assert (moved.id, moved.description) == (one.id, "new")
    assert (store.experiments.tags(first.id), store.experiments.tags(second.id)) == ([best], [moved])
    assert store.experiments.tags(third.id) == [elsewhere]
    store.experiments.remove_tags(first.id, [moved.id, best.id])
    assert (store.experiments.tags(first.id), store.experiments.tags(second.id)) == ([], [moved])
    with pytest.raises(NotFound):
        store.experiments.set_tag(10**6, "baseline", None)
