"""Judges against people, or any two sides: which labels they gave to the same targets, and how far they agree."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.agreement import AnnotationMatrix
from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.api.answer import json_answer
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import project_of, storage_of
from rubricate_server.api.moment import bound_ns
from rubricate_server.api.time_range import EndTime, StartTime
from rubricate_server.domain.agreement import Compared, Measure, table
from rubricate_server.storage.contract import Annotators, MatrixQuery, Storage
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1/projects/{project_identifier}", tags=["insight"])

MOST_LABELS: Final = 50

Identifier = Annotated[str | None, Query(description="Only this annotator of the kind.")]


@router.get("/annotation_matrix", response_model=AnnotationMatrix, responses=refusals(404, 422))
def get_annotation_matrix(
    request: Request,
    project_identifier: str,
    name: Annotated[str, Query(description="Of the annotations.")],
    rows: Annotated[AnnotatorKind, Query(description="The annotators of one side.")] = AnnotatorKind.HUMAN,
    columns: Annotated[AnnotatorKind, Query(description="Those of the other.")] = AnnotatorKind.LLM,
    row_identifier: Identifier = None,
    column_identifier: Identifier = None,
    target_kind: TargetKind = TargetKind.SPAN,
    start_time: StartTime = None,
    end_time: EndTime = None,
) -> Response:
    """Labels of one side against those of another, over the targets that both labelled, with agreement and kappa.

    A target counts in a cell when somebody of the rows gave it the one label and somebody of the columns the other. So
    where annotators of one side differ it counts in several cells; in agreement and kappa it counts once, divided.
    """
    if rows == columns and (row_identifier is None or column_identifier is None or row_identifier == column_identifier):
        raise ApiError(
            422, f"Both sides are {rows}: compare two of them, by row_identifier and column_identifier, or two kinds."
        )
    storage = storage_of(request)
    query = MatrixQuery(
        project_of(storage, project_identifier).id,
        name,
        Annotators(rows, row_identifier),
        Annotators(columns, column_identifier),
        target_kind,
        bound_ns(start_time),
        bound_ns(end_time),
    )
    found = table(Compared._make(pairs) for pairs in storage.explore.label_pairs(query))
    labels = _ordered({label for pair in found.met for label in pair}, _rubric_labels(storage, name))
    agreement: dict[str, float | None] = {"value": None, "low": None, "high": None}
    return json_answer(
        {
            "name": name,
            "labels": labels,
            "target_count": found.targets,
            "cells": [
                {"row": row, "column": column, "count": found.met[row, column], "filter": _filter(query, row, column)}
                for row in labels
                for column in labels
                if (row, column) in found.met
            ],
            "agreement": {**agreement, **(_measure(found.agreement) or {}), "n": found.targets},
            "kappa": _measure(found.kappa),
        }
    )


def _measure(measure: Measure | None) -> dict[str, float] | None:
    return None if measure is None else {"value": measure.value, **measure.interval._asdict()}


def _filter(query: MatrixQuery, row: str, column: str) -> str | None:
    if query.target_kind is TargetKind.DOCUMENT:
        return None
    return " and ".join(
        _annotated(query.name, side, label) for side, label in ((query.rows, row), (query.columns, column))
    )


def _annotated(name: str, side: Annotators, label: str) -> str:
    identifier = "" if side.identifier is None else f", identifier={side.identifier!r}"
    return f"annotated({name!r}, kind='{side.kind}'{identifier}, label={label!r})"


def _rubric_labels(storage: Storage, name: str) -> list[str]:
    try:
        return [value["label"] for value in storage.rubrics.get_by_name(name).body.get("values") or []]
    except NotFound:
        return []


def _ordered(met: set[str], of_rubric: list[str]) -> list[str]:
    """Those of the rubric, also when nobody gave them; then the others."""
    return [*of_rubric, *sorted(met - set(of_rubric))][:MOST_LABELS]
