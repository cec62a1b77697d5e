"""One of each object, and the cast around them."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.casework.cases.models import CasePart
from app.casework.templates.models import TemplatesVersion
from app.casework.work.models import CaseTask
from app.intake.attachments.models import Attachment
from app.intake.mailbox.models import Mailbox, Message, Slot
from app.main import create_app
from app.people.partners.models import Partner, PartnerScope
from app.people.shared_keys.models import SharedKey
from app.people.staff.models import Person
from app.protocol.mailbox import FIRST_STAFF_SLOT, MessageKind
from app.protocol.sizes import Kind
from app.protocol.statements import KeyKind
from app.settings import Settings
from app.site.site import Site
from app.statistics.releases.models import Release
from app.vocabulary import ApprovalSubject, ReportState, Role, TaskType
from tests import factories
from tests.access import table
from tests.in_process import InProcess
from tests.strength import HASHER

if TYPE_CHECKING:
    from app.blobs import Blobs
    from app.http import Api


_NAME = re.compile(r"\{(\w+)\}")
_RANDOM = re.compile(r"(\w+_|)[0-9a-f]{32}")


@dataclass
class Scene:
    """`ids` are what stands for the names in a route's path; `people` are the cast, but for nobody."""

    client: TestClient
    rows: Session
    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def set(self) -> "Scene":
        factories.organisation(self.rows)
        self._cast()
        self._report()
        self._case()
        self._pair()
        self._templates()
        self._rest()
        self.rows.commit()
        return self

    def named(self, text: str) -> str:
        """The text with the scene's own in the place of names in braces."""
        return _NAME.sub(lambda name: self.ids[name[1]], text)

    def headers(self, who: str) -> dict[str, str]:
        """Those of a new session."""
        return {} if who == table.NOBODY else factories.signed_in(self.rows, self.people[who])

    def _cast(self) -> None:
        team_id = factories.team(self.rows).id
        of_team = {table.COLLEAGUE, table.TEAM_SUPERVISOR, table.OWNER}
        for name, roles in table.CAST.items():
            if name == table.UNCERTIFIED:
                self.people[name] = factories.person(self.rows, *Role)
            elif name != table.NOBODY:
                own = team_id if name in of_team else None
                self.people[name] = factories.certified(self.rows, *roles, team_id=own)
        # Somebody outside the cast: a row may end their sessions.
        self.ids |= {
            "team_id": team_id,
            "person_id": factories.certified(self.rows).id,
            "session_id": factories.id_("ses"),
            "number": "1",
            "version": "1",
        }

    def _report(self) -> None:
        epoch = factories.epoch(self.rows, self.people[table.CLAIMER], self.people[table.SECOND_TRIAGER])
        report = factories.report(self.rows, epoch, state=ReportState.IN_TRIAGE, triager=self.people[table.CLAIMER])
        box = self.rows.query(Mailbox).filter_by(report_id=report.id).one()
        self.rows.add(Slot(token_sha256=box.token_sha256, number=FIRST_STAFF_SLOT, file=factories.sealed(Kind.SLOT)))
        message = Message(
            id=factories.id_("msg"),
            report_id=report.id,
            received_on=factories.DAY,
            kind=MessageKind.MESSAGE,
            file=factories.sealed(Kind.MESSAGE),
        )
        self.rows.add(message)
        self.ids |= {"epoch_id": epoch.id, "report_id": report.id, "message_id": message.id}
        self.ids["attachment_id"] = self._attachment(report.id)
        self.ids["address"] = secrets.token_hex(16)

    def _attachment(self, report_id: str) -> str:
        blobs: Blobs = cast("Api", self.client.app).state.blobs
        with blobs.uploads.receive() as incoming:
            incoming.write(factories.sealed(Kind.ATTACHMENT))
            stored = incoming.keep(factories.DAY)
        attachment = Attachment(
            id=factories.id_("att"),
            report_id=report_id,
            size=stored.size,
            sha256=stored.sha256,
            received_on=factories.DAY,
            blob=stored.name,
        )
        self.rows.add(attachment)
        return attachment.id

    def _case(self) -> None:
        owner, approver = self.people[table.OWNER], self.people[table.APPROVER]
        case = factories.case(self.rows, owner, self.people[table.MEMBER])
        approval = factories.approval(self.rows, owner, approver, subject=ApprovalSubject.CODING, of=case)
        part = self.rows.query(CasePart).filter_by(case_id=case.id).one()
        factories.grant(self.rows, part.id, owner.id)  # as if it had a key of its own
        task = CaseTask(
            id=factories.id_("task"), case_id=case.id, part_id=part.id, kind=TaskType.OTHER, is_urgent=False
        )
        self.rows.add(task)
        self.ids |= {"case_id": case.id, "approval_id": approval.id, "part_id": part.id, "task_id": task.id}

    def _pair(self) -> None:
        first, second = self.people[table.FIRST_CUSTODIAN], self.people[table.SECOND_CUSTODIAN]
        pair = factories.pair(self.rows, self.ids["epoch_id"], first, second)
        recovery = factories.recovery(self.rows, pair)
        self.ids |= {"pair_id": pair.id, "recovery_id": recovery.id}

    def _templates(self) -> None:
        key = factories.desk_key(
            self.rows, *(self.people[each] for each in (table.OWNER, table.MEMBER, table.TEAM_SUPERVISOR))
        )
        self.rows.add(TemplatesVersion(version=1, key_id=key.id, file=factories.sealed(Kind.PART)))

    def _rest(self) -> None:
        key = SharedKey(
            id=factories.id_("key"),
            kind=KeyKind.STATISTICS,
            recipient=str(factories.SOMEBODY),
            document="",
            version=1,
            valid_from=factories.DAY,
            valid_until=factories.DAY,
        )
        release = Release(
            id=factories.id_("rel"),
            kind="reserve",
            period="2026-Q1",
            workload="T",
            requested_by=self.people[table.TEAM_SUPERVISOR].id,
        )
        partner = Partner(
            id=factories.id_("par"),
            handle="a-university",
            scope=PartnerScope.EMBARGOED,
            until=factories.DAY + timedelta(days=365),
            proposed_by=self.people[table.TEAM_SUPERVISOR].id,
        )
        self.rows.add_all([key, release, partner])
        self.ids |= {"partner_id": partner.id, "token_id": factories.id_("tok")}
        self.ids |= {"key_id": key.id, "release_id": release.id, "path": "data/persons.csv"}


@contextmanager
def standing(url: str, site: Site, directory: Path) -> Iterator[Scene]:
    """A scene in a service of its own, for tests that leave it as it is."""
    clock = directory / "clock"
    clock.write_text(f"{factories.DAY}T09:00:00Z")
    service = Settings(data_dir=directory, database_url=url, demo=True, demo_clock=clock)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with Session(engine) as rows, InProcess(create_app(service, site=site, hasher=HASHER)) as client:
        yield Scene(client, rows).set()


def elsewhere(scene: Scene) -> Scene:
    """The same cast, and of each object the name of one that there is not."""
    return Scene(scene.client, scene.rows, {name: _another(id_) for name, id_ in scene.ids.items()}, scene.people)


def _another(id_: str) -> str:
    found = _RANDOM.fullmatch(id_)
    return found[1] + secrets.token_hex(16) if found else id_
