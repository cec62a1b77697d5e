"""Members of a case write at once: nothing that anybody typed is lost, and everybody comes to the same case."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.client import Staff
from app.client.casework import cases, triage
from app.client.casework.cases import OpenCase
from app.protocol.case import Assertion, CaseFile
from app.protocol.selectors import Selector
from app.vocabulary import Relation
from tests.client.casework.scene import CODING, DOCUMENT, FOUND
from tests.flows.organisation import Organisation

# What somebody adds, or says otherwise than it was, in words of their own.
Edit = Callable[[Staff, CaseFile, str], CaseFile]


def add_person(_: Staff, file: CaseFile, text: str) -> CaseFile:
    made = cases.affected(Relation.SELF, statistics=None, by_reporter=None, can_be_asked=True, note=text)
    return replace(file, persons=(*file.persons, made))


def add_incident(staff: Staff, file: CaseFile, text: str) -> CaseFile:
    return file.with_incident(cases.incident(staff, file.persons[0], CODING, narrative=text))


def add_selector(_: Staff, file: CaseFile, text: str) -> CaseFile:
    return replace(file, selectors=(*file.selectors, Selector.of("email", f"{text}@example.org")))


def say(_: Staff, file: CaseFile, text: str) -> CaseFile:
    first = file.incidents[0]
    said = Assertion(by="somebody", text=text, basis="relative_witnessed")
    return file.with_incident(replace(first, assertions=(*first.assertions, said)))


def rewrite(_: Staff, file: CaseFile, text: str) -> CaseFile:
    return replace(file, summary=text)


WRITERS: Final = ("tenzin", "leyla", "sofia")
EDITS: Final[tuple[Edit, ...]] = (add_person, add_incident, add_selector, say, rewrite)
PLANS: Final = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(EDITS), min_size=1, max_size=3) for name in WRITERS}
)


@pytest.mark.both_databases  # each has locks of its own
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=PLANS)
def test_nothing_is_lost_and_every_reader_comes_to_the_same_case(
    organisation: Organisation, plans: dict[str, list[Edit]]
) -> None:
    case = begun(organisation)

    with ThreadPoolExecutor(len(WRITERS)) as threads:
        refused = threads.map(lambda name: work(organisation.staff[name], case, plans[name]), WRITERS)
        collided = {text: edit for texts in refused for text, edit in texts.items()}

    tenzin, *others = (cases.open_(organisation.staff[name], case) for name in WRITERS)
    for found in others:
        assert (found.file, found.said, found.members) == (tenzin.file, tenzin.said, tenzin.members)
    assert (tenzin.spoiled, tenzin.set_aside, tenzin.journal.passed_over) == ((), (), ())
    written = texts_of(organisation.staff["tenzin"], tenzin)
    typed = {f"{name}-{number}" for name, plan in plans.items() for number, _ in enumerate(plan)}
    assert typed <= written | collided.keys()
    # Only what several can say otherwise, they are asked about.
    assert set(collided.values()) <= {rewrite}


def begun(organisation: Organisation) -> str:
    """A case of all writers, with a person and an incident."""
    tenzin, leyla, sofia = (organisation.staff[name] for name in WRITERS)
    sent = organisation.reporter().submit(DOCUMENT)
    triage.claim(tenzin, triage.view(tenzin, sent.report))
    report = triage.open_(tenzin, sent.report)
    case = triage.accept(tenzin, report, FOUND, owner=tenzin.person, colleagues=[leyla.person, sofia.person])
    opened = cases.open_(tenzin, case)
    file = add_person(tenzin, opened.file, "first")
    cases.write(tenzin, opened, add_incident(tenzin, file, "first"))
    return case


def work(staff: Staff, case: str, plan: list[Edit]) -> dict[str, Edit]:
    """Write one after the other, as somebody who opened the case once. What somebody else was faster with."""
    name = next(name for name in WRITERS if staff.machine.directory.name == name)
    opened, collided = cases.open_(staff, case), dict[str, Edit]()
    for number, edit in enumerate(plan):
        text = f"{name}-{number}"
        try:
            opened = cases.write(staff, opened, edit(staff, opened.file, text))
        except cases.Collision as collision:
            [(mine, _)] = collision.texts.values()
            assert text in mine.values()
            assert cases.drafts.find(staff, case) is not None
            collided[text] = edit
            opened = cases.open_(staff, case)
    return collided


def texts_of(staff: Staff, case: OpenCase) -> set[str]:
    """All words of all versions of all parts."""
    said = [each for part in case.said for _, each in cases.versions(staff, case, part)]
    return {str(value).removesuffix("@example.org") for each in said for value in each.body.values()}
