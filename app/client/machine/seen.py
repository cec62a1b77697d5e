"""What this machine has seen: the highest version of everything opened, and the last line of the key log.

It lies sealed to the person's own identity, so that whoever takes the machine does not learn what was worked on. A
service that shows something older than this is caught (SEALING, "On opening, a client", 5).
"""

import json
from pathlib import Path
from typing import Any

from app import age
from app.client.machine.directory import write_atomically
from app.protocol.chain import Mark


class SeenFile:
    """Kept in one file, which is replaced at each change."""

    def __init__(self, path: Path, identity: age.HybridIdentity) -> None:
        self._path = path
        self._identity = identity
        self._kept: dict[str, Any] = {}
        if path.exists():
            self._kept = json.loads(age.decrypt(path.read_bytes(), [identity]))

    def highest(self, type_: str, subject: str) -> Mark | None:
        found = self._kept.get(f"{type_} {subject}")
        return Mark(*found) if found else None

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        """Remember a version that was opened, or that was written and taken."""
        if self.highest(type_, subject) != mark:
            self._kept[f"{type_} {subject}"] = [mark.version, mark.sha256, mark.generation]
            self._save()

    def _save(self) -> None:
        content = json.dumps(self._kept, separators=(",", ":")).encode()
        write_atomically(self._path, age.encrypt(content, [self._identity.recipient]))
