"""Forgetting deletions that can be undone no longer."""

import threading
import time
from pathlib import Path

import pytest

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.jobs.forgetting import Forgetting
from rubricate_server.storage.contract import AnnotationKey, NewAnnotation, Removed, Storage
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.sqlite.store import open_storage

DAY_US = 86_400 * 1_000_000


def deleted(store: Storage) -> int:
    """Deletes an annotation; the id under which that can be undone."""
    key = AnnotationKey(TargetKind.SPAN, b"\1" * 8, -1, "tone", "")
    new = NewAnnotation(key, AnnotatorKind.HUMAN, "good", None, None, {}, AnnotationSource.APP, None)
    [row] = store.annotations.put([new])
    removed: Removed = store.annotations.delete_some({row: TargetKind.SPAN})
    assert removed.removal_id is not None
    return removed.removal_id


def test_a_deletion_is_forgotten_after_its_days_and_not_before(tmp_path: Path) -> None:
    store = open_storage(tmp_path)
    removal_id = deleted(store)
    job, now_us = Forgetting(store.annotations, 30), time.time_ns() // 1000

    job.forget(now_us + 29 * DAY_US)
    assert store.annotations.restore(removal_id).restored == 1
    removal_id = deleted(store)
    job.forget(now_us + 31 * DAY_US)
    with pytest.raises(NotFound):
        store.annotations.restore(removal_id)
    store.close()


def test_with_no_days_it_forgets_nothing(tmp_path: Path) -> None:
    store = open_storage(tmp_path)
    job = Forgetting(store.annotations, 0)
    threads = threading.active_count()
    job.start()
    assert threading.active_count() == threads
    job.stop()
    store.close()
