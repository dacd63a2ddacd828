"""Data frames of spans: which columns a query asks for, and the rows that spans make of it.

Two shapes of frame exist. Without `select`, `explode` and `concat` it is *whole*: eleven fixed columns and one
`attributes.…` column for each attribute that occurs. With any of them it is *picked*: only what was named.

A row is a dict from column key to cell, without its empty cells. A key is the column's ordinal and name (`4_name`),
because two columns may bear one name. Columns turn up as spans go by, so they are complete only after the last row.
"""

from collections.abc import Callable
from typing import Any

from rubricate_server.domain.frame.cell import iso_time
from rubricate_server.domain.frame.column import Column, Frame, Span
from rubricate_server.domain.frame.columnar import Columnar, Group, Slot, filled
from rubricate_server.domain.frame.picked import PickedFrame
from rubricate_server.domain.frame.query import FrameError, FrameQuery
from rubricate_server.domain.frame.whole import WholeFrame

__all__ = [
    "Column",
    "Columnar",
    "Frame",
    "FrameError",
    "FrameQuery",
    "Group",
    "Slot",
    "Span",
    "filled",
    "frame_of",
    "iso_time",
]


def frame_of(query: FrameQuery, *, time: Callable[[int], Any]) -> Frame:
    """An empty frame for the query. Cells that are moments are made by `time` from nanoseconds."""
    return WholeFrame(time) if query.is_whole else PickedFrame(query, time)
