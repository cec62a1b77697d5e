"""A wheel without the reporter's pages would serve none, so none is made (hatchling calls this before it packs)."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NeedsPages(BuildHookInterface[Any]):
    """An editable installation reads the tree, where pages may come later."""

    def initialize(self, version: str, _: dict[str, Any]) -> None:
        """Raises `RuntimeError`, which ends the build."""
        missing = [name for name in ("app/site/built/languages.json", "app/migrations/env.py") if not self._has(name)]
        if missing and version != "editable":
            raise RuntimeError(f"{missing[0]} is missing: `make wheel` makes the pages first")

    def _has(self, name: str) -> bool:
        return (Path(self.root) / name).exists()
