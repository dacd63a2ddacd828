"""Datasets, their versions and examples, and their store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from rubricate.records.dataset import UploadAction
from rubricate_server.domain.example import ExampleText


class StoredDataset(NamedTuple):
    """A dataset in its newest version."""

    id: int
    name: str
    description: str | None
    metadata: dict[str, Any]
    version_id: int
    example_count: int
    created_us: int
    updated_us: int
    version_count: int


class StoredDatasetVersion(NamedTuple):
    """A version, and how it differs from the one before."""

    id: int
    dataset_id: int
    description: str | None
    metadata: dict[str, Any]
    created_examples: int
    updated_examples: int
    deleted_examples: int
    created_us: int


class NewExample(NamedTuple):
    """An example to store."""

    text: ExampleText
    external_id: str | None = None
    """What the uploader calls it."""
    span_id: bytes | None = None
    """The span it was made from, which need not be stored."""
    splits: tuple[str, ...] = ()
    """Names; splits that are not there are made."""
    row: int | None = None
    """The row that its external id may mean as well, where no example of the dataset is called so."""


class StoredExample(NamedTuple):
    """An example as it was in a version."""

    id: int
    external_id: str | None
    span_id: bytes | None
    span_row: int | None
    """The span's row, if it is stored."""
    text: ExampleText
    updated_us: int
    """When it began to say this."""
    splits: tuple[str, ...]
    """Names of the splits that it is in now, sorted."""


@dataclass(frozen=True, slots=True)
class ExampleUpload:
    """Examples for a dataset that is named, and what they are to it."""

    name: str
    action: UploadAction
    examples: Sequence[NewExample]
    description: str | None = None
    """Of the dataset, if it is made."""


class ExamplesWritten(NamedTuple):
    """What a write did."""

    dataset_id: int
    version_id: int
    """The newest version now."""
    created: int
    updated: int
    """Examples that say something else now, or came into a split."""
    deleted: int


class DatasetStore(Protocol):
    """Datasets, versions, examples. A version never changes, and all that happened between two is one step.

    Splits are beside that: an example is in a split in all versions, or in none.
    """

    def page(self, *, name: str | None = None, from_id: int | None = None, limit: int = 100) -> list[StoredDataset]:
        """Datasets, newest first; with a name, the one that has it."""

    def get(self, dataset_id: int) -> StoredDataset:
        """By row id. Raises NotFound."""

    def get_by_name(self, name: str) -> StoredDataset:
        """By name. Raises NotFound."""

    def upload(self, upload: ExampleUpload) -> ExamplesWritten:
        """Store examples; durable, all or nothing, and one new version if anything changed.

        create: makes the dataset; raises Conflict when there is one. append and update make it when there is none.
        Raises Conflict also when an example is there twice, once by its external id and once by its row.

        An example with an external id is the one in the dataset that has it; one without is any that says the same
        and is not taken yet, so that two which say the same are two. What is there and says the same stays; what has
        the id and says something else is changed; what is not there is created. update deletes what was not uploaded.
        Splits are added to those that an example is in; update puts an example that has some into no others.

        A new dataset has a version, even an empty one. Repeating append or update changes nothing.
        """

    def add_from_spans(
        self, dataset_id: int, examples: Sequence[NewExample], description: str | None = None
    ) -> ExamplesWritten:
        """Store examples made from spans; durable, idempotent, all or nothing, one new version if anything changed.

        An example is the one in the newest version that was made from the same span (the oldest, if several were);
        it is created, changed or left as in `upload`. `description` is the version's. Raises NotFound.
        """

    def create_from_spans(
        self, name: str, examples: Sequence[NewExample], description: str | None = None
    ) -> ExamplesWritten:
        """Make a dataset with one version, which has examples made from spans; durable, all or nothing.

        `description` is the version's. Raises Conflict when the name is taken.
        """

    def change(
        self,
        dataset_id: int,
        texts: Mapping[int, ExampleText],
        deleted: Sequence[int],
        description: str | None = None,
    ) -> ExamplesWritten:
        """Make a version in which examples, by row, say something else or are gone; durable, idempotent.

        What says the same already is left as it is. `description` is the version's. Raises NotFound when the newest
        version lacks one of them.
        """

    def create(self, name: str, description: str | None, metadata: dict[str, Any]) -> StoredDataset:
        """Make a dataset with an empty version; durable. Raises Conflict when its name is taken."""

    def update(self, dataset_id: int, name: str, description: str | None, metadata: dict[str, Any]) -> StoredDataset:
        """Rename or describe it; durable, idempotent. Versions stay. Raises NotFound, Conflict."""

    def delete(self, dataset_id: int) -> None:
        """Delete it with all versions, examples and experiments; durable. Splits and labels stay. Raises NotFound.

        It is gone at once, and `Maintenance` removes what it had in pieces. The projects of the experiments' traces
        go too.
        """

    def versions(self, dataset_id: int, *, from_id: int | None = None, limit: int = 100) -> list[StoredDatasetVersion]:
        """Its versions, newest first."""

    def version(self, dataset_id: int, version_id: int) -> StoredDatasetVersion:
        """One of its versions. Raises NotFound."""

    def examples(
        self,
        dataset_id: int,
        version_id: int,
        *,
        split_ids: Sequence[int] | None = None,
        from_id: int | None = None,
        limit: int | None = None,
    ) -> Iterator[list[StoredExample]]:
        """The examples of one of its versions in the order in which they came, in batches of bounded size.

        `split_ids`: only those in any of these splits. Each batch is read in one state of the store.
        """

    def example_rows(self, dataset_id: int, identifiers: Sequence[str]) -> dict[str, int]:
        """The rows of examples of any version by what the uploader called them; unknown ones are left out."""

    def are_of(self, dataset_id: int, rows: Sequence[int]) -> set[int]:
        """Those of the rows that are examples of the dataset, in any version."""

    def of_spans(self, dataset_id: int, span_ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """For those of the spans that the newest version has an example of: the hash of what it says."""
