"""What has a name, a description and metadata, and is patched."""

from typing import Any, Protocol

from rubricate.records.dataset import DatasetPatch
from rubricate.records.experiment import ExperimentPatch


class Described(Protocol):
    """As it is stored."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def description(self) -> str | None:
        """None: there is none."""

    @property
    def metadata(self) -> dict[str, Any]:
        """Anything."""


def patched(found: Described, patch: DatasetPatch | ExperimentPatch) -> tuple[str, str | None, dict[str, Any]]:
    """Name, description and metadata after a patch: what is not given stays, and an empty description is none."""
    return (
        found.name if patch.name is None else patch.name,
        (patch.description or None) if "description" in patch.model_fields_set else found.description,
        found.metadata if patch.metadata is None else patch.metadata,
    )
