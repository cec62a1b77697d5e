"""How long a case takes to open and to write on, by how much is in it, and what a race costs whoever is slower.

The client's own time: what its thread computes, without the service and the network.
"""

import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.client.machine.staff import Staff
from app.vocabulary import ConsentStatus, Relation
from tests.client.casework.scene import CODING, accepted
from tests.client.installation import Installation, installation

# Of the largest half are incidents, the other half verdicts on them.
PARTS = (10, 100, 4_000)
# A year of one case: as many versions of as many parts.
YEAR = (400, 60)
_STEP = 200  # incidents written at once
_TIMES = 3


def run() -> list[dict[str, str | float]]:
    """A row for each size: milliseconds, and the ratio to the smallest."""
    rows = list[dict[str, str | float]]()
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as here:
        anna, boris = here.staff("anna"), here.staff("boris")
        now = here.now()
        anna._clock = boris._clock = lambda: now  # the installation's lies in a file, which a machine's does not
        for parts in PARTS:
            rows.append(_row(f"{parts} parts", anna, _filled(boris, accepted(here, anna, boris), parts), boris))
        rows.append(_row(f"{YEAR[0]} versions of {YEAR[1]} parts", anna, _year(here, boris), boris))
    for row in rows:
        row["opening, ratio"] = float(row["opening, ms"]) / float(rows[0]["opening, ms"])
    return rows


def _row(title: str, colleague: Staff, case: OpenCase, owner: Staff) -> dict[str, str | float]:
    theirs = cases.open_(colleague, case.id)
    opening = min(_milliseconds(lambda: cases.open_(owner, case.id)) for _ in range(_TIMES))
    first, memory = list[float](), list[float]()
    for _ in range(_TIMES):
        _forget(owner)
        first.append(_milliseconds(lambda: cases.open_(owner, case.id)))
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    all_of_it = _milliseconds(lambda: cases.whole(owner, cases.open_(owner, case.id)))
    edited = replace(case.file, summary="Edited.")
    editing = _milliseconds(lambda: cases.write(owner, case, edited))
    person = cases.affected(Relation.FRIEND_OR_COLLEAGUE, statistics=None, by_reporter=None, can_be_asked=True)
    raced = replace(theirs.file, persons=(*theirs.file.persons, person))
    racing = _milliseconds(lambda: cases.write(colleague, theirs, raced))
    return {
        "a case of": title,
        "opening anew, ms": min(first),
        "with all entries, ms": all_of_it,
        "opening, ms": opening,
        "editing, ms": editing,
        "racing, ms": racing,
        "memory after each opening, MiB": " ".join(f"{each:.0f}" for each in memory),
    }


def _forget(staff: Staff) -> None:
    """As a new machine is, which has seen nothing of any case."""
    shutil.rmtree(staff.machine.journals, ignore_errors=True)
    staff.machine.seen.unlink(missing_ok=True)


def _filled(owner: Staff, case: OpenCase, parts: int) -> OpenCase:
    """With a person, and as many incidents, each with a verdict, as make up this many parts."""
    person = cases.affected(Relation.SELF, statistics=ConsentStatus.GIVEN, by_reporter=None, can_be_asked=True)
    case = cases.write(owner, case, replace(case.file, persons=(person,)))
    left = (parts - 2) // 2
    while left:
        incidents = tuple(cases.incident(owner, person, CODING) for _ in range(min(left, _STEP)))
        case = cases.write(owner, case, replace(case.file, incidents=(*case.file.incidents, *incidents)))
        left -= len(incidents)
    return case


def _year(here: Installation, owner: Staff) -> OpenCase:
    versions, parts = YEAR
    case = _filled(owner, accepted(here, here.staff("anna"), owner), parts)
    for number in range(versions - parts):
        incident = case.file.incidents[number % len(case.file.incidents)]
        case = cases.write(owner, case, case.file.with_incident(replace(incident, narrative=f"Version {number}.")))
    return case


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.thread_time()
    act()
    return (time.thread_time() - started) * 1000
