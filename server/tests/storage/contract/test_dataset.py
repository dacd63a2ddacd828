"""Datasets: uploads, versions that never change, what makes two examples the same."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from rubricate_server.domain.example import example_text
from rubricate_server.storage.contract import (
    DatasetStore,
    ExamplesWritten,
    ExampleUpload,
    NewExample,
    SplitFields,
    Storage,
    StoredExample,
)
from rubricate_server.storage.errors import Conflict, NotFound

from ..engines import ENGINES, Data
from ..spans import span_id, spans

Action = Literal["create", "append", "update"]


def example(question: str, answer: str = "", **more: Any) -> NewExample:
    return NewExample(example_text({"q": question}, {"a": answer} if answer else {}, {}), **more)


def named(external_id: str, question: str, answer: str = "") -> NewExample:
    return example(question, answer, external_id=external_id)


def put(store: Storage, *examples: NewExample, action: Action = "append", name: str = "golden") -> ExamplesWritten:
    return store.datasets.upload(ExampleUpload(name, action, examples))


def listed(store: DatasetStore, written: ExamplesWritten, version_id: int | None = None) -> list[StoredExample]:
    batches = store.examples(written.dataset_id, version_id or written.version_id)
    return [each for batch in batches for each in batch]


def questions(store: Storage, written: ExamplesWritten, version_id: int | None = None) -> list[str]:
    return [each.text.input.split('"')[3] for each in listed(store.datasets, written, version_id)]


def counts(written: ExamplesWritten) -> tuple[int, int, int]:
    return written.created, written.updated, written.deleted


def test_an_example_comes_back_as_it_was_stored(store: Storage) -> None:
    store.spans.add(spans(1))
    text = example_text({"q": "wie? 🧪", "n": None}, {"a": [1, 2.5, {"b": True}]}, {"z": 1, "a": 2})
    written = put(store, NewExample(text, "first", span_id(1), ("test", "dev")), NewExample(text, None, span_id(7)))
    one, two = listed(store.datasets, written)
    assert (one.text, one.external_id, one.span_id, one.splits) == (text, "first", span_id(1), ("dev", "test"))
    assert one.span_row == store.spans.rows_of([span_id(1)])[span_id(1)]
    assert (two.text, two.external_id, two.span_id, two.span_row, two.splits) == (text, None, span_id(7), None, ())


def test_a_dataset_tells_what_it_holds(store: Storage) -> None:
    written = store.datasets.upload(ExampleUpload("golden", "create", [example("1"), example("2")], "the best"))
    found = store.datasets.get(written.dataset_id)
    assert (found.name, found.description, found.metadata) == ("golden", "the best", {})
    assert (found.version_id, found.example_count) == (written.version_id, 2)
    assert store.datasets.get_by_name("golden") == found
    assert store.datasets.page() == store.datasets.page(name="golden") == [found]
    assert store.datasets.page(name="other") == []


def test_a_name_is_created_once(store: Storage) -> None:
    put(store, example("1"), action="create")
    with pytest.raises(Conflict):
        put(store, example("2"), action="create")
    assert [each.example_count for each in store.datasets.page()] == [1]


@pytest.mark.parametrize("action", ["create", "append", "update"])
def test_what_is_not_there_is_made(store: Storage, action: Action) -> None:
    assert counts(put(store, example("1"), action=action)) == (1, 0, 0)


def test_an_empty_dataset_has_a_version(store: Storage) -> None:
    written = put(store, action="create")
    assert [version.id for version in store.datasets.versions(written.dataset_id)] == [written.version_id]
    assert listed(store.datasets, written) == []


def test_appending_the_same_again_changes_nothing(store: Storage) -> None:
    first = put(store, example("1"), named("e", "2"), example("3"), example("3"))
    again = put(store, example("3"), example("1"), example("3"), named("e", "2"))
    assert (again.version_id, counts(again)) == (first.version_id, (0, 0, 0))
    # One without an id is any that says the same, also one that has an id.
    assert counts(put(store, example("2"))) == (0, 0, 0)


def test_examples_that_say_the_same_are_as_many_as_were_sent(store: Storage) -> None:
    put(store, example("1"), example("1"))
    assert counts(put(store, example("1"), example("1"), example("1"))) == (1, 0, 0)


def test_the_order_of_keys_makes_no_difference(store: Storage) -> None:
    first = put(store, NewExample(example_text({"a": 1, "b": 2}, {}, {})))
    again = put(store, NewExample(example_text({"b": 2, "a": 1}, {}, {})))
    assert (again.version_id, counts(again)) == (first.version_id, (0, 0, 0))


def test_an_example_with_an_id_is_changed_in_place(store: Storage) -> None:
    first = put(store, named("e", "old"), example("other"))
    second = put(store, named("e", "new"))
    assert counts(second) == (0, 1, 0)
    before, after = listed(store.datasets, second, first.version_id), listed(store.datasets, second)
    assert [each.id for each in before] == [each.id for each in after]
    assert questions(store, second) == ["new", "other"]
    assert questions(store, second, first.version_id) == ["old", "other"]
    assert before[1] == after[1]
    assert after[0].updated_us > before[0].updated_us


def test_an_id_that_is_not_there_makes_an_example_whatever_it_says(store: Storage) -> None:
    put(store, example("1"))
    assert counts(put(store, named("e", "1"))) == (1, 0, 0)


def test_an_id_may_be_the_row_of_an_example_of_the_dataset_and_of_no_other(store: Storage) -> None:
    first = put(store, example("1"), named("e", "2"))
    one, two = (each.id for each in listed(store.datasets, first))
    same = [example("1", external_id="its row", row=one), example("2", external_id="its row too", row=two)]
    assert counts(put(store, *same)) == (0, 0, 0)
    assert counts(put(store, example("2b", external_id="its row", row=two))) == (0, 1, 0)
    assert counts(put(store, example("1", external_id="its row", row=one), name="other")) == (1, 0, 0)


def test_an_example_that_is_uploaded_under_both_its_ids_is_refused(store: Storage) -> None:
    first = put(store, named("e", "1"))
    [row] = [each.id for each in listed(store.datasets, first)]
    with pytest.raises(Conflict):
        put(store, named("e", "2"), example("3", external_id="its row", row=row))
    assert questions(store, first) == ["1"]


def test_update_makes_it_exactly_what_was_sent(store: Storage) -> None:
    first = put(store, named("e", "1"), example("2"), example("3"), example("3"))
    second = put(store, named("e", "1b"), example("3"), example("4"), action="update")
    assert counts(second) == (1, 1, 2)
    assert sorted(questions(store, second)) == ["1b", "3", "4"]
    assert questions(store, second, first.version_id) == ["1", "2", "3", "3"]
    again = put(store, example("4"), example("3"), named("e", "1b"), action="update")
    assert (again.version_id, counts(again)) == (second.version_id, (0, 0, 0))
    assert counts(put(store, action="update")) == (0, 0, 3)
    found = store.datasets.get(first.dataset_id)
    assert (found.example_count, found.version_count) == (0, 3)


def test_a_deleted_example_comes_back_under_its_id(store: Storage) -> None:
    first = put(store, named("e", "1"))
    put(store, action="update")
    back = put(store, named("e", "1"))
    assert counts(back) == (1, 0, 0)
    assert [each.id for each in listed(store.datasets, back)] == [
        each.id for each in listed(store.datasets, first, first.version_id)
    ]


def test_versions_are_newest_first_and_tell_what_they_changed(store: Storage) -> None:
    written = [
        put(store, example("1"), named("e", "2")),
        put(store, named("e", "3")),
        put(store, example("1"), example("9"), action="update"),
    ]
    dataset_id = written[0].dataset_id
    versions = store.datasets.versions(dataset_id)
    assert [version.id for version in versions] == [each.version_id for each in reversed(written)]
    assert [version[4:7] for version in versions] == [(1, 0, 1), (0, 1, 0), (2, 0, 0)]
    assert store.datasets.versions(dataset_id, from_id=versions[1].id, limit=1) == [versions[1]]
    assert store.datasets.version(dataset_id, versions[2].id) == versions[2]
    with pytest.raises(NotFound):
        store.datasets.version(put(store, name="other").dataset_id, versions[2].id)


def test_versions_of_other_datasets_do_not_meddle(store: Storage) -> None:
    one = put(store, named("e", "1"), name="one")
    two = put(store, named("e", "2"), name="two")
    put(store, named("e", "1b"), name="one")
    assert questions(store, one, one.version_id) == ["1"]
    assert questions(store, two) == ["2"]
    assert store.datasets.example_rows(two.dataset_id, ["e", "x"]) == {"e": listed(store.datasets, two)[0].id}


def test_splits_are_made_and_belong_to_the_example_in_all_versions(store: Storage) -> None:
    first = put(store, example("1", splits=("train",)), example("2"))
    second = put(store, example("2", splits=("train", "test")), example("1"))
    assert (second.version_id, counts(second)) == (first.version_id, (0, 1, 0))
    rows = store.splits.rows_of(["train", "test", "nobody"])
    assert set(rows) == {"train", "test"}
    assert [each.splits for each in listed(store.datasets, second)] == [("train",), ("test", "train")]
    in_test = [
        each.text.input
        for batch in store.datasets.examples(first.dataset_id, first.version_id, split_ids=[rows["test"]])
        for each in batch
    ]
    assert in_test == ['{"q":"2"}']
    assert list(store.datasets.examples(first.dataset_id, first.version_id, split_ids=[])) == []


def test_update_takes_an_example_out_of_splits_only_when_it_names_some(store: Storage) -> None:
    written = put(store, example("1", splits=("a", "b")), example("2", splits=("a",)))
    put(store, example("1", splits=("b", "c")), example("2"), action="update")
    assert [each.splits for each in listed(store.datasets, written)] == [("b", "c"), ("a",)]


def test_examples_come_in_pages(store: Storage) -> None:
    written = put(store, *(example(str(number)) for number in range(450)))
    everything = listed(store.datasets, written)
    assert questions(store, written) == [str(number) for number in range(450)]
    batches = list(store.datasets.examples(written.dataset_id, written.version_id, from_id=everything[7].id, limit=3))
    assert [each for batch in batches for each in batch] == everything[7:10]


# --- from spans -------------------------------------------------------------------------------------------------------


def test_a_span_makes_one_example_however_often_it_is_added(store: Storage) -> None:
    written = put(store)
    made = [example("1", span_id=span_id(1)), example("1", span_id=span_id(2))]
    first = store.datasets.add_from_spans(written.dataset_id, made, "two of the shop")
    assert counts(first) == (2, 0, 0)
    assert store.datasets.version(first.dataset_id, first.version_id).description == "two of the shop"
    again = store.datasets.add_from_spans(written.dataset_id, made)
    assert (again.version_id, counts(again)) == (first.version_id, (0, 0, 0))
    changed = [example("1", "corrected", span_id=span_id(1)), example("1", span_id=span_id(3))]
    assert counts(store.datasets.add_from_spans(written.dataset_id, changed)) == (1, 1, 0)
    known = store.datasets.of_spans(written.dataset_id, [span_id(number) for number in range(9)])
    assert known[span_id(1)] == changed[0].text.hash
    assert set(known) == {span_id(1), span_id(2), span_id(3)}


def test_a_dataset_is_made_with_its_examples_in_one_version_or_not_at_all(data: Data) -> None:
    store = data.open()
    made = [example("1", span_id=span_id(1), splits=("test",)), example("2", span_id=span_id(2))]
    written = store.datasets.create_from_spans("found", [*made, example("other", span_id=span_id(1))], "of the shop")
    assert counts(written) == (2, 0, 0)
    store = data.reopen()
    [dataset] = store.datasets.page()
    assert (dataset.id, dataset.name, dataset.example_count) == (written.dataset_id, "found", 2)
    [version] = store.datasets.versions(dataset.id)
    assert (version.id, version.description, version.created_examples) == (written.version_id, "of the shop", 2)
    assert [each.splits for each in listed(store.datasets, written)] == [("test",), ()]
    assert questions(store, written) == ["1", "2"]
    with pytest.raises(Conflict):
        store.datasets.create_from_spans("found", [example("3", span_id=span_id(3), splits=("never",))])
    assert [each.example_count for each in store.datasets.page()] == [2]
    assert not store.splits.rows_of(["never"])
    assert counts(store.datasets.create_from_spans("empty", [])) == (0, 0, 0)
    assert store.datasets.get_by_name("empty").version_count == 1


def test_a_deleted_example_is_made_anew_from_its_span(store: Storage) -> None:
    written = put(store)
    made = [example("1", span_id=span_id(1))]
    store.datasets.add_from_spans(written.dataset_id, made)
    put(store, action="update")
    assert counts(store.datasets.add_from_spans(written.dataset_id, made)) == (1, 0, 0)


def test_the_span_of_an_example_may_be_told_later_and_may_go(store: Storage) -> None:
    store.spans.add(spans(1))
    put(store, example("1"))
    written = put(store, example("1", span_id=span_id(1)))
    assert listed(store.datasets, written)[0].span_row is not None
    store.spans.delete(span_id(1))
    assert listed(store.datasets, written)[0][2:4] == (span_id(1), None)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_examples_are_changed_and_deleted_in_one_version(store: Storage) -> None:
    first = put(store, example("1"), example("2"), example("3"))
    one, two, three = (each.id for each in listed(store.datasets, first))
    new = example("2b").text
    same = example("3").text
    second = store.datasets.change(first.dataset_id, {two: new, three: same}, [one], "tidied")
    assert counts(second) == (0, 1, 1)
    assert questions(store, second) == ["2b", "3"]
    assert questions(store, second, first.version_id) == ["1", "2", "3"]
    assert store.datasets.version(first.dataset_id, second.version_id).description == "tidied"
    again = store.datasets.change(first.dataset_id, {two: new}, [])
    assert (again.version_id, counts(again)) == (second.version_id, (0, 0, 0))
    with pytest.raises(NotFound):
        store.datasets.change(first.dataset_id, {three: new}, [one])
    assert questions(store, second) == ["2b", "3"]


def test_it_is_made_renamed_and_described(store: Storage) -> None:
    made = store.datasets.create("old", None, {"k": 1})
    assert (made.example_count, made.metadata) == (0, {"k": 1})
    changed = store.datasets.update(made.id, "new", "described", {"k": 2})
    assert store.datasets.get_by_name("new") == changed
    assert (changed.id, changed.version_id, changed.metadata) == (made.id, made.version_id, {"k": 2})
    assert store.datasets.update(made.id, "new", "described", {"k": 2}) == changed
    store.datasets.create("taken", None, {})
    with pytest.raises(Conflict):
        store.datasets.create("taken", None, {})
    with pytest.raises(Conflict):
        store.datasets.update(made.id, "taken", None, {})


def test_a_deleted_dataset_is_gone_with_all_it_had(store: Storage) -> None:
    store.spans.add(spans(1))
    other = put(store, example("1", splits=("train",)), name="other")
    written = put(store, named("e", "1"), example("2", splits=("train",)))
    store.datasets.delete(written.dataset_id)
    with pytest.raises(NotFound):
        store.datasets.get(written.dataset_id)
    assert store.datasets.versions(written.dataset_id) == listed(store.datasets, written) == []
    assert [split.example_count for split in store.splits.page()] == [1]
    assert questions(store, other) == ["1"]
    assert put(store, named("e", "1")).dataset_id != written.dataset_id


def test_what_is_not_there(store: Storage) -> None:
    asks: list[Callable[[], object]] = [
        lambda: store.datasets.get(7),
        lambda: store.datasets.get_by_name("nobody"),
        lambda: store.datasets.update(7, "x", None, {}),
        lambda: store.datasets.delete(7),
        lambda: store.datasets.version(7, 7),
        lambda: store.datasets.add_from_spans(7, []),
        lambda: store.datasets.change(7, {}, []),
        lambda: store.splits.get(7),
        lambda: store.splits.delete(7),
        lambda: store.labels.get(7),
        lambda: store.labels.delete(7),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    assert store.datasets.page() == store.datasets.versions(7) == list(store.datasets.examples(7, 7)) == []


def test_a_write_that_fails_leaves_nothing_and_others_that_came_with_it_go_through(data: Data) -> None:
    store = data.open()
    put(store, example("1", splits=("kept",)), action="create")
    with pytest.raises(Conflict):
        put(store, example("2", splits=("never",)), action="create")
    store = data.reopen()
    assert set(store.splits.rows_of(["kept", "never"])) == {"kept"}
    assert [each.example_count for each in store.datasets.page()] == [1]


def test_uploads_at_once_lose_nothing_and_double_nothing(store: Storage) -> None:
    def append(first: int) -> ExamplesWritten:
        return put(store, *(example(str(number)) for number in range(first, first + 20)))

    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(append, [0, 10, 20, 0, 10, 20, 0, 30]))
    assert sum(each.created for each in written) == 50
    newest = max(written, key=lambda each: each.version_id)
    assert sorted(map(int, questions(store, newest))) == list(range(50))
    assert len(store.datasets.page()) == 1


# --- every old version reads exactly as it was ------------------------------------------------------------------------

_QUESTIONS = st.sampled_from(["a", "b", "c"])
_EXAMPLES = st.lists(
    st.builds(
        lambda external_id, question: (external_id, question), st.sampled_from([None, None, "x", "y"]), _QUESTIONS
    ),
    max_size=5,
    unique_by=lambda pair: pair[0] if pair[0] is not None else object(),
)
_STEPS = st.lists(st.tuples(st.sampled_from(["append", "update"]), _EXAMPLES), max_size=6)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = Data(request.param, tmp_path_factory.mktemp("datasets"))
    yield data.open()
    data.close()


_names = iter(range(10**9))


@settings(max_examples=60, deadline=None)
@given(steps=_STEPS)
def test_old_versions_never_change_and_the_newest_is_what_a_simple_reading_says(
    shared: Storage, steps: list[tuple[Action, Sequence[tuple[str | None, str]]]]
) -> None:
    name = f"d{next(_names)}"
    model = _Model()
    seen: dict[int, Sequence[StoredExample]] = {}
    for action, examples in steps:
        written = put(shared, *(example(q, external_id=x) for x, q in examples), action=action, name=name)
        model.upload(action, examples)
        now = listed(shared.datasets, written)
        assert [(each.external_id, each.text.input[6:-2]) for each in now] == model.shown()
        assert shared.datasets.get(written.dataset_id).example_count == len(now)
        for version_id, then in seen.items():
            assert listed(shared.datasets, written, version_id) == then
        assert seen.get(written.version_id, now) == now
        seen[written.version_id] = now


class _Model:
    """What a dataset holds, worked out without rows, hashes and versions."""

    def __init__(self) -> None:
        self._examples: list[list[str | None]] = []
        """[id, what it says or None: deleted], in the order in which they came first."""

    def upload(self, action: Action, examples: Sequence[tuple[str | None, str]]) -> None:
        before = list(self._examples)
        given = {x for x, _ in examples if x is not None}
        free = [each for each in before if each[0] not in given and each[1] is not None]
        sent = []
        for x, q in examples:
            if x is not None:
                found = next((each for each in before if each[0] == x), None)
            else:
                found = next((each for each in free if each[1] == q), None)
                free = [each for each in free if each is not found]
            if found is None:
                found = [x, q]
                self._examples.append(found)
            sent.append((found, q))
        if action == "update":
            for each in before:
                each[1] = None
        for each, q in sent:
            each[1] = q

    def shown(self) -> list[tuple[str | None, str]]:
        return [(x, q) for x, q in self._examples if q is not None]


# --- splits and labels ------------------------------------------------------------------------------------------------


def fields(name: str, **changes: Any) -> SplitFields:
    return SplitFields(name, None, "#000000", {})._replace(**changes)


def test_a_split_counts_the_examples_of_the_newest_version(store: Storage) -> None:
    one = put(store, example("1"), example("2"), example("3"), name="one")
    two = put(store, example("1", splits=("train",)), name="two")
    rows = [each.id for each in listed(store.datasets, one)]
    split = store.splits.create(one.dataset_id, fields("test", metadata={"k": [1]}), rows[:2])
    assert (split.fields, split.example_count) == (fields("test", metadata={"k": [1]}), 2)
    train = store.splits.rows_of(["train"])["train"]
    assert store.splits.get(train, dataset_id=one.dataset_id).example_count == 0
    changed = store.splits.update(split.id, one.dataset_id, fields("tested"), [rows[2], rows[2]], [rows[0], rows[2]])
    assert (changed.fields.name, changed.example_count) == ("tested", 1)
    assert [each.fields.name for each in store.splits.page(dataset_id=one.dataset_id)] == ["tested"]
    assert [each.fields.name for each in store.splits.page(dataset_id=two.dataset_id)] == ["train"]
    assert [each.id for each in store.splits.page()] == [split.id, train]
    assert [each.id for each in store.splits.page(from_id=train)] == [train]
    put(store, example("3"), name="one", action="update")
    assert store.splits.get(split.id).example_count == 0
    assert store.splits.page(dataset_id=one.dataset_id) == []
    with pytest.raises(Conflict):
        store.splits.create(one.dataset_id, fields("train"))
    with pytest.raises(Conflict):
        store.splits.update(split.id, one.dataset_id, fields("train"))
    store.splits.delete(train)
    assert [each.splits for each in listed(store.datasets, two)] == [()]


def test_labels_are_given_to_datasets(store: Storage) -> None:
    from rubricate_server.storage.contract import LabelFields

    one, two = store.datasets.create("one", None, {}), store.datasets.create("two", None, {})
    red = store.labels.create(LabelFields("red", None, "#ff0000"))
    blue = store.labels.create(LabelFields("blue", "cold", "#0000ff"))
    assert store.labels.page() == [blue, red]
    assert store.labels.page(from_id=red.id) == [red]
    for _ in range(2):
        store.labels.add(one.id, red.id)
    store.labels.set_of(two.id, [red.id, blue.id])
    assert store.labels.of([one.id, two.id]) == {one.id: [red], two.id: [blue, red]}
    store.labels.remove(two.id, red.id)
    with pytest.raises(NotFound):
        store.labels.set_of(two.id, [red.id, 77])
    assert store.labels.of([two.id]) == {two.id: [blue]}
    navy = store.labels.update(blue.id, LabelFields("navy", None, "#000080"))
    assert store.labels.get(blue.id) == navy
    with pytest.raises(Conflict):
        store.labels.create(LabelFields("navy", None, "#000000"))
    with pytest.raises(Conflict):
        store.labels.update(red.id, navy.fields)
    store.labels.delete(blue.id)
    assert store.labels.of([two.id]) == {two.id: []}
    store.datasets.delete(one.id)
    assert store.labels.get(red.id) == red


def test_it_is_there_after_a_restart(data: Data, tmp_path: Path) -> None:
    store = data.open()
    first = put(store, named("e", "1"))
    second = put(store, named("e", "2"))
    store = data.reopen()
    assert questions(store, second) == ["2"]
    assert questions(store, second, first.version_id) == ["1"]
