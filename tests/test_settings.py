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


MAIL = {
    "DIGEST_TO": "a@example.org,b@example.org",
    "DIGEST_FROM": "c@example.org",
    "DIGEST_SMTP": "smtps://u:p@mail:465",
}
HOOK = {"WEBHOOK_URL": "https://hook.example.org/1", "WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"DIGEST_FROM": ""},
        {"DIGEST_SMTP": ""},
        {"DIGEST_SMTP": "https://mail"},
        {"DIGEST_SMTP": "smtp://"},
        {"DIGEST_SMTP": "smtp://mail:port"},
        {"DIGEST_TO": "a"},
        {"DIGEST_TO": "a@example.org\nBcc: b@example.org"},
        {"DIGEST_HOURS": "24"},
        {"DIGEST_HOURS": ""},
        {"WEBHOOK_URL": "http://hook.example.org"},
        {"WEBHOOK_SECRET": ""},
        {"WEBHOOK_SECRET": "hunter2"},
        {"WEBHOOK_SECRET": "whsec_c2hvcnQ="},
    ],
)
def test_reminders_that_could_not_go_or_not_in_secret_are_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    for name, value in (MAIL | HOOK).items():
        monkeypatch.setenv(f"TERN_{name}", value)
    assert Settings().digest_hours == "7"
    for name, value in wrong.items():
        monkeypatch.setenv(f"TERN_{name}", value)

    with pytest.raises(ValidationError) as error:
        Settings()

    assert "hunter2" not in str(error.value)
