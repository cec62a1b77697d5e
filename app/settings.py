"""Everything that an operator may set, as `TERN_*` in the environment. Read once, in `main` or the CLI."""

import re
from base64 import b32decode, b64decode
from collections.abc import Set as AbstractSet
from hashlib import sha3_256
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app import private

# Where nothing leaves the machine, and nobody listens.
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_ADDRESS: Final = re.compile(r"[!-+\--?A-~]+@[!-+\--?A-~]+")  # what is visible in ASCII, but commas
_ADDRESSES: Final = re.compile(rf"{_ADDRESS.pattern}(?:, ?{_ADDRESS.pattern})*")
_ONE_LINE = r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$"


class Settings(BaseSettings):
    """The description of each field is its line in the documentation."""

    model_config = SettingsConfigDict(env_prefix="TERN_", frozen=True, hide_input_in_errors=True)

    data_dir: Path = Field(Path("data"), description="Where the service keeps its files.")
    database_url: str = Field(
        "",
        repr=False,  # it may hold a password
        description="An SQLAlchemy URL; when empty, the SQLite file `tern.sqlite` in the data directory.",
    )
    shred_dir: Path | None = Field(
        None,
        description="Where the service keeps the keys that are destroyed with what lies under them: on a disk of which"
        " no backup and no snapshot is made. Once set it stays set.",
    )
    shred_url: str = Field(
        "",
        repr=False,
        description="The same on PostgreSQL: an SQLAlchemy URL of another database than `TERN_DATABASE_URL`.",
    )
    shred_copies: Path | None = Field(
        None,
        description="Where those keys are copied each day and kept for seven: on another disk or machine, apart from"
        " the backups.",
    )
    attachment_limit: int = Field(
        100_000_000, gt=0, description="The largest attachment, in bytes of its true size before padding."
    )
    free_space_floor: int = Field(
        2**30,
        ge=0,
        description="Bytes of the disk that reporters' files leave free: with less, files are refused, and reports and"
        " messages still find room.",
    )
    no_script_pages: bool = Field(
        default=True, description="Whether the page without script takes reports, which it seals on arrival."
    )
    session_hours: int = Field(12, gt=0, le=168, description="Hours after which a person signs in again.")
    organisation: str = Field(
        "", max_length=200, pattern=_ONE_LINE, description="The organisation's name, as its releases state it for ever."
    )
    contact: str = Field(
        "",
        max_length=200,
        pattern=_ONE_LINE,
        description="Where readers of a release ask: an e-mail address or a page. Without name and contact no release"
        " is made.",
    )
    onion: str = Field(
        "",
        description="The onion service beside this address, 56 characters and `.onion`: pages name it to Tor Browser"
        " in `Onion-Location`.",
    )
    api_page: bool = Field(
        default=False,
        description="Whether /docs shows the API's description as a page; off, as reporters share the address.",
    )
    readiness_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="A port of 127.0.0.1 where `/ready` says whether reports can be taken, and `/live` whether the"
        " service runs; 0 for none.",
    )
    digest_to: str = Field(
        "",
        repr=False,
        description="Addresses, with commas between them, that are reminded at fixed hours to look in: always in the"
        " same words, whatever happened.",
    )
    digest_from: str = Field("", repr=False, description="The address that those reminders come from.")
    digest_smtp: str = Field(
        "",
        repr=False,  # it holds a password
        description="The server that takes them: `smtps://user:password@host`, or `smtp://` for STARTTLS. Without TLS"
        " only `127.0.0.1` and `[::1]` are spoken to.",
    )
    digest_hours: str = Field("7", description="At which hours, in UTC, with commas between them: `6,12`.")
    webhook_url: str = Field(
        "", repr=False, description="An HTTPS address that is told at the same hours, as Standard Webhooks has it."
    )
    webhook_secret: str = Field(
        "",
        repr=False,
        description="The secret by which it knows who tells it: `whsec_` and base64 of 24 to 64 bytes; while it"
        " changes, the new and the old one with a space between them.",
    )
    publication_hooks: str = Field(
        "",
        repr=False,
        description="HTTPS addresses of partners that are told when a release is public, each with a space and its"
        " secret behind it, and commas between them: `https://a.example/hook whsec_…`.",
    )
    demo: bool = Field(
        default=False, description="Says that this is a demo or a test, where time may be told by a file."
    )
    demo_clock: Path | None = Field(None, description="A file with the time (RFC 3339), only in a demo or a test.")

    @field_validator("onion")
    @classmethod
    def _is_an_onion_service(cls, onion: str) -> str:
        """One wrong letter would send reporters to a service of somebody else's, or nowhere."""
        if onion and not _is_onion(onion):
            raise ValueError("TERN_ONION is no address of an onion service, version 3")
        return onion

    @field_validator("digest_hours")
    @classmethod
    def _are_hours(cls, hours: str) -> str:
        if not re.fullmatch(r"(?:[01]?\d|2[0-3])(?:,(?:[01]?\d|2[0-3]))*", hours):
            raise ValueError("TERN_DIGEST_HOURS is hours of the day, such as 6,12")
        return hours

    @field_validator("webhook_secret")
    @classmethod
    def _are_secrets(cls, secrets: str) -> str:
        if not all(_is_webhook_secret(each) for each in secrets.split()):
            raise ValueError("TERN_WEBHOOK_SECRET is whsec_ and the base64 of 24 to 64 random bytes")
        return secrets

    @model_validator(mode="after")
    def _a_reminder_has_its_way(self) -> Self:
        if self.digest_to and not (_ADDRESSES.fullmatch(self.digest_to) and _ADDRESS.fullmatch(self.digest_from)):
            raise ValueError("TERN_DIGEST_TO is addresses with commas between them, and needs TERN_DIGEST_FROM")
        if self.digest_to and not _has_host(self.digest_smtp, {"smtp", "smtps"}):
            raise ValueError("TERN_DIGEST_TO needs TERN_DIGEST_SMTP: smtps://user:password@host")
        if self.webhook_url and not _is_hook(self.webhook_url):
            raise ValueError("TERN_WEBHOOK_URL is an address that begins with https://")
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("TERN_WEBHOOK_URL needs TERN_WEBHOOK_SECRET")
        return self

    @field_validator("publication_hooks")
    @classmethod
    def _are_hooks(cls, hooks: str) -> str:
        for url, secrets in hooks_of(hooks).items():
            if not (_is_hook(url) and secrets and all(map(_is_webhook_secret, secrets.split()))):
                raise ValueError("TERN_PUBLICATION_HOOKS is addresses that begin with https://, each with its secret")
        return hooks

    @model_validator(mode="after")
    def _only_a_demo_has_a_clock_of_its_own(self) -> Self:
        if self.demo_clock is not None and not self.demo:
            raise ValueError("TERN_DEMO_CLOCK is refused where TERN_DEMO is not set")
        return self

    @model_validator(mode="after")
    def _keys_lie_in_one_place(self) -> Self:
        if self.shred_dir is not None and self.shred_url:
            raise ValueError("TERN_SHRED_DIR and TERN_SHRED_URL are two places for the same keys: set one")
        if self.shred_url and self.shred_url == self.database_url:
            raise ValueError("TERN_SHRED_URL is another database than TERN_DATABASE_URL: backups copy that one")
        if self.shred_copies is not None and not self.keys_url:
            raise ValueError("TERN_SHRED_COPIES needs TERN_SHRED_DIR or TERN_SHRED_URL, of which they are copies")
        return self

    @property
    def keys_url(self) -> str:
        """Where the shred keys are; empty where there are none."""
        return f"sqlite:///{self.shred_dir / 'keys.sqlite'}" if self.shred_dir is not None else self.shred_url

    @property
    def url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tern.sqlite'}"

    def keep_private(self) -> None:
        """Make the data directory, and close it and what is the service's there to everybody else."""
        private.keep(self.data_dir, ("keyring.json", "place.txt", "tern.sqlite*", "blobs*", "site"))


def hooks_of(text: str) -> dict[str, str]:
    """The addresses of `publication_hooks`, each with its secrets."""
    found = (each.strip().partition(" ") for each in text.split(",") if each.strip())
    return {url: secrets.strip() for url, _, secrets in found}


def _is_hook(url: str) -> bool:
    return _has_host(url, {"https"}, {"http"})


def _is_webhook_secret(text: str) -> bool:
    try:
        return text.startswith("whsec_") and 24 <= len(b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except ValueError:
        return False


def _has_host(address: str, schemes: AbstractSet[str], within_the_machine: AbstractSet[str] = frozenset()) -> bool:
    """Whether it is an address of one of the schemes, or of one that is enough where nothing leaves the machine."""
    try:
        parts = urlsplit(address)
        is_sound = bool(parts.hostname) and parts.port != 0 and address.isprintable() and " " not in address
    except ValueError:
        return False
    return is_sound and (parts.scheme in schemes or (parts.scheme in within_the_machine and parts.hostname in LOOPBACK))


def _is_onion(name: str) -> bool:
    """Key, checksum and version in base 32 (Tor's rend-spec-v3, "Encoding onion addresses")."""
    if not re.fullmatch(r"[a-z2-7]{56}\.onion", name):
        return False
    octets = b32decode(name.removesuffix(".onion").upper())
    key, checksum, version = octets[:32], octets[32:34], octets[34:]
    return version == b"\x03" and checksum == sha3_256(b".onion checksum" + key + version).digest()[:2]
