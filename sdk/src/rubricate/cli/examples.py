"""Examples of datasets, as `rubricate export` writes them and `rubricate import` takes them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rubricate.cli.terminal import Failed, Progress

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection
    from rubricate.cli.importing import Tally

PAGE = 1000

Json = dict[str, Any]


def examples(server: "Connection", dataset: str) -> Iterator[Json]:
    """The examples of a dataset's newest version, given by name or id, in the order in which they came."""
    from rubricate.client.calls import Request, body, path
    from rubricate.client.project import is_id

    if not is_id(dataset, "Dataset"):
        found = body(server.send(Request("GET", "v1/datasets", {"name": dataset})))["data"]
        if not found:
            raise Failed(f"there is no dataset named {dataset!r}")
        dataset = found[0]["id"]
    about = body(server.send(Request("GET", path("v1/datasets", dataset))))["data"]
    cursor: dict[str, str] = {}
    version: dict[str, str] = {}
    while True:
        params = {"limit": PAGE, **cursor, **version}
        page = body(server.send(Request("GET", path("v1/datasets", dataset, "/examples"), params)))
        # Whatever is uploaded meanwhile, all pages are of one version.
        version = {"version_id": page["data"]["version_id"]}
        for example in page["data"]["examples"]:
            yield _line(about["name"], example)
        if not page.get("next_cursor"):
            return
        cursor = {"cursor": page["next_cursor"]}


def send_examples(server: "Connection", lines: Iterable[Json], tally: "Tally", progress: Progress) -> None:
    """Add examples to the datasets that they name: one request, and so one version, a dataset.

    What is there already stays as it is, also when it says something else by now.
    """
    from rubricate.client.calls import Request, body
    from rubricate.errors import InvalidRequest

    by_dataset: dict[str, list[Json]] = {}
    for line in lines:
        by_dataset.setdefault(str(line["dataset"]), []).append(line)
    for dataset, sent in by_dataset.items():
        there = _ids_there(server, dataset)
        some = [line for line in sent if line.get("id") is None or line["id"] not in there]
        upload = {
            "action": "append",
            "name": dataset,
            "inputs": [line["input"] for line in some],
            "outputs": [line.get("output") or {} for line in some],
            "metadata": [line.get("metadata") or {} for line in some],
            "splits": [line.get("splits") or None for line in some],
            "span_ids": [line.get("span_id") for line in some],
            "example_ids": [line.get("id") for line in some],
        }
        try:
            answer = server.try_send(Request("POST", "v1/datasets/upload", {"sync": "true"}, json=upload))
        except InvalidRequest as error:
            tally.add("examples", len(sent), 0, len(sent), f"{dataset}: {error.detail}")
        else:
            tally.add("examples", len(sent), body(answer)["data"]["num_created_examples"])
        progress.add(len(sent))


def _ids_there(server: "Connection", dataset: str) -> set[str]:
    from rubricate.client.calls import Request, body

    found = body(server.send(Request("GET", "v1/datasets", {"name": dataset})))["data"]
    return {line["id"] for line in examples(server, found[0]["id"]) if line["id"] is not None} if found else set()


def _line(dataset: str, example: Json) -> Json:
    source = example.get("source") or {}
    return {
        "dataset": dataset,
        # The server's own ids mean nothing to another one.
        "id": example["id"] if example["id"] != example["node_id"] else None,
        "input": example["input"],
        "output": example["output"],
        "metadata": example["metadata"],
        "splits": example.get("splits") or [],
        "span_id": source.get("span_id"),
    }
