"""Joining and certifying, and what a machine refuses to believe."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx2
import pytest

from app.client import Staff
from app.client.intake import epochs
from app.client.machine.directory import Machine
from app.client.machine.transport import Refused
from app.client.people import audit, colleagues, shared_keys, sign_in
from app.client.people.colleagues import FingerprintDiffers
from app.protocol import audit_chain
from app.protocol.audit_chain import Event
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.roots import org_of
from app.protocol.statements import KeyKind
from app.vocabulary import Role
from tests.client.installation import PASSPHRASE, PASSWORD, Installation, installation
from tests.flows.evil import EvilServer, Lie
from tests.strength import WORK_FACTOR


def test_everybody_certified_is_known_by_their_keys(here: Installation) -> None:
    boris = here.staff("boris")

    found = {each.handle: each.certified for each in colleagues.list_(boris)}

    certified = {handle for handle, is_certified in found.items() if is_certified}
    assert certified == {"sara", "anna", "boris", "chen", "dina", "emil"}


def test_nobody_is_certified_under_words_that_were_not_theirs(here: Installation) -> None:
    sara, anna = here.staff("sara"), here.staff("anna")

    with pytest.raises(FingerprintDiffers):
        colleagues.certify(sara, anna.person, colleagues.fingerprint(sara), {Role.TRIAGER})


def test_a_broken_attempt_to_join_is_taken_up_with_the_same_keys(here: Installation, tmp_path: Path) -> None:
    sara = here.staff("sara")
    join = partial(
        sign_in.join,
        tmp_path,
        here.server,
        handle="farid",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=here.pin,
        work_factor=WORK_FACTOR,
    )
    with pytest.raises(Refused):
        join(invitation="none")
    keys = (tmp_path / "keys.age").read_bytes()

    machine = join(invitation=colleagues.invite(sara, {Role.CASEWORKER}))

    assert machine.about.person
    assert (tmp_path / "keys.age").read_bytes() == keys


def test_who_is_not_certified_is_granted_nothing(here: Installation, tmp_path: Path) -> None:
    sara = here.staff("sara")
    joined = sign_in.join(
        tmp_path,
        here.server,
        invitation=colleagues.invite(sara, {Role.CASEWORKER}),
        handle="gul",
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=here.pin,
        work_factor=WORK_FACTOR,
    )

    with pytest.raises(NotAuthentic, match="uncertified"):
        shared_keys.share(here.staff("boris"), KeyKind.CARD_WRITING, str(joined.about.person))


def test_a_key_log_older_than_what_was_seen_is_refused(here: Installation) -> None:
    anna = here.staff("anna")
    before = anna.machine.seen.read_bytes()
    anna.seen.record("key-log", here.pin, Mark(anna.log.marks[-1].version + 1, "0" * 64))
    anna.forget()

    with pytest.raises(Rollback):
        _ = anna.log
    anna.machine.seen.write_bytes(before)


def test_another_pin_trusts_nobody(here: Installation) -> None:
    machine = Machine(here.machine("anna"))
    machine.pin_to("0" * 64)

    with pytest.raises(NotAuthentic, match="pin"):
        _ = here.unlock("anna").trust
    machine.pin_to(here.pin)


def test_the_pin_is_the_hash_of_the_root_that_everybody_fetches(here: Installation) -> None:
    assert org_of(here.staff("anna").log.trust.root.document) == here.pin


def test_a_triagers_draft_becomes_an_epoch_under_a_supervisors_signature(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        here.pass_(timedelta(days=3))
        draft = epochs.draft(here.staff("anna"), days=5)

        (epoch,) = epochs.sign(here.staff("sara"), epochs.read_draft(epochs.write_draft(draft)))

        assert here.reporter().intake().epoch == epoch
        assert str(here.staff("emil").epoch_key(epoch.epoch).recipient) == str(epoch.recipient)


def test_the_chain_of_acts_verifies_and_a_changed_one_does_not(here: Installation) -> None:
    lines = _chain(here)

    last = audit.walk(lines).last

    assert last == Mark(len(lines), sha256_hex(lines[-1].rstrip(b"\n")))
    with pytest.raises(NotAuthentic):
        audit.walk([lines[0].replace(b'"person.', b'"persons.'), *lines[1:]])
    with pytest.raises(NotAuthentic):
        audit.walk(lines[1:])
    with pytest.raises(NotAuthentic):
        audit.walk([lines[0], *lines[2:]])


@pytest.mark.parametrize(
    "hour",
    [b"7", b'["2026-06-15T09:00Z"]', rb'"\ud800"', b"[" * 100_000, b'"","day":""'],
    ids=["number", "list", "half a character", "deep", "another member"],
)
def test_a_file_that_is_no_chain_of_acts_is_malformed(hour: bytes) -> None:
    line = b'{"seq":1,"hour":%s,"actor":"per_1","action":"a","object":"o","object_hash":null,"previous":""}\n'

    with pytest.raises(Malformed):
        audit.walk([line % hour])


def test_a_chain_of_acts_without_what_this_machine_saw_is_caught_though_it_was_hashed_anew(
    here: Installation, tmp_path: Path
) -> None:
    """Whoever runs the service takes events out, or the last ones, and everything that follows is consistent again."""
    events = [*audit_chain.followed(line.rstrip(b"\n") for line in _chain(here))]
    rewritten = _hashed_anew([event for event in events if event.actor != here.staff("anna").person])
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        for shown in (_hashed_anew(events[:-1]), rewritten, _hashed_anew([*events[:1], *events]), b""):
            evil.lies["/v1/audit/lines"] = _once(shown)
            with here.through("dina", evil) as another_run, pytest.raises(Rollback, match="audit-chain"):
                audit.verify_all(another_run)


def _once(content: bytes) -> Lie:
    answers = iter([content])
    return lambda _: next(answers, b"")


def _chain(here: Installation) -> list[bytes]:
    lines = list[bytes]()
    audit.verify_all(here.staff("dina"), keep=lines.append)
    return lines


def _hashed_anew(events: Iterable[Event]) -> bytes:
    chain, previous = b"", audit_chain.GENESIS
    for seq, event in enumerate(events, start=1):
        fields = asdict(event) | {"seq": seq, "previous": previous, "object_": event.object}
        line = audit_chain.line(**{name: value for name, value in fields.items() if name not in ("hash", "object")})
        chain, previous = chain + line + b"\n", sha256_hex(line)
    return chain


def test_a_colleague_certified_anew_has_the_new_roles_at_once_for_clients_and_service(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        sara, dina = here.staff("sara"), here.staff("dina")

        colleagues.certify(sara, dina.person, colleagues.fingerprint(dina), {Role.ANALYST})

        assert sara.certified(dina.person).roles == {Role.ANALYST}
        assert {each.id: each.roles for each in colleagues.list_(sara)}[dina.person] == ("analyst",)


def test_a_machine_asks_for_the_certificates_that_it_does_not_have_yet(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        sara = here.staff("sara")
        sara.colleagues(Role.TRIAGER)
        lines = len(sara.trust.certificates)

        known = asked_by(here, "sara")
        colleagues.certify(sara, here.staff("dina").person, colleagues.fingerprint(here.staff("dina")), {Role.ANALYST})
        since = asked_by(here, "sara")

    assert [url for url in known if "/v1/staff-log?" in url] == []
    assert [url for url in since if "/v1/staff-log?" in url] == [f"{here.server}/v1/staff-log?from={lines + 1}"]
    for urls in (known, since):
        assert len([url for url in urls if "/v1/key-log?" in url]) == 1  # its page says that it is the last
        assert not any("/v1/people" in url for url in urls)


def asked_by(here: Installation, name: str) -> list[str]:
    """The addresses that somebody's machine asks for, to know their colleagues."""
    asked: list[str] = []
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        with httpx2.Client(
            transport=evil,
            base_url=here.server,
            event_hooks={"request": [lambda request: asked.append(str(request.url))]},
        ) as http:
            Staff(here.machine(name), PASSPHRASE, http=http, clock=here.now).colleagues(Role.TRIAGER)
    return asked
