"""Prompts: what an application says to a model, in versions under names and tags."""

import builtins
from collections.abc import Callable, Mapping
from typing import Any

from rubricate.client.calls import NOBODY_SAID, M, Request, Resource, Steps, Work, call, data, pages, path
from rubricate.client.target import checked
from rubricate.client.types.prompts import PromptVersion
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.base import JsonObject
from rubricate.records.prompt import PromptCreate, PromptTagData, PromptUpdate


class PromptTags(Resource[M]):
    """Tags of versions, as `client.prompts.tags`. In a prompt, a tag is on one version at most.

    A tag is a dict of `id`, `name` and `description`.
    """

    @call
    def create(self, *, prompt_version_id: str, name: str, description: str | None = None) -> Steps[None]:
        """Put a tag on a version; it leaves the version of the prompt that has it.

        Raises `InvalidInput` before sending, `NotFound` if there is no such version.

            >>> version = client.prompts.get(prompt_identifier="support-reply")
            >>> client.prompts.tags.create(prompt_version_id=version.id, name="staging")
        """
        tag = checked(PromptTagData, {"name": name, "description": description}, "the tag")
        yield Request("POST", path("v1/prompt_versions", prompt_version_id, "/tags"), json=tag.model_dump())

    @call
    def list(self, *, prompt_version_id: str) -> Steps[builtins.list[JsonObject]]:
        """The tags on a version, newest first. Raises `NotFound`.

        >>> version = client.prompts.get(prompt_identifier="support-reply")
        >>> [tag["name"] for tag in client.prompts.tags.list(prompt_version_id=version.id)]
        ['production']
        """
        return (yield from pages(Request("GET", path("v1/prompt_versions", prompt_version_id, "/tags"))))

    @call
    def delete(self, *, prompt_version_id: str, name: str) -> Steps[None]:
        """Take a tag from the prompt of this version, whichever of its versions has it. Raises `NotFound`.

        Phoenix's client cannot.

            >>> version = client.prompts.get(prompt_identifier="support-reply", tag="production")
            >>> client.prompts.tags.delete(prompt_version_id=version.id, name="production")
        """
        yield from _gone(Request("DELETE", path("v1/prompt_versions", prompt_version_id, "/tags", name)))


class Prompts(Resource[M]):
    """Prompts, as `client.prompts`.

    A prompt has a name (lower-case letters, digits, `_`, `-`), versions that never change, and tags that point to one
    version each. A version is a `rubricate.client.types.prompts.PromptVersion`; a prompt without its versions is a
    dict of `id`, `name`, `description` and `metadata`. Where a prompt is asked for, give its name or its id.
    """

    tags: PromptTags[M]

    def __init__(self, run: Callable[[Work[Any]], Any]) -> None:
        super().__init__(run)
        self.tags = PromptTags(run)

    @call
    def get(
        self, *, prompt_version_id: str | None = None, prompt_identifier: str | None = None, tag: str | None = None
    ) -> Steps[PromptVersion]:
        """One version: by its id, or of a prompt the one with a tag, else the newest.

        Raises `NotFound`, and `InvalidInput` if neither a prompt nor a version is named.

            >>> version = client.prompts.get(prompt_identifier="support-reply", tag="production")
            >>> version.format(variables={"name": "Ada"})
            [{'role': 'user', 'content': 'Greet Ada.'}]
        """
        if prompt_version_id is not None:
            url = path("v1/prompt_versions", prompt_version_id)
        elif prompt_identifier is None:
            raise InvalidInput("Which prompt? Give prompt_identifier (a name or an id) or prompt_version_id.")
        elif tag is not None:
            url = path("v1/prompts", prompt_identifier, "/tags", tag)
        else:
            url = path("v1/prompts", prompt_identifier, "/latest")
        response = yield Request("GET", url)
        return _version(data(response))

    @call
    def list(self) -> Steps[builtins.list[JsonObject]]:
        """All prompts, newest first, without their versions. Phoenix's client cannot.

        >>> [prompt["name"] for prompt in client.prompts.list()]
        ['support-reply']
        """
        return (yield from pages(Request("GET", "v1/prompts")))

    @call
    def versions(self, *, prompt_identifier: str) -> Steps[builtins.list[PromptVersion]]:
        """All versions of a prompt, newest first. Raises `NotFound`. Phoenix's client cannot.

        >>> [version.model_name for version in client.prompts.versions(prompt_identifier="support-reply")]
        ['gpt-5']
        """
        found = yield from pages(Request("GET", path("v1/prompts", prompt_identifier, "/versions")))
        return [_version(version) for version in found]

    @call
    def create(
        self,
        *,
        version: PromptVersion,
        name: str,
        prompt_description: str | None = None,
        prompt_metadata: JsonObject | None = None,
    ) -> Steps[PromptVersion]:
        """Make a prompt in its first version, or another version of a prompt that is there; the answer has its `id`.

        A prompt that is there keeps its description and metadata. Raises `InvalidInput` before sending.

            >>> from rubricate.client.types import PromptVersion
            >>> version = PromptVersion([{"role": "user", "content": "Greet {{name}} warmly."}], model_name="gpt-5")
            >>> version = client.prompts.create(name="support-reply", version=version)
            >>> len(client.prompts.versions(prompt_identifier="support-reply"))
            2
        """
        prompt = {"name": name, "description": prompt_description, "metadata": prompt_metadata}
        new = checked(PromptCreate, {"prompt": prompt, "version": _wire(version)}, "the prompt")
        body = {"prompt": new.prompt.model_dump(), "version": new.version.body()}
        response = yield Request("POST", "v1/prompts", json=body, repeatable=False)
        return _version(data(response))

    @call
    def update(
        self,
        *,
        prompt_identifier: str,
        prompt_description: str | None = NOBODY_SAID,
        prompt_metadata: Mapping[str, Any] = NOBODY_SAID,
    ) -> Steps[JsonObject]:
        """Change a prompt's description (None takes it away), its metadata (as a whole), or both; the prompt now.

        Raises `InvalidInput` before sending, `NotFound`.

            >>> client.prompts.update(prompt_identifier="support-reply", prompt_metadata={"team": "help"})["metadata"]
            {'team': 'help'}
        """
        given = {"description": prompt_description, "metadata": prompt_metadata}
        change = checked(
            PromptUpdate, {field: value for field, value in given.items() if value is not NOBODY_SAID}, "the change"
        )
        url = path("v1/prompts", prompt_identifier)
        response = yield Request("PATCH", url, json=change.model_dump(exclude_unset=True))
        prompt: JsonObject = data(response)
        return prompt

    @call
    def delete(self, *, prompt_identifier: str) -> Steps[None]:
        """Delete a prompt with all its versions and tags. Raises `NotFound`. It cannot be undone.

        >>> client.prompts.delete(prompt_identifier="support-reply")
        """
        yield from _gone(Request("DELETE", path("v1/prompts", prompt_identifier)))


def _gone(request: Request) -> Steps[None]:
    try:
        yield request
    except NotFound as error:
        if not error.maybe_applied:
            raise


def _version(stored: JsonObject) -> PromptVersion:
    return PromptVersion(
        stored["template"]["messages"],
        model_name=stored["model_name"],
        description=stored.get("description"),
        model_provider=stored["model_provider"],
        template_format=stored["template_format"],
        invocation_parameters=stored["invocation_parameters"],
        tools=stored.get("tools"),
        response_format=stored.get("response_format"),
        id=stored["id"],
    )


def _wire(version: PromptVersion) -> JsonObject:
    return {
        "description": version.description,
        "model_provider": version.model_provider,
        "model_name": version.model_name,
        "template": {"type": "chat", "messages": [*version.messages]},
        "template_type": "CHAT",
        "template_format": version.template_format,
        "invocation_parameters": version.invocation_parameters or _defaults(version.model_provider),
        "tools": version.tools,
        "response_format": version.response_format,
    }


def _defaults(provider: str) -> JsonObject:
    """No parameters, in the shape that Phoenix's clients read: Anthropic's cannot do without one."""
    kind = "openai" if provider == "MINIMAX" else provider.lower()
    return {"type": kind, kind: {"max_tokens": 1000} if kind == "anthropic" else {}}
