"""Who is who: the root that clients pin, the certificates that it vouches for, and the words that people compare."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Self

from mnemonic import Mnemonic

from app import age
from app.protocol.chain import Link
from app.protocol.documents import Document, Header, Signature, Signer, signed
from app.protocol.encoding import b64, check_day, check_id, check_number, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.vocabulary import Role

ROOT_SUBJECT: Final = "root"


@dataclass(frozen=True)
class Certified:
    """A person as a root or a certificate vouches for them. `recipient` is an age recipient, `key` 32 bytes."""

    person: str
    roles: frozenset[Role]
    recipient: age.HybridRecipient = field(repr=False)
    key: bytes = field(repr=False)


def fingerprint(recipient: str, key: str) -> str:
    """Twelve English words that two people compare by voice before one certifies the other.

    BIP-39 of the first 16 bytes of SHA-256(`tern/v1/fingerprint` LF recipient LF key), the key in base64url.
    """
    digest = sha256(f"tern/v1/fingerprint\n{recipient}\n{key}".encode()).digest()
    words: str = Mnemonic("english").to_mnemonic(digest[:16])
    return words


def make_root(supervisors: Iterable[Certified], *signers: Signer, on: date) -> Document:
    """The first root (k = 1): its supervisors vouch for themselves, and clients pin it."""
    body = {"k": 1, "supervisors": [{"id": each.person, **_keys(each)} for each in supervisors]}
    header = Header.new("root", ROOT_SUBJECT, body, org=None, author=signers[0].person, at=on.isoformat())
    return signed(header, *signers)


def org_of(root: Document) -> str:
    """The organisation's name for itself, which is also the pin: SHA-256 of the first root's line 1."""
    return sha256_hex(root.line)


def certificate(
    of: Certified,
    *,
    org: str,
    signer: Signer,
    valid_from: date,
    valid_until: date,
    previous: Document | None = None,
) -> Document:
    """A supervisor vouches for a person's roles and keys, for these days, both included.

    `previous` is the person's last certificate, above which this one stands.
    """
    header = Header.new(
        "certificate",
        of.person,
        {**_keys(of), "from": valid_from.isoformat(), "until": valid_until.isoformat()},
        org=org,
        author=signer.person,
        at=valid_from.isoformat(),
        after=previous.public_link.mark if previous else None,
    )
    return signed(header, signer)


@dataclass(frozen=True)
class _Term:
    document: Document
    certified: Certified
    valid_from: date
    valid_until: date

    @property
    def place(self) -> tuple[int, date, str]:
        """The later stands above the earlier. The service chooses the order of its lists, so it must not count."""
        return self.document.header.version, self.valid_from, sha256_hex(self.document.text)


@dataclass(frozen=True)
class Trust:
    """The pinned root, and what it vouches for. Made of documents that came from anywhere: all are checked here."""

    org: str
    root: Document
    supervisors: dict[str, Certified]
    _terms: tuple[_Term, ...] = ()

    @classmethod
    def pinned(cls, root: Document, pin: str) -> Self:
        """Raises `NotAuthentic` unless this is the root that was pinned and a supervisor whom it lists signed it."""
        if root.header.type != "root" or root.header.org is not None or org_of(root) != pin:
            raise NotAuthentic("pin")
        supervisors = _supervisors(root.header.body)
        trust = cls(pin, root, supervisors)
        if not all(trust.is_supervisors(each) for each in root.verify_signatures()):
            raise NotAuthentic("root-signature")
        return trust

    def with_certificates(self, certificates: Iterable[Document]) -> Self:
        """The same root with these certificates beside it. Raises `NotAuthentic` for one that it does not vouch for."""
        return type(self)(self.org, self.root, self.supervisors, (*self._terms, *map(self._term, certificates)))

    def certified(self, person: str, day: date, *, key: bytes | None = None) -> Certified:
        """The person as certified on that day (with this key, where one is given). Raises `NotAuthentic`."""
        terms = [
            term
            for term in self._terms
            if term.certified.person == person and term.valid_from <= day <= term.valid_until
        ]
        # The root before all, then the newest.
        candidates = [self.supervisors[person]] if person in self.supervisors else []
        candidates += [term.certified for term in sorted(terms, key=lambda term: term.place, reverse=True)]
        for each in candidates:
            if key is None or each.key == key:
                return each
        raise NotAuthentic("uncertified")

    def ever_certified(self, person: str, key: bytes) -> Certified:
        """The person as last certified with this key, on whatever days, with every role that they had with it.

        A role that was taken from them since unsays nothing that they wrote. Raises `NotAuthentic`.
        """
        known = self._ever.get((person, key))
        if known is None:
            raise NotAuthentic("uncertified")
        return known

    @cached_property
    def _ever(self) -> dict[tuple[str, bytes], Certified]:
        """What `ever_certified` finds, looked up once: a case has hundreds of documents of few people."""
        ever = dict[tuple[str, bytes], Certified]()
        in_order = [term.certified for term in sorted(self._terms, key=lambda term: term.place)]
        for each in (*in_order, *self.supervisors.values()):
            before = ever.get((each.person, each.key))
            ever[each.person, each.key] = replace(each, roles=each.roles | before.roles) if before else each
        return ever

    def was_certified(self, person: str, key: bytes, days: Iterable[date], *, roles: AbstractSet[Role]) -> bool:
        """Whether this was the person's key, with one of the roles, on one of the days."""
        for day in days:
            try:
                certified = self.certified(person, day)
            except NotAuthentic:
                continue
            if certified.key == key and certified.roles & roles:
                return True
        return False

    def fingerprints_of(self, person: str) -> frozenset[str]:
        """Those of all keys that were ever vouched for as this person's."""
        people = (*self.supervisors.values(), *(term.certified for term in self._terms))
        return frozenset(fingerprint(str(each.recipient), b64(each.key)) for each in people if each.person == person)

    def last_certificate(self, person: str) -> Document | None:
        """The newest of a person's certificates, whatever its days: the one that the next follows."""
        terms = [term for term in self._terms if term.certified.person == person]
        return max(terms, key=lambda term: term.place).document if terms else None

    @property
    def chains(self) -> dict[str, list[Link]]:
        """The certificates of each person, in the order of their versions."""
        chains: dict[str, list[Link]] = {}
        for term in sorted(self._terms, key=lambda term: term.place):
            chains.setdefault(term.certified.person, []).append(term.document.public_link)
        return chains

    def author_of(self, document: Document, day: date | None) -> Certified:
        """The one person who signed the document, whom its line 1 names as author, as certified on that day.

        Without a day, whenever they were certified with that key. Raises `NotAuthentic`.
        """
        signatures = document.verify_signatures()
        if len(signatures) != 1 or signatures[0].by != document.header.author:
            raise NotAuthentic("author")
        signature = signatures[0]
        if day is None:
            return self.ever_certified(signature.by, signature.key)
        return self.certified(signature.by, day, key=signature.key)

    def check_public(self, document: Document, type_: str) -> Document:
        """A public document of the organisation, signed by a supervisor of the root. Raises `NotAuthentic`."""
        if document.header.type != type_ or document.header.org != self.org:
            raise NotAuthentic("type")
        signatures = document.verify_signatures()
        if len(signatures) != 1 or not self.is_supervisors(signatures[0]):
            raise NotAuthentic("signer")
        if signatures[0].by != document.header.author:
            raise NotAuthentic("author")
        return document

    def is_supervisors(self, signature: Signature) -> bool:
        """Whether it is by a supervisor of the root, under the key that stands there. It is not verified here."""
        supervisor = self.supervisors.get(signature.by)
        return supervisor is not None and supervisor.key == signature.key

    def _term(self, document: Document) -> _Term:
        self.check_public(document, "certificate")
        body = dict(document.header.body)
        try:
            valid_from, valid_until = (check_day(body.pop(name)) for name in ("from", "until"))
        except KeyError:
            raise Malformed("a certificate without its days") from None
        return _Term(document, _person(document.header.subject, body), valid_from, valid_until)


def _keys(of: Certified) -> dict[str, Any]:
    return {"roles": sorted(of.roles), "recipient": str(of.recipient), "key": b64(of.key)}


def _supervisors(body: dict[str, Any]) -> dict[str, Certified]:
    match body:
        case {"k": k, "supervisors": list(entries), **rest} if entries and not rest:
            check_number(k, range(1, 2))
            people = {}
            for entry in entries:
                if not isinstance(entry, dict):
                    raise Malformed("a root lists supervisors")
                person = check_id("per", entry.get("id"))
                people[person] = _person(person, {key: entry[key] for key in entry if key != "id"})
                if Role.SUPERVISOR not in people[person].roles:
                    raise Malformed("a root lists supervisors")
            if len(people) == len(entries):
                return people
    raise Malformed("a root of another form")


def _person(person: str, body: dict[str, Any]) -> Certified:
    match body:
        case {"roles": list(roles), "recipient": str(recipient), "key": str(key), **rest} if not rest:
            try:
                key_recipient = age.parse_recipient(recipient)
                role_codes = frozenset(Role(role) for role in roles)
            except (age.Error, ValueError):
                raise Malformed("a certificate of another form") from None
            if isinstance(key_recipient, age.HybridRecipient) and roles == sorted(role_codes):
                return Certified(check_id("per", person), role_codes, key_recipient, unb64(key, 32))
    raise Malformed("a certificate of another form")
