"""A service that hides, repeats, forks or swaps what went from one case to another: nobody believes it, and nothing
comes back, or is said twice."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.client import Staff
from app.client.casework import cases, triage
from app.client.casework.cases import OpenCase
from app.client.machine.transport import Refused
from app.clock import Clock
from app.main import create_app
from app.protocol.case import CaseFile
from app.settings import Settings
from app.vocabulary import ConsentStatus, Relation, Role
from tests.client.casework.scene import CODING, DOCUMENT, FOUND
from tests.client.casework.test_moving import merged
from tests.flows.evil import EvilServer, in_json, stops
from tests.flows.organisation import PASSPHRASE, Organisation
from tests.in_process import InProcess
from tests.strength import HASHER

CAST = {
    "sofia": {Role.SUPERVISOR},
    "tenzin": {Role.TRIAGER, Role.CASEWORKER},
    "leyla": {Role.TRIAGER, Role.CASEWORKER},
}


@dataclass
class Moved:
    """A case of tenzin's and leyla's that was merged into another of theirs, and a third; what each said and showed.

    At `machines` is tenzin's before it, and after it.
    """

    organisation: Organisation
    left: OpenCase
    into: OpenCase
    third: OpenCase
    shown: dict[str, dict[str, Any]]
    machines: Path


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: bytes) -> Iterator[Moved]:
    directory = tmp_path_factory.mktemp("evil-moves")
    (directory / "tern.sqlite").write_bytes(sqlite_tables)
    (directory / "clock").write_text("2026-06-15T09:00:00Z")
    clock = Clock(directory / "clock")
    settings = Settings(data_dir=directory, demo=True, demo_clock=clock.told_by)
    with InProcess(create_app(settings, hasher=HASHER)) as http:
        organisation = Organisation(directory / "people", http, clock).found(settings, CAST)
        tenzin, leyla = organisation.staff["tenzin"], organisation.staff["leyla"]
        one, other, third = (cases.ready(tenzin, coded(organisation, tenzin, leyla).id) for _ in range(3))
        shown = {each.id: contents(tenzin, each) for each in (one, other, third)}
        shutil.copytree(tenzin.machine.directory, directory / "before")
        left, into = merged(tenzin, leyla, one, other)
        shutil.copytree(tenzin.machine.directory, directory / "after")
        yield Moved(organisation, left, into, third, shown, directory)


def coded(organisation: Organisation, triager: Staff, colleague: Staff) -> OpenCase:
    """A case of both, with one incident."""
    sent = organisation.reporter().submit(DOCUMENT)
    triage.claim(triager, triage.view(triager, sent.report))
    report = triage.open_(triager, sent.report)
    case = triage.accept(triager, report, FOUND, owner=triager.person, colleagues=[colleague.person])
    opened = cases.open_(triager, case)
    person = cases.affected(Relation.SELF, statistics=ConsentStatus.GIVEN, by_reporter=None, can_be_asked=True)
    incident = cases.incident(triager, person, CODING)
    return cases.write(triager, opened, replace(opened.file, persons=(person,), incidents=(incident,)))


def contents(staff: Staff, case: OpenCase) -> dict[str, Any]:
    found: dict[str, Any] = staff.service.get(f"/cases/{case.id}/contents").json()
    return found


def path(case: OpenCase) -> str:
    return f"/v1/cases/{case.id}/contents"


@pytest.fixture
def evil(moved: Moved) -> EvilServer:
    return EvilServer(moved.organisation.http._transport)


@pytest.fixture
def tenzin(request: pytest.FixtureRequest, moved: Moved, evil: EvilServer, tmp_path: Path) -> Iterator[Staff]:
    """Tenzin, at a machine that has read both cases `before` they were merged, or `after`."""
    shutil.copytree(moved.machines / request.param, tmp_path / "tenzin")
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        yield Staff(tmp_path / "tenzin", PASSPHRASE, http=http, clock=moved.organisation.clock.now)


before, after = (pytest.mark.parametrize("tenzin", [when], indirect=True) for when in ("before", "after"))


@before
def test_without_a_lie_all_of_it_is_in_the_other_case(moved: Moved, tenzin: Staff) -> None:
    opened = cases.open_(tenzin, moved.into.id)

    assert (opened.file, opened.spoiled, opened.set_aside) == (moved.into.file, (), ())
    assert (len(opened.file.persons), cases.open_(tenzin, moved.left.id).file.persons) == (2, ())


@pytest.mark.parametrize("of", ["left", "into"])
@after
def test_a_move_that_is_hidden_from_who_has_read_it(moved: Moved, evil: EvilServer, tenzin: Staff, of: str) -> None:
    case: OpenCase = getattr(moved, of)
    evil.lies[path(case)] = in_json(lambda answer: answer.update(moved.shown[case.id]))

    stops(evil, lambda: cases.open_(tenzin, case.id), "journal")


@before
def test_who_is_shown_the_case_that_was_left_as_it_was_writes_nothing_that_anybody_counts(
    moved: Moved, evil: EvilServer, tenzin: Staff
) -> None:
    """To a machine that was away it is the case that it knows; what it writes follows nothing that is there."""

    def as_it_was(answer: dict[str, Any]) -> None:
        first, was = answer["entries"][0]["number"], moved.shown[moved.left.id]
        answer.update(was, entries=[each for each in was["entries"] if each["number"] >= first])

    evil.lies[path(moved.left)] = in_json(as_it_was)
    shown = cases.open_(tenzin, moved.left.id)

    with pytest.raises(Refused):
        cases.note(tenzin, shown, "A note.")
    evil.lies.clear()

    assert cases.open_(tenzin, moved.left.id).file == moved.left.file


@pytest.mark.parametrize("tenzin", ["before", "after"], indirect=True)
def test_what_went_is_not_shown_where_it_was_though_its_files_are(
    moved: Moved, evil: EvilServer, tenzin: Staff
) -> None:
    evil.lies[path(moved.left)] = in_json(lambda answer: answer.update(parts=moved.shown[moved.left.id]["parts"]))

    shown = cases.open_(tenzin, moved.left.id)

    assert (shown.file, shown.spoiled) == (moved.left.file, ())
    assert evil.written == []


@pytest.mark.parametrize("where", ["into", "third", "left"])
@before
def test_an_arrival_that_is_shown_once_more_brings_nothing(
    moved: Moved, evil: EvilServer, tenzin: Staff, where: str
) -> None:
    """In the case to which it came, in another of the same members, and in the one from which it came."""
    case: OpenCase = getattr(moved, where)
    came = contents(tenzin, moved.into)
    arrivals = came["entries"][len(moved.shown[moved.into.id]["entries"]) :]

    def again(answer: dict[str, Any]) -> None:
        last = answer["entries"][-1]["number"]
        answer["entries"] += [{**each, "number": n} for n, each in enumerate(arrivals, start=last + 1)]
        there = {each["id"] for each in answer["parts"]}
        answer["parts"] += [each for each in came["parts"] if each["id"] not in there]

    evil.lies[path(case)] = in_json(again)
    shown = cases.open_(tenzin, case.id)

    assert (shown.file, shown.spoiled, shown.set_aside) == (case.file, (), ())
    assert len(shown.journal.passed_over) == len(arrivals) + len(case.journal.passed_over)


@before
def test_parts_that_came_and_were_swapped_or_are_shown_as_they_were_elsewhere_count_for_nothing(
    moved: Moved, evil: EvilServer, tenzin: Staff
) -> None:
    came = {
        part: named[0].note.origin
        for part, named in moved.into.journal.parts.items()
        if named[0].note.origin and named[-1].note.type in ("part.person", "part.incident")
    }
    assert len(came) == 2
    elsewhere = {each["id"]: each["file"] for each in moved.shown[moved.left.id]["parts"]}

    def swapped(answer: dict[str, Any]) -> None:
        [one, other] = [each for each in answer["parts"] if each["id"] in came]
        one["file"], other["file"] = other["file"], one["file"]

    def as_they_were(answer: dict[str, Any]) -> None:
        for each in answer["parts"]:
            if each["id"] in came:
                each["file"] = elsewhere[came[each["id"]].part]

    for lie in (swapped, as_they_were):
        evil.lies[path(moved.into)] = in_json(lie)
        for part in came:
            evil.lies[f"/v1/cases/{moved.into.id}/parts/{part}"] = in_json(lambda answer: answer.update(items=[]))

        shown = cases.open_(tenzin, moved.into.id)

        assert {each.part: each.problem for each in shown.spoiled} == dict.fromkeys(came, "not authentic: part-hash")
        assert _of_people(shown.file) == _of_people(moved.into.file) - _of_people(_without(moved))
    assert evil.written == []


def _of_people(file: CaseFile) -> set[str]:
    return {each.id for each in file.persons} | {each.id for each in file.incidents}


def _without(moved: Moved) -> CaseFile:
    """What came: of whom the case knew nothing before."""
    own = {named[0].note.of for named in moved.into.journal.parts.values() if named[0].note.origin is None}
    file = moved.into.file
    return replace(
        file,
        persons=tuple(each for each in file.persons if each.id not in own),
        incidents=tuple(each for each in file.incidents if each.id not in own),
    )
