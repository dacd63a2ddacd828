"""Why a request is not taken.

MalformedRequest         the body is not what it says it is: send it right, do not repeat it
├── Corrupt              it cannot be decompressed
UnsupportedEncoding      compressed in a way that is not known here
TooLarge                 beyond a limit
Busy                     too much is being worked on; the same request may go through later
"""


class MalformedRequest(ValueError):
    """The body is not what it says it is; the message says in what way."""


class Corrupt(MalformedRequest):
    """The body cannot be decompressed."""


class UnsupportedEncoding(ValueError):
    """The body is compressed in a way that is not known here; the message names those that are."""


class TooLarge(ValueError):
    """The body is beyond a limit; the message says which, and the setting that moves it."""


class Busy(Exception):
    """Too much is being worked on. Nothing was stored; the same request may go through later."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
