"""arize-phoenix-client 1.31, the last with `client.annotations`, against our server."""

import json

import httpx

from ..server import Server
from .environments import PHOENIX_CLIENT_1, Interpreter
from .spans import LLM_ID, PROJECT, RETRIEVER_ID, SESSION_ID, TRACE_ID, post_spans

PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pandas as pd
from phoenix.client import Client
base_url, llm_id, retriever_id, trace_id, session_id = sys.argv[1:]
client = Client(base_url=base_url)
added = client.annotations.add_span_annotation(
    span_id=llm_id, annotation_name="tone", annotator_kind="HUMAN", label="kind", score=1.0, sync=True)
logged = client.annotations.log_span_annotations(
    span_annotations=[{"span_id": each, "name": "length", "annotator_kind": "CODE", "result": {"score": 3}}
                      for each in (llm_id, retriever_id)], sync=True)
frame = pd.DataFrame({"span_id": [llm_id, retriever_id], "label": ["a", "b"]})
client.annotations.log_span_annotations_dataframe(
    dataframe=frame, annotation_name="letter", annotator_kind="LLM", sync=False)
client.traces.add_trace_annotation(trace_id=trace_id, annotation_name="whole", annotator_kind="HUMAN", label="ok")
client.sessions.add_session_annotation(
    session_id=session_id, annotation_name="whole", annotator_kind="HUMAN", label="ok")
client.spans.add_document_annotation(
    span_id=retriever_id, document_position=0, annotation_name="whole", annotator_kind="HUMAN", label="ok")
back = client.spans.get_span_annotations_dataframe(span_ids=[llm_id], project_identifier="shop")
print(json.dumps({"added": added["id"], "logged": [each["id"] for each in logged],
                  "names": sorted(back["annotation_name"])}))
"""


def test_annotations_resource(server: Server) -> None:
    post_spans(server.base_url)
    with Interpreter(PHOENIX_CLIENT_1) as old_python:
        said = old_python.run(PROGRAM, server.base_url, LLM_ID, RETRIEVER_ID, TRACE_ID, SESSION_ID)
    answer = json.loads(said.splitlines()[-1])
    rows = httpx.get(f"{server.base_url}/v1/projects/{PROJECT}/annotations").raise_for_status().json()["data"]
    ids = {(row["target"]["kind"], row["target"]["id"], row["name"]): row["id"] for row in rows}
    assert answer["added"] == ids["span", LLM_ID, "tone"]
    assert answer["logged"] == [ids["span", LLM_ID, "length"], ids["span", RETRIEVER_ID, "length"]]
    assert answer["names"] == ["length", "letter", "tone"]
    assert set(ids) >= {
        ("trace", TRACE_ID, "whole"),
        ("session", SESSION_ID, "whole"),
        ("document", RETRIEVER_ID, "whole"),
    }
