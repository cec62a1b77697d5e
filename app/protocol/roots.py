"""Roots: whose word the organisation is, and how one root follows another (SEALING, *Continuity*).

A root lists supervisors and papers: keys of which any `k` make the next root. Clients pin the first and follow the
chain from there. A paper is an Ed25519 key that lies on paper alone and signs nothing but roots.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol import chain
from app.protocol.certified import Certified, entropy_of, read_certified, words_of
from app.protocol.chain import Link, Mark
from app.protocol.derivation import derive
from app.protocol.documents import Document, Header, Signature, Signatures, Signer, signed
from app.protocol.encoding import MOST, b64, check_at, check_hash, check_id, check_number, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.vocabulary import Role

ROOT_SUBJECT: Final = "root"

# Whose key it is, and the key.
Holder = tuple[str, bytes]


@dataclass(frozen=True)
class Root:
    """What a root says. `papers` are keys by id.

    `kept` are the hashes of public documents that go on counting although their signer is not on this root any more,
    `kept_staff` the hash of the list of the like certificates and key statements (`list_sha256`), for staff.
    """

    document: Document
    k: int
    supervisors: dict[str, Certified]
    papers: dict[str, bytes]
    kept: tuple[str, ...]
    kept_staff: str | None

    @classmethod
    def read(cls, document: Document) -> Self:
        """What the document says, whoever signed it. Raises `Malformed`."""
        match document.header.body:
            case {
                "k": k,
                "supervisors": list(supervisors),
                "paper": list(papers),
                "kept": list(kept),
                "kept_staff": kept_staff,
                **rest,
            } if document.header.type == "root" and not rest:
                root = cls(
                    document,
                    check_number(k, range(1, MOST + 1)),
                    _supervisors(supervisors),
                    _papers(papers),
                    tuple(map(check_hash, kept)),
                    None if kept_staff is None else check_hash(kept_staff),
                )
                root._check()
                return root
        raise Malformed("a root of another form")

    @property
    def mark(self) -> Mark:
        """Its version and the hash of its line 1: its signatures are gathered one by one."""
        return Mark(self.document.header.version, sha256_hex(self.document.line))

    @property
    def made_on(self) -> date:
        return check_at(self.document.header.at)

    @property
    def holders(self) -> frozenset[Holder]:
        """Each key that it lists, and whose it is."""
        people = ((each.person, each.key) for each in self.supervisors.values())
        return frozenset((*people, *self.papers.items()))

    @property
    def words(self) -> str:
        """Twelve words by which people compare it."""
        return root_words(self.mark.sha256)

    @property
    def spare(self) -> int:
        """How many of its keys can be lost before no root can follow it any more."""
        return len(self.holders) - self.k

    def is_supervisors(self, signature: Signature) -> bool:
        """Whether it is by a supervisor whom it lists, under the key that stands there. It is not verified here."""
        supervisor = self.supervisors.get(signature.by)
        return supervisor is not None and supervisor.key == signature.key

    def check_first(self, pin: str) -> None:
        """Raises `NotAuthentic` unless it is the root that was pinned, signed by `k` of its own keys."""
        if self.document.header.org is not None or org_of(self.document) != pin:
            raise NotAuthentic("pin")
        self._check_signatures(self)
        if self.lacks(self):
            raise NotAuthentic("root-k")
        if self.kept or self.kept_staff:
            raise Malformed("a first root keeps nothing")

    def check_follows(self, before: Self, *, org: str) -> None:
        """Raises `NotAuthentic` unless it is the next root after `before`, signed as both of them demand."""
        self.check_proposed(before, org=org)
        if self.lacks(before):
            raise NotAuthentic("root-k")

    def check_proposed(self, before: Self, *, org: str) -> None:
        """The same where signatures may still be missing, of others than who proposes it."""
        if self.document.header.org != org or self.made_on < before.made_on:
            raise NotAuthentic("root-chain")
        chain.check_next(Link(self.mark, self.document.header.previous), before.mark, reason="root-chain")
        self._check_signatures(before)

    def lacks(self, before: Self) -> int:
        """How many signatures are missing before it can follow `before`, at the least."""
        signers = {(each.by, each.key) for each in signatures_of(self.document)}
        return max(before.k - len(signers & before.holders), self.k - len(signers & self.holders), 0)

    def _check_signatures(self, before: Self) -> None:
        """By keys of either, each once, in the order of who holds them; its author's is one of the root before."""
        signatures = self.document.verify_signatures()
        order = [(each.by, b64(each.key)) for each in signatures]
        if order != sorted(set(order)) or not {(each.by, each.key) for each in signatures} <= (
            before.holders | self.holders
        ):
            raise NotAuthentic("root-signature")
        author = self.document.header.author
        if not any(each.by == author and (each.by, each.key) in before.holders for each in signatures):
            raise NotAuthentic("author")

    def _check(self) -> None:
        ids = (*self.supervisors, *self.papers)
        keys = [key for _, key in self.holders]
        recipients = {str(each.recipient) for each in self.supervisors.values()}
        if not self.supervisors or len({*keys}) < len(ids) or len(recipients) < len(self.supervisors):
            raise Malformed("a root lists supervisors, each key once")
        # With as many signatures as keys the first loss would end the organisation; a paper never signs alone.
        if (self.papers and self.k < 2) or self.k > max(len(ids) - 1, 1):
            raise Malformed("a root of another k")
        if list(self.kept) != sorted({*self.kept}):
            raise Malformed("a root keeps hashes in their order")


@dataclass(frozen=True)
class Paper:
    """A key of a root that lies on paper: 16 random bytes, written as twelve words."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def signer(self) -> Signer:
        return Signer(self.id, Ed25519PrivateKey.from_private_bytes(derive(self.secret, "root-paper")))

    @property
    def words(self) -> str:
        """Twelve words of BIP-39's English list."""
        return words_of(self.secret)


@dataclass(frozen=True)
class Pin:
    """What people hand on to one another: the organisation, and the newest root that they know of it.

    Written as the hash of the first root's line 1, and, where there are later ones, `.`, the newest one's version, `.`,
    and the hash of its line 1.
    """

    org: str
    root: Mark

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises `Malformed`."""
        org, *newest = text.split(".")
        check_hash(org)
        match newest:
            case []:
                return cls(org, Mark(1, org))
            case [version, sha256] if version.isdecimal() and len(version) < len(str(MOST)):
                pin = cls(org, Mark(int(version), check_hash(sha256)))
                if pin.root.version > 1 and str(pin) == text:
                    return pin
        raise Malformed("not a pin")

    def __str__(self) -> str:
        return self.org if self.root.version == 1 else f"{self.org}.{self.root.version}.{self.root.sha256}"


def make_root(
    supervisors: Iterable[Certified], *signers: Signer, on: date, k: int = 1, papers: Iterable[Paper] = ()
) -> Document:
    """The first root, which clients pin: its keys vouch for themselves. The first of the signers is its author."""
    body = root_body(supervisors, k=k, papers={each.id: each.signer.public_key for each in papers})
    header = Header.new("root", ROOT_SUBJECT, body, org=None, author=signers[0].person, at=on.isoformat())
    return signed(header, *sorted(signers, key=lambda each: each.person))


def propose_root(body: dict[str, Any], *, after: Root, org: str, signer: Signer, on: date) -> Document:
    """The next root, under the signature of who proposes it. Others add theirs (`sign_root`)."""
    at = max(on, after.made_on).isoformat()  # a clock that was ahead once holds nobody up
    header = Header.new("root", ROOT_SUBJECT, body, org=org, author=signer.person, at=at, after=after.mark)
    return signed(header, signer)


def root_body(
    supervisors: Iterable[Certified],
    *,
    k: int,
    papers: dict[str, bytes],
    kept: Iterable[str] = (),
    kept_staff: str | None = None,
) -> dict[str, Any]:
    """As `Root.read` reads it."""
    return {
        "k": k,
        "supervisors": [{"id": each.person, **each.body()} for each in supervisors],
        "paper": [{"id": id_, "key": b64(key)} for id_, key in papers.items()],
        "kept": sorted({*kept}),
        "kept_staff": kept_staff,
    }


def sign_root(root: Document, signer: Signer) -> Document:
    """The same root with one signature more."""
    return with_signatures(root, (signer.sign("root", root.line),))


def with_signatures(root: Document, more: Iterable[Signature]) -> Document:
    """The same root with these signatures beside those that it has, in their order."""
    each = {(signature.by, b64(signature.key)): signature for signature in (*signatures_of(root), *more)}
    return Document(root.line, root.header, Signatures(tuple(each[place] for place in sorted(each))))


def signatures_of(document: Document) -> tuple[Signature, ...]:
    """Those that it has; they are not verified here."""
    return document.proof.each if isinstance(document.proof, Signatures) else ()


def org_of(root: Document) -> str:
    """The organisation's name for itself, which is also the pin: SHA-256 of the first root's line 1."""
    return sha256_hex(root.line)


def root_words(sha256_of_line: str) -> str:
    """BIP-39 English of the first 16 bytes of SHA-256(`tern/v1/root-words` LF hash)."""
    return words_of(sha256(f"tern/v1/root-words\n{sha256_of_line}".encode()).digest()[:16])


def read_paper(id_: str, words: str) -> Paper:
    """The paper with these words, however they are spaced and in whatever case. Raises `Malformed`."""
    return Paper(id_, entropy_of(words))


def list_text(hashes: Iterable[str]) -> str:
    """A list of hashes: one a line, in ascending order, each once."""
    return "".join(f"{each}\n" for each in sorted({*hashes}))


def list_sha256(hashes: Iterable[str]) -> str | None:
    """The hash of the list of these hashes, as a root names it: of none it names no list."""
    text = list_text(hashes)
    return sha256_hex(text.encode()) if text else None


def check_contains(roots: Sequence[Root], known: Mark | None) -> None:
    """Raises `NotAuthentic` unless a chain of roots has the one that is known at its place.

    `Rollback` where it ends before it, `root-fork` where another stands there.
    """
    if known is None:
        return
    if len(roots) < known.version:
        raise Rollback("root")
    if roots[known.version - 1].mark.sha256 != known.sha256:
        raise NotAuthentic("root-fork")


def _supervisors(entries: list[object]) -> dict[str, Certified]:
    people = dict[str, Certified]()
    for entry in entries:
        if not isinstance(entry, dict):
            raise Malformed("a root lists supervisors")
        person = read_certified(entry.get("id"), {key: entry[key] for key in entry if key != "id"})
        if Role.SUPERVISOR not in person.roles or person.person in people:
            raise Malformed("a root lists supervisors")
        people[person.person] = person
    return people


def _papers(entries: list[object]) -> dict[str, bytes]:
    papers = dict[str, bytes]()
    for entry in entries:
        match entry:
            case {"id": id_, "key": str(key), **rest} if not rest and id_ not in papers:
                papers[check_id("paper", id_)] = unb64(key, 32)
            case _:
                raise Malformed("a root lists papers")
    return papers
