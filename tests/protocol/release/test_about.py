"""What a release says of itself is read as it was written, and in no other writing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.protocol.release.about import ANY_READER, COMPOSER, MANY_LANGUAGES, NAMED, read_about, write_about
from app.protocol.release.errors import ReleaseError
from app.vocabulary import Role
from tests.statistics.releases import folders

ABOUT = folders.about(folders.noisy("T"))
CORRECTS = replace(ABOUT, draw="rel_" + "2" * 32, supersedes="5" * 64, correction="Two cards were of one person.")


@pytest.mark.parametrize("composer", range(1, COMPOSER + 1))
def test_what_a_release_says_of_itself_is_read_as_it_was_written(composer: int) -> None:
    about = replace(ABOUT, note="Everybody is invented.", composer=composer)

    assert read_about(write_about(about)) == about


def test_a_correction_says_what_it_corrects_and_stands_in_the_ledger_as_the_first() -> None:
    assert read_about(write_about(CORRECTS)) == CORRECTS
    assert (CORRECTS.charged_as, ABOUT.charged_as) == (CORRECTS.draw, ABOUT.release)
    before = json.loads(write_about(replace(CORRECTS, composer=NAMED)))
    assert before.keys() & {"draw", "supersedes", "correction"} == set()


def test_who_stands_in_signs_in_the_place_of_the_requester_or_of_the_approver() -> None:
    stands_in = replace(ABOUT, signs_for_requester=Role.CASEWORKER, signs_for_approver=Role.ANALYST)

    assert ABOUT.signers == (Role.ANALYST, Role.SUPERVISOR)
    assert stands_in.signers == (Role.CASEWORKER, Role.ANALYST)


def test_what_the_number_of_a_composer_means_never_changes() -> None:
    assert (NAMED, MANY_LANGUAGES, ANY_READER) == (2, 4, 5)
    assert [replace(ABOUT, composer=each).names_people for each in (1, 2, 3, 4)] == [True, True, False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"composer": 0},
        {"composer": COMPOSER + 1},
        {"composer": True},
        {"composer": float(COMPOSER)},
        {"note": 3},
        {"contact": None, "organisation": ["An Organisation"]},
        {"versions": {"tern": 1}},
        {"this": None},
        {"year": {"rho": 5_000}},
        {"more": "of it"},
    ],
)
def test_what_says_something_else_or_says_it_otherwise_is_refused(changes: dict[str, Any]) -> None:
    said = json.loads(write_about(ABOUT))

    with pytest.raises(ReleaseError):
        read_about((json.dumps({**said, **changes}, ensure_ascii=False, indent=1) + "\n").encode())


@pytest.mark.parametrize("left_out", ["composer", "pin", "life", "draw"])
def test_what_lacks_a_fact_is_refused(left_out: str) -> None:
    said = {name: each for name, each in json.loads(write_about(ABOUT)).items() if name != left_out}

    with pytest.raises(ReleaseError):
        read_about((json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode())


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", write_about(ABOUT)[:-1], write_about(ABOUT) + b"\n", b"[" * 100_000]
)
def test_what_is_written_otherwise_is_refused(content: bytes) -> None:
    with pytest.raises(ReleaseError):
        read_about(content)
