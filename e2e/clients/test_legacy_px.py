"""`px.Client` of arize-phoenix 4.36.0, as it was installed then, against our server."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from ..server import Server
from .environments import LEGACY_PX, Interpreter
from .spans import LLM_ID, PROJECT, RETRIEVER_ID, TRACE_ID, post_spans

BEGIN = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pandas as pd
import phoenix as px
client = px.Client(endpoint=sys.argv[1], warn_if_server_not_running=False)
trace_id, retriever_id, llm_id, project = sys.argv[2:6]
"""


Say = Callable[[str], dict[str, object]]


@pytest.fixture(scope="module")
def say(server: Server) -> Iterator[Say]:
    """`say(program)`: what the program printed as JSON in its last line, run where `px.Client` is installed."""
    with Interpreter(LEGACY_PX) as old_python:

        def said(program: str) -> dict[str, object]:
            printed = old_python.run(BEGIN + program, server.base_url, TRACE_ID, RETRIEVER_ID, LLM_ID, PROJECT)
            answer = json.loads(printed.splitlines()[-1])
            assert isinstance(answer, dict)
            return answer

        yield said


@pytest.fixture(scope="module", autouse=True)
def _spans(server: Server) -> None:
    post_spans(server.base_url)


def annotations(server: Server, kind: str, **params: str) -> list[dict[str, object]]:
    path = f"{server.base_url}/v1/projects/{PROJECT}/{kind}_annotations"
    found = httpx.get(path, params={"limit": "100", **params}).raise_for_status().json()["data"]
    assert isinstance(found, list)
    return found


def test_spans_as_data_frames(say: Say) -> None:
    answer = say(
        """
from phoenix.trace.dsl import SpanQuery
frame = client.get_spans_dataframe(project_name=project)
few = client.get_spans_dataframe("span_kind == 'LLM'", project_name=project)
queried, documents, summed = client.query_spans(
    SpanQuery().where("span_kind == 'RETRIEVER'").select(question="input.value"),
    SpanQuery().explode("retrieval.documents", text="document.content"),
    SpanQuery().select(n="cumulative_token_count.total"),
    project_name=project,
)
print(json.dumps({
    "ids": sorted(frame["context.span_id"]),
    "few": list(few.index),
    "said": few["attributes.llm.output_messages"].iloc[0][0]["message.content"],
    "questions": list(queried["question"]),
    "documents": [[*index, text] for index, text in documents["text"].items()],
    "tokens": summed["n"].tolist(),
    "unknown": client.get_spans_dataframe(project_name="unheard-of") is None,
}))
""",
    )
    assert answer["ids"] == [RETRIEVER_ID, LLM_ID]
    assert answer["few"] == [LLM_ID]
    assert answer["said"] == "boots"
    assert answer["questions"] == ["which shoes?"]
    assert answer["tokens"] == [0, 0]
    assert answer["documents"] == [[RETRIEVER_ID, 0, "boots"], [RETRIEVER_ID, 1, "hats"]]


def test_evaluations_come_back_as_they_were_logged(say: Say) -> None:
    answer = say(
        """
from phoenix.trace import DocumentEvaluations, SpanEvaluations, TraceEvaluations
spans = pd.DataFrame({"context.span_id": [retriever_id, llm_id], "label": ["good", None], "score": [1, None],
                      "explanation": ["because", None]}).set_index("context.span_id")
documents = pd.DataFrame({"span_id": [retriever_id] * 2, "position": [0, 1], "score": [True, False]})
documents["score"] = documents["score"].astype(int)
traces = pd.DataFrame({"trace_id": [trace_id], "label": ["solved"]})
client.log_evaluations(
    SpanEvaluations(eval_name="correct", dataframe=spans),
    DocumentEvaluations(eval_name="relevance", dataframe=documents),
    TraceEvaluations(eval_name="outcome", dataframe=traces),
)
client.log_evaluations(SpanEvaluations(eval_name="correct", dataframe=spans))
found = {type(each).__name__: each for each in client.get_evaluations(project)}
frames = {kind: each.dataframe.astype(object).where(each.dataframe.notna(), None) for kind, each in found.items()}
print(json.dumps({
    "names": {kind: each.eval_name for kind, each in found.items()},
    "index": {kind: list(frame.index.names) for kind, frame in frames.items()},
    "rows": {kind: sorted([[str(index), row.label, row.score, row.explanation] for index, row in frame.iterrows()])
             for kind, frame in frames.items()},
    "nothing": client.get_evaluations("unheard-of"),
}))
""",
    )
    assert answer["names"] == {
        "SpanEvaluations": "correct",
        "DocumentEvaluations": "relevance",
        "TraceEvaluations": "outcome",
    }
    assert answer["index"] == {
        "SpanEvaluations": ["context.span_id"],
        "DocumentEvaluations": ["context.span_id", "document_position"],
        "TraceEvaluations": ["context.trace_id"],
    }
    assert answer["rows"] == {
        "SpanEvaluations": [[RETRIEVER_ID, "good", 1.0, "because"], [LLM_ID, None, None, None]],
        "DocumentEvaluations": [
            [str((RETRIEVER_ID, 0)), None, 1.0, None],
            [str((RETRIEVER_ID, 1)), None, 0.0, None],
        ],
        "TraceEvaluations": [[TRACE_ID, "solved", None, None]],
    }
    assert answer["nothing"] == []


def test_evaluations_are_annotations_of_judges(server: Server, say: Say) -> None:
    say(
        """
from phoenix.trace import SpanEvaluations
frame = pd.DataFrame({"span_id": [llm_id], "score": [0.5]})
client.log_evaluations(SpanEvaluations(eval_name="tone", dataframe=frame))
print("{}")
""",
    )
    (found,) = annotations(server, "span", span_ids=LLM_ID, include_annotation_names="tone")
    assert found["annotator_kind"] == "LLM"
    assert found["identifier"] == ""
    assert found["source"] == "API"
    assert found["result"] == {"label": None, "score": 0.5, "explanation": None}


def test_an_empty_frame_is_no_error(server: Server, say: Say) -> None:
    say(
        """
from phoenix.trace import SpanEvaluations
frame = pd.DataFrame({"context.span_id": pd.Series([], dtype=str), "score": pd.Series([], dtype=float)})
client.log_evaluations(SpanEvaluations(eval_name="empty", dataframe=frame))
print("{}")
""",
    )
    assert annotations(server, "span", span_ids=LLM_ID, include_annotation_names="empty") == []


def test_protobuf_of_the_old_package(server: Server, say: Say) -> None:
    said = say(
        """
import gzip, httpx
from google.protobuf.wrappers_pb2 import DoubleValue, StringValue
from phoenix.trace.v1 import Evaluation
Subject, Result = Evaluation.SubjectId, Evaluation.Result
def send(name, subject, result, compress=True):
    body = Evaluation(name=name, subject_id=subject, result=result).SerializeToString()
    headers = {"content-type": "application/x-protobuf"}
    if compress:
        body, headers["content-encoding"] = gzip.compress(body), "gzip"
    return httpx.post(sys.argv[1] + "/v1/evaluations", content=body, headers=headers).status_code
good = Result(score=DoubleValue(value=0.0), label=StringValue(value=""), explanation=StringValue(value="why"))
document = Subject.DocumentRetrievalId(span_id=retriever_id, document_position=1)
print(json.dumps({"codes": [
    send("old", Subject(span_id=llm_id), good),
    send("old", Subject(trace_id=trace_id), Result(label=StringValue(value="x")), compress=False),
    send("old", Subject(document_retrieval_id=document), Result(score=DoubleValue(value=2.5))),
    send(" ", Subject(span_id=llm_id), good),
]}))
""",
    )
    assert said["codes"] == [200, 200, 200, 422]
    (of_span,) = annotations(server, "span", span_ids=LLM_ID, include_annotation_names="old")
    (of_trace,) = annotations(server, "trace", trace_ids=TRACE_ID, include_annotation_names="old")
    (of_document,) = annotations(server, "document", span_ids=RETRIEVER_ID, include_annotation_names="old")
    assert of_span["result"] == {"label": "", "score": 0.0, "explanation": "why"}
    assert of_trace["result"] == {"label": "x", "score": None, "explanation": None}
    assert of_document["result"] == {"label": None, "score": 2.5, "explanation": None}
    assert of_document["document_position"] == 1


def test_traces_move_from_one_project_to_another(say: Say) -> None:
    """`log_traces` sends what `get_spans_dataframe` gave, with its evaluations."""
    copied = "00000000000000c1"
    answer = say(
        f"""
from phoenix.trace import TraceDataset
frame = client.get_spans_dataframe("span_kind == 'LLM'", project_name=project).reset_index(drop=True)
frame["context.span_id"] = "{copied}"
frame["context.trace_id"] = "000000000000000000000000000000c1"
client.log_traces(TraceDataset(frame), project_name="copy")
moved = client.get_spans_dataframe(project_name="copy")
dataset = client.get_trace_dataset(project_name="copy")
print(json.dumps({{"ids": list(moved["context.span_id"]), "outputs": list(moved["attributes.output.value"]),
                  "dataset": len(dataset.dataframe)}}))
""",
    )
    assert answer == {"ids": [copied], "outputs": ["boots"], "dataset": 1}


def test_datasets(say: Say) -> None:
    answer = say(
        """
import tempfile, pathlib
frame = pd.DataFrame({"q": ["2+2?", "ü 🧪"], "n": [1, 2], "answer": ["4", None], "tags": [["a", "b"], []]})
made = client.upload_dataset(
    dataset_name="by frame", dataframe=frame, input_keys=["q", "n"], output_keys=["answer"], metadata_keys=["tags"],
    dataset_description="of the exam",
)
file = pathlib.Path(tempfile.mkdtemp()) / "examples.csv"
frame[["q", "answer"]].to_csv(file, index=False)
by_file = client.upload_dataset(dataset_name="by file", csv_file_path=file)
by_json = client.upload_dataset(
    dataset_name="by json", inputs=[{"q": 1}], outputs=[{"a": {"b": [1]}}], metadata=[{"m": 1}]
)
grown = client.append_to_dataset(
    dataset_name="by json", inputs=[{"q": 2}, {"q": 1}], outputs=[{}, {"a": {"b": [1]}}], metadata=[{}, {"m": 1}]
)
try:
    client.upload_dataset(dataset_name="by json", inputs=[{"q": 1}])
    refused = None
except Exception as error:
    refused = str(error)
versions = client.get_dataset_versions(grown.id)
old = client.get_dataset(name="by json", version_id=by_json.version_id)
newest = client.get_dataset(name="by json")
show = lambda dataset: [[each.input, each.output, each.metadata] for each in dataset.examples.values()]
print(json.dumps({
    "frame": show(made), "file": show(by_file), "json": show(by_json), "grown": show(grown),
    "old": show(old) == show(by_json), "newest": show(newest) == show(grown), "refused": refused,
    "versions": list(versions.index) == [grown.version_id, by_json.version_id],
    "rows": len(made.as_dataframe()), "by id": show(client.get_dataset(id=made.id)) == show(made),
}, default=lambda value: dict(value) if hasattr(value, "items") else list(value)))
""",
    )
    assert answer["frame"] == [
        [{"q": "2+2?", "n": 1}, {"answer": "4"}, {"tags": ["a", "b"]}],
        [{"q": "ü 🧪", "n": 2}, {"answer": None}, {"tags": []}],
    ]
    assert answer["file"] == [[{"q": "2+2?"}, {"answer": "4"}, {}], [{"q": "ü 🧪"}, {}, {}]]
    assert answer["json"] == [[{"q": 1}, {"a": {"b": [1]}}, {"m": 1}]]
    assert answer["grown"] == [*answer["json"], [{"q": 2}, {}, {}]]
    assert answer["old"] is answer["newest"] is answer["versions"] is answer["by id"] is True
    assert "already exists" in str(answer["refused"])
    assert answer["rows"] == 2
