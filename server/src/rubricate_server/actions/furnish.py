"""What every store has from the start: the default project, and a rubric for the feedback of end users."""

from rubricate.records.project import DEFAULT_PROJECT
from rubricate.records.rubric import CategoricalRubric, RubricLabel, rubric_body
from rubricate_server.storage.contract import Storage
from rubricate_server.storage.errors import Conflict

USER_FEEDBACK = CategoricalRubric(
    type="CATEGORICAL",
    name="user_feedback",
    description="What end users say of an answer.",
    optimization_direction="MAXIMIZE",
    values=[RubricLabel(label="positive", score=1.0), RubricLabel(label="negative", score=0.0)],
)


def furnish(storage: Storage) -> None:
    """Make what is missing. On a store that has been furnished once, nothing: people may have deleted the rubric."""
    try:
        storage.projects.create(DEFAULT_PROJECT, None)
    except Conflict:
        return
    storage.rubrics.create(rubric_body(USER_FEEDBACK))
