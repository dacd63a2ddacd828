"""What is wrong with an expression."""

import re

_PROPOSED = re.compile(r"; did you mean `(.+?)`")


class FilterError(ValueError):
    """The expression cannot be used: `message` says why, `column` (from 1) where. Its text says both."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"{message} (at character {column})")
        self.message = message
        self.column = column

    @property
    def suggestion(self) -> str | None:
        """What the message proposes to write instead of the wrong word, if it does."""
        found = _PROPOSED.search(self.message)
        return found.group(1) if found else None
