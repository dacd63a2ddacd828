"""A dataset as it was in one version, with its examples."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, overload

from rubricate.errors import InvalidInput
from rubricate.records.base import JsonObject

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs


class Dataset:
    """The examples of one version, and what the dataset is called.

    An example is a dict of `id` (what its uploader calls it, else the same as `node_id`), `node_id`, `input`, `output`,
    `metadata`, `updated_at`, `source` (`{"span_id", "span_node_id"}`, or None) and `splits`. Go through them, count
    them, or take one by its place or its id:

        >>> dataset = client.datasets.get_dataset(dataset="golden")
        >>> len(dataset), dataset[0]["input"], dataset["refund"]["output"]
        (2, {'question': 'How long is the warranty?'}, {'answer': 'Yes, within 30 days.'})
    """

    def __init__(self, info: JsonObject, examples: JsonObject) -> None:
        self._info = info
        self._examples = examples

    @property
    def id(self) -> str:
        """The id that the server gave it."""
        return str(self._info["id"])

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self._info["name"])

    @property
    def description(self) -> str | None:
        """What it is for, if somebody said so."""
        return self._info.get("description")

    @property
    def metadata(self) -> JsonObject:
        """What is known of the whole dataset."""
        return dict(self._info.get("metadata") or {})

    @property
    def version_id(self) -> str:
        """The version that the examples are of."""
        return str(self._examples["version_id"])

    @property
    def examples(self) -> list[JsonObject]:
        """The examples, in the order in which they came."""
        return list(self._examples["examples"])

    @property
    def split_names(self) -> list[str]:
        """The splits that were asked for; empty: these are all examples."""
        return list(self._examples.get("filtered_splits") or ())

    @property
    def example_count(self) -> int:
        """How many examples these are."""
        return len(self._examples["examples"])

    @property
    def created_at(self) -> datetime | None:
        """When the dataset was made, with its zone (UTC)."""
        return _moment(self._info.get("created_at"))

    @property
    def updated_at(self) -> datetime | None:
        """When its newest version was made, with its zone (UTC)."""
        return _moment(self._info.get("updated_at"))

    def to_dataframe(self) -> "pd.DataFrame":
        """One row an example: `input`, `output` and `metadata` as dicts; the index is `example_id`.

        Raises `MissingExtra` without pandas.

            >>> dataset = client.datasets.get_dataset(dataset="golden")
            >>> dataset.to_dataframe()["input"].map(lambda given: given["question"]).to_dict()
            {'warranty': 'How long is the warranty?', 'refund': 'Can I get a refund?'}
        """
        from rubricate.client import frame

        pandas = frame.pandas()
        columns = ("input", "output", "metadata")
        index = pandas.Index([example["id"] for example in self.examples], name="example_id", dtype=object)
        return pandas.DataFrame(
            {name: frame.objects([deepcopy(example[name]) for example in self.examples], index) for name in columns},
            index=index,
            columns=list(columns),
        )

    def to_dict(self) -> JsonObject:
        """All of it as JSON can hold it; `from_dict` is the way back.

        A dict of `id`, `name`, `description`, `metadata`, `created_at`, `updated_at` (ISO 8601), `example_count`,
        `version_id`, `examples` and, where splits were asked for, `filtered_splits`.

            >>> import json
            >>> dataset = client.datasets.get_dataset(dataset="golden")
            >>> text = json.dumps(dataset.to_dict())
        """
        kept: JsonObject = {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "metadata": self.metadata,
            "created_at": self._info.get("created_at"),
            "updated_at": self._info.get("updated_at"),
            "example_count": self.example_count,
            "version_id": self.version_id,
            "examples": self.examples,
        }
        if self.split_names:
            kept["filtered_splits"] = self.split_names
        return deepcopy(kept)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """A dataset from what `to_dict` made. Raises `InvalidInput` if it lacks something.

        >>> kept = client.datasets.get_dataset(dataset="golden").to_dict()
        >>> Dataset.from_dict(kept)
        Dataset(id='...', name='golden', version_id='...', examples=2)
        """
        missing = [name for name in ("id", "name", "version_id", "examples") if name not in kept]
        if missing:
            raise InvalidInput(f"This is no dataset that was kept: it lacks {', '.join(missing)}.")
        own = deepcopy(dict(kept))
        return cls(own, own)

    def __len__(self) -> int:
        return self.example_count

    def __iter__(self) -> Iterator[JsonObject]:
        return iter(self.examples)

    @overload
    def __getitem__(self, place: int | str) -> JsonObject: ...
    @overload
    def __getitem__(self, place: slice) -> list[JsonObject]: ...
    def __getitem__(self, place: int | str | slice) -> JsonObject | list[JsonObject]:
        if not isinstance(place, str):
            found: JsonObject | list[JsonObject] = self.examples[place]
            return found
        for example in self.examples:
            if place in (example["id"], example["node_id"]):
                return example
        raise KeyError(place)

    def __repr__(self) -> str:
        return f"Dataset(id={self.id!r}, name={self.name!r}, version_id={self.version_id!r}, examples={len(self)})"


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
