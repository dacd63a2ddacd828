"""Texts with variables in them, as prompts have."""

import re
import string
from collections.abc import Mapping

from rubricate.errors import InvalidInput
from rubricate.records.prompt import TemplateFormat

_MUSTACHE = re.compile(r"(?<!\\)\{\{\s*(\w+)\s*\}\}")


def filled(text: str, template_format: TemplateFormat, variables: Mapping[str, object]) -> str:
    """The text with its variables filled in; a value goes in as it is, whatever it looks like.

    `MUSTACHE` writes a variable `{{name}}`, with blanks inside of the braces if wanted, and `\\{{` is no variable.
    `F_STRING` writes `{name}`, and `{{` and `}}` for braces. `NONE` has no variables. Variables that the text does not
    have are left alone.

    Raises `InvalidInput` when a variable of the text is not given, or when braces of an `F_STRING` hold no plain name.

        >>> filled("Hello {{ name }}!", "MUSTACHE", {"name": "Ada"})
        'Hello Ada!'
    """
    match template_format:
        case "MUSTACHE":
            _all_given(_MUSTACHE.findall(text), variables)
            return _MUSTACHE.sub(lambda found: str(variables[found[1]]), text)
        case "F_STRING":
            parts = _f_string(text)
            _all_given([name for _, name in parts if name is not None], variables)
            return "".join(literal + ("" if name is None else str(variables[name])) for literal, name in parts)
        case "NONE":
            return text


def _f_string(text: str) -> list[tuple[str, str | None]]:
    """Pieces of plain text, each with the variable that follows it.

    Formats and attributes (`{price:.2f}`, `{user.name}`) are refused: variables are texts, and a template that comes
    from a server must not reach into objects of the application.
    """
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise InvalidInput(f"The template is no F_STRING: {error}. A brace as such is written twice: {{{{") from error
    for _, name, form, conversion in parts:
        if name is not None and (not name.isidentifier() or form or conversion):
            raise InvalidInput(
                f"The template has {{{name}…}} in braces; an F_STRING takes plain names there, such as {{question}}."
            )
    return [(literal, name) for literal, name, _, _ in parts]


def _all_given(names: list[str], variables: Mapping[str, object]) -> None:
    missing = sorted(set(names) - set(variables))
    if missing:
        raise InvalidInput(f"The template needs variables that are not given: {', '.join(missing)}")
