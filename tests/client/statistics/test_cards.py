"""Cards, and the release that they end in, against a real service."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import age
from app.audit.models import AuditEvent
from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.client.people import colleagues, copies, machines, memories, shared_keys, sign_in
from app.client.statistics import cards, releases
from app.database import Database
from app.installation import shredding
from app.protocol.case import RuleBroken
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.key_copy import AccountKey
from app.protocol.statements import KeyKind
from app.settings import Settings
from app.statistics.cards.models import Card
from app.statistics.releases.accounts import Accounts, name_of
from app.statistics.releases.models import AccountsPart
from app.vocabulary import ConsentStatus, Role
from tests.client.casework.scene import approved, coded
from tests.client.installation import PASSPHRASE, PASSWORD, Installation, installation
from tests.flows.evil import attacks
from tests.strength import COPY_WORK_FACTOR, WORK_FACTOR


def test_a_card_is_written_for_a_person_who_may_be_counted(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    before = cards.waiting(boris)

    after = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

    assert [note.incident for note in after.file.cards] == [opened.file.incidents[0].id]
    assert cards.waiting(boris) == before + 1


def test_an_incident_has_one_card(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    approval = approved(boris, opened, here.staff("chen"))

    once = cards.write(boris, opened.id, approval)
    twice = cards.write(boris, once.id, approval)

    assert twice.file.cards == once.file.cards


def test_who_approved_a_coding_writes_no_card_of_it(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    approval = approved(boris, opened, anna)

    with pytest.raises(RuleBroken, match="one-person"):
        cards.write(anna, opened.id, approval)


def test_a_card_is_written_as_it_was_approved_whatever_else_the_case_says_by_then(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    approval = approved(boris, opened, here.staff("chen"))
    later = cases.open_(boris, opened.id)
    cases.write(boris, later, replace(later.file, summary="A word more.", title="Another"))

    after = cards.write(boris, opened.id, approval)

    assert [note.written for note in after.file.cards] == [True]


def test_a_card_that_says_something_else_by_then_is_asked_for_anew(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = approved(boris, opened, chen)
    later = cases.open_(boris, opened.id)
    changed = replace(later.file.incidents[0], coding={**later.file.incidents[0].coding, "severity": "limited"})
    later = cases.write(boris, later, later.file.with_incident(changed))

    before = cards.write(boris, opened.id, approval)
    after = cards.write(boris, opened.id, approved(boris, before, chen))

    assert [note.written for note in before.file.cards] == [False]
    assert [(note.written, note.revision) for note in after.file.cards] == [(True, 1)]


def test_nobody_is_counted_without_consent(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris, statistics=ConsentStatus.DECLINED)

    after = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

    assert after.file.cards == ()


def test_cards_wait_for_their_hour_and_leave_within_days(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        boris = here.staff("boris")
        opened = coded(here, here.staff("anna"), boris)
        cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

        at_once = cards.send(boris)
        here.pass_(timedelta(hours=cards.DELAY_HOURS))
        later = cards.send(here.staff("boris"))

        assert (at_once, later, cards.waiting(boris)) == (0, 1, 0)


def test_cards_leave_without_a_session_and_on_no_record(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    written = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))
    sign_in.sign_out(boris)
    before = recorded(here)

    cards.send(boris, now=True)

    assert kept(here, written) is not None
    assert recorded(here) == before


def test_a_card_waits_for_the_next_sign_in_where_the_card_writing_key_has_turned(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        boris = here.staff("boris")
        opened = coded(here, here.staff("anna"), boris)
        cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))
        shared_keys.make_shared(here.staff("sara"), KeyKind.CARD_WRITING)

        with pytest.raises(Refused) as refusal:
            cards.send(boris, now=True)
        waiting = cards.waiting(boris)
        sent = cards.send(here.staff("boris"), now=True)

        assert refusal.value.type == "card-token-unknown"
        assert (waiting, sent) == (1, 1)


def test_a_machine_that_was_never_given_a_card_token_keeps_its_cards(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))
    boris.machine.card_token.unlink()

    with pytest.raises(NotGranted):
        cards.send(boris, now=True)

    assert cards.waiting(boris) > 0


def test_the_card_token_lies_sealed_and_with_those_alone_who_write_cards(here: Installation) -> None:
    boris, emil = here.staff("boris"), here.staff("emil")

    age.check_envelope(boris.machine.card_token.read_bytes())
    assert not emil.machine.card_token.exists()


def test_the_outbox_shows_nothing_of_a_card(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    after = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

    waiting = list(boris.machine.outbox.iterdir())

    assert waiting
    for path in waiting:
        age.check_envelope(path.read_bytes())
        assert after.file.cards[-1].id not in path.name


def test_a_card_is_withdrawn_by_the_id_that_the_case_alone_knows(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    written = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))
    cards.send(boris, now=True)

    after = cards.withdraw(boris, written, [opened.file.incidents[0].id])
    sent = cards.send(boris, now=True)

    assert [note.withdrawn for note in cases.open_(boris, after.id).file.cards] == [True]
    assert sent == 1


def test_a_withdrawn_card_stays_withdrawn_though_a_colleagues_machine_sends_it_later(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    written = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

    cards.withdraw(anna, cases.open_(anna, opened.id), [opened.file.incidents[0].id])
    cards.send(anna, now=True)
    cards.send(boris, now=True)

    assert kept(here, written) is None


def test_a_correction_takes_the_place_of_the_card_that_still_waits(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    before = cards.waiting(boris)
    written = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

    corrected(here, boris, written)

    assert cards.waiting(boris) == before + 1


def test_a_correction_stands_though_a_colleagues_machine_sends_the_card_later(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    written = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))

    corrected(here, anna, cases.open_(anna, opened.id))
    cards.send(anna, now=True)
    correction = kept(here, written)
    cards.send(boris, now=True)

    assert correction is not None
    assert kept(here, written) == correction


def test_what_a_lost_machine_had_not_sent_the_next_of_the_same_person_sends(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        boris, chen = here.staff("boris"), here.staff("chen")
        sent = coded(here, here.staff("anna"), boris)
        cards.write(boris, sent.id, approved(boris, sent, chen))
        cards.send(boris, now=True)
        waits = coded(here, here.staff("anna"), boris)
        written = cards.write(boris, waits.id, approved(boris, waits, chen))

        new = next_machine(here, boris)
        again = [cards.send_again(new, cases.open_(new, each.id)) for each in (sent, waits)]
        cards.send(new, now=True)

        assert again == [0, 1]
        assert kept(here, written)
        assert cards.send_again(new, cases.open_(new, waits.id)) == 0


def test_what_was_taken_back_on_a_lost_machine_is_taken_back_by_the_next(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        boris = here.staff("boris")
        opened = coded(here, here.staff("anna"), boris)
        written = cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))
        cards.send(boris, now=True)
        cards.withdraw(boris, written, [opened.file.incidents[0].id])

        new = next_machine(here, boris)
        again = cards.send_again(new, cases.open_(new, opened.id))
        cards.send(new, now=True)

        assert (again, kept(here, written)) == (1, None)


def test_what_somebody_who_left_may_not_have_sent_a_member_sends_and_nothing_of_who_is_still_there(
    tmp_path: Path,
) -> None:
    with installation(tmp_path) as here:
        anna, boris, chen = (here.staff(each) for each in ("anna", "boris", "chen"))
        opened = coded(here, anna, boris)
        cases.change_members(boris, opened, add=[chen.person], owner=anna.person)
        written = cards.write(boris, opened.id, approved(boris, cases.open_(boris, opened.id), chen))

        before = cards.send_again(anna, cases.open_(anna, opened.id))
        colleagues.end(here.staff("sara"), boris.person)
        after = cards.send_again(here.staff("anna"), cases.open_(anna, opened.id))
        cards.send(anna, now=True)

        assert (before, after) == (0, 1)
        assert kept(here, written)


def next_machine(here: Installation, person: Staff) -> Staff:
    """Another of the same person, made of their copy and memory; the one before is gone, and what lay on it."""
    drafted = copies.draft(person, PASSPHRASE, work_factor=COPY_WORK_FACTOR)
    copies.keep(person, drafted)
    memories.keep(person)
    handle = person.about.handle
    new = machines.add(
        here.machine(f"{handle}-again"),
        here.server,
        handle=handle,
        password=PASSWORD,
        passphrase=PASSPHRASE,
        account_key=AccountKey.read(drafted.sheet.words),
        work_factor=WORK_FACTOR,
        clock=here.now,
    )
    memories.take(new)
    return here.opened.enter_context(new)


def corrected(here: Installation, by: Staff, opened: OpenCase) -> OpenCase:
    """The case with another severity, approved, and its card written again."""
    incident = opened.file.incidents[0]
    changed = replace(incident, coder=by.person, coding={**incident.coding, "severity": "limited"})
    recoded = cases.write(by, opened, opened.file.with_incident(changed))
    return cards.write(by, recoded.id, approved(by, recoded, here.staff("chen"), correct=True))


def kept(here: Installation, opened: OpenCase) -> bytes | None:
    """The card of the case as the service has it."""
    with server(here).read() as session:
        key = sha256_hex(opened.file.cards[0].id.encode())
        return session.scalar(select(Card.file).where(Card.id_sha256 == key))


def recorded(here: Installation) -> int | None:
    """How many audit events the service has on record."""
    with server(here).read() as session:
        return session.scalar(select(func.count()).select_from(AuditEvent))


def server(here: Installation) -> Database:
    """What the service has, for a look past it, under its keys."""
    database = Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")
    kept_in = {"data_dir": here.directory / "server", "shred_dir": here.directory / "keys"}
    database.keys = shredding.open_keys(database, Settings.model_validate(kept_in))
    here.opened.callback(database.close)
    return database


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """A published release of the second quarter, requested by Chen and approved by Sara."""
    with installation(tmp_path_factory.mktemp("released")) as here:
        boris, chen = here.staff("boris"), here.staff("chen")
        opened = coded(here, here.staff("anna"), boris)
        cards.write(boris, opened.id, approved(boris, opened, chen))
        cards.send(boris, now=True)
        here.pass_(timedelta(days=16))
        chen, sara = here.staff("chen"), here.staff("sara")
        release = releases.request(chen, kind="reserve", period="2026-Q2", workload="T")
        releases.approve(sara, releases.view(sara, release))
        releases.draw(sara, release)
        releases.sign(chen, release)
        releases.sign(sara, release)
        releases.publish(sara, releases.view(sara, release))
        yield here, release


def test_a_release_is_verified_offline_by_whoever_has_the_pin(
    released: tuple[Installation, str], tmp_path: Path
) -> None:
    here, release = released
    chen = here.staff("chen")

    releases.save(releases.download(chen, release), tmp_path / "release")
    verified = releases.verify(releases.load(tmp_path / "release"), pin=here.pin)

    assert verified.signers == ("analyst 2026", "supervisor 2026")
    assert verified.counts.period == "2026-Q2"


@attacks("release")
def test_a_release_with_one_changed_byte_is_not_authentic(released: tuple[Installation, str], tmp_path: Path) -> None:
    here, release = released
    releases.save(releases.download(here.staff("chen"), release), tmp_path / "release")
    counts = tmp_path / "release" / "raw" / "noisy.csv"
    counts.write_bytes(counts.read_bytes().replace(b"1", b"2", 1))

    with pytest.raises(NotAuthentic):
        releases.verify(releases.load(tmp_path / "release"), pin=here.pin)


def test_what_lies_beside_a_release_is_named_and_never_taken_for_a_part_of_it(
    released: tuple[Installation, str], tmp_path: Path
) -> None:
    here, release = released
    folder = tmp_path / "release"
    releases.save(releases.download(here.staff("chen"), release), folder)
    (folder / ".DS_Store").write_bytes(b"Bud1")
    (folder / "data" / "by_city.csv").write_bytes(b"city,value\n")
    (folder / os.fsdecode(b"r\xe9sum\xe9.txt")).write_bytes(b"notes")
    (folder / "away").symlink_to(tmp_path / "nowhere")

    files = releases.load(folder)

    releases.verify(files, pin=here.pin)
    assert releases.beside(folder, files) == [".DS_Store", "away", "data/by_city.csv", "r\udce9sum\udce9.txt"]


def test_a_folder_that_is_no_release_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAuthentic, match="no folder of a release"):
        releases.load(tmp_path)


def test_the_figure_of_a_quarter_is_whole_though_the_statistics_key_turned(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        boris = here.staff("boris")
        opened = coded(here, here.staff("anna"), boris)
        cards.write(boris, opened.id, approved(boris, opened, here.staff("chen")))
        cards.send(boris, now=True)
        here.pass_(timedelta(days=16))
        sara = here.staff("sara")
        shared_keys.make_shared(sara, KeyKind.STATISTICS)
        release = releases.request(here.staff("chen"), kind="reserve", period="2026-Q2", workload="T")

        releases.approve(sara, releases.view(sara, release))
        releases.draw(sara, release)

        with server(here).read() as session:
            key = shared_keys.hold(sara, KeyKind.STATISTICS).identity
            (sealed,) = session.scalars(select(AccountsPart.content)).all()
            (token,) = {person.token for person in opened.file.persons if person.token}
            assert Accounts.read(age.decrypt(sealed, [key])).spent[name_of(unb64(token))] == 5_000


def test_whoever_lacks_a_key_of_the_period_approves_no_release_until_it_is_shared(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        here.pass_(timedelta(days=20))
        sara, chen = here.staff("sara"), here.staff("chen")
        colleagues.certify(sara, chen.person, colleagues.fingerprint(chen), {Role.SUPERVISOR})
        shared_keys.make_shared(sara, KeyKind.STATISTICS)
        release = releases.request(here.staff("sara"), kind="reserve", period="2026-Q2", workload="T")

        with pytest.raises(NotGranted):
            releases.approve(chen, releases.view(chen, release))
        shared_keys.share(sara, KeyKind.STATISTICS, chen.person)
        releases.approve(chen, releases.view(chen, release))
        releases.draw(chen, release)

        assert releases.view(chen, release).state == "composed"


def test_a_release_under_another_root_is_not_authentic(released: tuple[Installation, str]) -> None:
    here, release = released
    folder = releases.download(here.staff("chen"), release)

    with pytest.raises(NotAuthentic):
        releases.verify(folder, pin="0" * 64)


def test_nobody_approves_what_they_requested(released: tuple[Installation, str]) -> None:
    here, _ = released
    sara = here.staff("sara")
    release = releases.request(sara, kind="reserve", period="2026-Q1", workload="T")

    with pytest.raises(Refused) as refusal:
        releases.approve(sara, releases.view(sara, release))

    assert refusal.value.type == "release-self-approval"


def test_the_card_token_is_never_the_key(here: Installation) -> None:
    held = shared_keys.hold(here.staff("boris"), KeyKind.CARD_WRITING)

    assert shared_keys.card_token(held.identity) not in str(held.identity)


def test_no_card_is_sealed_to_a_key_that_a_supervisor_has_who_left(here: Installation) -> None:
    sara, boris, emil = here.staff("sara"), here.staff("boris"), here.staff("emil")
    opened = coded(here, here.staff("anna"), boris)
    words = colleagues.fingerprint(emil)
    colleagues.certify(sara, emil.person, words, {Role.TRIAGER, Role.SUPERVISOR})
    shared_keys.make_shared(sara, KeyKind.STATISTICS)
    approval = approved(boris, opened, here.staff("chen"))
    here.pass_(timedelta(days=1))
    colleagues.certify(here.staff("sara"), emil.person, words, {Role.TRIAGER})

    with pytest.raises(RuleBroken, match="key-turns-first"):
        cards.write(here.staff("boris"), opened.id, approval)
    shared_keys.turn(here.staff("sara"), emil.person)
    written = cards.write(here.staff("boris"), opened.id, approval)

    assert [note.written for note in written.file.cards] == [True]
