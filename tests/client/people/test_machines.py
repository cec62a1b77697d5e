"""A machine that is made of the copy of somebody's keys works like the first, and believes no service about it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.client import Staff
from app.client.casework import triage
from app.client.machine.passphrases import WeakPassphrase, WrongPassphrase
from app.client.machine.transport import Refused
from app.client.people import audit, copies, machines, sign_in
from app.client.people.copies import Draft, Standing
from app.protocol.audit_chain import followed
from app.protocol.encoding import b64, new_id
from app.protocol.errors import NotAuthentic, Rollback
from app.protocol.key_copy import COPY, AccountKey, sign_file
from tests.cli.command import tern
from tests.client.installation import PASSPHRASE, PASSWORD, Installation
from tests.flows.evil import EvilServer, attacks, in_json
from tests.strength import COPY_WORK_FACTOR, WORK_FACTOR

FORM = {"language": "en", "text": "They know my address.", "answers": {"danger_now": "days", "consent": ["contact"]}}


def leave(staff: Staff) -> Draft:
    """A copy at the service, and its sheet in somebody's hands."""
    drafted = copies.draft(staff, PASSPHRASE, work_factor=COPY_WORK_FACTOR)
    copies.keep(staff, drafted)
    return drafted


@pytest.fixture
def evil() -> Iterator[EvilServer]:
    with httpx2.HTTPTransport() as honest:
        yield EvilServer(honest)


@pytest.fixture
def http(here: Installation, evil: EvilServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=evil, base_url=here.server) as http:
        yield http


@pytest.fixture
def add(here: Installation, http: httpx2.Client, tmp_path: Path) -> Callable[..., Staff]:
    """Makes a machine of a copy in an empty directory, by way of a service that may lie."""

    def add(handle: str, words: str, passphrase: str = PASSPHRASE, **more: str) -> Staff:
        return here.opened.enter_context(
            machines.add(
                tmp_path / "another",
                here.server,
                handle=handle,
                password=more.pop("password", PASSWORD),
                passphrase=passphrase,
                account_key=AccountKey.read(words),
                work_factor=WORK_FACTOR,
                http=http,
                clock=here.now,
                **more,
            )
        )

    return add


def test_a_machine_made_of_the_copy_goes_on_where_the_first_one_was(
    here: Installation, add: Callable[..., Staff]
) -> None:
    first = here.staff("emil")
    report = here.reporter().submit(FORM).report
    triage.claim(first, triage.view(first, report))

    second = add("emil", leave(first).sheet.words)

    assert (second.person, second.pin, second.keys.public_key) == (first.person, first.pin, first.keys.public_key)
    assert triage.open_(second, report).report.form.text == FORM["text"]
    triage.answer(second, triage.open_(second, report), "Are you safe tonight?")
    assert [each.content.text for each in triage.thread(first, triage.open_(first, report)).replies] == [
        "Are you safe tonight?"
    ]
    assert Staff(second.machine.directory, PASSPHRASE).keys.public_key == first.keys.public_key


def test_a_copy_needs_both_secrets_and_an_empty_place(
    here: Installation, add: Callable[..., Staff], tmp_path: Path
) -> None:
    words = leave(here.staff("emil")).sheet.words

    for typed, passphrase in ((words, "another passphrase"), (AccountKey(bytes(16)).words, PASSPHRASE)):
        with pytest.raises(WrongPassphrase):
            add("emil", typed, passphrase)
    assert not (tmp_path / "another").exists()
    add("emil", words)
    with pytest.raises(FileExistsError):
        add("emil", words)


def test_an_earlier_sheet_opens_nothing_any_more(here: Installation, add: Callable[..., Staff]) -> None:
    emil = here.staff("emil")
    earlier, present = leave(emil), leave(emil)

    with pytest.raises(WrongPassphrase):
        add("emil", earlier.sheet.words)
    with pytest.raises(Refused, match="replaced"):
        copies.keep(emil, earlier)
    assert add("emil", present.sheet.words).person == emil.person


def test_a_copy_that_was_drafted_and_never_left_takes_no_place(here: Installation, add: Callable[..., Staff]) -> None:
    """Power fails between the printing of a sheet and the request: the sheet before is the one that counts."""
    emil = here.staff("emil")
    kept = leave(emil)
    copies.draft(emil, PASSPHRASE, work_factor=COPY_WORK_FACTOR)

    assert add("emil", kept.sheet.words).person == emil.person


def test_each_machine_is_told_once_that_another_has_replaced_the_copy(
    here: Installation, add: Callable[..., Staff]
) -> None:
    first = here.staff("anna")
    without = sign_in.sign_in(first, PASSWORD)
    second = add("anna", leave(first).sheet.words)
    both = [sign_in.sign_in(each, PASSWORD) for each in (first, second)]
    leave(second)

    assert without is Standing.NONE
    assert both == [Standing.KEPT, Standing.KEPT]
    assert [sign_in.sign_in(first, PASSWORD) for _ in range(2)] == [Standing.ANOTHER, Standing.KEPT]
    assert sign_in.sign_in(second, PASSWORD) is Standing.KEPT


def _without_signature(said: dict[str, Any]) -> None:
    said["signature"] = b64(bytes(64))


@attacks("copy")
def test_a_copy_of_the_services_making_becomes_no_machine(
    here: Installation, evil: EvilServer, add: Callable[..., Staff], tmp_path: Path
) -> None:
    """It gives somebody else's, an earlier one, one that it made, one that would take an hour, one unsigned."""
    emil, boris = here.staff("emil"), here.staff("boris")
    earlier, other, present = leave(emil), leave(boris), leave(emil)

    def gives(file: bytes, staff: Staff) -> None:
        said = {"file": b64(file), "signature": b64(sign_file(COPY.name, file, staff.signer))}
        evil.lies["/v1/copy"] = in_json(lambda answer: answer.update(said))

    for file, staff in ((earlier.file, emil), (other.file, boris)):
        gives(file, staff)
        with pytest.raises(WrongPassphrase):
            add("emil", present.sheet.words)
    for file in (present.file.replace(b"-> scrypt", b"-> Scrypt"), present.file.replace(b" 10\n", b" 20\n", 1)):
        gives(file, emil)
        with pytest.raises(NotAuthentic, match="envelope"):
            add("emil", present.sheet.words)
    evil.lies["/v1/copy"] = in_json(_without_signature)
    with pytest.raises(NotAuthentic, match="signature"):
        add("emil", present.sheet.words)
    assert not (tmp_path / "another").exists()


def test_a_service_that_says_who_somebody_is_is_held_to_their_copy(
    here: Installation, evil: EvilServer, add: Callable[..., Staff], tmp_path: Path
) -> None:
    present = leave(here.staff("emil"))
    evil.lies["/v1/sessions"] = in_json(lambda said: said.update(person=new_id("per")))

    with pytest.raises(NotAuthentic, match="subject"):
        add("emil", present.sheet.words)
    assert not (tmp_path / "another").exists()


def test_a_new_machine_takes_no_key_log_that_is_older_than_its_copy(
    here: Installation, evil: EvilServer, add: Callable[..., Staff], tmp_path: Path
) -> None:
    present = leave(here.staff("emil"))
    evil.log = here.staff("emil").service.get("/key-log", **{"from": 1}).content.splitlines()[:-1]

    with pytest.raises(Rollback):
        add("emil", present.sheet.words)
    assert not (tmp_path / "another").exists()


def test_what_the_service_is_sent_opens_no_copy(
    here: Installation, add: Callable[..., Staff], evil: EvilServer
) -> None:
    sent: list[bytes] = []
    honest = evil._honest

    class Listens(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            sent.append(bytes(request.read()) + str(request.url).encode())
            return honest.handle_request(request)

    evil._honest = Listens()
    words = leave(here.staff("emil")).sheet.words

    add("emil", words)

    assert sent
    assert not any(secret.encode() in each for each in sent for secret in (words, PASSPHRASE))


def test_a_new_passphrase_goes_with_a_new_sheet_and_the_old_ones_open_nothing(
    here: Installation, add: Callable[..., Staff]
) -> None:
    new = "another seven words of no sentence at all"
    chen = here.staff("chen")
    before = leave(chen)
    drafted = copies.draft(chen, PASSPHRASE, new_passphrase=new, work_factor=COPY_WORK_FACTOR)
    copies.keep(chen, drafted)
    chen.machine.lock_with(new, chen.keys, work_factor=WORK_FACTOR)

    for words, passphrase in ((before.sheet.words, PASSPHRASE), (drafted.sheet.words, PASSPHRASE)):
        with pytest.raises(WrongPassphrase):
            add("chen", words, passphrase)
    with pytest.raises(WrongPassphrase):
        chen.machine.unlock(PASSPHRASE)
    assert add("chen", drafted.sheet.words, new).keys.public_key == chen.machine.unlock(new).public_key


def test_a_weak_passphrase_changes_nothing(here: Installation) -> None:
    with pytest.raises(WeakPassphrase):
        copies.draft(here.staff("dina"), PASSPHRASE, new_passphrase="dina 2026", work_factor=COPY_WORK_FACTOR)


def test_a_forgotten_password_is_set_with_the_keys_and_the_other_machine_signs_in_again(
    here: Installation, add: Callable[..., Staff]
) -> None:
    new = "another password of a test"
    first = here.staff("boris")
    second = add("boris", leave(first).sheet.words)

    sign_in.set_password(second, new)

    for each in (first, second):
        with pytest.raises(Refused, match="session"):
            each.service.get("/people")
        sign_in.sign_in(each, new)
    assert [each.is_current for each in sign_in.sessions(second)].count(True) == 1
    (elsewhere,) = [each.id for each in sign_in.sessions(second) if not each.is_current]
    sign_in.end_session(second, elsewhere)
    with pytest.raises(Refused):
        first.service.get("/people")


def test_who_lost_their_machine_and_forgot_the_password_needs_sheet_passphrase_and_a_supervisors_token(
    here: Installation, add: Callable[..., Staff]
) -> None:
    new = "a third password of a test"
    dina, sara = here.staff("dina"), here.staff("sara")
    words = leave(dina).sheet.words

    with pytest.raises(WrongPassphrase):
        add("dina", words, "another passphrase", password=new, token=machines.issue_token(sara, dina.person))
    again = add("dina", words, password=new, token=machines.issue_token(sara, dina.person))

    assert again.keys.public_key == dina.keys.public_key
    assert sign_in.sign_in(again, new) is Standing.KEPT
    with pytest.raises(Refused, match="role"):
        machines.issue_token(again, dina.person)


def test_where_no_supervisor_can_sign_in_the_operators_token_fetches_the_copy(
    here: Installation, add: Callable[..., Staff]
) -> None:
    new = "a third password of a test"
    environment = {
        "TERN_DATA_DIR": str(here.directory / "server"),
        "TERN_DEMO": "1",
        "TERN_DEMO_CLOCK": str(here.clock),
    }
    sara = here.staff("sara")
    words = leave(sara).sheet.words

    strange = tern("copy-token", "nobody", environment=environment)
    token = json.loads(tern("copy-token", "sara", "--json", environment=environment).out)["token"]
    again = add("sara", words, password=new, token=token)

    assert (strange.code, strange.err) == (1, "tern: nobody has joined under this handle or id\n")
    assert again.keys.public_key == sara.keys.public_key
    lines = list[bytes]()
    audit.verify_all(again, keep=lines.append)
    issued = [each for each in followed(line.rstrip(b"\n") for line in lines) if each.action == "copy.token-issued"]
    assert (issued[-1].actor, issued[-1].object) == ("service", sara.person)
