"""What a case says, one thing at a time, and what it said: `tern case set`, `add`, `say`, `judge`, `holders`, `log`…"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from app.cli.console import HOME, Home, Json, say, show, show_list, show_text, staff, text_of
from app.cli.names import CaseId, Names, short
from app.cli.stopped import Stopped
from app.client.casework import cases, words
from app.client.casework.cases import OpenCase
from app.client.casework.cases.fields import WORDS, NoSuchCode, NoSuchField, Target, code, numbered, set_
from app.client.machine.staff import Staff
from app.client.statistics import cards
from app.protocol.case import Affected, Assertion, CaseFile, Name, PartType, Verdict
from app.protocol.journal import PartNote
from app.protocol.selectors import Selector
from app.vocabulary import Relation, VerificationStatus

Incident = Annotated[str, typer.Argument(metavar="INCIDENT", help="incident-1, as the case's page counts them.")]
Text = Annotated[
    Path | None,
    typer.Option("--text", metavar="FILE", help="A file with the words, or - for stdin. Else you are asked."),
]
Holders = Annotated[
    list[str] | None,
    typer.Option(
        "--holder", help="Who can read a new identity beside you and the owner, by id or handle; may be repeated."
    ),
]
_T = TypeVar("_T")
_TARGET: Final = re.compile(r"(person|identity|incident)-([1-9][0-9]{0,4})")


def set_field(
    id_: CaseId,
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="case, person-1, identity-1 or incident-1, as its page counts them."),
    ],
    field: Annotated[str, typer.Argument(help="The field, such as severity, affected or narrative.")],
    values: Annotated[list[str] | None, typer.Argument(metavar="[CODE]...", help="Its codes; none clears it.")] = None,
    text: Text = None,
    holder: Holders = None,
    machine: Home = HOME,
) -> None:
    """Set one field of a case. Words come from a file or are asked for: what is typed as a command is remembered."""
    person, target = staff(machine), _target(what)
    names = Names(person)
    case = cases.open_(person, names.case(id_))
    holders = names.persons(holder)
    if field in WORDS[target.kind]:
        if values:
            raise typer.BadParameter(f"{field} is words: give them with --text")
        values = [text_of(text, field.capitalize())]
    file = _edited(lambda: set_(case.file, target, field, values or [], coder=person.person))
    write(person, case, file, holders=holders)


def add(
    id_: CaseId,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="person, incident or selector.")],
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="OF...", help="RELATION of a person; person-1 and TYPE of an incident; TYPE of a selector."
        ),
    ],
    value: Annotated[
        Path | None, typer.Option(help="A file with the selector's value, or - for stdin. Else you are asked.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Of a national telephone number or a plate.")] = None,
    platform: Annotated[str | None, typer.Option(help="Of a handle.")] = None,
    machine: Home = HOME,
) -> None:
    """Add a person, an incident or a selector, which `tern case set` then fills."""
    person = staff(machine)
    case = cases.open_(person, Names(person).case(id_))
    file = case.file
    match what, of:
        case "person", [relation]:
            told_by = cases.tellers(file)
            checked = Relation(_edited(lambda: code("relation_of_target_to_reporter", relation)))
            new = cases.affected(checked, statistics=None, by_reporter=None, can_be_asked=True, told_by=told_by)
            file = words.entered(person, case, replace(file, persons=(*file.persons, new)))
        case "incident", [whom, type_]:
            affected = _edited(lambda: numbered(file.persons, _target(whom)))
            checked_type = _edited(lambda: code("incident_type", type_))
            file = file.with_incident(cases.incident(person, affected, {"incident_type": checked_type}))
        case "selector", [type_]:
            checked_type = _edited(lambda: code("selector_type", type_))
            found = text_of(value, "The value").strip()
            selector = Selector.of(checked_type, found, country=country, platform=platform)
            file = replace(file, selectors=(*file.selectors, selector))
        case _:
            raise typer.BadParameter("person RELATION, incident person-1 TYPE, or selector TYPE")
    write(person, case, file)


def say_(
    id_: CaseId,
    incident: Incident,
    basis: Annotated[str, typer.Option(help="The ground, a code of attribution_basis.")],
    by: Annotated[str, typer.Option(help="Who says so, in words that name nobody.")] = "",
    to: Annotated[str, typer.Option(help="To whom, in words that name nobody.")] = "",
    when: Annotated[str, typer.Option(help="When it was said, in words.")] = "",
    reliability: Annotated[str | None, typer.Option(help="Of the source, A to F.")] = None,
    credibility: Annotated[str | None, typer.Option(help="Of what is said, 1 to 6.")] = None,
    text: Text = None,
    machine: Home = HOME,
) -> None:
    """Write down who says what about an incident. It is never changed: a denial is one more."""
    person = staff(machine)
    case = cases.open_(person, Names(person).case(id_))
    at = _edited(lambda: numbered(case.file.incidents, _target(incident)))
    new = Assertion(
        by=by,
        text=text_of(text, "What is said"),
        to=to,
        when=when,
        basis=_edited(lambda: code("attribution_basis", basis)),
        reliability=reliability and _edited(lambda: code("source_reliability", reliability)),
        credibility=credibility and _edited(lambda: code("information_credibility", credibility)),
    )
    write(person, case, case.file.with_incident(replace(at, assertions=(*at.assertions, new))))


def judge(
    id_: CaseId,
    incident: Incident,
    status: Annotated[VerificationStatus, typer.Argument(help="What was found.")],
    second: Annotated[str | None, typer.Option(help="The other person whom it takes, by id or handle.")] = None,
    machine: Home = HOME,
) -> None:
    """Give a verdict on an incident. Earlier ones stay. What is refuted is counted no more: its card is taken back."""
    person = staff(machine)
    names = Names(person)
    case = cases.open_(person, names.case(id_))
    at = _edited(lambda: numbered(case.file.incidents, _target(incident)))
    verdict = Verdict(status, person.person, names.person(second) if second else None)
    write(person, case, case.file.with_incident(replace(at, verdicts=(*at.verdicts, verdict))))


def resume(
    id_: CaseId,
    drop: Annotated[bool, typer.Option("--drop", help="Let go of it instead.")] = False,
    over: Annotated[bool, typer.Option("--over", help="Write it over what colleagues wrote meanwhile.")] = False,
    machine: Home = HOME,
) -> None:
    """Write what was interrupted, or refused because a colleague was faster."""
    person = staff(machine)
    case_id = Names(person).case(id_)
    draft = cases.drafts.find(person, case_id)
    if draft is None:
        say("There is no draft of this case here.")
        return
    if drop:
        cases.drafts.drop(person, case_id)
        return
    case = cases.open_(person, case_id)
    overtaken = draft.overtaken(case)
    if overtaken and not over:
        now = {name: case.said[case.whole.parts[name]].body for name in overtaken if name in case.whole.parts}
        show_text("\n".join(_side_by_side({name: (draft.changes[name][1], now.get(name)) for name in overtaken})))
        raise Stopped("it was changed since you wrote: write yours over it with --over, or let it go with --drop")
    write(person, case, draft.on(case, by=person.person), holders=draft.holders)
    cases.drafts.drop(person, case_id)


def holders(
    id_: CaseId,
    identity: Annotated[
        str | None, typer.Argument(metavar="[IDENTITY]", help="identity-1: who person-1 of the page is.")
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option(help="A member who shall hold it too, by id or handle; may be repeated.")
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Who can read who the people of a case are; with --add, who from now on can. Its owner names them."""
    person = staff(machine)
    names = Names(person)
    case = cases.open_(person, names.case(id_))
    if add:
        of = _edited(lambda: numbered(case.file.persons, _target(identity or "", kind="identity")))
        part = case.whole.parts.get(Name(PartType.IDENTITY, of.id))
        if part is None:
            raise Stopped("nobody has written down who this is, or you do not hold it")
        for each in names.persons(add):
            cases.grant_part(person, case, part, each)
        case = cases.open_(person, case.id)
    rows: list[dict[str, Any]] = [
        {"of": f"identity-{number}", "part": part, "holders": list(case.keys.holders.get(part, ()))}
        for number, each in enumerate(case.file.persons, start=1)
        if (part := case.whole.parts.get(Name(PartType.IDENTITY, each.id)))
    ]
    rows += [{"of": "closed to you", "part": each.part, "holders": list(each.holders)} for each in case.closed]
    people = {str(row["part"]): names.handles(row["holders"]) for row in rows}
    show_list(
        "Identities",
        ["of", "part", "holders"],
        rows,
        as_json=as_json,
        words=lambda row: {"part": short(str(row["part"])), "holders": people[str(row["part"])]},
    )


def log(
    id_: CaseId,
    part: Annotated[
        str | None, typer.Option(help="Only this part, by its id or how it begins; with its words.")
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Who changed what in a case, and on which day; with --part, every version of it."""
    person = staff(machine)
    names = Names(person)
    case = cases.whole(person, cases.open_(person, names.case(id_)))
    rows = list(_changes(case))
    if part is None:
        show_list(
            "Changes",
            ["entry", "day", "by", "what", "version", "part"],
            rows,
            as_json=as_json,
            words=lambda row: {
                "by": names.handle(row["by"]),
                "version": row["version"] or "",
                "part": _whose(str(row["part"]), names),
            },
        )
        return
    found = {str(row["part"]) for row in rows if str(row["part"]).startswith(part)}
    if len(found) != 1:
        raise typer.BadParameter("no part of this case begins so, or several do")
    wanted = found.pop()
    if wanted in {each.part for each in case.closed}:
        raise Stopped("its key is not yours: tern case holders says whose it is")
    versions = cases.versions(person, case, wanted)
    if as_json:
        shown = [
            {"version": named.note.version, "day": named.day.isoformat(), "by": named.author, "says": dict(said.body)}
            for named, said in versions
        ]
        show({"versions": shown}, as_json=True)
        return
    lines = list[str]()
    for named, said in versions:
        lines += [f"Version {named.note.version}, {named.day}, {names.handle(named.author)}", *_body(said.body)]
    show_text("\n".join(lines))


def write(person: Staff, case: OpenCase, file: CaseFile, *, holders: Collection[str] = ()) -> OpenCase:
    """Write on, and take back what is counted no more by it. Where a colleague was faster with the same, both texts are
    shown, and this one is kept.
    """
    try:
        after = cases.write(person, case, file, holders=holders)
        if after.file.priority is not case.file.priority:
            cases.follow_coding(person, after)
        return cards.follow(person, after)
    except cases.Collision as collision:
        show_text("\n".join(_side_by_side(collision.texts)))
        raise Stopped(
            "a colleague has changed the same meanwhile; yours is kept: read theirs, then tern case resume"
        ) from None


def part_of(case: OpenCase, named: str) -> str:
    """The part whose id is meant, as the log has it, or that of a person or incident, as the page counts them."""
    if named.startswith("person-"):
        return case.whole.parts[Name(PartType.PERSON, person_of(case, named).id)]
    if named.startswith("incident-"):
        incident = _edited(lambda: numbered(case.file.incidents, _target(named, kind="incident")))
        return case.whole.parts[Name(PartType.INCIDENT, incident.id)]
    found = [each for each in case.journal.parts if each.startswith(named)]
    if len(found) != 1:
        raise typer.BadParameter("one part of this case, as tern case log has it, or person-1 or incident-1")
    return found[0]


def person_of(case: OpenCase, named: str) -> Affected:
    """Who is named as the case's page counts them. Raises `typer.BadParameter`."""
    found: Affected = _edited(lambda: numbered(case.file.persons, _target(named, kind="person")))
    return found


def _changes(case: OpenCase) -> Iterator[dict[str, Any]]:
    names = {part: name for name, part in case.whole.parts.items()}
    closed = {each.part for each in case.closed}
    rows: list[dict[str, Any]] = [
        {
            "entry": named.entry,
            "day": named.day.isoformat(),
            "by": named.author,
            "what": _title(names[part]) if part in names else _without_title(named.note, closed=part in closed),
            "version": named.note.version,
            "part": part,
        }
        for part, versions in case.journal.parts.items()
        for named in versions
    ]
    rows += [
        {
            "entry": loan.entry,
            "day": loan.day.isoformat(),
            "by": loan.by,
            "what": "key lent for a decision to",
            "version": None,
            "part": loan.to,
        }
        for loan in case.journal.loans
    ]
    rows += [
        {
            "entry": each.entry,
            "day": each.day.isoformat(),
            "by": each.first,
            "what": "key given by two custodians to",
            "version": None,
            "part": person,
        }
        for each in case.journal.recovered
        for person in sorted(each.people)
    ]
    rows += [
        {
            "entry": each.entry,
            "day": "",
            "by": each.by,
            "what": "was the second of two in this entry",
            "version": None,
            "part": "",
        }
        for each in case.journal.seconded
    ]
    yield from sorted(rows, key=lambda row: int(row["entry"]))


def _whose(id_: str, names: Names) -> str:
    return names.handle(id_) or short(id_) if id_.startswith("per_") else short(id_)


def _without_title(note: PartNote, *, closed: bool) -> str:
    type_ = note.type.removeprefix("part.")
    if note.reason:
        return f"{type_}, ended: {note.reason}"
    return f"{type_}, {'not yours to read' if closed else 'left out'}"


def _side_by_side(
    texts: Mapping[Name, tuple[Mapping[str, Any], Mapping[str, Any] | None]],
) -> Iterator[str]:
    for name, (mine, theirs) in texts.items():
        yield f"{_title(name)}: yours"
        yield from _body(mine)
        yield f"{_title(name)}: as it stands"
        yield from _body(theirs) if theirs is not None else ["    what it is about has changed"]


def _title(name: Name) -> str:
    kind = name.type.removeprefix("part.")
    return f"{kind} of {short(name.of)}" if name.is_one_of_many else f"{kind} {short(name.of)}".rstrip()


def _body(body: Mapping[str, Any]) -> Iterator[str]:
    """Without the contribution token and what is signed of it, which nobody needs to see."""
    for name, value in body.items():
        if name not in ("token", "signed") and value not in (None, "", [], ()):
            for line in f"{name}: {value}".split("\n"):
                yield f"    {line}"


def _target(what: str, *, kind: str | None = None) -> Target:
    """Of this kind, where one is asked for."""
    if what == "case" and kind is None:
        return Target("case")
    found = _TARGET.fullmatch(what)
    if not found or kind not in (None, found[1]):
        raise typer.BadParameter("case, person-1, identity-1 or incident-1, as the case's page counts them")
    return Target(found[1], int(found[2]))


def _edited(act: Callable[[], _T]) -> _T:
    try:
        return act()
    except (NoSuchField, NoSuchCode) as error:
        raise typer.BadParameter(str(error)) from None
