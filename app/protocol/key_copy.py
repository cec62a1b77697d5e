"""The copy of a person's keys, for the day on which their machine is gone (SEALING, *Continuity*).

It is an age file under two secrets together: the passphrase of the keys, and the account key, 128 bits that lie on a
sheet of paper. Who has the service's files and guesses at passphrases still lacks the paper; who finds the paper lacks
the passphrase. Stock age opens it. Its plaintext is an ordinary identity file behind a line that says whose it is, and
whom its person trusted: a machine that is made from it asks no service for a pin.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Self

from app import age
from app.protocol.certified import entropy_of, words_of
from app.protocol.chain import Mark
from app.protocol.documents import Signature, Signer, bytes_signed, verify_signature
from app.protocol.encoding import MOST, canonical, check_hash, check_id, check_number, parse_object, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, NotMine
from app.protocol.opaque_string import opaque
from app.protocol.roots import Pin
from app.protocol.sizes import padded_size
from app.protocol.types import TYPES

COPY: Final = TYPES["copy"]
# The base-two logarithm of scrypt's N: a file that wants more is not opened.
WORK_FACTOR_LIMIT: Final = 18
_ACCOUNT_KEY_SIZE: Final = 16
_ABOUT: Final = "# tern-copy "


@dataclass(frozen=True)
class AccountKey:
    """Sixteen random bytes that lie on the sheet alone, as twelve words of BIP-39's English list."""

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(_ACCOUNT_KEY_SIZE))

    @classmethod
    def read(cls, words: str) -> Self:
        """However they are spaced and in whatever case. Raises `Malformed`."""
        return cls(entropy_of(words))

    @property
    def words(self) -> str:
        return words_of(self.secret)


@dataclass(frozen=True)
class KeyCopy:
    """What is in a copy: `keys` is the plaintext of `keys.age`, `log` the key log's last line when it was made."""

    server: str
    person: str
    pin: Pin
    log: Mark
    keys: str = field(repr=False)

    @property
    def text(self) -> bytes:
        """The plaintext, with a comment of spaces up to its size. Raises `TooLong`."""
        about = {
            "v": 1,
            "server": self.server,
            "person": self.person,
            "pin": str(self.pin),
            "log": {"n": self.log.version, "sha256": self.log.sha256},
        }
        text = _ABOUT.encode() + canonical(about) + b"\n" + self.keys.encode() + b"# "
        return text.ljust(padded_size(COPY.size, len(text) + 1) - 1, b" ") + b"\n"

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Raises `Malformed` for what `text` does not write."""
        about, _, rest = text.partition(b"\n")
        keys, _, _ = rest.rpartition(b"# ")
        copy = cls._read(parse_object(about.removeprefix(_ABOUT.encode())), keys)
        if copy.text != text:  # also where there is more, or no comment around it
            raise Malformed("a copy that is written otherwise")
        return copy

    @classmethod
    def _read(cls, about: dict[str, Any], keys: bytes) -> Self:
        match about:
            case {
                "v": 1,
                "server": str(server),
                "person": person,
                "pin": str(pin),
                "log": {"n": n, "sha256": sha256},
            }:
                log = Mark(check_number(n, range(1, MOST + 1)), check_hash(sha256))
                try:
                    return cls(server, check_id("per", person), Pin.read(pin), log, keys.decode())
                except UnicodeDecodeError:
                    pass
        raise Malformed("not the copy of anybody's keys")


def seal_copy(
    copy: KeyCopy, passphrase: str, account_key: AccountKey, *, work_factor: int = WORK_FACTOR_LIMIT
) -> bytes:
    """The copy under both. A lower `work_factor`, from 10, is for tests and the demo alone."""
    return age.encrypt(copy.text, [age.Passphrase(_both(passphrase, account_key), work_factor)])


def open_copy(file: bytes, passphrase: str, account_key: AccountKey) -> KeyCopy:
    """Raises `NotMine` where one of the two is not that of this copy, and `NotAuthentic`."""
    try:
        check_copy(file)
        both = age.Passphrase(_both(passphrase, account_key), work_factor_limit=WORK_FACTOR_LIMIT)
        return KeyCopy.read(age.decrypt(file, [both]))
    except age.NoMatchError:
        raise NotMine("a copy under another passphrase or account key") from None
    except age.EnvelopeError:
        raise NotAuthentic("envelope") from None
    except age.Error:
        raise NotAuthentic("ciphertext") from None


def check_copy(file: bytes) -> None:
    """All that can be said of it without its two secrets. Raises `EnvelopeError`."""
    age.check_passphrase_envelope(file, sizes=COPY.lengths)


def sign_file(type_: str, file: bytes, signer: Signer) -> bytes:
    """The 64 bytes without which the service takes no such file: nobody replaces it with a stolen session alone."""
    return signer.sign_bytes(_signed_bytes(type_, file)).sig


def check_file(type_: str, file: bytes, *, by: str, key: bytes, sig: bytes) -> None:
    """Raises `NotAuthentic` unless the holder of `key` signed it so."""
    verify_signature(Signature(by, key, sig), _signed_bytes(type_, file))


def _signed_bytes(type_: str, file: bytes) -> bytes:
    return bytes_signed(type_, sha256_hex(file).encode())


def _both(passphrase: str, account_key: AccountKey) -> str:
    return f"{opaque(passphrase)} {account_key.words}"
