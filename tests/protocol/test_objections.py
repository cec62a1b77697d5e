"""Whoever has not the key that was replaced says nothing in its name."""

import dataclasses
from typing import Any

import pytest

from app.protocol import objections
from app.protocol.documents import Signature
from app.protocol.errors import NotAuthentic
from app.protocol.objections import Objection
from app.vocabulary import Role
from tests.protocol.organisation import person

ORG = "org_" + "1" * 32
ANNA, OTHER = person(Role.TRIAGER), person(Role.TRIAGER)
SAID = Objection.sign(ANNA.signer, org=ORG, recipient="age1pq1other", key=OTHER.signer.public_key)


def test_an_objection_is_that_of_the_key_that_signed_it() -> None:
    SAID.check(ORG)
    assert (SAID.person, SAID.by) == (ANNA.id, ANNA.signer.public_key)


@pytest.mark.parametrize(
    "changed",
    [
        {"person": OTHER.id},
        {"by": OTHER.signer.public_key},
        {"recipient": "age1pq1another"},
        {"key": ANNA.signer.public_key},
        {"sig": bytes(64)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_objection_in_which_anything_was_changed_is_not_authentic(changed: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic):
        dataclasses.replace(SAID, **changed).check(ORG)


def test_an_objection_is_of_one_organisation() -> None:
    with pytest.raises(NotAuthentic):
        SAID.check("org_" + "2" * 32)


def test_only_a_key_asks_what_is_in_its_place() -> None:
    asked = objections.ask(ANNA.signer, org=ORG)
    key = ANNA.signer.public_key

    objections.check_asked(Signature(ANNA.id, key, asked), org=ORG)
    for by, of, org in ((ANNA.id, OTHER.signer.public_key, ORG), (OTHER.id, key, ORG), (ANNA.id, key, "org_2")):
        with pytest.raises(NotAuthentic):
            objections.check_asked(Signature(by, of, asked), org=org)
