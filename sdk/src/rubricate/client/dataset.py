"""Datasets: examples of what goes in and what should come out, in versions."""

import builtins
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rubricate import environment
from rubricate.client.calls import TIMEOUT_S, M, Request, Resource, Steps, call, data, instant, pages, path
from rubricate.client.dataset_upload import Columns, body_of
from rubricate.client.project import is_id
from rubricate.client.target import checked, given
from rubricate.client.types.datasets import Dataset
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.base import JsonObject
from rubricate.records.dataset import DatasetExampleChanges, ExamplesFromItems, ExpectedOutput

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

DatasetIdentifier = str | Dataset | Mapping[str, Any]
"""A dataset's name or id, a `Dataset`, or a dict with `id` or `name`."""

Examples = Mapping[str, Any] | Iterable[Mapping[str, Any]]
LARGEST_PAGE = 1000


class Datasets(Resource[M]):
    """Datasets, as `client.datasets`.

    Where a dataset is asked for, give its name or id, a `Dataset`, or a dict with `id` or `name`. A dataset in a list
    is a dict of `id`, `name`, `description`, `metadata`, `created_at`, `updated_at` and `example_count`. Whatever
    changes examples makes a version; old versions never change.

    Raises `NotFound` where there is no such dataset.
    """

    @call
    def list(self, *, limit: int | None = None, timeout: float | None = TIMEOUT_S) -> Steps[builtins.list[JsonObject]]:
        """All datasets, or the newest `limit` of them, newest first. `timeout` is in seconds a page.

        >>> {dataset["name"]: dataset["example_count"] for dataset in client.datasets.list()}
        {'golden': 2}
        """
        return (yield from pages(Request("GET", "v1/datasets", timeout_s=timeout), limit=limit))

    @call
    def get_dataset(
        self,
        *,
        dataset: DatasetIdentifier,
        version_id: str | None = None,
        splits: Sequence[str] | None = None,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[Dataset]:
        """A dataset with the examples of its newest version, or of another one.

        `version_id` is one of `get_dataset_versions`. `splits`: only examples that are in any of these. `timeout` is in
        seconds a request. Raises `NotFound` also for an unknown version or split.

            >>> dataset = client.datasets.get_dataset(dataset="golden", splits=["test"])
            >>> [example["input"] for example in dataset]
            [{'question': 'Can I get a refund?'}]
        """
        dataset_id = yield from _id_of(dataset, timeout)
        return (yield from _read(dataset_id, version_id, splits, timeout))

    @call
    def get_dataset_versions(
        self, *, dataset: DatasetIdentifier, limit: int | None = 100, timeout: float | None = TIMEOUT_S
    ) -> Steps[builtins.list[JsonObject]]:
        """The versions of a dataset, newest first; all of them with `limit=None`.

        Each is a dict of `version_id`, `description`, `metadata` and `created_at` (a datetime), and, which Phoenix does
        not tell, `created_examples`, `updated_examples` and `deleted_examples`.

            >>> [first] = client.datasets.get_dataset_versions(dataset="golden")
            >>> first["created_examples"]
            2
            >>> as_it_was = client.datasets.get_dataset(dataset="golden", version_id=first["version_id"])
        """
        dataset_id = yield from _id_of(dataset, timeout)
        request = Request("GET", path("v1/datasets", dataset_id, "/versions"), timeout_s=timeout)
        versions = yield from pages(request, limit=limit)
        return [{**version, "created_at": datetime.fromisoformat(version["created_at"])} for version in versions]

    @call
    def create_dataset(
        self,
        *,
        name: str,
        examples: Examples | None = None,
        dataframe: "pd.DataFrame | None" = None,
        csv_file_path: str | Path | None = None,
        input_keys: Iterable[str] = (),
        output_keys: Iterable[str] = (),
        metadata_keys: Iterable[str] = (),
        split_keys: Iterable[str] = (),
        split_key: str | None = None,
        span_id_key: str | None = None,
        example_id_key: str | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        outputs: Iterable[Mapping[str, Any]] = (),
        metadata: Iterable[Mapping[str, Any]] = (),
        dataset_description: str | None = None,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[Dataset]:
        """Make a dataset, or make the examples of the one of that name exactly these; the answer has them.

        Give one of:

        - `examples`: dicts of `input` and `output` (dicts) and, if wanted, `metadata`, `splits` (a name or several),
          `span_id` (of the span it was made from) and `id` (what you call it).
        - `dataframe` or `csv_file_path`: each row an example. `input_keys`, `output_keys` and `metadata_keys` name the
          columns; without them, the first column called like an answer, a response or an output is the output, those
          before it are the input, those after it metadata. `split_key` is a column of split names (`split_keys`,
          several), `span_id_key` and `example_id_key` columns of ids. Empty cells are left out. Numbers of a frame stay
          numbers; in a CSV file all is text.
        - `inputs`, with `outputs` and `metadata` of the same length if there are any.

        An example with an id is the one that has it, and is changed if it says something else; one without is any that
        says the same. So doing it again changes nothing and makes no version. `dataset_description` says what it is
        for; `timeout` is in seconds a request.

        Raises `InvalidInput` before sending, `MissingExtra` for a frame without pandas, `InvalidRequest`.

            >>> client.datasets.create_dataset(
            ...     name="arithmetic", inputs=[{"question": "2 + 2?"}], outputs=[{"answer": "4"}]
            ... )
            Dataset(id='...', name='arithmetic', version_id='...', examples=1)
        """
        columns = Columns.of(input_keys, output_keys, metadata_keys, split_keys, split_key, span_id_key, example_id_key)
        body = body_of(examples, dataframe, csv_file_path, columns, inputs, outputs, metadata)
        about = {"name": name, "action": "update", "description": dataset_description}
        return (yield from _uploaded({**about, **body}, timeout))

    @call
    def add_examples_to_dataset(
        self,
        *,
        dataset: DatasetIdentifier,
        examples: Examples | None = None,
        dataframe: "pd.DataFrame | None" = None,
        csv_file_path: str | Path | None = None,
        input_keys: Iterable[str] = (),
        output_keys: Iterable[str] = (),
        metadata_keys: Iterable[str] = (),
        split_keys: Iterable[str] = (),
        split_key: str | None = None,
        span_id_key: str | None = None,
        example_id_key: str | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        outputs: Iterable[Mapping[str, Any]] = (),
        metadata: Iterable[Mapping[str, Any]] = (),
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[Dataset]:
        """Add the examples that a dataset lacks; all else as for `create_dataset`. The answer has all examples.

        A name that no dataset has makes one.

            >>> abroad = {"id": "abroad", "input": {"question": "Do you ship abroad?"}, "output": {"answer": "Yes."}}
            >>> client.datasets.add_examples_to_dataset(dataset="golden", examples=abroad).example_count
            3
        """
        columns = Columns.of(input_keys, output_keys, metadata_keys, split_keys, split_key, span_id_key, example_id_key)
        body = body_of(examples, dataframe, csv_file_path, columns, inputs, outputs, metadata)
        name = yield from _name_of(dataset, timeout)
        return (yield from _uploaded({"name": name, "action": "append", **body}, timeout))

    @call
    def add_spans(
        self,
        *,
        dataset: DatasetIdentifier,
        span_ids: Sequence[str] | None = None,
        trace_ids: Sequence[str] | None = None,
        session_ids: Sequence[str] | None = None,
        project_identifier: str | None = None,
        target_kind: Literal["span", "trace", "session"] | None = None,
        filter_condition: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        root_spans_only: bool = False,
        input: Mapping[str, str] | None = None,
        output: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        expected_output: ExpectedOutput = "correction_or_output",
        annotations: bool = True,
        splits: Sequence[str] = (),
        description: str | None = None,
        dry_run: bool = False,
        preview: int = 3,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[JsonObject]:
        """Make examples from spans of a project, or from the root spans of traces. Phoenix's client cannot.

        Which: `span_ids`, `trace_ids` or `session_ids`, or all that fit `filter_condition` (of the language of
        `target_kind`) and the times; the server looks for them. Of a session, each trace becomes an example.
        `project_identifier` is a name or id, default the environment's.

        What: `input`, `output` and `metadata` say which field takes which attribute (`{"question": "input.value"}`);
        left out, the kind of the span decides: messages of an LLM, documents of a retriever, else its input and output.
        `expected_output` says what should come out: the corrected answer when a person gave one, else what the span put
        out ("correction_or_output"); only spans with a corrected answer ("correction"); "output"; or "none".
        `annotations`: whether the metadata tell what was annotated, and by whom.

        `start_time` (inclusive) and `end_time` (exclusive) bound when spans and traces started; without a zone they are
        local time. The examples are put into `splits`, made where there are none of that name. `description` is that of
        the new version.

        A span makes one example, however often it is added; it is changed when it says something else by now. The
        answer is a dict of the fields of `rubricate.records.dataset.ExamplesFromItemsResult`: `added`, `changed`,
        `unchanged`, `corrected`, `left_out` (`[{"reason", "count", "ids"}]`), `matched`, `version_id` … With `dry_run`
        nothing is written, and `examples` has the first `preview` as they would be.

            >>> result = client.datasets.add_spans(
            ...     dataset="golden",
            ...     project_identifier="my-app",
            ...     filter_condition="annotations['correctness'].label == 'correct'",
            ...     expected_output="output",
            ...     metadata={"model": "llm.model_name"},
            ... )
            >>> result["matched"], result["added"], result["left_out"]
            (2, 2, [])
        """
        named = {"span": span_ids, "trace": trace_ids, "session": session_ids}
        given_kinds = [kind for kind, each in named.items() if each is not None]
        if len(given_kinds) > 1:
            raise InvalidInput("Give span_ids, trace_ids or session_ids, not several of them.")
        kind = given_kinds[0] if given_kinds else (target_kind or "span")
        if target_kind not in (None, kind):
            raise InvalidInput(f"target_kind is {target_kind!r}, and the ids are those of {kind}s.")
        ids = named[kind] if given_kinds else None
        wanted = checked(
            ExamplesFromItems,
            given(
                project=project_identifier or environment.project_name(),
                target_kind=kind,
                ids=None if ids is None else [*ids],
                filter=filter_condition,
                start_time=instant(start_time),
                end_time=instant(end_time),
                roots_only=root_spans_only,
                mapping=given(
                    input=input,
                    output=output,
                    metadata=metadata,
                    expected_output=expected_output,
                    annotations=annotations,
                ),
                splits=[*splits],
                description=description,
                dry_run=dry_run,
                preview=preview,
            ),
            "add_spans",
        )
        dataset_id = yield from _id_of(dataset, timeout)
        response = yield Request(
            "POST",
            path("v1/datasets", dataset_id, "/examples/from_items"),
            json=wanted.model_dump(mode="json"),
            timeout_s=timeout,
        )
        result: JsonObject = data(response)
        return result

    @call
    def change_examples(
        self,
        *,
        dataset: DatasetIdentifier,
        update: Mapping[str, Mapping[str, Any]] | None = None,
        delete: Sequence[str] = (),
        description: str | None = None,
    ) -> Steps[JsonObject]:
        """Change some examples and delete others in one new version; older versions keep what they had.

        `update` says by id what is new: `{"first": {"output": {"answer": "5"}}}`; fields that are not given stay.
        `description` is that of the new version. The answer is a dict of `version_id`, `num_updated_examples`,
        `num_deleted_examples` … Phoenix's client cannot.

        Raises `NotFound` when the newest version lacks one of them; nothing is changed then.

            >>> result = client.datasets.change_examples(
            ...     dataset="golden", update={"warranty": {"output": {"answer": "3 years."}}}, delete=["refund"]
            ... )
            >>> result["num_updated_examples"], result["num_deleted_examples"]
            (1, 1)
        """
        changes = checked(
            DatasetExampleChanges,
            {
                "update": [{**change, "id": example_id} for example_id, change in (update or {}).items()],
                "delete": [*delete],
                "description": description,
            },
            "change_examples",
        )
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        url = path("v1/datasets", dataset_id, "/examples")
        response = yield Request("PATCH", url, json=changes.model_dump(mode="json", exclude_none=True))
        result: JsonObject = data(response)
        return result

    @call
    def delete(self, *, dataset: DatasetIdentifier) -> Steps[None]:
        """Delete a dataset with all its versions and examples. Splits and labels stay.

        >>> client.datasets.delete(dataset="golden")
        """
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        try:
            yield Request("DELETE", path("v1/datasets", dataset_id))
        except NotFound as error:
            if not error.maybe_applied:
                raise

    # --- splits -------------------------------------------------------------------------------------------------------

    @call
    def get_splits(self, *, dataset: DatasetIdentifier | None = None) -> Steps[builtins.list[JsonObject]]:
        """The splits that examples of a dataset are in, or all of the server, newest first.

        A split is a dict of `id`, `name`, `description`, `color`, `metadata`, `example_count`, `created_at` and
        `updated_at`. Its name is unique on the server.

            >>> {split["name"]: split["example_count"] for split in client.datasets.get_splits(dataset="golden")}
            {'test': 1}
        """
        if dataset is None:
            return (yield from pages(Request("GET", "v1/dataset_splits"), page_size=LARGEST_PAGE))
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        url = path("v1/datasets", dataset_id, "/splits")
        return (yield from pages(Request("GET", url), page_size=LARGEST_PAGE))

    @call
    def put_into_split(
        self,
        *,
        dataset: DatasetIdentifier,
        split: str,
        example_ids: Sequence[str] = (),
        remove_example_ids: Sequence[str] = (),
    ) -> Steps[JsonObject]:
        """Put examples into a split, given by name, and take others out; the answer is the split.

        It is made if there is none of that name. Splits have no versions: an example is in a split in all versions.

            >>> hard = client.datasets.put_into_split(dataset="golden", split="hard", example_ids=["warranty"])
            >>> hard["example_count"]
            1
        """
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        url = path("v1/datasets", dataset_id, "/splits")
        there = yield from pages(Request("GET", "v1/dataset_splits"), page_size=LARGEST_PAGE)
        found = next((each for each in there if each["name"] == split), None)
        if found is None:
            response = yield Request("POST", url, json={"name": split}, repeatable=False)
            found = data(response)
        changes = {"add_example_ids": [*example_ids], "remove_example_ids": [*remove_example_ids]}
        response = yield Request("PATCH", path(url, found["id"]), json=changes)
        changed: JsonObject = data(response)
        return changed

    @call
    def delete_split(self, *, dataset: DatasetIdentifier, split: str) -> Steps[None]:
        """Delete a split, given by name, from all datasets; the examples stay.

        Raises `InvalidInput` for a name that no split has.

            >>> client.datasets.delete_split(dataset="golden", split="test")
        """
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        request = Request("GET", "v1/dataset_splits")
        there = yield from pages(request, page_size=LARGEST_PAGE)
        split_id = next((each["id"] for each in there if split in (each["name"], each["id"])), None)
        if split_id is None:
            raise InvalidInput(f"There is no split named {split}.")
        yield Request("DELETE", path("v1/datasets", dataset_id, "/splits", split_id))

    # --- labels -------------------------------------------------------------------------------------------------------

    @call
    def get_labels(self, *, dataset: DatasetIdentifier | None = None) -> Steps[builtins.list[JsonObject]]:
        """The labels of a dataset, or all there are. A label is a dict of `id`, `name`, `color` and `description`.

        >>> [label["name"] for label in client.datasets.get_labels(dataset="golden")]
        ['reviewed']
        """
        if dataset is None:
            return (yield from pages(Request("GET", "v1/dataset_labels"), page_size=LARGEST_PAGE))
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        response = yield Request("GET", path("v1/datasets", dataset_id, "/labels"))
        labels: builtins.list[JsonObject] = data(response)
        return labels

    @call
    def create_label(self, *, name: str, color: str, description: str | None = None) -> Steps[JsonObject]:
        """Make a label; `color` is six hexadecimal digits such as `#00cc88`. Raises `Conflict` if the name is taken.

        >>> client.datasets.create_label(name="draft", color="#cc8800")
        {'id': '...', 'name': 'draft', 'description': None, 'color': '#cc8800'}
        """
        content = {"name": name, "color": color, "description": description}
        response = yield Request("POST", "v1/dataset_labels", json=content, repeatable=False)
        label: JsonObject = data(response)
        return label

    @call
    def set_labels(self, names: Sequence[str], *, dataset: DatasetIdentifier) -> Steps[builtins.list[JsonObject]]:
        """Make these, by name, the dataset's labels and no others; the answer is the labels.

        Raises `InvalidInput` for a name that no label has.

            >>> label = client.datasets.create_label(name="in use", color="#0088cc")
            >>> [label["name"] for label in client.datasets.set_labels(["in use"], dataset="golden")]
            ['in use']
        """
        there = yield from pages(Request("GET", "v1/dataset_labels"), page_size=LARGEST_PAGE)
        ids = {label["name"]: label["id"] for label in there}
        unknown = [name for name in names if name not in ids]
        if unknown:
            raise InvalidInput(f"There is no label named {', '.join(unknown)}; create_label makes one.")
        dataset_id = yield from _id_of(dataset, TIMEOUT_S)
        url = path("v1/datasets", dataset_id, "/labels")
        response = yield Request("PUT", url, json={"dataset_label_ids": [ids[name] for name in names]})
        labels: builtins.list[JsonObject] = data(response)
        return labels


def _id_of(dataset: DatasetIdentifier, timeout: float | None) -> Steps[str]:
    if isinstance(dataset, Dataset):
        return dataset.id
    if isinstance(dataset, Mapping):
        if dataset.get("id"):
            return str(dataset["id"])
        dataset = str(dataset.get("name") or "")
    if not dataset:
        raise InvalidInput("Which dataset? Give its name or id, a Dataset, or a dict with id or name.")
    if is_id(dataset, "Dataset"):
        return dataset
    # Not in the path: a name may have a slash in it.
    response = yield Request("GET", "v1/datasets", {"name": dataset}, timeout_s=timeout)
    found = data(response)
    if not found:
        raise NotFound(response, detail=f"there is no dataset named {dataset!r}")
    return str(found[0]["id"])


def _name_of(dataset: DatasetIdentifier, timeout: float | None) -> Steps[str]:
    if isinstance(dataset, Dataset):
        return dataset.name
    if isinstance(dataset, Mapping) and dataset.get("name"):
        return str(dataset["name"])
    if isinstance(dataset, str) and dataset and not is_id(dataset, "Dataset"):
        return dataset
    dataset_id = yield from _id_of(dataset, timeout)
    response = yield Request("GET", path("v1/datasets", dataset_id), timeout_s=timeout)
    return str(data(response)["name"])


def _read(
    dataset_id: str, version_id: str | None, splits: Sequence[str] | None, timeout: float | None
) -> Steps[Dataset]:
    response = yield Request("GET", path("v1/datasets", dataset_id), timeout_s=timeout)
    info: JsonObject = data(response)
    params = given(version_id=version_id, split=[*splits] if splits else None)
    response = yield Request("GET", path("v1/datasets", dataset_id, "/examples"), params, timeout_s=timeout)
    return Dataset(info, data(response))


def with_examples(dataset: DatasetIdentifier, timeout: float | None) -> Steps[Dataset]:
    """A dataset as it was given, or else in its newest version."""
    if isinstance(dataset, Dataset):
        return dataset
    dataset_id = yield from _id_of(dataset, timeout)
    return (yield from _read(dataset_id, None, None, timeout))


def _uploaded(body: JsonObject, timeout: float | None) -> Steps[Dataset]:
    response = yield Request("POST", "v1/datasets/upload", {"sync": "true"}, json=body, timeout_s=timeout)
    written = data(response)
    return (yield from _read(written["dataset_id"], written["version_id"], None, timeout))
