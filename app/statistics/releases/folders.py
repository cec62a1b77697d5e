"""The folder of a drawn release: made from its stored noisy counts, signed by two, and read as it is published."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.people.staff import service as staff
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.documents import CLOCK_SKEW, Document, parse_document
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import ProtocolError
from app.protocol.periods import year_of
from app.protocol.release.about import ABOUT, About, read_about
from app.protocol.release.budget import LIFE_CAP
from app.protocol.release.composition import compose
from app.protocol.release.errors import ReleaseError
from app.protocol.release.ledger import LedgerLine
from app.protocol.release.release_keys import REQUESTERS, ReleaseKey, ReleaseSigner
from app.protocol.release.signatures import (
    SIGNATURES,
    SIGNERS,
    Signature,
    SignerPlace,
    Signers,
    check_signature,
    write_signatures,
    write_signers,
)
from app.protocol.release.sums import SUMS
from app.settings import Settings
from app.statistics.releases import accounting, ledger, requests
from app.statistics.releases.models import PUBLIC, SHOWN, Release, ReleaseFile, ReleaseSignature, ReleaseState
from app.transitions import NoSuchStep
from app.version import VERSION
from app.vocabulary import Role

SYNTHETIC = "**Synthetic.** The people in these figures are invented: this release comes from a demonstration."

_FOR_SIGNERS = (ReleaseState.COMPOSED, ReleaseState.SIGNED)


class ReleaseUnnamed(Problem):
    """A release says for ever who made it and whom to ask. Whoever runs the service sets the settings in `missing`."""

    type, status, title = "release-unnamed", 409, "The organisation has no name or no contact to publish under"

    def __init__(self, *, missing: Sequence[str] = ()) -> None:
        super().__init__()
        self.members["missing"] = list(missing)


class ReleaseSignatureWrong(Problem):
    """The signature is not over the folder's SHA256SUMS as it lies here, or the caller does not say under their
    certified key that they sign it in their role with this key.

    Fetch the file anew, check it, and sign its bytes.
    """

    type, status, title = "release-signature-wrong", 422, "The signature is not the caller's over this SHA256SUMS"


class ReleaseSignerWrong(Problem):
    """A release is published with a certificate of each of the two keys that signed it, in the role that the folder
    tells, by a supervisor whom the newest root lists.

    Fetch what the signers say, check it, and let a supervisor of the root publish it.
    """

    type, status, title = "release-signer-wrong", 422, "These certificates are not those of the two who signed"


class ReleaseStandIn(Problem):
    """Two people sign a release, neither of them for both, and in the place of the approver a supervisor.

    Let somebody else stand in who neither asked for it, approved it nor signs it already.
    """

    type, status, title = "release-stand-in", 409, "You cannot sign in the place of this person"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose release it is, in words, and where its readers can ask."""

    name: str
    contact: str


_INVENTED = Publisher(name="Organisation of a demonstration", contact="nobody, for it is invented")


def publisher(settings: Settings) -> Publisher:
    """The organisation as its operator named it. Raises `ReleaseUnnamed`."""
    invented = _INVENTED if settings.demo else Publisher(name="", contact="")
    named = Publisher(name=settings.organisation or invented.name, contact=settings.contact or invented.contact)
    words = {"TERN_ORGANISATION": named.name, "TERN_CONTACT": named.contact}
    missing = [setting for setting, value in words.items() if not value]
    if missing:
        raise ReleaseUnnamed(missing=missing)
    return named


def made(session: Session, actor: Actor, release_id: str, *, publisher: Publisher, is_demo: bool) -> dict[str, bytes]:
    """The folder from the stored noisy counts; the same again after a crash. Raises `NoSuchStep`.

    A large one takes a second or more, for which nobody else's writing should wait: so it is kept by itself.
    """
    release = requests.get(session, actor, release_id)
    _check_unmade(actor, release)
    return _composed(session, release, publisher=publisher, is_demo=is_demo)


def keep(session: Session, actor: Actor, release_id: str, files: Mapping[str, bytes]) -> Release:
    """Keep the folder that was made, unless somebody was first. Raises `NoSuchStep`."""
    release = requests.locked(session, actor, release_id)
    _check_unmade(actor, release)
    return _keep(session, release, files)


def _check_unmade(actor: Actor, release: Release) -> None:
    requests.check(actor, release, ReleaseState.COMPOSED)
    if release.state is ReleaseState.COMPOSED:
        raise NoSuchStep


@dataclass(frozen=True, slots=True)
class MadeAnew:
    """A folder that somebody else is to sign, made of the release in this version."""

    version: int
    files: Mapping[str, bytes] = field(repr=False)


def made_anew(
    session: Session, actor: Actor, release_id: str, place: SignerPlace, *, publisher: Publisher, is_demo: bool
) -> MadeAnew | None:
    """The folder as it will be with the actor in this place; None where they cannot take it, as `stand_in` says why.

    It is made by itself, for the same reason as `made`.
    """
    release = requests.get(session, actor, release_id)
    if release.state is not ReleaseState.COMPOSED or not _may_stand_in(actor, release, place):
        return None
    release.counts()
    session.expunge(release)  # what is said of it here is written nowhere
    _take_place(actor, release, place)
    return MadeAnew(release.version, _composed(session, release, publisher=publisher, is_demo=is_demo))


def stand_in(
    session: Session,
    actor: Actor,
    release_id: str,
    place: SignerPlace,
    made: MadeAnew | None,
    *,
    seen: AbstractSet[int],
    now: datetime,
) -> Release:
    """Sign in the place of the requester or the approver, who cannot: the folder that was made anew says so, and lacks
    both signatures again. Who was asked at first may take their own place back.

    `seen` holds the versions that the actor has seen. Raises `StaleVersion`, `NoSuchStep` before the folder is made and
    once both have signed, and `ReleaseStandIn` for who may not take this place.
    """
    release = requests.locked(session, actor, release_id)
    if release.version not in seen:
        raise StaleVersion(version=release.version)
    if release.state is not ReleaseState.COMPOSED:
        raise NoSuchStep
    if not _may_stand_in(actor, release, place):
        raise ReleaseStandIn
    if made is None or made.version != release.version:
        raise StaleVersion(version=release.version)
    _take_place(actor, release, place)
    for each in (ReleaseSignature, ReleaseFile):
        session.execute(delete(each).where(each.release_id == release.id))
    audit.record(session, actor.id, Action.RELEASE_STOOD_IN, release.id, now=now)
    return _keep(session, release, made.files)


def _take_place(actor: Actor, release: Release, place: SignerPlace) -> None:
    if place is SignerPlace.REQUESTER:
        release.requester_stand_in = None if actor.id == release.requested_by else actor.id
    else:
        release.approver_stand_in = None if actor.id == release.approved_by else actor.id


def _may_stand_in(actor: Actor, release: Release, place: SignerPlace) -> bool:
    """The two are different people to the end, and the one who approved was a supervisor."""
    first = release.requested_by if place is SignerPlace.REQUESTER else release.approved_by
    others = {release.requested_by, release.approved_by, *release.signers} - {first}
    if place is SignerPlace.APPROVER and Role.SUPERVISOR not in actor.roles:
        return False
    return actor.id not in others and actor.id not in release.signers


def _composed(session: Session, release: Release, *, publisher: Publisher, is_demo: bool) -> dict[str, bytes]:
    lines = ledger.lines(session)
    lines = lines[: next(place for place, line in enumerate(lines, start=1) if line.release == release.charged_as)]
    return compose(
        release.counts(),
        about=_about(session, release, lines, publisher=publisher, note=SYNTHETIC if is_demo else None),
        ledger=[ledger.entry(line, session.get_one(Release, line.release).counts()) for line in lines],
    )


def _keep(session: Session, release: Release, files: Mapping[str, bytes]) -> Release:
    session.add_all(ReleaseFile(release_id=release.id, path=path, content=content) for path, content in files.items())
    release.sums_sha256 = sha256_hex(files[SUMS])
    release.state = ReleaseState.COMPOSED
    session.flush()
    return release


def sign(
    session: Session, actor: Actor, release_id: str, *, key: str, signature: str, statement: str, now: datetime
) -> Release:
    """Keep the caller's signature. The second one completes the folder.

    `key` and `signature` are in base64url, `statement` is the `release-key` that says whose they are. Raises
    `NoSuchStep` where the caller is none of the two or it is not time, and `ReleaseSignatureWrong`.
    """
    release = requests.locked(session, actor, release_id)
    requests.check(actor, release, ReleaseState.SIGNED)
    try:
        check_signature(Signature(by="", key=unb64(key), sig=unb64(signature)), file(session, actor, release_id, SUMS))
        _check_statement(session, actor, release, key, parse_document(statement.encode()), today=now.date())
    except ProtocolError:
        raise ReleaseSignatureWrong from None
    session.merge(
        ReleaseSignature(release_id=release.id, person_id=actor.id, key=key, signature=signature, statement=statement)
    )
    audit.record(session, actor.id, Action.RELEASE_SIGNED, release.id, now=now, object_hash=release.sums_sha256)
    session.flush()
    _complete(session, release)
    return release


def _check_statement(
    session: Session, actor: Actor, release: Release, key: str, statement: Document, *, today: date
) -> None:
    """Raises `ProtocolError` unless the caller says of this key that they sign this folder with it today, in their
    place and in a role that they have."""
    stated = ReleaseKey.read(statement)
    proofs = [(each.by, b64(each.key)) for each in statement.verify_signatures()]
    said = (statement.header.author, statement.header.org, proofs)
    told = (stated.release, stated.sums_sha256, b64(stated.key), stated.role)
    if said != (actor.id, staff.organisation(session).id, [(actor.id, staff.get(session, actor.id).key)]):
        raise ReleaseError("another person's word")
    role = _about_kept(session, release).signers[release.signers.index(actor.id)]
    if told != (release.id, release.sums_sha256, key, role):
        raise ReleaseError("of another folder, key or role")
    if role not in actor.roles or abs(stated.signed_on - today) > CLOCK_SKEW:
        raise ReleaseError("of a role that is theirs no more, or of another day")


def statements(session: Session, actor: Actor, release_id: str) -> list[str]:
    """What those who signed say of their keys, the requester or who stands in for them first. Raises `NotFound`."""
    release = requests.get(session, actor, release_id)
    return [each.statement for each in _signatures(session, release) if each.statement is not None]


def publish(
    session: Session,
    actor: Actor,
    release_id: str,
    certificates: Sequence[str],
    *,
    public_on: date | None,
    seen: AbstractSet[int],
    now: datetime,
) -> Release:
    """Let everybody read what two have signed, with a supervisor's word for the two keys; or partners until a day.

    Of what is published another word is taken where the one that stands counts no more: a root left out whose it was,
    and did not keep it. Raises `StaleVersion`, `NoSuchStep`, `ReleaseEmbargo` and `ReleaseSignerWrong`.
    """
    release = requests.locked(session, actor, release_id)
    if release.state not in PUBLIC or public_on is not None or _is_vouched_for(session, release):
        to = ReleaseState.PUBLISHED if public_on is None else ReleaseState.EMBARGOED
        requests.move(session, actor, release_id, requests.Move(to, public_on), seen=seen, now=now)
    else:
        audit.record(session, actor.id, Action.RELEASE_MOVED, release.id, now=now)
    signed = _signatures(session, release)
    roles = _about_kept(session, release).signers
    try:
        trust = staff.trust(session)
        vouched = [
            ReleaseSigner.read(trust.check_entry(parse_document(each.encode()), "release-signer"))
            for each in certificates
        ]
    except ProtocolError:
        raise ReleaseSignerWrong from None
    told = [(each.release, each.role, b64(each.key)) for each in vouched]
    if told != [(release.id, role, each.key) for role, each in zip(roles, signed, strict=True)]:
        raise ReleaseSignerWrong
    for each, certificate in zip(signed, certificates, strict=True):
        each.certificate = certificate
    session.flush()
    return release


def _is_vouched_for(session: Session, release: Release) -> bool:
    """Whether the newest root stands behind what vouches for both who signed; a folder of before names them itself."""
    certificates = [each.certificate for each in _signatures(session, release) if each.certificate is not None]
    trust = staff.trust(session)
    return all(trust.counts(parse_document(each.encode())) for each in certificates)


def vouchers(session: Session, release: Release) -> bytes | None:
    """`signers.jsonl` of a published release: the roots up to the newest, and what vouches for the keys of the two.

    It grows with each root, so it is no part of what they signed. None where it is: in a folder of before.
    """
    certificates = [each.certificate for each in _signatures(session, release) if each.certificate is not None]
    if release.state not in SHOWN or not certificates:
        return None
    trust = staff.trust(session)
    documents = (*(root.document for root in trust.roots), *(parse_document(each.encode()) for each in certificates))
    return write_signers(Signers(documents, tuple(sorted(trust.kept))))


def _signatures(session: Session, release: Release) -> list[ReleaseSignature]:
    """Those that there are, the requester's or of who stands in for them first."""
    each = (session.get(ReleaseSignature, (release.id, signer)) for signer in release.signers)
    return [signature for signature in each if signature is not None]


def _about_kept(session: Session, release: Release) -> About:
    """As the folder says it."""
    return read_about(session.get_one(ReleaseFile, (release.id, ABOUT)).content)


def paths(session: Session, actor: Actor, release_id: str) -> list[str]:
    """The paths of the folder, in order. Before two have signed it, only those who must see it.

    Raises `NotFound`.
    """
    release = requests.get(session, actor, release_id)
    is_signer = actor.id in release.signers
    if release.state not in SHOWN and not (release.state in _FOR_SIGNERS and is_signer):
        raise NotFound
    of_release = select(ReleaseFile.path).where(ReleaseFile.release_id == release_id)
    beside = {SIGNERS} if vouchers(session, release) is not None else set[str]()
    return sorted({*session.scalars(of_release), *beside})


def file(session: Session, actor: Actor, release_id: str, path: str) -> bytes:
    """The bytes of one file, as published. Raises `NotFound` as `paths` does."""
    if path not in paths(session, actor, release_id):
        raise NotFound
    return content_of(session, session.get_one(Release, release_id), path) or b""


def content_of(session: Session, release: Release, path: str) -> bytes | None:
    """The bytes of a file, whoever asks; None where the folder has none of this name."""
    content = session.scalar(
        select(ReleaseFile.content).where(ReleaseFile.release_id == release.id, ReleaseFile.path == path)
    )
    return vouchers(session, release) if content is None and path == SIGNERS else content


def _about(
    session: Session, release: Release, lines: tuple[LedgerLine, ...], *, publisher: Publisher, note: str | None
) -> About:
    """`lines` is the ledger up to and with this draw."""
    this = lines[-1]
    year = sum(line.rho_millionths for line in lines if year_of(line.period) == year_of(this.period))
    return About(
        release=release.id,
        organisation=publisher.name,
        pin=str(staff.pin(session)),
        requested_by=_role(session, release.requested_by),
        approved_by=Role.SUPERVISOR,
        signs_for_requester=release.requester_stand_in and _role(session, release.requester_stand_in),
        signs_for_approver=release.approver_stand_in and Role.SUPERVISOR,
        contact=publisher.contact,
        this=accounting.privacy_loss(this.rho_millionths),
        year=accounting.privacy_loss(year),
        life=accounting.privacy_loss(LIFE_CAP),
        versions={"tern": VERSION, "opendp": this.opendp},
        note=note,
        draw=release.drawn_as,
        supersedes=release.supersedes and session.get_one(Release, release.supersedes).sums_sha256,
        correction=release.correction,
    )


def _role(session: Session, person: str) -> Role:
    """As what they ask for releases: as the root lists them or they were last certified, or, of who lost such roles
    since, as ever with their keys."""
    trust = staff.trust_in_everybody(session)
    ever = trust.ever_certified(person, unb64(staff.get(session, person).key))
    vouched = trust.supervisors.get(person) or trust.last_vouched(person)
    roles = vouched.roles & {*REQUESTERS} or ever.roles
    return next(role for role in REQUESTERS if role in roles)


def _complete(session: Session, release: Release) -> None:
    """Add the file of signatures once both are there."""
    signatures = _signatures(session, release)
    if len(signatures) < 2:
        return
    content = write_signatures(
        [
            Signature(by=role, key=unb64(each.key), sig=unb64(each.signature))
            for role, each in zip(_about_kept(session, release).signers, signatures, strict=True)
        ]
    )
    session.add(ReleaseFile(release_id=release.id, path=SIGNATURES, content=content))
    release.state = ReleaseState.SIGNED
    session.flush()
