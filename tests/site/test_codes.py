"""The codes that the reporter's page checks are those of the vocabulary."""

from app.site import codes


def test_the_codes_are_those_of_the_vocabulary() -> None:
    assert codes.PATH.read_text(encoding="utf-8") == codes.text()
