"""Build hook: the web pages travel inside the wheel and the sdist, or nothing is built."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/rubricate_server/static")


class UiIsBuilt(BuildHookInterface[Any]):
    """Refuses to build a distribution without its UI. An editable install serves the folder as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it gathers files; `version` says which kind of build."""
        if version == "editable":
            return
        if not (Path(self.root) / STATIC / "index.html").is_file():
            raise SystemExit("The UI is not built. Run `make run`.")
