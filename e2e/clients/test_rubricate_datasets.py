"""Datasets by our own SDK against a real server: the same test for `Client` and `AsyncClient`."""

import uuid
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest

from rubricate import Client, errors
from rubricate.client.types.datasets import Dataset

from ..server import Server
from .helpers import Json, a_rag_trace, a_span, id_of, send


@pytest.fixture
def client(rubricate_client: Any) -> Any:
    return rubricate_client


@pytest.fixture
def name() -> str:
    """Of a dataset that no other test uses."""
    return f"golden / 金 {uuid.uuid4().hex[:8]}"


def shown(dataset: Dataset) -> list[tuple[Any, Any, Any]]:
    return [(each["input"], each["output"], each["metadata"]) for each in dataset]


def test_a_dataset_is_created_read_and_deleted(client: Any, name: str) -> None:
    made = client.datasets.create_dataset(
        name=name, inputs=[{"q": 1}, {"q": [2, {"deep": None}]}], outputs=[{"a": "x"}, {}], dataset_description="d"
    )

    assert shown(made) == [({"q": 1}, {"a": "x"}, {}), ({"q": [2, {"deep": None}]}, {}, {})]
    assert (made.name, made.description, made.metadata, len(made)) == (name, "d", {}, 2)
    assert made.created_at is not None
    assert made[0] == made[made[0]["id"]] == made[:1][0]
    for asked in (name, made.id, made, {"id": made.id}, {"name": name}):
        assert client.datasets.get_dataset(dataset=asked).to_dict() == made.to_dict()
    assert Dataset.from_dict(made.to_dict()).examples == made.examples
    [listed] = client.datasets.list(limit=1)
    assert (listed["name"], listed["example_count"]) == (name, 2)
    client.datasets.delete(dataset=name)
    for asked in (name, made.id):
        with pytest.raises(errors.NotFound):
            client.datasets.get_dataset(dataset=asked)


def test_a_frame_keeps_its_types(client: Any, name: str) -> None:
    frame = pd.DataFrame(
        {
            "question": ["2+2?", "?"],
            "hints": [["a", "b"], []],
            "answer": [4, 5],
            "share": [0.5, None],
            "at": pd.to_datetime(["2026-03-01", None]),
            "split": ["train", ["train", "test"]],
            "key": [1, 2],
        }
    )
    made = client.datasets.create_dataset(
        name=name,
        dataframe=frame,
        input_keys=["question", "hints"],
        output_keys=["answer"],
        metadata_keys=["share", "at"],
        split_key="split",
        example_id_key="key",
    )
    assert shown(made) == [
        ({"question": "2+2?", "hints": ["a", "b"]}, {"answer": 4}, {"share": 0.5, "at": "2026-03-01T00:00:00"}),
        ({"question": "?", "hints": []}, {"answer": 5}, {}),
    ]
    assert [each["splits"] for each in made] == [["train"], ["test", "train"]]
    back = made.to_dataframe()
    assert list(back.index) == ["1", "2"]
    assert back.loc["1", "input"] == {"question": "2+2?", "hints": ["a", "b"]}
    assert list(client.datasets.get_dataset(dataset=made, splits=["test"]).to_dataframe().index) == ["2"]


def test_a_csv_file_and_guessed_columns(client: Any, name: str, tmp_path: Path) -> None:
    file = tmp_path / "examples.csv"
    file.write_text('topic,prompt,Response,note\nsums,"2+2,\n""please""",4,\n', encoding="utf-8-sig")
    made = client.datasets.create_dataset(name=name, csv_file_path=file)
    assert shown(made) == [({"topic": "sums", "prompt": '2+2,\n"please"'}, {"Response": "4"}, {})]


def test_examples_that_were_read_and_corrected_are_sent_back(client: Any, name: str) -> None:
    first = client.datasets.create_dataset(
        name=name, examples=[{"input": {"q": 1}, "output": {"a": 1}}, {"input": {"q": 2}, "output": {}, "id": "two"}]
    )
    examples = Dataset.from_dict(first.to_dict()).examples
    examples[0]["output"] = {"a": "one"}
    second = client.datasets.create_dataset(name=name, examples=examples)
    again = client.datasets.add_examples_to_dataset(dataset=second, examples=second.examples)

    assert [each["node_id"] for each in second] == [each["node_id"] for each in first]
    assert second[0]["output"] == {"a": "one"}
    assert again.to_dict() == second.to_dict()
    versions = client.datasets.get_dataset_versions(dataset=name)
    assert [(each["created_examples"], each["updated_examples"]) for each in versions] == [(0, 1), (2, 0)]
    assert client.datasets.get_dataset(dataset=name, version_id=versions[1]["version_id"]).examples == first.examples


def test_examples_are_changed_and_deleted_by_id(client: Any, name: str) -> None:
    made = client.datasets.create_dataset(
        name=name, examples=[{"input": {"q": n}, "output": {}, "id": f"id {n}"} for n in (1, 2)]
    )
    changed = client.datasets.change_examples(
        dataset=made, update={"id 1": {"output": {"a": 1}}}, delete=[made[1]["node_id"]], description="tidied"
    )
    assert (changed["num_updated_examples"], changed["num_deleted_examples"]) == (1, 1)
    assert shown(client.datasets.get_dataset(dataset=made)) == [({"q": 1}, {"a": 1}, {})]
    assert client.datasets.get_dataset_versions(dataset=made, limit=1)[0]["description"] == "tidied"
    with pytest.raises(errors.NotFound):
        client.datasets.change_examples(dataset=made, delete=["id 2"])


def test_what_people_corrected_becomes_what_is_expected(client: Any, server: Server, project: str, name: str) -> None:
    spans: list[Json] = [
        a_span(attributes={"input.value": f"question {n}", "output.value": f"answer {n}"}) for n in range(3)
    ]
    send(server, project, spans)
    for who, text in (("ada", "older"), ("ben", "the right one")):
        client.annotations.add_span_annotation(
            span_id=id_of(spans[1]), annotation_name="correction", explanation=text, identifier=who
        )
    client.datasets.create_dataset(name=name, examples=[])
    wanted = {"dataset": name, "project_identifier": project, "filter_condition": "span_kind == 'LLM'"}

    seen = client.datasets.add_spans(**wanted, dry_run=True, preview=2)
    added = client.datasets.add_spans(**wanted, splits=[f"new {name}"], description="of the week")
    again = client.datasets.add_spans(**wanted)
    only = client.datasets.add_spans(**wanted, expected_output="correction", annotations=False, metadata={"m": "name"})

    assert (seen["matched"], len(seen["examples"])) == (3, 2)
    assert (added["added"], added["corrected"]) == (3, 1)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)
    assert again["version_id"] == added["version_id"]
    assert (only["changed"], only["left_out"][0]["count"]) == (1, 2)
    assert "nobody gave" in only["left_out"][0]["reason"]
    found = client.datasets.get_dataset(dataset=name, version_id=added["version_id"])
    assert [each["output"] for each in found] == [
        {"output": "answer 0"},
        {"output": "the right one"},
        {"output": "answer 2"},
    ]
    assert [each["identifier"] for each in found[1]["metadata"]["annotations"]["correction"]] == ["ada", "ben"]
    assert found[1]["source"]["span_id"] == id_of(spans[1])
    assert client.datasets.get_dataset(dataset=name)[1]["metadata"] == {"m": "answer"}
    assert [each["name"] for each in client.datasets.get_splits(dataset=name)] == [f"new {name}"]


def test_traces_are_added_by_their_root_spans(client: Any, server: Server, project: str, name: str) -> None:
    chain, _, model = send(server, project, a_rag_trace())
    client.datasets.create_dataset(name=name, examples=[])
    trace_id = chain["context"]["trace_id"]
    added = client.datasets.add_spans(dataset=name, project_identifier=project, trace_ids=[trace_id, "0" * 32])
    client.datasets.add_spans(
        dataset=name, project_identifier=project, span_ids=[id_of(model)], input={"kind": "span_kind", "who": "name"}
    )

    assert (added["added"], added["left_out"][0]["ids"]) == (1, ["0" * 32])
    of_trace, of_model = client.datasets.get_dataset(dataset=name)
    assert of_trace["source"]["span_id"] == id_of(chain)
    assert of_trace["metadata"]["tenant"] == "blue"
    assert of_model["input"] == {"kind": "LLM", "who": model["name"]}


def test_splits_and_labels(client: Any, name: str) -> None:
    made = client.datasets.create_dataset(name=name, inputs=[{"q": 1}, {"q": 2}])
    ids = [each["id"] for each in made]
    split = client.datasets.put_into_split(dataset=made, split=f"test {name}", example_ids=ids)
    fewer = client.datasets.put_into_split(dataset=made, split=f"test {name}", remove_example_ids=ids[:1])
    label = client.datasets.create_label(name=f"reviewed {name}", color="#00cc88")

    assert (split["example_count"], fewer["example_count"]) == (2, 1)
    assert label in client.datasets.get_labels()
    assert client.datasets.set_labels([label["name"]], dataset=made) == [label]
    assert client.datasets.get_labels(dataset=made) == [label]
    with pytest.raises(errors.InvalidInput, match="nobody's"):
        client.datasets.set_labels(["nobody's"], dataset=made)
    client.datasets.delete_split(dataset=made, split=f"test {name}")
    with pytest.raises(errors.InvalidInput, match=f"no split named test {name}"):
        client.datasets.delete_split(dataset=made, split=f"test {name}")
    assert client.datasets.get_splits(dataset=made) == []
    assert split["id"] not in [each["id"] for each in client.datasets.get_splits()]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no examples"),
        ({"inputs": [{}], "examples": [{"input": {}, "output": {}}]}, "or inputs"),
        ({"inputs": [{"q": 1}], "outputs": [{}, {}]}, "outputs has 2 items, inputs has 1"),
        ({"inputs": ["q"]}, "inputs[0] is str; it must be a dict"),
        ({"examples": [{"input": {}}]}, "examples[0] has no 'output'"),
        ({"dataframe": pd.DataFrame({"q": [1]}), "input_keys": ["x"]}, "no column x; there are q"),
        ({"dataframe": pd.DataFrame({"q": []})}, "no rows"),
        ({"dataframe": pd.DataFrame({"q": [1]}), "input_keys": ["q"], "output_keys": ["q"]}, "q is several"),
        ({"dataframe": pd.DataFrame({"q": [1]}), "split_key": "q", "split_keys": ["q"]}, "one of them"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_it_is_sent(given: Json, said: str) -> None:
    with Client(base_url="http://127.0.0.1:1") as client, pytest.raises(errors.InvalidInput) as refused:
        client.datasets.create_dataset(name="x", **given)
    assert said in str(refused.value)
