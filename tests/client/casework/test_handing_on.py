"""Whoever comes after weeks without anybody finds what was reported, and nobody makes more of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app import age
from app.client.casework import triage
from app.client.casework.triage import RuleOfTriage, reading
from app.client.intake import epochs
from app.client.machine.staff import NotGranted, Staff
from app.client.people import colleagues, duties
from app.protocol import grants
from app.protocol.duties import DutyKind
from app.protocol.encoding import b64
from app.protocol.errors import NotAuthentic
from app.protocol.intake import Intake
from app.protocol.intake import read as read_intake
from app.vocabulary import GrantKind, Imminence, ReportState, Role, Severity, TransitionReason
from tests.cli.command import tern
from tests.client.casework.scene import DOCUMENT
from tests.client.installation import Installation, installation

NOT_URGENT = [(Severity.LIMITED, Imminence.NONE)]
ITS_DAY = timedelta(days=14)  # seven of accepting, seven of keeping


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def reported(here: Installation) -> str:
    """A report that nobody has decided when the day of its epoch comes; other epochs are signed."""
    report = here.reporter().submit(DOCUMENT).report
    epochs.go_on(here.staff("sara"))
    here.pass_(ITS_DAY)
    here.work()
    return report


def kinds(staff: Staff) -> list[DutyKind]:
    """What is to be done with keys: that somebody is to claim what lies there is another matter."""
    return [hint.kind for hint in duties.waiting(staff) if hint.kind is not DutyKind.CLAIM]


def present(staff: Staff) -> Intake:
    document = staff.log.intake_on(staff.today)
    assert document is not None
    return read_intake(document)


def granted_on(staff: Staff, report: str, key: age.HybridIdentity, *, at: datetime | None = None) -> str:
    """A grant of this key to the epoch of today, as this person's machine could be made to write it."""
    to = present(staff)
    hour = (at or staff.now).strftime("%Y-%m-%dT%H:00Z")
    return b64(
        grants.seal_grant(
            key,
            to.recipient,
            org=staff.org,
            subject=report,
            generation=1,
            grantee=to.epoch,
            kind=GrantKind.HANDED_ON,
            at=hour,
            signer=staff.signer,
            language="fa",
            danger_now=Imminence.NONE,
        )
    )


def test_it_is_granted_on_with_its_two_answers_and_its_first_key_goes_once_somebody_else_has_opened_it(
    here: Installation,
) -> None:
    report = reported(here)
    anna, emil = here.staff("anna"), here.staff("emil")
    first = triage.view(anna, report).epoch
    due = (kinds(anna), kinds(emil))

    triage.hand_on(anna, report)
    here.work()
    kept = anna.epoch_key(first)
    then = (kinds(anna), kinds(emil))
    triage.take_over(emil, report)
    here.work()

    assert due == ([DutyKind.HAND_ON], [DutyKind.HAND_ON])
    assert kept
    assert then == ([], [DutyKind.OPEN_HANDED_ON])
    assert (kinds(anna), kinds(emil)) == ([], [])
    with pytest.raises(NotGranted):
        here.staff("anna").epoch_key(first)
    (waiting,) = triage.list_(here.staff("anna"))
    assert (waiting.language, waiting.danger_now, waiting.problem) == ("fa", Imminence.WEEKS, None)
    assert waiting.decide_until is not None
    assert triage.open_(here.staff("anna"), report).report.form.text == DOCUMENT["text"]


def test_whoever_signs_in_does_it_unasked(here: Installation) -> None:
    report = reported(here)
    anna = here.staff("anna")
    first = triage.view(anna, report).epoch

    def sign_in(handle: str) -> str:
        environment = here.environment(handle)
        ended = tern("sign-in", environment=environment)
        assert ended.code == 0, ended.err
        return ended.err

    said = [sign_in("emil"), sign_in("anna")]

    assert not any("Waiting for your keys" in each or "Not done" in each for each in said)
    view = triage.view(here.staff("anna"), report)
    assert (view.epoch == first, view.handed_on_from) == (False, None)


def test_what_was_granted_on_can_be_decided_and_taken_back_into_triage_as_ever(here: Installation) -> None:
    report = reported(here)
    triage.hand_on(here.staff("anna"), report)
    emil = here.staff("emil")
    triage.claim(emil, triage.view(emil, report))
    triage.answer(emil, triage.open_(emil, report), "What happened then?")

    triage.dispose(emil, triage.open_(emil, report), ReportState.INSUFFICIENT, NOT_URGENT)
    here.work()

    sara = here.staff("sara")
    triage.reopen(sara, triage.view(sara, report), TransitionReason.ERROR)
    assert triage.open_(here.staff("anna"), report).report.form.text == DOCUMENT["text"]


@pytest.mark.parametrize("what", ["a key that opens nothing", "other answers"])
def test_a_key_that_opens_nothing_keeps_nobody_from_reading_and_is_put_right_by_the_next(
    here: Installation, what: str
) -> None:
    report = reported(here)
    anna, emil = here.staff("anna"), here.staff("emil")
    key = age.generate() if what == "a key that opens nothing" else triage.open_(emil, report).identity
    junk = {"grantee": present(emil).epoch, "file": granted_on(emil, report, key)}
    emil.service.put(f"/reports/{report}/epoch", {"grant": junk}, version=triage.view(emil, report).version)

    read = triage.open_(anna, report)
    seen = triage.view(anna, report).handed_on_from
    triage.take_over(anna, report)
    triage.take_over(emil, report)

    assert read.report.form.text == DOCUMENT["text"]
    assert seen is not None
    assert triage.view(anna, report).handed_on_from is None
    assert triage.open_(here.staff("anna"), report).report.form.text == DOCUMENT["text"]


def test_a_duty_that_never_was_grants_nothing_on(here: Installation) -> None:
    report = here.reporter().submit(DOCUMENT).report
    with pytest.raises(RuleOfTriage, match="nobody need"):
        triage.hand_on(here.staff("anna"), report)
    epochs.rotate(here.staff("sara"), number=8)
    here.pass_(timedelta(days=50))
    epochs.go_on(here.staff("sara"))
    here.pass_(timedelta(days=12))

    # The service lapses it today. One that does not, and says that nobody decided, gets no key of it to a new epoch.
    with pytest.raises(RuleOfTriage, match="time of this report is over"):
        triage.hand_on(here.staff("anna"), report)
    assert triage.view(here.staff("anna"), report).handed_on_from is None


@pytest.mark.parametrize(
    ("earlier", "reason"),
    [(timedelta(0), "uncertified"), (timedelta(days=2), "at")],
    ids=["after they left", "while they were there"],
)
def test_who_left_grants_no_report_on_by_whatever_date(here: Installation, earlier: timedelta, reason: str) -> None:
    report = reported(here)
    emil, sara = here.staff("emil"), here.staff("sara")
    ended = colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), set())
    epochs.rotate(sara)
    here.pass_(timedelta(days=1))
    emil.forget()
    anna = here.staff("anna")
    forged = granted_on(emil, report, age.generate(), at=emil.now - earlier)
    view = triage.view(anna, report)
    shown = replace(view, epoch=present(anna).epoch, handed_on_from=None)

    with pytest.raises(NotAuthentic, match=reason):
        reading.grants_among(anna, shown, [{"grantee": shown.epoch, "file": forged}])

    assert ended.roles == ()


def test_who_works_on_cases_alone_grants_no_report_on(here: Installation) -> None:
    report = reported(here)
    anna, boris = here.staff("anna"), here.staff("boris")
    forged = granted_on(boris, report, age.generate())
    view = triage.view(anna, report)
    shown = replace(view, epoch=present(anna).epoch, handed_on_from=None)

    with pytest.raises(NotAuthentic, match="role"):
        reading.grants_among(anna, shown, [{"grantee": shown.epoch, "file": forged}])
    assert Role.TRIAGER not in anna.certified(boris.person).roles
