"""What is wrong with an expression."""


class FilterError(ValueError):
    """The expression cannot be used: `message` says why, `column` (from 1) where. Its text says both."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"{message} (at character {column})")
        self.message = message
        self.column = column
