"""What keeps the store in shape."""

from typing import Protocol


class Maintenance(Protocol):
    """Work that can wait, in steps that never block writers for long."""

    def step(self) -> bool:
        """Do one bounded piece (delete, repack, give space back); True when there is more to do."""
