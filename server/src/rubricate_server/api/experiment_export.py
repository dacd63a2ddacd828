"""An experiment as a file: JSON and CSV, sent while they are made."""

from collections.abc import Generator, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request, Response

from rubricate.records.experiment import ExperimentResult
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.dataset import EXAMPLE
from rubricate_server.api.errors import refusals
from rubricate_server.api.experiment import experiment_of
from rubricate_server.api.experiment_run import RUN
from rubricate_server.api.export_formats import comma_separated, guarded
from rubricate_server.api.export_rows import Column, Row
from rubricate_server.api.identifier import global_id, storage_of
from rubricate_server.api.moment import iso_from_us
from rubricate_server.api.streaming import Streamed
from rubricate_server.storage.contract import EvaluationFields, Storage, StoredExperiment, StoredResult

router = APIRouter(prefix="/v1/experiments/{experiment_id}", route_class=JsonRoute, tags=["experiments"])

_RUN_COLUMNS: Final = (
    Column("example_id", "text"),
    Column("repetition_number", "integer"),
    Column("input", "json"),
    Column("reference_output", "json"),
    Column("output", "json"),
    Column("metadata", "json"),
    Column("error", "text"),
    Column("latency_ms", "number"),
    Column("start_time", "time"),
    Column("end_time", "time"),
    Column("trace_id", "text"),
    Column("prompt_token_count", "integer"),
    Column("completion_token_count", "integer"),
)
_EVALUATION_COLUMNS: Final = (
    Column("label", "text"),
    Column("score", "number"),
    Column("explanation", "text"),
    Column("metadata", "json"),
    Column("annotator_kind", "text"),
    Column("trace_id", "text"),
    Column("error", "text"),
    Column("start_time", "time"),
    Column("end_time", "time"),
)
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A file, sent while it is made.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/json", response_model=list[ExperimentResult], responses=refusals(404, 422))
def export_experiment_json(request: Request, experiment_id: str) -> Response:
    """The runs of an experiment with their examples and evaluations, by example and repetition."""
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    return _file(experiment, _json(storage, experiment), "json", "application/json")


@router.get("/csv", response_class=Response, responses={**_CSV, **refusals(404, 422)})
def export_experiment_csv(request: Request, experiment_id: str) -> Response:
    """The same as CSV, with nine columns for each evaluator: `annotation_<name>_label` and so on.

    Input, reference output, metadata (the example's), and an output that is no text, are JSON. A text that a
    spreadsheet would run as a formula gets a `'` before it.
    """
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    names = storage.runs.evaluation_names(experiment.id)
    columns = [*_RUN_COLUMNS, *(_of(name, column) for name in names for column in _EVALUATION_COLUMNS)]
    rows = ([_row(result, columns) for result in batch] for batch in storage.runs.results(experiment.id))
    return _file(experiment, comma_separated(columns, rows), "csv", "text/csv; charset=utf-8")


def _file(experiment: StoredExperiment, chunks: Generator[bytes], ending: str, media_type: str) -> Response:
    name = quote(f"{experiment.name}.{ending}", safe="")
    return Streamed(chunks, media_type, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})


def _json(storage: Storage, experiment: StoredExperiment) -> Generator[bytes]:
    separator = b"["
    for batch in storage.runs.results(experiment.id):
        yield separator + b",\n".join(orjson.dumps(_result(result)) for result in batch)
        separator = b",\n"
    yield b"]" if separator != b"[" else b"[]"


def _result(result: StoredResult) -> dict[str, Any]:
    run = result.run.fields
    return {
        "id": global_id(RUN, result.run.id),
        "example_id": global_id(EXAMPLE, run.example_id),
        "repetition_number": run.repetition,
        "input": orjson.Fragment(result.text.input),
        "reference_output": orjson.Fragment(result.text.output),
        "output": orjson.Fragment(run.output),
        "error": run.error,
        "latency_ms": (run.end_us - run.start_us) / 1000,
        "start_time": iso_from_us(run.start_us),
        "end_time": iso_from_us(run.end_us),
        "trace_id": _hex(run.trace_id),
        # A trace of which nothing was counted has none, as with Phoenix.
        "prompt_token_count": result.tokens_prompt or None,
        "completion_token_count": result.tokens_completion or None,
        "annotations": [{"name": each.name, **_evaluation(each)} for each in result.evaluations],
    }


def _evaluation(evaluation: EvaluationFields) -> dict[str, Any]:
    return {
        "annotator_kind": evaluation.annotator_kind,
        "label": evaluation.label,
        "score": evaluation.score,
        "explanation": evaluation.explanation,
        "trace_id": _hex(evaluation.trace_id),
        "error": evaluation.error,
        "metadata": evaluation.metadata,
        "start_time": iso_from_us(evaluation.start_us),
        "end_time": iso_from_us(evaluation.end_us),
    }


def _row(result: StoredResult, columns: Sequence[Column]) -> Row:
    row: Row = dict.fromkeys(column.name for column in columns)
    run = _result(result)
    row |= {column.name: run[column.name] for column in _RUN_COLUMNS if column.name in run}
    text = result.text
    row["input"], row["reference_output"], row["metadata"] = (
        each.encode() for each in (text.input, text.output, text.metadata)
    )
    output = orjson.loads(result.run.fields.output)
    row["output"] = guarded(output).encode() if isinstance(output, str) else result.run.fields.output.encode()
    for evaluation in result.evaluations:
        said = _evaluation(evaluation)
        # Only those that were there when the columns were told.
        row |= {
            name: said[column.name]
            for column in _EVALUATION_COLUMNS
            if (name := _of(evaluation.name, column).name) in row
        }
    return row


def _of(evaluation_name: str, column: Column) -> Column:
    return Column(f"annotation_{evaluation_name}_{column.name}", column.type)


def _hex(trace_id: bytes | None) -> str | None:
    return None if trace_id is None else trace_id.hex()
