"""A call for every documented operation, with every status that can be had on purpose: a function for each resource."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx

from .helpers import Json, a_rag_trace, a_span, id_of, new_span_id, new_trace_id
from .openapi_dataset_calls import datasets
from .openapi_experiment_calls import experiments
from .openapi_item_calls import annotation_writes, items, whole_items
from .openapi_prompt_calls import prompts

Call = tuple[str, int, httpx.Response]
"""An operation, the status that it is to answer, and what it answered."""

NO_PROJECT = "/v1/projects/nothing"
DAY = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"}


def calls(http: httpx.Client, project: str) -> Iterator[Call]:
    """All of them. Each resource has projects of its own, whose names begin with this one."""
    for resource in (
        system,
        projects,
        spans,
        traces,
        trace_transfer,
        sessions,
        span_annotations,
        trace_annotations,
        session_annotations,
        document_annotations,
        span_notes,
        trace_notes,
        session_notes,
        annotations_of_a_project,
        single_annotations,
        annotation_configs,
        annotation_config_versions,
        project_annotation_configs,
        prompts,
        retention_policies,
        project_retention,
        items,
        whole_items,
        annotation_writes,
        datasets,
        experiments,
    ):
        yield from resource(http, f"{project}-{resource.__name__}")


def system(http: httpx.Client, _: str) -> Iterator[Call]:
    yield "healthz", 200, http.get("/healthz")
    yield "readyz", 200, http.get("/readyz")
    yield "phoenix_version", 200, http.get("/arize_phoenix_version")


# --- projects ---------------------------------------------------------------------------------------------------------


def projects(http: httpx.Client, project: str) -> Iterator[Call]:
    one = f"/v1/projects/{project}"

    yield "create_project", 200, http.post("/v1/projects", json={"name": project})
    yield "create_project", 409, http.post("/v1/projects", json={"name": project})
    yield "create_project", 422, http.post("/v1/projects", json={})
    yield "list_projects", 200, http.get("/v1/projects", params={"limit": 1})
    yield "list_projects", 422, http.get("/v1/projects", params={"cursor": "x"})
    yield "list_projects", 422, http.get("/v1/projects", params={"limit": 0})
    yield "get_project", 200, http.get(one)
    yield "get_project", 404, http.get(NO_PROJECT)
    yield "update_project", 200, http.put(one, json={"description": "d"})
    yield "update_project", 404, http.put(NO_PROJECT, json={"description": "d"})
    yield "update_project", 422, http.put(one, json={"description": 5})
    yield "update_project", 409, http.put(one, json={"name": "default"})
    yield "update_project", 403, http.put("/v1/projects/default", json={"name": f"{project}-renamed"})
    yield "delete_project", 204, http.delete(one)
    yield "delete_project", 403, http.delete("/v1/projects/default")
    yield "delete_project", 404, http.delete(NO_PROJECT)


# --- spans, traces, sessions ------------------------------------------------------------------------------------------


def spans(http: httpx.Client, project: str) -> Iterator[Call]:
    url = f"/v1/projects/{project}/spans"
    span = _telling_span()
    gone = "/v1/projects/UHJvamVjdDo5OTk5OTk%3D/spans"

    yield "create_spans", 202, http.post(url, json={"data": [span, a_span()]})
    yield "create_spans", 400, http.post(url, json={"data": [span]})
    yield "create_spans", 404, http.post(gone, json={"data": [a_span()]})
    yield "create_spans", 422, http.post(url, json={"data": [{}]})
    for operation, listed in (("list_spans", url), ("span_search", f"{url}/otlpv1")):
        yield operation, 200, http.get(listed)
        yield operation, 200, http.get(listed, params={"limit": 1})
        yield operation, 404, http.get(listed.replace(project, "nothing"))
        yield operation, 422, http.get(listed, params={"span_kind": "x"})
        yield operation, 422, http.get(listed, params={"start_time": "x"})
        yield operation, 422, http.get(listed, params={"cursor": "x"})
        yield operation, 422, http.get(listed, params={"limit": 0})
    yield "delete_span", 204, http.delete(f"/v1/spans/{id_of(span)}")
    yield "delete_span", 404, http.delete(f"/v1/spans/{id_of(span)}")


def traces(http: httpx.Client, project: str) -> Iterator[Call]:
    url, nowhere = f"/v1/projects/{project}/traces", f"{NO_PROJECT}/traces"
    trace_id = _trace_of(_sent(http, project, a_rag_trace()))
    _sent(http, project, [a_span(status_code="ERROR")])
    costly = a_span(attributes={"llm.cost.total": 1e308})
    _sent(http, project, [costly, a_span(attributes={"llm.cost.total": 1e308}, trace_id=_trace_of([costly]))])

    yield "list_project_traces", 200, http.get(url)
    yield "list_project_traces", 200, http.get(url, params={"limit": 1, "include_spans": True, "sort": "latency_ms"})
    yield "list_project_traces", 200, http.get(url, params={"filter": "error_count == 0", **DAY})
    yield "list_project_traces", 400, http.get(url, params={"filter": "nothing == 1"})
    yield "list_project_traces", 404, http.get(nowhere)
    yield "list_project_traces", 422, http.get(url, params={"cursor": "x"})
    yield "list_project_traces", 422, http.get(url, params={"sort": "x"})
    yield "delete_trace", 204, http.delete(f"/v1/traces/{trace_id}")
    yield "delete_trace", 404, http.delete(f"/v1/traces/{trace_id}")
    yield "delete_project_traces", 422, http.delete(url)
    yield "delete_project_traces", 422, http.delete(url, params=DAY | {"start_time": DAY["end_time"]})
    yield "delete_project_traces", 404, http.delete(nowhere, params=DAY)
    yield "delete_project_traces", 204, http.delete(url, params=DAY)


def trace_transfer(http: httpx.Client, project: str) -> Iterator[Call]:
    url, there = "/v1/traces/transfer", f"{project}-there"
    trace_ids = [_trace_of(_sent(http, project, a_rag_trace()))]
    _sent(http, there, [a_span()])
    move = {"trace_identifiers": trace_ids, "destination_project_identifier": there}

    yield "transfer_traces", 404, http.post(url, json=move | {"destination_project_identifier": "nothing"})
    yield "transfer_traces", 404, http.post(url, json=move | {"trace_identifiers": [new_trace_id()]})
    yield "transfer_traces", 422, http.post(url, json=move | {"trace_identifiers": []})
    yield "transfer_traces", 200, http.post(url, json=move)


def sessions(http: httpx.Client, project: str) -> Iterator[Call]:
    url = f"/v1/projects/{project}/sessions"
    names = [_with_session(http, project) for _ in range(3)]
    several = "/v1/sessions/delete"
    global_id = http.get(f"/v1/sessions/{names[1]}").json()["data"]["id"]

    yield "list_project_sessions", 200, http.get(url)
    yield "list_project_sessions", 200, http.get(url, params={"limit": 1, "order": "desc"})
    yield "list_project_sessions", 200, http.get(url, params={"filter": "num_traces == 1"})
    yield "list_project_sessions", 400, http.get(url, params={"filter": "nothing == 1"})
    yield "list_project_sessions", 404, http.get(f"{NO_PROJECT}/sessions")
    yield "list_project_sessions", 422, http.get(url, params={"cursor": "x"})
    yield "list_project_sessions", 422, http.get(url, params={"order": "x"})
    yield "get_session", 200, http.get(f"/v1/sessions/{names[0]}")
    yield "get_session", 404, http.get("/v1/sessions/nothing")
    turns = f"/v1/sessions/{names[1]}/turns"
    yield "list_session_turns", 200, http.get(turns)
    yield "list_session_turns", 200, http.get(turns, params={"limit": 1})
    yield "list_session_turns", 404, http.get("/v1/sessions/nothing/turns")
    yield "list_session_turns", 422, http.get(turns, params={"cursor": "x"})
    yield "list_session_turns", 422, http.get(turns, params={"limit": 1000})
    yield "delete_session", 204, http.delete(f"/v1/sessions/{names[0]}")
    yield "delete_session", 404, http.delete(f"/v1/sessions/{names[0]}")
    yield "delete_sessions", 422, http.post(several, json={"session_identifiers": []})
    yield "delete_sessions", 422, http.post(several, json={"session_identifiers": [names[1], global_id]})
    yield "delete_sessions", 422, http.post(several, json={"session_identifiers": 5})
    yield "delete_sessions", 204, http.post(several, json={"session_identifiers": names[1:]})


# --- annotations ------------------------------------------------------------------------------------------------------


def span_annotations(http: httpx.Client, project: str) -> Iterator[Call]:
    span_id = id_of(_sent(http, project, [a_span()])[0])
    yield from _annotations(http, project, "span", {"span_id": span_id}, {"span_id": new_span_id()})


def trace_annotations(http: httpx.Client, project: str) -> Iterator[Call]:
    trace_id = _trace_of(_sent(http, project, [a_span()]))
    yield from _annotations(http, project, "trace", {"trace_id": trace_id}, {"trace_id": new_trace_id()})


def session_annotations(http: httpx.Client, project: str) -> Iterator[Call]:
    name = _with_session(http, project)
    yield from _annotations(http, project, "session", {"session_id": name}, {"session_id": "nothing"})


def document_annotations(http: httpx.Client, project: str) -> Iterator[Call]:
    retriever = id_of(_sent(http, project, a_rag_trace())[1])
    target = {"span_id": retriever, "document_position": 1}
    yield from _annotations(http, project, "document", target, target | {"span_id": new_span_id()})
    beyond = _annotation(target | {"document_position": 2})
    url = "/v1/document_annotations?sync=true"
    yield "create_document_annotations", 422, http.post(url, json={"data": [beyond]})


def _annotations(http: httpx.Client, project: str, kind: str, target: Json, unknown: Json) -> Iterator[Call]:
    """What the four kinds of target have alike. `target` and `unknown` are its fields in a body."""
    create, shown, delete = f"create_{kind}_annotations", f"list_{kind}_annotations", f"delete_{kind}_annotations"
    url, listed = f"/v1/{kind}_annotations", f"/v1/projects/{project}/{kind}_annotations"
    nowhere = f"{NO_PROJECT}/{kind}_annotations"
    id_field = next(iter(target))
    ids, unknown_ids = {f"{id_field}s": target[id_field]}, {f"{id_field}s": unknown[id_field]}
    annotation = _annotation(target)
    in_vain = annotation | ({"document_position": -1} if kind == "document" else {"name": "note"})

    yield create, 200, http.post(f"{url}?sync=true", json={"data": [annotation]})
    yield create, 200, http.post(url, json={"data": [annotation | {"identifier": "other"}]})
    yield create, 422 if kind == "document" else 400, http.post(url, json={"data": [in_vain]})
    yield create, 404, http.post(f"{url}?sync=true", json={"data": [annotation | unknown]})
    yield create, 422, http.post(url, json={"data": [annotation | {"name": 5}]})
    yield shown, 200, http.get(listed, params=ids)
    yield shown, 200, http.get(listed, params=ids | {"limit": 1})
    yield shown, 404, http.get(listed, params=unknown_ids)
    yield shown, 404, http.get(nowhere, params=ids)
    yield shown, 422, http.get(listed)
    yield shown, 422, http.get(listed, params=ids | {"limit": 0})
    yield shown, 422, http.get(listed, params=ids | {"cursor": "x"})
    yield delete, 422, http.delete(listed)
    yield delete, 404, http.delete(nowhere, params={"delete_all": True})
    yield delete, 204, http.delete(listed, params={"delete_all": True})


def span_notes(http: httpx.Client, project: str) -> Iterator[Call]:
    span_id = id_of(_sent(http, project, [a_span()])[0])
    yield from _notes(http, "span", span_id, new_span_id())


def trace_notes(http: httpx.Client, project: str) -> Iterator[Call]:
    trace_id = _trace_of(_sent(http, project, [a_span()]))
    yield from _notes(http, "trace", trace_id, new_trace_id())


def session_notes(http: httpx.Client, project: str) -> Iterator[Call]:
    yield from _notes(http, "session", _with_session(http, project), "nothing")


def _notes(http: httpx.Client, kind: str, target: str, unknown: str) -> Iterator[Call]:
    operation, url = f"create_{kind}_note", f"/v1/{kind}_notes"
    note = {f"{kind}_id": target, "note": "n"}

    yield operation, 200, http.post(url, json={"data": note})
    yield operation, 404, http.post(url, json={"data": note | {f"{kind}_id": unknown}})
    yield operation, 422, http.post(url, json={"data": note | {"note": " "}})


def annotations_of_a_project(http: httpx.Client, project: str) -> Iterator[Call]:
    _annotated_everywhere(http, project)
    url = f"/v1/projects/{project}/annotations"

    yield "list_annotations", 200, http.get(url)
    yield "list_annotations", 200, http.get(url, params={"limit": 1})
    yield "list_annotations", 200, http.get(url, params={"target_kind": "document", "min_score": 0.5})
    yield "list_annotations", 404, http.get(f"{NO_PROJECT}/annotations")
    yield "list_annotations", 422, http.get(url, params={"target_kind": "x"})
    yield "list_annotations", 422, http.get(url, params={"cursor": "x"})
    early = {"span_id": new_span_id(), "name": "early", "annotator_kind": "HUMAN", "result": {"label": "yes"}}
    http.post("/v1/span_annotations", json={"data": [early]}).raise_for_status()
    yield "list_waiting_annotations", 200, http.get("/v1/annotations/waiting")
    yield "list_waiting_annotations", 422, http.get("/v1/annotations/waiting", params={"cursor": "x"})


def single_annotations(http: httpx.Client, project: str) -> Iterator[Call]:
    one, *others = (f"/v1/annotations/{quote(each, safe='')}" for each in _annotated_everywhere(http, project))

    for url in (one, *others):
        yield "get_annotation", 200, http.get(url)
        yield "list_annotation_history", 200, http.get(f"{url}/history")
    yield "update_annotation", 200, http.patch(one, json={"result": {"label": "other"}})
    yield "update_annotation", 200, http.patch(one, json={"result": None})
    yield "update_annotation", 200, http.patch(one, json={})
    yield "update_annotation", 422, http.patch(one, json={"metadata": 5})
    yield "update_annotation", 422, http.patch("/v1/annotations/x", json={})
    yield "list_annotation_history", 200, http.get(f"{one}/history")
    yield "delete_annotation", 204, http.delete(one)
    yield "list_annotation_history", 200, http.get(f"{one}/history")
    yield "get_annotation", 404, http.get(one)
    yield "update_annotation", 404, http.patch(one, json={"result": {"label": "other"}})
    yield "delete_annotation", 404, http.delete(one)
    never = quote("U3BhbkFubm90YXRpb246OTk5OTk5", safe="")  # SpanAnnotation:999999
    yield "list_annotation_history", 404, http.get(f"/v1/annotations/{never}/history")
    yield "list_annotation_history", 422, http.get("/v1/annotations/x/history")
    yield "get_annotation", 422, http.get("/v1/annotations/x")
    yield "delete_annotation", 422, http.delete("/v1/annotations/x")


# --- annotation configs -----------------------------------------------------------------------------------------------

CONFIG: Json = {
    "type": "CATEGORICAL",
    "description": None,
    "optimization_direction": "MAXIMIZE",
    "values": [{"label": "a", "score": 1}, {"label": "b"}],
}


def annotation_configs(http: httpx.Client, name: str) -> Iterator[Call]:
    url, named = "/v1/annotation_configs", CONFIG | {"name": name}
    made = http.post(url, json=named)
    one, gone = f"{url}/{_id_in(made)}", f"{url}/RnJlZWZvcm1Bbm5vdGF0aW9uQ29uZmlnOjk5OTk%3D"
    continuous = {"type": "CONTINUOUS", "name": f"{name}-1", "optimization_direction": "NONE", "lower_bound": 0}

    yield "create_annotation_config", 200, made
    yield "create_annotation_config", 200, http.post(url, json=continuous)
    yield "create_annotation_config", 200, http.post(url, json={"type": "FREEFORM", "name": f"{name}-2"})
    yield "create_annotation_config", 400, http.post(url, json=CONFIG | {"name": "x", "values": []})
    yield "create_annotation_config", 409, http.post(url, json=named)
    yield "create_annotation_config", 422, http.post(url, json={"type": "x"})
    yield "list_annotation_configs", 200, http.get(url)
    yield "list_annotation_configs", 422, http.get(url, params={"cursor": "x"})
    yield "get_annotation_config", 200, http.get(f"{url}/{name}")
    yield "get_annotation_config", 404, http.get(f"{url}/nothing")
    yield "update_annotation_config", 200, http.put(one, json=named)
    yield "update_annotation_config", 400, http.put(one, json=named | {"values": []})
    yield "update_annotation_config", 409, http.put(one, json=CONFIG | {"name": "user_feedback"})
    yield "update_annotation_config", 422, http.put(f"{url}/x", json=named)
    yield "update_annotation_config", 404, http.put(gone, json=CONFIG | {"name": f"{name}-gone"})
    yield "delete_annotation_config", 200, http.delete(one)
    yield "delete_annotation_config", 404, http.delete(one)
    yield "restore_annotation_config", 200, http.post(f"{one}/restore")
    yield "restore_annotation_config", 404, http.post(f"{gone}/restore")
    yield "restore_annotation_config", 422, http.post(f"{url}/x/restore")
    http.delete(one)
    http.post(url, json=named)
    yield "restore_annotation_config", 409, http.post(f"{one}/restore")
    yield "delete_annotation_config", 422, http.delete(f"{url}/x")


def annotation_config_versions(http: httpx.Client, name: str) -> Iterator[Call]:
    url = "/v1/annotation_configs"
    config_id = _id_in(http.post(url, json=CONFIG | {"name": name}))
    http.put(f"{url}/{config_id}", json={"type": "FREEFORM", "name": name, "threshold": 0.5})

    yield "list_annotation_config_versions", 200, http.get(f"{url}/{name}/versions")
    yield "list_annotation_config_versions", 404, http.get(f"{url}/nothing/versions")
    http.delete(f"{url}/{config_id}")
    yield "list_annotation_config_versions", 200, http.get(f"{url}/{config_id}/versions")
    yield "list_annotation_config_figures", 200, http.get("/v1/annotation_config_figures")


def project_annotation_configs(http: httpx.Client, project: str) -> Iterator[Call]:
    _sent(http, project, [a_span()])
    url, nowhere = f"/v1/projects/{project}/annotation_configs", f"{NO_PROJECT}/annotation_configs"
    made = http.post("/v1/annotation_configs", json=CONFIG | {"name": project})
    one, ids = f"{url}/{_id_in(made)}", {"annotation_config_ids": [made.json()["data"]["id"]]}

    yield "add_project_annotation_config", 200, http.put(one)
    yield "add_project_annotation_config", 404, http.put(f"{url}/nothing")
    yield "set_project_annotation_configs", 200, http.put(url, json=ids)
    yield "set_project_annotation_configs", 404, http.put(nowhere, json=ids)
    yield "set_project_annotation_configs", 422, http.put(url, json={"annotation_config_ids": ["x"]})
    yield "list_project_annotation_configs", 200, http.get(url)
    yield "list_annotation_config_projects", 200, http.get(f"/v1/annotation_configs/{project}/projects")
    yield "list_annotation_config_projects", 404, http.get("/v1/annotation_configs/nothing/projects")
    yield "list_project_annotation_configs", 404, http.get(nowhere)
    yield "list_project_annotation_configs", 422, http.get(url, params={"limit": 0})
    yield "remove_project_annotation_config", 204, http.delete(one)
    yield "remove_project_annotation_config", 404, http.delete(f"{url}/nothing")


# --- retention --------------------------------------------------------------------------------------------------------


def retention_policies(http: httpx.Client, name: str) -> Iterator[Call]:
    url, policy = "/v1/retention_policies", {"name": name, "max_days": 36500}
    made = http.post(url, json=policy)
    other = http.post(url, json={"name": f"{name}-2", "max_traces": 2**31})
    one = f"{url}/{_id_in(made)}"

    yield "create_retention_policy", 201, made
    yield "create_retention_policy", 201, other
    yield "create_retention_policy", 409, http.post(url, json=policy)
    yield "create_retention_policy", 422, http.post(url, json={"name": name})
    yield "list_retention_policies", 200, http.get(url)
    yield "list_retention_policies", 200, http.get(url, params={"limit": 1})
    yield "list_retention_policies", 422, http.get(url, params={"cursor": "x"})
    yield "get_retention_policy", 200, http.get(one)
    yield "get_retention_policy", 404, http.get(f"{url}/nothing")
    yield "update_retention_policy", 200, http.put(one, json=policy | {"max_traces": 1_000_000})
    yield "update_retention_policy", 404, http.put(f"{url}/nothing", json=policy)
    yield "update_retention_policy", 409, http.put(one, json=policy | {"name": f"{name}-2"})
    yield "update_retention_policy", 422, http.put(one, json=policy | {"max_days": 0})
    yield "delete_retention_policy", 204, http.delete(one)
    yield "delete_retention_policy", 404, http.delete(one)


def project_retention(http: httpx.Client, project: str) -> Iterator[Call]:
    _sent(http, project, [a_span()])
    url, operation = f"/v1/projects/{project}/retention", "set_project_retention_policy"
    made = http.post("/v1/retention_policies", json={"name": project, "max_days": 36500}).json()["data"]

    yield operation, 200, http.patch(url, json={"policy_id": made["id"]})
    yield operation, 200, http.patch(url, json={"policy_id": None})
    yield operation, 404, http.patch(f"{NO_PROJECT}/retention", json={"policy_id": None})
    yield operation, 422, http.patch(url, json={"policy_id": "x"})
    yield operation, 422, http.patch(url, json={})


# --- what they need ---------------------------------------------------------------------------------------------------


def _telling_span() -> Json:
    """A span that has something of everything."""
    return a_span(
        attributes={"input.value": "i", "llm.token_count.total": 1, "metadata": {"a": [1, {"b": None}]}},
        events=[{"name": "e", "timestamp": "2026-03-01T12:00:00Z", "attributes": {"n": 1}}],
    )


def _sent(http: httpx.Client, project: str, spans: list[Json]) -> list[Json]:
    assert http.post(f"/v1/projects/{project}/spans", json={"data": spans}).status_code == 202
    return spans


def _trace_of(spans: list[Json]) -> str:
    trace_id: str = spans[0]["context"]["trace_id"]
    return trace_id


def _with_session(http: httpx.Client, project: str) -> str:
    """The name of a new session of one span."""
    name = f"session-{new_span_id()}"
    _sent(http, project, [a_span(attributes={"session.id": name})])
    return name


def _annotation(target: Json) -> Json:
    return {"name": "n", "annotator_kind": "CODE", "result": {"score": 1}, "metadata": {"m": []}, **target}


def _annotated_everywhere(http: httpx.Client, project: str) -> list[str]:
    """The ids of annotations on a target of each kind."""
    session, spans = _with_session(http, project), _sent(http, project, a_rag_trace())
    targets: dict[str, Json] = {
        "span": {"span_id": id_of(spans[0])},
        "trace": {"trace_id": _trace_of(spans)},
        "session": {"session_id": session},
        "document": {"span_id": id_of(spans[1]), "document_position": 0},
    }
    ids = []
    for kind, target in targets.items():
        made = http.post(f"/v1/{kind}_annotations?sync=true", json={"data": [_annotation(target)]})
        ids += [each["id"] for each in made.json()["data"]]
    return ids


def _id_in(made: httpx.Response) -> str:
    """The id of what was made, as a path takes it."""
    return quote(made.json()["data"]["id"], safe="")
