"""Parts of messages: what was perhaps meant, and what there is."""

import keyword
import re
from collections.abc import Mapping
from difflib import get_close_matches

from rubricate_server.domain.filter.expressions import Kind, Literal, Value


def written_as(wanted: Kind, value: Value) -> str:
    """How a literal would be written as another kind."""
    match wanted, value:
        case Kind.NUMBER, Literal(str() as text):
            try:
                float(text)
            except ValueError:
                return ""
            return f", write {text} instead of '{text}'"
        case Kind.TEXT, Literal(int() | float() as number) if not isinstance(number, bool):
            return f", write '{number}' instead of {number}"
        case _:
            return ""


_WORDS = re.compile(r"[^\W\d_][\w-]*(?:[ ,]+[\w-]+)+[.?!]?")
LONGEST_SHOWN = 80


def is_plain_text(text: str) -> bool:
    """Whether it is words such as people type into a search box: no operator, no bracket, no word of Python's."""
    return _WORDS.fullmatch(text) is not None and not any(keyword.iskeyword(word) for word in re.split(r"[ ,]+", text))


def search_for(text: str, where: str) -> str:
    """The condition that looks for a text."""
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."
    return f"`{shown!r} in {where}`"


def near(name: str | None, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """The known name that looks most like this one, if any does."""
    close = get_close_matches(name or "", list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def either(names: tuple[str, ...]) -> str:
    """Names to choose from."""
    return f"{', '.join(f'`{name}`' for name in names[:-1])} or `{names[-1]}`" if len(names) > 1 else f"`{names[0]}`"


def listed(fields: Mapping[str, object]) -> str:
    """Fields of an annotation."""
    return ", ".join(f"`.{field}`" for field in fields)
