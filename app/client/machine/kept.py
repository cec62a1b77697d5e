"""What a person's machine keeps of one subject, a file each, sealed to them and under a MAC of theirs.

So it is believed without a signature. Whoever takes the machine does not learn which subject a file is of: its name
only the person's keys can derive.
"""

import hmac
from pathlib import Path
from typing import Final

from app import age, private
from app.client.machine.directory import write_atomically
from app.protocol.derivation import derive

_MAC_SIZE: Final = 32


class Kept:
    """The files in `directory`, whose keys are derived for this `use`."""

    def __init__(self, directory: Path, identity: age.HybridIdentity, *, use: str) -> None:
        self._directory = directory
        self._identity = identity
        self._key = derive(identity.secret, use)

    def find(self, subject: str) -> bytes | None:
        """What was kept last; None where nothing was, or where somebody else has written there."""
        try:
            plaintext = age.decrypt(self._path(subject).read_bytes(), [self._identity])
        except (FileNotFoundError, age.Error):
            return None
        mac, content = plaintext[:_MAC_SIZE], plaintext[_MAC_SIZE:]
        return content if hmac.compare_digest(mac, self._mac(content)) else None

    def keep(self, subject: str, content: bytes) -> None:
        """In the place of what was kept of the same subject."""
        private.make_directory(self._directory)
        write_atomically(self._path(subject), age.encrypt(self._mac(content) + content, [self._identity.recipient]))

    def drop(self, subject: str) -> None:
        """It is needed no more."""
        self._path(subject).unlink(missing_ok=True)

    def _path(self, subject: str) -> Path:
        return self._directory / f"{self._mac(subject.encode()).hex()}.age"

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")
