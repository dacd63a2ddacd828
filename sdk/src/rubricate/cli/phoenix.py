"""`rubricate import --phoenix`: what the database of a Phoenix holds, sent as clients send it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rubricate.cli.annotations import ANNOTATIONS_AT_ONCE, send_annotations
from rubricate.cli.phoenix_dataset import DatasetCopy
from rubricate.cli.spans import SPANS_AT_ONCE, send_spans
from rubricate.cli.terminal import Failed, Progress, say, server_part

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection
    from rubricate.cli.tally import Tally
    from rubricate_server.storage.phoenix import Phoenix, PhoenixExperiment, PhoenixPrompt, PromptVersion

Json = dict[str, Any]


def take_over(server: "Connection", path: Path, tally: "Tally", progress: Progress) -> None:
    """Send everything that is not there yet. Raises Failed when the database cannot be read."""
    with server_part():
        from rubricate_server.storage import phoenix as theirs
        from rubricate_server.storage.errors import StorageError
    try:
        with theirs.open_phoenix(path) as phoenix:
            for project in theirs.projects(phoenix):
                _create(server, "projects", project, tally)
            for config in theirs.annotation_configs(phoenix):
                _create(server, "annotation_configs", config, tally)
            for project_name, config_name in theirs.assignments(phoenix):
                _assign(server, project_name, config_name)
            # Before spans: the projects of experiments come with them.
            _datasets(server, phoenix, tally, progress)
            for spans in theirs.spans(phoenix, SPANS_AT_ONCE):
                send_spans(server, spans, None, tally, progress)
            for annotations in theirs.annotations(phoenix, ANNOTATIONS_AT_ONCE):
                send_annotations(server, annotations, tally, progress)
            for prompt in theirs.prompts(phoenix):
                _send_prompt(server, prompt, tally)
            for what, count in theirs.left_out(phoenix):
                say(f"not taken over: {count:,} {what}")
    except StorageError as error:
        raise Failed(str(error)) from error


def _create(server: "Connection", what: str, new: Json, tally: "Tally") -> None:
    from rubricate.client.calls import Request
    from rubricate.errors import Conflict, RubricateError

    try:
        server.try_send(Request("POST", f"v1/{what}", json=new))
    except Conflict:
        tally.add(what.replace("_", " "), 1, 0)
    except RubricateError as error:
        tally.add(what.replace("_", " "), 1, 0, 1, f"{new.get('name')}: {error}")
    else:
        tally.add(what.replace("_", " "), 1, 1)


def _assign(server: "Connection", project: str, config: str) -> None:
    from rubricate.client.calls import Request, path

    server.send(Request("PUT", path("v1/projects", project, "/annotation_configs", config)))


# --- experiments ------------------------------------------------------------------------------------------------------


def _datasets(server: "Connection", phoenix: "Phoenix", tally: "Tally", progress: Progress) -> None:
    from rubricate_server.storage import phoenix as theirs

    labels = _labels(server, phoenix, tally)
    for about in theirs.datasets(phoenix):
        copy = DatasetCopy(server, about, tally)
        copy.send(partial(theirs.versions, phoenix, about["id"], about["name"]), progress)
        copy.label([labels[name] for name in about["labels"] if name in labels])
        for experiment in theirs.experiments(phoenix, about["id"]):
            _send_experiment(server, phoenix, copy, experiment, tally, progress)


def _labels(server: "Connection", phoenix: "Phoenix", tally: "Tally") -> dict[str, str]:
    """Make the labels of datasets that are not there yet; the ids of all by their names."""
    from rubricate.client.calls import Request
    from rubricate_server.storage import phoenix as theirs

    for label in theirs.dataset_labels(phoenix):
        _create(server, "dataset_labels", label, tally)
    return {each["name"]: each["id"] for each in server.try_list(Request("GET", "v1/dataset_labels"))}


def _send_experiment(
    server: "Connection",
    phoenix: "Phoenix",
    copy: DatasetCopy,
    experiment: "PhoenixExperiment",
    tally: "Tally",
    progress: Progress,
) -> None:
    """Send an experiment, its runs and evaluations; of one that is there, those that it lacks."""
    from rubricate.client.calls import Request, data, path
    from rubricate.errors import RubricateError
    from rubricate_server.storage import phoenix as theirs

    version = copy.version_of(experiment.version)
    if version is None:
        why = f"no version of the dataset {copy.name!r} here has the examples that it ran on"
        tally.add("experiments", 1, 0, 1, f"experiment {experiment.new['name']!r}: {why}")
        return
    there = copy.experiment_of(experiment.new["original"]["project_name"])
    try:
        if there is None:
            new = {**experiment.new, "version_id": version}
            made = server.try_send(Request("POST", path("v1/datasets", copy.id, "/experiments"), json=new))
            there = data(made)["id"]
            for tag in experiment.tags:
                server.try_send(Request("POST", path("v1/experiments", there, "/tags"), json=tag))
            tally.add("experiments", 1, 1)
        else:
            tally.add("experiments", 1, 0)
    except RubricateError as error:
        tally.add("experiments", 1, 0, 1, f"experiment {experiment.new['name']!r}: {error}")
        return
    known = _results(server, there)
    node_ids = copy.node_ids(version)
    for run in theirs.runs(phoenix, experiment.number):
        node_id = node_ids.get(copy.example_id(run.example) or "")
        _send_run(server, there, {**run.new, "dataset_example_id": node_id}, run.evaluations, known, tally)
        progress.add()


def _results(server: "Connection", experiment: str) -> dict[tuple[str, int], tuple[str, set[str]]]:
    """The runs that are there, by example and repetition: their ids, and under which names they were evaluated."""
    from rubricate.client.calls import path

    found = server.get(path("v1/experiments", experiment, "/json"))
    return {
        (each["example_id"], each["repetition_number"]): (each["id"], {said["name"] for said in each["annotations"]})
        for each in found
    }


def _send_run(
    server: "Connection",
    experiment: str,
    run: Json,
    evaluations: list[Json],
    known: dict[tuple[str, int], tuple[str, set[str]]],
    tally: "Tally",
) -> None:
    from rubricate.client.calls import Request, data, path
    from rubricate.errors import RubricateError

    try:
        there = known.get((run["dataset_example_id"], run["repetition_number"]))
        if there is None:
            run_id = data(server.try_send(Request("POST", path("v1/experiments", experiment, "/runs"), json=run)))["id"]
            there = run_id, set()
            tally.add("runs", 1, 1)
        else:
            tally.add("runs", 1, 0)
    except RubricateError as error:
        tally.add("runs", 1, 0, 1, f"a run of experiment {experiment}: {error}")
        return
    run_id, judged = there
    for evaluation in evaluations:
        try:
            new = evaluation["name"] not in judged
            if new:
                said = {**evaluation, "experiment_run_id": run_id}
                server.try_send(Request("POST", "v1/experiment_evaluations", json=said))
            tally.add("evaluations", 1, int(new))
        except RubricateError as error:
            tally.add("evaluations", 1, 0, 1, f"evaluation {evaluation['name']!r} of run {run_id}: {error}")


# --- prompts ----------------------------------------------------------------------------------------------------------


def _send_prompt(server: "Connection", prompt: "PhoenixPrompt", tally: "Tally") -> None:
    """Send a prompt with its versions and tags; of one that is there, the versions that an earlier import missed.

    One that has other versions here stays as it is.
    """
    from rubricate.client.calls import Request, data, path
    from rubricate.errors import RubricateError

    name = prompt.new["name"]
    try:
        there = _prompt_versions(server, name)
        if not _begins_with(prompt.versions, there):
            tally.add("prompts", 1, 0)
            return
        if not there:
            first = {"prompt": prompt.new, "version": prompt.versions[0].new}
            there = [data(server.try_send(Request("POST", "v1/prompts", json=first)))]
        if len(there) == 1:  # its tags do not come with it
            for tag in prompt.versions[0].tags:
                server.try_send(Request("POST", path("v1/prompt_versions", there[0]["id"], "/tags"), json=tag))
        for version in prompt.versions[len(there) :]:
            new = {"version": version.new, "tags": version.tags}
            server.try_send(Request("POST", path("v1/prompts", name, "/versions"), json=new))
    except RubricateError as error:
        tally.add("prompts", 1, 0, 1, f"prompt {name!r}: {error}")
    else:
        tally.add("prompts", 1, 1)


def _begins_with(versions: "list[PromptVersion]", there: list[Json]) -> bool:
    """Whether what is there is the beginning of these versions, and not all of them."""
    return len(there) < len(versions) and all(
        all(stands.get(key) == value for key, value in version.new.items() if value is not None)
        for version, stands in zip(versions, there, strict=False)
    )


def _prompt_versions(server: "Connection", name: str) -> list[Json]:
    """The versions of a prompt that are there, oldest first."""
    from rubricate.client.calls import Request, path
    from rubricate.errors import NotFound

    try:
        return server.try_list(Request("GET", path("v1/prompts", name, "/versions")))[::-1]
    except NotFound:
        return []
