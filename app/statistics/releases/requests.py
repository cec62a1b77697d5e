"""Releases are asked for and decided. Nobody sees a number before the draw, so public facts and people decide alone."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import Select, delete, func, literal, select
from sqlalchemy.orm import Session

from app import transitions, vocabulary
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.database import insert_or_ignore
from app.problems import NotFound, Problem, StaleVersion
from app.protocol.encoding import new_id
from app.protocol.periods import last_day
from app.protocol.release.budget import has_period
from app.protocol.release.release_keys import REQUESTERS
from app.statistics.releases import ledger
from app.statistics.releases.machine import EDGES, Facts
from app.statistics.releases.models import PUBLIC, SHOWN, Release, ReleaseDraw, ReleaseState
from app.transitions import NoSuchStep, Step
from app.vocabulary import ReleaseKind, Workload

# Below this many persons in its period, by the last published total, a workload has nothing worth its budget. Where it
# was drawn before, a fifth less will do, so that noise around the limit does not open and shut it.
GATES: Mapping[str, int] = {"Q": 300, "XS": 30, "S": 150, "M": 1_500, "L": 8_000}
# For so long at most partners read what nobody else can check.
LONGEST_EMBARGO = timedelta(days=31)
# One of its kind and one of the reserve.
RELEASES_OF_A_PERIOD = 2


class ReleasePeriodOpen(Problem):
    """A release counts a whole period, and this one still runs. Ask again on the day after its end."""

    type, status, title = "release-period-open", 409, "The period has not ended"


class ReleaseExists(Problem):
    """A period has one release of a kind, so that its noise is drawn once. Read that one: `release` names it."""

    type, status, title = "release-exists", 409, "This kind of release of this period is drawn or asked for"

    def __init__(self, *, release: str | SkipJsonSchema[None] = None) -> None:
        super().__init__()
        self.members["release"] = release


class ReleaseSuperseded(Problem):
    """A later folder stands in the place of this one. Correct, or warn of, that one: `release` names it."""

    type, status, title = "release-superseded", 409, "The release has been corrected already"

    def __init__(self, *, release: str) -> None:
        super().__init__()
        self.members["release"] = release


class ReleaseTooFew(Problem):
    """Too few were counted last time for tables that hide each of them. Wait for a later period."""

    type, status, title = "release-too-few", 409, "The last published total is under the gate of this release"


class ReleaseWorkload(Problem):
    """Each kind of release has workloads and periods of its own.

    A quarter (`2026-Q2`) has Q; a year (`2026`) has XS, S, M and L; from the reserve there is T, of either.
    """

    type, status, title = "release-workload", 422, "The workload or the period is not one of this kind of release"


class ReleaseEmbargo(Problem):
    """Partners may read a signed release for 31 days at most before everybody does. Name a day from tomorrow on."""

    type, status, title = "release-embargo", 422, "An embargo does not end on this day"


class ReleaseSelfApproval(Problem):
    """Nobody approves what they requested. Somebody else with the role decides."""

    type, status, title = "release-self-approval", 409, "Another person than the requester approves a release"


def visible_to(actor: Actor) -> Select[Release]:
    """Every release this person may know of: all, for those who have the right to request one."""
    return select(Release).where(literal(bool(actor.roles & {*REQUESTERS})))


def get(session: Session, actor: Actor, release_id: str) -> Release:
    """Raises `NotFound` for an absent and for a forbidden release alike."""
    release = session.scalar(visible_to(actor).where(Release.id == release_id))
    if release is None:
        raise NotFound
    return release


def locked(session: Session, actor: Actor, release_id: str) -> Release:
    """As `get`, after whoever is at work on the release. SQLite has made this transaction wait when it began."""
    release = session.scalar(visible_to(actor).where(Release.id == release_id).with_for_update())
    if release is None:
        raise NotFound
    return release


def request(session: Session, actor: Actor, kind: ReleaseKind, *, period: str, workload: str, now: datetime) -> Release:
    """Ask for a release of a closed period. Only public facts decide, so a refusal tells nothing.

    Raises `ReleaseWorkload`, `ReleasePeriodOpen`, `ReleaseExists`, `ReleaseBudgetExhausted` or `ReleaseTooFew`.
    """
    definition = vocabulary.workload(workload)
    if definition.kind is not kind or not has_period(kind, period):
        raise ReleaseWorkload
    if now.date() <= last_day(period):
        raise ReleasePeriodOpen
    _refuse_twin(session, definition, period)
    ledger.refuse_overspending(ledger.lines(session), definition, period)
    _refuse_too_few(session, definition, period)
    new = {
        "id": new_id("rel"),
        "kind": definition.kind.value,
        "period": period,
        "workload": definition.id,
        "requested_by": actor.id,
    }
    if not insert_or_ignore(session, Release, [new]):  # somebody else asks for the same at this moment
        _refuse_twin(session, definition, period)
        raise ReleaseExists
    release = session.get_one(Release, new["id"])
    audit.record(session, actor.id, Action.RELEASE_REQUESTED, release.id, now=now)
    return release


def correct(session: Session, actor: Actor, release_id: str, words: str, *, now: datetime) -> Release:
    """Ask for a folder in the place of one that is published or under embargo, made anew of the same noise: free, and
    never of another.

    `words` say to everybody what was wrong. Raises `NoSuchStep`, `ReleaseSuperseded`, and `ReleaseExists` where
    somebody has asked for it.
    """
    before = standing(session, actor, release_id)
    under_way = select(Release.id).where(
        Release.supersedes == before.id, Release.state.not_in([ReleaseState.REJECTED, ReleaseState.CANCELLED])
    )
    if id_ := session.scalar(under_way):
        raise ReleaseExists(release=id_)
    release = Release(
        id=new_id("rel"),
        kind=before.kind,
        period=before.period,
        workload=before.workload,
        requested_by=actor.id,
        supersedes=before.id,
        drawn_as=before.charged_as,
        correction=words,
    )
    session.add(release)
    audit.record(session, actor.id, Action.RELEASE_REQUESTED, release.id, now=now)
    session.flush()
    return release


def standing(session: Session, actor: Actor, release_id: str) -> Release:
    """One that somebody was shown and that stands, locked. Raises `NoSuchStep`, and `ReleaseSuperseded` of one in whose
    place another does."""
    release = locked(session, actor, release_id)
    if release.state is ReleaseState.SUPERSEDED:
        in_its_place = select(Release.id).where(Release.supersedes == release.id, Release.state.in_(PUBLIC))
        raise ReleaseSuperseded(release=session.scalars(in_its_place).one())
    if release.state not in SHOWN:
        raise NoSuchStep
    return release


def warn(session: Session, actor: Actor, release_id: str, words: str, *, now: datetime) -> Release:
    """A supervisor says of a release why nobody should rely on it. It is told once another says the same: numbers are
    never taken back, and what is under embargo then stays there on its day. Other words wait anew, and until two have
    said them those before them are told. Raises `NoSuchStep` and `ReleaseSuperseded`.
    """
    release = standing(session, actor, release_id)
    if release.note != words:
        release.note, release.note_by, release.note_too = words, actor.id, None
    elif release.note_by != actor.id and release.note_too is None:
        release.note_too, release.warning = actor.id, words
    if session.is_modified(release):
        audit.record(session, actor.id, Action.RELEASE_MOVED, release.id, now=now)
    session.flush()
    return release


def steps(session: Session, actor: Actor, release_id: str) -> list[Step[ReleaseState]]:
    """The states that this person may bring the release to, some of them by drawing, composing and signing it."""
    release = get(session, actor, release_id)
    return transitions.steps(EDGES, release.state, Facts.of(actor, release))


@dataclass(frozen=True, slots=True)
class Move:
    """A step; `public_on` is the day of one into an embargo."""

    to: ReleaseState
    public_on: date | None = None


def move(
    session: Session, actor: Actor, release_id: str, move: Move, *, seen: AbstractSet[int], now: datetime
) -> Release:
    """Approve, take the approval over, reject, cancel or publish, at once or by an embargo; `seen` holds the versions
    that the actor has seen.

    Raises `StaleVersion`, `ReleaseSelfApproval`, `ReleaseEmbargo` or `NoSuchStep`.
    """
    to = move.to
    release = locked(session, actor, release_id)
    if release.version not in seen:
        raise StaleVersion(version=release.version)
    if to is ReleaseState.APPROVED and actor.id == release.requested_by:
        raise ReleaseSelfApproval
    check(actor, release, to)
    _check_embargo(move, now.date())
    session.execute(delete(ReleaseDraw).where(ReleaseDraw.release_id == release.id))  # who draws it now ends
    release.state, release.public_on = to, move.public_on
    if to is ReleaseState.APPROVED:
        release.approved_by = actor.id
        if release.drawn_as:
            _take_noise(release, session.get_one(Release, release.drawn_as))
    if to is ReleaseState.PUBLISHED:
        _take_its_place(session, release)
    audit.record(session, actor.id, Action.RELEASE_MOVED, release.id, now=now)
    session.flush()
    return release


def _take_its_place(session: Session, release: Release) -> None:
    """With a correction that is public nobody need read the one before it any more, also where partners alone could."""
    if release.supersedes:
        before = session.get_one(Release, release.supersedes, with_for_update=True)
        before.state, before.public_on = ReleaseState.SUPERSEDED, None


def _take_noise(release: Release, drawn: Release) -> None:
    """A correction is drawn already."""
    release.noisy, release.noisy_sha256 = drawn.noisy, drawn.noisy_sha256
    release.state = ReleaseState.DRAWN


def check(actor: Actor, release: Release, to: ReleaseState) -> None:
    """Raises `NoSuchStep` where this person may not bring the release to this state now."""
    transitions.check(EDGES, release.state, to, Facts.of(actor, release))


def published(session: Session) -> list[tuple[str, str]]:
    """What is public: the id and the period of each."""
    public = select(Release.id, Release.period).where(Release.state.in_(PUBLIC))
    return [(id_, period) for id_, period in session.execute(public.order_by(Release.period, Release.id))]


def end_embargoes(session: Session, today: date) -> None:
    """What partners could read is everybody's on its day, whoever is there or not. What two warn of waits for a
    correction or for a supervisor."""
    over = select(Release).where(
        Release.state == ReleaseState.EMBARGOED, Release.public_on <= today, Release.warning.is_(None)
    )
    for release in session.scalars(over.order_by(Release.id)):
        release.state, release.public_on = ReleaseState.PUBLISHED, None
        _take_its_place(session, release)
        audit.record_rule(session, Action.RELEASE_EMBARGO_ENDED, release.id, today=today)


def _check_embargo(move: Move, today: date) -> None:
    if move.public_on is not None and not today < move.public_on <= today + LONGEST_EMBARGO:
        raise ReleaseEmbargo


def _refuse_twin(session: Session, workload: Workload, period: str) -> None:
    open_ = Release.state.not_in([ReleaseState.REJECTED, ReleaseState.CANCELLED])
    twin = select(Release.id).where(
        Release.kind == workload.kind.value, Release.period == period, open_, Release.supersedes.is_(None)
    )
    id_ = session.scalar(twin)
    if id_ is not None:
        raise ReleaseExists(release=id_)


def _refuse_too_few(session: Session, workload: Workload, period: str) -> None:
    gate = GATES.get(workload.id)
    if gate is None:  # a total may be below zero, and may be asked for again all the same
        return
    if any(line.workload == workload.id for line in ledger.lines(session)):
        gate = gate * 4 // 5
    if _last_total(session, period) < gate:
        raise ReleaseTooFew


def _last_total(session: Session, period: str) -> int:
    """The last published number of persons in a quarter or a year, as the period is; 0 before there is any.

    A year has at least the persons of each of its quarters: until one has been published, a quarter's number stands.
    """
    published = select(Release).where(Release.state == ReleaseState.PUBLISHED)
    newest = published.order_by(Release.period.desc()).limit(RELEASES_OF_A_PERIOD)
    for length in dict.fromkeys((len(period), len("2026-Q2"))):
        of_length = session.scalars(newest.where(func.length(Release.period) == length)).all()
        totals = [release.counts().tables[0] for release in of_length if release.period == of_length[0].period]
        if totals:
            return min(totals, key=lambda total: total.sigma).counts[0]
    return 0
