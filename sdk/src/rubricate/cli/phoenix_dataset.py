"""A dataset of a Phoenix and its copy on a server: versions are the same when their examples are."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rubricate.cli.examples import examples_of, send_examples, upload
from rubricate.cli.terminal import Progress

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection
    from rubricate.cli.tally import Tally
    from rubricate_server.storage.phoenix import DatasetVersion

VERSIONS_AT_ONCE = 1000

Json = dict[str, Any]


class DatasetCopy:
    """The dataset on the server that a dataset of Phoenix goes to."""

    def __init__(self, server: "Connection", about: Json, tally: "Tally") -> None:
        self.name: str = about["name"]
        self._about = about
        self._server = server
        self._tally = tally
        self._ids: dict[int, str] = {}
        self._digests: dict[int, int] = {}
        self._versions: dict[int, str] = {}
        self._nodes: dict[str, dict[str, str]] = {}
        self._experiments: dict[str | None, str] | None = None
        found = server.get("v1/datasets", {"name": self.name})["data"]
        self._id: str | None = found[0]["id"] if found else None
        tally.add("datasets", 1, int(not found))

    @property
    def id(self) -> str:
        """Of the dataset here."""
        return self._id or self._made()

    def send(self, versions: Callable[[], Iterable["DatasetVersion"]], progress: Progress) -> None:
        """Send the versions that the server lacks, oldest first; `versions` is called for each reading of them.

        Where the newest version here is none of Phoenix's, because somebody changed it, only examples that are missing
        come to it.
        """
        last: int | None = None
        newest = 0 if self._id is None else self._known()
        state: dict[str, Json] = {}
        for version, digest in self._each(versions(), state):
            # One without examples is told from one to which nothing was sent yet by the versions before it.
            if digest == newest and (newest != 0 or len(self._versions) > 1):
                last = version.id
        if last is None and newest != 0:
            send_examples(self._server, state.values(), self._tally, progress)
            return
        sent_from = last is None
        state = {}
        for version, digest in self._each(versions(), state):
            if self._id is None and version.changes:
                self._send_first(digest, state)
            elif sent_from:
                self._send_version(version, digest, state)
            else:
                created = sum(change.kind == "CREATE" for change in version.changes)
                self._tally.add("examples", created, 0)
            sent_from = sent_from or version.id == last
            progress.add(len(version.changes))
        self._made()

    def label(self, labels: list[str]) -> None:
        """Give it the labels with these ids, unless it has any."""
        from rubricate.client.calls import Request, path

        address = path("v1/datasets", self.id, "/labels")
        if labels and not self._server.get(address)["data"]:
            self._server.send(Request("PUT", address, json={"dataset_label_ids": labels}))

    def version_of(self, number: int) -> str | None:
        """Our id of the version that has the examples of Phoenix's version; None when none has."""
        return self._versions.get(self._digests.get(number, -1))

    def example_id(self, number: int) -> str | None:
        """The id of an example by Phoenix's number."""
        return self._ids.get(number)

    def node_ids(self, version: str) -> dict[str, str]:
        """The server's own ids of a version's examples by their ids."""
        if version not in self._nodes:
            self._nodes[version] = {each["id"]: each["node_id"] for each in examples_of(self._server, self.id, version)}
        return self._nodes[version]

    def experiment_of(self, project: str | None) -> str | None:
        """The experiment here whose traces go to this project."""
        if self._experiments is None:
            self._experiments = {
                each["project_name"]: each["id"] for each in _pages(self._server, f"v1/datasets/{self.id}/experiments")
            }
        return None if project is None else self._experiments.get(project)

    def _made(self) -> str:
        """Make the dataset without examples if it is not there yet; its id."""
        if self._id is None:
            new = {name: self._about[name] for name in ("name", "description", "metadata")}
            self._id = str(self._server.post("v1/datasets", new)["data"]["id"])
        return self._id

    def _known(self) -> int:
        """Remember the versions that are here; the digest of the newest one, 0 when it has no examples."""
        newest = 0
        for version in reversed(list(_pages(self._server, f"v1/datasets/{self.id}/versions"))):
            newest = 0
            for example in examples_of(self._server, self.id, version["version_id"]):
                newest ^= _digest(example)
            self._versions[newest] = version["version_id"]
        return newest

    def _each(
        self, versions: Iterable["DatasetVersion"], state: dict[str, Json]
    ) -> Iterator[tuple["DatasetVersion", int]]:
        """Versions and the digests of their examples, while `state` is made to hold these."""
        digest = 0
        for version in versions:
            for kind, number, example in version.changes:
                self._ids[number] = example["id"]
                before = state.pop(example["id"], None) if kind == "DELETE" else state.get(example["id"])
                digest ^= 0 if before is None else _digest(before)
                if kind != "DELETE":
                    state[example["id"]] = example
                    digest ^= _digest(example)
            self._digests[version.id] = digest
            yield version, digest

    def _send_first(self, digest: int, state: dict[str, Json]) -> None:
        from rubricate.client.calls import Request, path

        description = self._about["description"]
        answer = upload(self._server, self.name, "create", [*state.values()], self._tally, description=description)
        if answer is not None:
            self._id = str(answer["dataset_id"])
            self._versions[digest] = answer["version_id"]
            described = {"metadata": self._about["metadata"]}
            self._server.send(Request("PATCH", path("v1/datasets", self._id), json=described))

    def _send_version(self, version: "DatasetVersion", digest: int, state: dict[str, Json]) -> None:
        if not version.changes:
            return
        added = [change.example for change in version.changes if change.kind == "CREATE"]
        if len(added) == len(version.changes):
            answer = upload(self._server, self.name, "append", added, self._tally)
        else:
            answer = upload(self._server, self.name, "update", list(state.values()), self._tally, len(added))
        if answer is not None:
            self._versions[digest] = answer["version_id"]


def _pages(server: "Connection", path: str) -> Iterator[Json]:
    cursor: Json = {}
    while True:
        page = server.get(path, {"limit": VERSIONS_AT_ONCE, **cursor})
        yield from page["data"]
        if not page["next_cursor"]:
            return
        cursor = {"cursor": page["next_cursor"]}


def _digest(example: Json) -> int:
    """Of what an example says. That of a version is those of its examples put together by xor, in any order."""
    said = [example[name] for name in ("id", "input", "output", "metadata")]
    return int.from_bytes(hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()[:16])
