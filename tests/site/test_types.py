"""The types that the reporter's page knows are those of the table."""

from app.site import types


def test_the_types_are_those_of_the_table() -> None:
    assert types.PATH.read_text(encoding="utf-8") == types.text(), "run `python -m app.site.types`"
