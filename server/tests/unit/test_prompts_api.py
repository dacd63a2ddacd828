"""Prompts over HTTP: kept as they were sent, found by name, version and tag; what is refused, and why."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from rubricate.records.prompt import InvocationType
from rubricate_server.app import build_app
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.sqlite.store import open_storage

URL = "/v1/prompts"
VERSION: dict[str, Any] = {
    "model_provider": "OPENAI",
    "model_name": "gpt-5",
    "template": {"type": "chat", "messages": [{"role": "user", "content": "Say hello to {{name}}."}]},
    "template_type": "CHAT",
    "template_format": "MUSTACHE",
    "invocation_parameters": {"type": "openai", "openai": {"temperature": 0.5}},
}


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    storage = open_storage(tmp_path)
    yield TestClient(build_app(storage, Ingest(storage.spans)))
    storage.close()


def create(http: TestClient, name: str = "greeting", **changes: Any) -> dict[str, Any]:
    response = http.post(URL, json={"prompt": {"name": name}, "version": VERSION | changes})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()["data"]
    return answer


def version_url(version: dict[str, Any]) -> str:
    return f"/v1/prompt_versions/{quote(version['id'], safe='')}"


def tagged(http: TestClient, tag: str) -> str:
    found: str = http.get(f"{URL}/greeting/tags/{tag}").json()["data"]["id"]
    return found


def test_what_is_not_set_is_left_out_but_for_the_description(http: TestClient) -> None:
    made = create(http)
    assert made == {**VERSION, "description": "", "id": made["id"]}
    assert create(http, tools=None, response_format=None, description=None).keys() == made.keys()


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_OBJECTS = st.dictionaries(_TEXT, _JSON, max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    parameters=_OBJECTS,
    raw=_OBJECTS,
    arguments=_OBJECTS,
    answer=_OBJECTS,
    result=_JSON,
    text=_TEXT,
    provider=st.sampled_from(get_args(InvocationType)),
)
def test_what_only_a_provider_understands_is_kept_as_it_was_sent(
    http: TestClient,
    parameters: Any,
    raw: Any,
    arguments: Any,
    answer: Any,
    result: Any,
    text: str,
    provider: str,
) -> None:
    part = {"type": "tool_result", "tool_call_id": text, "tool_result": result, "own": raw}
    function = {"type": "function", "function": {"name": text, "parameters": arguments, "own": result}}
    sent = {
        "template": {"type": "chat", "messages": [{"role": "tool", "content": [part]}]},
        "invocation_parameters": {"type": provider, provider: parameters},
        "tools": {"type": "tools", "tools": [{"type": "raw", "raw": raw}, function], "own": result},
        "response_format": {"type": "json_schema", "json_schema": {"name": text, "schema": answer, "strict": None}},
    }
    made = create(http, **sent)
    for found in (made, http.get(version_url(made)).json()["data"], http.get(f"{URL}/greeting/latest").json()["data"]):
        assert {field: found[field] for field in sent} == sent


def test_the_same_name_makes_another_version_and_leaves_the_prompt_as_it_is(http: TestClient) -> None:
    data = {"name": "greeting", "description": "d", "metadata": {"team": ["a"]}, "source_prompt_id": "x"}
    first = http.post(URL, json={"prompt": data, "version": VERSION}).json()["data"]
    second = create(http, model_name="other")
    [prompt] = http.get(URL).json()["data"]
    assert prompt == {**data, "id": prompt["id"], "source_prompt_id": None}
    for identifier in ("greeting", prompt["id"]):
        assert http.get(f"{URL}/{identifier}/versions").json() == {"data": [second, first], "next_cursor": None}
        assert http.get(f"{URL}/{identifier}/latest").json() == {"data": second}
    assert http.get(version_url(first)).json() == {"data": first}


def test_many_clients_at_once_make_one_prompt_with_all_their_versions(http: TestClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: create(http, model_name=f"m{number}"), range(16)))
    [prompt] = http.get(URL).json()["data"]
    versions = http.get(f"{URL}/{prompt['id']}/versions").json()["data"]
    assert sorted(each["id"] for each in versions) == sorted(each["id"] for each in made)


def test_a_change_leaves_out_what_stays(http: TestClient) -> None:
    create(http)
    change = http.patch(f"{URL}/greeting", json={"description": "d", "metadata": {"a": 1}}).json()["data"]
    assert (change["description"], change["metadata"]) == ("d", {"a": 1})
    change = http.patch(f"{URL}/greeting", json={"metadata": {}}).json()["data"]
    assert (change["description"], change["metadata"]) == ("d", {})
    change = http.patch(f"{URL}/greeting", json={"description": None}).json()["data"]
    assert (change["description"], change["metadata"]) == (None, {})
    assert http.get(URL).json()["data"] == [change]


def test_a_tag_is_on_one_version_and_moves(http: TestClient) -> None:
    first = create(http)
    for _ in range(2):
        tag = {"name": "production", "description": "what users see"}
        assert http.post(f"{version_url(first)}/tags", json=tag).status_code == 204
    [found] = http.get(f"{version_url(first)}/tags").json()["data"]
    assert found == {**tag, "id": found["id"]}
    assert tagged(http, "production") == first["id"]
    added = http.post(f"{URL}/greeting/versions", json={"version": VERSION, "tags": [{"name": "production"}]})
    assert added.status_code == 201
    second = added.json()["data"]
    assert tagged(http, "production") == second["id"]
    assert http.get(f"{version_url(first)}/tags").json()["data"] == []
    assert http.get(f"{version_url(second)}/tags").json()["data"] == [{**found, "description": None}]
    assert http.delete(f"{version_url(second)}/tags/production").status_code == 204
    assert http.get(f"{URL}/greeting/tags/production").status_code == 404


def test_pages_lead_to_the_end(http: TestClient) -> None:
    names = [f"p{number}" for number in range(5)]
    for name in names:
        create(http, name)
    found: list[str] = []
    cursor: str | None = None
    while cursor or not found:
        page = http.get(URL, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [prompt["name"] for prompt in page["data"]]
        cursor = page["next_cursor"]
    assert found == names[::-1]


def test_a_deleted_prompt_is_gone_with_its_versions(http: TestClient) -> None:
    made = create(http)
    assert http.delete(f"{URL}/greeting").status_code == 204
    for url in (f"{URL}/greeting/latest", f"{URL}/greeting/versions", version_url(made)):
        assert http.get(url).status_code == 404
    assert http.get(URL).json()["data"] == []


HUGE = {"type": "openai", "openai": {"seed": 2**70}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"template_type": "STR"}, "Input should be 'CHAT'"),
        ({"template": {"type": "string", "template": "x"}}, "Input should be 'chat'"),
        ({"template": {"type": "chat", "messages": [{"role": "bot", "content": "x"}]}}, "messages"),
        ({"template_format": "JINJA"}, "'MUSTACHE', 'F_STRING' or 'NONE'"),
        ({"model_provider": "NOBODY"}, "model_provider"),
        ({"invocation_parameters": {"type": "openai", "anthropic": {}}}, "an object is needed under 'openai'"),
        ({"invocation_parameters": {"type": "openai", "openai": []}}, "an object is needed under 'openai'"),
        ({"invocation_parameters": HUGE}, "invocation_parameters.openai.seed is a whole number beyond 64 bits"),
        ({"tools": {"type": "tools", "tools": [{"type": "x"}]}}, "'function', 'raw'"),
        ({"tools": {"type": "tools", "tools": []}}, "List should have at least 1 item"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "name"),
    ],
)
def test_a_version_that_clients_could_not_read_is_refused_in_words(
    http: TestClient, changes: dict[str, Any], says: str
) -> None:
    create(http)
    before = http.get(f"{URL}/greeting/versions").json()
    for url in (URL, f"{URL}/greeting/versions"):
        response = http.post(url, json={"prompt": {"name": "greeting"}, "version": VERSION | changes})
        assert response.status_code == 422
        assert says in response.text
    assert http.get(f"{URL}/greeting/versions").json() == before


def test_what_is_not_there_is_named(http: TestClient) -> None:
    create(http)
    nobody = "UHJvbXB0VmVyc2lvbjo5OTk="  # PromptVersion:999
    for url, says in {
        f"{URL}/nobody/latest": "Prompt with name nobody not found",
        f"{URL}/greeting/tags/production": "No version of the prompt has the tag 'production'",
        f"/v1/prompt_versions/{nobody}": f"Prompt version with ID {nobody} not found",
        f"/v1/prompt_versions/{nobody}/tags": f"Prompt version with ID {nobody} not found",
    }.items():
        response = http.get(url)
        assert (response.status_code, response.text) == (404, says)


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "_", "a b", "a/b", "é", "a\n", "٣"])
def test_names_that_could_not_stand_in_an_address_are_refused_in_words(http: TestClient, name: str) -> None:
    says = "Must be lower-case letters, digits, _ and -, with a letter or digit at both ends, such as support-reply"
    made = create(http)
    for url, body in {
        URL: {"prompt": {"name": name}, "version": VERSION},
        f"{URL}/greeting/versions": {"version": VERSION, "tags": [{"name": "fine"}, {"name": name}]},
        f"{version_url(made)}/tags": {"name": name},
    }.items():
        response = http.post(url, json=body)
        assert response.status_code == 422
        assert response.json()["detail"][0]["msg"] == says
    assert http.get(f"{URL}/greeting/versions").json()["data"] == [made]
    assert http.get(f"{version_url(made)}/tags").json()["data"] == []


def test_a_change_of_nothing_is_refused_in_words(http: TestClient) -> None:
    create(http)
    assert "needs description, metadata, or both" in http.patch(f"{URL}/greeting", json={"name": "x"}).text
    assert "metadata" in http.patch(f"{URL}/greeting", json={"metadata": None}).text
