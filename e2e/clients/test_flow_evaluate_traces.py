"""The documented way of evaluating traces: instrument, ask, judge in plain code, log the judgement, filter by it.

Once with our own imports (`import rubricate as px`), once with Phoenix's. OpenAI is mocked at the network.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pandas as pd  # type: ignore[import-untyped]  # has no stubs
import pytest
from openinference.instrumentation.openai import OpenAIInstrumentor
from phoenix.client import Client as PhoenixClient
from phoenix.client.types.spans import SpanQuery as PhoenixSpanQuery
from phoenix.otel import register as phoenix_register

import rubricate as px
from rubricate.otel import register
from rubricate.trace import SpanEvaluations

from ..server import Server
from .helpers import HTTP
from .openai_mock import ANSWERS, openai_mock

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:pandas.errors.Pandas4Warning")

PROJECT = "evaluating_traces_quickstart"


@pytest.fixture
def fresh(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server without the project, named by the environment as the documentation has it."""
    monkeypatch.setenv("PHOENIX_COLLECTOR_ENDPOINT", server.base_url)
    monkeypatch.setenv("PHOENIX_GRPC_PORT", str(server.grpc_port))
    monkeypatch.setenv("PHOENIX_CLIENT_HEADERS", "api_key=abc")
    yield server
    HTTP.delete(f"{server.base_url}/v1/projects/{PROJECT}").raise_for_status()


@pytest.fixture
def model() -> Iterator[openai.OpenAI]:
    with openai_mock() as url, openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        yield client


@contextmanager
def instrumented(provider: Any) -> Iterator[None]:
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        yield
    finally:
        instrumentor.uninstrument()
        provider.shutdown()


def ask_everything(model: openai.OpenAI) -> None:
    for question in ANSWERS:
        model.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": question}])


def judged(spans: pd.DataFrame) -> pd.DataFrame:
    """The documentation's shape: a row a span, a label from its output message, a score from the label."""

    def knows(row: Any) -> bool:
        return "do not know" not in row["attributes.llm.output_messages"][0]["message.content"]

    frame = pd.DataFrame(index=spans.index)
    frame["label"] = spans.apply(knows, axis=1).astype(str)
    frame["score"] = (frame["label"] == "True").astype(int)
    frame["explanation"] = "looked for 'do not know'"
    return frame


@pytest.mark.parametrize("protocol", [None, "grpc"])
def test_with_rubricate(fresh: Server, model: openai.OpenAI, protocol: Any) -> None:
    provider = register(project_name=PROJECT, protocol=protocol, set_global_tracer_provider=False, verbose=False)
    with instrumented(provider):
        ask_everything(model)

    client = px.Client()
    spans = client.get_spans_dataframe(project_name=PROJECT)
    assert len(spans) == len(ANSWERS)
    assert spans.index.name == "context.span_id"
    assert set(spans["span_kind"]) == {"LLM"}
    assert set(spans["attributes.llm.model_name"]) == {"gpt-5"}
    assert set(spans["attributes.llm.token_count.total"]) == {12}
    asked = {
        row["attributes.llm.input_messages"][0]["message.content"]: row["attributes.llm.output_messages"][0][
            "message.content"
        ]
        for _, row in spans.iterrows()
    }
    assert asked == ANSWERS

    evaluations = judged(spans)
    client.log_evaluations(SpanEvaluations(eval_name="Knows", dataframe=evaluations))

    back = client.spans.get_span_annotations_dataframe(spans_dataframe=spans, project_identifier=PROJECT)
    assert set(back["annotation_name"]) == {"Knows"}
    assert set(back["annotator_kind"]) == {"LLM"}
    assert results(back) == results(evaluations)
    ignorant = client.get_spans_dataframe("annotations['Knows'].label == 'False'", project_name=PROJECT)
    assert list(ignorant.index) == list(evaluations.index[evaluations["score"] == 0])
    assert len(client.get_spans_dataframe("annotations['Knows'].score > 0.5", project_name=PROJECT)) == 2
    assert len(client.get_spans_dataframe("evals['Knows'].label == 'True'", project_name=PROJECT)) == 2
    client.close()


def test_several_evaluations_in_one_call(fresh: Server, model: openai.OpenAI) -> None:
    with instrumented(register(project_name=PROJECT, set_global_tracer_provider=False, verbose=False)):
        ask_everything(model)

    with px.Client() as client:
        spans = client.get_spans_dataframe(project_name=PROJECT)
        evaluations = judged(spans)
        by_label = SpanEvaluations("by label", evaluations[["label"]])
        by_score = SpanEvaluations("by score", evaluations[["score"]].reset_index())
        client.log_evaluations(by_label, by_score, project_name="has no effect")

        back = client.annotations.get_span_annotations_dataframe(spans_dataframe=spans, project_identifier=PROJECT)

    assert sorted(back["annotation_name"]) == ["by label"] * 3 + ["by score"] * 3
    assert back[back["annotation_name"] == "by score"]["result.score"].to_dict() == evaluations["score"].to_dict()
    assert back[back["annotation_name"] == "by label"]["result.label"].to_dict() == evaluations["label"].to_dict()


@pytest.mark.parametrize("protocol", [None, "http/protobuf"])
def test_with_phoenix(fresh: Server, model: openai.OpenAI, protocol: Any) -> None:
    provider = phoenix_register(
        project_name=PROJECT, protocol=protocol, set_global_tracer_provider=False, verbose=False
    )
    with instrumented(provider):
        ask_everything(model)

    client = PhoenixClient()
    spans = client.spans.get_spans_dataframe(project_identifier=PROJECT)
    assert len(spans) == len(ANSWERS)
    evaluations = judged(spans)
    client.spans.log_span_annotations_dataframe(
        dataframe=evaluations, annotation_name="Knows", annotator_kind="CODE", sync=True
    )

    back = client.spans.get_span_annotations_dataframe(spans_dataframe=spans, project_identifier=PROJECT)
    assert set(back["annotation_name"]) == {"Knows"}
    assert set(back["annotator_kind"]) == {"CODE"}
    assert results(back) == results(evaluations)
    query = PhoenixSpanQuery().where("annotations['Knows'].label == 'False'")
    ignorant = client.spans.get_spans_dataframe(query=query, project_identifier=PROJECT)
    assert list(ignorant.index) == list(evaluations.index[evaluations["score"] == 0])
    client._client.close()


def test_phoenix_writes_and_rubricate_reads(fresh: Server, model: openai.OpenAI) -> None:
    with instrumented(phoenix_register(project_name=PROJECT, set_global_tracer_provider=False, verbose=False)):
        ask_everything(model)

    with px.Client() as client:
        ours = client.get_spans_dataframe(project_name=PROJECT)
    phoenix = PhoenixClient()
    theirs = phoenix.spans.get_spans_dataframe(project_identifier=PROJECT)
    phoenix._client.close()

    assert list(ours.index) == list(theirs.index)
    assert set(ours.columns) == set(theirs.columns)
    for column in ours.columns:
        same = [
            a == b or (isinstance(a, float) and pd.isna(a) and pd.isna(b)) or (a is None and pd.isna(b)) or len(a) == 0
            for a, b in zip(ours[column], theirs[column], strict=True)
        ]
        assert all(same), column


def results(frame: pd.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Label, score and explanation by span."""
    plain = frame.rename(columns=lambda name: name.removeprefix("result."))
    return {str(row.Index): (row.label, row.score, row.explanation) for row in plain.itertuples()}
