"""`tern audit`, and what a sign-in says of the chain that it follows."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.database import Database
from tests.cli.command import Ended, tern
from tests.client.installation import Installation, installation


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        made.work()
        yield made


def at(here: Installation, name: str, *arguments: str) -> Ended:
    environment = here.environment(name)
    return tern(*arguments, environment=environment)


def change(here: Installation, *statements: str) -> None:
    """What whoever runs the service can do to its database."""
    url = f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}"
    with closing(Database(url)) as database, database.write() as session:
        for statement in statements:
            session.execute(sa.text(statement))


def test_a_sign_in_says_what_it_found_of_the_audit_chain_and_ends_well(here: Installation, tmp_path: Path) -> None:
    """Who cannot work cannot help; `tern audit verify` is what fails."""
    first = at(here, "dina", "sign-in")
    here.pass_(timedelta(days=5))
    late = at(here, "dina", "sign-in")
    change(here, "DELETE FROM audit_countersignatures", "DELETE FROM audit_heads")
    cut = at(here, "dina", "sign-in")

    assert [each.code for each in (first, late, cut)] == [0, 0, 0]
    assert "audit chain" not in first.err
    assert "signed no head of the audit chain for 5 days" in late.err
    assert "The audit chain was not followed: " in cut.err
    assert at(here, "dina", "audit", "verify").code == 3


def test_heads_are_exported_for_somebody_outside_who_learns_nothing_of_who_did_what(
    here: Installation, tmp_path: Path
) -> None:
    for name in ("sara", "dina"):
        assert at(here, name, "sign-in").code == 0
    file = tmp_path / "heads.jsonl"

    exported = at(here, "dina", "audit", "export", str(file))
    compared = at(here, "dina", "audit", "verify", "--against", str(file), "--json")
    other = tmp_path / "other.jsonl"
    other.write_text(file.read_text() * 2)

    assert (exported.code, compared.code) == (0, 0)
    told = json.loads(compared.out)
    assert (told["signed_heads"], told["countersigned_by"]) == (1, ["sara"])
    assert here.unlock("dina").person not in file.read_text()
    assert at(here, "dina", "audit", "export", str(file)).code == 1  # it is there
    assert at(here, "dina", "audit", "verify", "--against", str(other)).code == 3
