"""A release, from the request to the signed folder. Nobody sees a number before the draw, and the draw is charged."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version as version_of

from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from app import age, vocabulary
from app.actor import Actor
from app.database import insert_or_ignore
from app.people.grants import service as keys
from app.people.staff import service as staff
from app.problems import Forbidden, NotFound, Problem, StaleVersion
from app.protocol import card as cards_
from app.protocol import release_files, release_ledger
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import new_id, sha256_hex, unb64
from app.protocol.periods import last_day, quarters, year_of
from app.protocol.release_files import Noisy
from app.protocol.release_ledger import LedgerLine
from app.statistics.cards import service as cards
from app.statistics.releases import accounting, counting, noise
from app.statistics.releases.compose import compose, told
from app.statistics.releases.methodology import About
from app.statistics.releases.models import (
    BudgetEntry,
    Release,
    ReleaseFile,
    ReleaseSignature,
    ReleaseState,
    TokenSpend,
)
from app.vocabulary import ReleaseKind, Role, Workload

# Below this many persons a quarter, by the last published total, a quarter has nothing worth its budget; the gate
# closes again only well below it, so that noise around the limit does not open and shut it.
QUARTER_GATE, QUARTER_GATE_OPEN = 300, 240

_ONLY_NOW = {
    ReleaseState.APPROVED: ReleaseState.REQUESTED,
    ReleaseState.REJECTED: ReleaseState.REQUESTED,
    ReleaseState.CANCELLED: ReleaseState.REQUESTED,
    ReleaseState.PUBLISHED: ReleaseState.SIGNED,
}
_FOR_SIGNERS = (ReleaseState.COMPOSED, ReleaseState.SIGNED)


class ReleasePeriodOpen(Problem):
    type, status, title = "release-period-open", 409, "The period has not ended"


class ReleaseExists(Problem):
    type, status, title = "release-exists", 409, "This kind of release of this period is drawn or asked for"


class ReleaseBudgetExhausted(Problem):
    type, status, title = "release-budget-exhausted", 409, "The budget does not bear this release"


class ReleaseTooFew(Problem):
    type, status, title = "release-too-few", 409, "The last published total is under the gate of this release"


class ReleaseWorkload(Problem):
    type, status, title = "release-workload", 422, "The workload is not one of this kind of release"


class ReleaseSelfApproval(Problem):
    type, status, title = "release-self-approval", 409, "Another person than the requester approves a release"


class ReleaseStep(Problem):
    type, status, title = "release-step", 409, "The release cannot take this step from its state"


class StatisticsKeyWrong(Problem):
    type, status, title = "statistics-key-wrong", 422, "These are not all statistics keys of the period, and no others"


class ReleaseSignatureWrong(Problem):
    type, status, title = "release-signature-wrong", 422, "The signature is not the caller's over this SHA256SUMS"


@dataclass(frozen=True)
class Snapshot:
    """What a draw starts from, read in one transaction. `ledger` is its place: a later draw makes it stale."""

    release: str
    period: str
    workload: Workload
    sealed_cards: Sequence[bytes]
    accounts: dict[str, int]
    ledger: tuple[LedgerLine, ...]


@dataclass(frozen=True)
class Drawn:
    """Noisy counts, and the accounts that were admitted to them."""

    noisy: Noisy
    admitted: frozenset[str]


def visible_to(actor: Actor) -> Select[Release]:
    """Every release this person may know of: all, for those who have the right to request one."""
    return select(Release).where(literal(bool(release_files.REQUESTERS & actor.roles)))


def get(session: Session, actor: Actor, release_id: str) -> Release:
    """Raises `NotFound` for an absent and for a forbidden release alike."""
    release = session.scalar(visible_to(actor).where(Release.id == release_id))
    if release is None:
        raise NotFound
    return release


def request(session: Session, actor: Actor, wanted: ReleaseKind, *, period: str, workload: str, today: date) -> Release:
    """Ask for a release of a closed period. Only public facts decide, so a refusal tells nothing."""
    chosen = vocabulary.workload(workload)
    if chosen.kind is not wanted:
        raise ReleaseWorkload
    if today <= last_day(period):
        raise ReleasePeriodOpen
    _refuse_twin(session, chosen, period)
    _refuse_overspending(ledger(session), chosen, period)
    if chosen.kind is ReleaseKind.QUARTER:
        _refuse_too_few(session)
    release = Release(
        id=new_id("rel"), kind=chosen.kind.value, period=period, workload=chosen.id, requested_by=actor.id
    )
    session.add(release)
    session.flush()
    return release


def steps(actor: Actor, release: Release) -> list[ReleaseState]:
    """The states that this person may bring the release to."""
    return [to for to, origin in _ONLY_NOW.items() if release.state is origin and _may(actor, release, to)]


def move(session: Session, actor: Actor, release_id: str, *, to: ReleaseState, version: int) -> Release:
    """Approve, reject, cancel or publish; `version` is the one the actor has seen.

    Raises `ReleaseStep`, `ReleaseSelfApproval`, and `Forbidden` where the step is another's.
    """
    release = get(session, actor, release_id)
    if release.version != version:
        raise StaleVersion(version=release.version)
    if release.state is not _ONLY_NOW[to]:
        raise ReleaseStep
    if to is ReleaseState.APPROVED and actor.id == release.requested_by:
        raise ReleaseSelfApproval
    if not _may(actor, release, to):
        raise Forbidden
    release.state = to
    if to is ReleaseState.APPROVED:
        release.approved_by = actor.id
    session.flush()
    return release


def snapshot(session: Session, actor: Actor, release_id: str) -> Snapshot:
    """What the approver's draw starts from. Raises `ReleaseStep` unless the release waits for it."""
    release = get(session, actor, release_id)
    if release.state is not ReleaseState.APPROVED or release.approved_by != actor.id:
        raise ReleaseStep
    return Snapshot(
        release=release.id,
        period=release.period,
        workload=vocabulary.workload(release.workload),
        sealed_cards=[file for quarter in quarters(release.period) for file in cards.recorded_in(session, quarter)],
        accounts={spend.token_hash: spend.rho_millionths for spend in session.scalars(select(TokenSpend))},
        ledger=ledger(session),
    )


def statistics_identities(
    session: Session, lent: Sequence[str], *, period: str, today: date
) -> list[age.HybridIdentity]:
    """The lent keys, which are those of the period.

    Without one of them the draw would spend the budget on a part of the cards, and never be drawn again. What is asked
    for follows from the public statements, so a refusal tells nothing of the cards. Raises `StatisticsKeyWrong`.
    """
    try:
        parsed = [age.parse_identity(text) for text in lent]
    except age.Error:
        raise StatisticsKeyWrong from None
    identities = [identity for identity in parsed if isinstance(identity, age.HybridIdentity)]
    if {str(identity.recipient) for identity in identities} != keys.statistics_recipients(session, period, today):
        raise StatisticsKeyWrong
    return identities


def draw(
    start: Snapshot,
    identities: Sequence[age.HybridIdentity],
    *,
    account_key: bytes,
    measurement: noise.Measurement,
) -> Drawn:
    """Open, count and draw, in memory and outside any transaction.

    Who may still be counted is each token's own matter; how many are not, nobody is told.
    """
    opened = _opened(start.sealed_cards, identities)
    accounts = {card.token: accounting.token_hash(account_key, card.token) for card in opened}
    admitted = accounting.admitted(start.accounts, accounts.values(), rho=start.workload.rho)
    counts = counting.count((card for card in opened if accounts[card.token] in admitted), start.workload)
    tables = noise.draw(start.workload, counts, measurement)
    return Drawn(Noisy(period=start.period, workload=start.workload, tables=tables), admitted)


def settle(session: Session, actor: Actor, start: Snapshot, drawn: Drawn) -> Release:
    """Charge the draw and keep its noisy counts, at once or not at all.

    Raises `ReleaseExists` or `ReleaseStep` where somebody was first: their draw counts, and this noise is thrown away
    unseen, as it is where the accounts have moved since the snapshot (`StaleVersion`).
    """
    release = _locked(session, actor, start.release)
    if release.state is not ReleaseState.APPROVED:
        raise ReleaseStep
    lines = ledger(session)
    if accounting.is_drawn(lines, kind=start.workload.kind, period=start.period):
        raise ReleaseExists
    if lines != start.ledger:
        raise StaleVersion
    _refuse_overspending(lines, start.workload, start.period)
    line = release_ledger.charged(
        lines[-1] if lines else None,
        release=release.id,
        period=release.period,
        workload=start.workload,
        opendp=noise.opendp_version(),
    )
    if not insert_or_ignore(session, BudgetEntry, [asdict(line)]):
        raise StaleVersion  # a draw of another release took this line of the ledger meanwhile
    accounts = {account.token_hash: account for account in session.scalars(select(TokenSpend))}
    for token in sorted(drawn.admitted):
        if token in accounts:
            accounts[token].rho_millionths += line.rho_millionths
        else:
            session.add(TokenSpend(token_hash=token, rho_millionths=line.rho_millionths))
    release.noisy = release_files.write_noisy(drawn.noisy)
    release.noisy_sha256 = sha256_hex(release.noisy)
    release.state = ReleaseState.DRAWN
    session.flush()
    return release


def compose_folder(session: Session, actor: Actor, release_id: str, *, organisation: str, note: str | None) -> Release:
    """Make the folder from the stored noisy counts; the same again after a crash."""
    release = _locked(session, actor, release_id)
    if release.state is not ReleaseState.DRAWN:
        raise ReleaseStep
    lines = ledger(session)
    lines = lines[: next(place for place, line in enumerate(lines, start=1) if line.release == release.id)]
    this = lines[-1]
    year = sum(line.rho_millionths for line in lines if year_of(line.period) == year_of(this.period))
    about = About(
        release=release.id,
        organisation=organisation,
        requested_by=release.requested_by,
        approved_by=release.approved_by or "",
        contact="the organisation, through the address under which this release was found",
        this=accounting.spent(this.rho_millionths),
        year=accounting.spent(year),
        life=accounting.spent(accounting.LIFE_CAP),
        versions={"tern": version_of("tern"), "opendp": this.opendp},
        note=note,
    )
    files = compose(
        _noisy(session, release.id),
        about=about,
        ledger=[told(line, _noisy(session, line.release)) for line in lines],
        vouchers=_vouchers(session, (about.requested_by, about.approved_by)),
    )
    session.add_all(ReleaseFile(release_id=release.id, path=path, content=content) for path, content in files.items())
    release.sums_sha256 = sha256_hex(files[release_files.SUMS])
    release.state = ReleaseState.COMPOSED
    session.flush()
    return release


def sign(session: Session, actor: Actor, release_id: str, *, key: str, signature: str) -> Release:
    """Keep the caller's signature. The second one completes the folder."""
    release = _locked(session, actor, release_id)
    if release.state is not ReleaseState.COMPOSED or actor.id not in (release.requested_by, release.approved_by):
        raise ReleaseStep
    sums_file = file(session, actor, release_id, release_files.SUMS)
    given = release_files.Signature(by=actor.id, key=unb64(key), sig=unb64(signature))
    try:
        release_files.check_signature(given, sums_file)
    except release_files.ReleaseError:
        raise ReleaseSignatureWrong from None
    if staff.get(session, actor.id).key != key:
        raise ReleaseSignatureWrong
    session.merge(ReleaseSignature(release_id=release.id, person_id=actor.id, key=key, signature=signature))
    session.flush()
    signatures = session.scalars(
        select(ReleaseSignature).where(ReleaseSignature.release_id == release.id).order_by(ReleaseSignature.person_id)
    ).all()
    if len(signatures) == 2:
        written = release_files.write_signatures(
            [
                release_files.Signature(by=each.person_id, key=unb64(each.key), sig=unb64(each.signature))
                for each in signatures
            ]
        )
        session.add(ReleaseFile(release_id=release.id, path=release_files.SIGNATURES, content=written))
        release.state = ReleaseState.SIGNED
        session.flush()
    return release


def files(session: Session, actor: Actor, release_id: str) -> list[str]:
    """The paths of the folder. Before it is published, only those who must sign it see it."""
    release = get(session, actor, release_id)
    is_signer = actor.id in (release.requested_by, release.approved_by)
    if release.state is not ReleaseState.PUBLISHED and not (release.state in _FOR_SIGNERS and is_signer):
        raise NotFound
    return list(
        session.scalars(select(ReleaseFile.path).where(ReleaseFile.release_id == release_id).order_by(ReleaseFile.path))
    )


def file(session: Session, actor: Actor, release_id: str, path: str) -> bytes:
    """The bytes of one file, as published. Raises `NotFound` as `files` does."""
    if path not in files(session, actor, release_id):
        raise NotFound
    return session.get_one(ReleaseFile, (release_id, path)).content


def ledger(session: Session) -> tuple[LedgerLine, ...]:
    """All draws ever charged, in order."""
    entries = session.scalars(select(BudgetEntry).order_by(BudgetEntry.seq))
    return tuple(
        LedgerLine(
            seq=entry.seq,
            release=entry.release,
            kind=entry.kind,
            period=entry.period,
            workload=entry.workload,
            workload_sha256=entry.workload_sha256,
            rho_millionths=entry.rho_millionths,
            opendp=entry.opendp,
            previous=entry.previous,
        )
        for entry in entries
    )


def _locked(session: Session, actor: Actor, release_id: str) -> Release:
    """As `get`, after whoever is at work on the release. SQLite has made this transaction wait when it began."""
    release = session.scalar(visible_to(actor).where(Release.id == release_id).with_for_update())
    if release is None:
        raise NotFound
    return release


def _opened(sealed: Sequence[bytes], identities: Sequence[age.HybridIdentity]) -> list[cards_.StatCard]:
    """The cards that are cards. One that does not open or parse is counted for nobody (RELEASES § 0)."""
    opened = []
    for each in sealed:
        try:
            opened.append(cards_.parse(age.decrypt(each, identities)))
        except (age.Error, cards_.CardError):
            continue
    return opened


def _noisy(session: Session, release_id: str) -> Noisy:
    stored = session.scalars(select(Release.noisy).where(Release.id == release_id)).one()
    return release_files.read_noisy(stored or b"")


def _vouchers(session: Session, signers: tuple[str, ...]) -> list[Document]:
    """The root, and the certificates of those who will sign."""
    texts = [staff.organisation(session).document]
    texts += [text for signer in signers for text in staff.certificates_of(session, signer)]
    return [parse_document(text.encode()) for text in dict.fromkeys(texts)]


def _may(actor: Actor, release: Release, to: ReleaseState) -> bool:
    if to is ReleaseState.CANCELLED:
        return actor.id == release.requested_by
    if to is ReleaseState.PUBLISHED:
        return Role.SUPERVISOR in actor.roles
    return Role.SUPERVISOR in actor.roles and actor.id != release.requested_by


def _refuse_twin(session: Session, workload: Workload, period: str) -> None:
    open_ = Release.state.not_in([ReleaseState.REJECTED, ReleaseState.CANCELLED])
    twin = select(Release.id).where(Release.kind == workload.kind.value, Release.period == period, open_)
    found = session.scalar(twin)
    if found is not None:
        raise ReleaseExists(release=found)


def _refuse_overspending(lines: tuple[LedgerLine, ...], workload: Workload, period: str) -> None:
    left = accounting.left(lines, kind=workload.kind, period=period)
    if workload.rho > left:
        raise ReleaseBudgetExhausted(rho_millionths=workload.rho, left_millionths=left)


def _refuse_too_few(session: Session) -> None:
    published = select(Release).where(Release.workload == "T", Release.state == ReleaseState.PUBLISHED)
    last = session.scalars(published.order_by(Release.period.desc()).limit(1)).first()
    was_open = any(line.workload == "Q" for line in ledger(session))
    estimate = _noisy(session, last.id).tables[0].counts[0] if last else 0
    if estimate < (QUARTER_GATE_OPEN if was_open else QUARTER_GATE):
        raise ReleaseTooFew
