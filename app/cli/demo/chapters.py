"""The chapters of the story. Each is what people do with their clients; none reaches into the service."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import age, private, vocabulary
from app.cli.demo.stage import Stage
from app.cli.demo.stories import Story
from app.cli.demo_population import population
from app.cli.roots import write_sheet
from app.cli.stopped import Stopped
from app.client import Reporter, Staff
from app.client.casework import approvals, cases, coding_approvals, report_approvals, triage
from app.client.casework.cases import OpenCase
from app.client.casework.triage import OpenReport
from app.client.casework.views import View
from app.client.intake import epochs, pages
from app.client.intake.reporter import Submitted
from app.client.machine.transport import Service
from app.client.machine.trust import OpenIntake
from app.client.people import audit, colleagues, roots, shared_keys, sign_in
from app.client.statistics import cards, releases
from app.database import schema
from app.people.staff import invitations
from app.protocol import card
from app.protocol import receipt as receipts
from app.protocol.case import CODED, Affected, Assertion, Identity
from app.protocol.release.verification import VerifiedRelease
from app.protocol.roots import Paper
from app.protocol.statements import KeyKind
from app.site.site import BUILT
from app.vocabulary import (
    ApprovalSubject,
    CaseStage,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    Imminence,
    Priority,
    Relation,
    ReportState,
    Role,
    Severity,
    VerificationStatus,
)

# Everybody's passphrase in a demo. scrypt's work is small here, so that the story is not about waiting.
PASSPHRASE, PASSWORD = "demo passphrase", "demo password"
WORK_FACTOR = 10

CAST: dict[str, frozenset[Role]] = {
    "sofia": frozenset({Role.SUPERVISOR}),
    "boris": frozenset({Role.SUPERVISOR}),
    "tenzin": frozenset({Role.TRIAGER, Role.CASEWORKER}),
    "leyla": frozenset({Role.TRIAGER, Role.CASEWORKER}),
    "mai": frozenset({Role.CASEWORKER}),
    "amir": frozenset({Role.ANALYST}),
    "ruth": frozenset({Role.AUDITOR}),
}
FIRST_SUPERVISOR, SECOND_SUPERVISOR = "sofia", "boris"
ANSWER = (
    "Thank you for writing to us. We have read it, and we believe you. We will write here again. You did nothing wrong."
)
# Within the last weeks of a certificate of a year, in which it is renewed.
_STRIDE = timedelta(days=330)


class DemoFailed(Stopped):
    """Something did not happen as the story tells it."""


@dataclass
class Company:
    """Everybody at their machines, and what the reporters keep. Of the cast, who works as what changes as people go."""

    stage: Stage
    cast: Mapping[str, frozenset[Role]] = field(default_factory=lambda: CAST)
    supervisors: Sequence[str] = (FIRST_SUPERVISOR, SECOND_SUPERVISOR)
    triagers: Sequence[str] = ("tenzin", "leyla")
    caseworkers: Sequence[str] = ("tenzin", "leyla", "mai")
    pin: str = ""
    staff: dict[str, Staff] = field(default_factory=dict)
    submitted: dict[str, Submitted] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    decided: dict[str, ReportState] = field(default_factory=dict)
    comes_in: Callable[[str], Staff] | None = None  # who has no session on this day of the story signs in by it

    def at_work(self, name: str) -> Staff:
        """Somebody who has a session."""
        return self.comes_in(name) if self.comes_in else self.staff[name]

    def reporter(self) -> Reporter:
        return Reporter(self.stage.url, self.pin, clock=self.stage.clock.now)


class _Mistaken(Reporter):
    """A client that seals to a key which nobody holds."""

    def intake(self) -> OpenIntake:
        open_intake = super().intake()
        return replace(open_intake, epoch=replace(open_intake.epoch, recipient=age.generate().recipient))


def prepare(stage: Stage) -> str:
    """The operator makes the tables, and an invitation for the first supervisor."""
    settings = stage.settings
    private.make_directory(settings.data_dir)
    database = schema.create(settings.url)
    with database.write() as session:
        invitation = invitations.initialise(session, stage.clock.today())
    database.close()
    return invitation


def organisation(company: Company, invitation: str) -> Paper:
    """The first supervisor makes the root with two papers, and the second takes the place of one of them; the others
    join and are certified after comparing words by voice. The paper that is left is given back."""
    first = _join(company, FIRST_SUPERVISOR, invitation, pin=None)
    paper, spare = roots.new_paper(), roots.new_paper()
    roots.publish(first, roots.draft(first, papers=[paper, spare]))
    second = _join(company, SECOND_SUPERVISOR, colleagues.invite(first, company.cast[SECOND_SUPERVISOR]), pin=first.org)
    drafted = roots.draft_next(first, add={second.person: colleagues.fingerprint(second)}, drop=[spare.id])
    proposed = roots.propose(first, drafted)
    signed = roots.sign(
        first,
        proposed,
        words=proposed.root.words,
        newcomers={second.person: colleagues.fingerprint(second)},
        paper=paper,
    )
    if signed.lacks:
        raise DemoFailed("the second supervisor is on no root")
    write_sheet(paper, signed.root, company.stage.directory / "papers")
    company.pin = str(first.pin)
    for name, roles in company.cast.items():
        if name not in company.staff:
            come(company, name, roles, first)
    return paper


def come(company: Company, name: str, roles: frozenset[Role], supervisor: Staff) -> Staff:
    """Somebody joins, and is certified after comparing words by voice."""
    person = _join(company, name, colleagues.invite(supervisor, roles), pin=company.pin)
    colleagues.certify(supervisor, person.person, colleagues.fingerprint(person), roles)
    return person


def keys(company: Company, *, weeks: int = 1) -> None:
    """An intake epoch for each week, the statistics key of the year, the card-writing key of the month."""
    first = company.staff[FIRST_SUPERVISOR]
    epochs.rotate(first, number=weeks)
    shared_keys.make_shared(first, KeyKind.STATISTICS)
    shared_keys.make_shared(first, KeyKind.CARD_WRITING)
    for person in company.staff.values():
        person.forget()
        shared_keys.keep_card_token(person)  # as each later sign-in does, for those who write cards


def reports(company: Company, stories: Iterable[Story], step: Callable[[], None]) -> None:
    """Every reporter seals and sends their report and its files, and keeps the twelve words."""
    for story in stories:
        client = _Mistaken if story.disposition is ReportState.UNDECRYPTABLE else Reporter
        files = [_made_up(company.stage, story, number) for number in range(len(story.files))]
        with client(company.stage.url, company.pin, clock=company.stage.clock.now) as reporter:
            company.submitted[story.id] = reporter.submit(story.document, files)
        step()


def triage_and_answer(
    company: Company, stories: Sequence[Story], step: Callable[[], None], *, by: Sequence[str] = ()
) -> None:
    """Triagers take turns, or those `by` whom it is done: claim, open, answer, decide, each story as it is expected to
    end."""
    turns = by or company.triagers
    for number, story in enumerate(stories):
        triager = company.at_work(turns[number % len(turns)])
        report = company.submitted[story.id].report
        triage.claim(triager, triage.view(triager, report))
        if story.disposition is ReportState.UNDECRYPTABLE:
            view = triage.view(triager, report)
            asked = report_approvals.request_try(triager, view, _other_triager(company, triager).person)
            report_approvals.try_too(_other_triager(company, triager), asked)
            triage.undecryptable(triager, view)
        else:
            _decide(company, triager, story, triage.open_(triager, report))
        company.decided[story.id] = story.disposition
        step()


def _decide(company: Company, triager: Staff, story: Story, report: OpenReport) -> None:
    if report.missing:
        raise DemoFailed(f"{story.id}: an attachment has not arrived")
    if report.may_contact:
        report = triage.answer(triager, report, ANSWER)
    severities = [(Severity(each["severity"]), Imminence(each["imminence"])) for each in story.incidents]
    match story.disposition:
        case ReportState.ACCEPTED:
            company.cases[story.id] = triage.accept(
                triager, report, severities, owner=owner_of(company, story).person, title=story.id, summary=story.id
            )
        case ReportState.WITHDRAWN:
            _withdraw(company, triager, story, report)
        case ReportState.AWAITING_REPORTER:
            if vocabulary.priority_of(severities) in (Priority.P1, Priority.P2):
                _second_person(triager, report, ApprovalSubject.WAITING, company.at_work(company.supervisors[0]))
            triage.ask(triager, report, severities)
        case ReportState.ABUSIVE:
            _second_person(triager, report, ApprovalSubject.ABUSIVE, _other_triager(company, triager))
            triage.dispose(triager, report, story.disposition, severities)
        case _:
            urgent = report.danger_now or vocabulary.priority_of(severities) in (Priority.P1, Priority.P2)
            if urgent and story.disposition is not ReportState.DUPLICATE:
                subject = ApprovalSubject(story.disposition)
                _second_person(triager, report, subject, company.at_work(company.supervisors[0]))
            twin = company.submitted[story.duplicate_of].report if story.duplicate_of else None
            triage.dispose(triager, report, story.disposition, severities, duplicate_of=twin)
            _read_where_drawn(company, triager, report)


def _read_where_drawn(company: Company, triager: Staff, report: OpenReport) -> None:
    approval = report_approvals.lend_where_drawn(triager, report)
    for name in company.supervisors if approval else ():
        supervisor = company.at_work(name)
        if any(each.id == approval and each.approver == supervisor.person for each in approvals.list_(supervisor)):
            report_approvals.decide(supervisor, report_approvals.review(supervisor, str(approval)), approved=True)


def _other_triager(company: Company, triager: Staff) -> Staff:
    return next(company.at_work(name) for name in company.triagers if company.staff[name] is not triager)


def _second_person(asking: Staff, report: OpenReport, subject: ApprovalSubject, colleague: Staff) -> None:
    approval = report_approvals.request(asking, report, subject, colleague.person)
    report_approvals.decide(colleague, report_approvals.review(colleague, approval), approved=True)


def _withdraw(company: Company, triager: Staff, story: Story, report: OpenReport) -> None:
    """The reporter reads the answer, then takes the report back: it is destroyed at once."""
    receipt = receipts.read(company.submitted[story.id].receipt)
    with company.reporter() as reporter:
        if report.may_contact and not reporter.mailbox(receipt).replies:
            raise DemoFailed(f"{story.id}: the answer did not arrive")
        reporter.withdraw(receipt)
    if not triage.view(triager, report.id).destroyed:
        raise DemoFailed(f"{story.id}: what was taken back is still there")


def compare(company: Company, stories: Sequence[Story]) -> str:
    """Hold what the service shows against what the story expects. Raises `DemoFailed` at the first difference."""
    reports = {item["id"]: item for item in company.staff[FIRST_SUPERVISOR].service.items("/reports")}
    for story in stories:
        report = reports[company.submitted[story.id].report]
        if report["state"] != story.disposition:
            raise DemoFailed(f"{story.id} is {report['state']}, not {story.disposition}")
        has_priority = story.disposition not in (ReportState.WITHDRAWN, ReportState.UNDECRYPTABLE)
        if has_priority and report["priority"] != story.priority:
            raise DemoFailed(f"{story.id} has priority {report['priority']}, not {story.priority}")
    return f"{len(stories)} of {len(stories)} reports as their story tells"


def expected_cards(stories: Sequence[Story]) -> list[str]:
    """Whom the stories' cards are of, a label for each card."""
    return [
        incident["affected"]
        for story in stories
        for incident in story.incidents
        if incident.get("card") and story.disposition is ReportState.ACCEPTED
    ]


def coding(company: Company, stories: Sequence[Story], step: Callable[[], None]) -> None:
    """Each owner codes the incidents of their cases, and a colleague opens and approves the coding."""
    for story in stories:
        if story.id in company.cases:
            owner, colleague = owner_of(company, story), colleague_of(company, story)
            case = _with_coding(owner, cases.open_(owner, company.cases[story.id]), story)
            approval = coding_approvals.request(owner, case, colleague.person)
            coding_approvals.decide(colleague, coding_approvals.review(colleague, approval), approved=True)
            cards.write(owner, case.id, approval)
        step()


def assess(company: Company, stories: Sequence[Story], step: Callable[[], None]) -> int:
    """Each owner keeps what the reporter answered about service, and takes the case to assessment; how many there are.

    The answer is kept beside a person of the case, so a case that is of nobody stays where it is.
    """
    for story in stories:
        if story.id in company.cases:
            owner = owner_of(company, story)
            case = cases.open_(owner, company.cases[story.id])
            if case.file.persons:
                _keep_answer(owner, case)
                cases.move(owner, case, cases.view(owner, case.id), CaseStage.ASSESSMENT)
        step()
    return len(cases.list_(company.staff[FIRST_SUPERVISOR], View(CaseStage.ASSESSMENT)))


def sign_pages(company: Company) -> pages.Checked | None:
    """A supervisor signs what browsers are served, and somebody outside compares. None where no pages were built."""
    stage, first = company.stage, company.staff[FIRST_SUPERVISOR]
    site = stage.settings.data_dir / "site"
    try:
        pages.sign(first, BUILT, site, name="A demonstration of Tern", leave_to=None)
    except pages.NotBuilt:
        return None
    return pages.verify(stage.url, pin=company.pin, today=first.today, against=BUILT)


def open_to_visitors(company: Company) -> None:
    """The present day and an epoch of it, so that a visitor's own browser finds an intake that is open.

    On the way there everybody's certificate is renewed before it ends, as it would have been.
    """
    present, moment = datetime.now(UTC), company.stage.clock.now()
    first = company.staff[company.supervisors[0]]
    while moment < present:
        moment = min(moment + _STRIDE, present)
        company.stage.set_clock(moment)
        sign_in.sign_in(first, PASSWORD)
        for person in company.staff.values():
            colleagues.renew(first, person.person)
    epochs.rotate(first)


def send_cards(company: Company) -> int:
    """Everybody's outbox, at once: a demo does not wait for random hours."""
    return sum(cards.send(person, now=True) for person in company.staff.values() if cards.waiting(person))


def send_population(company: Company, persons: int, step: Callable[[], None]) -> int:
    """The cards of an invented population, by the same route: the people of forty stories alone are too few."""
    sender, approver = company.staff["mai"], company.staff["boris"]
    recipient = shared_keys.newest_key(sender, KeyKind.STATISTICS).recipient
    token = shared_keys.local_card_token(sender)
    service = Service(company.stage.url)
    cards_file = population(persons, b"tern demo")
    for each in cards_file:
        headers = {"Authorization": f"Bearer {token}", "Tern-Card": each.id, "Tern-Revision": "0"}
        signed = card.SignedCard(each, card.sign(each, sender.signer), card.sign(each, approver.signer))
        service.send("PUT", "/card", age.encrypt(card.encode(signed), [recipient]), headers)
        step()
    return len(cards_file)


def release(company: Company, *, kind: str, period: str, workload: str, folder: Path) -> VerifiedRelease:
    """One person requests, a supervisor approves and lends the key, both sign; then anybody verifies the folder."""
    analyst, supervisor = company.staff["amir"], company.staff["boris"]
    id_ = releases.request(analyst, kind=kind, period=period, workload=workload)
    releases.approve(supervisor, releases.view(supervisor, id_))
    releases.draw(supervisor, id_)
    for signer in (analyst, supervisor):
        releases.sign(signer, id_)
    releases.publish(supervisor, releases.view(supervisor, id_))
    releases.save(releases.download(analyst, id_), folder)
    return releases.verify(releases.load(folder), pin=company.pin)


def check_audit(company: Company) -> int:
    """The auditor fetches the audit chain and follows it hash by hash; how many events there are."""
    last = audit.verify_all(company.staff["ruth"]).events.last
    return last.version if last else 0


def owner_of(company: Company, story: Story) -> Staff:
    """Who leads the case of a story."""
    return company.staff[company.caseworkers[sum(story.id.encode()) % len(company.caseworkers)]]


def colleague_of(company: Company, story: Story) -> Staff:
    """Who is asked about it."""
    return company.staff[company.caseworkers[(sum(story.id.encode()) + 1) % len(company.caseworkers)]]


def _with_coding(owner: Staff, case: OpenCase, story: Story) -> OpenCase:
    """The case with its people and incidents. One contribution token for each `affected` label."""
    persons: dict[str, Affected] = {}
    incidents = []
    for facts in story.incidents:
        label = facts["affected"]
        if label not in persons:
            answer = ConsentStatus.GIVEN if _is_counted(story, label) else ConsentStatus.DECLINED
            persons[label] = cases.affected(
                Relation(facts["relation_of_target_to_reporter"]),
                statistics=answer if facts["relation_of_target_to_reporter"] == Relation.SELF else None,
                by_reporter=answer,
                can_be_asked=not _is_counted(story, label),
            )
        status = VerificationStatus(facts["verification_status"])
        codes = {name: facts[name] for name in facts if name in (*CODED, "quarter", "imminence")}
        assertions = [Assertion(by="reporter", text=story.id, basis=basis) for basis in facts["attribution_basis"]]
        incidents.append(
            cases.incident(owner, persons[label], codes, assertions=assertions, status=status, second=None)
        )
    file = replace(case.file, persons=tuple(persons.values()), incidents=tuple(incidents), selectors=story.selectors)
    for number, person in enumerate(file.persons, start=1):
        file = file.with_identity(Identity(person.id, names=f"Person {number} of {story.id}"))
    # Another member holds the key too: names that one machine alone opens are lost with it.
    return cases.write(owner, case, file, holders=sorted(case.members - {owner.person})[:1])


def _keep_answer(owner: Staff, case: OpenCase) -> None:
    """What the report says about service, in the slot that the reporter's client gave it."""
    report = triage.open_(owner, case.file.reports[0].id).report
    answer = next(each for each in report.consents if each.scope is ConsentScope.SERVICE)
    persons = case.file.persons
    cases.record_consent(
        owner,
        case,
        person=next((each for each in persons if each.relation is Relation.SELF), persons[0]).id,
        consent=answer.id,
        scope=answer.scope,
        status=ConsentStatus.GIVEN if answer.given else ConsentStatus.DECLINED,
        method=ConsentMethod.FORM,
    )


def _is_counted(story: Story, label: str) -> bool:
    return any(each["affected"] == label and each.get("card") for each in story.incidents)


def _join(company: Company, name: str, invitation: str, *, pin: str | None) -> Staff:
    directory = company.stage.person(name)
    sign_in.join(
        directory,
        company.stage.url,
        invitation=invitation,
        handle=name,
        password=PASSWORD,
        passphrase=PASSPHRASE,
        pin=pin,
        work_factor=WORK_FACTOR,
    )
    person = Staff(directory, PASSPHRASE, clock=company.stage.clock.now)
    sign_in.sign_in(person, PASSWORD)
    company.staff[name] = person
    return person


def _made_up(stage: Stage, story: Story, number: int) -> Path:
    """A file of the right name and size, full of random bytes."""
    file = story.files[number]
    path = stage.directory / "attached" / story.id / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(secrets.token_bytes(file.size))
    return path
