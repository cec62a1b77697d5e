"""Epochs are signed ahead: no day is without one, and each has one that counts, which two people can open."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from app.client.casework import triage
from app.client.intake import epochs
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.people import colleagues, duties
from app.protocol.duties import DutyKind
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.intake import Intake
from app.vocabulary import Role
from tests.cli.command import tern
from tests.client.casework.scene import DOCUMENT
from tests.client.installation import Installation, installation


def days_of(signed: list[Intake]) -> list[tuple[date, date]]:
    return [(each.accepts_from, each.accepts_until) for each in signed]


def epoch_on(staff: Staff, day: date) -> str:
    staff.forget()
    document = staff.log.intake_on(day)
    assert document is not None
    return str(document.header.body["epoch"]["id"])


def test_several_are_signed_in_one_act_and_follow_one_another_day_by_day(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        sara = here.staff("sara")
        lines = len(sara.log.hashes)

        signed = epochs.rotate(sara, number=4)

        weeks = [sara.today + timedelta(days=7 * week) for week in range(4)]
        assert days_of(signed) == [(first, first + timedelta(days=6)) for first in weeks]
        assert len(sara.log.hashes) == lines + 4
        for week, epoch in zip(weeks, signed, strict=True):
            assert {epoch_on(sara, week + timedelta(days=day)) for day in (0, 6)} == {epoch.epoch}
        here.pass_(timedelta(days=7))
        report = here.reporter().submit(DOCUMENT).report
        assert here.staff("anna").service.get(f"/reports/{report}").json()["epoch"] == signed[1].epoch


def test_what_is_signed_anew_takes_the_place_of_all_days_to_come_without_gap_or_overlap(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        sara = here.staff("sara")
        before = epochs.rotate(sara, number=3)
        here.pass_(timedelta(days=2))

        after = epochs.rotate(here.staff("sara"))

        first, last = before[0].accepts_from + timedelta(days=2), before[-1].accepts_until
        assert after[0].accepts_from == first
        assert after[-1].accepts_until >= last
        days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        assert {epoch_on(sara, day) for day in days} == {each.epoch for each in after}
        assert here.reporter().intake().epoch == after[0]


def test_a_sign_in_adds_whole_epochs_until_three_weeks_are_signed_and_no_more(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        first, again = epochs.go_on(here.staff("sara")), epochs.go_on(here.staff("sara"))
        here.pass_(timedelta(days=1))
        next_day = epochs.go_on(here.staff("sara"))

        start = here.staff("sara").today - timedelta(days=1)
        assert days_of(first) == [(start + timedelta(days=7 * n), start + timedelta(days=7 * n + 6)) for n in (1, 2)]
        assert again == []
        assert days_of(next_day) == [(start + timedelta(days=21), start + timedelta(days=27))]


def test_after_days_without_an_epoch_it_goes_on_from_today(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        here.pass_(timedelta(days=40))

        signed = epochs.go_on(here.staff("sara"))

        assert signed[0].accepts_from == here.staff("sara").today
        assert len(signed) == 3
        assert here.reporter().intake().epoch == signed[0]


def test_nobody_signs_more_than_sixty_days_ahead(here: Installation) -> None:
    sara = here.staff("sara")
    late = [epochs.draft(sara, starts=sara.today + timedelta(days=ahead), days=1) for ahead in (60, 61)]
    lines = len(sara.log.hashes)

    with pytest.raises(Malformed):
        epochs.sign(sara, *late)

    sara.forget()
    assert len(sara.log.hashes) == lines  # all are signed, or none


def test_two_people_hold_each_key_though_one_alone_triages(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        sara, emil = here.staff("sara"), here.unlock("emil")
        colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), {Role.CASEWORKER})

        (epoch,) = epochs.rotate(sara)

        for holder in ("anna", "sara"):
            assert str(here.staff(holder).epoch_key(epoch.epoch).recipient) == str(epoch.recipient)


def newcomer(here: Installation, handle: str, *roles: Role) -> Staff:
    """Somebody who comes while reports wait."""
    sara = here.staff("sara")
    here.join(handle, colleagues.invite(sara, {*roles}), pin=here.pin)
    joined = here.unlock(handle)
    colleagues.certify(sara, joined.person, colleagues.fingerprint(joined), {*roles})
    return here.staff(handle)


def test_who_triages_since_today_reads_what_waits_once_a_holder_has_granted_it(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        report, anna = here.reporter().submit(DOCUMENT).report, here.staff("anna")
        fatma = newcomer(here, "fatma", Role.TRIAGER)
        before = triage.list_(fatma)

        def waiting() -> list[duties.Hint]:
            return [hint for hint in duties.waiting(anna) if hint.kind is DutyKind.GRANT_EPOCH]

        hints = waiting()
        for hint in hints:
            epochs.grant(anna, hint.object, str(hint.person))

        assert before == []
        assert [hint.person for hint in hints] == [fatma.person]
        assert [each.id for each in triage.list_(here.staff("fatma"))] == [report]
        assert triage.open_(here.staff("fatma"), report).report.form.text
        assert waiting() == []


def test_a_hint_grants_nothing_to_who_triages_not_and_no_key_that_the_log_does_not_name(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        anna = here.staff("anna")
        present = str(anna.log.intakes[-1].header.body["epoch"]["id"])

        with pytest.raises(NotAuthentic, match="role"):
            epochs.grant(anna, present, here.staff("boris").person)
        with pytest.raises(NotAuthentic, match="uncertified"):
            epochs.grant(anna, present, new_id("per"))
        with pytest.raises(Refused):
            epochs.grant(anna, new_id("epoch"), here.staff("emil").person)


def test_the_command_asks_once_naming_who_vouches_and_grants(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        report = here.reporter().submit(DOCUMENT).report
        newcomer(here, "fatma", Role.TRIAGER)
        here.staff("anna")
        environment = here.environment("anna")

        no = tern("duties", "--do", typed="n\n", environment=environment)
        unread = triage.list_(here.staff("fatma"))
        yes = tern("duties", "--do", typed="y\n", environment=environment)

        assert (no.code, unread) == (0, [])
        assert f"fatma triages, certified by sara, on {here.now().date()}. Let them read what waits?" in yes.err
        assert [each.id for each in triage.list_(here.staff("fatma"))] == [report]
