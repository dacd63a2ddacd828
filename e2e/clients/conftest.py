"""What all clients' tests share: an environment that is nobody's, and a project of one's own."""

import os
import uuid

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's shell, and no `.env.phoenix` above the working directory, says where to send."""
    for name in list(os.environ):
        if name.startswith(("RUBRICATE_", "PHOENIX_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PHOENIX_DISCOVER_CONFIG", "false")


@pytest.fixture
def project() -> str:
    """The name of a project that no other test uses."""
    return f"project-{uuid.uuid4().hex[:12]}"
