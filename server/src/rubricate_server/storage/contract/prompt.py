"""Prompts, their versions and tags, and their store."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, TypedDict


class StoredPrompt(NamedTuple):
    """A prompt, without its versions."""

    id: int
    name: str
    description: str | None
    metadata: dict[str, Any]


class StoredPromptVersion(NamedTuple):
    """A version of a prompt. It never changes."""

    id: int
    prompt_id: int
    body: dict[str, Any]
    created_us: int


class NewPromptTag(NamedTuple):
    """A tag to put on a version."""

    name: str
    description: str | None


class StoredPromptTag(NamedTuple):
    """A tag that is on a version."""

    id: int
    name: str
    description: str | None


class PromptUpdate(TypedDict, total=False):
    """New values of some fields of a prompt; a missing key leaves the field as it is."""

    description: str | None
    metadata: dict[str, Any]


class PromptStore(Protocol):
    """Prompts, their versions, and the tags that name one version of a prompt each."""

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredPrompt]:
        """Prompts, newest first."""

    def get(self, prompt_id: int) -> StoredPrompt:
        """By row id. Raises NotFound."""

    def get_by_name(self, name: str) -> StoredPrompt:
        """By name. Raises NotFound."""

    def create(
        self, name: str, description: str | None, metadata: dict[str, Any], body: dict[str, Any]
    ) -> StoredPromptVersion:
        """Add a version to the prompt of this name, which is made first if there is none; durable.

        A prompt that is there keeps its description and metadata. Not idempotent: twice makes two versions.
        """

    def update(self, prompt_id: int, change: PromptUpdate) -> StoredPrompt:
        """Replace what the change names; durable, idempotent. Raises NotFound."""

    def delete(self, prompt_id: int) -> None:
        """Delete a prompt with its versions and tags; durable. Raises NotFound."""

    def add_version(
        self, prompt_id: int, body: dict[str, Any], tags: Iterable[NewPromptTag] = ()
    ) -> StoredPromptVersion:
        """Add a version, with these tags on it, whether or not they were on another; durable. Raises NotFound.

        Not idempotent: twice makes two versions.
        """

    def versions(self, prompt_id: int, *, from_id: int | None = None, limit: int = 100) -> list[StoredPromptVersion]:
        """The versions of a prompt, newest first."""

    def version(self, version_id: int) -> StoredPromptVersion:
        """By row id. Raises NotFound."""

    def latest(self, prompt_id: int) -> StoredPromptVersion:
        """The newest version of a prompt. Raises NotFound."""

    def tagged(self, prompt_id: int, tag: str) -> StoredPromptVersion:
        """The version of a prompt that has this tag. Raises NotFound."""

    def tags(self, version_id: int, *, from_id: int | None = None, limit: int = 100) -> list[StoredPromptTag]:
        """The tags on a version, newest first; none, too, when there is no such version."""

    def put_tag(self, version_id: int, tag: NewPromptTag) -> None:
        """Put a tag on a version, taking it from any other of the prompt; durable, idempotent. Raises NotFound.

        A tag that moves keeps its id, and gets the new description.
        """

    def remove_tag(self, version_id: int, name: str) -> None:
        """Take a tag from the prompt that the version belongs to, whichever version has it; durable.

        Raises NotFound.
        """
