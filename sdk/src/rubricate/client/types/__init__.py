"""Values that the client's methods take, and such as they answer (`datasets`, `experiments`)."""

from rubricate.client.types.prompts import PromptVersion
from rubricate.client.types.spans import SpanQuery

__all__ = ["PromptVersion", "SpanQuery"]
