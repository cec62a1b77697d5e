"""Everything that a client checks when it opens a sealed document, in one place (SEALING, "On opening, a client").

Each check that fails raises `NotAuthentic` with a reason of its own: the client shows it, and writes nothing to that
subject. `NotMine` alone means: try the next key.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Protocol, TypeVar

from app import age
from app.protocol import chain
from app.protocol.certificates import Trust
from app.protocol.certified import Certified
from app.protocol.chain import Link, Mark
from app.protocol.documents import CLOCK_SKEW, Document, parse_document, recipient_sha256
from app.protocol.encoding import check_at, sha256_hex
from app.protocol.errors import NotAuthentic, NotMine
from app.protocol.report import Attachment
from app.protocol.types import TYPES, ProvedBy

_T = TypeVar("_T")


class Seen(Protocol):
    """What a client remembers, in a sealed file of its own, so that nobody can serve it yesterday again."""

    def hold(self, type_: str, subject: str, check: Callable[[Mark | None], _T]) -> _T:
        """Hold what is shown to the newest version of this document that was seen, if any was, by a check that raises
        `Rollback`; after a loss to what was seen before it (`losses.py`)."""

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        """Remember a version that was opened. Raises `Rollback` for another file of a version that was seen."""


@dataclass(frozen=True)
class Asked:
    """What the client asked for: the answer must be this and nothing else.

    `writers` are the ids of the people who may have written it (a case's member list, the named approver). None lets
    the role alone decide, and is refused for the types whose writers are named. `on_last_day` takes it too from who
    left, or lost the role, on the day of writing: others could not do without it, and it is held to what it is about.
    """

    type: str
    org: str
    subject: str
    writers: AbstractSet[str] | None = None
    on_last_day: bool = False


@dataclass(frozen=True)
class Opened:
    """An authentic document, the hash of the file that it was in, and its author where a person signed it."""

    document: Document = field(repr=False)
    sha256: str
    author: Certified | None

    @property
    def body(self) -> dict[str, object]:
        return self.document.header.body

    @property
    def link(self) -> Link:
        return self.document.link(self.sha256)

    @property
    def mark(self) -> Mark:
        """What to remember of it, so that nothing older passes later."""
        return self.link.mark


def open_document(
    file: bytes,
    identity: age.HybridIdentity,
    asked: Asked,
    *,
    trust: Trust | None = None,
    day: date | None = None,
    thread_key: bytes | None = None,
    seen: Seen | None = None,
) -> Opened:
    """Open what the service gave for `asked`.

    `trust` and `day`, which is today, are needed for what people sign, `thread_key` for what carries a MAC. An author
    must have been certified on the day of writing, or at any time where a journal says whether it counts. Raises
    `NotMine` or `NotAuthentic`.
    """
    document = parse_document(_plaintext(file, identity, asked.type))
    header = document.header
    for reason, value, expectation in (
        ("sealed_to", header.sealed_to, recipient_sha256(identity.recipient)),
        ("org", header.org, asked.org),
        ("type", header.type, asked.type),
        ("subject", header.subject, asked.subject),
    ):
        if value != expectation:
            raise NotAuthentic(reason)
    author = None
    proved_by = TYPES[header.type].proved_by
    if proved_by is ProvedBy.ONE:
        author = _author(document, asked, trust, day)
    elif proved_by is ProvedBy.MAC:
        if thread_key is None:
            raise NotAuthentic("mac")
        document.verify_mac(thread_key)
    if proved_by is not ProvedBy.ONE and header.author is not None:
        raise NotAuthentic("author")
    opened = Opened(document, sha256_hex(file), author)
    if seen is not None:
        hold_to_seen(opened, seen)
    return opened


def check_attachment(attachment: Attachment, *, ciphertext_sha256: str, plaintext_sha256: str) -> None:
    """The file is the one that the document lists. The plaintext's hash is over its true size, without padding."""
    if ciphertext_sha256 != attachment.ciphertext_sha256:
        raise NotAuthentic("attachment-ciphertext")
    if plaintext_sha256 != attachment.plaintext_sha256:
        raise NotAuthentic("attachment-plaintext")


def _plaintext(file: bytes, identity: age.HybridIdentity, type_: str) -> bytes:
    try:
        age.check_envelope(file, sizes=TYPES[type_].lengths)
        return age.decrypt(file, [identity])
    except age.NoMatchError:
        raise NotMine("a file to another key") from None
    except age.EnvelopeError:
        raise NotAuthentic("envelope") from None
    except age.Error:
        raise NotAuthentic("ciphertext") from None


def _author(document: Document, asked: Asked, trust: Trust | None, day: date | None) -> Certified:
    if trust is None or day is None:
        raise NotAuthentic("uncertified")
    written_on = check_at(document.header.at)
    numbered = TYPES[asked.type].numbered
    if written_on > day + CLOCK_SKEW and not numbered:
        raise NotAuthentic("at")
    author = trust.author_of(document, None if numbered else written_on, on_last_day=asked.on_last_day)
    roles = trust.roles_on(author.person, written_on, key=author.key) if asked.on_last_day else author.roles
    if not roles & TYPES[asked.type].roles:
        raise NotAuthentic("role")
    if asked.writers is None and not TYPES[asked.type].named:
        return author
    if author.person not in (asked.writers or ()):
        raise NotAuthentic("not-a-writer")
    return author


def hold_to_seen(opened: Opened, seen: Seen) -> None:
    """Not older than the newest that this client has seen, which it is from now on. Raises `Rollback`."""
    header = opened.document.header
    seen.hold(header.type, header.subject, partial(chain.check_not_older, opened.link))
    seen.record(header.type, header.subject, opened.mark)


def hold_chain_to_seen(type_: str, subject: str, links: Sequence[Link], seen: Seen, *, reason: str) -> None:
    """A whole chain that contains the newest version that this client has seen, which its last is from now on.

    Raises `NotAuthentic`, of which `Rollback` is one.
    """
    chain.check_whole(links, reason=reason)
    marks = [link.mark for link in links]

    def is_longer(newest: Mark | None) -> bool:
        chain.check_contains(marks, newest, reason=reason)
        return bool(marks) and marks[-1] != newest

    if seen.hold(type_, subject, is_longer):
        seen.record(type_, subject, marks[-1])
