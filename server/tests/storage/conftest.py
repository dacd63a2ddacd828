"""A store for each test: `data` is its place, `store` is it open; in `contract/`, once for each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rubricate_server.storage.contract import Storage

from .engines import ENGINES, Data, Engine


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine = request.param
    assert isinstance(engine, Engine)
    reason = engine.opted_out.get(request.function.__name__)
    if reason is not None:
        pytest.skip(f"{engine.name}: {reason}")
    return engine


@pytest.fixture
def data(engine: Engine, tmp_path: Path) -> Iterator[Data]:
    data = Data(engine, tmp_path / "data")
    yield data
    data.close()


@pytest.fixture
def store(data: Data) -> Storage:
    return data.open()
