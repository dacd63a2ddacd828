"""Our own client, blocking and asynchronous, on a real server: prompts, also those that Phoenix's client wrote."""

from typing import Any

import phoenix.client
import phoenix.client.types.prompts
import pytest

from rubricate.client.types.prompts import PromptVersion
from rubricate.errors import NotFound

from ..server import Server
from .prompts import FULL_VERSION

HELLO = PromptVersion([{"role": "user", "content": "Greet {name}."}], model_name="m", template_format="F_STRING")


@pytest.fixture
def client(rubricate_client: Any) -> Any:
    return rubricate_client


def test_a_prompt_is_made_found_changed_and_deleted(client: Any, project: str) -> None:
    prompts = client.prompts
    first = prompts.create(name=project, version=HELLO, prompt_description="d", prompt_metadata={"a": [1]})
    second = prompts.create(name=project, version=first)
    assert first.id != second.id
    prompts.tags.create(prompt_version_id=first.id, name="production", description="what users see")

    assert prompts.get(prompt_identifier=project) == second
    assert prompts.get(prompt_identifier=project, tag="production") == first
    assert prompts.get(prompt_version_id=first.id).format(variables={"name": "Ada"})[0]["content"] == "Greet Ada."
    assert prompts.versions(prompt_identifier=project) == [second, first]
    [tag] = prompts.tags.list(prompt_version_id=first.id)
    assert (tag["name"], tag["description"]) == ("production", "what users see")
    prompts.tags.delete(prompt_version_id=first.id, name="production")
    assert prompts.tags.list(prompt_version_id=first.id) == []
    change = prompts.update(prompt_identifier=project, prompt_description=None)
    assert (change["name"], change["description"], change["metadata"]) == (project, None, {"a": [1]})
    assert change in prompts.list()

    prompts.delete(prompt_identifier=project)

    for ask in (
        lambda: prompts.get(prompt_identifier=project),
        lambda: prompts.delete(prompt_identifier=project),
        lambda: prompts.tags.list(prompt_version_id=first.id),
    ):
        with pytest.raises(NotFound):
            ask()


def test_what_phoenix_writes_is_read_and_written_again_without_loss(client: Any, server: Server, project: str) -> None:
    theirs = phoenix.client.Client(base_url=server.base_url).prompts
    made = theirs.create(version=phoenix.client.types.prompts.PromptVersion._loads(FULL_VERSION), name=project)  # type: ignore[arg-type]

    ours = client.prompts.get(prompt_version_id=made.id)
    again = client.prompts.create(name=project, version=ours)

    read = theirs.get(prompt_version_id=again.id)
    assert read.id != made.id
    assert read._dumps() == FULL_VERSION
    assert ours.format(variables={"name": "Ada", "order": "A-1"})[0]["content"] == "Be kind to Ada."
