"""Everything that the service keeps is dumped after the full story, and searched for everything that was typed."""

import re
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from app import recorded_day
from app.audit.actions import Action
from app.cli.demo import stories
from app.cli.demo.stories import Story
from app.client import Staff
from app.client.casework import cases, coding_approvals, templates, triage
from app.client.casework.cases import OpenCase
from app.client.intake.reporter import Submitted
from app.client.people import copies, custodians, memories, shared_keys, sign_in
from app.client.statistics import cards, releases
from app.clock import Clock
from app.database import Database, schema
from app.protocol import receipt
from app.protocol.case import CODED, Assertion, Assessment, Closing, Identity, Note, SafetyPlan, Task
from app.protocol.encoding import b64, new_id
from app.protocol.key_copy import AccountKey
from app.protocol.pairs import RecoveryReason
from app.protocol.report import FREE
from app.protocol.statements import KeyKind
from app.protocol.types import TYPES
from app.settings import Settings
from app.vocabulary import (
    CaseStage,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    Imminence,
    Outcome,
    Relation,
    RetentionClass,
    Ring,
    RiskLevel,
    Role,
    SafetyPlanStatus,
    Severity,
    TaskType,
    codes,
    vocabulary,
)
from tests.flows.dump import Dump, searchable, words_of
from tests.flows.organisation import CAST, PASSPHRASE, PASSWORD, Organisation
from tests.flows.served import served
from tests.postgresql import postgresql_server, run
from tests.statements import DIALECTS
from tests.strength import COPY_WORK_FACTOR

# What is searched is what each of them has written.
pytestmark = pytest.mark.both_databases

STORIES = stories.load(stories.SAMPLES)[:6]
QUESTION = "Please describe whoever followed you yesterday evening."
ANSWER = "Somebody wearing an orange raincoat, near the bakery."
TITLE, SUMMARY = "Threatening telephone calls", "Several relatives were questioned about the newspaper."
NAMES, CONTACTS, SAFELY = "Wilhelmina Featherstonehaugh", "Peppercorn Boulevard", "Telephone never, evenings only."
NARRATIVE, SAID = "Fraudulent reservations preceded the intimidation.", "A bystander recognised the limousine."
CLOSING = Closing("plan_completed", Outcome.SAFER, RetentionClass.LONG, SAID)
WORDING = "Would counselling by volunteers be welcome?"
ATTACHED = b"whispering photograph "
CUSTODIANS = {"nima": {Role.CUSTODIAN}, "rosa": {Role.CUSTODIAN}}
WORK = [(Severity.LIMITED, Imminence.WEEKS)]

MOMENT, RELEASED = "2026-06-15T09:17:43Z", "2026-07-01T09:17:43Z"
# How everybody's client introduces itself, and whence a proxy says that it comes.
AGENT, ADDRESS = "Orchestrion/7.31", "203.0.113.77"

PLANTED = "Zaubertintenfass", "неприкосновенность"
# Midnight is none: a release's structure message says of which day it is in a form that asks for a time.
TIME_OF_DAY = re.compile(rb"(?<!\d)(?!00:00:00)\d\d:\d\d:\d\d(?!\d)")
# What PostgreSQL would log where an operator asked for all of it; the time is then the database's own affair.
TALKATIVE = ("log_statement = 'all'", "log_connections = 'on'", "log_line_prefix = ''", "log_min_messages = 'debug1'")
SEALED = [of for of in TYPES.values() if of.kind]
# Every attachment of the story has arrived, and no client writes comments.
EMPTY = {"uploads.blob", "approvals.comment"}
# Published, or on the way there.
RELEASES = {"releases", "release_files"}


@dataclass
class Told:
    """The story as it was told: what the service keeps before and after, and what nobody may find in it."""

    settings: Settings
    log: Path
    before: Dump
    after: Dump
    submitted: list[Submitted]
    organisation: Organisation
    published: releases.Folder
    keys: list[bytes] = field(default_factory=list)

    @property
    def known(self) -> set[str]:
        """Words that stand there without anybody having typed them, and those that were published."""
        names = " ".join([*Action, *self.before.names, *_workflow_codes()])
        folder = " ".join([*self.published, *(file.decode(errors="replace") for file in self.published.values())])
        return self.before.words | words_of(names) | words_of(folder)

    @property
    def typed(self) -> list[str]:
        texts = [text for story in STORIES for text in typed(story)]
        return [*texts, QUESTION, ANSWER, TITLE, SUMMARY, NARRATIVE, SAID, WORDING, NAMES, CONTACTS, SAFELY]


def typed(story: Story) -> list[str]:
    return [story.document["text"], *(str(story.document["answers"].get(name, "")) for name in FREE)]


def coded(story: Story) -> set[str]:
    """The codes of a story's answers and of its incidents, as single values."""
    answers = [value for name, value in story.document["answers"].items() if name not in FREE]
    incidents = [each[name] for each in story.incidents for name in (*CODED, "imminence") if name in each]
    values = [*answers, *incidents]
    return {str(code) for value in values for code in (value if isinstance(value, list) else [value])}


@pytest.fixture(scope="module", params=DIALECTS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Told once for each database, to a real process of `tern serve` whose every library logs all that it can."""
    directory = tmp_path_factory.mktemp("dump")
    if request.param == "sqlite":
        yield _tell(directory, f"sqlite:///{directory / 'server' / 'tern.sqlite'}")
        return
    with postgresql_server() as server:
        for setting in TALKATIVE:
            run(server, f"ALTER SYSTEM SET {setting}")
        run(server, "SELECT pg_reload_conf()")
        yield _tell(directory, server.set(database="tern").render_as_string(hide_password=False))


def _believe(settings: Settings, day: date) -> None:
    """Nobody has waited for it, and yet no clock is wrong."""
    with closing(Database(settings.url)) as database, database.write() as session:
        recorded_day.record(session, day, is_right=True)


def _tell(directory: Path, url: str) -> Told:
    clock, log = directory / "clock", directory / "server.log"
    clock.write_text(MOMENT)
    settings = Settings(data_dir=directory / "server", database_url=url, demo=True, demo_clock=clock)
    settings.data_dir.mkdir()
    schema.create(url).close()
    headers = {"User-Agent": AGENT, "X-Forwarded-For": ADDRESS}
    with (
        served(settings, log) as server,
        httpx2.Client(base_url=server, headers=headers, trust_env=False, timeout=120) as http,
    ):
        organisation = Organisation(directory / "people", http, Clock(clock))
        organisation.found(settings, {**CAST, "amir": {Role.ANALYST}, **CUSTODIANS})
        for kind in KeyKind:
            shared_keys.make_shared(organisation.staff["sofia"], kind)
        sign_in.sign_in(organisation.staff["tenzin"], PASSWORD)
        drafted = copies.draft(organisation.staff["tenzin"], PASSPHRASE, work_factor=COPY_WORK_FACTOR)
        copies.keep(organisation.staff["tenzin"], drafted)
        before = Dump(settings, log)
        submitted, keys = _report_and_work(organisation, directory / "attached")
        keys += [drafted.sheet.words.encode(), AccountKey.read(drafted.sheet.words).secret, PASSPHRASE.encode()]
        _believe(settings, datetime.fromisoformat(RELEASED).date())
        clock.write_text(RELEASED)
        _peel(organisation)  # what waited since the other day would be ended by now
        published = _release(organisation)
        # While the process runs: what it would tidy when it ends is searched too.
        after = Dump(settings, log)
    after.log = log.read_bytes()
    return Told(settings, log, before, after, submitted, organisation, published, keys)


def _peel(organisation: Organisation) -> None:
    """A custodian peels a pair of theirs for the other, who does not act on it."""
    for name in CUSTODIANS:
        person = organisation.staff[name]
        sign_in.sign_in(person, PASSWORD)
        for pair in custodians.pairs(person)[:1]:
            custodians.peel(person, pair.subject, [organisation.staff["leyla"].person], RecoveryReason.LOST)


def _report_and_work(organisation: Organisation, attached: Path) -> tuple[list[Submitted], list[bytes]]:
    """Reports are sent; one is answered, answered again, accepted, coded, approved and counted; one is withdrawn.

    What was sent, and the secrets that it was about.
    """
    reporter, triager = organisation.reporter(), organisation.staff["tenzin"]
    submitted = []
    for story in STORIES:
        directory = attached / story.id
        directory.mkdir(parents=True)
        for file in story.files:
            (directory / file.name).write_bytes(ATTACHED * 100 + secrets.token_bytes(10))
        submitted.append(reporter.submit(story.document, sorted(directory.iterdir())))
    answered, withdrawn = submitted[0], submitted[1]
    for each in (answered, withdrawn):
        triage.claim(triager, triage.view(triager, each.report))
    opened = triage.open_(triager, answered.report)
    opened = triage.answer(triager, opened, QUESTION)
    words = receipt.read(answered.receipt)
    reporter.answer(words, ANSWER)
    reporter.change_consent(words, ConsentScope.PUBLICATION, given=True)
    case = triage.accept(triager, opened, WORK, owner=triager.person, title=TITLE, summary=SUMMARY)
    templates.put(organisation.staff["sofia"], TITLE[:40], {"en": QUESTION, "fa": ANSWER})
    reporter.withdraw(receipt.read(withdrawn.receipt), ANSWER)
    memories.keep(triager)
    coding = _code(triager, cases.open_(triager, case), STORIES[0])
    approver = organisation.staff["sofia"]
    approval = coding_approvals.request(triager, coding, approver.person)
    coding_approvals.decide(approver, coding_approvals.review(approver, approval), approved=True)
    written = cards.write(triager, coding.id, approval)
    assert cards.send(triager, now=True) == len(written.file.cards) == len(STORIES[0].incidents)
    held = [shared_keys.hold(triager, KeyKind.CARD_WRITING), shared_keys.hold(approver, KeyKind.STATISTICS)]
    own = (key.identity for key in coding.keys.own.values())
    identities = [opened.identity, coding.identity, *own, *(each.identity for each in held)]
    tokens = [shared_keys.card_token(held[0].identity), *(person.token for person in written.file.persons)]
    ids = [note.id for note in written.file.cards]
    return submitted, [
        *(each for identity in identities for each in (str(identity).encode(), identity.secret)),
        *(each.encode() for each in (*tokens, *ids)),
    ]


def _code(owner: Staff, opened: OpenCase, story: Story) -> OpenCase:
    """The story's incidents and selectors, its reporter's answer about service, and the step to assessment."""
    person = cases.affected(
        Relation.SELF,
        statistics=ConsentStatus.GIVEN,
        by_reporter=ConsentStatus.GIVEN,
        can_be_asked=True,
        note=SUMMARY,
    )
    said = Assertion(by="reporter", text=SAID, basis="reporter_belief")
    incidents = tuple(
        cases.incident(
            owner,
            person,
            {name: each[name] for name in (*CODED, "quarter", "imminence") if name in each},
            narrative=NARRATIVE,
            assertions=[said],
        )
        for each in story.incidents
    )
    file = replace(opened.file, persons=(person,), incidents=incidents, selectors=story.selectors)
    file = file.with_identity(Identity(person.id, NAMES, CONTACTS, SAFELY))
    noted = replace(file, notes=(Note(new_id("note"), NARRATIVE),), closing=CLOSING)
    after = cases.plan(owner, cases.write(owner, opened, noted), SafetyPlan(SafetyPlanStatus.DRAFT, SUMMARY))
    after = cases.assess(owner, after, Assessment(RiskLevel.HIGH, owner.today, reasoning=NARRATIVE))
    after = cases.add_task(owner, after, Task(new_id("task"), TaskType.CONTACT, SUMMARY))
    after = cases.sum_up(owner, after)
    report = triage.open_(owner, opened.file.reports[0].id).report
    cases.record_consent(
        owner,
        after,
        person=person.id,
        consent=next(each.id for each in report.consents if each.scope is ConsentScope.SERVICE),
        scope=ConsentScope.SERVICE,
        status=ConsentStatus.GIVEN,
        method=ConsentMethod.FORM,
        wording=WORDING,
    )
    cases.move(owner, after, cases.view(owner, after.id), CaseStage.ASSESSMENT)
    return after


def _release(organisation: Organisation) -> releases.Folder:
    """The total of the quarter, which one asks for, another approves, and both sign."""
    analyst, supervisor = organisation.staff["amir"], organisation.staff["sofia"]
    for person in (analyst, supervisor):
        sign_in.sign_in(person, PASSWORD)
    release = releases.request(analyst, kind="reserve", period="2026-Q2", workload="T")
    releases.approve(supervisor, releases.view(supervisor, release))
    releases.draw(supervisor, release)
    for signer in (analyst, supervisor):
        releases.sign(signer, release)
    releases.publish(supervisor, releases.view(supervisor, release))
    return releases.download(analyst, release)


def test_no_column_and_no_file_has_a_word_that_was_typed(told: Told) -> None:
    secret_words = {word for text in told.typed for word in words_of(text)} - told.known
    whole = {word for word in searchable(told.typed) if word.casefold() in secret_words}
    # PostgreSQL's own tables have many English words.
    sought = whole - told.before.holds(whole)

    assert len(secret_words) > 100
    assert told.after.words & secret_words == set()
    assert len(sought) > 100
    assert [word for word in sought if not word.isascii()]
    assert told.after.holds(sought) == set()
    assert not any(ATTACHED in content for content in told.after.everything)


def test_no_file_name_no_receipt_no_key_and_no_password_is_kept(told: Told) -> None:
    names = [file.name for story in STORIES for file in story.files]
    sought = [*told.keys, *(secret for each in told.submitted for secret in _secrets(each))]
    sought += [PASSPHRASE.encode(), PASSWORD.encode()]
    for person in told.organisation.staff.values():
        assert person.service.token is not None
        sought += [str(person.keys.identity).encode(), person.keys.identity.secret, person.service.token.encode()]
        sought.append(person.keys.signing.private_bytes_raw())

    assert len(names) >= 3
    assert [name for name in names if any(name.encode() in content for content in told.after.everything)] == []
    assert [n for n, secret in enumerate(sought) if any(secret in content for content in told.after.everything)] == []


def test_no_code_of_a_report_or_an_incident_is_kept(told: Told) -> None:
    secret_codes = {code for story in STORIES for code in coded(story)} - set(_workflow_codes())
    columns = {
        value
        for name, rows in told.after.rows.items()
        for row in rows
        for value in row.values()
        if name not in RELEASES and isinstance(value, str)
    }
    published = b" ".join(told.published.values())
    long = {code for code in secret_codes if len(code) >= 7 and code.encode() not in published}
    sought = long - told.before.holds(long)

    assert len(secret_codes) > 15
    # A shared key is of a kind that has the name of a consent.
    assert columns & secret_codes <= {str(kind) for kind in KeyKind}
    assert len(sought) > 15
    assert told.after.holds(sought) == set()


def test_no_selector_is_kept(told: Told) -> None:
    selectors = [text for each in STORIES[0].selectors for text in (each.value, each.normalised)]

    assert len(selectors) >= 8
    assert [text for text in selectors if any(text.encode() in content for content in told.after.everything)] == []


def test_no_address_and_no_client_is_kept(told: Told) -> None:
    for sought in (ADDRESS, AGENT, "127.0.0.1", "httpx"):
        assert [each for each in told.after.kept if sought.encode() in each] == []
    for sought in (ADDRESS, AGENT):
        assert [path for path, content in told.after.cluster.items() if sought.encode() in content] == []


def test_no_time_of_day_is_kept(told: Told) -> None:
    assert [found for content in told.after.kept for found in TIME_OF_DAY.findall(content)] == []
    for moment in (MOMENT, RELEASED):
        minute = moment[:16]
        for written in (minute, minute.replace("T", " ")):
            assert not any(written.encode() in content for content in told.after.everything)
    blobs = [path for path in (told.settings.data_dir / "blobs").rglob("*") if path.is_file()]
    assert {path.stat().st_mtime % 86_400 for path in blobs} == {0.0}


def test_the_process_logs_nothing_of_a_request(told: Told) -> None:
    # Every library's logger is set to tell all it can: none reaches an output once the service listens.
    before, listens, after = told.after.log.partition(b"Tern listens on ")

    assert (bool(listens), after.partition(b"\n")[2]) == (True, b"")
    assert b"/v1/" not in before
    if told.after.cluster:  # PostgreSQL's own log does tell every statement, and is searched with the rest
        assert b"INSERT INTO journal_entries" in told.after.cluster["log"]


def test_lengths_are_those_of_their_types(told: Told) -> None:
    dump = told.after
    places = {str(place): place for of in SEALED for place in of.stored}
    for name, place in places.items():
        allowed = {length for of in SEALED for each in of.stored if str(each) == name for length in of.lengths}
        files = [value for row in dump.rows[place.table] if (value := row[place.column]) is not None]
        if place.is_blob:
            files = [content for path, content in dump.files.items() if Path(path).stem in files]
        assert bool(files) == (name not in EMPTY), f"the story leaves {len(files)} files in {name}"
        assert {len(file) for file in files} <= allowed, f"a file in {name} has the length of no class of its types"
    attachments = TYPES["attachment"].lengths
    assert {len(file) for path, file in dump.files.items() if path.startswith("blobs/")} <= attachments
    assert set(dump.column("attachments", "size")) <= attachments
    assert set(dump.column("reports", "size")) <= TYPES["report"].lengths


def test_the_search_finds_what_is_planted(told: Told) -> None:
    """Or the promises above would hold of a search that finds nothing."""
    engine = sa.create_engine(told.settings.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE planted (words VARCHAR(200))")
        connection.execute(sa.text("INSERT INTO planted VALUES (:words)"), {"words": f"1 {' '.join(PLANTED)}."})
    engine.dispose()
    in_row = Dump(told.settings, told.log)
    (told.settings.data_dir / "planted").write_text(f"the {ADDRESS} at 09:17:43")
    with told.log.open("a") as log:
        print(AGENT, file=log)
    everywhere = Dump(told.settings, told.log)

    assert told.after.holds(PLANTED) == set()
    assert in_row.holds(PLANTED) == set(PLANTED)
    assert {word.casefold() for word in PLANTED} <= in_row.words
    raw = in_row.cluster or in_row.files
    holders = {path.split("/")[0] for path, content in raw.items() if PLANTED[0].encode() in content}
    assert holders >= ({"base", "pg_wal", "log"} if in_row.cluster else {"tern.sqlite"})
    assert any(ADDRESS.encode() in content and TIME_OF_DAY.search(content) for content in everywhere.kept)
    assert any(AGENT.encode() in content for content in everywhere.kept)


def _workflow_codes() -> list[str]:
    return [code for name, found in vocabulary().lists.items() if found.ring is Ring.WORKFLOW for code in codes(name)]


def _secrets(submitted: Submitted) -> list[bytes]:
    """The receipt's words and bytes, and all that follows from them."""
    words = receipt.read(submitted.receipt)
    return [
        submitted.receipt.encode(),
        words.secret,
        words.token,
        b64(words.token).encode(),
        words.thread_key,
        b64(words.thread_key).encode(),
        words.identity.secret,
        str(words.identity).encode(),
    ]
