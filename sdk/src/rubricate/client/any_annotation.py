"""Annotations of any kind of target: listed, changed and deleted, alone or many at once."""

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from rubricate import environment
from rubricate.client import frame as frames
from rubricate.client.annotation import SpanAnnotations
from rubricate.client.calls import NOBODY_SAID, TIMEOUT_S, M, Request, Steps, body, call, data, instant, pages, path
from rubricate.client.target import COLUMNS, LARGEST_PAGE, Kind, TargetKind, checked, flat, given
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.annotation import AnnotationPatch
from rubricate.records.base import JsonObject

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

Source = Literal["API", "APP"]


class Annotations(SpanAnnotations[M]):
    """Annotations, as `client.annotations`: those of spans, and, given by their ids, those of every kind of target.

    An annotation is a dict of `id`, `name`, `annotator_kind`, `result` (`{"label", "score", "explanation"}`),
    `identifier`, `metadata`, `source`, `user_id`, `created_at`, `updated_at`, `rubric_version`, `project_id`, and
    `target` (`{"kind", "id", "position"}`); the fields of `rubricate.records.annotation.Annotation`.

    These calls are Rubricate's own: Phoenix has nothing like them.
    """

    @call
    def get(self, annotation_id: str) -> Steps[JsonObject]:
        """One annotation, by its id. Raises `NotFound`, and `InvalidRequest` if it is no id of an annotation.

        >>> [annotation] = client.annotations.list(project_identifier="my-app", target_kind="session")
        >>> client.annotations.get(annotation["id"])["result"]
        {'label': 'patient', 'score': 1.0, 'explanation': None}
        """
        response = yield Request("GET", path("v1/annotations", annotation_id))
        annotation: JsonObject = data(response)
        return annotation

    @call
    def list(
        self,
        *,
        project_identifier: str | None = None,
        target_kind: TargetKind | None = None,
        name: str | Sequence[str] | None = None,
        exclude_name: str | Sequence[str] | None = None,
        identifier: str | Sequence[str] | None = None,
        annotator_kind: Kind | None = None,
        source: Source | None = None,
        user: str | None = None,
        label: str | Sequence[str] | None = None,
        min_score: float | None = None,
        max_score: float | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int | None = None,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[builtins.list[JsonObject]]:
        """The annotations of a project that meet all the conditions, newest first, notes among them.

        The project is given by name or id; default the environment's. A condition given as a list is met by any of its
        values. `source` is "API" or, for what was said in the page, "APP"; `user` the `user_id` of who wrote it;
        `exclude_name` leaves out names, such as "note". The bounds of the score are inclusive. `start_time` (inclusive)
        and `end_time` (exclusive) are of creation; without a zone they are local time. `limit` is the most annotations
        (None: all). `timeout` is in seconds a page.

        Raises `NotFound` if there is no such project.

            >>> found = client.annotations.list(project_identifier="my-app", name="correctness", max_score=0.5)
            >>> [(each["target"]["kind"], each["annotator_kind"], each["result"]["label"]) for each in found]
            [('span', 'LLM', 'wrong'), ('span', 'HUMAN', 'wrong'), ('span', 'LLM', 'wrong')]
        """
        found = yield from _find(
            project_identifier,
            limit,
            timeout,
            progress,
            target_kind=target_kind,
            name=name,
            exclude_name=exclude_name,
            identifier=identifier,
            annotator_kind=annotator_kind,
            source=source,
            user=user,
            label=label,
            min_score=min_score,
            max_score=max_score,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        return found

    @call
    def get_annotations_dataframe(
        self,
        *,
        project_identifier: str | None = None,
        target_kind: TargetKind | None = None,
        name: str | Sequence[str] | None = None,
        exclude_name: str | Sequence[str] | None = None,
        identifier: str | Sequence[str] | None = None,
        annotator_kind: Kind | None = None,
        source: Source | None = None,
        user: str | None = None,
        label: str | Sequence[str] | None = None,
        min_score: float | None = None,
        max_score: float | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int | None = None,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The annotations that `list` finds as a data frame, one row an annotation, indexed by `id`.

        Columns: `target.kind`, `target.id`, `target.position`, `annotation_name`, `annotator_kind`, `result.label`,
        `result.score`, `result.explanation`, `metadata`, `identifier`, `created_at`, `updated_at`, `source`,
        `user_id`, `rubric_version`, `project_id`. Arguments and errors are those of `list`, and `MissingExtra` without
        pandas.

            >>> frame = client.annotations.get_annotations_dataframe(project_identifier="my-app", name="correctness")
            >>> frame.groupby("annotator_kind")["result.score"].agg(["count", "mean"]).round(2)
                            count  mean
            annotator_kind
            HUMAN               2  0.50
            LLM                 3  0.33
        """
        pd = frames.pandas()
        found = yield from _find(
            project_identifier,
            limit,
            timeout,
            progress,
            target_kind=target_kind,
            name=name,
            exclude_name=exclude_name,
            identifier=identifier,
            annotator_kind=annotator_kind,
            source=source,
            user=user,
            label=label,
            min_score=min_score,
            max_score=max_score,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        rows = [_with_target(annotation) for annotation in found]
        columns = None if rows else [*_TARGET_COLUMNS, *COLUMNS, "rubric_version", "project_id"]
        return pd.DataFrame(rows, columns=columns).set_index("id")

    @call
    def update(
        self,
        annotation_id: str,
        *,
        annotator_kind: Kind | None = None,
        label: str | None = NOBODY_SAID,
        score: float | None = NOBODY_SAID,
        explanation: str | None = NOBODY_SAID,
        metadata: JsonObject | None = NOBODY_SAID,
    ) -> Steps[JsonObject]:
        """Change what is given of an annotation, and nothing else; None empties a field. The answer is all of it.

        What it said before stays in its `history`. Raises `NotFound`, and `InvalidInput` before sending.

            >>> [annotation] = client.annotations.list(project_identifier="my-app", target_kind="session")
            >>> client.annotations.update(annotation["id"], label="annoyed", score=None)["result"]
            {'label': 'annoyed', 'score': None, 'explanation': None}
        """
        result = _said(label=label, score=score, explanation=explanation)
        changes = (
            _said(metadata=metadata) | given(annotator_kind=annotator_kind) | ({"result": result} if result else {})
        )
        patch = checked(AnnotationPatch, changes, "the changes")
        wire = patch.model_dump(mode="json", exclude_unset=True)
        response = yield Request("PATCH", path("v1/annotations", annotation_id), json=wire)
        annotation: JsonObject = data(response)
        return annotation

    @call
    def delete(self, annotation_id: str) -> Steps[None]:
        """Delete one annotation, of whatever target; its history stays. Raises `NotFound`.

        >>> [annotation] = client.annotations.list(project_identifier="my-app", target_kind="session")
        >>> client.annotations.delete(annotation["id"])
        >>> client.annotations.history(annotation["id"])[-1]["action"]
        'deleted'
        """
        try:
            yield Request("DELETE", path("v1/annotations", annotation_id))
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def bulk_delete(
        self,
        *,
        annotation_ids: Sequence[str] | None = None,
        project_identifier: str | None = None,
        target_kind: TargetKind | None = None,
        name: str | Sequence[str] | None = None,
        exclude_name: str | Sequence[str] | None = None,
        identifier: str | Sequence[str] | None = None,
        annotator_kind: Kind | None = None,
        source: Source | None = None,
        user: str | None = None,
        label: str | Sequence[str] | None = None,
        min_score: float | None = None,
        max_score: float | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        delete_all: bool = False,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[JsonObject]:
        """Delete annotations, notes among them: some by their ids, or all of a project that meet the conditions.

        The conditions are those of `list`. Without any, `delete_all=True` is needed. The answer is a dict of `deleted`
        (how many) and `removal_id`, with which `restore` undoes it for some days (a setting of the server, 30).

        Raises `InvalidInput` before sending; `NotFound` if there is no such project.

            >>> gone = client.annotations.bulk_delete(project_identifier="my-app", name="correctness", label="wrong")
            >>> gone
            {'deleted': 3, 'removal_id': '...'}
        """
        conditions = given(
            target_kind=target_kind,
            name=_several(name),
            exclude_name=_several(exclude_name),
            identifier=_several(identifier),
            annotator_kind=annotator_kind,
            source=source,
            user=user,
            label=_several(label),
            min_score=min_score,
            max_score=max_score,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        if annotation_ids is not None:
            if conditions or delete_all or isinstance(annotation_ids, str):
                raise InvalidInput("Give annotation_ids, a list, or conditions, not both.")
            which: JsonObject = {"ids": [*annotation_ids]}
        elif not conditions and not delete_all:
            raise InvalidInput("No condition is given; to delete all annotations of the project, say delete_all=True.")
        else:
            which = {"project": project_identifier or environment.project_name(), "filter": conditions}
        # Not repeated after a lost answer: the second try would find nothing, and lose the id that undoes the first.
        response = yield Request("POST", "v1/annotations/delete", json=which, timeout_s=timeout, repeatable=False)
        removed: JsonObject = body(response)
        return removed

    @call
    def restore(self, removal_id: str) -> Steps[JsonObject]:
        """Undo a `bulk_delete`; safe to repeat.

        The answer is a dict of `restored`, `kept` (something newer stands in their place) and `lost` (their targets are
        gone). Raises `NotFound` if there is no such removal, or it is too long ago.

            >>> gone = client.annotations.bulk_delete(project_identifier="my-app", delete_all=True)
            >>> client.annotations.restore(gone["removal_id"])
            {'restored': 11, 'kept': 0, 'lost': 0}
        """
        response = yield Request("POST", "v1/annotations/restore", json={"removal_id": removal_id})
        restored: JsonObject = body(response)
        return restored

    @call
    def waiting(
        self, *, target_kind: TargetKind | None = None, limit: int | None = None, progress: bool = True
    ) -> Steps[builtins.list[JsonObject]]:
        """Annotations whose target has not arrived, of all projects, newest first; at most `limit` (None: all).

        They wait for as long as it takes. One whose target will never come (a mistyped id) can be deleted by its id.

            >>> for annotation in client.annotations.waiting(target_kind="span"):
            ...     print(annotation["name"], annotation["target"]["id"])
            correctness ...
        """
        request = Request("GET", "v1/annotations/waiting", given(target_kind=target_kind))
        return (yield from pages(request, limit=limit, page_size=LARGEST_PAGE, progress=progress))

    @call
    def history(self, annotation_id: str) -> Steps[builtins.list[JsonObject]]:
        """Every change of an annotation, oldest first, also when it is deleted by now.

        Each is a dict of `at`, `action` ("created", "replaced", "deleted"), `user_id`, `source`, `rubric_version`, and
        what the annotation said after it (for a deletion: before it): `annotator_kind`, `result`, `metadata`.

        Raises `NotFound`.

            >>> [annotation] = client.annotations.list(project_identifier="my-app", target_kind="session")
            >>> changed = client.annotations.update(annotation["id"], label="annoyed")
            >>> [change["result"]["label"] for change in client.annotations.history(annotation["id"])]
            ['patient', 'annoyed']
        """
        response = yield Request("GET", path("v1/annotations", annotation_id, "/history"))
        changes: builtins.list[JsonObject] = data(response)
        return changes


def _find(
    project_identifier: str | None, limit: int | None, timeout: float | None, progress: bool, **conditions: Any
) -> Steps[builtins.list[JsonObject]]:
    url = path("v1/projects", project_identifier or environment.project_name(), "/annotations")
    params = {name: value for name, value in conditions.items() if value is not None and value != []}
    request = Request("GET", url, params, timeout_s=timeout)
    return (yield from pages(request, limit=limit, page_size=LARGEST_PAGE, progress=progress))


def _several(value: str | Sequence[str] | None) -> Sequence[str] | None:
    return [value] if isinstance(value, str) else value


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not NOBODY_SAID}


_TARGET_COLUMNS = ["target.kind", "target.id", "target.position"]


def _with_target(annotation: JsonObject) -> JsonObject:
    row = flat(annotation)
    target = row.pop("target")
    return {**{f"target.{key}": target.get(key) for key in ("kind", "id", "position")}, **row}
