"""What became of a report, in the words that its reporter sees: on both pages, and in the file of the service."""

import json
import re
from datetime import date
from html import unescape
from typing import Any, Final

import pytest

from app import age
from app.intake.mailbox.service import seal_state
from app.protocol.chain import Mark
from app.protocol.documents import parse_document
from app.site.site import Site
from app.vocabulary import ReportState

# Nobody learns that somebody else reported: a duplicate has the words of a report that is worked on.
TAKEN_ON: Final = "We have taken on your report and are working on it."
WORDS: Final = {
    "received": "Your report has arrived. Nobody has opened it yet.",
    "in_triage": "A person of the team has your report and is reading it.",
    "accepted": TAKEN_ON,
    "awaiting_reporter": "We have a question for you. Please look at our replies below.",
    "referred_out": "Another service can help better with this. Our replies below say which one.",
    "out_of_mandate": "This is something that our team cannot work on. Our replies below say where you may find help.",
    "duplicate": TAKEN_ON,
    "insufficient": "We could not go on with what we have. If you can tell us more, please send a new report.",
    "abusive": "We have closed this report and do not work on it.",
    "undecryptable": "We could not open your report. That is not your fault. Please send it again as a new report.",
    "withdrawn": "You have taken your report back. We do not work on it any more.",
    "lapsed": (
        "Nobody of the team decided about your report within 60 days. What you sent is destroyed, and nobody can read"
        " it any more. That is not your fault. Please send it again as a new report."
    ),
    "purged": "Your report has been destroyed, as our rules say. Nobody can read it any more.",
}
UNREAD: Final = "We could not read where your report stands. Your replies below are complete."
MAILBOX: Final[dict[str, Any]] = {
    "open": True,
    "written": 0,
    "days": [],
    "replies": [],
    "missing": [],
    "not_authentic": [],
    "choices": [],
}
READER: Final = age.identity_from_seed(bytes(32))


def test_every_state_has_its_words() -> None:
    assert set(WORDS) == set(ReportState)


@pytest.mark.parametrize("state", ReportState)
def test_the_page_without_script_says_it_in_these_words(site: Site, state: ReportState) -> None:
    mailbox = {**MAILBOX, "state": state}

    html = site.render("plain_replies.html", "en", words="w", mailbox=mailbox, done=None, kept={}, mistakes=())

    assert _told_in(html) == {WORDS[state]}
    assert ("Write a new report" in html) is ("new report" in WORDS[state])
    assert "duplicate" not in html


def test_the_page_with_script_has_these_words_and_none_for_a_duplicate(site: Site) -> None:
    html = site.render("mailbox.html", "en")

    words = {state: unescape(text) for state, text in re.findall(r'<p data-word="state-(\w+)">([^<]*)</p>', html)}
    assert words == {**{state: said for state, said in WORDS.items() if state != "duplicate"}, "none": UNREAD}
    assert "duplicate" not in html


@pytest.mark.parametrize("state", ReportState)
def test_the_service_seals_to_a_reporter_what_they_may_know(state: ReportState) -> None:
    told = "accepted" if state is ReportState.DUPLICATE else state.value

    for after in (None, Mark(3, "a" * 64)):
        file = seal_state(
            state,
            org="0" * 64,
            report_id=f"rep_{'0' * 32}",
            recipient=READER.recipient,
            after=after,
            today=date(2026, 6, 15),
        )

        plaintext = age.decrypt(file, [READER])
        assert json.loads(parse_document(plaintext).line)["body"] == {"state": told}
        assert b"duplicate" not in plaintext


def _told_in(html: str) -> set[str]:
    return {said for said in {*WORDS.values(), UNREAD} if said in unescape(html)}
