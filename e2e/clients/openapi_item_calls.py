"""Calls of what the page looks at and writes: items, review batches, whole spans, annotations of any kind."""

from collections.abc import Iterator

import httpx

from .helpers import Json, a_rag_trace, a_span, id_of

Call = tuple[str, int, httpx.Response]

NO_PROJECT = "/v1/projects/nothing"
KINDS = ("span", "trace", "session")


def _sent(http: httpx.Client, project: str) -> list[Json]:
    spans = [*a_rag_trace(), a_span(attributes={"llm.cost.total": 1e308}, status_code="ERROR")]
    http.post(f"/v1/projects/{project}/spans", json={"data": spans}).raise_for_status()
    return spans


def _put(span_id: str, **fields: object) -> Json:
    target = {"kind": "span", "id": span_id}
    return {"data": [{"target": target, "name": "tone", "annotator_kind": "HUMAN", "identifier": "app:Ada", **fields}]}


def items(http: httpx.Client, project: str) -> Iterator[Call]:
    span_id = id_of(_sent(http, project)[0])
    http.put("/v1/annotations", json=_put(span_id, result={"label": "kind", "score": 1})).raise_for_status()
    lists = (("list_items", "items"), ("count_items", "items/count"), ("list_review_items", "review_items"))
    for operation, path in lists:
        url, who = f"/v1/projects/{project}/{path}", {"annotator": "app:Ada"}
        for kind in KINDS:
            yield operation, 200, http.get(url, params={"target_kind": kind, **who})
        yield operation, 400, http.get(url, params={"target_kind": "span", "filter": "nothing[", **who})
        yield operation, 404, http.get(f"{NO_PROJECT}/{path}", params={"target_kind": "span", **who})
        yield operation, 422, http.get(url, params={"target_kind": "trace", "roots_only": True, **who})
        yield operation, 422, http.get(url, params={"target_kind": "document", **who})
    url = f"/v1/projects/{project}/items"
    yield "list_items", 200, http.get(url, params={"target_kind": "trace", "sort": "latency", "order": "asc"})
    yield "list_items", 422, http.get(url, params={"target_kind": "span", "sort": "latency"})
    yield "list_items", 422, http.get(url, params={"target_kind": "span", "cursor": "x"})
    of_others = {"target_kind": "span", "annotator": "app:Bo", "id": [span_id, "x"]}
    yield "list_review_items", 200, http.get(f"/v1/projects/{project}/review_items", params=of_others)
    yield "list_project_figures", 200, http.get("/v1/project_figures")
    yield "list_project_figures", 422, http.get("/v1/project_figures", params={"start_time": "x"})


def whole_items(http: httpx.Client, project: str) -> Iterator[Call]:
    for span in _sent(http, project):
        yield "get_span", 200, http.get(f"/v1/spans/{id_of(span)}")
        yield "get_trace", 200, http.get(f"/v1/traces/{span['context']['trace_id']}")
    yield "get_span", 404, http.get("/v1/spans/x")
    yield "get_trace", 404, http.get("/v1/traces/00")


def annotation_writes(http: httpx.Client, project: str) -> Iterator[Call]:
    span_id = id_of(_sent(http, project)[0])
    url = "/v1/annotations"

    yield "put_annotations", 200, http.put(url, json=_put(span_id, result={"label": "kind"}, if_updated_at=None))
    yield "put_annotations", 200, http.put(url, json={"data": []})
    yield "put_annotations", 409, http.put(url, json=_put(span_id, if_updated_at=None))
    stale = _put(span_id, name="new", if_updated_at="2026-01-01T00:00:00Z")
    yield "put_annotations", 409, http.put(url, json=stale)
    yield "put_annotations", 404, http.put(url, json=_put("ffffffffffffffff"))
    yield "put_annotations", 422, http.put(url, json=_put(span_id, source="NOBODY"))
    everything: Json = {"project": project, "filter": {}}
    removed = http.post(f"{url}/delete", json=everything)
    yield "remove_annotations", 200, removed
    yield "remove_annotations", 200, http.post(f"{url}/delete", json=everything)
    yield "remove_annotations", 404, http.post(f"{url}/delete", json={"project": "nothing", "filter": {}})
    yield "remove_annotations", 422, http.post(f"{url}/delete", json={"ids": ["x"]})
    yield "restore_annotations", 200, http.post(f"{url}/restore", json={"removal_id": removed.json()["removal_id"]})
    never = "QW5ub3RhdGlvblJlbW92YWw6OTk5OTk5"  # AnnotationRemoval:999999
    yield "restore_annotations", 404, http.post(f"{url}/restore", json={"removal_id": never})
    yield "restore_annotations", 422, http.post(f"{url}/restore", json={"removal_id": "x"})
