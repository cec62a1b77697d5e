"""Who is who: the roots that lead from the pin, and the certificates that they vouch for."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final, Self

from app.protocol import chain
from app.protocol import roots as succession
from app.protocol.certified import Certified, fingerprint, read_certified
from app.protocol.chain import Link
from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import b64, check_day, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.kept_pairs import Gone, KeptPair, Served, kept_pairs
from app.protocol.roots import Pin, Root
from app.vocabulary import Role

# Types that the root names one by one in `kept`; all others are in the list that staff are given.
_PUBLIC: Final = frozenset({"service-key", "intake", "client"})
_CUSTODIANS: Final = frozenset({Role.CUSTODIAN})
# How long before its end a certificate is renewed.
RENEWED_BEFORE: Final = timedelta(days=45)


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

    `previous` is the person's last certificate, above which this one stands: it names all other keys that they had.
    """
    replaced = _replaced_by(of, previous, valid_from) if previous else ()
    header = Header.new(
        "certificate",
        of.person,
        {
            **of.body(),
            "from": valid_from.isoformat(),
            "until": valid_until.isoformat(),
            **({"replaced": [each.body() for each in replaced]} if replaced else {}),
        },
        org=org,
        author=signer.person,
        at=valid_from.isoformat(),
        after=previous.public_link.mark if previous else None,
    )
    return signed(header, signer)


@dataclass(frozen=True)
class Replaced:
    """Keys that a person had, and the first day of the certificate that named others in their place."""

    key: bytes
    recipient: str
    since: date

    def body(self) -> dict[str, str]:
        return {"key": b64(self.key), "recipient": self.recipient, "since": self.since.isoformat()}

    @classmethod
    def read(cls, body: object) -> Self:
        """Raises `Malformed`."""
        match body:
            case {"key": str(key), "recipient": str(recipient), "since": since, **rest} if not rest:
                return cls(unb64(key, 32), recipient, check_day(since))
        raise Malformed("not keys that were replaced")


def _replaced_by(of: Certified, previous: Document, since: date) -> tuple[Replaced, ...]:
    """All other keys than those of `of` that the person had, up to the certificate before: it says of its own which."""
    body = previous.header.body
    before = Replaced(unb64(str(body["key"]), 32), str(body["recipient"]), since)
    ever = (*map(Replaced.read, body.get("replaced", ())), before)
    return tuple(each for each in ever if (each.key, each.recipient) != (of.key, str(of.recipient)))


def _keys_of(certified: Certified) -> tuple[bytes, str]:
    return certified.key, str(certified.recipient)


def _is_named(certified: Certified, replaced: Iterable[Replaced]) -> bool:
    """Whether these keys of the person are among those that a certificate says were replaced."""
    return any((each.key, each.recipient) == _keys_of(certified) for each in replaced)


@dataclass(frozen=True)
class Tenure:
    """As whom a certificate vouches for somebody, and for which days, both included."""

    certified: Certified
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class _Term:
    """`counts` where somebody vouches for it who is on the newest root, or that root keeps it."""

    document: Document
    certified: Certified
    valid_from: date
    valid_until: date
    counts: bool
    replaced: tuple[Replaced, ...] = ()

    @property
    def is_end(self) -> bool:
        """Whether it ends the person's certificates: one without roles."""
        return self.counts and not self.certified.roles

    def has_other_keys(self, other: Self) -> bool:
        """Whether it is of the same person's other keys."""
        return self.is_of_other_keys(other.certified)

    def is_of_other_keys(self, other: Certified) -> bool:
        """Whether the same person is vouched for there with other keys."""
        return _keys_of(self.certified) != _keys_of(other)

    def check_follows(self, before: Self) -> None:
        """Raises `NotAuthentic`: `certificate-chain` where one is left out, or follows another, `certificate-days` for
        one dated before the last, `certificate-replaced` unless it names all other keys that the person had."""
        chain.check_next(self.document.public_link, before.document.public_link.mark, reason="certificate-chain")
        if self.valid_from < before.valid_from:
            raise NotAuthentic("certificate-days")
        if self.replaced != _replaced_by(self.certified, before.document, self.valid_from):
            raise NotAuthentic("certificate-replaced")

    @property
    def place(self) -> tuple[int, date, str]:
        """The later stands above the earlier. The service chooses the order of its lists, so it must not count."""
        return self.document.header.version, self.valid_from, sha256_hex(self.document.text)


@dataclass(frozen=True)
class _Vouched:
    """As whom a root or a certificate has vouched for somebody, and from which day on."""

    day: date
    certified: Certified
    is_root: bool


@dataclass(frozen=True)
class Trust:
    """The roots from the pinned one on, and what they vouch for. Made of documents that came from anywhere: all are
    checked here.

    `kept` is the list of what the newest root keeps for staff, by hash.
    """

    org: str
    roots: tuple[Root, ...]
    kept: frozenset[str] = frozenset()
    _terms: tuple[_Term, ...] = ()

    @classmethod
    def pinned(cls, root: Document, pin: str) -> Self:
        """Raises `NotAuthentic` unless this is the root that was pinned, signed by as many of its keys as it demands.

        Of a pin that names a later root it is the first alone (`check_contains`).
        """
        org = Pin.read(pin).org
        if root.header.type != "root":
            raise NotAuthentic("pin")
        if root.header.org is not None or succession.org_of(root) != org:
            raise NotAuthentic("pin")
        first = Root.read(root)
        first.check_first(org)
        return cls(org, (first,))

    def followed_by(self, root: Document) -> Self:
        """The same with the next root. Raises `NotAuthentic` unless it follows the newest."""
        following = Root.read(root)
        following.check_follows(self.root, org=self.org)
        return type(self)(self.org, (*self.roots, following))

    def with_kept(self, hashes: Iterable[str]) -> Self:
        """The same with the list that the newest root names. Raises `NotAuthentic` for another one."""
        kept = frozenset(hashes)
        if succession.list_sha256(kept) != self.root.kept_staff:
            raise NotAuthentic("kept")
        return replace(self, kept=kept)

    def with_certificates(self, certificates: Iterable[Document]) -> Self:
        """The same with these certificates. Raises `NotAuthentic` for one by nobody who was ever on a root."""
        return replace(self, _terms=(*self._terms, *map(self._term, certificates)))

    @property
    def root(self) -> Root:
        """The newest."""
        return self.roots[-1]

    @property
    def supervisors(self) -> dict[str, Certified]:
        """Those whom the newest root lists."""
        return self.root.supervisors

    def certified(self, person: str, day: date, *, key: bytes | None = None, on_last_day: bool = False) -> Certified:
        """The person as certified on that day (with this key, where one is given); `on_last_day` that of their end too.

        Raises `NotAuthentic`.
        """
        last = day - timedelta(days=1 if on_last_day else 0)
        of_person = self._of(person)
        ended = any(term.is_end and term.valid_from <= last for term in of_person)
        lasting = [] if ended else [term for term in of_person if not term.is_end]
        terms = [term for term in lasting if term.valid_from <= day <= term.valid_until]
        # On the day of new keys the old ones still vouch for what was signed, and for nobody who is to get a key.
        begun = [term for term in of_person if term.counts and term.valid_from <= day - timedelta(days=1 if key else 0)]
        newest = max(begun, key=lambda term: term.place, default=None)
        terms = [term for term in terms if not newest or term.place > newest.place or not term.has_other_keys(newest)]
        terms = [term for term in terms if not self._is_ended_by_root(term, day - timedelta(days=1 if key else 0))]
        # The root before all, then the newest. What nobody on the root vouches for any more hides what was before it:
        # it may have taken something away.
        candidates = list[Certified]()
        for root, following in self._reigns:
            has_begun = root is self.roots[0] or root.made_on <= day
            # On the day of the next root it still vouches for what was signed, and for nobody who is to get a key.
            has_ended = following is not None and day > following.made_on - timedelta(days=0 if key else 1)
            if has_begun and not has_ended and person in root.supervisors:
                candidates.append(root.supervisors[person])
        for term in sorted(terms, key=lambda term: term.place, reverse=True):
            if not term.counts:
                break
            candidates.append(term.certified)
        for each in candidates:
            if key is None or each.key == key:
                return each
        raise NotAuthentic("uncertified")

    def roles_on(self, person: str, day: date, *, key: bytes) -> frozenset[Role]:
        """Those that the person had with this key at some time of the day: also what a certificate of that day took.

        Raises `NotAuthentic` where they had it at none.
        """
        roles = set(self.certified(person, day, key=key, on_last_day=True).roles)
        of_day = [term for term in self._of(person) if term.valid_from <= day <= term.valid_until]
        for term in sorted(of_day, key=lambda term: term.place, reverse=True):
            if not term.counts:
                break
            if term.certified.key == key:
                roles |= term.certified.roles
            if term.valid_from < day:
                break
        return frozenset(roles)

    def check_chains(self) -> None:
        """Each person's certificates, all of them, follow one another from the first. Raises `NotAuthentic`."""
        for person in {term.certified.person for term in self._terms}:
            first, *later = self._all_of(person)
            chain.check_next(first.document.public_link, None, reason="certificate-chain")
            if first.replaced:
                raise NotAuthentic("certificate-replaced")
            for before, term in pairwise((first, *later)):
                term.check_follows(before)

    def replaced(self, person: str) -> tuple[Replaced, ...]:
        """The keys that this person had and has no more: as their last certificate names them, and those in whose place
        a root lists others."""
        terms = [term for term in self._all_of(person) if term.counts]
        named = terms[-1].replaced if terms else ()
        ever = self._ever_with(person, terms, named)
        if not ever:
            return ()
        present = self.supervisors.get(person, ever[-1].certified)
        replaced = {(each.key, each.recipient): each for each in named}
        for before, after in pairwise(ever):
            keys = _keys_of(before.certified)
            is_by_root = before.is_root or after.is_root  # what a certificate replaces of another's, it names itself
            if is_by_root and keys not in (_keys_of(after.certified), _keys_of(present)):
                replaced.setdefault(keys, Replaced(*keys, after.day))
        return tuple(replaced.values())

    def _ever_with(self, person: str, terms: Iterable[_Term], named: Iterable[Replaced]) -> list[_Vouched]:
        """As whom certificates that count and roots have vouched for the person, in that order: of one day the root
        last, unless the last certificate names its keys as replaced."""
        by_terms = [(_Vouched(term.valid_from, term.certified, is_root=False), 1) for term in terms]
        listing = [(root, root.supervisors[person]) for root in self.roots if person in root.supervisors]
        by_roots = [
            (_Vouched(root.made_on, listed, is_root=True), 0 if _is_named(listed, named) else 2)
            for root, listed in listing
        ]
        ordered = sorted((*by_terms, *by_roots), key=lambda each: (each[0].day, each[1]))
        return [vouched for vouched, _ in ordered]

    def had_other_keys(self, certified: Certified) -> bool:
        """Whether the person was ever vouched for with others, by a certificate or by a root."""
        listed = (each for each in self._ever_supervisors.values() if each.person == certified.person)
        now = (certified.key, certified.recipient)
        return bool(self.replaced(certified.person)) or any((each.key, each.recipient) != now for each in listed)

    def _is_ended_by_root(self, term: _Term, day: date) -> bool:
        """Whether a root of that day or before has put other keys in the place of this certificate's: of one that is
        older, and of each as long as it lists the person."""
        begun = [root for root in self.roots if root is self.roots[0] or root.made_on <= day]
        person = term.certified.person
        listing = next((root for root in reversed(begun) if person in root.supervisors), None)
        if listing is None or not term.is_of_other_keys(listing.supervisors[person]):
            return False
        if listing is begun[-1] or term.valid_from < listing.made_on:
            return True
        return term.valid_from == listing.made_on and not _is_named(listing.supervisors[person], term.replaced)

    def _all_of(self, person: str) -> list[_Term]:
        """Every certificate of the person, whether it counts or not, from the first."""
        return sorted((term for term in self._terms if term.certified.person == person), key=lambda term: term.place)

    def _of(self, person: str) -> list[_Term]:
        """The person's certificates up to the one that ends them, after which none counts."""
        terms = list[_Term]()
        for term in self._all_of(person):
            terms.append(term)
            if term.is_end:
                break
        return terms

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
        for each in (*self._vouched_for, *self._ever_supervisors.values()):
            before = ever.get((each.person, each.key))
            ever[each.person, each.key] = replace(each, roles=each.roles | before.roles) if before else each
        return ever

    def everybody(self, day: date) -> list[Certified]:
        """Who is certified on that day, in the order of their ids."""
        found = list[Certified]()
        for person in sorted({term.certified.person for term in self._terms} | self.supervisors.keys()):
            with suppress(NotAuthentic):
                found.append(self.certified(person, day))
        return found

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
        """Those of all keys that were ever vouched for as this person's, and were not replaced since."""
        people = (*self._ever_supervisors.values(), *self._vouched_for)
        return frozenset(each.fingerprint for each in people if each.person == person) - self.replaced_fingerprints_of(
            person
        )

    def replaced_fingerprints_of(self, person: str) -> frozenset[str]:
        """Those of the keys in whose place the person has others."""
        return frozenset(fingerprint(each.recipient, b64(each.key)) for each in self.replaced(person))

    def last_certificate(self, person: str) -> Document | None:
        """The newest of a person's certificates, whatever its days: the one that the next follows."""
        terms = self._all_of(person)
        return terms[-1].document if terms else None

    def tenure(self, person: str, today: date) -> Tenure | None:
        """The person's newest certificate, where it holds today and says what they are; None where none does, or the
        root does, which has no end."""
        terms = self._all_of(person)
        if not terms or person in self.supervisors or self.is_ended(person):
            return None
        newest = terms[-1]
        with suppress(NotAuthentic):
            if newest.counts and newest.valid_from <= today and self.certified(person, today) == newest.certified:
                return Tenure(newest.certified, newest.valid_from, newest.valid_until)
        return None

    def is_ended(self, person: str) -> bool:
        """Whether a certificate without roles has ended theirs."""
        return any(term.is_end for term in self._of(person))

    def last_vouched(self, person: str) -> Certified:
        """The person with the keys and roles of their newest certificate, or of the last root that listed them.

        Raises `NotAuthentic` of whom nobody ever vouched for.
        """
        if terms := self._all_of(person):
            return terms[-1].certified
        for root in reversed(self.roots):
            if person in root.supervisors:
                return root.supervisors[person]
        raise NotAuthentic("uncertified")

    def lost_since(self, person: str, roles: AbstractSet[Role], today: date) -> date | None:
        """Since when somebody who had one of these roles has none, or other keys: those before may be in other hands.

        None of who has one and ever had the same keys, or never had a role.
        """
        if not any(each.roles & roles for (id_, _), each in self._ever.items() if id_ == person):
            return None
        with suppress(NotAuthentic):
            if self.certified(person, today).roles & roles:
                return max((each.since for each in self.replaced(person) if each.since <= today), default=None)
        begun = [term for term in self._of(person) if term.valid_from <= today]
        newest = max(begun, key=lambda term: term.place, default=None)
        if newest is None or not newest.counts:
            return self.root.made_on
        return newest.valid_from if newest.valid_until >= today else newest.valid_until + timedelta(days=1)

    def has_lost(self, roles: AbstractSet[Role], *, since: date, today: date) -> bool:
        """Whether anybody who had one of these roles lost the last of them, or the keys that they had then, on that day
        or later."""
        return any(since <= day <= today for day in self.losses(roles, today))

    def losses(self, roles: AbstractSet[Role], today: date) -> list[date]:
        """The days since which people have lost the last of these roles, or the keys that they had then."""
        days = (self.lost_since(person, roles, today) for person in {person for person, _ in self._ever})
        return sorted(day for day in days if day is not None)

    def kept_pairs(self, today: date) -> list[KeptPair]:
        """Each two who were custodians together and are none any more, or have other keys: what both kept is with who
        left."""
        served = list[Served]()
        for person in sorted({person for (person, _), each in self._ever.items() if Role.CUSTODIAN in each.roles}):
            lost = self.lost_since(person, _CUSTODIANS, today)
            if lost is not None:
                vouched = self._ever_with(person, (term for term in self._all_of(person) if term.counts), ())
                begun = [each.day for each in vouched if Role.CUSTODIAN in each.certified.roles]
                served.append(Served(person, min(begun, default=date.min), lost))
        return kept_pairs(served)

    def gone(self, person: str, roles: AbstractSet[Role], today: date) -> Gone:
        """What somebody may still have of keys that one of these roles holds, alone or with another custodian."""
        kept = tuple(each for each in self.kept_pairs(today) if person in (each.first, each.last))
        return Gone(self.lost_since(person, roles, today), kept)

    def may_be_known(self, roles: AbstractSet[Role], made_on: date, today: date) -> bool:
        """Whether people who left may have a key that was made on a day, for these roles and in pairs."""
        is_lost = any(day > made_on for day in self.losses(roles, today))
        return is_lost or any(each.has(made_on) for each in self.kept_pairs(today))

    def came_back(self, person: str, roles: AbstractSet[Role], today: date) -> bool:
        """Whether the person has one of these roles again: a certificate took the last of them before."""
        taken = [term for term in self._of(person) if term.counts and not term.certified.roles & roles]
        with suppress(NotAuthentic):
            return bool(taken) and bool(self.certified(person, today).roles & roles)
        return False

    @property
    def certificates(self) -> list[Document]:
        """All of them, whether they count or not."""
        return [term.document for term in self._terms]

    @property
    def chains(self) -> dict[str, list[Link]]:
        """The certificates of each person, in the order of their versions."""
        chains: dict[str, list[Link]] = {}
        for term in sorted(self._terms, key=lambda term: term.place):
            chains.setdefault(term.certified.person, []).append(term.document.public_link)
        return chains

    def author_of(self, document: Document, day: date | None, *, on_last_day: bool = False) -> Certified:
        """The one person who signed the document, whom its line 1 names as author, as certified on that day, which may
        be that of their end `on_last_day`.

        Without a day, whenever they were certified with that key. Raises `NotAuthentic`.
        """
        signatures = document.verify_signatures()
        if len(signatures) != 1 or signatures[0].by != document.header.author:
            raise NotAuthentic("author")
        signature = signatures[0]
        if day is None:
            return self.ever_certified(signature.by, signature.key)
        return self.certified(signature.by, day, key=signature.key, on_last_day=on_last_day)

    def check_public(self, document: Document, type_: str) -> Document:
        """A public document of the organisation that counts (`counts`). Raises `NotAuthentic`."""
        if not self.counts(self.check_signed(document, type_)):
            raise NotAuthentic("not-kept")
        return document

    def check_signed(self, document: Document, type_: str) -> Document:
        """A public document of the organisation, signed by a supervisor of one of its roots. Raises `NotAuthentic`."""
        if document.header.type != type_ or document.header.org != self.org:
            raise NotAuthentic("type")
        signatures = document.verify_signatures()
        if len(signatures) != 1 or (signatures[0].by, signatures[0].key) not in self._ever_supervisors:
            raise NotAuthentic("signer")
        if signatures[0].by != document.header.author:
            raise NotAuthentic("author")
        return document

    def check_entry(self, document: Document, type_: str) -> Document:
        """The same as it is added to the key log: by a supervisor of the newest root. Raises `NotAuthentic`."""
        self.check_signed(document, type_)
        if not all(map(self.root.is_supervisors, succession.signatures_of(document))):
            raise NotAuthentic("signer")
        return document

    def newly_certified(self, certificate: Document, day: date) -> Certified:
        """Whom this certificate is about, as it has them: by a supervisor of the newest root, and for this day.

        Raises `NotAuthentic` or `Malformed`.
        """
        self.check_entry(certificate, "certificate")
        term = self._term(certificate)
        if not term.valid_from <= day <= term.valid_until:
            raise NotAuthentic("uncertified")
        return term.certified

    def ended_by(self, certificate: Document) -> str:
        """Whom this certificate leaves without a role, where it counts. Raises `NotAuthentic`.

        A root keeps those that who goes has signed (`client.people.roots`), so what counted once counts for every later
        reader, and nobody who went signs another. Whom a root ever listed, no certificate ends: one supervisor would do
        what takes as many as a root demands.
        """
        try:
            term = self._term(certificate)
        except NotAuthentic:
            raise NotAuthentic("uncertified") from None
        listed = {person for person, _ in self._ever_supervisors}
        if not term.is_end or term.certified.person in listed:
            raise NotAuthentic("role")
        return term.certified.person

    def counts(self, document: Document) -> bool:
        """Whether the newest root stands behind what a supervisor has signed: it lists its signer, or keeps it."""
        if all(map(self.root.is_supervisors, succession.signatures_of(document))):
            return True
        kept = self.root.kept if document.header.type in _PUBLIC else self.kept
        return sha256_hex(document.text) in kept

    @cached_property
    def _ever_supervisors(self) -> dict[tuple[str, bytes], Certified]:
        """Everybody whom a root ever listed, as the last of those roots has them."""
        return {(each.person, each.key): each for root in self.roots for each in root.supervisors.values()}

    @property
    def _vouched_for(self) -> list[Certified]:
        """Who has a certificate that counts, in the order of versions."""
        return [term.certified for term in sorted(self._terms, key=lambda term: term.place) if term.counts]

    @property
    def _reigns(self) -> list[tuple[Root, Root | None]]:
        """Each root with the one that followed it, the newest first."""
        return list(zip(self.roots, (*self.roots[1:], None), strict=True))[::-1]

    def _term(self, document: Document) -> _Term:
        self.check_signed(document, "certificate")
        body = dict(document.header.body)
        try:
            valid_from, valid_until = (check_day(body.pop(name)) for name in ("from", "until"))
        except KeyError:
            raise Malformed("a certificate without its days") from None
        replaced = body.pop("replaced", None)
        if replaced is not None and not (isinstance(replaced, list) and replaced):
            raise Malformed("replaced keys are a list of some")
        certified = read_certified(document.header.subject, body)
        had = tuple(map(Replaced.read, replaced or ()))
        return _Term(document, certified, valid_from, valid_until, self.counts(document), had)
