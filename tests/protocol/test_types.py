"""The table of sealed types agrees with itself."""

from pathlib import Path

import pytest

from app.protocol.encoding import new_id
from app.protocol.errors import Malformed
from app.protocol.sizes import Kind
from app.protocol.types import TYPES, Form, ProvedBy, SealedType
from app.vocabulary import Role
from docs.sealed_types import with_tables

DOCS = Path(__file__).parents[2] / "docs"

EACH = pytest.mark.parametrize("of", TYPES.values(), ids=TYPES)


@EACH
def test_what_is_sealed_has_its_lengths_and_what_is_not_has_none(of: SealedType) -> None:
    assert (of.kind is not None) == (of.form in (Form.SEALED, Form.FILE))


@EACH
def test_every_type_says_who_may_write_it(of: SealedType) -> None:
    assert of.roles or of.who


@EACH
def test_what_staff_seal_is_signed_by_one_person_of_a_role_that_works_on_cases(of: SealedType) -> None:
    if of.form is Form.SEALED:
        assert bool(of.roles) == (of.proved_by is ProvedBy.ONE)
    # What everybody keeps for themselves is read by nobody else, and analysts sign releases.
    assert of.name in {"memory", "release-key"} or not of.roles & {Role.OPERATOR, Role.ANALYST, Role.AUDITOR}


@EACH
def test_only_of_what_people_sign_the_people_are_named(of: SealedType) -> None:
    assert of.proved_by is ProvedBy.ONE or not of.named


@EACH
def test_of_what_nothing_proves_the_service_alone_can_write_a_second_version(of: SealedType) -> None:
    assert of.proved_by is not ProvedBy.NOTHING or not of.chained or of.name == "state"


@EACH
def test_a_subject_is_an_id_of_the_kind_that_the_type_is_about(of: SealedType) -> None:
    of.check_subject(new_id(of.subjects[-1]) if of.subjects else of.about or of.name)

    for other in (new_id("inv"), "inv", None, *(f"{prefix}_1" for prefix in of.subjects)):
        with pytest.raises(Malformed):
            of.check_subject(other)


@pytest.mark.parametrize("page", ["protocol.md", "protocol-documents.md"])
def test_the_table_is_that_which_the_pages_of_the_protocol_show(page: str) -> None:
    text = (DOCS / page).read_text()

    assert with_tables(text) == text


def test_who_wrote_a_part_a_consent_or_an_approval_is_never_left_to_the_role() -> None:
    parts = {
        f"part.{name}"
        for name in (
            *("case", "person", "incident", "assertion", "verdict", "card", "selector", "identity"),
            *("assessment", "plan", "task", "note", "closing", "tie"),
        )
    }

    named = {name for name, of in TYPES.items() if of.named}
    assert named == parts | {"checkpoint", "consent", "approval", "memory", "release-key"}


def test_whether_an_entry_or_a_part_counts_is_a_matter_of_its_number_and_of_nothing_else_so() -> None:
    numbered = {name for name, of in TYPES.items() if of.numbered}

    assert numbered == {"journal", "checkpoint", *(name for name in TYPES if name.startswith("part."))}


def test_what_has_a_second_version_is_stated_here() -> None:
    """Whatever else is written again is another document, and takes no part of what was."""
    assert {name for name, of in TYPES.items() if of.chained} == {
        *("root", "certificate", "service-key", "intake", "key", "client", "audit-head"),
        *("thread-state", "state", "message.copy", "journal", "consent", "memory", "templates"),
        *("part.case", "part.person", "part.incident", "part.selector", "part.identity"),
        *("part.assessment", "part.plan", "part.task", "part.closing", "part.tie"),
    }


def test_what_the_key_of_a_case_does_not_open_is_stated_here() -> None:
    assert {name for name, of in TYPES.items() if of.own_key} == {"part.identity"}


def test_what_a_reporters_client_writes_or_reads_is_stated_here() -> None:
    """It is all that their browser knows of what is sealed or signed."""
    assert {name for name, of in TYPES.items() if of.reporters} == {
        *("root", "service-key", "intake", "loss", "key-log-head"),
        *("report", "grant", "attachment", "thread-state", "state", "message.staff", "message.reporter"),
    }


def test_what_lies_in_a_slot_has_its_length() -> None:
    in_slots = {name for name, of in TYPES.items() if "slots.file" in map(str, of.stored)}

    assert in_slots == {name for name, of in TYPES.items() if of.kind is Kind.SLOT}


def test_what_is_not_sealed_has_no_length() -> None:
    with pytest.raises(LookupError, match="root"):
        TYPES["root"].lengths  # noqa: B018  asking is what fails
