"""Evaluations as data frames, as `phoenix.trace` had them.

>>> import pandas as pd
>>> from rubricate import Client, SpanEvaluations
>>> judged = pd.DataFrame({"span_id": [span_id], "label": ["correct"], "score": [1]})
>>> Client().log_evaluations(SpanEvaluations("correctness", judged))
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from rubricate.client import frame as frames
from rubricate.errors import InvalidInput
from rubricate.records.annotation import (
    DocumentAnnotationCreate,
    SpanAnnotationCreate,
    TraceAnnotationCreate,
)

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

__all__ = ["DocumentEvaluations", "Evaluations", "SpanEvaluations", "TraceEvaluations"]

RESULTS = ("score", "label", "explanation")


class Evaluations:
    """The results of one judge (or rule) for many targets; see the three kinds of it below.

    `eval_name` is the name under which the annotations are kept; not blank. `dataframe` names the targets in its index
    or in columns, and has at least one of the columns `score` (numbers), `label` (strings) and `explanation` (strings).
    Other columns are dropped, and the frame is copied. Afterwards `dataframe` has the targets as its index.

    Raises `InvalidInput` naming the column and the reason, `MissingExtra` without pandas.

        >>> for found in client.get_evaluations("my-app"):
        ...     print(found)
        SpanEvaluations(eval_name='correctness', 3 rows)
        DocumentEvaluations(eval_name='relevance', 2 rows)
    """

    record: ClassVar[type[SpanAnnotationCreate | TraceAnnotationCreate | DocumentAnnotationCreate]]
    targets: ClassVar[dict[str, tuple[str, ...]]]
    """For each field that names the target: the columns or index levels that may hold it, our own name first."""

    def __init__(self, eval_name: str, dataframe: "pd.DataFrame") -> None:
        kind = type(self).__name__
        if not isinstance(eval_name, str) or not eval_name.strip():
            raise InvalidInput(f"{kind}: eval_name must be a text that is not blank; got {eval_name!r}.")
        pandas = frames.pandas()
        if not isinstance(dataframe, pandas.DataFrame):
            raise InvalidInput(f"{kind}: dataframe must be a pandas DataFrame; got {type(dataframe).__name__}.")
        ids = {
            names[0]: frames.identifiers(dataframe, names, kind, alone=len(self.targets) == 1)
            for names in self.targets.values()
        }
        for name, values in ids.items():
            _check_ids(kind, name, values)
        results = dataframe[[name for name in RESULTS if name in dataframe.columns]].copy()
        _check_results(kind, results)
        index = [pandas.Index(values, name=name) for name, values in ids.items()]
        results.index = index[0] if len(index) == 1 else pandas.MultiIndex.from_arrays(index)
        self.id: UUID = uuid4()
        self.eval_name = eval_name.strip()
        self.dataframe: pd.DataFrame = results

    def annotations(self) -> Iterator[dict[str, Any]]:
        """The rows as annotations, as `client.spans.log_span_annotations` and the like take them.

        `result` is empty where a row says nothing.

            >>> from rubricate import SpanEvaluations
            >>> judged = pd.DataFrame({"span_id": [span_id], "label": ["friendly"]})
            >>> [annotation] = SpanEvaluations("tone", judged).annotations()
            >>> annotation["name"], annotation["annotator_kind"], annotation["result"]
            ('tone', 'LLM', {'label': 'friendly'})
        """
        return frames.annotation_rows(
            self.dataframe,
            ids=dict(self.targets),
            defaults={"name": self.eval_name, "annotator_kind": "LLM"},
            what=type(self).__name__,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(eval_name={self.eval_name!r}, {len(self.dataframe)} rows)"


class SpanEvaluations(Evaluations):
    """Evaluations of spans. The target is the index or a column `context.span_id` or `span_id`.

    >>> frame = client.get_spans_dataframe("span_kind == 'LLM'", project_name="my-app")  # its index is context.span_id
    >>> frame["label"] = frame["attributes.output.value"].map(lambda text: "sorry" if "orry" in text else "fine")
    >>> SpanEvaluations(eval_name="tone", dataframe=frame)
    SpanEvaluations(eval_name='tone', 3 rows)
    """

    record = SpanAnnotationCreate
    targets: ClassVar = {"span_id": ("context.span_id", "span_id")}


class DocumentEvaluations(Evaluations):
    """Evaluations of retrieved documents.

    The target is a span, `context.span_id` or `span_id`, and the document's position in it, counted from zero,
    `document_position` or `position`; both in the index or in columns.

        >>> from rubricate.client.helpers.spans import get_retrieved_documents
        >>> frame = get_retrieved_documents(client, project_name="my-app")
        >>> frame["score"] = frame["document"].str.contains("warranty").astype(int)
        >>> client.log_evaluations(DocumentEvaluations("relevance", frame))
    """

    record = DocumentAnnotationCreate
    targets: ClassVar = {
        "span_id": ("context.span_id", "span_id"),
        "document_position": ("document_position", "position"),
    }


class TraceEvaluations(Evaluations):
    """Evaluations of traces. The target is the index or a column `context.trace_id` or `trace_id`.

    >>> judged = pd.DataFrame({"trace_id": [trace_id], "label": ["solved"], "score": [1]})
    >>> client.log_evaluations(TraceEvaluations("outcome", judged))
    """

    record = TraceAnnotationCreate
    targets: ClassVar = {"trace_id": ("context.trace_id", "trace_id")}


def _check_ids(kind: str, name: str, values: list[Any]) -> None:
    for row, value in enumerate(values):
        if name == "document_position":
            good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            wanted = "an integer counted from zero"
        else:
            good, wanted = isinstance(value, str) and bool(value.strip()), "a string of hex digits"
        if not good:
            raise InvalidInput(f"{kind}: {name}: row {row} has {value!r}; it must be {wanted}.")


def _check_results(kind: str, results: "pd.DataFrame") -> None:
    if not len(results.columns):
        raise InvalidInput(f"{kind}: the data frame needs at least one of the columns {', '.join(RESULTS)}.")
    for name in results.columns:
        wanted, advice = ((int, float), ".astype(float)") if name == "score" else ((str,), ".astype(str)")
        for row, cell in enumerate(results[name].tolist()):
            value = frames.scalar(cell)
            if not frames.missing(value) and not isinstance(value, wanted):
                raise InvalidInput(
                    f"{kind}: {name}: row {row} has {value!r}, a {type(value).__name__}; "
                    f"use dataframe[{name!r}]{advice}."
                )
