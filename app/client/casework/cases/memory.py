"""What a machine has read of a case's journal, so that nobody reads a year of entries anew at each opening."""

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple
from datetime import date
from typing import Any

from app.client.casework.cases.following import JOURNAL
from app.client.machine.kept import Kept
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.encoding import canonical
from app.protocol.journal import Journal, Loan, NamedVersion, Origin, PartNote, Recovered, ReportNote, Seconded
from app.protocol.members import Members


def find(staff: Staff, case: str) -> Journal | None:
    """The journal as far as this machine has followed it; None where it has read none, or the file is not its own.

    Nor where another machine of this person has seen an earlier entry that this one never held against it, nor where a
    loss was taken up that took the last of it, and what was kept of it was not yet written again.
    """
    line = _kept(staff).find(case)
    found = _journal(json.loads(line)) if line else None
    if found is None or found.case != case:
        return None
    *beside, newest = staff.seen.marks(JOURNAL, case) or (None,)
    if not staff.losses_behind(JOURNAL, case) and (newest is None or newest.version < found.mark.version):
        return None
    return None if any(each.version < found.mark.version for each in beside) else found


def keep(staff: Staff, journal: Journal) -> None:
    """In the place of what was kept of the same case."""
    _kept(staff).keep(journal.case, canonical(_body(journal)))


def drop(staff: Staff, case: str) -> None:
    """The case was destroyed."""
    _kept(staff).drop(case)


def _body(journal: Journal) -> dict[str, Any]:
    members = journal.members
    return {
        "case": journal.case,
        "mark": asdict(journal.mark),
        "author": journal.author,
        "day": journal.day.isoformat(),
        "members": {
            "present": sorted(members.present),
            "ever": sorted(members.ever),
            "opener": members.opener,
            "owner": members.owner,
        },
        "keys": [[subject, generation, name] for (subject, generation), name in journal.keys.items()],
        "held": {part: sorted(people) for part, people in journal.held.items()},
        "keyed": dict(journal.keyed),
        "reports": [each.body() for each in journal.reports],
        "parts": [
            [[each.note.body(), each.author, each.day.isoformat(), each.entry, each.generation] for each in versions]
            for versions in journal.parts.values()
        ],
        "passed_over": journal.passed_over,
        "clock_wrong": journal.clock_wrong,
        "origins": [each.body() for each in journal.origins],
        "loans": [[each.to, each.by, each.day.isoformat(), each.entry] for each in journal.loans],
        "seconded": [astuple(each) for each in journal.seconded],
        "recovered": [each.row() for each in journal.recovered],
        "guests": [[person, until.isoformat()] for person, until in journal.guests.items()],
        "turned": journal.turned,
        "turned_on": journal.turned_on and journal.turned_on.isoformat(),
        "holders": sorted(journal.holders),
        "checkpoint": journal.checkpoint,
        "false_checkpoints": journal.false_checkpoints,
        "since": journal.since,
        "summed_up_by": journal.summed_up_by,
        "merged_into": journal.merged_into,
    }


def _journal(body: Mapping[str, Any]) -> Journal:
    members = body["members"]
    parts = [
        tuple(
            NamedVersion(PartNote.read(note), author, date.fromisoformat(day), entry, generation)
            for note, author, day, entry, generation in versions
        )
        for versions in body["parts"]
    ]
    return Journal(
        case=body["case"],
        members=Members(
            present=frozenset(members["present"]),
            ever=frozenset(members["ever"]),
            opener=members["opener"],
            owner=members["owner"],
        ),
        mark=Mark(**body["mark"]),
        author=body["author"],
        day=date.fromisoformat(body["day"]),
        keys={(subject, generation): name for subject, generation, name in body["keys"]},
        held={part: frozenset(people) for part, people in body["held"].items()},
        keyed=body["keyed"],
        reports=tuple(ReportNote(**each) for each in body["reports"]),
        parts={versions[0].note.id: versions for versions in parts},
        passed_over=tuple(body["passed_over"]),
        clock_wrong=tuple(body["clock_wrong"]),
        origins=frozenset(map(Origin.read, body["origins"])),
        loans=tuple(Loan(to, by, date.fromisoformat(day), entry) for to, by, day, entry in body["loans"]),
        seconded=tuple(Seconded(*each) for each in body["seconded"]),
        recovered=tuple(map(Recovered.of_row, body["recovered"])),
        guests={person: date.fromisoformat(until) for person, until in body["guests"]},
        turned=body["turned"],
        turned_on=date.fromisoformat(body["turned_on"]) if body.get("turned_on") else None,
        holders=frozenset(body["holders"]),
        checkpoint=body["checkpoint"],
        false_checkpoints=tuple(body["false_checkpoints"]),
        since=body["since"],
        summed_up_by=body["summed_up_by"],
        merged_into=body.get("merged_into"),
    )


def _kept(staff: Staff) -> Kept:
    return Kept(staff.machine.journals, staff.keys.identity, use="journals")
