"""arize-phoenix-client 3.x, blocking and asynchronous, unchanged: prompts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args, get_type_hints

import httpx
import pytest
from phoenix.client import Client
from phoenix.client.__generated__ import v1
from phoenix.client.types.prompts import PromptVersion

from ..server import Server
from .helpers import HTTP, Json
from .prompts import FULL_VERSION


@pytest.fixture
def client(phoenix_client: Any) -> Any:
    return phoenix_client


@pytest.fixture
def name(project: str) -> str:
    """The name of a prompt that no other test uses."""
    return project


TOOL: Json = {
    "type": "function",
    "function": {
        "name": "find_order",
        "description": "Where an order is.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
        "strict": True,
    },
}
OPENAI: Json = {
    "model": "gpt-5",
    "messages": [
        {"role": "system", "content": "You answer for {{shop}}."},
        {"role": "user", "content": [{"type": "text", "text": "Where is {{ order }}?"}]},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": "A-1"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "at the depot"},
    ],
    "temperature": 0.25,
    "max_completion_tokens": 100,
    "seed": 7,
    "tools": [TOOL],
    "tool_choice": {"type": "function", "function": {"name": "find_order"}},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "place", "schema": {"type": "object", "properties": {}}, "strict": True},
    },
}
ANTHROPIC: Json = {
    "model": "claude-sonnet-4",
    "system": "You answer for {{shop}}.",
    "messages": [{"role": "user", "content": "Where is {{ order }}?"}],
    "max_tokens": 512,
    "temperature": 0.25,
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "tools": [{"name": "find_order", "description": "d", "input_schema": {"type": "object", "properties": {}}}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
}
VARIABLES = {"shop": "the shop", "order": "{{shop}} 7"}


@pytest.mark.parametrize(
    "version",
    [
        PromptVersion.from_openai(OPENAI, description="with a tool"),  # type: ignore[arg-type]  # a plain dict will do
        PromptVersion.from_openai(OPENAI, model_provider="AZURE_OPENAI"),  # type: ignore[arg-type]
        PromptVersion.from_anthropic(ANTHROPIC),  # type: ignore[arg-type]
        PromptVersion([{"role": "user", "content": "{a} {{b}}"}], model_name="m", template_format="F_STRING"),
        PromptVersion([{"role": "user", "content": "{{a}}"}], model_name="m", template_format="NONE"),
    ],
    ids=["openai", "azure", "anthropic", "f-string", "none"],
)
def test_a_version_comes_back_as_it_was_made(client: Any, name: str, version: PromptVersion) -> None:
    made = client.prompts.create(version=version, name=name)
    variables = VARIABLES | {"a": "A"}
    for found in (
        made,
        client.prompts.get(prompt_identifier=name),
        client.prompts.get(prompt_version_id=made.id),
    ):
        assert found.id == made.id
        assert found._dumps() == {"description": "", **version._dumps()}
        assert dict(found.format(variables=variables)) == dict(version.format(variables=variables))


def test_what_openai_is_called_with_comes_back(client: Any, name: str) -> None:
    version = PromptVersion.from_openai(OPENAI)  # type: ignore[arg-type]
    client.prompts.create(version=version, name=name)
    found = dict(client.prompts.get(prompt_identifier=name).format(variables={"shop": "Ada's", "order": "A-1"}))
    [system, *_] = found.pop("messages")
    assert system == {"role": "system", "content": "You answer for Ada's."}
    assert found == {key: value for key, value in OPENAI.items() if key != "messages"}


@pytest.mark.parametrize("provider", get_args(get_type_hints(v1.PromptVersionData)["model_provider"]))
def test_every_provider_that_the_client_knows_is_taken(client: Any, name: str, provider: Any) -> None:
    version = PromptVersion([{"role": "user", "content": "x"}], model_name="m", model_provider=provider)
    made = client.prompts.create(version=version, name=name)
    assert client.prompts.get(prompt_version_id=made.id)._dumps() == {"description": "", **version._dumps()}


def test_every_shape_of_the_wire_comes_back(client: Any, name: str) -> None:
    made = client.prompts.create(version=PromptVersion._loads(FULL_VERSION), name=name)  # type: ignore[arg-type]
    assert client.prompts.get(prompt_version_id=made.id)._dumps() == FULL_VERSION


def test_a_name_has_versions_and_tags_lead_to_them(client: Any, name: str) -> None:
    first, second = (
        client.prompts.create(
            version=PromptVersion([{"role": "user", "content": text}], model_name="m"),
            name=name,
            prompt_description=text,
            prompt_metadata={"text": text},
        )
        for text in ("one", "two")
    )
    client.prompts.tags.create(prompt_version_id=first.id, name="production", description="what users see")
    client.prompts.tags.create(prompt_version_id=second.id, name="staging")

    assert client.prompts.get(prompt_identifier=name).id == second.id
    assert client.prompts.get(prompt_identifier=name, tag="production").id == first.id
    [tag] = client.prompts.tags.list(prompt_version_id=first.id)
    assert (tag["name"], tag["description"]) == ("production", "what users see")

    client.prompts.tags.create(prompt_version_id=second.id, name="production")
    assert client.prompts.get(prompt_identifier=name, tag="production").id == second.id
    assert client.prompts.tags.list(prompt_version_id=first.id) == []
    tags = client.prompts.tags.list(prompt_version_id=second.id)
    assert {tag["name"] for tag in tags} == {"production", "staging"}


def test_a_prompt_is_described_anew_and_deleted(client: Any, name: str) -> None:
    version = PromptVersion([{"role": "user", "content": "x"}], model_name="m")
    made = client.prompts.create(version=version, name=name, prompt_description="d", prompt_metadata={"a": 1})
    update = client.prompts.update(prompt_identifier=name, prompt_metadata={"b": [2]})
    assert (update["name"], update["description"], update["metadata"]) == (name, "d", {"b": [2]})
    update = client.prompts.update(prompt_identifier=update["id"], prompt_description=None)
    assert (update["description"], update["metadata"]) == (None, {"b": [2]})

    client.prompts.delete(prompt_identifier=name)

    for ask in (
        lambda: client.prompts.get(prompt_identifier=name),
        lambda: client.prompts.get(prompt_version_id=made.id),
        lambda: client.prompts.get(prompt_identifier=name, tag="production"),
        lambda: client.prompts.update(prompt_identifier=name, prompt_description="d"),
        lambda: client.prompts.delete(prompt_identifier=name),
    ):
        with pytest.raises(ValueError, match="Prompt not found"):
            ask()


def test_a_bad_name_is_refused(client: Any) -> None:
    version = PromptVersion([{"role": "user", "content": "x"}], model_name="m")
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.prompts.create(version=version, name="Not A Name")
    assert refused.value.response.status_code == 422
    assert "such as support-reply" in refused.value.response.text


def test_many_at_once_make_one_prompt_with_all_their_versions(server: Server, name: str) -> None:
    def create(number: int) -> Any:
        version = PromptVersion([{"role": "user", "content": str(number)}], model_name="m")
        return Client(base_url=server.base_url).prompts.create(version=version, name=name).id

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(create, range(16)))

    versions = HTTP.get(f"{server.base_url}/v1/prompts/{name}/versions").json()["data"]
    assert {version["id"] for version in versions} == made
    assert len(versions) == 16
    named = [
        each for each in HTTP.get(f"{server.base_url}/v1/prompts?limit=1000").json()["data"] if each["name"] == name
    ]
    assert len(named) == 1
