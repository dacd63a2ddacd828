"""What the tokens of a span cost, by type: `input` and `output`, and what is counted apart, such as `cache_read`."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from rubricate_server.domain.filter.numeric import number

COST_TYPES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("input", "cache_read", "cache_write", "cache_input", "audio"),
    "completion": ("output", "audio", "reasoning"),
}
"""Types of tokens. Tokens of all but the first are in attributes such as `llm.token_count.prompt_details.cache_read`,
costs in `llm.cost.prompt_details.cache_read`; the first is what is left of the prompt, or the completion."""

_ATTRIBUTE = {"tokens": "token_count", "cost": "cost"}


def cost_of_type(
    attributes: Mapping[str, Any], what: Literal["tokens", "cost"], part: str, of: str, whole: int | float | None
) -> int | float | None:
    """Tokens, or cost in dollars, of one type; None when it is not known, or nothing of it was used.

    `whole` is that of the prompt or the completion. Parts that are more than the whole are not counted in it.
    """

    def detail(name: str) -> int | float | None:
        return number(attributes.get(f"llm.{_ATTRIBUTE[what]}.{part}_details.{name}"))

    rest, *details = COST_TYPES[part]
    if of != rest:
        found = detail(of)
        return found if found is not None and found > 0 else None
    said = detail(rest) if what == "cost" else None
    if said is not None:
        return said
    taken = sum(detail(name) or 0 for name in details)
    return whole - taken if whole is not None and taken <= whole else whole


def cost_part(
    attrs: str | None, what: Literal["tokens", "cost"], is_prompt: int, of: str, whole: int | float | None
) -> int | float | None:
    """The same from the small attributes of a narrow row, as JSON. SQLite connections register it by this name."""
    return cost_of_type(json.loads(attrs or "{}"), what, "prompt" if is_prompt else "completion", of, whole)
