"""An organisation that takes reports, and the people who send them, with real keys and real sealed files."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx2 import Response
from starlette.testclient import TestClient

from app import age
from app.database import Database
from app.people.sign_in import service as sign_in
from app.people.staff import invitations
from app.people.staff import service as staff
from app.protocol import intake, statements
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Document, Header, Signer, bare, maced, recipient_sha256, seal
from app.protocol.encoding import b64, canonical, new_id, sha256_hex, unb64
from app.protocol.grants import seal_grant
from app.protocol.mailbox import SLOT_SIZE, MessageKind, ReporterMessage, ThreadState
from app.protocol.receipt import Receipt
from app.protocol.roots import make_root, org_of
from app.protocol.sizes import Kind, padded_size
from app.vocabulary import GrantKind, Imminence, Role
from tests.founded import Rows, is_empty, put, rows_of


@dataclass
class Staff:
    """Somebody of the organisation, signed in."""

    id: str
    identity: age.HybridIdentity
    signer: Signer
    roles: frozenset[Role]
    session: str

    @property
    def certified(self) -> Certified:
        return Certified(self.id, self.roles, self.identity.recipient, self.signer.public_key)


@dataclass
class Office:
    """An organisation with a root, and the epochs that it opened."""

    database: Database
    client: TestClient
    today: date
    supervisor: Staff = field(init=False)
    root: Document = field(init=False)
    intakes: list[Document] = field(default_factory=list)

    @property
    def org(self) -> str:
        return org_of(self.root)

    def found(self, keyring: str = "") -> "Office":
        """Make the organisation, its supervisor, its root and the service's certified key.

        Once in a process for all whose service has the same `keyring`, where its digest is given: others get a copy.
        """
        asked = self.today, keyring
        if asked in _FOUNDED:
            founded = _FOUNDED[asked]
            put(self.database, founded.rows)
            self.supervisor, self.root = replace(founded.supervisor), founded.root
        else:
            is_alone = bool(keyring) and is_empty(self.database)
            self._found()
            if is_alone:
                _FOUNDED[asked] = _Founded(rows_of(self.database), replace(self.supervisor), self.root)
        return self

    def _found(self) -> None:
        with self.database.write() as session:
            invitation = invitations.initialise(session, self.today)
        self.supervisor = self._join(invitation, Role.SUPERVISOR)
        self.root = make_root([self.supervisor.certified], self.supervisor.signer, on=self.today)
        self.extend(self.root).raise_for_status()
        key = self.client.get("/v1/service-key", headers=self.as_(self.supervisor)).json()["key"]
        stated = statements.state_service_key(
            unb64(key, 32), org=self.org, signer=self.supervisor.signer, on=self.today
        )
        self.extend(stated).raise_for_status()

    def hire(self, *roles: Role) -> Staff:
        """Invite, let join and certify a person."""
        token = b64(secrets.token_bytes(32))
        now = self.now
        with self.database.write() as session:
            boss = sign_in.find_actor(session, sha256_hex(self.supervisor.session.encode()), now)
            assert boss is not None
            invitations.invite(session, boss, id_=new_id("inv"), token=token, roles=set(roles), team_id=None, now=now)
        person = self._join(token, *roles)
        document = certificate(
            person.certified,
            org=self.org,
            signer=self.supervisor.signer,
            valid_from=self.today,
            valid_until=self.today + timedelta(days=365),
        )
        with self.database.write() as session:
            staff.certify(session, boss, document.text.decode(), now=now)
        return person

    def open_epoch(self, *, starts: date | None = None, days: int = 6, kept: int = 7) -> "Epoch":
        """Sign and post the next intake document."""
        identity = age.generate()
        starts = starts or self.today
        stated = intake.Intake(
            epoch=new_id("epoch"),
            recipient=identity.recipient,
            accepts_from=starts,
            accepts_until=starts + timedelta(days=days),
            destroyed_on=starts + timedelta(days=days + kept),
            languages=("en", "ru"),
            attachment_limit=100_000_000,
            notice="",
        )
        previous = self.intakes[-1] if self.intakes else None
        document = intake.make(stated, org=self.org, previous=previous, signer=self.supervisor.signer, on=self.today)
        self.extend(document, (self.supervisor.id, self.epoch_grant(stated.epoch, identity))).raise_for_status()
        self.intakes.append(document)
        return Epoch(stated.epoch, self.org, identity)

    def epoch_grant(self, epoch: str, identity: age.HybridIdentity, to: Staff | None = None) -> bytes:
        to = to or self.supervisor
        return seal_grant(
            identity,
            to.identity.recipient,
            org=self.org,
            subject=epoch,
            generation=1,
            grantee=to.id,
            kind=GrantKind.ASSIGNED,
            at=f"{self.today}T09:00Z",
            signer=self.supervisor.signer,
        )

    def extend(self, document: Document, *grants: tuple[str, bytes], by: Staff | None = None) -> Response:
        return self.client.post(
            "/v1/key-log",
            json={
                "entries": [
                    {
                        "document": document.text.decode(),
                        "grants": [{"grantee": grantee, "file": b64(file)} for grantee, file in grants],
                    }
                ]
            },
            headers=self.as_(by or self.supervisor) | {"Idempotency-Key": secrets.token_hex(8)},
        )

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, time(9), UTC)

    @staticmethod
    def as_(person: Staff) -> dict[str, str]:
        return {"Authorization": f"Bearer {person.session}"}

    def _join(self, invitation: str, *roles: Role) -> Staff:
        identity, key = age.generate(), Ed25519PrivateKey.generate()
        with self.database.write() as session:
            person = invitations.join(
                session,
                invitation=invitation,
                handle=f"p{secrets.token_hex(6)}",
                recipient=str(identity.recipient),
                key=b64(key.public_key().public_bytes_raw()),
                password_hash="none",
                now=self.now,
            )
            token = sign_in.open_(session, person.id, hours=24, now=self.now)
        return Staff(person.id, identity, Signer(person.id, key), frozenset(roles), token)


@dataclass(frozen=True)
class _Founded:
    """What an office is before it has done anything."""

    rows: Rows
    supervisor: Staff
    root: Document


_FOUNDED: dict[tuple[date, str], _Founded] = {}


@dataclass
class Epoch:
    id: str
    org: str
    identity: age.HybridIdentity


@dataclass
class Reporter:
    """Somebody with a receipt and a report, which nobody has sent yet."""

    epoch: Epoch
    day: date
    text: str = "They came to my sister's door."
    receipt: Receipt = field(default_factory=Receipt.generate)
    id: str = field(default_factory=lambda: new_id("rep"))
    identity: age.HybridIdentity = field(default_factory=age.generate)
    sent: int = 0

    @property
    def token(self) -> str:
        return b64(self.receipt.token)

    @property
    def token_sha256(self) -> str:
        return sha256_hex(self.token.encode())

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.token) | {"Tern-Report": self.id}

    def body(self, **line: object) -> bytes:
        """All that is sent; the same at every call but for the seals."""
        said = {
            "v": 1,
            "epoch": self.epoch.id,
            "mailbox": str(self.receipt.identity.recipient),
            "withdrawal": self.receipt.withdrawal_sha256,
        } | line
        return canonical(said) + b"\n" + self.grant() + self.thread_state() + self.report()

    def grant(self) -> bytes:
        return seal_grant(
            self.identity,
            self.epoch.identity.recipient,
            org=self.epoch.org,
            subject=self.id,
            generation=1,
            grantee=self.epoch.id,
            kind=GrantKind.INTAKE,
            at=self.day.isoformat(),
            signer=None,
            language="en",
            danger_now=Imminence.DAYS,
        )

    def thread_state(self) -> bytes:
        """The thread state as it is after `sent` messages."""
        thread_state = ThreadState(self.id, str(self.identity.recipient), self.sent, None, ())
        document = maced(
            self._header("thread-state", self.receipt.identity.recipient, thread_state.body()), self.receipt.thread_key
        )
        return seal(document, self.receipt.identity.recipient)

    def report(self) -> bytes:
        document = bare(self._header("report", self.identity.recipient, {"text": self.text}))
        return seal(document, self.identity.recipient)

    def post(
        self, kind: MessageKind = MessageKind.MESSAGE, text: str = "More.", *, id_: str | None = None, **line: object
    ) -> bytes:
        """The body of the next post to the mailbox."""
        self.sent += 1
        message = ReporterMessage(self.sent, None, kind, text)
        document = maced(
            self._header("message.reporter", self.identity.recipient, message.body()), self.receipt.thread_key
        )
        secret = {"secret": b64(self.receipt.withdrawal)} if kind is MessageKind.WITHDRAW else {}
        said = {"v": 1, "kind": kind, "id": id_ or new_id("msg")} | secret | line
        return canonical(said) + b"\n" + seal(document, self.identity.recipient) + self.thread_state()

    def attachment(self, content: bytes = b"evidence") -> bytes:
        size = padded_size(Kind.ATTACHMENT, len(content))
        return age.encrypt(content.ljust(size, b"\0"), [self.identity.recipient])

    def _header(self, type_: str, recipient: age.HybridRecipient, body: dict[str, object]) -> Header:
        return Header(
            type=type_,
            org=self.epoch.org,
            subject=self.id,
            version=1,
            previous=None,
            generation=1,
            sealed_to=recipient_sha256(recipient),
            author=None,
            at=self.day.isoformat(),
            body=body,
        )


READ = canonical({"v": 1, "kind": "read"}) + b"\n"
BYTES = {"Content-Type": "application/octet-stream"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | BYTES


def slots(answer: bytes) -> list[bytes]:
    return [answer[start : start + SLOT_SIZE] for start in range(0, len(answer), SLOT_SIZE)]
