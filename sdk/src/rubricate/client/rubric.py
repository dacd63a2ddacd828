"""Rubrics: what an annotation of a name may say. On the wire they are called annotation configs."""

import builtins
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from rubricate.client.calls import M, Request, Resource, Steps, call, data, pages, path
from rubricate.client.project import is_id
from rubricate.client.target import explained
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.base import JsonObject
from rubricate.records.rubric import OptimizationDirection, Rubric

RubricType = Literal["CATEGORICAL", "CONTINUOUS", "FREEFORM"]
Labels = Mapping[str, float | None] | Sequence[str | Mapping[str, Any]]


class Rubrics(Resource[M]):
    """Rubrics, as `client.rubrics` and, by its name on the wire, `client.annotation_configs`.

    A rubric is a dict of `id`, `name`, `type`, `description`, `optimization_direction` and, by type, `values`
    (`[{"label", "score"}]`) or `lower_bound` and `upper_bound`; where they are set, also of `guideline`, of `step`, and
    of `glyph` and `description` of a label, which Phoenix does not have. It guides people who annotate; annotations
    that come in over the API are not held to it. Where a rubric is asked for, give its name or its id.
    """

    @call
    def get(self, identifier: str) -> Steps[JsonObject]:
        """One rubric, by name or id, as a dict of `id`, `name`, `type` and what its type has. Raises `NotFound`.

        >>> client.rubrics.get("correctness")["values"]
        [{'label': 'correct', 'score': 1.0}, {'label': 'wrong', 'score': 0.0}]
        """
        return (yield from _get(identifier))

    @call
    def list(self) -> Steps[builtins.list[JsonObject]]:
        """All rubrics, newest first, whichever projects they are shown in; each is a dict as `get` answers it.

        >>> [(rubric["name"], rubric["type"]) for rubric in client.rubrics.list()]
        [('correctness', 'CATEGORICAL')]
        """
        return (yield from pages(Request("GET", "v1/annotation_configs")))

    @call
    def create(
        self,
        *,
        name: str,
        type: RubricType,
        description: str | None = None,
        guideline: str | None = None,
        optimization_direction: OptimizationDirection = "NONE",
        values: Labels | None = None,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        step: float | None = None,
        threshold: float | None = None,
    ) -> Steps[JsonObject]:
        """Make a rubric; the answer is the rubric with its `id`.

        `CATEGORICAL` needs `values`: labels, or labels with the scores that stand for them, or dicts of `label` and, if
        wanted, `score`, `glyph` (one or two characters) and `description`. `CONTINUOUS` is a score, between the bounds
        if given, and every `step` from the lower one on. `FREEFORM` is text; for it, a `threshold` is kept as it was
        sent. `optimization_direction` says whether a high score is good ("MAXIMIZE"), a low one ("MINIMIZE"), or
        neither ("NONE"). `description` is the question in a sentence; `guideline` says how to answer it.

        Raises `InvalidInput` before sending; `Conflict` if there is one of that name.

            >>> tone = client.rubrics.create(
            ...     name="tone",
            ...     type="CATEGORICAL",
            ...     values={"friendly": 1, "cold": 0},
            ...     optimization_direction="MAXIMIZE",
            ...     description="Would you like to be answered like this?",
            ... )
            >>> client.rubrics.assign("tone", project_identifier="my-app")
        """
        wire = _wire(
            {
                "name": name,
                "type": type,
                "description": description,
                "guideline": guideline,
                "optimization_direction": optimization_direction,
                "values": _labels(values),
                "lower_bound": lower_bound,
                "upper_bound": upper_bound,
                "step": step,
                "threshold": threshold,
            }
        )
        response = yield Request("POST", "v1/annotation_configs", json=wire, repeatable=False)
        rubric: JsonObject = data(response)
        return rubric

    @call
    def update(
        self,
        identifier: str,
        *,
        name: str | None = None,
        type: RubricType | None = None,
        description: str | None = None,
        guideline: str | None = None,
        optimization_direction: OptimizationDirection | None = None,
        values: Labels | None = None,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        step: float | None = None,
        threshold: float | None = None,
    ) -> Steps[JsonObject]:
        """Change a rubric, given by name or id; what is not given stays. The answer is the rubric as it is now.

        Raises `NotFound`, `Conflict` if the new name is taken, and `InvalidInput`.

            >>> rubric = client.rubrics.update("correctness", values={"correct": 1, "partly": 0.5, "wrong": 0})
            >>> [value["label"] for value in rubric["values"]]
            ['correct', 'partly', 'wrong']
        """
        changes = {
            "name": name,
            "type": type,
            "description": description,
            "guideline": guideline,
            "optimization_direction": optimization_direction,
            "values": _labels(values),
            "lower_bound": lower_bound,
            "upper_bound": upper_bound,
            "step": step,
            "threshold": threshold,
        }
        now = yield from _get(identifier)
        wire = _wire({**now, **{field: value for field, value in changes.items() if value is not None}})
        response = yield Request("PUT", path("v1/annotation_configs", now["id"]), json=wire)
        rubric: JsonObject = data(response)
        return rubric

    @call
    def delete(self, identifier: str) -> Steps[None]:
        """Delete a rubric, given by name or id; annotations of its name stay. Raises `NotFound`.

        >>> client.rubrics.delete("correctness")
        """
        rubric_id = yield from _id(identifier)
        try:
            yield Request("DELETE", path("v1/annotation_configs", rubric_id))
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def restore(self, rubric_id: str) -> Steps[JsonObject]:
        """Bring a deleted rubric back, with its versions; the answer is the rubric. It belongs to no project then.

        Raises `NotFound`, and `Conflict` if another one has its name by now. Phoenix cannot.

            >>> rubric_id = client.rubrics.get("correctness")["id"]
            >>> client.rubrics.delete(rubric_id)
            >>> client.rubrics.restore(rubric_id)["name"]
            'correctness'
        """
        response = yield Request("POST", path("v1/annotation_configs", rubric_id, "/restore"))
        rubric: JsonObject = data(response)
        return rubric

    @call
    def versions(self, identifier: str) -> Steps[builtins.list[JsonObject]]:
        """Every version of a rubric, by name or id, oldest first; by id also when it is deleted by now.

        Each is a dict of `number` (1, 2, 3 …), `created_at` and `config`, the rubric as it was until the next one. An
        annotation says in `rubric_version` under which it was given.

        Raises `NotFound`. Phoenix keeps no versions.

            >>> rubric = client.rubrics.update("correctness", values=["correct", "wrong", "unclear"])
            >>> [(each["number"], len(each["config"]["values"])) for each in client.rubrics.versions("correctness")]
            [(1, 2), (2, 3)]
        """
        response = yield Request("GET", path("v1/annotation_configs", identifier, "/versions"))
        versions: builtins.list[JsonObject] = data(response)
        return versions

    @call
    def projects(self, identifier: str) -> Steps[builtins.list[JsonObject]]:
        """The projects that use a rubric, given by name or id: it was assigned, or annotations of its name are there.

        Each is a dict of `id`, `name`, `description`, `assigned` (bool) and `annotation_count`. Raises `NotFound`.
        Phoenix does not tell.

            >>> [
            ...     (project["name"], project["assigned"], project["annotation_count"])
            ...     for project in client.rubrics.projects("correctness")
            ... ]
            [('my-app', True, 5)]
        """
        return (yield from pages(Request("GET", path("v1/annotation_configs", identifier, "/projects"))))

    @call
    def of_project(self, project_identifier: str) -> Steps[builtins.list[JsonObject]]:
        """The rubrics that people annotating this project are shown, newest first; it is given by name or id.

        Raises `NotFound` if there is no such project.

            >>> [rubric["name"] for rubric in client.rubrics.of_project("my-app")]
            ['correctness']
        """
        return (yield from pages(Request("GET", path("v1/projects", project_identifier, "/annotation_configs"))))

    @call
    def assign(self, identifier: str, *, project_identifier: str) -> Steps[None]:
        """Show a rubric to those who annotate this project; harmless if it is shown already.

        Raises `NotFound` if there is no such rubric or project.

            >>> client.rubrics.assign("correctness", project_identifier="my-app")
        """
        rubric_id = yield from _id(identifier)
        yield Request("PUT", path("v1/projects", project_identifier, "/annotation_configs", rubric_id))

    @call
    def unassign(self, identifier: str, *, project_identifier: str) -> Steps[None]:
        """Show a rubric no more to those who annotate this project; harmless if it is not shown.

        Raises `NotFound` if there is no such rubric or project.

            >>> client.rubrics.unassign("correctness", project_identifier="my-app")
        """
        rubric_id = yield from _id(identifier)
        yield Request("DELETE", path("v1/projects", project_identifier, "/annotation_configs", rubric_id))

    @call
    def replace_of_project(self, identifiers: Sequence[str], *, project_identifier: str) -> Steps[None]:
        """Make these, in place of all others, the rubrics of this project.

        Raises `NotFound` if there is no such project, or one of the rubrics is not there; nothing is changed then.

            >>> cause = client.rubrics.create(name="cause", type="FREEFORM")
            >>> client.rubrics.replace_of_project(["cause"], project_identifier="my-app")
            >>> [rubric["name"] for rubric in client.rubrics.of_project("my-app")]
            ['cause']
        """
        ids = []
        for identifier in identifiers:
            ids.append((yield from _id(identifier)))
        url = path("v1/projects", project_identifier, "/annotation_configs")
        yield Request("PUT", url, json={"annotation_config_ids": ids})


_RUBRIC: TypeAdapter[Any] = TypeAdapter(Rubric)


def _get(identifier: str) -> Steps[JsonObject]:
    response = yield Request("GET", path("v1/annotation_configs", identifier))
    rubric: JsonObject = data(response)
    return rubric


def _id(identifier: str) -> Steps[str]:
    if is_id(identifier, "AnnotationConfig"):
        return identifier
    rubric = yield from _get(identifier)
    return str(rubric["id"])


def _wire(fields: JsonObject) -> JsonObject:
    try:
        rubric = _RUBRIC.validate_python({field: value for field, value in fields.items() if value is not None})
    except ValidationError as error:
        raise InvalidInput(f"the rubric: {explained(error)}") from error
    wire: JsonObject = rubric.model_dump(mode="json", exclude_none=True)
    return wire


def _labels(values: Labels | None) -> list[JsonObject] | None:
    if values is None:
        return None
    if isinstance(values, Mapping):
        return [{"label": label, "score": score} for label, score in values.items()]
    return [{"label": value} if isinstance(value, str) else dict(value) for value in values]
