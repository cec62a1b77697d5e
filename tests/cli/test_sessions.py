"""`tern sign-in` of whoever may: of each role, and before and after somebody is certified."""

from datetime import timedelta

import pytest

from app.client.people import colleagues
from app.vocabulary import Role
from tests.cli.command import Ended, tern
from tests.client.installation import STAFF, Installation


def sign_in(here: Installation, name: str) -> Ended:
    return tern("sign-in", environment=here.environment(name))


@pytest.mark.parametrize("name", ["sara", *STAFF])
def test_whoever_is_certified_signs_in_and_nothing_of_it_fails(here: Installation, name: str) -> None:
    signed_in = sign_in(here, name)

    assert signed_in.code == 0
    assert "(forbidden)" not in signed_in.err
    assert "was not" not in signed_in.err


def test_who_is_not_certified_yet_or_any_more_is_signed_in_and_told_so(here: Installation) -> None:
    """As `tern join` asks of a founder: sign in, then read out your words."""
    sara = here.staff("sara")
    here.join("nils", colleagues.invite(sara, {Role.CASEWORKER}), pin=here.pin)
    newcomer = here.unlock("nils")

    before = sign_in(here, "nils")
    colleagues.certify(sara, newcomer.person, colleagues.fingerprint(newcomer), {Role.CASEWORKER})
    between = sign_in(here, "nils")
    here.pass_(timedelta(days=800))
    after = sign_in(here, "nils")

    assert [each.code for each in (before, between, after)] == [0, 0, 0]
    assert before.err.splitlines()[-1].startswith("You are signed in, and nobody has certified you.")
    assert after.err.splitlines()[-1].startswith("You are signed in, and nobody has certified you.")
    assert "certified you" not in between.err
