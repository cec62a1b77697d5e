"""What an operator may set, and what is refused before anything starts."""

import pytest
from pydantic import ValidationError

from app.settings import Settings

ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"


def test_an_onion_service_is_set_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERN_ONION", ONION)

    assert Settings().onion == ONION


@pytest.mark.parametrize("wrong", ["two\nlines", "a bell \x07", "x" * 201])
def test_a_name_that_releases_bear_is_one_line(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TERN_ORGANISATION", wrong)

    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    "wrong",
    [
        ONION.replace("pg6m", "pg6n"),  # the checksum tells
        ONION.removesuffix(".onion"),
        f"http://{ONION}",
        f"{ONION}/",
        ONION.upper(),
        f"{ONION}\n",
        "expyuzz4wqqyqhjn.onion",  # version 2
    ],
)
def test_what_is_no_onion_service_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TERN_ONION", wrong)

    with pytest.raises(ValidationError):
        Settings()
