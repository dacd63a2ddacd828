"""Experiments and their tags, and their store."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class NewExperiment(NamedTuple):
    """An experiment to make."""

    dataset_id: int
    version_id: int
    name: str
    description: str | None
    metadata: dict[str, Any]
    repetitions: int
    project_name: str
    """The project to make for the traces of its tasks."""
    project_description: str
    split_ids: tuple[int, ...] = ()
    """Only examples in one of these; none: all."""
    splits: tuple[str, ...] = ()
    """The names of these."""
    created_us: int | None = None
    """When it was made; None: now."""


class StoredExperiment(NamedTuple):
    """An experiment as it is read back."""

    id: int
    dataset_id: int
    version_id: int
    name: str
    description: str | None
    metadata: dict[str, Any]
    repetitions: int
    project_name: str | None
    """None when the project was deleted."""
    splits: tuple[str, ...]
    """Names of the splits that it was made of; empty: all examples."""
    tags: tuple[str, ...]
    """By name."""
    example_count: int
    succeeded: int
    """Runs without an error."""
    failed: int
    missing: int
    """Of the runs that the repetitions ask for, those that are not there."""
    created_us: int
    updated_us: int


class StoredTag(NamedTuple):
    """A tag of an experiment."""

    id: int
    experiment_id: int
    name: str
    description: str | None


class ExperimentStore(Protocol):
    """Experiments. One keeps reading as it was made, whatever becomes of its dataset, until that is deleted."""

    def page(self, dataset_id: int, *, from_id: int | None = None, limit: int = 50) -> list[StoredExperiment]:
        """Experiments of a dataset, newest first."""

    def get(self, experiment_id: int) -> StoredExperiment:
        """By row id. Raises NotFound."""

    def create(self, new: NewExperiment) -> StoredExperiment:
        """Make one with its project, which `ProjectStore.page` leaves out; durable, all or nothing.

        The examples are those of the version that are in one of the splits now. Raises NotFound when the dataset or
        the version is gone, Conflict when the project's name is taken.
        """

    def update(
        self, experiment_id: int, name: str, description: str | None, metadata: dict[str, Any]
    ) -> StoredExperiment:
        """Rename or describe it; durable, idempotent. Raises NotFound."""

    def delete(self, experiment_id: int, *, with_project: bool) -> None:
        """Delete it with its runs, evaluations and tags; durable. Raises NotFound.

        It is out of every answer at once; its rows are removed by `Maintenance.step` in bounded transactions. The
        project of its traces goes as well if `with_project`; otherwise it stays, and is listed like any other.
        """

    def tags(self, experiment_id: int) -> list[StoredTag]:
        """Its tags, by name."""

    def set_tag(self, experiment_id: int, name: str, description: str | None) -> StoredTag:
        """Give it a tag, which the experiment of the same dataset that has it loses; durable, idempotent.

        Raises NotFound.
        """

    def remove_tags(self, experiment_id: int, tag_ids: Sequence[int]) -> None:
        """Take tags away; durable, idempotent."""
