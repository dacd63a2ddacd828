"""Examples of datasets, as `rubricate export` writes them and `rubricate import` takes them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rubricate.cli.terminal import Failed, Progress

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection
    from rubricate.cli.tally import Tally

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
    for example in examples_of(server, dataset):
        yield _line(about["name"], example)


def examples_of(server: "Connection", dataset_id: str, version_id: str | None = None) -> Iterator[Json]:
    """The examples of a version as the server tells them; without a version, of the newest."""
    from rubricate.client.calls import path

    params: Json = {"limit": PAGE} | ({} if version_id is None else {"version_id": version_id})
    while True:
        page = server.get(path("v1/datasets", dataset_id, "/examples"), params)
        yield from page["data"]["examples"]
        if not page.get("next_cursor"):
            return
        # Whatever is uploaded meanwhile, all pages are of one version.
        params |= {"version_id": page["data"]["version_id"], "cursor": page["next_cursor"]}


def send_examples(server: "Connection", lines: Iterable[Json], tally: "Tally", progress: Progress) -> None:
    """Add examples to the datasets that they name: one request, and so one version, a dataset.

    What is there already stays as it is, also when it says something else by now.
    """
    by_dataset: dict[str, list[Json]] = {}
    for line in lines:
        by_dataset.setdefault(str(line["dataset"]), []).append(line)
    for dataset, sent in by_dataset.items():
        there = _ids_there(server, dataset)
        some = [line for line in sent if line.get("id") is None or line["id"] not in there]
        upload(server, dataset, "append", some, tally, len(sent))
        progress.add(len(sent))


def upload(
    server: "Connection",
    dataset: str,
    action: str,
    lines: list[Json],
    tally: "Tally",
    received: int | None = None,
    description: str | None = None,
) -> Json | None:
    """Upload examples; what the server says of it, None when it refuses. `received` is what the tally counts, all."""
    from rubricate.client.calls import Request, data
    from rubricate.errors import InvalidRequest

    content = {
        "action": action,
        "name": dataset,
        "description": description,
        "inputs": [line["input"] for line in lines],
        "outputs": [line.get("output") or {} for line in lines],
        "metadata": [line.get("metadata") or {} for line in lines],
        "splits": [line.get("splits") or None for line in lines],
        "span_ids": [line.get("span_id") for line in lines],
        "example_ids": [line.get("id") for line in lines],
    }
    counted = len(lines) if received is None else received
    try:
        answer: Json = data(server.try_send(Request("POST", "v1/datasets/upload", {"sync": "true"}, json=content)))
    except InvalidRequest as error:
        tally.add("examples", counted, 0, counted, f"{dataset}: {error.detail}")
        return None
    tally.add("examples", counted, answer["num_created_examples"])
    return answer


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
