"""Annotations from the command line: one, or those of a file."""

import json
import re
from pathlib import Path

from ..server import Server
from .command import HTTP, Json, a_span, rubricate, send


def said(server: Server, project: str) -> list[Json]:
    out = rubricate("export", "annotations", "-p", project, server=server).out
    return [json.loads(line) for line in out.splitlines()]


def test_one_annotation_is_written_whole(server: Server) -> None:
    span = a_span()
    send(server, [span], "one")
    options = [
        "--name",
        "quality",
        "--label",
        "good",
        "--score",
        "0.5",
        "--explanation",
        "Short.",
        "--identifier",
        "ana",
    ]
    ran = rubricate("annotate", span["spanId"], *options, "--kind", "LLM", "--metadata", '{"a": 1}', server=server)
    assert (ran.code, ran.err) == (0, "1 annotation written\n")
    [kept] = said(server, "one")
    assert kept["target"]["id"] == span["spanId"]
    assert kept["result"] == {"label": "good", "score": 0.5, "explanation": "Short."}
    assert (kept["identifier"], kept["annotator_kind"], kept["metadata"]) == ("ana", "LLM", {"a": 1})


def test_what_cannot_be_is_refused_before_anything_is_sent(server: Server) -> None:
    span = a_span()
    send(server, [span], "refused")
    for arguments, code, words in (
        ([span["spanId"], "--name", "q"], 2, "say something"),
        ([span["spanId"], "--label", "x"], 2, "name"),
        (["nonsense", "--name", "q", "--label", "x"], 2, "span_id"),
        ([span["spanId"], "--name", "q", "--score", "nan"], 2, "not finite"),
        (["00000000000000ff", "--name", "q", "--label", "x"], 1, "do not exist"),
        ([span["spanId"], "--name", "q", "--label", "x", "--project", "default"], 1, "not in project default"),
    ):
        ran = rubricate("annotate", *arguments, server=server)
        assert ran.code == code, ran.err
        assert words in ran.err
    assert said(server, "refused") == []


def test_files_are_taken_whole_or_not_at_all(server: Server, tmp_path: Path) -> None:
    spans = [a_span(number) for number in range(3)]
    send(server, spans, "files")
    table = tmp_path / "labels.csv"
    rows = [f'{span["spanId"]},good,{number},"{{""a"": {number}}}"' for number, span in enumerate(spans)]
    table.write_text("context.span_id,label,score,metadata\n" + "\n".join(rows) + "\n")
    options = ["--name", "quality", "--identifier", "ben"]
    assert rubricate("annotate", "--file", table, *options, server=server).code == 0
    assert sorted(each["result"]["score"] for each in said(server, "files")) == [0, 1, 2]
    lines = [{"span_id": span["spanId"], "name": "other", "result": {"label": "x"}} for span in spans]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert rubricate("annotate", "--file", tmp_path / "labels.jsonl", "--kind", "CODE", server=server).code == 0
    assert len(said(server, "files")) == 6
    table.write_text(table.read_text().replace("good,2", "good,much"))
    ran = rubricate("annotate", "--file", table, *options, "--name", "third", server=server)
    assert ran.code == 2
    assert "labels.csv:4: result.score" in ran.err
    assert len(said(server, "files")) == 6


def test_a_label_that_the_rubric_lacks_is_refused_unless_it_is_wanted(server: Server, tmp_path: Path) -> None:
    spans = [a_span(number) for number in range(2)]
    send(server, spans, "labelled")
    rubric = {"type": "CATEGORICAL", "name": "verdict", "optimization_direction": "NONE"}
    values = [{"label": "good"}, {"label": "bad"}]
    HTTP.post(f"{server.base_url}/v1/annotation_configs", json={**rubric, "values": values}).raise_for_status()
    lone = ["annotate", spans[0]["spanId"], "--name", "verdict", "--label"]
    ran = rubricate(*lone, "godo", server=server)
    assert ran.code == 2
    assert "the rubric 'verdict' has the labels good, bad, not 'godo'" in ran.err
    assert "--any-label" in ran.err
    table = tmp_path / "labels.csv"
    table.write_text(f"span_id,label\n{spans[0]['spanId']},good\n{spans[1]['spanId']},ugly\n")
    ran = rubricate("annotate", "--file", table, "--name", "verdict", server=server)
    assert (ran.code, "labels.csv:3: the rubric 'verdict'" in ran.err) == (2, True), ran.err
    assert said(server, "labelled") == []
    assert rubricate(*lone, "good", server=server).code == 0
    assert rubricate("annotate", "--file", table, "--name", "verdict", "--any-label", server=server).code == 0
    assert sorted(each["result"]["label"] for each in said(server, "labelled")) == ["good", "ugly"]


def test_errors_are_sentences(server: Server, tmp_path: Path) -> None:
    span = a_span()
    send(server, [span], "worded")
    rows = tmp_path / "rows.jsonl"
    for row, words in (
        ({"name": "q", "result": "x"}, "result must be an object"),
        ({"name": ["q"], "label": "x"}, "name must be text"),
        ({"name": " ", "label": "x"}, "name must not be blank"),
        ({"label": "x"}, "name is missing"),
        ({"name": "q", "label": "x", "metadata": 3}, "metadata must be a JSON object, not 3"),
        ({"name": "q", "label": "x", "annotator_kind": "ROBOT"}, "annotator_kind must be HUMAN, LLM or CODE"),
    ):
        rows.write_text(json.dumps({"span_id": span["spanId"]} | row))
        ran = rubricate("annotate", "--file", rows, server=server)
        assert (ran.code, f"rows.jsonl:1: {words}" in ran.err) == (2, True), ran.err
    for arguments in (
        ["00000000000000ff", "--name", "q", "--label", "x"],
        [span["spanId"], "--name", "q", "--label", "x", "-p", "nowhere"],
        ["zz", "--name", "q", "--label", "x"],
        ["--file", str(tmp_path / "none.csv"), "--name", "q"],
    ):
        ran = rubricate("annotate", *arguments, server=server)
        assert ran.code in (1, 2)
        assert len(ran.err.splitlines()) == 1, ran.err
        assert not re.search(r"Traceback|http://|Errno|Value error|Error:|v1/", ran.err), ran.err
    assert "worded" in rubricate("annotate", span["spanId"], "-n", "q", "--score", "1", "-p", "no", server=server).err
