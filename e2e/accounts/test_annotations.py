"""Whose annotations are whose: who gave them is told by the credential, and nobody writes over somebody else's."""

import httpx
import pytest

from ..clients.helpers import Json, a_span, id_of
from ..server import Server
from .conftest import Somebody
from .people import Person, with_key


@pytest.fixture
def span_id(guarded: Server, system_key: str) -> str:
    span = a_span()
    sent = with_key(guarded, system_key).post("/v1/projects/shop/spans", json={"data": [span]})
    assert sent.status_code == 202, sent.text
    return id_of(span)


def said_of(person: httpx.Client, span_id: str, **query: str) -> list[Json]:
    answer = person.get("/v1/projects/shop/annotations", params={"target_id": span_id, **query})
    data: list[Json] = answer.json()["data"]
    return data


def test_an_annotation_carries_who_gave_it(guarded: Server, somebody: Somebody, span_id: str) -> None:
    ana, bob = somebody("ANNOTATOR"), somebody("MEMBER")
    assert ana.annotate(span_id, "good").status_code == 200
    program = with_key(guarded, bob.new_key())
    body = {"span_id": span_id, "name": "quality", "annotator_kind": "LLM", "user_id": ana.name, "result": {"score": 1}}
    assert program.post("/v1/span_annotations", json={"data": [body]}).status_code == 200
    note = {"span_id": span_id, "note": "look at this", "user_id": "mallory"}
    assert program.post("/v1/span_notes", json={"data": note}).status_code == 200
    found = said_of(ana, span_id)
    assert {(each["name"], each["identifier"][:3], each["user_id"]) for each in found} == {
        ("quality", "app", ana.name),
        ("quality", "", bob.name),
        ("note", "px-", bob.name),
    }
    assert [each["user_id"] for each in said_of(ana, span_id, user=ana.name)] == [ana.name]
    [first] = [each for each in found if each["user_id"] == ana.name]
    history = ana.get(f"/v1/annotations/{first['id']}/history").json()["data"]
    assert [change["user_id"] for change in history] == [ana.name]


def test_filters_find_by_user(somebody: Somebody, span_id: str) -> None:
    ana = somebody("ANNOTATOR")
    ana.annotate(span_id, "good", name="tone")
    for condition, found in (
        (f"annotations['tone'].user == '{ana.name}'", [span_id]),
        ("annotations['tone'].user == 'nobody'", []),
        (f"annotations['tone'].user == '{ana.name}' and annotations['tone'].label == 'bad'", []),
    ):
        answer = ana.get("/v1/projects/shop/items", params={"target_kind": "span", "filter": condition})
        assert answer.status_code == 200, answer.text
        assert [item["id"] for item in answer.json()["data"]] == found, condition


def test_a_key_of_the_system_speaks_for_nobody(guarded: Server, admin: Person, system_key: str, span_id: str) -> None:
    body = {"span_id": span_id, "name": "thumbs", "annotator_kind": "HUMAN", "result": {"label": "up"}}
    program = with_key(guarded, system_key)
    assert program.post("/v1/span_annotations", json={"data": [body]}).status_code == 200
    assert (
        program.post("/v1/span_annotations", json={"data": [body | {"result": {"label": "down"}}]}).status_code == 200
    )
    [only] = said_of(admin, span_id)
    assert (only["user_id"], only["result"]["label"]) == (None, "down")


def test_nobody_writes_over_another_persons_answer(guarded: Server, somebody: Somebody, span_id: str) -> None:
    ana, bob = somebody("MEMBER"), somebody("MEMBER")
    ana.annotate(span_id, "good")
    by_key = with_key(guarded, ana.new_key())
    mine = {"span_id": span_id, "name": "tone", "annotator_kind": "HUMAN", "identifier": "x", "result": {"label": "a"}}
    by_key.post("/v1/span_annotations", json={"data": [mine]})
    before = said_of(bob, span_id)

    foreign = bob.annotate(span_id, "bad", identifier=f"app:{ana.name}")
    assert (foreign.status_code, "answers of the page by another person" in foreign.text) == (403, True)
    for sender in (bob, with_key(guarded, bob.new_key())):
        fresh = mine | {"name": "fresh"}
        answer = sender.post("/v1/span_annotations", json={"data": [fresh, mine | {"result": {"label": "forged"}}]})
        assert (answer.status_code, "is somebody else's" in answer.text) == (403, True)
    for each in before:
        assert bob.patch(f"/v1/annotations/{each['id']}", json={"result": {"label": "forged"}}).status_code == 403
        assert bob.delete(f"/v1/annotations/{each['id']}").status_code == 403
    assert bob.post("/v1/annotations/delete", json={"ids": [each["id"] for each in before]}).status_code == 403
    fitting = {"project": "shop", "filter": {"target_id": [span_id]}}
    assert bob.post("/v1/annotations/delete", json=fitting).status_code == 403
    assert said_of(bob, span_id) == before


def test_people_change_and_delete_their_own_and_admins_all(admin: Person, somebody: Somebody, span_id: str) -> None:
    ana = somebody("ANNOTATOR")
    written = ana.annotate(span_id, "good").json()["data"][0]
    assert ana.annotate(span_id, "better").status_code == 200
    removed = ana.post("/v1/annotations/delete", json={"ids": [written["id"]]}).json()
    assert removed["deleted"] == 1
    assert ana.post("/v1/annotations/restore", json={"removal_id": removed["removal_id"]}).json()["restored"] == 1
    corrected = admin.patch(f"/v1/annotations/{written['id']}", json={"result": {"label": "fair"}}).json()["data"]
    assert corrected["user_id"] == "admin"
    assert ana.annotate(span_id, "best").status_code == 200, "under her name it stays hers"
    history = ana.get(f"/v1/annotations/{written['id']}/history").json()["data"]
    assert [change["user_id"] for change in history][-2:] == ["admin", ana.name]
    assert admin.delete(f"/v1/annotations/{written['id']}").status_code == 204


def test_annotators_leave_alone_what_is_nobodys_and_the_team_does_not(
    guarded: Server, system_key: str, somebody: Somebody, span_id: str
) -> None:
    body = {"span_id": span_id, "name": "judged", "annotator_kind": "LLM", "result": {"score": 0.5}}
    with_key(guarded, system_key).post("/v1/span_annotations", json={"data": [body]})
    again = {"data": [body | {"result": {"score": 1}}]}
    assert somebody("ANNOTATOR").post("/v1/span_annotations", json=again).status_code == 403
    assert somebody("MEMBER").post("/v1/span_annotations", json=again).status_code == 200
    assert with_key(guarded, system_key).post("/v1/span_annotations", json=again).status_code == 200


def test_only_admins_take_over_annotations_in_others_names(admin: Person, somebody: Somebody, span_id: str) -> None:
    kept = {
        "target": {"kind": "span", "id": span_id, "position": None},
        "name": "moved",
        "annotator_kind": "HUMAN",
        "identifier": "app:old colleague",
        "user_id": "old colleague",
        "result": {"label": "good"},
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    assert somebody("MEMBER").post("/v1/annotations/import", json={"data": [kept]}).status_code == 403
    assert admin.post("/v1/annotations/import", json={"data": [kept]}).status_code == 200
    [found] = said_of(admin, span_id)
    assert (found["user_id"], found["created_at"]) == ("old colleague", "2026-01-01T00:00:00+00:00")
