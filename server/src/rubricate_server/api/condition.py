"""Conditions of the filter language in query parameters."""

from rubricate_server.api.errors import ApiError
from rubricate_server.domain.filter import Condition, FilterError, Language, parse


def condition_of(text: str | None, language: Language) -> Condition | None:
    """The parsed condition; None without one. Raises 400, which says where the text is wrong."""
    if text is None or not text.strip():
        return None
    try:
        return parse(text, language)
    except FilterError as error:
        raise ApiError(400, str(error)) from None
