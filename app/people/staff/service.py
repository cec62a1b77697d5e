"""People, certified by a supervisor whom the root lists."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.duties import Duty
from app.people.staff.models import (
    Certificate,
    Organisation,
    Person,
    RootDocument,
    RootSupervisor,
    StaffLogEntry,
)
from app.problems import NotFound, Problem, StaleVersion
from app.protocol import chain, key_log
from app.protocol.certificates import RENEWED_BEFORE, Trust
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Document, parse_document
from app.protocol.duties import DutyKind
from app.protocol.encoding import b64, sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.kept_pairs import KeptPair, Served
from app.protocol.kept_pairs import kept_pairs as kept_pairs_among
from app.protocol.key_log import Head
from app.protocol.roots import Pin, Root, list_text, org_of
from app.vocabulary import Role

PAGE = 1000  # lines of the staff log in one answer

# What a certificate comes to, without its document: it is asked with each request.
_STANDING: Final = (
    Certificate.person_id,
    Certificate.valid_from,
    Certificate.roles,
    Certificate.counts,
    Certificate.valid_until,
)
_Certificate = Row[str, date, frozenset[Role], bool, date]
# The order in which `Trust` lets those of one person count.
_NEWEST: Final = (Certificate.version.desc(), Certificate.valid_from.desc(), Certificate.sha256.desc())
# Of one person those that have begun: made once, for each act asks it of somebody.
_BEGUN: Final = (
    select(*_STANDING)
    .where(Certificate.person_id == bindparam("person"), Certificate.valid_from <= bindparam("today"))
    .order_by(*_NEWEST)
)


@dataclass(frozen=True)
class Standing:
    """What somebody may do from now on, none of it where they have left, and by whose act."""

    by: Actor
    person_id: str
    roles: frozenset[Role]
    now: datetime


# What a domain ends of somebody's who may do less than before.
Curtailed = Callable[[Session, Standing], None]


class TeamUnknown(Problem):
    """No team has this id. Leave it out, or ask a colleague for the right one."""

    type, status, title = "team-unknown", 422, "There is no such team"


class NoRootYet(Problem):
    """Nothing can be signed or certified before the root. The first supervisor signs it."""

    type, status, title = "no-root-yet", 409, "No root has been signed yet"


class NotCertifying(Problem):
    """A certificate names the keys with which the person joined, and is signed by a supervisor.

    Read the person anew, compare the words by voice, and sign.
    """

    type, status, title = "not-certifying", 422, "The document certifies no person as they joined, or is not authentic"


class NotCertified(Problem):
    """The grantee has no certificate that holds today. Let a supervisor certify them, or grant it to somebody else."""

    type, status, title = "not-certified", 422, "A key can be granted only to a person who is certified today"


def has_root(session: Session) -> bool:
    """Whether there is an organisation that certifies."""
    return session.scalar(select(Organisation.id)) is not None


def adopt_root(session: Session, root: Root, kept: Collection[str]) -> None:
    """Take an authentic root, the first or the next: it certifies the supervisors whom it lists, and nobody who was on
    the one before. What it does not keep of what those signed counts no more.

    The first one's hash becomes the organisation's id. Raises `NotCertifying` where it lists somebody who has not
    joined with these keys, or `kept` is not the list that it names.
    """
    if root.document.header.version == 1:
        session.add(Organisation(id=org_of(root.document)))
    document = root.document.text.decode()
    session.add(RootDocument(version=root.document.header.version, document=document, kept=list_text(kept) or None))
    session.execute(delete(RootSupervisor))
    session.flush()
    for holder in root.supervisors.values():
        session.add(RootSupervisor(person_id=_person_with(session, holder).id, roles=holder.roles))
    session.flush()
    try:
        standing = trust(session)
    except ProtocolError:
        raise NotCertifying from None
    for certificate in session.scalars(select(Certificate)):
        certificate.counts = standing.counts(parse_document(certificate.document.encode()))
    session.flush()


def trust(session: Session) -> Trust:
    """The organisation's roots, to check documents against. Raises `NoRootYet`."""
    org = organisation(session).id
    rows = session.scalars(select(RootDocument).order_by(RootDocument.version)).all()
    trust = Trust.pinned(parse_document(rows[0].document.encode()), org)
    for each in rows[1:]:
        trust = trust.followed_by(parse_document(each.document.encode()))
    return trust.with_kept((rows[-1].kept or "").split())


def pin(session: Session) -> Pin:
    """What people hand on of this organisation. Raises `NoRootYet`."""
    standing = trust(session)
    return Pin(standing.org, standing.root.mark)


def newest_root(session: Session) -> RootDocument:
    """Raises `NoRootYet`."""
    row = session.scalar(select(RootDocument).order_by(RootDocument.version.desc()).limit(1))
    if row is None:
        raise NoRootYet
    return row


def trust_in_everybody(session: Session) -> Trust:
    """The roots, with every certificate that was ever made beside them. Raises `NoRootYet`."""
    made = session.scalars(select(Certificate.document))
    return trust(session).with_certificates(parse_document(each.encode()) for each in made)


def losses(session: Session, roles: AbstractSet[Role], today: date) -> list[date]:
    """The days since which people have lost the last of these roles by a certificate, or the keys that they had then.

    Whom a root alone vouched for is left out: clients read the roots.
    """
    had_other_keys = set(session.scalars(select(Person.id).where(Person.had_other_keys)))
    found = list[date]()
    for person, roles_now, rows in _vouched_for(session, today):
        if not any(row.roles & roles for row in rows if row.counts):
            continue
        if not roles_now & roles:
            found.append(_since(rows[0], today))
        elif person in had_other_keys:
            found += _replaced_on(rows)
    return found


def kept_pairs(session: Session, today: date) -> list[KeptPair]:
    """Each two who were custodians together by certificates and are none any more, or have other keys (`Trust`)."""
    had_other_keys = set(session.scalars(select(Person.id).where(Person.had_other_keys)))
    served = list[Served]()
    for person, roles_now, rows in _vouched_for(session, today):
        begun = [row.valid_from for row in rows if row.counts and Role.CUSTODIAN in row.roles]
        is_one = Role.CUSTODIAN in roles_now
        if begun and not is_one:
            served.append(Served(person, min(begun), _since(rows[0], today)))
        elif begun and person in had_other_keys and (replaced := _replaced_on(rows)):
            served.append(Served(person, min(begun), max(replaced)))
    return kept_pairs_among(served)


def _replaced_on(rows: Sequence[_Certificate]) -> list[date]:
    """The days on which keys were replaced: the last day of those before is the day before a certificate."""
    begun = {row.valid_from for row in rows}
    return [day for row in rows if (day := row.valid_until + timedelta(days=1)) in begun]


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """As a supervisor whom the root lists to renew what ends soon, of whom no root vouches for."""
    if not is_on_root(session, actor.id):
        return
    listed, today = on_root(session), actor.today
    for person, roles, rows in _vouched_for(session, today):
        if roles and person not in listed and (soon := rows[0].valid_until - RENEWED_BEFORE) <= today:
            yield Duty(DutyKind.RENEW_CERTIFICATE, person, soon, person)


def certify(session: Session, actor: Actor, document: str, *, now: datetime) -> Person:
    """Keep a certificate that a supervisor of the root has signed.

    One without roles ends the person's certificates: none follows it. Raises `NoRootYet`, `NotCertifying` for one that
    does not hold today too, or behind such an end, and `StaleVersion` for one that does not
    follow the person's last: an old one, handed in again, would bring back what has been taken from them since.
    """
    root = trust(session)
    try:
        certificate = parse_document(document.encode())
        holder = root.newly_certified(certificate, now.date())
    except ProtocolError:
        raise NotCertifying from None
    person = _person_with(session, holder)
    session.scalars(select(Organisation).with_for_update()).one()  # lines of the log are written one after the other
    last = session.scalar(_certificates(person.id).limit(1))
    if last is not None and last.counts and not last.roles:
        raise NotCertifying
    follows = chain.after(Mark(last.version, last.sha256) if last else None)
    if (certificate.header.version, certificate.header.previous) != follows:
        raise StaleVersion
    try:
        before = [parse_document(each.encode()) for each in certificates_of(session, person.id)]
        root.with_certificates([*before, certificate]).check_chains()
    except ProtocolError:
        raise NotCertifying from None
    session.add(
        Certificate(
            sha256=sha256_hex(certificate.text),
            person_id=person.id,
            document=certificate.text.decode(),
            version=certificate.header.version,
            roles=holder.roles,
            valid_from=date.fromisoformat(certificate.header.body["from"]),
            valid_until=date.fromisoformat(certificate.header.body["until"]),
        )
    )
    _append(session, certificate)
    session.flush()
    audit.record(
        session, actor.id, Action.PERSON_CERTIFIED, person.id, now=now, object_hash=sha256_hex(document.encode())
    )
    return person


def is_on_root(session: Session, person_id: str) -> bool:
    """Whether the newest root lists them: it is their certificate, and their keys are replaced by the next."""
    return session.get(RootSupervisor, person_id) is not None


def on_root(session: Session) -> set[str]:
    """Whom the newest root lists as supervisors; nobody before there is one."""
    return set(session.scalars(select(RootSupervisor.person_id)))


def end_certificates_of_other_keys(session: Session, person_id: str, *, since: date | None = None) -> None:
    """They have new keys, since the first day of their newest certificate or since another: certificates of the old
    ones hold up to the day before, as clients have it."""
    person, certificates = session.get_one(Person, person_id), session.scalars(_certificates(person_id)).all()
    for each in certificates:
        if _keys_in(each) != (person.recipient, person.key):
            each.valid_until = min(each.valid_until, (since or certificates[0].valid_from) - timedelta(days=1))


def had_other_keys(session: Session, people: Collection[str]) -> set[str]:
    """Those of these people who had others: colleagues compare words before they grant to the present ones."""
    had = select(Person.id).where(Person.id.in_(people), Person.had_other_keys)
    return set(session.scalars(had)) if people else set()


def organisation(session: Session) -> Organisation:
    """Raises `NoRootYet`."""
    row: Organisation | None = session.scalar(select(Organisation))
    if row is None:
        raise NoRootYet
    return row


def log_lines(session: Session, *, first: int) -> list[str]:
    """At most `PAGE` lines of the staff log, from number `first` on, each without its LF."""
    lines = select(StaffLogEntry.line).where(StaffLogEntry.n >= first)
    return list(session.scalars(lines.order_by(StaffLogEntry.n).limit(PAGE)))


def log_head(session: Session) -> Head:
    """The last line of the staff log. Raises `NotFound` before there is one."""
    last = _last_line(session)
    if last is None:
        raise NotFound
    return Head(last.n, sha256_hex(last.line.encode()))


def everybody() -> Select[Person]:
    """All people: whoever grants must know to whom."""
    return select(Person)


def get(session: Session, person_id: str) -> Person:
    """Raises `NotFound`."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person


def certificates_of(session: Session, person_id: str) -> list[str]:
    """The documents that vouch for a person, the oldest first."""
    return [each.document for each in session.scalars(_certificates(person_id))][::-1]


def certified_as(session: Session, person_id: str, today: date) -> frozenset[Role]:
    """The roles for which the person is certified today. Raises `NotCertified`, for an absent one too."""
    roles = _certified(session, person_id, today)
    if roles is None:
        raise NotCertified
    return roles


def is_certified(session: Session, person_id: str, today: date) -> bool:
    """Whether this is a person who is certified today, for whatever role: who has left is certified for none."""
    return bool(_certified(session, person_id, today))


def certified_among(session: Session, people: Collection[str], today: date) -> dict[str, frozenset[Role]]:
    """Those of these people who have ever been certified, with the roles for which they are today."""
    vouched = _vouched_for(session, today, Certificate.person_id.in_(people))
    return {person: roles for person, roles, _ in vouched if person in people}


def has_left(session: Session, person_id: str, today: date) -> bool:
    """Whether a certificate without roles has ended all that vouched for this person."""
    return session.get(RootSupervisor, person_id) is None and _is_ended(_standing(session, person_id, today))


def has_role(session: Session, person_id: str, role: Role, today: date) -> bool:
    """Whether this is a person who is certified today and has the role."""
    return role in (_certified(session, person_id, today) or ())


def gone_since(session: Session, person_id: str, today: date) -> date:
    """Since when somebody is not certified as they were: the day of their newest certificate, or of its end."""
    newest = session.scalar(_certificates(person_id).where(Certificate.valid_from <= today).limit(1))
    if newest is None:  # whom the root alone vouched for
        return today
    return _since(newest, today)


def _since(newest: Certificate | _Certificate, today: date) -> date:
    return newest.valid_from if newest.valid_until >= today else newest.valid_until + timedelta(days=1)


def certified_with(session: Session, role: Role, today: date) -> dict[str, date]:
    """Everybody certified today who has the role, and since when they are certified as they are.

    Whom the root alone vouches for has no such day here: `date.min`.
    """
    vouched = _vouched_for(session, today)
    return {person: rows[0].valid_from if rows else date.min for person, roles, rows in vouched if role in roles}


def roles_of(session: Session, person: Person, today: date) -> frozenset[Role]:
    """What the person may do today: as their certificate says, or as invited before there is a root to give one."""
    return _or_as_invited(session, _certified(session, person.id, today), person.invited_as)


def _or_as_invited(session: Session, certified: frozenset[Role] | None, invited_as: frozenset[Role]) -> frozenset[Role]:
    if certified is not None:
        return certified
    return frozenset() if has_root(session) else invited_as


def acting(of: Select[Any]) -> Select[Any]:
    """What `actor` is made of, where `of` selects a person: a row for each certificate that has begun by the parameter
    `today`, the newest first, or one without. Who asks it with each request makes it once."""
    return (
        of.add_columns(Person.id, Person.team_id, Person.invited_as, RootSupervisor.roles.label("by_root"), *_STANDING)
        .outerjoin(RootSupervisor, RootSupervisor.person_id == Person.id)
        .outerjoin(Certificate, (Certificate.person_id == Person.id) & (Certificate.valid_from <= bindparam("today")))
        .order_by(*_NEWEST)
    )


def actor(session: Session, rows: Sequence[Row[Any]], today: date) -> Actor | None:
    """Who acts, by the rows of `acting`; None where there are none. Roles count as in `roles_of`."""
    if not rows:
        return None
    person = rows[0]
    certificates: list[Any] = [row for row in rows if row.person_id]
    certified = _vouched(certificates, today) if person.by_root is None else person.by_root
    return Actor(person.id, _or_as_invited(session, certified, person.invited_as), person.team_id, today)


def roles_among(session: Session, people: Collection[Person], today: date) -> dict[str, frozenset[Role]]:
    """The same of several, by their ids."""
    vouched = certified_among(session, {person.id for person in people}, today)
    is_begun = has_root(session)
    return {each.id: vouched.get(each.id) or (frozenset() if is_begun else each.invited_as) for each in people}


def _person_with(session: Session, holder: Certified) -> Person:
    """The person with these keys, whom nobody else certifies before this transaction ends."""
    person = session.get(Person, holder.person, with_for_update=True)
    if person is None or (person.recipient, person.key) != (str(holder.recipient), b64(holder.key)):
        raise NotCertifying
    return person


def _keys_in(certificate: Certificate) -> tuple[object, object]:
    body = parse_document(certificate.document.encode()).header.body
    return body["recipient"], body["key"]


def _append(session: Session, certificate: Document) -> None:
    last = _last_line(session)
    n, previous = (last.n + 1, sha256_hex(last.line.encode())) if last else (1, None)
    session.add(StaffLogEntry(n=n, line=key_log.entry(n, previous, certificate).decode()))


def _last_line(session: Session) -> StaffLogEntry | None:
    row: StaffLogEntry | None = session.scalar(select(StaffLogEntry).order_by(StaffLogEntry.n.desc()).limit(1))
    return row


def _certificates(person_id: str) -> Select[Certificate]:
    """All that were made of a person, the newest first."""
    return select(Certificate).where(Certificate.person_id == person_id).order_by(*_NEWEST)


def _certified(session: Session, person_id: str, today: date) -> frozenset[Role] | None:
    """The roles for which the root or the certificate that counts today vouches; None where nothing does.

    A certificate that does not count hides those before it, and one without roles ends all of them, as clients have it.
    """
    on_root = session.get(RootSupervisor, person_id)
    if on_root is not None:
        return on_root.roles
    return _vouched(_standing(session, person_id, today), today)


def _vouched(standing: Sequence[_Certificate], today: date) -> frozenset[Role] | None:
    if _is_ended(standing):
        return None
    newest = next((row for row in standing if row.valid_until >= today), None)
    return newest.roles if newest is not None and newest.counts else None


def _vouched_for(
    session: Session, today: date, *among: ColumnElement[bool]
) -> Iterator[tuple[str, frozenset[Role], list[_Certificate]]]:
    """Whom the root lists and who has a certificate that has begun, with the roles of today and these certificates."""
    on_root = {each.person_id: each.roles for each in session.scalars(select(RootSupervisor))}
    begun = select(*_STANDING).where(Certificate.valid_from <= today, *among).order_by(Certificate.person_id, *_NEWEST)
    of_each: dict[str, list[_Certificate]] = {person: [] for person in on_root}
    for row in session.execute(begun):
        of_each.setdefault(row.person_id, []).append(row)
    for person, rows in of_each.items():
        yield person, on_root.get(person) or _vouched(rows, today) or frozenset(), rows


def _standing(session: Session, person_id: str, today: date) -> Sequence[_Certificate]:
    """Of each certificate that has begun what it comes to, the newest first."""
    return session.execute(_BEGUN, {"person": person_id, "today": today}).all()


def _is_ended(standing: Iterable[_Certificate]) -> bool:
    return any(row.counts and not row.roles for row in standing)
