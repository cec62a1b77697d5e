"""A release from the sealed cards to the published folder: real keys, real noise, both databases, over HTTP."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import age
from app.cli.demo_population import population
from app.database import Base, Shredded
from app.people.staff import service as staff
from app.people.staff.models import Certificate
from app.protocol import card as cards_
from app.protocol.documents import parse_document
from app.protocol.encoding import sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.release.counts import write_counts
from app.protocol.release.frame import named
from app.protocol.release.ledger import LedgerLine, check_chain, read_ledger
from app.protocol.release.verification import verify_pinned
from app.protocol.release.words import SUFFIXES
from app.protocol.roots import Root, propose_root, root_body
from app.settings import Settings
from app.statistics.releases import folders
from app.statistics.releases.accounts import Accounts, name_of
from app.statistics.releases.models import AccountsPart, BudgetEntry, Release, ReleaseState
from app.vocabulary import Role
from tests.factories import writes
from tests.protocol.organisation import Person
from tests.statistics.conftest import (
    ANALYST,
    APPROVER,
    COLLEAGUE,
    DAY,
    PERSONS,
    PIN,
    ROOT,
    STATISTICS,
    TRIAGER,
    Office,
    card_headers,
    sealed_population,
    signed,
    state_statistics_key,
)
from tests.statistics.releases.flow import (
    KEY,
    QUARTER,
    TOTAL,
    YEAR,
    Flow,
    corrected,
    keep_cards,
    problem,
    request,
    row_of,
)

# What is signed, shown and refused there is made above the database, and each statement beneath is also that of another
# test, here or of cards, which makes it on both.
on_one_database = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@on_one_database
def test_from_sealed_cards_to_two_published_folders_that_anyone_verifies(office: Office, rows: Session) -> None:
    for card, file in sealed_population():
        assert office.http.put("/v1/card", content=file, headers=card_headers(card)).status_code == 201
    office.let_the_quarter_end()

    total = Flow.published(office, TOTAL).folder()
    quarter = Flow.published(office, QUARTER)

    verified = verify_pinned(total, PIN)
    assert verified.signers == ("analyst 2026", "supervisor 2026")
    assert abs(verified.counts.tables[0].counts[0] - PERSONS) < 100  # ten sd of its noise
    folder = quarter.folder(by=COLLEAGUE)
    assert verify_pinned(folder, PIN).line.seq == 2
    assert quarter.folder() == folder
    assert b"**Synthetic.**" in folder["methodology.md"]
    numbers = set(_numbers(rows))
    assert {5_000, 12_500} <= numbers  # the ledger's: the search finds what is there
    assert PERSONS not in numbers


def test_everybody_reads_what_is_published_as_pages_without_a_sign_in(office: Office, rows: Session) -> None:
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    address = f"/releases/{flow.release}/"
    assert office.http.get(address).status_code == 404
    assert flow.release not in office.http.get("/releases/").text
    for signer in (ANALYST, APPROVER):
        flow.sign(signer)
    flow.move("published", by=APPROVER)

    page = office.http.get(address)
    again = office.http.get(f"{address}index.html", headers={"If-None-Match": page.headers["ETag"]})

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.content == flow.folder()["index.html"]
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert (again.status_code, again.content) == (304, b"")
    assert f'{flow.release}/index.fr.html">Personnes' in office.http.get("/releases/index.fr.html").text
    assert office.http.get(f"{address}charts/total.svg").headers["Content-Type"] == "image/svg+xml"
    assert office.http.get(f"{address}absent.csv").status_code == 404
    assert flow.release in office.http.get("/releases/").text
    assert "urn:sha256:" in office.http.get("/releases/feed.atom").text
    assert office.http.get(f"/releases/{flow.release}", follow_redirects=False).headers["Location"] == (
        f"{address}index.html"
    )
    assert office.http.get("/releases/absent").status_code == 404
    assert office.http.get("/releases", follow_redirects=False).headers["Location"] == "/releases/"


@on_one_database
def test_programs_find_every_published_release_and_every_file_by_its_address(office: Office, rows: Session) -> None:
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    assert office.http.get("/v1/releases").json()["items"] == []
    flow = Flow.published(office, TOTAL)
    Flow.composed(office, TOTAL | {"period": "2026-Q1"})

    answer = office.http.get("/v1/releases")
    again = office.http.get("/v1/releases", headers={"If-None-Match": answer.headers["ETag"]})

    (item,) = answer.json()["items"]
    folder, at = flow.folder(), f"/releases/{flow.release}/"
    told = {each["address"].removeprefix(at): each["hash"] for each in item["files"]}
    beside = ("SHA256SUMS.sig", "signers.jsonl")
    assert told == {path: sha256_hex(content) for path, content in folder.items() if path not in beside}
    assert all(office.http.get(at + path).content == content for path, content in folder.items())
    assert (item["id"], item["page"]) == (flow.release, f"{at}index.html")
    assert (item["signature"], item["signers"]) == tuple(at + path for path in beside)
    assert item["sums_sha256"] == told["SHA256SUMS"]
    assert not {ANALYST.id, APPROVER.id} & set(re.findall(r"per_\w+", answer.text))
    assert again.status_code == 304


def test_the_ledger_is_read_by_anybody_and_checked_without_us(office: Office, rows: Session) -> None:
    keep_cards(rows, PERSONS)
    empty = office.http.get("/v1/ledger")
    office.let_the_quarter_end()
    folder = Flow.published(office, TOTAL).folder()
    Flow.published(office, QUARTER)

    answer = office.http.get("/v1/ledger")

    lines = [LedgerLine(**json.loads(line)) for line in answer.text.splitlines()]
    check_chain(lines)
    assert (empty.status_code, empty.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [line.workload for line in lines] == ["T", "Q"]
    assert read_ledger(folder["ledger.json"]) == (lines[0],)
    assert sha256_hex(answer.content.splitlines()[0]) == lines[1].previous


@on_one_database
def test_what_is_published_stays_as_it_is(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    flow = Flow.published(office, TOTAL)
    before = flow.folder()
    keep_cards(rows, 3)

    refused = [flow.draw(), flow.post("/composition", {}, by=APPROVER), flow.move("cancelled", by=ANALYST)]

    assert {problem(answer) for answer in refused} == {(409, "no-such-step")}
    assert flow.folder() == before


def test_a_period_that_has_not_ended_is_not_released(office: Office) -> None:
    assert problem(request(office, TOTAL)) == (409, "release-period-open")


def test_a_kind_and_a_period_are_released_once(office: Office) -> None:
    office.let_the_quarter_end()
    first = Flow.requested(office, TOTAL)

    again = request(office, TOTAL, by=APPROVER)

    assert (*problem(again), again.json()["release"]) == (409, "release-exists", first.release)


def test_a_refused_request_may_be_made_again(office: Office) -> None:
    office.let_the_quarter_end()
    assert Flow.requested(office, TOTAL).move("rejected", by=APPROVER).status_code == 201
    assert Flow.requested(office, TOTAL).move("cancelled", by=ANALYST).status_code == 201

    assert request(office, TOTAL).status_code == 201


def test_what_the_budget_does_not_bear_is_refused(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    _charge_the_reserve(rows, 15_001)

    answer = request(office, TOTAL)

    assert problem(answer) == (409, "release-budget-exhausted")
    assert (answer.json()["rho_millionths"], answer.json()["left_millionths"]) == (5_000, 4_999)


def test_what_the_budget_no_longer_bears_is_not_drawn(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)
    _charge_the_reserve(rows, 15_001)

    assert problem(flow.draw()) == (409, "release-budget-exhausted")
    assert flow.get().json()["state"] == "approved"


def test_a_quarter_waits_for_a_published_total_that_is_worth_it(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    assert problem(request(office, QUARTER)) == (409, "release-too-few")
    keep_cards(rows, 20)
    Flow.published(office, TOTAL)

    assert problem(request(office, QUARTER)) == (409, "release-too-few")


def test_a_year_asks_for_as_many_persons_as_its_workload_is_made_for(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    keep_cards(rows, PERSONS)
    assert problem(request(office, YEAR)) == (409, "release-too-few")
    Flow.published(office, TOTAL)

    asked = [request(office, YEAR | {"workload": workload}) for workload in ("L", "M", "S")]

    assert [answer.status_code for answer in asked] == [409, 409, 201]
    assert {problem(answer) for answer in asked[:2]} == {(409, "release-too-few")}


def test_a_total_is_asked_for_again_after_one_that_came_out_below_zero(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    flow = Flow.published(office, TOTAL)  # of nobody
    counts = rows.get_one(Release, flow.release).counts()
    below = replace(counts, tables=(replace(counts.tables[0], counts=(-7,)),))
    rows.get_one(Release, flow.release).noisy = write_counts(below)
    rows.commit()

    assert request(office, TOTAL | {"period": "2026-Q1"}).status_code == 201
    assert problem(request(office, YEAR | {"workload": "XS"})) == (409, "release-too-few")


def test_the_reserve_may_draw_the_total_of_a_year_for_it_to_ask_by(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    keep_cards(rows, 60)
    Flow.published(office, TOTAL)
    assert request(office, YEAR | {"workload": "XS"}).status_code == 201

    flow = Flow.published(office, TOTAL | {"period": "2025"})  # nobody was counted in it

    assert flow.get().json()["period"] == "2025"
    assert problem(request(office, YEAR | {"period": "2024", "workload": "XS"})) == (409, "release-too-few")


@pytest.mark.parametrize(
    "wanted",
    [
        TOTAL | {"workload": "Q"},
        QUARTER | {"workload": "T"},
        QUARTER | {"workload": "S"},
        QUARTER | {"period": "2025"},
        TOTAL | {"kind": "year", "workload": "S"},
    ],
)
def test_a_workload_belongs_to_its_kind(office: Office, wanted: dict[str, str]) -> None:
    office.let_the_quarter_end()

    assert problem(request(office, wanted)) == (422, "release-workload")


@pytest.mark.parametrize("more", [{"filter": "origin=AZ"}, {"dimensions": "origin"}, {"preview": "true"}])
def test_nothing_else_may_be_asked(office: Office, more: dict[str, str]) -> None:
    assert request(office, TOTAL | more).status_code == 422


def test_nobody_approves_their_own_request(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.requested(office, TOTAL, by=APPROVER)

    assert problem(flow.move("approved", by=APPROVER)) == (409, "release-self-approval")
    assert problem(flow.move("approved", by=ANALYST)) == (409, "no-such-step")
    assert flow.move("approved", by=COLLEAGUE).json()["approved_by"] == COLLEAGUE.id


def test_the_steps_that_one_is_told_of_are_those_that_one_may_take(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.requested(office, TOTAL)

    told = {who.id: [step["to"] for step in flow.get("/transitions", by=who).json()["items"]] for who in SEEING}

    assert told == {ANALYST.id: ["cancelled"], APPROVER.id: ["approved", "rejected"]}


def test_who_approved_is_told_to_draw_and_who_asked_may_still_take_it_back(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    told = {who.id: [step["to"] for step in flow.get("/transitions", by=who).json()["items"]] for who in SEEING}

    assert told == {ANALYST.id: ["cancelled"], APPROVER.id: ["cancelled", "drawn"]}
    assert flow.move("cancelled", by=ANALYST).json()["state"] == "cancelled"
    assert problem(flow.draw()) == (409, "no-such-step")


def test_only_the_approver_draws_and_only_what_is_approved(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    flow = Flow.requested(office, TOTAL)
    assert problem(flow.draw()) == (409, "no-such-step")
    flow.move("approved", by=APPROVER)

    assert problem(flow.draw(by=ANALYST)) == (403, "forbidden")
    assert problem(flow.draw(by=COLLEAGUE)) == (409, "no-such-step")
    assert rows.scalar(select(func.count()).select_from(BudgetEntry)) == 0


@pytest.mark.parametrize("key", [str(age.generate()), "AGE-SECRET-KEY-PQ-1" + "Q" * 58])
def test_another_key_than_that_of_statistics_draws_and_charges_nothing(office: Office, rows: Session, key: str) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    answer = flow.draw(keys=[key])

    assert problem(answer) == (422, "statistics-key-wrong")
    assert key not in answer.text
    assert rows.scalar(select(func.count()).select_from(BudgetEntry)) == 0
    assert flow.draw().json()["state"] == "composed"


def test_a_draw_counts_the_cards_of_every_statistics_key_of_the_period(office: Office, rows: Session) -> None:
    keep_cards(rows, 20)
    turned, card = age.generate(), population(1, b"turned")[0]
    state_statistics_key(office, turned, valid_from=DAY + timedelta(days=1))
    rows.add(row_of(card, age.encrypt(cards_.encode(signed(card)), [turned.recipient])))
    rows.flush()
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    assert flow.draw(keys=[str(turned), KEY]).json()["state"] == "composed"

    spent, tokens = _spent(rows, turned), {each.token for each in (card, *population(20, b"flow"))}
    assert {spent.get(name_of(token)) for token in tokens} == {5_000}


@pytest.mark.parametrize("left_out", [0, 1])
def test_nothing_is_charged_where_a_key_of_the_period_is_not_lent(office: Office, rows: Session, left_out: int) -> None:
    keep_cards(rows, 20)
    turned = age.generate()
    state_statistics_key(office, turned, valid_from=DAY + timedelta(days=1))
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    answer = flow.draw(keys=[(KEY, str(turned))[left_out]])

    assert problem(answer) == (422, "statistics-key-wrong")
    assert rows.scalar(select(func.count()).select_from(BudgetEntry)) == 0


def test_a_key_that_opens_nothing_of_the_period_is_not_taken(office: Office, rows: Session) -> None:
    """It would lie in the service's memory for nothing, with all cards of another time."""
    past = age.generate()
    state_statistics_key(office, past, valid_from=date(2025, 1, 1), valid_until=date(2025, 12, 31))
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    assert problem(flow.draw(keys=[KEY, str(past)])) == (422, "statistics-key-wrong")
    assert flow.draw().json()["state"] == "composed"


def test_a_key_of_another_form_is_refused_and_not_repeated(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    answer = flow.draw(keys=["AGE-SECRET-KEY-1secret"])

    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_nobody_sees_files_before_the_draw_and_only_signers_before_the_publication(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.requested(office, TOTAL)
    everybody = (*SEEING, COLLEAGUE)

    def seen_by() -> list[bool]:
        paths = ("/files", "/files/raw/noisy.csv")
        return [all(flow.get(path, by=who).status_code == 200 for path in paths) for who in everybody]

    assert seen_by() == [False, False, False]
    flow.move("approved", by=APPROVER)
    assert seen_by() == [False, False, False]
    flow.draw()
    assert seen_by() == [True, True, False]
    flow.sign(ANALYST)
    flow.sign(APPROVER)
    assert seen_by() == [True, True, False]
    flow.move("published", by=APPROVER)
    assert seen_by() == [True, True, True]


def test_a_release_is_none_of_a_triagers_matters(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.requested(office, TOTAL)

    for path in ("", "/transitions", "/files"):
        assert flow.get(path, by=TRIAGER).status_code == 403
    assert request(office, QUARTER, by=TRIAGER).status_code == 403


def test_an_absent_release_and_an_absent_file_are_not_found(office: Office) -> None:
    office.let_the_quarter_end()

    assert problem(Flow(office, "rel_" + "0" * 32).get()) == (404, "not-found")
    assert problem(Flow.composed(office, TOTAL).get("/files/data/none.csv")) == (404, "not-found")


@on_one_database
@pytest.mark.parametrize(("who", "key_of"), [(ANALYST, APPROVER), (APPROVER, TRIAGER)])
def test_one_signs_with_ones_own_key(office: Office, who: Person, key_of: Person) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)

    assert problem(flow.sign(who, with_key_of=key_of)) == (422, "release-signature-wrong")


@on_one_database
@pytest.mark.parametrize(
    "said",
    [
        {"role": Role.SUPERVISOR},
        {"release": "rel_" + "0" * 32},
        {"sums_sha256": "0" * 64},
        {"key": bytes(32)},
        {"signed_on": date(2026, 6, 29)},
    ],
    ids=["another role", "another release", "another folder", "another key", "another day"],
)
def test_one_says_as_what_and_with_which_key_one_signs_this_folder(office: Office, said: dict[str, Any]) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)

    assert problem(flow.sign(ANALYST, **said)) == (422, "release-signature-wrong")


def test_one_signs_in_a_role_that_one_has_still(office: Office, rows: Session) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    last = rows.scalars(select(Certificate).where(Certificate.person_id == ANALYST.id)).one()
    last.roles = frozenset({Role.CASEWORKER})
    rows.commit()

    assert problem(flow.sign(ANALYST)) == (422, "release-signature-wrong")


def test_a_release_for_which_nobody_on_the_root_vouches_any_more_is_vouched_for_again(
    office: Office, rows: Session
) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    for each in (ANALYST, APPROVER):
        flow.sign(each)
    flow.publish(by=COLLEAGUE)
    too_early = flow.publish(by=APPROVER)
    body = root_body([APPROVER.certified], k=1, papers={}, kept=[], kept_staff=None)
    following = propose_root(body, after=Root.read(ROOT), org=PIN, signer=APPROVER.signer, on=date(2026, 7, 1))
    staff.adopt_root(rows, Root.read(following), ())
    rows.commit()
    with pytest.raises(NotAuthentic):
        verify_pinned(flow.folder(), PIN)

    again = flow.publish(by=APPROVER)

    assert problem(too_early) == (409, "no-such-step")
    assert again.json()["state"] == "published"
    assert verify_pinned(flow.folder(), PIN).signers == ("analyst 2026", "supervisor 2026")


@on_one_database
def test_readers_are_told_roles_and_colleagues_who_signed(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    flow.sign(ANALYST)
    flow.sign(APPROVER)
    items = flow.get("/signatures", by=COLLEAGUE).json()["items"]
    wrong = [
        flow.certificates(by=ANALYST),
        flow.certificates(by=COLLEAGUE)[::-1],
        flow.certificates(by=COLLEAGUE, role=Role.CASEWORKER),
        flow.certificates(by=COLLEAGUE, release="rel_" + "0" * 32),
        ["", ""],
    ]

    refused = [problem(flow.publish(by=COLLEAGUE, certificates=each)) for each in wrong]
    flow.publish(by=COLLEAGUE)

    assert refused == [(422, "release-signer-wrong")] * len(wrong)
    signed = [parse_document(each["statement"].encode()).header.author for each in items]
    assert signed == [ANALYST.id, APPROVER.id]
    folder = flow.folder()
    on_the_root = {APPROVER.id, COLLEAGUE.id}
    assert named_in(folder["signers.jsonl"]) == on_the_root
    assert not any(named_in(content) for path, content in folder.items() if path != "signers.jsonl")
    assert office.http.get(f"/releases/{flow.release}/signers.jsonl").content == folder["signers.jsonl"]


def named_in(content: bytes) -> set[str]:
    return {each.decode() for each in re.findall(rb"per_[0-9a-z]+", content)}


def test_one_signature_publishes_nothing_however_often_it_is_given(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)

    states = [flow.sign(ANALYST).json()["state"] for _ in range(2)]

    assert states == ["composed", "composed"]
    assert problem(flow.publish(by=APPROVER, certificates=["", ""])) == (409, "no-such-step")


def test_twenty_draws_at_once_are_one_draw_and_charged_once(office: Office, rows: Session) -> None:
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: flow.draw(), range(20)))

    assert {answer.status_code for answer in answers} <= {200, 202, 409}  # the last to begin ends those before
    assert flow.draw().status_code in (200, 409)
    assert rows.scalars(select(BudgetEntry.rho_millionths)).all() == [5_000]
    assert set(_spent(rows, STATISTICS).values()) == {5_000}
    assert flow.get().json()["state"] == "composed"


def test_twenty_requests_at_once_are_one_release(office: Office) -> None:
    office.let_the_quarter_end()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: request(office, TOTAL, by=APPROVER), range(20)))

    (made,) = (answer.json()["id"] for answer in answers if answer.status_code == 201)
    refused = [answer for answer in answers if answer.status_code != 201]
    assert {(*problem(answer), answer.json()["release"]) for answer in refused} == {(409, "release-exists", made)}


def test_another_supervisor_takes_over_what_its_approver_does_not_draw(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    assert problem(flow.move("approved", by=ANALYST)) == (409, "release-self-approval")
    assert problem(flow.move("approved", by=APPROVER)) == (409, "no-such-step")
    assert flow.move("approved", by=COLLEAGUE).json()["approved_by"] == COLLEAGUE.id
    assert problem(flow.draw(by=APPROVER)) == (409, "no-such-step")
    assert flow.draw(by=COLLEAGUE).json()["state"] == "composed"
    assert problem(flow.move("approved", by=APPROVER)) == (409, "no-such-step")


def test_a_supervisor_cancels_an_approved_release_that_bars_its_period(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)

    assert flow.move("cancelled", by=COLLEAGUE).json()["state"] == "cancelled"
    assert request(office, TOTAL).status_code == 201


@pytest.mark.parametrize(
    ("place", "signers"), [("requester", {COLLEAGUE, APPROVER}), ("approver", {COLLEAGUE, ANALYST})]
)
def test_somebody_else_signs_for_who_cannot_and_the_folder_says_so(
    office: Office, place: str, signers: set[Person]
) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    (gone,) = {ANALYST, APPROVER} - signers
    before = flow.folder(by=gone)
    flow.sign(ANALYST)

    stood_in = flow.stand_in(COLLEAGUE, place).json()
    states = [flow.sign(each).json()["state"] for each in sorted(signers, key=lambda each: each.id)]
    published = flow.publish(by=COLLEAGUE)

    assert published.status_code == 201
    assert stood_in[f"{place}_stand_in"] == COLLEAGUE.id
    assert states == ["composed", "signed"]
    folder = flow.folder()
    first = "supervisor" if place == "requester" else "analyst"
    assert verify_pinned(folder, PIN).signers == (f"{first} 2026", "supervisor 2026")
    assert "another person (role supervisor) in their place" in folder["methodology.md"].decode()
    assert not {each.id for each in (ANALYST, APPROVER, COLLEAGUE)} & named_in(folder["methodology.md"])
    changed = {path for path in before if before[path] != folder[path]}
    methods = {named(path, language) for path in ("methodology.html", "methodology.md") for language in SUFFIXES}
    assert changed == {"SHA256SUMS", "about.json", "data/persons.xlsx", "dcat.jsonld"} | methods


def test_who_was_asked_first_takes_their_place_back_and_is_the_one_who_signs(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    sums = flow.get("/files/SHA256SUMS").content
    flow.stand_in(COLLEAGUE, "requester")
    assert flow.get("/files").status_code == 404

    assert flow.stand_in(ANALYST, "requester").json()["requester_stand_in"] is None
    assert flow.get("/files/SHA256SUMS").content == sums
    assert flow.get("/files", by=COLLEAGUE).status_code == 404


@on_one_database
@pytest.mark.parametrize(
    ("who", "place"),
    [
        (APPROVER, "requester"),  # one for both
        (ANALYST, "approver"),
        (ANALYST, "requester"),  # who signs anyhow
    ],
)
def test_nobody_signs_for_two_and_an_analyst_for_no_supervisor(office: Office, who: Person, place: str) -> None:
    office.let_the_quarter_end()

    assert problem(Flow.composed(office, TOTAL).stand_in(who, place)) == (409, "release-stand-in")


def test_who_stands_in_for_one_does_not_for_the_other_too(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    flow.stand_in(COLLEAGUE, "requester")

    assert problem(flow.stand_in(COLLEAGUE, "approver")) == (409, "release-stand-in")


def test_nobody_stands_in_before_the_folder_is_made_or_once_both_have_signed(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.approved(office, TOTAL)
    early = flow.stand_in(COLLEAGUE, "requester")
    flow.draw()
    for each in (ANALYST, APPROVER):
        flow.sign(each)

    assert problem(early) == (409, "no-such-step")
    assert problem(flow.stand_in(COLLEAGUE, "requester")) == (409, "no-such-step")


SEEING = (ANALYST, APPROVER)


def _spent(rows: Session, key: age.HybridIdentity) -> dict[bytes, int]:
    """What the accounts say, by the names of tokens, as whoever has the key reads it."""
    sealed = b"".join(rows.scalars(select(AccountsPart.content).order_by(AccountsPart.number)))
    return Accounts.read(age.decrypt(sealed, [key])).spent


def _numbers(rows: Session) -> Iterator[int]:
    """Every number that stands alone in the database, but sealed files and what follows from the noisy counts."""
    for table in Base.metadata.sorted_tables:
        for row in rows.execute(select(table)):
            if str(row._mapping.get("path", "")).startswith(("data/", "raw/")):
                continue
            for column, value in zip(table.columns, row, strict=True):
                if isinstance(column.type, Shredded) or column is Release.__table__.c.noisy:
                    continue
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                yield from map(int, re.findall(r"(?<![\w-])[0-9]+(?![\w-])", text))


def _charge_the_reserve(rows: Session, rho: int) -> None:
    """A release of another quarter of the year was drawn, and cost this much of the reserve, in millionths."""
    rows.add(
        Release(
            id="rel_" + "1" * 32,
            kind="reserve",
            period="2026-Q1",
            workload="T",
            state=ReleaseState.PUBLISHED,
            requested_by=ANALYST.id,
        )
    )
    rows.flush()
    rows.add(
        BudgetEntry(
            seq=1,
            release="rel_" + "1" * 32,
            kind="reserve",
            period="2026-Q1",
            workload="T",
            workload_sha256="0" * 64,
            rho_millionths=rho,
            opendp="0.16.0",
            previous="0" * 64,
        )
    )
    rows.flush()


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        ({}, ["TERN_ORGANISATION", "TERN_CONTACT"]),
        ({"organisation": "An Organisation"}, ["TERN_CONTACT"]),
        ({"contact": "statistics@organisation.example"}, ["TERN_ORGANISATION"]),
    ],
)
def test_no_release_is_made_under_no_name(named: dict[str, str], missing: list[str]) -> None:
    with pytest.raises(folders.ReleaseUnnamed) as refused:
        folders.publisher(Settings.model_validate(named))

    assert refused.value.members["missing"] == missing


def test_a_release_bears_the_name_that_the_operator_gave() -> None:
    named = {"organisation": "An Organisation", "contact": "statistics@organisation.example"}

    for demo in (False, True):
        assert folders.publisher(Settings.model_validate({**named, "demo": demo})) == folders.Publisher(*named.values())


@on_one_database
def test_whoever_asks_again_and_again_is_given_one_noise_in_a_corrected_folder_too(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.published(office, TOTAL)
    at = "/files/raw/noisy.csv"

    answers = {flow.get(at).content for _ in range(20)} | {corrected(office, flow).get(at).content}

    assert len(answers) == 1


def listed(office: Office) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in office.http.get("/v1/releases").json()["items"]}


@pytest.mark.both_databases
def test_a_corrected_folder_is_of_the_same_noise_and_the_one_before_stays_and_says_so(
    office: Office, rows: Session
) -> None:
    keep_cards(rows, 20)
    office.let_the_quarter_end()
    before = Flow.published(office, TOTAL)
    folder = before.folder()

    after = corrected(office, before)

    made = after.folder()
    verified = verify_pinned(made, PIN)
    assert (verified.about.supersedes, verified.about.draw) == (sha256_hex(folder["SHA256SUMS"]), before.release)
    assert made["raw/noisy.csv"] == folder["raw/noisy.csv"]
    assert "Corrected: Labels were those of another list." in made["index.html"].decode()
    assert "Labels were those of another list." in made["methodology.md"].decode()
    assert rows.scalars(select(BudgetEntry.release)).all() == [before.release]
    told = listed(office)
    assert (told[before.release]["superseded_by"], told[after.release]["supersedes"]) == (after.release, before.release)
    assert told[after.release]["correction"] == "Labels were those of another list."
    at = f"/releases/{before.release}/"
    assert before.get().json()["state"] == "superseded"
    assert office.http.get(f"{at}index.html").content == folder["index.html"]
    assert f"../{after.release}/index.html" in office.http.get(at).text
    assert f"../{after.release}/index.zh.html" in office.http.get(f"{at}notice.zh.html").text
    assert office.http.get(f"/releases/{after.release}/notice.zh.html").status_code == 404
    assert office.http.get(f"/releases/{after.release}/").content == made["index.html"]
    assert f'{before.release}/notice.html">Persons' in office.http.get("/releases/").text
    assert "(a correction)" in office.http.get("/releases/feed.atom").text
    assert verify_pinned(before.folder(), PIN).about.supersedes is None


@on_one_database
def test_what_cannot_be_corrected_says_why(office: Office) -> None:
    office.let_the_quarter_end()
    words = {"words": "Labels were those of another list."}
    unpublished = Flow.composed(office, TOTAL | {"period": "2026-Q1"})
    before = Flow.published(office, TOTAL)
    asked = before.post("/corrections", words, by=ANALYST, **writes()).json()["id"]

    twice = before.post("/corrections", words, by=APPROVER, **writes())
    early = unpublished.post("/corrections", words, by=ANALYST, **writes())
    Flow(office, asked).move("cancelled", by=ANALYST)
    after = corrected(office, before)
    again = before.post("/corrections", words, by=ANALYST, **writes())
    noted = before.post("/note", words, by=APPROVER)

    assert (problem(twice), twice.json()["release"]) == ((409, "release-exists"), asked)
    assert problem(early) == (409, "no-such-step")
    assert (problem(again), again.json()["release"]) == ((409, "release-superseded"), after.release)
    assert problem(noted) == (409, "release-superseded")
    for wrong in ("", " ", "two\nlines", "x" * 501):
        assert before.post("/corrections", {"words": wrong}, by=ANALYST, **writes()).status_code == 422
    assert problem(request(office, TOTAL)) == (409, "release-exists")
    third = corrected(office, after, "The one before was wrong too.")
    assert verify_pinned(third.folder(), PIN).about.draw == before.release


def test_a_correction_that_was_approved_comes_to_nothing_and_bars_no_other(office: Office) -> None:
    office.let_the_quarter_end()
    words = {"words": "Labels were those of another list."}
    before = Flow.published(office, TOTAL)
    asked = Flow(office, before.post("/corrections", words, by=ANALYST, **writes()).json()["id"])
    assert asked.move("approved", by=APPROVER).json()["state"] == "drawn"

    ended = asked.move("cancelled", by=COLLEAGUE).json()["state"]

    assert ended == "cancelled"
    assert corrected(office, before).get().json()["state"] == "published"


def test_a_release_is_warned_of_once_two_supervisors_say_the_same(office: Office) -> None:
    office.let_the_quarter_end()
    flow = Flow.published(office, TOTAL)
    words = {"words": "A tenth of the cards were invented."}

    def told() -> str | None:
        note: str | None = listed(office)[flow.release]["note"]
        return note

    assert flow.post("/note", words, by=ANALYST).status_code == 403
    for by, said in ((APPROVER, words), (APPROVER, words), (COLLEAGUE, {"words": "All of it."}), (APPROVER, words)):
        assert flow.post("/note", said, by=by).status_code == 201
        assert told() is None
    flow.post("/note", words, by=COLLEAGUE)

    for other in ("Nothing of it is wrong.", "All of it."):  # one alone takes no warning back
        assert flow.post("/note", {"words": other}, by=APPROVER).json()["note_too"] is None
        assert told() == words["words"]
    assert words["words"] in office.http.get(f"/releases/{flow.release}/").text
    assert "Do not rely on" in office.http.get("/releases/feed.atom").text
    assert verify_pinned(flow.folder(), PIN).about.release == flow.release
