"""Insight: what many spans and annotations of a project say together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from rubricate import environment
from rubricate.client.calls import M, Request, Resource, Steps, body, call, data, instant, pages, path
from rubricate.client.target import Kind, TargetKind, given
from rubricate.records.base import JsonObject

LARGEST_OF_DISAGREEMENTS = 200
LARGEST_OF_RANKINGS = 1000

Bucket = Literal["hour", "day"] | int


class Insight(Resource[M]):
    """Figures of a project, as `client.insight`. Phoenix has nothing like them.

    The project is given by name or id; default the environment's. Times are when the target started (not when somebody
    annotated it): `start_time` is inclusive, `end_time` exclusive; without a zone they are local time. An interval is
    `{"low", "high"}`, of 95 %, or None where there are too few values, or so many that it does not matter. All calls
    raise `NotFound` if there is no such project.
    """

    @call
    def annotation_summaries(
        self,
        *,
        project_identifier: str | None = None,
        name: str | Sequence[str] | None = None,
        target_kind: TargetKind | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        filter_condition: str | None = None,
    ) -> Steps[list[JsonObject]]:
        """How many annotations there are of each name and kind of target, their mean score and shares of labels.

        Each is a dict of the fields of `rubricate.records.annotation_summary.AnnotationSummary`: `name`, `target_kind`,
        `count`, `target_count`, `mean_score` with `mean_score_interval`, `label_fractions` (`[{"label", "fraction",
        "interval"}]`), and the same again `by_annotator_kind`. Every target counts once, however many annotations it
        has. `filter_condition` is about spans, in the span language; then only what is about those spans counts.

            >>> [summary] = client.insight.annotation_summaries(project_identifier="my-app", target_kind="span")
            >>> summary["name"], summary["count"], summary["target_count"], summary["mean_score"]
            ('correctness', 5, 3, 0.5)
        """
        response = yield _request(
            project_identifier,
            "/annotation_summaries",
            name=name,
            target_kind=target_kind,
            start_time=instant(start_time),
            end_time=instant(end_time),
            filter=filter_condition,
        )
        summaries: list[JsonObject] = data(response)
        return summaries

    @call
    def annotation_series(
        self,
        *,
        project_identifier: str | None = None,
        bucket: Bucket = "day",
        name: str | Sequence[str] | None = None,
        target_kind: TargetKind | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        filter_condition: str | None = None,
    ) -> Steps[JsonObject]:
        """The summaries along time: the last 30 days unless told otherwise.

        A dict of `start_time`, `end_time`, `bucket_seconds` and `points`; a point is a summary with the `start_time` of
        its bucket. `bucket` is "hour", "day" or a width in seconds. Buckets without annotations are left out. All else
        as for `annotation_summaries`.

            >>> series = client.insight.annotation_series(project_identifier="my-app", name="relevance", bucket="day")
            >>> [(point["start_time"], point["mean_score"]) for point in series["points"]]
            [('...', 0.5)]
        """
        response = yield _request(
            project_identifier,
            "/annotation_summaries/series",
            bucket=bucket,
            name=name,
            target_kind=target_kind,
            start_time=instant(start_time),
            end_time=instant(end_time),
            filter=filter_condition,
        )
        series: JsonObject = data(response)
        return series

    @call
    def score_distribution(
        self,
        *,
        name: str,
        project_identifier: str | None = None,
        target_kind: TargetKind = "span",
        bins: int | None = None,
        low: float | None = None,
        high: float | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        filter_condition: str | None = None,
    ) -> Steps[JsonObject]:
        """How the scores of a name are spread: quartiles, and how many targets lie in which bin.

        A dict of `scored_target_count`, `minimum`, `quartiles` (three), `maximum`, `edges` of the bins, `counts` of
        targets between them, `below_count` and `above_count`, and all but the edges again `by_annotator_kind`. Every
        target counts once, with the mean of its scores. Without `bins`, `low` and `high` the bins are those of the
        continuous rubric of that name: one for each score that it offers, or ten between its bounds; else ten between
        the least and the greatest score. 100 bins at most. `filter_condition` is about spans, as in
        `annotation_summaries`.

        Raises `InvalidRequest` when `low` is not less than `high`.

            >>> spread = client.insight.score_distribution(project_identifier="my-app", name="correctness", bins=2)
            >>> spread["quartiles"], spread["edges"], spread["counts"]
            ([0.0, 0.5, 1.0], [0.0, 0.5, 1.0], [1, 2])
        """
        response = yield _request(
            project_identifier,
            "/annotation_summaries/distribution",
            name=name,
            target_kind=target_kind,
            bins=bins,
            low=low,
            high=high,
            start_time=instant(start_time),
            end_time=instant(end_time),
            filter=filter_condition,
        )
        distribution: JsonObject = data(response)
        return distribution

    @call
    def span_series(
        self,
        *,
        project_identifier: str | None = None,
        bucket: Bucket = "hour",
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> Steps[JsonObject]:
        """Spans along time: how many, how many failed, how long they took, what they used.

        As `annotation_series`, but a point is a dict of `start_time`, `count`, `error_count`, `latency_ms_p50`,
        `latency_ms_p99` (milliseconds), `tokens_prompt`, `tokens_completion`, `tokens_total` and `cost_usd` (US
        dollars).

            >>> series = client.insight.span_series(project_identifier="my-app", bucket="hour")
            >>> frame = pd.DataFrame(series["points"]).set_index("start_time")
            >>> frame[["count", "error_count", "tokens_total"]].sum().to_dict()
            {'count': 8, 'error_count': 1, 'tokens_total': 384}
        """
        response = yield _request(
            project_identifier,
            "/span_series",
            bucket=bucket,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        series: JsonObject = data(response)
        return series

    @call
    def disagreements(
        self,
        *,
        project_identifier: str | None = None,
        target_kind: TargetKind = "span",
        name: str | Sequence[str] | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int | None = None,
        progress: bool = True,
    ) -> Steps[list[JsonObject]]:
        """Targets of which the annotations of a name say different things, newest first; at most `limit` (None: all).

        Each is a dict of `name`, `target` (`{"kind", "id", "position"}`), `labels`, `score_range` and `annotations`.

            >>> [dispute] = client.insight.disagreements(project_identifier="my-app", name="correctness")
            >>> dispute["target"]["id"] == span_id, dispute["labels"], dispute["score_range"]
            (True, ['correct', 'wrong'], [0.0, 1.0])
        """
        request = _request(
            project_identifier,
            "/disagreements",
            target_kind=target_kind,
            name=name,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        return (yield from pages(request, limit=limit, page_size=LARGEST_OF_DISAGREEMENTS, progress=progress))

    @call
    def annotation_matrix(
        self,
        *,
        name: str,
        rows: Kind = "HUMAN",
        columns: Kind = "LLM",
        row_identifier: str | None = None,
        column_identifier: str | None = None,
        target_kind: TargetKind = "span",
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> Steps[JsonObject]:
        """What one kind of annotator says against what another says of the same targets, such as people and judges.

        A dict of `labels`, `target_count`, `cells` (`[{"row", "column", "count", "filter"}]`; the `filter` finds those
        targets), `agreement` (`value`, `low`, `high`, `n`) and `kappa` (None, or `value`, `low`, `high`). The
        identifiers narrow rows and columns to one annotator each; within one kind both are needed.

            >>> matrix = client.insight.annotation_matrix(project_identifier="my-app", name="correctness")
            >>> [(cell["row"], cell["column"], cell["count"]) for cell in matrix["cells"] if cell["count"]]
            [('correct', 'wrong', 1), ('wrong', 'wrong', 1)]
            >>> matrix["agreement"]["value"]
            0.5
        """
        response = yield _request(
            project_identifier,
            "/annotation_matrix",
            name=name,
            rows=rows,
            columns=columns,
            row_identifier=row_identifier,
            column_identifier=column_identifier,
            target_kind=target_kind,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        matrix: JsonObject = body(response)
        return matrix

    @call
    def annotation_shares(
        self,
        *,
        name: str,
        by: str,
        annotator_kind: Kind | None = None,
        target_kind: TargetKind = "span",
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> Steps[JsonObject]:
        """Shares of labels and mean score by the values of an attribute, such as a model or a version.

        A dict of `groups`, the largest first, and `complete` (False: there are smaller ones). A group is a dict of
        `group` (the value), `n`, `labels` (`[{"label", "fraction", "low", "high"}]`) and `mean_score`. `by` is written
        as in filters. Raises `InvalidRequest` if it is no attribute.

            >>> shares = client.insight.annotation_shares(
            ...     project_identifier="my-app", name="correctness", by="llm.model_name", annotator_kind="LLM"
            ... )
            >>> {group["group"]: group["mean_score"] for group in shares["groups"]}
            {'gpt-5': 0.0, 'gpt-5-mini': 1.0}
        """
        response = yield _request(
            project_identifier,
            "/annotation_shares",
            name=name,
            by=by,
            annotator_kind=annotator_kind,
            target_kind=target_kind,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        shares: JsonObject = body(response)
        return shares

    @call
    def retrieval_metrics(
        self,
        *,
        name: str,
        k: int = 10,
        annotator_kind: Kind | None = None,
        relevant_from: float | None = None,
        limit: int | None = None,
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> Steps[JsonObject]:
        """How good the rankings of retrievers are, from the annotations `name` of their documents.

        A dict of the fields of `rubricate.records.retrieval.RetrievalMetrics`: `ndcg`, `precision`, `hit` and
        `reciprocal_rank`, each `{"mean", "n", "interval"}`, and how many documents are judged. What is not judged is
        unknown, never irrelevant. `k` is the cutoff, `relevant_from` the score from which a document is relevant
        (default 0.5), `limit` how many of the newest retrievals to look at (default 1000).

            >>> metrics = client.insight.retrieval_metrics(project_identifier="my-app", name="relevance", k=2)
            >>> metrics["ndcg"]["mean"], metrics["precision"]["mean"], metrics["hit"]["mean"]
            (1.0, 0.5, 1.0)
        """
        response = yield _request(
            project_identifier,
            "/retrieval_metrics",
            name=name,
            k=k,
            annotator_kind=annotator_kind,
            relevant_from=relevant_from,
            limit=limit,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        metrics: JsonObject = data(response)
        return metrics

    @call
    def span_retrieval_metrics(
        self,
        *,
        name: str,
        k: int = 10,
        annotator_kind: Kind | None = None,
        relevant_from: float | None = None,
        limit: int | None = None,
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        progress: bool = True,
    ) -> Steps[list[JsonObject]]:
        """The same of each span of a retriever, newest first; at most `limit` (None: all).

        Each is a dict of the fields of `rubricate.records.retrieval.SpanRetrievalMetrics`: `span_id`, `ndcg`,
        `precision`, `hit`, `reciprocal_rank` … What is not known is None. Arguments as for `retrieval_metrics`.

            >>> found = client.insight.span_retrieval_metrics(project_identifier="my-app", name="relevance", k=2)
            >>> pd.DataFrame(found).set_index("span_id")["precision"].tolist()
            [0.5]
        """
        request = _request(
            project_identifier,
            "/retrieval_metrics/spans",
            name=name,
            k=k,
            annotator_kind=annotator_kind,
            relevant_from=relevant_from,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        return (yield from pages(request, limit=limit, page_size=LARGEST_OF_RANKINGS, progress=progress))

    @call
    def retrieval_ranks(
        self,
        *,
        name: str,
        k: int = 10,
        annotator_kind: Kind | None = None,
        relevant_from: float | None = None,
        limit: int | None = None,
        project_identifier: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> Steps[JsonObject]:
        """How often the document at each rank is relevant; arguments as for `retrieval_metrics`.

        A dict of `span_count`, `complete` and `ranks`. A rank is a dict of `rank` (from 1), `retrieved`, `judged`,
        `relevant`, and `fraction` with `low` and `high`, which are None where none was judged.

            >>> found = client.insight.retrieval_ranks(project_identifier="my-app", name="relevance", k=2)
            >>> [(each["rank"], each["relevant"], each["fraction"]) for each in found["ranks"]]
            [(1, 1, 1.0), (2, 0, 0.0)]
        """
        response = yield _request(
            project_identifier,
            "/retrieval_metrics/ranks",
            name=name,
            k=k,
            annotator_kind=annotator_kind,
            relevant_from=relevant_from,
            limit=limit,
            start_time=instant(start_time),
            end_time=instant(end_time),
        )
        ranks: JsonObject = body(response)
        return ranks


def _request(project_identifier: str | None, what: str, **conditions: Any) -> Request:
    url = path("v1/projects", project_identifier or environment.project_name(), what)
    return Request("GET", url, given(**conditions))
