"""What reporters post is told at the terminal, and what they take back is carried out at a member's sign-in."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.names import short
from app.client.casework import cases, triage
from app.client.casework.cases import OpenCase
from app.client.statistics import cards
from app.protocol import receipt
from app.protocol.case import Assessment
from app.protocol.encoding import new_id
from app.vocabulary import ConsentScope, ConsentStatus, Imminence, ReportState, RiskLevel, Severity
from tests.cli.command import tern
from tests.client.casework.scene import approved, claimed, coded, taken
from tests.client.installation import Installation, installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

MILD = [(Severity.LIMITED, Imminence.NONE)]


def test_a_reporter_writes_then_takes_back_what_a_case_has_and_reads_what_was_done(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    case = taken(anna, boris, sent)
    words, reporter = receipt.read(sent.receipt), here.reporter()
    theirs = here.environment("boris") | {"COLUMNS": "400"}

    def news() -> list[str | None]:
        listed = json.loads(tern("case", "list", "--json", environment=theirs).out)
        return [each["news"] for each in listed if each["id"] == case.id]

    reporter.answer(words, "They came again.")
    written = news()
    shown = tern("triage", "open", sent.report, environment=theirs)
    read = news()
    reporter.withdraw(words)
    signed_in = tern("sign-in", environment=theirs)
    again = tern("sign-in", environment=theirs)

    assert [each and each.endswith("they wrote") for each in written] == [True]
    assert (shown.code, "They came again." in shown.out, read) == (0, True, [None])
    assert (signed_in.code, again.code) == (0, 0)
    assert "for its reporter took it back" in signed_in.err
    assert "reporter took" not in again.err
    assert news() == []
    printed = tern(
        "mailbox",
        "read",
        "--json",
        "--server",
        here.server,
        "--pin",
        here.pin,
        environment={"TERN_RECEIPT": sent.receipt},
    )
    assert [each["number"] for each in json.loads(printed.out)["replies"]] == [1]


def test_a_case_says_which_of_its_reports_is_destroyed(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    case = taken(anna, boris, first)
    triage.hand_over(anna, triage.open_(anna, second.report), MILD, boris.person)
    triage.attach(boris, triage.open_(boris, second.report), case.id)
    theirs = here.environment("boris") | {"COLUMNS": "400"}
    command = ["case", "open", case.id]
    before = tern(*command, environment=theirs), json.loads(tern(*command, "--json", environment=theirs).out)

    here.reporter().withdraw(receipt.read(first.receipt))
    ended = tern("sign-in", environment=theirs)
    after = tern(*command, environment=theirs), json.loads(tern(*command, "--json", environment=theirs).out)

    assert ended.code == 0
    assert ("destroyed" in before[0].out, before[1]["destroyed"]) == (False, [])
    assert f"{short(first.report)}, destroyed: nobody opens it any more" in after[0].out
    assert f"{short(second.report)}, destroyed" not in after[0].out
    assert after[1]["destroyed"] == [first.report]


@pytest.mark.parametrize("what", [ReportState.DUPLICATE, ReportState.OUT_OF_MANDATE])
def test_what_a_reporter_writes_after_the_decision_is_told_to_who_decided(
    here: Installation, what: ReportState
) -> None:
    anna = here.staff("anna")
    theirs = here.environment("anna") | {"COLUMNS": "400"}
    sent, twin = claimed(here, anna), claimed(here, anna)
    report = triage.answer(anna, triage.open_(anna, sent.report), "We have read it.")
    triage.dispose(anna, report, what, MILD, duplicate_of=twin.report if what is ReportState.DUPLICATE else None)
    here.reporter().answer(receipt.read(sent.receipt), "They are at the door.")

    listed = tern("triage", "list", environment=theirs)
    mine = [each for each in json.loads(tern("me", "--json", environment=theirs).out) if each["id"] == sent.report]
    shown = tern("triage", "open", sent.report, environment=theirs)
    after = tern("me", environment=theirs)

    assert "See them with tern me" in listed.err
    assert [(each["kind"], each["state"]) for each in mine] == [("news", "they wrote")]
    assert "They are at the door." in shown.out
    assert (after.code, "they wrote" in after.out) == (0, False)


def test_what_waits_is_told_with_its_day(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = taken(anna, boris, claimed(here, anna))
    cases.assess(boris, case, Assessment(RiskLevel.LOW, boris.today, reasoning="As they told us."))

    table, listed = (tern("me", *more, environment=here.environment("boris")) for more in ((), ("--json",)))

    due = {each["id"]: each["due"] for each in json.loads(listed.out)}
    assert (table.code, due[case.id]) == (0, boris.today.isoformat())
    assert boris.today.isoformat() in table.out


def test_whoever_reads_no_reports_is_told_what_waits_too(here: Installation) -> None:
    assert tern("me", environment=here.environment("dina")).code == 0


def test_a_person_is_told_of_by_the_one_report_or_by_those_that_are_named(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    case = taken(anna, boris, sent)
    theirs = here.environment("boris")

    added = tern("case", "add", case.id, "person", "self", environment=theirs)
    of_another = tern("case", "set", case.id, "person-1", "told_by", new_id("rep"), environment=theirs)
    by_all = tern("case", "set", case.id, "person-1", "told_by", environment=theirs)
    told_by_all = cases.open_(boris, case.id).file.persons[0].told_by
    named = tern("case", "set", case.id, "person-1", "told_by", sent.report[:12], environment=theirs)

    assert (added.code, of_another.code, by_all.code, named.code) == (0, 2, 0, 0)
    assert (told_by_all, cases.open_(boris, case.id).file.persons[0].told_by) == ((), (sent.report,))


def test_who_is_entered_has_their_reporters_answer_and_a_yes_that_the_mailbox_gainsays_is_told(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    case = taken(anna, boris, sent)
    theirs = here.environment("boris") | {"COLUMNS": "400"}
    say = ["case", "consent", case.id, "statistics", "given", "--person", "1", "--method", "spoken"]

    added = tern("case", "add", case.id, "person", "self", environment=theirs)
    agreed = cases.open_(boris, case.id).file.persons[0].by_reporter
    said = tern(*say, environment=theirs)
    here.reporter().change_consent(receipt.read(sent.receipt), ConsentScope.STATISTICS, given=False)
    thread = tern("triage", "open", sent.report, environment=theirs)
    gainsaid = tern(*say, environment=theirs)

    assert (added.code, agreed) == (0, ConsentStatus.GIVEN)
    assert (said.code, said.err) == (0, "")
    assert "statistics: no" in thread.out
    assert (gainsaid.code, "that stands until they say yes there" in gainsaid.err) == (0, True)


def test_who_signs_in_is_told_of_cards_whose_hour_has_come_until_they_are_sent(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        boris, chen = here.staff("boris"), here.staff("chen")
        case = coded(here, here.staff("anna"), boris)
        cards.write(boris, case.id, approved(boris, case, chen))
        theirs = here.environment("boris") | {"COLUMNS": "400"}

        at_once = tern("sign-in", environment=theirs).err
        here.pass_(timedelta(hours=cards.DELAY_HOURS + 1))
        later = tern("sign-in", environment=theirs).err
        sent = tern("cards", "send", environment=theirs)

        told = "Cards whose hour has come, or their withdrawals: 1."
        assert (told in at_once, told in later, sent.code) == (False, True, 0)
        assert told not in tern("sign-in", environment=theirs).err


def test_an_answer_of_who_is_in_two_cases_is_kept_in_both_once_two_have_signed_that(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    older, newer = (coded(here, anna, boris) for _ in range(2))
    for case in (older, newer):
        cases.change_members(boris, case, add=[chen.person])
    theirs = here.environment("boris") | {"COLUMNS": "400"}

    def declare(status: str, case: OpenCase) -> str:
        how = ["statistics", status, "--person", "1", "--method", "spoken"]
        ended = tern("case", "consent", case.id, *how, environment=theirs)
        assert ended.code == 0
        return ended.err

    def answers() -> list[tuple[ConsentStatus | None, list[ConsentStatus]]]:
        opened = [cases.open_(boris, case.id) for case in (older, newer)]
        return [(it.file.persons[0].statistics, [e.status for e in cases.list_consents(boris, it)]) for it in opened]

    same = tern("case", "same", newer.id, "person-1", older.id, "person-1", "--json", environment=theirs)
    if json.loads(same.out)["case"] == older.id:  # of one day, the lesser token stands for the older
        older, newer = newer, older
    of_one = declare("given", newer)
    before = answers()
    cards.write(boris, newer.id, approved(boris, cases.open_(boris, newer.id), chen))
    of_both = declare("declined", older)
    after = answers()

    assert "whoever works on both keeps it there" in of_one
    assert before == [(ConsentStatus.GIVEN, []), (ConsentStatus.GIVEN, [ConsentStatus.GIVEN])]
    assert f"Kept of them in {cases.view(boris, newer.id).ref} too." in of_both
    assert [status for status, _ in after] == [ConsentStatus.DECLINED] * 2
    assert [set(kept) for _, kept in after] == [{ConsentStatus.DECLINED}, {ConsentStatus.DECLINED, ConsentStatus.GIVEN}]
