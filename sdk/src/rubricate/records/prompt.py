"""A prompt: what an application says to a model, in versions that never change, under tags that move.

Fields and shapes are those of Phoenix's clients. What only a provider understands (invocation parameters, tools, the
format of the answer) is looked at where the clients do, and kept as it was sent.
"""

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from rubricate.records.base import Input, JsonObject, Metadata, Record, holdable

ModelProvider = Literal[
    "OPENAI",
    "AZURE_OPENAI",
    "ANTHROPIC",
    "GOOGLE",
    "DEEPSEEK",
    "XAI",
    "OLLAMA",
    "AWS",
    "CEREBRAS",
    "FIREWORKS",
    "GROQ",
    "MOONSHOT",
    "MINIMAX",
    "PERPLEXITY",
    "TOGETHER",
    "ZAI",
    "META",
]
InvocationType = Literal[
    "openai",
    "azure_openai",
    "anthropic",
    "google",
    "deepseek",
    "xai",
    "ollama",
    "aws",
    "cerebras",
    "fireworks",
    "groq",
    "moonshot",
    "perplexity",
    "together",
    "zai",
    "meta",
]
TemplateFormat = Literal["MUSTACHE", "F_STRING", "NONE"]
Role = Literal["user", "assistant", "model", "ai", "tool", "system", "developer"]

_NAME = "[a-z0-9]([a-z0-9_-]*[a-z0-9])?"


def _prompt_name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        raise PydanticCustomError(
            "prompt_name",
            "Must be lower-case letters, digits, _ and -, with a letter or digit at both ends, such as support-reply",
        )
    return value


PromptName = Annotated[str, AfterValidator(_prompt_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})]
"""The name of a prompt or of a tag. It stands in addresses, so it is narrow, as with Phoenix."""


class PromptData(Input):
    """A prompt to make, without its versions."""

    name: PromptName
    description: str | None = None
    metadata: Metadata | None = None


class PromptUpdate(Input):
    """What is to change of a prompt; what is left out stays."""

    description: str | None = None
    """Null takes it away."""
    metadata: Annotated[Metadata, Field(default_factory=dict)]
    """In place of all that was there."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("a change of a prompt needs description, metadata, or both")
        return self


class Prompt(Record):
    """A prompt as the server keeps it."""

    id: str
    name: str
    description: str | None
    source_prompt_id: str | None
    """Of which it is a copy. Always null: Phoenix makes copies in its page only."""
    metadata: JsonObject


class _Kept(Input):
    """Part of a version: keys that are not known are kept, and no value becomes another one."""

    model_config = ConfigDict(extra="allow", strict=True)


class TextPart(_Kept):
    """Text in a message."""

    type: Literal["text"]
    text: str


class ToolCallFunction(_Kept):
    """The function that is called."""

    type: Literal["function"]
    name: str
    arguments: str
    """JSON, as the model wrote it."""


class ToolCallPart(_Kept):
    """A call of a tool, in a message of the assistant."""

    type: Literal["tool_call"]
    tool_call_id: str
    tool_call: ToolCallFunction


class ToolResultPart(_Kept):
    """What a tool answered."""

    type: Literal["tool_result"]
    tool_call_id: str
    tool_result: Any
    """Any JSON."""


ContentPart = Annotated[TextPart | ToolCallPart | ToolResultPart, Field(discriminator="type")]


class PromptMessage(_Kept):
    """One message of a prompt. Texts may hold variables; the format of the template says how they are written."""

    role: Role
    content: str | Annotated[list[ContentPart], Field(min_length=1)]


class ChatTemplate(_Kept):
    """The messages of a prompt."""

    type: Literal["chat"]
    messages: list[PromptMessage]


def _say_each_provider(schema: JsonObject) -> None:
    for name in get_args(InvocationType):
        schema["properties"][name] = {"type": "object", "additionalProperties": True}


class InvocationParameters(_Kept):
    """Temperature and the like: an object under the name that `type` has, kept as it was sent."""

    model_config = ConfigDict(json_schema_extra=_say_each_provider)

    type: InvocationType

    @model_validator(mode="after")
    def _has_its_object(self) -> Self:
        if not isinstance((self.model_extra or {}).get(self.type), dict):
            raise ValueError(f"an object is needed under {self.type!r}, the name that type has; it may be empty")
        return self


class ToolFunction(_Kept):
    """A function as it is told to the model."""

    name: str
    description: str | None = None
    parameters: JsonObject | None = None
    """JSON Schema of its arguments."""
    strict: bool | None = None


class FunctionTool(_Kept):
    """A tool that is a function."""

    type: Literal["function"]
    function: ToolFunction


class RawTool(_Kept):
    """A tool that only its provider knows."""

    type: Literal["raw"]
    raw: JsonObject


class AnyChoice(_Kept):
    """How many tools the model may use."""

    type: Literal["none", "zero_or_more", "one_or_more"]


class FunctionChoice(_Kept):
    """The one function that the model must call."""

    type: Literal["specific_function"]
    function_name: str


Tool = Annotated[FunctionTool | RawTool, Field(discriminator="type")]


class PromptTools(_Kept):
    """The tools that a model is given."""

    type: Literal["tools"]
    tools: Annotated[list[Tool], Field(min_length=1)]
    tool_choice: Annotated[AnyChoice | FunctionChoice, Field(discriminator="type")] | None = None
    disable_parallel_tool_calls: bool | None = None


class AnswerSchema(_Kept):
    """A named JSON Schema."""

    name: str
    description: str | None = None
    json_schema: JsonObject | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(_Kept):
    """What the model's answer must look like."""

    type: Literal["json_schema"]
    json_schema: AnswerSchema


class PromptVersionData(Input):
    """A version to make: messages, the model that they are for, and how it is called."""

    model_config = ConfigDict(strict=True)

    description: str | None = None
    model_provider: ModelProvider
    model_name: str
    template: ChatTemplate
    template_type: Literal["CHAT"]
    """Phoenix knows another type, and takes none of it either."""
    template_format: TemplateFormat
    invocation_parameters: InvocationParameters
    tools: PromptTools | None = None
    response_format: ResponseFormat | None = None

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        return holdable(value) if isinstance(value, dict) else value

    def body(self) -> JsonObject:
        """The version as it was sent, without fields that are not known or not set."""
        sent = self.model_dump(by_alias=True, exclude_unset=True)
        return {field: value for field, value in sent.items() if value is not None}


class PromptVersion(PromptVersionData):
    """A version as the server keeps it. Fields that were not set are left out, but for `description`, then empty."""

    id: str


class PromptCreate(Input):
    """A prompt and its first version, or another version of a prompt that is there."""

    prompt: PromptData
    version: PromptVersionData


class PromptTagData(Input):
    """A tag to put on a version."""

    name: PromptName
    description: str | None = None


class PromptVersionCreate(Input):
    """Another version of a prompt, and the tags that it gets at once."""

    version: PromptVersionData
    tags: list[PromptTagData] | None = None


class PromptTag(Record):
    """A tag that is on a version."""

    id: str
    name: str
    description: str | None
