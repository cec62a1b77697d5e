"""What a reporter posts is news for each who works on their report, until that person has read it."""

import pytest

from app.client.casework import triage
from app.client.casework.reports import news
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.protocol import receipt
from app.vocabulary import ConsentScope
from tests.client.casework.scene import claimed, taken
from tests.client.installation import Installation


def told(staff: Staff, report: str) -> tuple[str | None, str] | None:
    return next(((each.case, str(each)) for each in news.unread(staff) if each.report == report), None)


def test_it_is_news_for_each_member_by_themselves_until_they_have_read_all_of_it(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    sent = claimed(here, anna)
    words, reporter = receipt.read(sent.receipt), here.reporter()
    reporter.answer(words, "They came again.")
    in_triage = [told(each, sent.report) for each in (anna, boris)]
    news.say_read(anna, sent.report, triage.thread(anna, triage.open_(anna, sent.report)))
    case = taken(anna, boris, sent)
    reporter.answer(words, "And again.")
    reporter.change_consent(words, ConsentScope.STATISTICS, given=False)

    of_case = [told(each, sent.report) for each in (anna, boris, chen)]
    before = triage.thread(boris, triage.open_(boris, sent.report))
    reporter.withdraw(words)
    with pytest.raises(Refused) as more:
        news.say_read(boris, sent.report, before)
    news.say_read(boris, sent.report, triage.thread(boris, triage.open_(boris, sent.report)))

    assert in_triage == [(None, "they wrote"), None]
    both = (case.id, "they wrote, they changed a consent")
    assert of_case == [both, both, None]
    assert more.value.type == "stale-version"
    assert told(boris, sent.report) is None
    assert told(anna, sent.report) == (case.id, f"{both[1]}, they took it back")
