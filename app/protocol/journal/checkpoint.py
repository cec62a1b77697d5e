"""A checkpoint: what all entries before it come to, as one text, so that a new machine need not read a year of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from app.protocol.chain import Mark
from app.protocol.encoding import (
    MOST,
    canonical,
    check_any_id,
    check_day,
    check_hash,
    check_id,
    check_number,
    parse_object,
)
from app.protocol.errors import Malformed
from app.protocol.journal.entry import MOST_PIECES, KeyNote, Origin, PartNote, ReportNote
from app.protocol.journal.state import Journal, Loan, NamedVersion, Recovered, Seconded
from app.protocol.members import Members

# How many characters of its text are in one piece: with the quotes escaped, it fits into the largest class.
PIECE_LENGTH: Final = 700_000
# Of the note of a part, in the order in which it is written.
_FIELDS: Final = ("id", "type", "version", "sha256", "of", "from", "reason", "to")


def summary(found: Journal) -> bytes:
    """The text of a checkpoint behind this: canonical JSON, the same for every reader who has read the same entries.

    What was passed over, and whose clock was wrong, is left out: of that readers may judge apart.
    """
    members = found.members
    return canonical(
        {
            "case": found.case,
            "entry": {"n": found.mark.version, "sha256": found.mark.sha256},
            "author": found.author,
            "day": found.day.isoformat(),
            "members": {
                "present": sorted(members.present),
                "ever": sorted(members.ever),
                "opener": members.opener,
                "owner": members.owner,
            },
            "keys": sorted([*place, name] for place, name in found.keys.items()),
            "held": sorted([part, sorted(people)] for part, people in found.held.items()),
            "keyed": sorted([subject, entry] for subject, entry in found.keyed.items()),
            "reports": [each.body() for each in found.reports],
            "parts": [_named_row(versions[-1]) for versions in found.parts.values()],
            "origins": sorted((each.body() for each in found.origins), key=canonical),
            "loans": [[each.to, each.by, each.day.isoformat(), each.entry] for each in found.loans],
            "seconded": [[each.approval, each.by, each.entry] for each in found.seconded],
            "recovered": [each.row() for each in found.recovered],
            "guests": sorted([person, until.isoformat()] for person, until in found.guests.items()),
            "turned": found.turned,
            "holders": sorted(found.holders),
            "checkpoint": found.checkpoint,
            "merged_into": found.merged_into,
        }
    )


def pieces(text: bytes) -> list[dict[str, Any]]:
    """The bodies of the documents that a checkpoint of this text is sealed in. Raises `Malformed` for one too long."""
    said = text.decode()
    cut = [said[start : start + PIECE_LENGTH] for start in range(0, len(said), PIECE_LENGTH)]
    if len(cut) > MOST_PIECES:
        raise Malformed("a checkpoint of more pieces than there may be")
    return [{"piece": number, "pieces": len(cut), "text": each} for number, each in enumerate(cut, start=1)]


def joined(bodies: Sequence[Mapping[str, object]]) -> bytes:
    """The text in these bodies. Raises `Malformed` where they are not all of one checkpoint, in their order."""
    texts = list[str]()
    for number, body in enumerate(bodies, start=1):
        match body:
            case {"piece": piece, "pieces": several, "text": str(text), **rest} if not rest:
                if (check_number(piece, range(1, MOST)), check_number(several, range(1, MOST))) != (
                    number,
                    len(bodies),
                ):
                    raise Malformed("a piece out of its place")
                texts.append(text)
            case _:
                raise Malformed("a checkpoint of another form")
    return "".join(texts).encode()


def summed_up(text: bytes) -> Journal:
    """The journal behind which `text` is the checkpoint, as if nothing was passed over. Raises `Malformed`."""
    try:
        found = _summed_up(parse_object(text))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Malformed("a checkpoint of another form") from None
    if summary(found) != text:
        raise Malformed("a checkpoint that is written otherwise")
    return found


def _summed_up(body: Mapping[str, Any]) -> Journal:
    """May raise whatever its values raise."""
    members, entry = body["members"], body["entry"]
    keys = [
        KeyNote.read({"subject": subject, "generation": number, "recipient": name})
        for subject, number, name in body["keys"]
    ]
    case, number = check_id("case", body["case"]), check_number(entry["n"], range(1, MOST + 1))
    named = [_read_named(each) for each in body["parts"]]
    generation = max(each.generation for each in keys if each.subject == case)
    return Journal(
        case=case,
        members=Members(
            present=_people(members["present"]),
            ever=_people(members["ever"]),
            opener=check_id("per", members["opener"]),
            owner=None if members["owner"] is None else check_id("per", members["owner"]),
        ),
        mark=Mark(number, check_hash(entry["sha256"]), generation),
        author=check_id("per", body["author"]),
        day=date.fromisoformat(body["day"]),
        keys={(each.subject, each.generation): each.recipient for each in keys},
        held={check_id("part", part): _people(people) for part, people in body["held"]},
        keyed={check_any_id(subject): check_number(entry, range(1, MOST + 1)) for subject, entry in body["keyed"]},
        reports=tuple(map(ReportNote.read, body["reports"])),
        parts={each.note.id: (each,) for each in named},
        origins=frozenset(map(Origin.read, body["origins"])),
        loans=tuple(
            Loan(
                to=check_id("per", to),
                by=check_id("per", by),
                day=date.fromisoformat(day),
                entry=check_number(entry, range(1, MOST + 1)),
            )
            for to, by, day, entry in body["loans"]
        ),
        seconded=tuple(
            Seconded(check_id("apr", approval), check_id("per", by), check_number(entry, range(1, MOST + 1)))
            for approval, by, entry in body["seconded"]
        ),
        recovered=tuple(map(Recovered.of_row, body["recovered"])),
        guests={check_id("per", person): check_day(until) for person, until in body["guests"]},
        turned=check_number(body["turned"], range(1, MOST + 1)),
        holders=_people(body["holders"]),
        checkpoint=check_number(body["checkpoint"], range(MOST + 1)),
        since=number,
        merged_into=None if body["merged_into"] is None else check_id("case", body["merged_into"]),
    )


def _people(ids: Iterable[object]) -> frozenset[str]:
    return frozenset(check_id("per", each) for each in ids)


def _named_row(named: NamedVersion) -> list[Any]:
    """Without the names of its fields: there are thousands."""
    note = named.note.body()
    return [*note.values(), named.author, named.day.isoformat(), named.entry, named.generation]


def _read_named(row: Sequence[Any]) -> NamedVersion:
    *note, author, day, entry, generation = row
    return NamedVersion(
        note=PartNote.read(dict(zip(_FIELDS, note, strict=True))),
        author=check_id("per", author),
        day=date.fromisoformat(day),
        entry=check_number(entry, range(1, MOST + 1)),
        generation=check_number(generation, range(MOST + 1)),
    )
