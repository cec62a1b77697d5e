"""A case as a page: what it is about, who is in it, what happened to whom, what was answered. Codes stand in words."""

from collections.abc import Collection, Iterator

from app import vocabulary
from app.cli.console import say
from app.cli.names import Names, short
from app.client.casework.cases import Consents, OpenCase, ending
from app.protocol.card import StatCard
from app.protocol.case import Affected, Incident, PartType, Tie, list_of
from app.vocabulary import UnknownCodeError
from app.vocabulary.workloads import all_workloads

_SET_IN = "    "


def page(
    case: OpenCase, consents: Consents | None, names: Names, *, ref: str | None = None, gone: Collection[str] = ()
) -> str:
    """Plain text; whatever somebody wrote is set in, so that none of its lines passes for a heading of the page.

    `consents` is None for whoever may not read them, `ref` for whoever the service tells none; `gone` are the ids of
    reports that are destroyed.
    """
    entries = f"{case.version} journal {'entry' if case.version == 1 else 'entries'}"
    head = f"Case {ref or short(case.id)}, {entries}, last written by {names.handle(case.journal.author)}"
    return "\n".join([head, *_lines(case, consents, names, gone)])


def tell_taken_back(people: Collection[str]) -> None:
    """Of whom there is no card, by their ids, though they or a reporter had agreed to it."""
    if people:
        who = ", ".join(short(each) for each in sorted(people))
        say(f"There is no card of {who}: the consent to statistics was taken back.")


def card_rows(card: StatCard) -> list[dict[str, str]]:
    """What each field of a card says, and as what releases count it."""
    dims = {dim for each in all_workloads().values() for dim in each.dims()}
    rows = []
    for each in vocabulary.vocabulary().card_fields:
        value = getattr(card, each.name) if each.list_name else None
        if each.list_name is None or value is None:
            continue
        several = value if isinstance(value, tuple) else (value,)
        cells = {dim.of_code(code) for dim in dims for code in several if dim.field == each.name and dim.reads_a_code}
        rows.append(
            {
                "field": each.name,
                "says": ", ".join(_label(each.list_name, code) for code in several),
                "counted as": ", ".join(sorted(cells)),
            }
        )
    return [*rows, {"field": "quarter", "says": card.quarter or "unknown", "counted as": ""}]


def _lines(case: OpenCase, consents: Consents | None, names: Names, gone: Collection[str]) -> Iterator[str]:
    yield f"Members: {names.handles(case.members)}"
    if case.journal.summed_up_by:
        who = names.handle(case.journal.summed_up_by)
        yield f"Up to entry {case.journal.since} as summed up by {who}; tern case log reads those entries"
    for number in case.journal.passed_over:
        yield f"Entry {number} counts for nothing and is passed over"
    for number in case.journal.clock_wrong:
        yield f"Entry {number} was written with a wrong clock"
    for spoiled in case.spoiled:
        shown = f"version {spoiled.version} is shown" if spoiled.version else "none is shown"
        yield f"Part {short(spoiled.part)}: its newest version is {spoiled.problem}; {shown}"
    for each in case.set_aside:
        yield f"Part {short(each.part)} is left out: {each.rule}"
    if papers := ending.to_read(case):
        told = ", ".join(map(short, papers))
        yield f"Written before a reporter took something back: {told}; let what tells of them end (tern case end)"
    yield from _words("Title", case.file.title)
    yield from _words("Summary", case.file.summary)
    yield from _work(case, names)
    number_of = {each.id: number for number, each in enumerate(case.file.persons, start=1)}
    yield from _heading("Persons", case.file.persons)
    for person in case.file.persons:
        yield from _person(number_of[person.id], person)
        for tie in case.file.ties:
            if tie.person == person.id:
                yield from _set_in(f"   {_tie(tie, names)}")
    yield from _identities(case, number_of, names)
    yield from _heading("Incidents", case.file.incidents)
    for incident in case.file.incidents:
        yield from _incident(incident, number_of.get(incident.affected), names)
    yield from _heading("Selectors", case.file.selectors)
    for selector in case.file.selectors:
        yield from _set_in(f"{_label('selector_type', selector.type)}: {selector.value}")
    yield from _heading("Reports", case.file.reports)
    for report in case.file.reports:
        ended = ", destroyed: nobody opens it any more" if report.id in gone else ""
        yield from _set_in(f"{short(report.id)}{ended}")
    if case.file.links:
        yield from _heading("Links", case.file.links)
    for link in case.file.links:
        yield from _set_in(f"{link.kind.replace('_', ' ')}, with another case ({short(link.id)})")
    yield from _heading("Statistics cards", case.file.cards)
    for card in case.file.cards:
        state = (
            "withdrawn" if card.withdrawn else "written" if card.written else f"asked of {names.handle(card.asked_of)}"
        )
        yield from _set_in(f"of {short(card.incident)}, revision {card.revision}, {state}")
    if consents:
        yield from _answers(consents, number_of)


def _work(case: OpenCase, names: Names) -> Iterator[str]:
    file = case.file
    if file.assessment:
        level, until = _label("risk_level", file.assessment.level), file.assessment.valid_until
        yield from _papers(f"Danger: {level}, as judged until {until}", file.assessment, "level", "valid_until")
    if file.plan:
        yield from _papers(f"Safety plan: {_label('safety_plan_status', file.plan.status)}", file.plan, "status")
    for task in file.tasks:
        yield from _papers(f"Task {short(task.id)}: {_label('task_type', task.kind)}", task, "id", "kind")
    authors = {said.body["id"]: said.author for said in case.said.values() if said.type == PartType.NOTE}
    for note in file.notes:
        step = f", on the step to {note.step}" if note.step else ""
        yield from _papers(f"Note by {names.handle(authors.get(note.id))}{step}", note, "id", "step")
    if file.closing:
        reason, outcome = _label("closure_reason", file.closing.reason), _label("outcome", file.closing.outcome)
        kept = f"kept {_label('retention_class', file.closing.retention)}"
        yield from _papers(f"To end: {reason}; {outcome}; {kept}", file.closing, "reason", "outcome", "retention")


def _papers(title: str, paper: object, *told: str) -> Iterator[str]:
    """A heading, and whatever else the paper says in words."""
    yield ""
    yield title
    for name, value in vars(paper).items():
        if name not in told and value:
            words = f"{name.replace('_', ' ')}: {_label('imminence', value) if name == 'imminence' else value}"
            yield from _set_in(words)


def _person(number: int, person: Affected) -> Iterator[str]:
    relation = _label("relation_of_target_to_reporter", person.relation)
    yield from _set_in(f"{number}. {relation} ({short(person.id)})")
    for name, status in (("own answer", person.statistics), ("the reporter's answer", person.by_reporter)):
        if status:
            yield from _set_in(f"   statistics, {name}: {_label('consent_status', status)}")
    if not person.can_be_asked:
        yield from _set_in("   cannot safely be asked")
    if person.told_by:
        yield from _set_in(f"   told of by {', '.join(map(short, person.told_by))}")
    yield from _set_in(person.note, further="   ")


def _tie(tie: Tie, names: Names) -> str:
    said = "is a person of another case too" if tie.joins else "is no person of another case, as was said before"
    asked = f"asked of {names.handle(tie.asked_of)}" if tie.asked_of else "to be approved"
    return f"{said}, by {names.handle(tie.by)}, {'signed by two' if tie.signed else asked}"


def _identities(case: OpenCase, number_of: dict[str, int], names: Names) -> Iterator[str]:
    """Who they are, for whom it is; that it was written down, and who can read it, for everybody else."""
    yield from _heading("Who they are", case.file.identities or case.closed)
    for identity in case.file.identities:
        yield from _set_in(f"Person {number_of[identity.person]}")
        for name, words in (
            ("names", identity.names),
            ("contacts", identity.contacts),
            ("safe contact", identity.safe_contact),
        ):
            if words:
                yield from _set_in(f"{name}: {words}", further="   ")
    for closed in case.closed:
        who = names.handles(closed.holders) or "nobody"
        yield from _set_in(f"Part {short(closed.part)} says who somebody is. Its key is not yours; {who} can read it")


def _incident(incident: Incident, person: int | None, names: Names) -> Iterator[str]:
    coding = incident.coding
    yield from _set_in(
        f"{_coded('incident_type', coding.get('incident_type'))}, to person {person or '?'} ({short(incident.id)})"
    )
    for name, value in coding.items():
        if value not in (None, [], ()) and name != "incident_type":
            yield from _set_in(f"   {name.replace('_', ' ')}: {_coded(name, value)}")
    yield from _set_in(f"   verification: {_label('verification_status', incident.verification)}")
    for name, value in (("when", incident.when), ("place", incident.place)):
        if value:
            yield from _set_in(f"{name}: {value}", further="   ")
    yield from _set_in(incident.narrative, further="   ")
    for each in incident.assertions:
        yield from _set_in(
            f"{each.by or 'somebody'} says: {each.text} ({_label('attribution_basis', each.basis)})", further="   "
        )
    yield from _set_in(f"   coded by {names.handle(incident.coder)}")


def _answers(consents: Consents, number_of: dict[str, int]) -> Iterator[str]:
    yield from _heading("Answers", consents.newest)
    for each in consents.newest:
        who = number_of.get(each.person, short(each.person))
        status, scope = _label("consent_status", each.status), _label("consent_scope", each.scope)
        yield from _set_in(f"{status}: {scope}, person {who} ({short(each.id)})")
    for spoiled in consents.spoiled:
        yield from _set_in(f"{short(spoiled.id)} does not open: {spoiled.problem}")


def _heading(title: str, entries: object) -> Iterator[str]:
    yield ""
    yield title if entries else f"{title}: none"


def _words(title: str, text: str) -> Iterator[str]:
    yield from _heading(title, text)
    yield from _set_in(text)


def _set_in(text: str, *, further: str = "") -> Iterator[str]:
    for line in text.split("\n") if text else ():
        yield f"{_SET_IN}{further}{line}"


def _coded(name: str, value: object) -> str:
    """`name` is a field of the card, or imminence."""
    if isinstance(value, list | tuple):
        return ", ".join(_coded(name, each) for each in value)
    return _label(list_of(name), str(value))


def _label(list_name: str, code: str) -> str:
    try:
        return vocabulary.label(list_name, code)
    except UnknownCodeError:
        return code.replace("_", " ")
