"""Who lost machine and sheet gets new keys, and nobody lets them read again before having compared the words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.duties import act
from app.cli.machines import tells_of_new_keys
from app.client import Staff
from app.client.casework import cases
from app.client.intake import epochs
from app.client.machine import objections
from app.client.machine.directory import Machine
from app.client.machine.staff import KeysObjectedTo, WordsNotCompared
from app.client.machine.transport import Refused
from app.client.people import colleagues, duties, memories, new_keys, shared_keys, sign_in
from app.client.people.colleagues import FingerprintDiffers
from app.protocol import intake
from app.protocol.documents import Signer
from app.protocol.duties import DutyKind
from app.protocol.encoding import b64
from app.protocol.errors import NotAuthentic
from app.protocol.objections import Objection
from app.protocol.statements import KeyKind
from app.vocabulary import Role
from tests.cli.command import tern
from tests.client.casework.scene import coded
from tests.client.installation import PASSPHRASE, PASSWORD, STAFF, Installation, installation
from tests.strength import WORK_FACTOR

NEW_PASSWORD = "a new password of a test"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "here") as made:
        yield made


@pytest.fixture
def brings(here: Installation, tmp_path: Path) -> Callable[[str], Staff]:
    """Somebody's new machine, whose keys wait."""

    def brings(handle: str) -> Staff:
        sara = here.staff("sara")
        machine = new_keys.bring(
            tmp_path / "new" / handle,
            here.server,
            token=new_keys.issue_token(sara, here.unlock(handle).person),
            handle=handle,
            password=NEW_PASSWORD,
            passphrase=PASSPHRASE,
            pin=here.pin,
            work_factor=WORK_FACTOR,
        )
        return here.opened.enter_context(Staff(machine.directory, PASSPHRASE, clock=here.now))

    return brings


def certify(here: Installation, anew: Staff, handle: str) -> None:
    words = colleagues.fingerprint(anew)
    colleagues.certify(here.staff("sara"), anew.person, words, STAFF[handle], new_keys=True)
    sign_in.sign_in(anew, NEW_PASSWORD)


def test_until_they_are_certified_new_keys_are_nobodys_and_the_old_ones_go_on(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    boris, sara = here.staff("boris"), here.staff("sara")
    memories.keep(boris)
    anew = brings("boris")

    with pytest.raises(FingerprintDiffers):
        colleagues.certify(sara, boris.person, colleagues.fingerprint(boris), STAFF["boris"], new_keys=True)
    with pytest.raises(FingerprintDiffers):
        colleagues.certify(sara, boris.person, colleagues.fingerprint(anew), STAFF["boris"])
    with pytest.raises(Refused, match="password"):
        sign_in.sign_in(anew, NEW_PASSWORD)
    assert boris.service.get("/memories").json()["items"]
    certify(here, anew, "boris")

    assert anew.person == boris.person
    assert anew.certified(anew.person).key == anew.signer.public_key
    with pytest.raises(Refused):
        boris.service.get("/people")
    assert anew.service.get("/memories").json()["items"] == []
    [replaced] = anew.trust.replaced(anew.person)
    assert (replaced.key, replaced.since) == (boris.signer.public_key, here.now().date())
    with pytest.raises(NotAuthentic):
        anew.trust.certified(anew.person, here.now().date().replace(day=16), key=boris.signer.public_key)


def test_nothing_is_sealed_any_more_to_what_the_keys_before_have_opened(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    shared = {shared_keys.newest_key(anna, kind).id for kind in (KeyKind.CARD_WRITING, KeyKind.DESK)}
    held = {intake.read(anna.log.intakes[-1]).epoch, *shared}
    certify(here, brings("anna"), "anna")

    def due() -> list[duties.Hint]:
        kinds = DutyKind.REPLACE_EPOCH, DutyKind.TURN_SHARED_KEY
        return [each for each in duties.waiting(sara) if each.kind in kinds]

    before = due()
    act(sara, before)

    assert {(each.object, each.person) for each in before} == {(key, anna.person) for key in held}
    assert due() == []
    sara.forget()
    assert held.isdisjoint(
        {intake.read(sara.log.intakes[-1]).epoch, shared_keys.newest_key(sara, KeyKind.CARD_WRITING).id}
    )


def test_a_token_brings_one_machines_keys_and_nobody_but_a_supervisor_certifies_them(
    here: Installation, brings: Callable[[str], Staff], tmp_path: Path
) -> None:
    anew, sara = brings("boris"), here.staff("sara")
    token = new_keys.issue_token(sara, anew.person)

    def bring(directory: str) -> Machine:
        return new_keys.bring(
            tmp_path / directory,
            here.server,
            token=token,
            handle="boris",
            password=NEW_PASSWORD,
            passphrase=PASSPHRASE,
            pin=here.pin,
            work_factor=WORK_FACTOR,
        )

    for _ in range(2):  # the answer was lost
        again = bring("again")
    with pytest.raises(Refused, match="token"):
        bring("thief")

    assert again.about.person == anew.person
    with pytest.raises(Refused, match="role"):
        here.staff("chen").service.get(f"/people/{anew.person}/new-keys")


def test_nobody_grants_on_a_certificate_alone_and_who_turns_leaves_that_grant_for_later(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = coded(here, anna, boris)
    anew = brings("boris")
    certify(here, anew, "boris")
    anna = here.staff("anna")

    opened = cases.open_(anna, case.id)
    turned = cases.write(anna, opened, replace(opened.file, summary="Nothing for the lost machine."))
    with pytest.raises(Refused, match="nothing here"):
        cases.open_(anew, case.id)
    assert turned.key.generation == opened.key.generation + 1
    with pytest.raises(WordsNotCompared):
        shared_keys.share(anna, KeyKind.CARD_WRITING, anew.person)
    with pytest.raises(FingerprintDiffers):
        colleagues.compare(anna, anew.person, colleagues.fingerprint(anna))
    colleagues.compare(anna, anew.person, colleagues.fingerprint(anew))
    again = cases.open_(anna, case.id)
    cases.write(anna, again, replace(again.file, summary="For both of us."))

    assert cases.open_(anew, case.id).file.summary == "For both of us."
    with pytest.raises(Refused):
        cases.open_(boris, case.id)


def test_a_triager_with_new_keys_is_granted_the_epochs_once_a_colleague_has_compared(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    anew = brings("emil")
    certify(here, anew, "emil")
    anna = here.staff("anna")

    epoch = next(each.object for each in duties.waiting(anna) if each.kind is DutyKind.GRANT_EPOCH)
    with pytest.raises(WordsNotCompared):
        epochs.grant(anna, epoch, anew.person)
    colleagues.compare(anna, anew.person, colleagues.fingerprint(anew))
    epochs.grant(anna, epoch, anew.person)

    assert str(anew.epoch_key(epoch).recipient)


def test_intake_is_signed_on_while_somebodys_new_keys_wait_for_their_words(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    anew = brings("emil")
    certify(here, anew, "emil")
    anna = here.staff("anna")
    chen = here.staff("chen")

    signed = epochs.rotate(here.staff("sara"))

    assert anna.epoch_key(signed[0].epoch)
    assert chen.certified(anew.person).key == anew.signer.public_key


def test_who_has_new_keys_is_certified_on_under_them(here: Installation, brings: Callable[[str], Staff]) -> None:
    anew = brings("boris")
    certify(here, anew, "boris")

    colleagues.certify(here.staff("sara"), anew.person, colleagues.fingerprint(anew), {Role.CASEWORKER, Role.ANALYST})

    anew.forget()
    assert anew.certified(anew.person).roles == {Role.CASEWORKER, Role.ANALYST}
    assert len(anew.trust.replaced(anew.person)) == 1


def test_the_machine_of_the_old_keys_hears_of_the_new_ones_and_nobody_grants_to_those_before_having_asked(
    here: Installation, brings: Callable[[str], Staff], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where somebody had compared the words before it objected."""
    old, sara = here.unlock("boris"), here.staff("sara")
    assert new_keys.replacement(old) is None
    anew = brings("boris")
    certify(here, anew, "boris")
    anna, words = here.staff("anna"), colleagues.fingerprint(anew)
    colleagues.compare(anna, anew.person, words)

    with pytest.raises(Refused), tells_of_new_keys(old):
        sign_in.sign_in(old, PASSWORD)
    told = capsys.readouterr().err
    new_keys.object_(old)

    assert words in told
    assert "by a certificate of sara" in told
    assert new_keys.objected(sara) == [anew.person]
    for forgetful in (anna, sara):
        forgetful.forget()
        with pytest.raises(KeysObjectedTo):
            shared_keys.share(forgetful, KeyKind.CARD_WRITING, anew.person)
        with pytest.raises(KeysObjectedTo):
            colleagues.compare(forgetful, anew.person, words)
    colleagues.compare(anna, anew.person, words, although_objected=True)
    shared_keys.share(anna, KeyKind.CARD_WRITING, anew.person)
    assert new_keys.objected(sara) == [anew.person]  # each asks for themselves


def test_no_objection_counts_but_of_a_key_that_the_person_had(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    """Whatever the service shows of them: else it alone could keep somebody from their work."""
    anew = brings("boris")
    certify(here, anew, "boris")
    chen, old = here.staff("chen"), here.unlock("boris").keys.signing

    def shown(by: Signer, org: str) -> list[Objection]:
        said = Objection.sign(by, org=org, recipient=str(anew.keys.identity.recipient), key=anew.signer.public_key)
        item = {
            "person": said.person,
            "by_key": b64(said.by),
            "recipient": said.recipient,
            "key": b64(said.key),
            "signature": b64(said.sig),
        }
        other = item | {"key": b64(chen.signer.public_key)}  # that it was not said of
        return objections.authentic([item, other], chen.trust)

    assert [each.by for each in shown(Signer(anew.person, old), chen.org)] == [old.public_key().public_bytes_raw()]
    assert shown(Signer(anew.person, old), "0" * 64) == []
    assert shown(Signer(anew.person, chen.keys.signing), chen.org) == []
    assert shown(anew.signer, chen.org) == []


def test_at_the_terminal_the_old_machine_objects_and_a_supervisor_hears_of_it_at_sign_in(
    here: Installation, brings: Callable[[str], Staff]
) -> None:
    nothing = tern("machine", "object", environment=here.environment("boris"))
    certify(here, brings("boris"), "boris")

    signed_in = tern("sign-in", environment=here.environment("boris"))
    objected = tern("machine", "object", environment=here.environment("boris"))
    heard = tern("sign-in", environment=here.environment("sara"))

    assert (nothing.code, signed_in.code, objected.code, heard.code) == (1, 1, 0, 0)
    assert "Other keys have taken the place" in signed_in.err
    assert "boris had before says that the new ones are not theirs" in heard.err
