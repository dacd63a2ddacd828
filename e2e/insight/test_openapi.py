"""What the insight routes answer is what `/openapi.json` says."""

from collections.abc import Iterator

import httpx

from ..clients.helpers import HTTP, a_rag_trace, id_of, send
from ..clients.test_openapi import INSIGHT, operations, untrue
from ..server import Server


def calls(http: httpx.Client, project: str) -> Iterator[tuple[str, int, httpx.Response]]:
    api, nothing = f"/v1/projects/{project}", "/v1/projects/nothing"
    for operation, path, bad in (
        ("list_annotation_summaries", "annotation_summaries", "target_kind=x"),
        ("get_annotation_series", "annotation_summaries/series?start_time=2026-03-01&end_time=2026-03-03", "bucket=x"),
        ("get_score_distribution", "annotation_summaries/distribution?name=n", "low=1&high=1"),
        ("list_disagreements", "disagreements?limit=1", "cursor=x"),
        ("get_retrieval_metrics", "retrieval_metrics?name=n", "k=0"),
        ("list_span_retrieval_metrics", "retrieval_metrics/spans?name=n", "k=0"),
        ("get_retrieval_ranks", "retrieval_metrics/ranks?name=n", "k=0"),
        ("get_annotation_matrix", "annotation_matrix?name=n", "columns=HUMAN"),
        ("get_annotation_shares", "annotation_shares?name=n&by=llm.model_name", "target_kind=x"),
        ("list_filter_values", "filter/values?field=name", "limit=0"),
        ("export_items", "export?format=csv", "target_kind=x"),
        ("get_span_series", "span_series?start_time=2026-03-01&end_time=2026-03-03", "bucket=x"),
    ):
        yield operation, 200, http.get(f"{api}/{path}")
        yield operation, 404, http.get(f"{nothing}/{path}")
        yield operation, 422, http.get(f"{api}/{path}{'&' if '?' in path else '?'}{bad}")
    yield "list_annotation_summaries", 400, http.get(f"{api}/annotation_summaries?filter=nothing[")
    yield "get_annotation_series", 400, http.get(f"{api}/annotation_summaries/series?filter=nothing[")
    yield "get_score_distribution", 400, http.get(f"{api}/annotation_summaries/distribution?name=n&filter=nothing[")
    yield "get_annotation_matrix", 200, http.get(f"{api}/annotation_matrix?name=nothing&rows=LLM&columns=CODE")
    yield "get_annotation_shares", 400, http.get(f"{api}/annotation_shares?name=n&by=latency_ms")
    yield "list_filter_values", 400, http.get(f"{api}/filter/values?field=nothing[")
    yield "export_items", 400, http.get(f"{api}/export?filter=nothing[")
    yield "export_chosen_items", 200, http.post(f"{api}/export", json={"ids": []})
    yield "export_chosen_items", 400, http.post(f"{api}/export", json={"filter": "nothing["})
    yield "export_chosen_items", 404, http.post(f"{nothing}/export", json={})
    yield "export_chosen_items", 422, http.post(f"{api}/export", json={"ids": ["no id"]})
    for kind in ("span", "trace", "session"):
        yield "get_filter_vocabulary", 200, http.get(f"/v1/filter/vocabulary?target_kind={kind}")
    yield "get_filter_vocabulary", 422, http.get("/v1/filter/vocabulary?target_kind=x")
    for condition in ("name == 'x' and span_kind == 'LLM'", "annotations['q'].lable == 1", "=", ""):
        yield "check_filter", 200, http.get("/v1/filter/check", params={"filter": condition})
    hinted = {"filter": "nowhere == 1 and annotations['nobody']", "project": "told"}
    yield "check_filter", 200, http.get("/v1/filter/check", params=hinted)
    yield "check_filter", 404, http.get("/v1/filter/check", params={**hinted, "project": "nothing"})
    yield "check_filter", 422, http.get("/v1/filter/check")
    yield "list_dead_letters", 200, http.get("/v1/dead_letters")
    yield "list_dead_letters", 422, http.get("/v1/dead_letters?cursor=x")
    letter = http.get("/v1/dead_letters").json()["data"][0]["id"]
    yield "get_dead_letter", 200, http.get(f"/v1/dead_letters/{letter}")
    yield "get_dead_letter", 404, http.get("/v1/dead_letters/RGVhZExldHRlcjo5OTk5OQ==")
    yield "get_dead_letter", 422, http.get("/v1/dead_letters/x")
    yield "get_stats", 200, http.get("/v1/stats")
    yield "get_metrics", 200, http.get("/metrics")


def test_they_answer_as_documented(server: Server) -> None:
    spans = send(server, "told", a_rag_trace())
    said = [
        {"span_id": id_of(span), "name": "n", "annotator_kind": "HUMAN", "identifier": who, "result": result}
        for span in spans
        for who, result in (("x", {"label": "a", "score": 1}), ("y", {"label": "b", "score": 0}), ("z", {}))
    ]
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": said}).raise_for_status()
    documents = [
        {
            "span_id": id_of(spans[1]),
            "document_position": n,
            "name": "n",
            "annotator_kind": "LLM",
            "result": {"score": n},
        }
        for n in (0, 1)
    ]
    HTTP.post(f"{server.base_url}/v1/document_annotations?sync=true", json={"data": documents}).raise_for_status()
    bad = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "no ids"}]}]}]}
    HTTP.post(f"{server.base_url}/v1/traces", json=bad).raise_for_status()

    document = HTTP.get(f"{server.base_url}/openapi.json").json()
    documented = {operation["operationId"]: operation for _, _, operation in operations(document)}
    wrong, asked = [], {("stream_events", 200), ("stream_events", 503)}  # one never ends, one cannot be had on purpose
    with httpx.Client(base_url=server.base_url, verify=False, trust_env=False) as http:
        for operation_id, status, response in calls(http, "told"):
            asked.add((operation_id, status))
            if response.status_code != status:
                wrong.append(f"{operation_id} answered {response.status_code}, not {status}: {response.text[:200]}")
            answer = documented[operation_id]["responses"][str(status)]
            wrong += [f"{operation_id}: {status} {each}" for each in untrue(document, answer, response)]
    assert not wrong, "\n".join(wrong)
    assert asked == {
        (operation_id, int(status))
        for operation_id, operation in documented.items()
        if INSIGHT.intersection(operation["tags"])
        for status in operation["responses"]
    }, "every documented answer is had at least once"
