"""Counting in pieces gives what counting at once would."""

from pathlib import Path

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter import SPANS, parse
from rubricate_server.storage.contract import ItemCount, ItemQuery
from rubricate_server.storage.sqlite import item
from rubricate_server.storage.sqlite.store import open_storage

from ..spans import PROJECT, START_NS, new_span


@pytest.mark.parametrize("alike", [1, 3, 50])
@pytest.mark.parametrize("piece", [1, 2, 7, 200])
def test_every_span_is_counted_once_however_the_pieces_fall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alike: int, piece: int
) -> None:
    monkeypatch.setattr(item, "PIECE", piece)
    store = open_storage(tmp_path)
    store.spans.add([new_span(n, start_ns=START_NS + n // alike, kind="LLM" if n % 3 else "TOOL") for n in range(100)])
    project_id = store.projects.get(PROJECT).id
    condition = parse("span_kind == 'LLM'", SPANS)
    for start in (None, START_NS, START_NS + 10 // alike, START_NS + 1000):
        for end in (None, START_NS, START_NS + 60 // alike):
            numbers = [n for n in range(100) if (start or 0) <= START_NS + n // alike < (end or 1 << 62) and n % 3]
            query = ItemQuery(TargetKind.SPAN, project_id, start, end, condition=condition)
            assert store.items.count(query, 1000, 60.0) == ItemCount(len(numbers), True)
            if numbers:
                assert store.items.count(query, len(numbers) - 1, 60.0) == ItemCount(len(numbers) - 1, False)
    store.close()
