"""Nobody is locked out by a date: what ends soon is renewed, as it is, by whoever signs in and may."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli import duties as asked
from app.client.casework import leaving
from app.client.people import audit, colleagues, duties, shared_keys
from app.protocol.duties import DutyKind
from app.protocol.statements import KeyKind
from tests.cli.command import tern
from tests.client.installation import STAFF, Installation, installation


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def test_what_ends_soon_is_renewed_with_the_same_keys_and_roles_but_for_a_day_that_somebody_chose(
    here: Installation,
) -> None:
    sara, anna, boris = here.staff("sara"), here.unlock("anna"), here.unlock("boris")
    chosen = sara.today + timedelta(days=350)
    colleagues.certify(sara, boris.person, colleagues.fingerprint(boris), STAFF["boris"], valid_until=chosen)
    early = colleagues.renew(sara, anna.person)
    here.pass_(timedelta(days=321))
    before = here.staff("anna").certified(anna.person)

    ended = tern("sign-in", environment=here.environment("sara"))

    today = here.staff("sara")
    tenure = {name: today.trust.tenure(here.unlock(name).person, today.today) for name in STAFF}
    assert (early, ended.code) == (None, 0)
    assert {
        name for name, each in tenure.items() if each and each.valid_until == today.today + timedelta(days=365)
    } == (STAFF.keys() - {"boris"})
    assert today.certified(anna.person) == before
    waits = {hint.object for hint in duties.waiting(today) if hint.kind is DutyKind.RENEW_CERTIFICATE}
    assert waits == {boris.person}
    asked.act(today, duties.waiting(today), ask=lambda question: "2027" in question)
    assert [hint for hint in duties.waiting(today) if hint.kind is DutyKind.RENEW_CERTIFICATE] == []


def test_who_left_or_lost_a_role_is_vouched_for_no_further_whatever_the_service_says(here: Installation) -> None:
    sara, anna, boris = here.staff("sara"), here.unlock("anna"), here.unlock("boris")
    leaving.leave(sara, anna.person)
    here.pass_(timedelta(days=330))
    ended = colleagues.renew(here.staff("sara"), anna.person)
    here.pass_(timedelta(days=40))
    too_late = [colleagues.renew(here.staff("sara"), each) for each in (boris.person, sara.person)]

    assert (ended, too_late) == (None, [None, None])


def test_a_shared_key_is_made_anew_before_it_ends(here: Installation) -> None:
    sara = here.staff("sara")
    first = shared_keys.newest_key(sara, KeyKind.CARD_WRITING)
    early = shared_keys.renew(sara, first.id)
    here.pass_(timedelta(days=25))
    sara = here.staff("sara")

    hint = next(each for each in duties.waiting(sara) if each.kind is DutyKind.RENEW_SHARED_KEY)
    asked.act(sara, [hint, hint])

    newest = shared_keys.newest_key(sara, KeyKind.CARD_WRITING)
    assert (early, hint.object, newest.version) == (None, first.id, first.version + 1)
    assert newest.valid_until > first.valid_until
    assert shared_keys.hold(here.staff("boris"), KeyKind.CARD_WRITING).key.id == newest.id


def test_a_chain_of_acts_that_no_supervisor_has_followed_for_days_waits_for_one(here: Installation) -> None:
    audit.follow(here.staff("sara"))
    for _ in range(4):
        here.work()
        here.pass_(timedelta(days=1))
    sara = here.staff("sara")

    waits = [hint.kind for hint in duties.waiting(sara)]
    audit.follow(sara)

    assert DutyKind.COUNTERSIGN in waits
    assert DutyKind.COUNTERSIGN not in [hint.kind for hint in duties.waiting(sara)]
    assert DutyKind.COUNTERSIGN not in [hint.kind for hint in duties.waiting(here.staff("boris"))]
