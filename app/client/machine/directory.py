"""A person's directory on their own machine: keys under a passphrase, what was seen, the session, the outbox.

    machine.json   server, pin, person and handle: no secrets
    keys.age       the age identity and the signing key, as an age file under the unlock passphrase
    seen.sqlite    the highest version of everything opened, each sealed to the person's own identity
    session        the token of the present session
    card-token.age the token under which cards are sent, from the last sign-in, sealed to the person's own identity
    outbox/        statistics cards that wait for their hour, already sealed
    journals/      what was read of the journals of cases, sealed to the person's own identity
    ends/          what comes to an end, as the service last said, sealed to the person's own identity
    drafts/        what was to be written to a case and was not yet, sealed to the person's own identity

Whoever has a passphrase and stock age reads the keys too: the plaintext of `keys.age` is an ordinary identity file.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age, private
from app.client.machine import passphrases
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.opaque_string import opaque

_SIGNING: Final = "# tern-signing-key "


class NoMachine(Exception):
    """There is no machine of Tern's in this directory."""


@dataclass(frozen=True)
class PersonKeys:
    """What makes a person: the identity that opens what is sealed to them, and the key with which they sign."""

    identity: age.HybridIdentity = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        return cls(age.generate(), Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, text: str) -> Self:
        """From the plaintext of `keys.age`."""
        identity, signing = text.splitlines()
        seed = unb64(signing.removeprefix(_SIGNING), 32)
        return cls(_hybrid(identity), Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def text(self) -> str:
        """The plaintext of `keys.age`, an ordinary identity file."""
        return f"{self.identity}\n{_SIGNING}{b64(self.signing.private_bytes_raw())}\n"

    @property
    def recipient(self) -> str:
        """The recipient as text, as certificates have it."""
        return str(self.identity.recipient)

    @property
    def public_key(self) -> str:
        """The Ed25519 public key as base64url."""
        return b64(self.signing.public_key().public_bytes_raw())


@dataclass(frozen=True)
class About:
    """`pin` is None until the first supervisor has made the root, `person` until they have joined."""

    server: str
    handle: str
    pin: str | None = None
    person: str | None = None


@dataclass(frozen=True)
class Machine:
    """One person's directory: keys under a passphrase, session, marks, outbox, and what is told in clear (`About`)."""

    directory: Path

    @classmethod
    def create(
        cls, directory: Path, about: About, passphrase: str, *, work_factor: int = age.Passphrase.work_factor
    ) -> Self:
        """Make keys and lock them. Raises `FileExistsError` rather than write over somebody's keys.

        `work_factor` is the base-two logarithm of scrypt's N; a lower one is for tests and the demo alone.
        """
        return cls.with_keys(directory, about, PersonKeys.generate(), passphrase, work_factor=work_factor)

    @classmethod
    def with_keys(
        cls,
        directory: Path,
        about: About,
        keys: PersonKeys,
        passphrase: str,
        *,
        work_factor: int = age.Passphrase.work_factor,
    ) -> Self:
        """The same with keys that there are already."""
        machine = cls.begin(directory, about)
        machine.lock_with(passphrase, keys, work_factor=work_factor)
        return machine

    @classmethod
    def begin(cls, directory: Path, about: About) -> Self:
        """A machine without keys yet, which makes it nobody's. Raises `FileExistsError` where keys lie."""
        machine = cls(directory)
        if machine._keys.exists():
            raise FileExistsError(f"{machine._keys} exists")
        private.make_directory(directory)
        private.make_directory(machine.outbox)
        machine.tell(about)
        return machine

    def lock_with(self, passphrase: str, keys: PersonKeys, *, work_factor: int = age.Passphrase.work_factor) -> None:
        """Write the keys under this passphrase, in the place of what lies there."""
        sealed = age.encrypt(keys.text.encode(), [age.Passphrase(opaque(passphrase), work_factor)])
        write_atomically(self._keys, sealed)

    @property
    def exists(self) -> bool:
        """Whether keys lie there."""
        return self._keys.exists()

    @property
    def keys_sha256(self) -> str:
        """Of the file of keys, as it lies there."""
        return sha256_hex(self._keys.read_bytes())

    @property
    def about(self) -> About:
        """Raises `NoMachine`."""
        try:
            return About(**json.loads(self._about.read_bytes()))
        except FileNotFoundError:
            raise NoMachine(f"{self.directory} is no machine of Tern's") from None

    def tell(self, about: About) -> None:
        """Write what may be read without a passphrase."""
        write_atomically(self._about, json.dumps(asdict(about), indent=2).encode() + b"\n")

    def pin_to(self, pin: str) -> None:
        """Trust this root from now on."""
        self.tell(replace(self.about, pin=pin))

    def unlock(self, passphrase: str) -> PersonKeys:
        """Whatever keyboard typed it. Raises `WrongPassphrase`, and `NoMachine` where there are no keys."""
        try:
            sealed = self._keys.read_bytes()
        except FileNotFoundError:
            raise NoMachine(f"{self.directory} is no machine of Tern's") from None
        return PersonKeys.read(passphrases.decrypt(sealed, passphrase).decode())

    @property
    def session(self) -> str | None:
        """The token of the last sign-in, which may have ended."""
        return self._session.read_text().strip() if self._session.exists() else None

    def remember_session(self, token: str) -> None:
        write_atomically(self._session, token.encode() + b"\n")

    def forget_session(self) -> None:
        self._session.unlink(missing_ok=True)

    @property
    def journals(self) -> Path:
        """Where lies what was read of the journals of cases."""
        return self.directory / "journals"

    @property
    def drafts(self) -> Path:
        """Where what is to be written to cases waits until it was taken."""
        return self.directory / "drafts"

    @property
    def ends(self) -> Path:
        """Where lies what the service last said of what comes to an end."""
        return self.directory / "ends"

    @property
    def staff_log(self) -> Path:
        """The certificates that were fetched, so that only new ones are asked for."""
        return self.directory / "staff-log"

    @property
    def outbox(self) -> Path:
        """The directory of cards that wait to be sent."""
        return self.directory / "outbox"

    @property
    def seen(self) -> Path:
        """The file of the marks, sealed one by one."""
        return self.directory / "seen.sqlite"

    @property
    def card_token(self) -> Path:
        """The file of the token that the last sign-in brought, sealed to the person."""
        return self.directory / "card-token.age"

    @property
    def _keys(self) -> Path:
        return self.directory / "keys.age"

    @property
    def _about(self) -> Path:
        return self.directory / "machine.json"

    @property
    def _session(self) -> Path:
        return self.directory / "session"


def _hybrid(text: str) -> age.HybridIdentity:
    identity = age.parse_identity(text)
    if not isinstance(identity, age.HybridIdentity):
        raise age.IdentityError("a person's identity is post-quantum")
    return identity


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`, readable by its owner alone: a crash leaves the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(directory: Path) -> None:
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:  # Windows opens no directory, and writes a new name down by itself
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
