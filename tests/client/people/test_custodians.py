"""Two custodians give a key to somebody who does not hold it, as their machines do it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import age
from app.cli.custodians import few_holders
from app.client.casework import triage
from app.client.intake import epochs
from app.client.machine import pairs
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.client.people import colleagues, custodians, duties, shared_keys
from app.client.people.custodians import Waiting
from app.protocol import intake
from app.protocol.duties import DutyKind
from app.protocol.errors import NotAuthentic
from app.protocol.pairs import RecoveryReason
from app.protocol.statements import KeyKind
from app.vocabulary import Role
from tests.cli.command import tern
from tests.client.casework.scene import DOCUMENT
from tests.client.installation import Installation, installation

NAMES = ("kim", "lena", "milo")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With three custodians, who came when there were keys, for which their holders have made pairs by now."""
    with installation(tmp_path_factory.mktemp("custodians")) as made:
        for name in NAMES:
            hire(made, name, Role.CUSTODIAN)
        for name in ("anna", "sara"):
            make_due_pairs(made.staff(name))
        yield made


def hire(here: Installation, name: str, *roles: Role) -> Staff:
    sara = here.staff("sara")
    here.join(name, colleagues.invite(sara, {*roles}), pin=here.pin)
    joined = here.unlock(name)
    colleagues.certify(sara, joined.person, colleagues.fingerprint(joined), {*roles})
    return here.staff(name)


def make_due_pairs(staff: Staff) -> None:
    make = {"epoch": epochs.make_pairs, "key": shared_keys.make_pairs}
    for hint in duties.waiting(staff):
        if hint.kind is DutyKind.MAKE_PAIRS:
            make[hint.object.partition("_")[0]](staff, hint.object)


def peel(here: Installation, subject: str, *people: Staff) -> tuple[Staff, Waiting]:
    """By whoever is the second of a pair; what waits for the first then."""
    staff = {each.person: each for each in map(here.staff, NAMES)}
    second = max(staff)
    first = custodians.peel(staff[second], subject, [each.person for each in people], RecoveryReason.LOST).first
    told = custodians.recoveries(staff[first])
    [waits] = [each.id for each in told if each.subject == subject and each.granted_on is None]
    return staff[first], custodians.waiting(staff[first], waits)


def test_a_triager_reads_by_two_custodians_what_came_before_them(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)
    epoch = intake.read(here.staff("sara").log.intakes[-1]).epoch
    newcomer = hire(here, "nora", Role.TRIAGER)
    with pytest.raises(NotGranted):
        newcomer.epoch_key(epoch)

    first, found = peel(here, epoch, newcomer)
    custodians.grant(first, found)

    opened = triage.open_(newcomer, sent.report)
    assert opened.report.form.text == DOCUMENT["text"]
    assert found.act.people == (newcomer.person,)


def test_the_key_of_statistics_outlives_everybody_who_held_it(here: Installation) -> None:
    key = shared_keys.newest_key(here.staff("sara"), KeyKind.STATISTICS)
    other = hire(here, "olga", Role.SUPERVISOR)

    first, found = peel(here, key.id, other)
    custodians.grant(first, found)

    assert str(shared_keys.hold(other, KeyKind.STATISTICS).identity.recipient) == str(key.recipient)
    assert [each.granted_on for each in custodians.recoveries(other) if each.subject == key.id] == [other.today]


def test_a_new_epoch_has_its_pairs_from_its_first_moment(here: Installation) -> None:
    [signed] = epochs.rotate(here.staff("sara"))

    pairs = [each for name in NAMES for each in custodians.pairs(here.staff(name)) if each.subject == signed.epoch]
    assert len(pairs) == 3
    assert [hint for hint in duties.waiting(here.staff("anna")) if hint.kind is DutyKind.MAKE_PAIRS] == []


def test_a_custodian_alone_peels_and_grants_nothing(here: Installation) -> None:
    key = shared_keys.newest_key(here.staff("sara"), KeyKind.STATISTICS)
    first = here.staff(min(NAMES, key=lambda name: here.unlock(name).person))

    with pytest.raises(NotGranted):
        custodians.peel(first, key.id, [first.person], RecoveryReason.LOST)


def test_each_custodian_opens_their_layer_of_what_is_new_once(here: Installation) -> None:
    second = max(map(here.staff, NAMES), key=lambda each: each.person)

    looked, again = custodians.look(second), custodians.look(second)

    assert (looked.opened > 0, looked.faults, again.opened) == (True, (), 0)


def test_nobody_is_given_a_key_who_is_certified_no_more(here: Installation) -> None:
    key = shared_keys.newest_key(here.staff("sara"), KeyKind.STATISTICS)
    second = max(map(here.staff, NAMES), key=lambda each: each.person)

    with pytest.raises(NotAuthentic, match="uncertified"):
        custodians.peel(second, key.id, ["per_" + "0" * 32], RecoveryReason.LEFT)


def test_who_signs_in_hears_what_one_loss_would_cost_until_there_are_two_custodians(here: Installation) -> None:
    sara = here.staff("sara")
    assert few_holders(sara) is None

    with installation(here.directory / "few") as few:
        told = few_holders(few.staff("sara"))

    assert told is not None
    assert "(a case of one member, statistics)" in told


def test_two_custodians_do_it_by_commands(here: Installation) -> None:
    staff = {here.unlock(name).person: name for name in NAMES}
    sara, epoch = here.staff("sara"), epochs.rotate(here.staff("sara"))[0].epoch
    sara.forget()

    def run(name: str, *command: str) -> str:
        here.staff(name)
        environment = here.environment(name)
        ended = tern("custodian", *command, environment=environment, typed="y\n")
        assert ended.code == 0, ended.err
        return ended.out + ended.err

    last, first = max(staff), min(staff)
    run(staff[last], "peel", epoch, "--for", "emil", "--reason", "lost", "--with", staff[first])
    [waits] = [each for each in custodians.recoveries(here.staff(staff[first])) if each.subject == epoch]
    told = run(staff[first], "grant", waits.id[:12])

    assert "emil" in told
    assert waits.id[:8] in run("sara", "list")


def test_two_custodians_try_a_pair_by_the_acts_of_a_recovery_and_are_told_again_after_a_month(
    here: Installation,
) -> None:
    def due() -> dict[str, list[str]]:
        told = {name: duties.waiting(here.staff(name)) for name in (*NAMES, "sara")}
        return {name: [hint.object for hint in of if hint.kind is DutyKind.DRILL] for name, of in told.items()}

    key = shared_keys.newest_key(here.staff("sara"), KeyKind.DRILL).id
    here.pass_(timedelta(days=31))
    before, staff = due(), {each.person: each for each in map(here.staff, NAMES)}
    last, lowest = max(staff), min(staff)

    begun = custodians.drill(staff[last])
    waits = custodians.drill(staff[last])
    ended = custodians.drill(staff[str(begun.peeled_for)])

    assert before == {name: [] if name == "sara" else [key] for name in before}
    assert (begun, waits, ended.opened) == (waits, begun, (last,))
    assert not any(due().values())
    assert custodians.drilled_on(here.staff("sara")) == staff[last].today
    with pytest.raises(NotGranted, match="let another custodian begin"):
        custodians.drill(staff[lowest])
    again = custodians.drill(staff[last])
    assert again.peeled_for not in (None, begun.peeled_for)  # each of two in their turn


def test_a_pair_that_does_not_open_is_found_by_trying_it(here: Installation) -> None:
    sara = here.staff("sara")
    key = shared_keys.newest_key(sara, KeyKind.DRILL)
    here.pass_(timedelta(days=31))
    pairs.keep(here.staff("sara"), age.generate(), key.id)
    second = max(map(here.staff, NAMES), key=lambda each: each.person)

    with pytest.raises(NotAuthentic, match="recipient"):
        custodians.drill(second)

    shared_keys.make_pairs(here.staff("sara"), key.id)


def test_what_was_peeled_too_long_ago_is_given_to_nobody(here: Installation) -> None:
    key = shared_keys.newest_key(here.staff("sara"), KeyKind.STATISTICS)
    first, found = peel(here, key.id, here.staff("sara"))
    here.pass_(timedelta(days=15))
    late = here.staff(next(name for name in NAMES if here.unlock(name).person == first.person))

    with pytest.raises(Refused) as refused:
        custodians.waiting(late, found.recovery)

    assert refused.value.type == "not-found"
