"""A rubric: what an annotation of a name may say. On the wire it is called annotation config."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from rubricate.records.base import Input, JsonObject, NonBlank, Record

OptimizationDirection = Literal["MINIMIZE", "MAXIMIZE", "NONE"]

LONGEST_GLYPH = 2


class RubricLabel(Input):
    """One label of a categorical rubric, with the score that stands for it."""

    label: str
    score: float | None = None
    glyph: Annotated[str, Field(min_length=1, max_length=LONGEST_GLYPH, pattern=r"^\S+$")] | None = None
    """One or two characters that stand for the label beside its colour. Ours; Phoenix has none."""
    description: str | None = None
    """When the label is the right one, in a sentence. Ours; Phoenix has none."""


class _RubricFields(Input):
    name: NonBlank
    description: str | None = None
    """The question that is asked, in a sentence."""
    guideline: str | None = None
    """How to answer: rules, edge cases, examples. Ours; Phoenix has none."""


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
    step: Annotated[float, Field(gt=0)] | None = None
    """Between two scores that people can choose, from the lower bound on. None: any score. Ours; Phoenix has none."""


class FreeformRubric(_RubricFields):
    """Free text, kept as the annotation's explanation; a score may go with it."""

    type: Literal["FREEFORM"]
    optimization_direction: OptimizationDirection | None = None
    threshold: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None


Rubric = Annotated[CategoricalRubric | ContinuousRubric | FreeformRubric, Field(discriminator="type")]


def rubric_body(rubric: CategoricalRubric | ContinuousRubric | FreeformRubric) -> JsonObject:
    """The rubric as JSON, without those fields of ours that are not set: Phoenix's clients see what they know."""
    body = _without_unset(rubric.model_dump(mode="json"), "guideline", "step")
    if "values" in body:
        body["values"] = [_without_unset(label, "glyph", "description") for label in body["values"]]
    return body


def _without_unset(fields: JsonObject, *optional: str) -> JsonObject:
    return {field: value for field, value in fields.items() if value is not None or field not in optional}


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


class RubricProject(Record):
    """A project that uses a rubric: it was assigned, or annotations of its name are there."""

    id: str
    name: str
    description: str | None = None
    assigned: bool
    """Whether those who annotate the project are shown the rubric."""
    annotation_count: int
    """Annotations of the rubric's name in the project."""


class RubricFigures(Record):
    """Where a rubric is used, and how much."""

    id: str
    version: int
    """The one in force: 1, 2, 3 …"""
    annotation_count: int
    """Annotations of its name, in all projects."""
    projects: list[RubricProject]


class RubricIds(Input):
    """The rubrics of a project, by id: the whole set."""

    annotation_config_ids: list[str]
