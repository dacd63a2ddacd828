"""A call for every documented operation of datasets, with every status that can be had on purpose."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx

from .helpers import Json, a_rag_trace

Call = tuple[str, int, httpx.Response]

GONE = "RGF0YXNldDo5OTk5OTk="  # Dataset:999999
NO_VERSION = {"version_id": "RGF0YXNldFZlcnNpb246OTk5OTk5"}  # DatasetVersion:999999
NO_EXAMPLE = "RGF0YXNldEV4YW1wbGU6OTk5OTk5"  # DatasetExample:999999
FILES = {
    "export_dataset_csv": "csv",
    "export_dataset_jsonl": "jsonl",
    "export_dataset_openai_ft": "jsonl/openai_ft",
    "export_dataset_openai_evals": "jsonl/openai_evals",
}


def datasets(http: httpx.Client, name: str) -> Iterator[Call]:
    """All of them."""
    yield from _uploads(http, name)
    yield from _datasets(http, f"{name}-made")
    yield from _examples(http, name)
    yield from _files(http, name)
    yield from _splits(http, name)
    yield from _labels(http, name)
    yield from _from_items(http, name)
    yield "delete_dataset", 204, http.delete(f"/v1/datasets/{name}")
    yield "delete_dataset", 404, http.delete(f"/v1/datasets/{name}")


def _uploads(http: httpx.Client, name: str) -> Iterator[Call]:
    url, operation = "/v1/datasets/upload", "upload_dataset"
    examples: Json = {
        "inputs": [{"q": "one"}, {"q": {"deep": [1, None]}}],
        "outputs": [{"a": "1"}, {}],
        "metadata": [{}, {"m": True}],
        "splits": ["train", ["train", "test"]],
        "span_ids": ["7e2f08cb43bbf521", None],
        "example_ids": ["first", None],
    }
    form = {"name": f"{name}-file", "input_keys[]": ["q"], "output_keys[]": ["a"]}

    yield operation, 200, http.post(f"{url}?sync=true", json={"name": name, **examples})
    yield operation, 409, http.post(url, json={"name": name, **examples})
    yield operation, 200, http.post(url, json={"name": name, "action": "append", **examples})
    yield operation, 422, http.post(url, json={"name": name, "action": "zap", **examples})
    yield operation, 422, http.post(url, params={"sync": "perhaps"}, json={"name": name, **examples})
    csv = {"file": ("f.csv", b"q,a\n1,2\n", "text/csv")}
    yield operation, 200, http.post(f"{url}?sync=true", data=form, files=csv)
    yield operation, 422, http.post(url, data=form | {"action": "append", "metadata_keys[]": ["m"]}, files=csv)


def _datasets(http: httpx.Client, name: str) -> Iterator[Call]:
    url = "/v1/datasets"
    made = http.post(url, json={"name": name, "metadata": {"k": []}})
    one = f"{url}/{quote(made.json()['data']['id'], safe='')}"

    yield "create_dataset", 201, made
    yield "create_dataset", 409, http.post(url, json={"name": name})
    yield "create_dataset", 422, http.post(url, json={"name": " "})
    yield "list_datasets", 200, http.get(url, params={"limit": 1})
    yield "list_datasets", 200, http.get(url, params={"name": name})
    yield "list_datasets", 422, http.get(url, params={"cursor": "x"})
    yield "get_dataset", 200, http.get(one)
    yield "get_dataset", 404, http.get(f"{url}/{GONE}")
    yield "update_dataset", 200, http.patch(one, json={"description": "d", "metadata": {}})
    yield "update_dataset", 404, http.patch(f"{url}/{GONE}", json={})
    yield "update_dataset", 409, http.patch(one, json={"name": name.removesuffix("-made")})
    yield "update_dataset", 422, http.patch(one, json={"names": "x"})
    yield "list_dataset_versions", 200, http.get(f"{url}/{name.removesuffix('-made')}/versions", params={"limit": 1})
    yield "list_dataset_versions", 404, http.get(f"{url}/{GONE}/versions")
    yield "list_dataset_versions", 422, http.get(f"{one}/versions", params={"cursor": "x"})


def _examples(http: httpx.Client, name: str) -> Iterator[Call]:
    url = f"/v1/datasets/{name}/examples"
    nowhere = f"/v1/datasets/{GONE}/examples"
    listed, changed, got = "list_dataset_examples", "change_dataset_examples", "get_dataset_example"

    yield listed, 200, http.get(url)
    yield listed, 200, http.get(url, params={"limit": 1, "split": ["train", "test"]})
    yield listed, 404, http.get(url, params=NO_VERSION)
    yield listed, 404, http.get(nowhere)
    yield listed, 422, http.get(url, params={"version_id": "x"})
    yield listed, 422, http.get(url, params={"limit": 0})
    yield got, 200, http.get(f"{url}/first")
    yield got, 404, http.get(f"{url}/nothing")
    yield got, 404, http.get(f"{url}/{NO_EXAMPLE}")
    yield got, 422, http.get(f"{url}/first", params={"version_id": "x"})
    yield changed, 200, http.patch(url, json={"update": [{"id": "first", "output": {"a": "better"}}]})
    yield changed, 404, http.patch(url, json={"delete": [NO_EXAMPLE]})
    yield changed, 404, http.patch(nowhere, json={})
    yield changed, 422, http.patch(url, json={"update": [{"id": "first", "output": "better"}]})


def _files(http: httpx.Client, name: str) -> Iterator[Call]:
    for operation, ending in FILES.items():
        yield operation, 200, http.get(f"/v1/datasets/{name}/{ending}")
        yield operation, 404, http.get(f"/v1/datasets/{GONE}/{ending}")
        yield operation, 404, http.get(f"/v1/datasets/{name}/{ending}", params=NO_VERSION)
        yield operation, 422, http.get(f"/v1/datasets/{name}/{ending}", params={"version_id": "x"})


def _splits(http: httpx.Client, name: str) -> Iterator[Call]:
    url, nowhere, split = f"/v1/datasets/{name}/splits", f"/v1/datasets/{GONE}/splits", f"{name}-split"
    made = http.post(url, json={"name": split, "example_ids": ["first"], "color": "red", "metadata": {"k": 1}})
    one = f"{url}/{quote(made.json()['data']['id'], safe='')}"

    yield "create_dataset_split", 201, made
    yield "create_dataset_split", 404, http.post(url, json={"name": "x", "example_ids": [NO_EXAMPLE]})
    yield "create_dataset_split", 404, http.post(nowhere, json={"name": "x"})
    yield "create_dataset_split", 409, http.post(url, json={"name": split})
    yield "create_dataset_split", 422, http.post(url, json={"name": ""})
    yield "list_dataset_splits", 200, http.get(url, params={"limit": 1})
    yield "list_dataset_splits", 404, http.get(nowhere)
    yield "list_dataset_splits", 422, http.get(url, params={"cursor": "x"})
    yield "list_splits", 200, http.get("/v1/dataset_splits")
    yield "list_splits", 422, http.get("/v1/dataset_splits", params={"limit": 0})
    yield "update_dataset_split", 200, http.patch(one, json={"description": "d", "remove_example_ids": ["first"]})
    yield "update_dataset_split", 404, http.patch(one, json={"add_example_ids": ["nothing"]})
    yield "update_dataset_split", 409, http.patch(one, json={"name": "train"})
    yield "update_dataset_split", 422, http.patch(f"{url}/x", json={})
    yield "delete_dataset_split", 204, http.delete(one)
    yield "delete_dataset_split", 404, http.delete(one)
    yield "delete_dataset_split", 422, http.delete(f"{url}/x")


def _labels(http: httpx.Client, name: str) -> Iterator[Call]:
    url, of = "/v1/dataset_labels", f"/v1/datasets/{name}/labels"
    made = http.post(url, json={"name": f"{name}-1", "color": "#00cc88"})
    http.post(url, json={"name": f"{name}-2", "color": "#00cc88", "description": "d"})
    label_id = made.json()["data"]["id"]
    one, given = f"{url}/{quote(label_id, safe='')}", f"{of}/{quote(label_id, safe='')}"
    gone = f"{url}/RGF0YXNldExhYmVsOjk5OTk5OQ%3D%3D"  # DatasetLabel:999999

    yield "create_dataset_label", 201, made
    yield "create_dataset_label", 409, http.post(url, json={"name": f"{name}-1", "color": "#00cc88"})
    yield "create_dataset_label", 422, http.post(url, json={"name": "x", "color": "green"})
    yield "list_dataset_labels", 200, http.get(url, params={"limit": 1})
    yield "list_dataset_labels", 422, http.get(url, params={"cursor": "x"})
    yield "get_dataset_label", 200, http.get(one)
    yield "get_dataset_label", 404, http.get(gone)
    yield "get_dataset_label", 422, http.get(f"{url}/x")
    yield "update_dataset_label", 200, http.patch(one, json={"description": None})
    yield "update_dataset_label", 404, http.patch(gone, json={"name": "x"})
    yield "update_dataset_label", 409, http.patch(one, json={"name": f"{name}-2"})
    yield "update_dataset_label", 422, http.patch(one, json={})
    yield "set_labels_of_dataset", 200, http.put(of, json={"dataset_label_ids": [label_id]})
    yield "set_labels_of_dataset", 404, http.put(of.replace(name, GONE), json={"dataset_label_ids": []})
    yield "set_labels_of_dataset", 422, http.put(of, json={"dataset_label_ids": ["x"]})
    yield "list_labels_of_dataset", 200, http.get(of)
    yield "list_labels_of_dataset", 404, http.get(of.replace(name, GONE))
    yield "add_label_to_dataset", 200, http.put(given)
    yield "add_label_to_dataset", 404, http.put(given.replace(name, GONE))
    yield "add_label_to_dataset", 422, http.put(f"{of}/x")
    yield "remove_label_from_dataset", 204, http.delete(given)
    yield "remove_label_from_dataset", 404, http.delete(given.replace(name, GONE))
    yield "remove_label_from_dataset", 422, http.delete(f"{of}/x")
    yield "delete_dataset_label", 204, http.delete(one)
    yield "delete_dataset_label", 404, http.delete(one)
    yield "delete_dataset_label", 422, http.delete(f"{url}/x")


def _from_items(http: httpx.Client, name: str) -> Iterator[Call]:
    assert http.post(f"/v1/projects/{name}/spans", json={"data": a_rag_trace()}).status_code == 202
    url, operation = f"/v1/datasets/{name}/examples/from_items", "add_items_to_dataset"

    yield operation, 200, http.post(url, json={"project": name, "dry_run": True})
    yield operation, 200, http.post(url, json={"project": name, "target_kind": "trace", "ids": ["00"]})
    yield operation, 200, http.post(url, json={"project": name, "splits": ["new"]})
    yield operation, 400, http.post(url, json={"project": name, "filter": "latency_ms == 'x'"})
    yield operation, 404, http.post(url, json={"project": f"{name}-nowhere"})
    yield operation, 404, http.post(url.replace(f"/{name}/", f"/{GONE}/"), json={"project": name})
    yield operation, 422, http.post(url, json={"project": name, "target_kind": "document"})

    url, operation = "/v1/datasets/from_items", "create_dataset_from_items"
    wanted = {"project": name, "name": f"{name} new"}
    yield operation, 200, http.post(url, json={**wanted, "dry_run": True})
    yield operation, 201, http.post(url, json=wanted)
    yield operation, 409, http.post(url, json=wanted)
    yield operation, 400, http.post(url, json={**wanted, "name": GONE, "filter": "latency_ms == 'x'"})
    yield operation, 404, http.post(url, json={"project": f"{name}-nowhere", "name": GONE})
    yield operation, 422, http.post(url, json={"project": name})
