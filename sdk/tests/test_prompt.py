import httpx
import pytest

from rubricate import errors
from rubricate.client.types.prompts import PromptVersion

HELLO = PromptVersion([{"role": "user", "content": "Greet {{name}}."}], model_name="gpt-5")
STORED = {
    "id": "v1",
    "description": "",
    "model_provider": "OPENAI",
    "model_name": "gpt-5",
    "template": {"type": "chat", "messages": HELLO.messages},
    "template_type": "CHAT",
    "template_format": "MUSTACHE",
    "invocation_parameters": {"type": "openai", "openai": {}},
}


def test_texts_are_filled_wherever_they_stand_and_nothing_else():
    call = {"type": "tool_call", "tool_call_id": "{{name}}", "tool_call": {"arguments": "{{name}}"}}
    version = PromptVersion(
        [
            {"role": "system", "content": "{{name}}"},
            {"role": "user", "content": [{"type": "text", "text": "{{name}}!"}, call]},
        ],
        model_name="m",
    )
    assert version.format(variables={"name": "Ada"}) == [
        {"role": "system", "content": "Ada"},
        {"role": "user", "content": [{"type": "text", "text": "Ada!"}, call]},
    ]
    assert version.messages[0]["content"] == "{{name}}"


def test_a_missing_variable_is_named():
    with pytest.raises(errors.InvalidInput, match="not given: name"):
        HELLO.format()


@pytest.mark.parametrize(
    ("provider", "parameters"),
    [
        ("OPENAI", {"type": "openai", "openai": {}}),
        ("AZURE_OPENAI", {"type": "azure_openai", "azure_openai": {}}),
        ("MINIMAX", {"type": "openai", "openai": {}}),
        ("ANTHROPIC", {"type": "anthropic", "anthropic": {"max_tokens": 1000}}),
    ],
)
def test_a_version_says_only_what_is_set_and_how_its_provider_is_called(server, provider, parameters):
    server.handler = lambda request: httpx.Response(200, json={"data": STORED})
    version = PromptVersion(HELLO.messages, model_name="gpt-5", model_provider=provider)
    made = server.client().prompts.create(name="greeting", version=version)
    [body] = server.bodies
    wanted = {key: value for key, value in STORED.items() if key not in ("id", "description")}
    assert body["version"] == wanted | {"model_provider": provider, "invocation_parameters": parameters}
    assert body["prompt"] == {"name": "greeting", "description": None, "metadata": None}
    assert made.id == "v1"


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        ({"prompt_version_id": "v/1"}, b"/v1/prompt_versions/v%2F1"),
        ({"prompt_identifier": "greeting"}, b"/v1/prompts/greeting/latest"),
        ({"prompt_identifier": "greeting", "tag": "a b"}, b"/v1/prompts/greeting/tags/a%20b"),
    ],
)
def test_a_version_is_asked_for_by_id_name_or_tag(server, asked, url):
    server.handler = lambda request: httpx.Response(200, json={"data": STORED})
    found = server.client().prompts.get(**asked)
    assert server.requests[0].url.raw_path == url
    assert found.messages == HELLO.messages
    assert found.format(variables={"name": "Ada"}) == [{"role": "user", "content": "Greet Ada."}]


def test_a_version_of_nothing_is_not_asked_for(server):
    with pytest.raises(errors.InvalidInput, match="Which prompt"):
        server.client().prompts.get(tag="production")
    assert server.requests == []


def test_a_change_sends_what_was_given_and_none_takes_away(server):
    server.handler = lambda request: httpx.Response(200, json={"data": {"id": "p"}})
    prompts = server.client().prompts
    prompts.update(prompt_identifier="greeting", prompt_description=None)
    prompts.update(prompt_identifier="greeting", prompt_metadata={})
    assert server.bodies == [{"description": None}, {"metadata": {}}]


def test_what_cannot_be_is_not_sent(server):
    prompts = server.client().prompts
    bad = PromptVersion([{"role": "bot", "content": "x"}], model_name="m")
    for refuse, said in (
        (lambda: prompts.create(name="greeting", version=bad), r"version\.template\.messages\.0\.role"),
        (lambda: prompts.create(name="A b", version=HELLO), "such as support-reply"),
        (lambda: prompts.update(prompt_identifier="greeting"), "needs description, metadata, or both"),
        (lambda: prompts.tags.create(prompt_version_id="v", name=""), "the tag: name"),
    ):
        with pytest.raises(errors.InvalidInput, match=said):
            refuse()
    assert server.requests == []
