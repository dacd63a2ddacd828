"""Datasets by arize-phoenix-client, blocking and asynchronous, unchanged against a real server."""

import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from phoenix.client import AsyncClient, Client
from phoenix.client.resources.datasets import Dataset, DatasetUploadError

from ..server import Server
from .helpers import HTTP, Json, a_span, awaited, id_of, send


@pytest.fixture(params=["sync", "async"])
def datasets(request: pytest.FixtureRequest, server: Server) -> Iterator[Any]:
    with warnings.catch_warnings():
        # The client warns when it falls back to `create`, because the server does not know `update`.
        warnings.simplefilter("error", UserWarning)
        if request.param == "sync":
            with httpx.Client(base_url=server.base_url, verify=False) as http:
                yield Client(http_client=http).datasets
        else:

            def make() -> AsyncClient:
                return AsyncClient(base_url=server.base_url)

            with awaited(make, lambda made: made._client.aclose()) as blocking:
                yield blocking.datasets


@pytest.fixture
def name() -> str:
    """Of a dataset that no other test uses."""
    return f"golden / 金 {uuid.uuid4().hex[:8]}"


QUESTIONS = [{"question": "2+2?"}, {"question": "Capital of France?", "hints": ["city", {"letters": 5}]}]
ANSWERS = [{"answer": 4}, {"answer": "Paris"}]


def shown(dataset: Dataset) -> list[tuple[Any, Any, Any]]:
    return [(each["input"], each["output"], each["metadata"]) for each in dataset]


def test_a_dataset_comes_back_as_it_was_created(datasets: Any, name: str) -> None:
    made = datasets.create_dataset(
        name=name, inputs=QUESTIONS, outputs=ANSWERS, metadata=[{"n": 1}, {}], dataset_description="of the exam"
    )

    assert shown(made) == [(QUESTIONS[0], ANSWERS[0], {"n": 1}), (QUESTIONS[1], ANSWERS[1], {})]
    assert (made.name, made.description, made.metadata) == (name, "of the exam", {})
    assert made.created_at is not None
    assert made.updated_at >= made.created_at
    for asked in (name, made.id, made, {"id": made.id}, {"name": name}):
        found = datasets.get_dataset(dataset=asked)
        assert (found.id, found.version_id, found.examples) == (made.id, made.version_id, made.examples)
    frame = made.to_dataframe()
    assert list(frame["input"]) == QUESTIONS
    assert list(frame.index) == [each["id"] for each in made]
    assert Dataset.from_dict(made.to_dict()).examples == made.examples


def test_creating_it_again_makes_it_what_was_sent_now(datasets: Any, name: str) -> None:
    first = datasets.create_dataset(name=name, inputs=QUESTIONS, outputs=ANSWERS)
    second = datasets.create_dataset(name=name, inputs=[QUESTIONS[1], {"question": "new"}], outputs=[ANSWERS[1], {}])
    again = datasets.create_dataset(name=name, inputs=[QUESTIONS[1], {"question": "new"}], outputs=[ANSWERS[1], {}])

    assert [given for given, _, _ in shown(second)] == [QUESTIONS[1], {"question": "new"}]
    assert second[0]["id"] == first[1]["id"]
    assert again.version_id == second.version_id != first.version_id
    then = datasets.get_dataset(dataset=name, version_id=first.version_id)
    assert then.examples == first.examples


def test_examples_are_added_once(datasets: Any, name: str) -> None:
    made = datasets.create_dataset(name=name, inputs=QUESTIONS[:1], outputs=ANSWERS[:1])
    for asked in (name, made.id, made):
        grown = datasets.add_examples_to_dataset(dataset=asked, inputs=QUESTIONS, outputs=ANSWERS)
        assert [given for given, _, _ in shown(grown)] == QUESTIONS
    assert len(datasets.get_dataset_versions(dataset=name)) == 2


def test_examples_have_ids_splits_and_spans(datasets: Any, server: Server, project: str, name: str) -> None:
    [span] = send(server, project, [a_span()])
    train, test = f"train {name}", f"test {name}"
    examples: list[Json] = [
        {"input": {"q": 1}, "output": {"a": 1}, "splits": train, "id": "one", "span_id": id_of(span)},
        {"input": {"q": 2}, "output": {"a": 2}, "splits": [train, test], "metadata": {"m": 1}},
        {"input": {"q": 3}, "output": {}},
    ]
    made = datasets.create_dataset(name=name, examples=examples)

    assert [each["id"] for each in made] == ["one", made[1]["node_id"], made[2]["node_id"]]
    assert made[0]["source"]["span_id"] == id_of(span)
    assert made[0]["source"]["span_node_id"]
    assert made[1]["source"] is None

    def asked(*splits: str) -> list[int]:
        found = datasets.get_dataset(dataset=name, splits=splits)
        assert found._filtered_split_names == sorted(splits)
        return [each["input"]["q"] for each in found]

    assert asked(train) == [1, 2]
    assert asked(test) == [2]
    assert asked(train, test) == [1, 2]
    with pytest.raises(httpx.HTTPStatusError):
        asked("nobody's")
    changed = datasets.add_examples_to_dataset(
        dataset=name, examples={"input": {"q": 1}, "output": {"a": "one"}, "id": "one"}
    )
    assert changed[0]["output"] == {"a": "one"}
    assert changed[0]["node_id"] == made[0]["node_id"]


def test_what_was_read_may_be_sent_back(datasets: Any, name: str) -> None:
    made = datasets.create_dataset(name=name, examples=[{"input": {"q": 1}, "output": {}, "id": "x"}])
    made = datasets.add_examples_to_dataset(dataset=name, inputs=[{"q": 2}])
    again = datasets.create_dataset(name=name, examples=made.examples)
    assert (again.version_id, again.examples) == (made.version_id, made.examples)


@pytest.mark.parametrize("kind", ["frame", "file"])
def test_tables_become_examples(
    datasets: Any, server: Server, project: str, name: str, kind: str, tmp_path: Path
) -> None:
    [span] = send(server, project, [a_span()])
    frame = pd.DataFrame(
        {
            "question": ["2+2?", 'He said "hi",\nthen left'],
            "answer": ["4", "ü 🧪"],
            "topic": ["sums", None],
            "split": [f"train {name}", None],
            "span": [id_of(span), None],
            "key": ["k1", "k2"],
        }
    )
    file = tmp_path / "examples.csv"
    frame.to_csv(file, index=False)
    table = {"dataframe": frame} if kind == "frame" else {"csv_file_path": file}
    columns = {"input_keys": ["question"], "output_keys": ["answer"], "metadata_keys": ["topic"]}
    named = {"split_key": "split", "span_id_key": "span", "example_id_key": "key"}

    made = datasets.create_dataset(name=name, **table, **columns, **named)
    grown = datasets.add_examples_to_dataset(dataset=name, **table, **columns, **named)

    assert shown(made) == [
        ({"question": "2+2?"}, {"answer": "4"}, {"topic": "sums"}),
        ({"question": 'He said "hi",\nthen left'}, {"answer": "ü 🧪"}, {}),
    ]
    assert [each["id"] for each in made] == ["k1", "k2"]
    assert made[0]["source"]["span_id"] == id_of(span)
    assert len(datasets.get_dataset(dataset=name, splits=[f"train {name}"])) == 1
    assert grown.version_id == made.version_id


def test_columns_are_guessed(datasets: Any, name: str) -> None:
    frame = pd.DataFrame({"prompt": ["a"], "response": ["b"], "score": [0.5]})
    made = datasets.create_dataset(name=name, dataframe=frame)
    assert shown(made) == [({"prompt": "a"}, {"response": "b"}, {"score": "0.5"})]


@pytest.mark.filterwarnings("ignore:split_keys is deprecated")
def test_several_columns_name_splits(datasets: Any, name: str) -> None:
    frame = pd.DataFrame({"q": ["a", "b"], "one": [f"x{name}", None], "two": [f"y{name}", f"y{name}"]})
    datasets.create_dataset(name=name, dataframe=frame, input_keys=["q"], split_keys=["one", "two"])
    assert len(datasets.get_dataset(dataset=name, splits=[f"x{name}"])) == 1
    assert len(datasets.get_dataset(dataset=name, splits=[f"y{name}"])) == 2


def test_versions_are_newest_first(datasets: Any, name: str) -> None:
    made = [datasets.create_dataset(name=name, inputs=[{"q": number}]) for number in range(3)]
    versions = datasets.get_dataset_versions(dataset=name)

    assert [each["version_id"] for each in versions] == [each.version_id for each in reversed(made)]
    assert versions[0]["created_at"] >= versions[-1]["created_at"]
    assert len(datasets.get_dataset_versions(dataset=made[0], limit=2)) == 2


def test_all_datasets_are_listed(datasets: Any, server: Server, name: str) -> None:
    for number in range(105):
        HTTP.post(f"{server.base_url}/v1/datasets", json={"name": f"{name} {number}"}).raise_for_status()
    names = [each["name"] for each in datasets.list()]

    assert names[:105] == [f"{name} {number}" for number in reversed(range(105))]
    assert [each["example_count"] for each in datasets.list(limit=2)] == [0, 0]


def test_refusals_say_what_is_wrong(datasets: Any, name: str) -> None:
    with pytest.raises(ValueError, match="not found"):
        datasets.get_dataset(dataset="nobody's")
    with pytest.raises(DatasetUploadError, match="Duplicate example_id in request: 'x'"):
        datasets.create_dataset(name=name, examples=[{"input": {"q": n}, "output": {}, "id": "x"} for n in (1, 2)])
    with pytest.raises(ValueError, match="not found"):
        datasets.get_dataset(dataset=name)
