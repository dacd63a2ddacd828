"""A version of a prompt, to store and to use."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import Any

from rubricate.records.base import JsonObject
from rubricate.records.prompt import ModelProvider, TemplateFormat
from rubricate.template import filled


@dataclass(frozen=True)
class PromptVersion:
    """Messages, the model that they are for, and how it is called.

    `client.prompts` stores versions and finds them again.

    >>> from rubricate.client.types.prompts import PromptVersion
    >>> version = PromptVersion(
    ...     [{"role": "user", "content": "Answer in one sentence: {{question}}"}],
    ...     model_name="gpt-5",
    ...     invocation_parameters={"type": "openai", "openai": {"temperature": 0}},
    ... )
    >>> version.format(variables={"question": "How long is the warranty?"})
    [{'role': 'user', 'content': 'Answer in one sentence: How long is the warranty?'}]
    """

    messages: Sequence[Mapping[str, Any]]
    """Each a dict of `role` and `content`: a text, or parts of type `text`, `tool_call` or `tool_result`."""
    _: KW_ONLY
    model_name: str
    description: str | None = None
    model_provider: ModelProvider = "OPENAI"
    template_format: TemplateFormat = "MUSTACHE"
    """How variables are written: `{{name}}`, `{name}`, or none at all."""
    invocation_parameters: JsonObject = field(default_factory=dict)
    """`{"type": "openai", "openai": {…}}`, with what the provider takes inside, kept as it is.

    Empty stands for the provider's defaults.
    """
    tools: JsonObject | None = None
    """`{"type": "tools", "tools": […]}`: functions, and tools that only their provider knows."""
    response_format: JsonObject | None = None
    """`{"type": "json_schema", "json_schema": {"name": …, "schema": {…}}}`."""
    id: str | None = None
    """Of a version that the server keeps; ignored when one is created."""

    def format(self, *, variables: Mapping[str, object] = MappingProxyType({})) -> list[JsonObject]:
        """The messages with their variables filled in; a value goes in as it is, whatever it looks like.

        Only texts have variables; calls of tools and their results stay. Roles and parts are those of the prompt: they
        are not made into what a provider's own client takes.

        Raises `InvalidInput` when a variable is not given, or when an `F_STRING` is none.

            >>> version = PromptVersion([{"role": "user", "content": "Greet {{name}}."}], model_name="gpt-5")
            >>> version.format(variables={"name": "Ada"})
            [{'role': 'user', 'content': 'Greet Ada.'}]
        """
        return [{**message, "content": self._filled(message["content"], variables)} for message in self.messages]

    def _filled(self, content: Any, variables: Mapping[str, object]) -> Any:
        if isinstance(content, str):
            return filled(content, self.template_format, variables)
        return [
            {**part, "text": filled(part["text"], self.template_format, variables)} if part["type"] == "text" else part
            for part in content
        ]
