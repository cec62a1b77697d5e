"""The service is put back to a backup: nobody goes on unknowingly, and everybody can once the loss is accepted."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.cli.names import Names
from app.client import Reporter, Staff
from app.client.casework import cases, triage
from app.client.casework.cases import lost
from app.client.intake import epochs
from app.client.people import audit, colleagues, losses, memories, sign_in
from app.client.people.losses import AnotherDay, NotOfTheRoot, TooFewSupervisors
from app.protocol.errors import NotAuthentic, Rollback
from app.vocabulary import Imminence, Role, Severity
from tests.client.installation import PAPERS, PASSPHRASE, PASSWORD, Installation, installation
from tests.client.people.test_roots import promote, propose, sign
from tests.strength import WORK_FACTOR

DAY = date(2026, 6, 15)
NEXT = timedelta(days=1)
FORM = {
    "language": "en",
    "text": "Somebody waited.",
    "answers": {"danger_now": "days", "consent": ["service", "contact"]},
}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """With two supervisors and a paper, of whom two must sign: `sara` and `boris`."""
    directory = tmp_path_factory.mktemp("founded")
    with installation(directory) as made:
        promote(made)
    return directory, made.pin


@pytest.fixture
def here(tmp_path: Path, founded: tuple[Path, str]) -> Iterator[Installation]:
    with installation(tmp_path / "here", founded=founded) as made:
        yield made


def copied(here: Installation, name: str = "night.sqlite") -> Callable[[], None]:
    """A backup of the service as it is; what is given back puts it back."""
    live, copy = here.directory / "server" / "tern.sqlite", here.directory / name
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(copy)) as sink:
        source.backup(sink)

    def put_back() -> None:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(live)) as sink:
            source.backup(sink)

    return put_back


def accepted(*supervisors: Staff, day: date | None = None, heard_by: Staff | None = None) -> losses.Proposed:
    """By all of these."""
    for each in supervisors:
        proposed = losses.accept(each, day=day)
    assert proposed.lacks == 0
    for each in (*supervisors, *([heard_by] if heard_by else [])):
        each.forget()
    return proposed


def case_of(reporter: Reporter, triager: Staff) -> str:
    """A report that was accepted."""
    sent = reporter.submit(FORM)
    triage.claim(triager, triage.view(triager, sent.report))
    opened = triage.open_(triager, sent.report)
    return triage.accept(triager, opened, [(Severity.SERIOUS, Imminence.DAYS)], owner=triager.person)


def test_who_has_seen_more_is_told_since_when_and_goes_on_once_the_supervisors_have_accepted_it(
    here: Installation,
) -> None:
    anna, chen = here.staff("anna"), here.unlock("chen").person
    case = case_of(here.reporter(), anna)
    cases.change_members(anna, cases.open_(anna, case), add={chen})
    memories.keep(anna)
    put_back = copied(here)
    here.pass_(NEXT)
    sara, anna = here.staff("sara"), here.staff("anna")
    opened = cases.change_members(anna, cases.open_(anna, case), remove={chen})
    cases.write(anna, opened, replace(opened.file, summary="Thursday"))
    memories.keep(anna)
    emil = here.unlock("emil").person
    epochs.rotate(sara)
    colleagues.end(sara, emil)
    for each in (sara, anna):
        each.forget()
        assert each.trust.is_ended(emil)
    put_back()

    sara, boris, anna = here.staff("sara"), here.staff("boris"), here.staff("anna")
    with pytest.raises(Rollback, match="key-log"):
        memories.take(anna)
    with pytest.raises(Rollback, match="key-log") as behind:
        cases.open_(anna, case)
    first = losses.accept(sara)
    anna.forget()
    with pytest.raises(Rollback, match="key-log"):
        cases.open_(anna, case)
    accepted(boris, heard_by=anna)
    again = cases.open_(anna, case)
    told = lost.find(anna, case)
    written = cases.write(anna, again, replace(again.file, summary="Once more"))
    memories.keep(anna)
    (epoch, *_) = epochs.rotate(sara)

    assert behind.value.since == DAY + NEXT
    assert (first.lacks, first.loss.day) == (1, DAY)
    assert [(each.what, each.since) for each in first.missing] == [("key-log", DAY + NEXT), ("staff-log", DAY + NEXT)]
    assert again.file.summary == ""
    assert told == lost.LostOfCase(case, ("part.case",), (), (chen,), (), turned=True)
    assert cases.open_(here.staff("anna"), case).version == written.version
    assert memories.take(anna) is None
    assert here.reporter().intake().epoch == epoch
    # Who had left does not come back for those who know it, and for nobody once a supervisor's machine has said it.
    dina = here.staff("dina")
    assert (anna.trust.is_ended(emil), dina.trust.is_ended(emil)) == (True, False)
    assert (losses.write_again(sara), losses.write_again(sara)) == ([emil], [])
    dina.forget()
    assert dina.trust.is_ended(emil)


def test_a_root_is_not_lost_and_one_with_too_few_supervisors_names_another_at_the_service_that_is_behind(
    tmp_path: Path,
) -> None:
    with installation(tmp_path) as here:
        sara, boris = here.staff("sara"), here.staff("boris")
        put_back = copied(here)
        epochs.rotate(sara)
        _ = sara.log
        put_back()
        sara, boris = here.staff("sara"), here.staff("boris")

        with pytest.raises(TooFewSupervisors):
            losses.accept(sara)
        with pytest.raises(NotOfTheRoot):
            losses.accept(boris)
        assert losses.is_behind(sara)
        sara.take_as_shown()
        proposed = propose(sara, add={boris.person: colleagues.fingerprint(boris)})
        assert sign(sara, proposed, paper=PAPERS[0]).lacks == 0
        sara, boris = here.staff("sara"), here.staff("boris")
        accepted(sara, boris)
        assert sara.trust.root.mark.version == 2

        put_back()
        sara, boris = here.staff("sara"), here.staff("boris")
        with pytest.raises(Rollback, match="root"):
            _ = sara.log
        assert losses.accept(sara).lacks == 1
        accepted(boris)
        assert set(here.staff("anna").log.trust.supervisors) == {sara.person, boris.person}


def test_the_audit_chain_is_followed_on_from_what_is_left_and_the_heads_that_are_gone_are_told(
    here: Installation,
) -> None:
    sara = here.staff("sara")
    here.work()
    dina = here.staff("dina")
    audit.follow(sara)
    put_back = copied(here)
    here.pass_(NEXT)
    here.work()
    sara, dina = here.staff("sara"), here.staff("dina")
    for each in (sara, dina):
        audit.follow(each)
    exported = audit.verify_all(dina).heads
    put_back()
    here.pass_(NEXT)
    here.work()
    sara, boris, dina = here.staff("sara"), here.staff("boris"), here.staff("dina")
    with pytest.raises(Rollback) as behind:
        audit.follow(dina)

    loss = accepted(sara, boris).loss
    dina.forget()
    shown = audit.verify_all(dina)
    followed = audit.follow(sara)

    assert behind.value.since == loss.day + NEXT == DAY + NEXT
    assert [each.day for each in audit.compare(dina, exported, shown)] == [DAY + NEXT]
    assert ("audit-head", DAY + NEXT) in [(each.type, each.since) for each in dina.seen.lost()]
    assert followed is not None
    assert followed.day == DAY + 2 * NEXT
    assert audit.verify_all(dina).by


def test_a_loss_lets_no_machine_go_back_twice_and_never_behind_the_day_of_the_backup(here: Installation) -> None:
    anna = here.staff("anna")
    case = case_of(here.reporter(), anna)
    put_back = copied(here)
    here.pass_(NEXT)
    anna = here.staff("anna")
    opened = cases.open_(anna, case)
    cases.write(anna, opened, replace(opened.file, summary="Thursday"))
    put_back()
    here.pass_(NEXT)
    sara, boris, anna = here.staff("sara"), here.staff("boris"), here.staff("anna")

    accepted(sara, boris, day=here.now().date(), heard_by=anna)  # of a later day than the backup
    with pytest.raises(Rollback, match="journal") as behind:
        cases.open_(anna, case)
    accepted(sara, boris, day=behind.value.since, heard_by=anna)
    with_losses = copied(here, "with-losses.sqlite")
    opened = cases.open_(anna, case)
    cases.write(anna, opened, replace(opened.file, summary="Once more"))
    epochs.rotate(sara)
    sara.forget()
    _ = sara.log
    with_losses()
    sara, boris, anna = here.staff("sara"), here.staff("boris"), here.staff("anna")

    with pytest.raises(Rollback, match="journal"):
        cases.open_(anna, case)
    losses.accept(boris, day=here.now().date() + NEXT)
    with pytest.raises(AnotherDay):  # whoever misses something since before that day does not sign it
        losses.accept(sara)


def test_a_day_before_what_a_machine_finds_there_is_signed_only_in_its_persons_own_word(here: Installation) -> None:
    here.pass_(NEXT)
    sara, boris, long_ago = here.staff("sara"), here.staff("boris"), DAY - 30 * NEXT
    losses.accept(sara, day=long_ago)

    with pytest.raises(AnotherDay, match=str(DAY)):
        losses.accept(boris)

    assert losses.accept(boris, day=long_ago).lacks == 0


def test_the_same_backup_is_put_back_again_and_who_joined_since_joins_again(here: Installation) -> None:
    anna = here.staff("anna")
    case = case_of(here.reporter(), anna)
    put_back = copied(here)
    people = list[str]()
    for place in ("farid", "farid_again"):
        sara, boris, anna = here.staff("sara"), here.staff("boris"), here.staff("anna")
        opened = cases.open_(anna, case)
        cases.write(anna, opened, replace(opened.file, summary=place))
        new = case_of(here.reporter(), anna)
        farid = joined(here, sara, place)
        people.append(Names(anna).person("farid"))
        assert anna.certified(farid.person)
        put_back()
        sara, boris, anna = here.staff("sara"), here.staff("boris"), here.staff("anna")
        accepted(sara, boris, heard_by=anna)
        assert cases.look_after_loss(anna) == {}
        gone = {each.subject for each in anna.seen.lost() if each.type == "journal"}
        assert {case, new} <= gone
        assert anna.seen.highest("journal", new) is None
        assert cases.open_(anna, case).file.summary == ""

    with pytest.raises(NotAuthentic, match="uncertified"):
        anna.certified(people[1])
    assert len(here.unlock("dina").log.losses) == 1
    assert len({*people}) == 2


def joined(here: Installation, sara: Staff, place: str) -> Staff:
    """Somebody with the handle `farid`, on a machine of their own."""
    sign_in.join(
        here.machine(place),
        here.server,
        invitation=colleagues.invite(sara, {Role.CASEWORKER}),
        handle="farid",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=here.pin,
        work_factor=WORK_FACTOR,
    )
    farid = here.unlock(place)
    colleagues.certify(sara, farid.person, colleagues.fingerprint(farid), {Role.CASEWORKER})
    return farid
