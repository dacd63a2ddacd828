"""Prints the OpenAPI description of the server: `python -m rubricate_server.openapi > openapi.json`."""

import json
from typing import Any

from rubricate_server.app import build_app


def describe() -> dict[str, Any]:
    """The description, without a store: no route runs."""
    return build_app(None, None).openapi()  # type: ignore[arg-type]  # nothing is called


if __name__ == "__main__":
    print(json.dumps(describe(), indent=2, ensure_ascii=False))
