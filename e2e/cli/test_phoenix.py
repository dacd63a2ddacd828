"""Moving in: what a Phoenix database holds is there afterwards, once."""

import json
import sqlite3  # noqa: TID251  # a database in Phoenix's shape
from pathlib import Path
from typing import Any

import pytest

from ..conftest import StartServer
from ..server import Server
from .command import HTTP, rubricate

Json = dict[str, Any]

SCHEMA = """
create table projects (id integer primary key, name varchar not null unique, description varchar);
create table project_sessions (id integer primary key, session_id varchar not null, project_id integer not null,
    start_time timestamp not null, end_time timestamp not null);
create table traces (id integer primary key, project_rowid integer not null, trace_id varchar not null,
    start_time timestamp, end_time timestamp, project_session_rowid integer);
create table spans (id integer primary key, trace_rowid integer not null, span_id varchar not null, parent_id varchar,
    name varchar not null, span_kind varchar not null, start_time timestamp not null, end_time timestamp not null,
    attributes json not null, events json not null, status_code varchar not null, status_message varchar not null);
create table users (id integer primary key, username varchar not null, email varchar);
create table annotation_configs (id integer primary key, name varchar not null, config json not null);
create table project_annotation_configs (id integer primary key, project_id integer, annotation_config_id integer);
create table datasets (id integer primary key, name varchar not null, description varchar, metadata json not null);
create table dataset_labels (id integer primary key, name varchar not null unique, description varchar,
    color varchar not null);
create table datasets_dataset_labels (dataset_id integer not null, dataset_label_id integer not null);
create table dataset_versions (id integer primary key, dataset_id integer not null);
create table dataset_examples (id integer primary key, dataset_id integer not null, span_rowid integer,
    external_id varchar);
create table dataset_example_revisions (id integer primary key, dataset_example_id integer not null,
    dataset_version_id integer not null, input json not null, output json not null, metadata json not null,
    revision_kind varchar not null);
create table dataset_splits (id integer primary key, name varchar not null);
create table dataset_splits_dataset_examples (dataset_split_id integer, dataset_example_id integer);
create table experiments (id integer primary key, dataset_id integer not null, dataset_version_id integer not null,
    name varchar not null, description varchar, repetitions integer not null, metadata json not null,
    project_name varchar, created_at timestamp not null, is_ephemeral boolean not null);
create table experiment_tags (id integer primary key, experiment_id integer, dataset_id integer, name varchar not null,
    description varchar);
create table experiments_dataset_splits (experiment_id integer, dataset_split_id integer);
create table experiment_runs (id integer primary key, experiment_id integer not null,
    dataset_example_id integer not null, repetition_number integer not null, trace_id varchar,
    output json not null, start_time timestamp not null,
    end_time timestamp not null, error varchar);
create table experiment_run_annotations (id integer primary key, experiment_run_id integer not null,
    name varchar not null, annotator_kind varchar not null, label varchar, score float, explanation varchar,
    trace_id varchar, error varchar, metadata json not null, start_time timestamp not null,
    end_time timestamp not null);
create table prompts (id integer primary key, name varchar not null, description varchar, metadata json not null);
create table prompt_versions (id integer primary key, prompt_id integer not null, description varchar,
    template_type varchar not null, template_format varchar not null, template json not null,
    invocation_parameters json not null, tools json, response_format json, model_provider varchar not null,
    model_name varchar not null);
create table prompt_version_tags (id integer primary key, name varchar not null, description varchar,
    prompt_version_id integer not null);
create table evaluators (id integer primary key);
"""
ANNOTATIONS = """
create table {} (id integer primary key, {} integer not null, name varchar not null, label varchar, score float,
    explanation varchar, metadata json not null, annotator_kind varchar not null, created_at timestamp,
    updated_at timestamp, user_id integer, identifier varchar, source varchar{});
"""
PARAMETERS = '{"type": "openai", "openai": {"temperature": 0.5}}'
TOOLS = '{"type": "tools", "tools": [{"type": "raw", "raw": {"type": "web_search"}}]}'
TRACE, ROOT, CHILD = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"


@pytest.fixture
def server(start_server: StartServer) -> Server:
    """An empty one for each test."""
    return start_server()


def template(text: str) -> str:
    return json.dumps({"type": "chat", "messages": [{"role": "user", "content": text}]})


@pytest.fixture
def phoenix(tmp_path: Path) -> Path:
    path = tmp_path / "phoenix.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    for table, target, more in (
        ("span_annotations", "span_rowid", ""),
        ("document_annotations", "span_rowid", ", document_position integer"),
        ("trace_annotations", "trace_rowid", ""),
        ("project_session_annotations", "project_session_id", ""),
    ):
        connection.executescript(ANNOTATIONS.format(table, target, more))
    attributes = {
        "openinference": {"span": {"kind": "LLM"}},
        "session": {"id": "talk"},
        "input": {"value": "Grüße"},
        "llm": {"input_messages": [{"message": {"role": "user"}}], "token_count": {"prompt": 7}},
        "metadata": '{"tier": "pro"}',
    }
    events = [{"name": "exception", "timestamp": "2026-10-26T07:33:20.123458+00:00", "attributes": {"e": "x"}}]
    config = {"name": None, "type": "CATEGORICAL", "optimization_direction": "MAXIMIZE"}
    config |= {"values": [{"label": "good", "score": 1.0}]}
    times = ("2026-10-26 07:33:20.123456", "2026-10-26 07:33:21")
    inserts = {
        "projects": [(1, "default", "Default project"), (2, "shop", "A shop")],
        "project_sessions": [(1, "talk", 2, *times)],
        "traces": [(1, 2, TRACE, *times, 1)],
        "spans": [
            (1, 1, ROOT, None, "root", "LLM", *times, json.dumps(attributes), json.dumps(events), "ERROR", "oh"),
            (2, 1, CHILD, ROOT, "child", "CHAIN", *times, "{}", "[]", "UNSET", ""),
        ],
        "users": [(5, "ana", "ana@example.com")],
        "annotation_configs": [(1, "quality", json.dumps(config))],
        "project_annotation_configs": [(1, 2, 1)],
        "datasets": [(1, "golden", "", "{}"), (2, "empty", "Nothing yet", '{"k": 1}')],
        "dataset_labels": [(1, "nightly", "", "#00CC88"), (2, "legal", "From the lawyers", "#123abc")],
        "datasets_dataset_labels": [(1, 1), (1, 2)],
        "dataset_versions": [(1, 1), (2, 1), (3, 2)],
        "dataset_examples": [(1, 1, 1, "one"), (2, 1, None, None), (3, 1, None, None)],
        "dataset_example_revisions": [
            (1, 1, 1, '{"q": 1}', '{"a": "old"}', "{}", "CREATE"),
            (2, 2, 1, '{"q": 2}', "{}", '{"m": [1]}', "CREATE"),
            (3, 3, 1, '{"q": 3}', "{}", "{}", "CREATE"),
            (4, 1, 2, '{"q": 1}', '{"a": "new"}', "{}", "PATCH"),
            (5, 3, 2, '{"q": 3}', "{}", "{}", "DELETE"),
        ],
        "dataset_splits": [(1, "train"), (2, "test")],
        "dataset_splits_dataset_examples": [(1, 1), (2, 1)],
        "experiments": [
            (1, 1, 1, "first", "by heart", 2, '{"v": 1}', "Experiment-1", times[0], 0),
            (2, 1, 2, "second", None, 1, "{}", None, times[0], 0),
            (3, 1, 2, "on a split", None, 1, "{}", "Experiment-3", times[0], 0),
            (4, 1, 2, "thrown away", None, 1, "{}", "Experiment-4", times[0], 1),
        ],
        "experiment_tags": [(1, 1, 1, "baseline", "the one to beat")],
        "experiments_dataset_splits": [(3, 2)],
        "experiment_runs": [
            (1, 1, 1, 1, TRACE, '{"task_output": {"a": [1.0]}}', *times, None),
            (2, 1, 3, 2, None, '{"task_output": null}', *times, "no answer"),
            (3, 2, 2, 1, None, '{"task_output": "two"}', *times, None),
        ],
        "experiment_run_annotations": [
            (1, 1, "exact", "CODE", "no", 0.0, "it differs", TRACE, None, '{"by": 1}', *times),
            (2, 1, "tone", "LLM", None, None, None, None, "no judge", "{}", *times),
        ],
        "prompts": [(1, "reply", "for letters", '{"team": "a"}')],
        "prompt_versions": [
            (1, 1, None, "CHAT", "MUSTACHE", template("Hello {{name}}"), PARAMETERS, None, None, "OPENAI", "gpt-5"),
            (2, 1, "kinder", "CHAT", "MUSTACHE", template("Dear {{name}}"), PARAMETERS, TOOLS, None, "OPENAI", "gpt-5"),
        ],
        "prompt_version_tags": [(1, "production", "live", 1)],
        "evaluators": [(1,), (2,)],
    }
    said = ("quality", "good", 0.1, "why", '{"m": 1}', "HUMAN", "2026-10-27 01:02:03", "2026-10-28 01:02:03.000004")
    inserts |= {
        "span_annotations": [
            (1, 1, *said, 5, "ana", "APP"),
            (2, 1, "note", None, None, "n", *said[4:], 5, "px", "APP"),
        ],
        "document_annotations": [(1, 1, *said, None, "", "API", 3)],
        "trace_annotations": [(1, 1, *said, None, "", "API")],
        "project_session_annotations": [(1, 1, *said, None, "", "API")],
    }
    for table, rows in inserts.items():
        connection.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)
    connection.commit()
    connection.close()
    return path


def test_a_phoenix_moves_in_once(server: Server, phoenix: Path) -> None:
    before = phoenix.read_bytes()
    ran = rubricate("import", "--phoenix", phoenix, server=server)
    assert ran.code == 0, ran.err
    assert ran.err.splitlines() == [
        "not taken over: 2 evaluators",
        "projects: 1 new, 1 there already",
        "annotation configs: 1 new, 0 there already",
        "dataset labels: 2 new, 0 there already",
        "datasets: 2 new, 0 there already",
        "examples: 3 new, 0 there already",
        "experiments: 3 new, 0 there already",
        "runs: 3 new, 0 there already",
        "evaluations: 2 new, 0 there already",
        "spans: 2 new, 0 there already",
        "annotations: 5 new, 0 there already",
        "prompts: 1 new, 0 there already",
    ]
    exported = rubricate("export", "spans", "-p", "shop", server=server).out
    root, child = map(json.loads, exported.splitlines())
    assert root["context"] == {"trace_id": TRACE, "span_id": ROOT}
    assert root["attributes"]["input.value"] == "Grüße"
    assert root["attributes"]["metadata"] == {"tier": "pro"}
    assert root["attributes"]["llm.input_messages.0.message.role"] == "user"
    assert root["attributes"]["llm.token_count.prompt"] == 7
    assert (root["start_time"], root["end_time"]) == (
        "2026-10-26T07:33:20.123456+00:00",
        "2026-10-26T07:33:21+00:00",
    )
    assert (root["status_code"], root["status_message"]) == ("ERROR", "oh")
    assert root["events"][0]["timestamp"] == "2026-10-26T07:33:20.123458+00:00"
    assert (child["parent_id"], child["span_kind"]) == (ROOT, "CHAIN")

    kept = rubricate("export", "annotations", "-p", "shop", server=server).out
    found = {(each["target"]["kind"], each["name"]): each for each in map(json.loads, kept.splitlines())}
    assert set(found) == {("span", "quality"), ("span", "note")} | {
        (kind, "quality") for kind in ("trace", "session", "document")
    }
    one = found["span", "quality"]
    assert (one["user_id"], one["identifier"], one["source"]) == ("ana", "ana", "APP")
    assert one["created_at"] == "2026-10-27T01:02:03+00:00"
    assert one["updated_at"] == "2026-10-28T01:02:03.000004+00:00"
    assert one["result"] == {"label": "good", "score": 0.1, "explanation": "why"}
    assert found["document", "quality"]["target"]["position"] == 3
    assert found["session", "quality"]["target"]["id"] == "talk"
    configs = HTTP.get(f"{server.base_url}/v1/projects/shop/annotation_configs").json()["data"]
    assert [config["name"] for config in configs] == ["quality"]

    datasets = HTTP.get(f"{server.base_url}/v1/datasets").json()["data"]
    assert [(each["name"], each["description"], each["metadata"]) for each in datasets] == [
        ("empty", "Nothing yet", {"k": 1}),
        ("golden", None, {}),
    ]
    golden = rubricate("export", "examples", "-d", "golden", server=server).out
    first, second = map(json.loads, golden.splitlines())
    assert first == {
        "dataset": "golden",
        "id": "one",
        "input": {"q": 1},
        "output": {"a": "new"},
        "metadata": {},
        "splits": ["test", "train"],
        "span_id": ROOT,
    }
    assert second["id"].startswith("phoenix-2-")
    assert (second["input"], second["metadata"]) == ({"q": 2}, {"m": [1]})
    changed = {"update": [{"id": "one", "output": {"a": "better"}}]}
    HTTP.patch(f"{server.base_url}/v1/datasets/golden/examples", json=changed).raise_for_status()

    again = rubricate("import", "--phoenix", phoenix, server=server)
    assert again.code == 0
    assert '"better"' in rubricate("export", "examples", "-d", "golden", server=server).out
    assert " new" in again.err
    assert all(": 0 new" in line for line in again.err.splitlines()[1:])
    assert rubricate("export", "spans", "-p", "shop", server=server).out == exported
    assert rubricate("export", "annotations", "-p", "shop", server=server).out == kept
    assert phoenix.read_bytes() == before


def dataset_id(server: Server, name: str) -> str:
    return str(HTTP.get(f"{server.base_url}/v1/datasets", params={"name": name}).json()["data"][0]["id"])


def experiments(server: Server) -> dict[str, Json]:
    found = HTTP.get(f"{server.base_url}/v1/datasets/{dataset_id(server, 'golden')}/experiments").json()["data"]
    return {each["name"]: each for each in found}


def labels(server: Server, dataset: str) -> list[tuple[str, str | None, str]]:
    found = HTTP.get(f"{server.base_url}/v1/datasets/{dataset}/labels").raise_for_status().json()["data"]
    return [(each["name"], each["description"], each["color"]) for each in found]


def test_datasets_move_in_with_their_labels(server: Server, phoenix: Path) -> None:
    assert rubricate("import", "--phoenix", phoenix, server=server).code == 0
    assert labels(server, "golden") == [("legal", "From the lawyers", "#123abc"), ("nightly", None, "#00cc88")]
    assert labels(server, "empty") == []
    address = f"{server.base_url}/v1/datasets/golden/labels"
    kept = HTTP.get(address).json()["data"][0]["id"]
    HTTP.put(address, json={"dataset_label_ids": [kept]}).raise_for_status()

    assert "dataset labels: 0 new, 2 there already" in rubricate("import", "--phoenix", phoenix, server=server).err
    assert [name for name, *_ in labels(server, "golden")] == ["legal"], "what was taken away here is not given again"


def test_datasets_move_in_with_their_versions_and_experiments(server: Server, phoenix: Path) -> None:
    assert rubricate("import", "--phoenix", phoenix, server=server).code == 0
    golden = f"{server.base_url}/v1/datasets/{dataset_id(server, 'golden')}"
    newest, oldest = HTTP.get(f"{golden}/versions").json()["data"]
    was = HTTP.get(f"{golden}/examples", params={"version_id": oldest["version_id"]}).json()["data"]["examples"]
    assert [(each["input"], each["output"]) for each in was] == [
        ({"q": 1}, {"a": "old"}),
        ({"q": 2}, {}),
        ({"q": 3}, {}),
    ]

    found = experiments(server)
    assert set(found) == {"first", "second", "on a split"}
    first = found["first"]
    assert (first["description"], first["metadata"], first["repetitions"]) == ("by heart", {"v": 1}, 2)
    assert (first["project_name"], first["tags"]) == ("Experiment-1", ["baseline"])
    assert first["created_at"] == "2026-10-26T07:33:20.123456+00:00"
    assert (first["dataset_version_id"], found["second"]["dataset_version_id"]) == (
        oldest["version_id"],
        newest["version_id"],
    )
    assert (first["successful_run_count"], first["failed_run_count"], first["missing_run_count"]) == (1, 1, 4)
    assert (found["on a split"]["splits"], found["on a split"]["example_count"]) == (["test"], 1)
    good, bad = HTTP.get(f"{server.base_url}/v1/experiments/{first['id']}/json").json()
    assert (good["output"], good["reference_output"], good["trace_id"]) == ({"a": [1.0]}, {"a": "old"}, TRACE)
    assert good["start_time"] == "2026-10-26T07:33:20.123456+00:00"
    assert (bad["error"], bad["output"], bad["repetition_number"]) == ("no answer", None, 2)
    exact, tone = good["annotations"]
    assert (exact["label"], exact["score"], exact["explanation"], exact["metadata"]) == (
        *("no", 0.0, "it differs"),
        {"by": 1},
    )
    assert (tone["annotator_kind"], tone["score"], tone["error"]) == ("LLM", None, "no judge")


def test_what_phoenix_got_since_comes_with_the_next_import(server: Server, phoenix: Path) -> None:
    assert rubricate("import", "--phoenix", phoenix, server=server).code == 0
    with sqlite3.connect(phoenix) as connection:
        connection.execute("insert into dataset_versions values (4, 1)")
        connection.execute("insert into dataset_examples values (4, 1, null, null)")
        connection.executemany(
            "insert into dataset_example_revisions values (?, ?, 4, ?, '{}', '{}', ?)",
            [(6, 4, '{"q": 4}', "CREATE"), (7, 2, '{"q": 2}', "DELETE")],
        )
        moment = "2026-10-26 07:33:20"
        connection.execute(
            "insert into experiments values (5, 1, 4, 'third', null, 1, '{}', 'Experiment-5', ?, 0)", (moment,)
        )
        connection.execute("insert into experiment_runs values (4, 5, 4, 1, null, '{}', ?, ?, null)", (moment, moment))
        connection.execute("insert into experiment_runs values (5, 2, 1, 1, null, '{}', ?, ?, null)", (moment, moment))
    connection.close()

    again = rubricate("import", "--phoenix", phoenix, server=server)
    assert again.code == 0, again.err
    assert "examples: 1 new, 3 there already" in again.err
    assert "experiments: 1 new, 3 there already" in again.err
    assert "runs: 2 new, 3 there already" in again.err
    golden = f"{server.base_url}/v1/datasets/{dataset_id(server, 'golden')}"
    assert len(HTTP.get(f"{golden}/versions").json()["data"]) == 3
    examples = HTTP.get(f"{golden}/examples").json()["data"]["examples"]
    assert [each["input"] for each in examples] == [{"q": 1}, {"q": 4}]
    assert experiments(server)["third"]["successful_run_count"] == 1
    assert experiments(server)["second"]["successful_run_count"] == 2


def test_an_experiment_without_its_examples_is_refused_and_the_rest_goes_on(server: Server, phoenix: Path) -> None:
    taken = {"name": "golden", "inputs": [{"q": "ours"}], "outputs": [{}]}
    HTTP.post(f"{server.base_url}/v1/datasets/upload?sync=true", json=taken).raise_for_status()
    ran = rubricate("import", "--phoenix", phoenix, server=server)
    assert ran.code == 1
    assert "experiments: 0 new, 0 there already, 3 REFUSED" in ran.err
    assert "experiment 'first': no version of the dataset 'golden' here has the examples that it ran on" in ran.err
    assert "prompts: 1 new" in ran.err
    golden = rubricate("export", "examples", "-d", "golden", server=server).out
    assert [json.loads(line)["input"]["q"] for line in golden.splitlines()] == ["ours", 1, 2]


def test_prompts_move_in_with_versions_and_tags(server: Server, phoenix: Path) -> None:
    assert rubricate("import", "--phoenix", phoenix, server=server).code == 0
    address = f"{server.base_url}/v1/prompts"
    assert [(each["name"], each["description"], each["metadata"]) for each in HTTP.get(address).json()["data"]] == [
        ("reply", "for letters", {"team": "a"})
    ]
    newest, oldest = HTTP.get(f"{address}/reply/versions").json()["data"]
    assert (newest["description"], newest["tools"]) == ("kinder", json.loads(TOOLS))
    assert newest["template"] == json.loads(template("Dear {{name}}"))
    assert oldest["invocation_parameters"] == json.loads(PARAMETERS)
    assert HTTP.get(f"{address}/reply/tags/production").json()["data"]["id"] == oldest["id"]
    assert "prompts: 0 new, 1 there already" in rubricate("import", "--phoenix", phoenix, server=server).err


def a_prompt(text: str, **about: Any) -> Json:
    """The prompt of that database in its first version, as clients send it, but with this text."""
    version = {
        "model_provider": "OPENAI",
        "model_name": "gpt-5",
        "template_type": "CHAT",
        "template_format": "MUSTACHE",
        "template": json.loads(template(text)),
        "invocation_parameters": json.loads(PARAMETERS),
    }
    return {"prompt": {"name": "reply", **about}, "version": version}


def test_a_prompt_whose_import_was_interrupted_gets_its_other_versions(server: Server, phoenix: Path) -> None:
    address = f"{server.base_url}/v1/prompts"
    begun = a_prompt("Hello {{name}}", description="for letters", metadata={"team": "a"})
    HTTP.post(address, json=begun).raise_for_status()

    assert "prompts: 1 new" in rubricate("import", "--phoenix", phoenix, server=server).err
    newest, oldest = HTTP.get(f"{address}/reply/versions").json()["data"]
    assert newest["description"] == "kinder"
    assert HTTP.get(f"{address}/reply/tags/production").json()["data"]["id"] == oldest["id"]


def test_a_prompt_that_has_another_history_here_stays_as_it_is(server: Server, phoenix: Path) -> None:
    address = f"{server.base_url}/v1/prompts"
    ours = a_prompt("Ours {{name}}")
    HTTP.post(address, json=ours).raise_for_status()

    assert "prompts: 0 new, 1 there already" in rubricate("import", "--phoenix", phoenix, server=server).err
    [only] = HTTP.get(f"{address}/reply/versions").json()["data"]
    assert only["template"] == ours["version"]["template"]


def test_what_is_no_phoenix_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    for path, words in ((tmp_path / "x.db", "not a database"), (tmp_path / "y.db", "is not there")):
        ran = rubricate("import", "--phoenix", path, server=server)
        assert ran.code == 1
        assert words in ran.err
        assert "Traceback" not in ran.err
