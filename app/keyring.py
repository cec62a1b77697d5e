"""The service's own secrets. None of them opens a sealed file."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import private
from app.protocol.derivation import derive
from app.protocol.documents import SERVICE, Signer
from app.protocol.encoding import b64

FILE = "keyring.json"
_SIZE = 32


@dataclass(frozen=True)
class Keyring:
    """One secret of 32 bytes, from which each use derives a key of its own."""

    secret: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """By which the database knows the keyring that belongs to it; it says nothing of the secret."""
        return sha256(self.key("installation")).hexdigest()

    @property
    def signer(self) -> Signer:
        """The service key, with which the service signs heads; a supervisor certifies it in the key log."""
        return Signer(SERVICE, Ed25519PrivateKey.from_private_bytes(self.key("service-key")))

    def key(self, label: str) -> bytes:
        """32 bytes for one use (HKDF-SHA256, no salt). They say nothing of those of another label."""
        return derive(self.secret, f"server/{label}")

    def token(self, of: str) -> str:
        """What only the service can make of an id, so that a repeated request gets the same and none is kept."""
        return b64(self.key(of))


def load(data_dir: Path) -> Keyring:
    """The keyring in `keyring.json`, made on the first start; only its owner may read the file.

    Processes that share a database need the same file. Raises `ValueError` where it is damaged.
    """
    private.make_directory(data_dir)
    path = data_dir / FILE
    if not path.exists():
        private.write_once(path, json.dumps({"secret": secrets.token_hex(_SIZE)}).encode())
    private.make_file(path)
    try:
        return read(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path} is damaged: put your copy back") from None


def read(content: bytes) -> Keyring:
    """The keyring of which this is the file. Raises `ValueError`."""
    try:
        secret = bytes.fromhex(json.loads(content)["secret"])
    except (KeyError, TypeError):
        raise ValueError("no keyring") from None
    if len(secret) != _SIZE:
        raise ValueError("no keyring")
    return Keyring(secret)
