"""A rubric: what an annotation of a name may say. On the wire it is called annotation config."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from rubricate.records.base import Input, NonBlank, Record

OptimizationDirection = Literal["MINIMIZE", "MAXIMIZE", "NONE"]


class RubricLabel(Input):
    """One label of a categorical rubric, with the score that stands for it."""

    label: str
    score: float | None = None


class _RubricFields(Input):
    name: NonBlank
    description: str | None = None


class CategoricalRubric(_RubricFields):
    """One of a fixed set of labels, each with a score if wanted."""

    type: Literal["CATEGORICAL"]
    optimization_direction: OptimizationDirection
    values: list[RubricLabel]


class ContinuousRubric(_RubricFields):
    """A score between two bounds; either may be open."""

    type: Literal["CONTINUOUS"]
    optimization_direction: OptimizationDirection
    lower_bound: float | None = None
    upper_bound: float | None = None


class FreeformRubric(_RubricFields):
    """Free text, kept as the annotation's explanation; a score may go with it."""

    type: Literal["FREEFORM"]
    optimization_direction: OptimizationDirection | None = None
    threshold: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None


Rubric = Annotated[CategoricalRubric | ContinuousRubric | FreeformRubric, Field(discriminator="type")]


class StoredCategoricalRubric(CategoricalRubric):
    """A categorical rubric as the server keeps it."""

    id: str


class StoredContinuousRubric(ContinuousRubric):
    """A continuous rubric as the server keeps it."""

    id: str


class StoredFreeformRubric(FreeformRubric):
    """A freeform rubric as the server keeps it."""

    id: str


StoredRubric = Annotated[
    StoredCategoricalRubric | StoredContinuousRubric | StoredFreeformRubric, Field(discriminator="type")
]


class RubricVersion(Record):
    """A rubric as it was from `created_at` on, until the next version."""

    number: int
    """1, 2, 3 …"""
    created_at: datetime
    config: StoredRubric


class RubricIds(Input):
    """The rubrics of a project, by id: the whole set."""

    annotation_config_ids: list[str]
