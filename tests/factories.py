"""Rows in their ordinary state. A test names only what matters to it.

A factory adds the row to the session and returns it; the test commits.
"""

import secrets
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from app import age
from app.casework.approvals import sights as approval_sights
from app.casework.approvals.models import Approval
from app.casework.cases.membership import members_of
from app.casework.cases.models import Case, CasePart, JournalEntry, Membership
from app.intake.epochs.models import Epoch
from app.intake.mailbox.models import Mailbox, Slot
from app.intake.reports.models import Report, ReportFile
from app.intake.sights import service as sights
from app.people.grants.models import Grant
from app.people.pairs.models import Pair, Recovery
from app.people.shared_keys.models import SharedKey
from app.people.sign_in.models import SignIn
from app.people.staff.models import Certificate, Organisation, Person, RootDocument, Team
from app.protocol.certified import Certified
from app.protocol.documents import Signer
from app.protocol.encoding import b64, sha256_hex
from app.protocol.roots import make_root, org_of
from app.protocol.sizes import Kind, classes
from app.protocol.statements import KeyKind
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    GrantKind,
    IntakeChannel,
    Priority,
    ReportState,
    Role,
)
from tests.strength import COPY_WORK_FACTOR

SEALED = b"age-encryption.org/v1\n-> nobody reads this in a test of rows"
LONG_AFTER = datetime(2099, 1, 1, tzinfo=UTC)
DAY = date(2026, 6, 15)
HOUR = datetime(2026, 6, 15, 9, tzinfo=UTC)
WITHDRAWAL = bytes(range(32, 64))  # the secret that takes a report back
SOMEBODY: age.HybridRecipient = age.identity_from_seed(bytes(range(32))).recipient


def morning(day: date) -> datetime:
    """Nine o'clock (UTC) of that day."""
    return datetime.combine(day, time(9), UTC)


def id_(prefix: str) -> str:
    """A random id, as `rep_` and 32 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(16)}"


def team(rows: Session) -> Team:
    made = Team(id=id_("team"))
    rows.add(made)
    rows.flush()
    return made


def person(rows: Session, *roles: Role, team_id: str | None = None) -> Person:
    """Somebody with these roles, in a team of their own. There is no root yet, so they need no certificate."""
    made = Person(
        id=id_("per"),
        handle=secrets.token_hex(8),
        invited_as=frozenset(roles),
        team_id=team_id or team(rows).id,
        password_hash="",
        recipient="",
        key="",
    )
    rows.add(made)
    rows.flush()
    return made


def signed_in(rows: Session, who: Person) -> dict[str, str]:
    """The headers of a request from them."""
    token = secrets.token_urlsafe(32)
    digest = sha256(token.encode()).hexdigest()
    rows.add(SignIn(token_sha256=digest, id=id_("ses"), person_id=who.id, begun_on=DAY, expires=LONG_AFTER))
    rows.commit()
    return {"Authorization": f"Bearer {token}"}


def organisation(rows: Session) -> Organisation:
    """An organisation with the root of somebody who never joined. From now on, roles count only under a certificate."""
    signer = Signer(id_("per"), Ed25519PrivateKey.generate())
    listed = Certified(signer.person, frozenset({Role.SUPERVISOR}), SOMEBODY, signer.public_key)
    root = make_root([listed], signer, on=DAY)
    made = Organisation(id=org_of(root))
    rows.add_all([made, RootDocument(version=1, document=root.text.decode())])
    rows.flush()
    return made


def certified(rows: Session, *roles: Role, team_id: str | None = None) -> Person:
    """Somebody who is certified for these roles; of a certificate, these tests look at its roles and days."""
    made = person(rows, *roles, team_id=team_id)
    certificate(rows, made, *roles)
    return made


def certificate(rows: Session, of: Person, *roles: Role, version: int = 1) -> Certificate:
    made = Certificate(
        sha256=secrets.token_hex(32),
        person_id=of.id,
        document="",
        version=version,
        roles=frozenset(roles),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
    )
    rows.add(made)
    rows.flush()
    return made


def epoch(rows: Session, *holders: Person, sequence: int = 1, destroyed_on: date = date(2026, 6, 28)) -> Epoch:
    """An epoch that takes reports, its key granted to the holders."""
    made = Epoch(
        id=id_("epoch"),
        sequence=sequence,
        document="",
        accepts_from=DAY,
        accepts_until=date(2026, 6, 21),
        destroyed_on=destroyed_on,
        signed_on=DAY,
    )
    rows.add(made)
    rows.flush()
    for holder in holders:
        grant(rows, made.id, holder.id)
    return made


def desk_key(rows: Session, *holders: Person, version: int = 1) -> SharedKey:
    """A key of answer templates of today, granted to the holders."""
    made = SharedKey(
        id=id_("key"),
        kind=KeyKind.DESK,
        recipient=str(SOMEBODY),
        document="",
        version=version,
        valid_from=DAY,
        valid_until=DAY + timedelta(days=365),
    )
    rows.add(made)
    rows.flush()
    for holder in holders:
        grant(rows, made.id, holder.id)
    return made


def grant(rows: Session, subject: str, grantee: str, kind: GrantKind = GrantKind.ASSIGNED) -> Grant:
    made = Grant(id=id_("grant"), subject=subject, grantee=grantee, kind=kind, granted_on=DAY, file=sealed(Kind.GRANT))
    rows.add(made)
    rows.flush()
    sights.note(rows, [grantee] if grantee.startswith("per_") else [], Report.id == subject)
    return made


def pair(rows: Session, subject: str, first: Person, second: Person, *, case_id: str | None = None) -> Pair:
    """A pair of a key for two custodians, whichever of them has the lower id; `case_id` is of a part."""
    made = Pair(
        id=id_("pair"),
        subject=subject,
        case_id=case_id,
        generation=1,
        first_id=first.id,
        second_id=second.id,
        first_to=sha256_hex(first.recipient.encode()),
        second_to=sha256_hex(second.recipient.encode()),
        made_on=DAY,
        file=sealed(Kind.PAIR),
    )
    rows.add(made)
    rows.flush()
    return made


def recovery(rows: Session, of: Pair) -> Recovery:
    """What the second custodian peeled of a pair for the first, who has not acted on it."""
    made = Recovery(
        id=id_("rcv"),
        subject=of.subject,
        generation=of.generation,
        first_id=of.first_id,
        second_id=of.second_id,
        peeled_on=DAY,
        grant_id=grant(rows, of.subject, of.first_id, GrantKind.CUSTODIAN).id,
        act=sealed(Kind.PAIR),
    )
    rows.add(made)
    rows.flush()
    return made


# How long clocks may run, of an office that is open twice a week.
CLOCK_RULES: dict[str, Any] = {
    "office": {
        "zone": "Europe/Berlin",
        "opens": 9,
        "closes": 17,
        "weekdays": [1, 5],
        "country": "DE",
        "subdivision": "BE",
        "free_days": ["2026-06-19"],
    },
    "around_the_clock": ["p1", "p2"],
    "first_response": {"p1": "1h", "p2": "4h", "p3": "1d", "p4": "3d"},
    "decision": {"p1": "4h", "p2": "1d", "p3": "3d", "p4": "7d"},
    "review_days": {"p1": 3, "p2": 14, "p3": 30, "p4": 90},
    "waiting_days": 14,
}


def report(
    rows: Session,
    of: Epoch,
    *,
    state: ReportState = ReportState.RECEIVED,
    triager: Person | None = None,
    priority: Priority | None = None,
    case: Case | None = None,
    mailbox_token: str | None = None,
) -> Report:
    """A report with its mailbox. A client's key sealed it to the epoch."""
    made = Report(
        id=id_("rep"),
        ref=secrets.token_hex(4),
        epoch_id=of.id,
        received_on=DAY,
        state=state,
        priority=priority,
        triager_id=triager.id if triager else None,
        intake_channel=IntakeChannel.CLIENT,
        size=len(sealed(Kind.REPORT)),
        envelope_sha256=secrets.token_hex(32),
        case_id=case.id if case else None,
    )
    rows.add(made)
    rows.flush()
    rows.add(ReportFile(report_id=made.id, body=sealed(Kind.REPORT)))
    if case:
        sights.note(rows, members_of(rows, case.id), Report.id == made.id)
    grant(rows, made.id, of.id, GrantKind.INTAKE)
    token = Mailbox(
        token_sha256=sha256_hex(mailbox_token.encode()) if mailbox_token else secrets.token_hex(32),
        report_id=made.id,
        recipient=str(SOMEBODY),
        withdrawal_sha256=sha256_hex(WITHDRAWAL),
    )
    rows.add(token)
    rows.flush()
    rows.add_all(Slot(token_sha256=token.token_sha256, number=number, file=sealed(Kind.SLOT)) for number in (1, 2))
    rows.flush()
    return made


def case(rows: Session, owner: Person, *members: Person) -> Case:
    """A case that its owner opened, with the first entry of its journal and a part."""
    made = Case(
        id=id_("case"),
        ref=secrets.token_hex(4),
        team_id=owner.team_id,
        owner_id=owner.id,
        stage=CaseStage.INTAKE,
        stage_entered=HOUR,
        priority=Priority.P2,
    )
    rows.add(made)
    rows.flush()
    for member in (owner, *members):
        rows.add(
            Membership(
                case_id=made.id,
                person_id=member.id,
                stage=made.stage,
                priority=made.priority,
                stage_entered=made.stage_entered,
            )
        )
        grant(rows, made.id, member.id)
    entry = JournalEntry(
        case_id=made.id,
        number=1,
        author_id=owner.id,
        hour=HOUR,
        sha256=sha256(sealed(Kind.JOURNAL)).hexdigest(),
        file=sealed(Kind.JOURNAL),
    )
    rows.add(entry)
    rows.add(
        CasePart(
            case_id=made.id,
            id=id_("part"),
            version=1,
            hour=HOUR,
            sha256=sha256(sealed(Kind.PART)).hexdigest(),
            file=sealed(Kind.PART),
        )
    )
    rows.flush()
    return made


def approval(
    rows: Session,
    requester: Person,
    approver: Person,
    *,
    subject: ApprovalSubject,
    of: Case | Report,
) -> Approval:
    """Asked and not yet decided, with a key for the approver."""
    given = grant(rows, of.id, approver.id, GrantKind.APPROVAL)
    made = Approval(
        id=id_("apr"),
        subject=subject,
        object_id=of.id,
        requester_id=requester.id,
        approver_id=approver.id,
        of=of.envelope_sha256 if isinstance(of, Report) else None,
        grant_id=given.id,
    )
    rows.add(made)
    rows.flush()
    workers = members_of(rows, of.id) if isinstance(of, Case) else filter(None, [of.triager_id])
    approval_sights.note(rows, list(workers), of.id)
    return made


@cache
def sealed(kind: Kind) -> bytes:
    """A file that the strict envelope lets pass."""
    return age.encrypt(b"\n".ljust(classes(kind)[0], b" "), [SOMEBODY])


def in_json(kind: Kind) -> str:
    """The same, as it travels in JSON."""
    return b64(sealed(kind))


# Under a passphrase, which the strict envelope of that one route lets pass.
KEY_COPY = b64(age.encrypt(bytes(classes(Kind.KEYS)[0]), [age.Passphrase("of a test", COPY_WORK_FACTOR)]))

# A message of one part to a reporter, with its copy for colleagues.
ANSWER: dict[str, object] = {"slots": [in_json(Kind.SLOT)], "copy": in_json(Kind.MESSAGE)}


def writes(*, version: int | None = None) -> dict[str, str]:
    """The headers of a new write, made by somebody who has seen `version`."""
    if_match = {} if version is None else {"If-Match": f'"{version}"'}
    return {"Idempotency-Key": secrets.token_hex(8)} | if_match
