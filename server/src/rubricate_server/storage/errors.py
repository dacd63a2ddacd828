"""What storage refuses.

StorageError
├── NotFound          what was asked for is not there
├── Conflict          what was to be made is there already
│   └── AnnotationChanged   an annotation is not as the writer thought
├── Protected         what was to be removed must stay
├── NotYours          an annotation is somebody else's
├── TooComplex        a condition is nested deeper than the database can read
├── QueueFull         more is waiting to be written than the settings allow; try again later
├── WrongSchema       the data were written by another version
└── Damaged           a checksum does not fit
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rubricate_server.storage.contract import StoredAnnotation


class StorageError(Exception):
    """Something that storage refuses; the message says what, and what would be right."""


class NotFound(StorageError):
    """What was asked for is not there."""


class Conflict(StorageError):
    """What was to be made is there already."""


class AnnotationChanged(Conflict):
    """An annotation is not as the writer thought; nothing was written."""

    def __init__(self, place: int, name: str, current: "StoredAnnotation | None") -> None:
        super().__init__(
            f"Nothing was written: the annotation {name!r} was {'deleted' if current is None else 'changed'} since it"
            " was read. Look at what stands there, and write again."
        )
        self.place = place
        """Of the annotation among those that were to be written."""
        self.current = current
        """What stands there; None when there is nothing."""


class Protected(StorageError):
    """What was to be removed must stay."""


class NotYours(StorageError):
    """An annotation is somebody else's; nothing was written."""


class TooComplex(StorageError):
    """A condition is nested deeper than the database can read."""


class QueueFull(StorageError):
    """More is waiting to be written than the settings allow; the same call may go through later."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class WrongSchema(StorageError):
    """The data were written by a version of Rubricate whose schema this one does not know."""


class Damaged(StorageError):
    """Stored bytes are not what was written."""
