"""What pages say of code lists, numbers and countries, and the pages that depend on a request."""

import re

import phonenumbers
import pytest

from app.site.languages import WANTED, direction, locale, own_name, receipt_words
from app.site.rendering import SENTENCES, STATES, country_name, emergency_numbers
from app.site.site import Site
from app.vocabulary import codes

REPLY = {"number": 1, "day": "2026-06-16", "text": "Are you <safe>?"}
MAILBOX = {
    "state": "duplicate",
    "open": True,
    "written": 3,
    "days": (("2026-06-14", 1), ("2026-06-15", 2)),
    "replies": [REPLY],
    "missing": [2, 3],
    "not_authentic": [],
    "choices": [{"scope": "contact", "given": True}, {"scope": "publication", "given": False}],
}


def test_a_form_that_comes_back_has_everything_that_was_typed_and_ticked(site: Site) -> None:
    kept = {"danger_now": "unknown", "text": "</textarea><b>", "where_now": "DE", "how": ["voice_call", "via_relative"]}
    mistakes = [{"key": "nothing-told", "field": "text", "fill": {}}]

    html = site.render("plain.html", "en", kept=kept, mistakes=mistakes)

    assert "&lt;/textarea&gt;&lt;b&gt;</textarea>" in html
    assert '<option value="DE" selected>' in html
    assert re.findall(r'name="(\w+)" value="(\w+)" checked', html) == [
        ("danger_now", "unknown"),
        ("how", "voice_call"),
        ("how", "via_relative"),
    ]
    assert '<details class="more" open>' in html
    assert '<a href="#text-mistake">There is nothing to read yet.' in html
    assert re.search(r'<p class="mistake" id="text-mistake">There is nothing to read yet\.[^<]*</p>', html)


@pytest.mark.parametrize("field", ["danger_now", "text", "when", "identifiers", "needs", "files"])
def test_a_mistake_leads_to_its_field_and_stands_beside_it(site: Site, field: str) -> None:
    mistakes = [{"key": "too-long", "field": field, "fill": {}}]

    html = site.render("plain.html", "en", kept={}, mistakes=mistakes)

    assert f'<a href="#{field}-mistake">This text is longer' in html
    assert re.findall(r'<p class="mistake" id="(\w+)-mistake">This text is longer', html) == [field]


def test_a_mistake_with_the_files_of_a_message_stands_beside_them(site: Site) -> None:
    mistakes = [{"key": "too-many-files", "field": "files", "fill": {"n": 32}}]

    html = site.render("plain_replies.html", "en", words="w", mailbox=MAILBOX, done=None, kept={}, mistakes=mistakes)

    assert re.search(r'<p class="mistake" id="files-mistake">A report can have 32 files in all', html)


def test_the_words_of_a_receipt_are_shown_one_by_one(site: Site) -> None:
    html = site.render("plain_receipt.html", "en", words="abandon ability able", is_certain=True, contact=True)

    assert re.findall(r"<li>(\w+)</li>", html) == ["abandon", "ability", "able"]


def test_an_answer_is_promised_only_to_those_who_may_be_written_to(site: Site) -> None:
    with_contact, without = (
        site.render("plain_receipt.html", "en", words="able", is_certain=True, contact=contact)
        for contact in (True, False)
    )

    assert "Look into your mailbox after two days" in with_contact
    assert "Look into your mailbox after two days" not in without
    assert "You have not said yet that we may write to you" in without
    assert "You have not said yet that we may write to you" not in with_contact


def test_nobody_learns_that_somebody_else_reported(site: Site) -> None:
    def shown(state: str) -> str:
        mailbox = {**MAILBOX, "state": state}
        return site.render("plain_replies.html", "en", words="w", mailbox=mailbox, done=None, kept={}, mistakes=())

    assert shown("duplicate") == shown("accepted") != shown("received")


def test_an_open_mailbox_shows_replies_as_text_and_choices_as_they_are(site: Site) -> None:
    html = site.render("plain_replies.html", "en", words="a b", mailbox=MAILBOX, done="write", kept={}, mistakes=())

    assert '<div class="typed" dir="auto">Are you &lt;safe&gt;?</div>' in html
    assert "2 replies are no longer here" in html
    assert "You have sent 3 messages since your report." in html
    assert re.findall(r'value="(\w+)" aria-describedby="consent-\w+-meaning" checked', html) == ["contact"]
    assert html.count('name="words" value="a b"') == html.count("<form") == 2


def test_the_mailbox_tells_the_day_of_each_reply_and_how_much_was_written_on_which_days(site: Site) -> None:
    def shown(language: str) -> list[tuple[str, str, str]]:
        html = site.render("plain_replies.html", language, words="w", mailbox=MAILBOX, done="", kept={}, mistakes=())
        return re.findall(r'<time datetime="([0-9-]+)">([^<]+)</time>([^<]*)', html)

    assert shown("en") == [
        ("2026-06-16", "June 16, 2026", ""),
        ("2026-06-14", "June 14, 2026", ""),
        ("2026-06-15", "June 15, 2026", " (2)"),
    ]
    assert shown("fa")[2] == ("2026-06-15", "۱۵ ژوئن ۲۰۲۶", " (۲)")


def test_numbers_are_written_in_the_digits_of_the_language(site: Site) -> None:
    def shown(language: str) -> str:
        return site.render("plain_replies.html", language, words="w", mailbox=MAILBOX, done=None, kept={}, mistakes=())

    assert "پاسخ ۱" in shown("fa")
    assert "الرد 1" in shown("ar")


def test_a_closed_mailbox_offers_nothing_that_would_not_be_taken(site: Site) -> None:
    mailbox = {**MAILBOX, "state": "withdrawn", "open": False}

    html = site.render("plain_replies.html", "en", words="w", mailbox=mailbox, done=None, kept={}, mistakes=())

    assert "<form" not in html
    assert "You have taken your report back." in html


def test_every_sentence_and_state_has_words(site: Site) -> None:
    shown = re.findall(r'data-word="([\w-]+)"[^>]*>([^<]+)<', site.files["en/"].content.decode())
    words = {key: text.strip() for key, text in shown}

    assert {*SENTENCES, *(f"state-{state}" for state in STATES)} <= {key for key, text in words.items() if text}


def test_there_is_a_page_for_what_does_not_work_just_now(site: Site) -> None:
    assert "The team has not opened its door here." in site.render("plain_error.html", "en", key="not-set-up")


def test_languages_name_themselves_and_run_their_own_way() -> None:
    assert [own_name(code) for code in WANTED[:4]] == ["English", "中文 (简体)", "中文 (繁體)", "ئۇيغۇرچە"]
    assert own_name("bo") == "བོད་ཡིག"
    assert [code for code in WANTED if direction(code) == "rtl"] == ["ug", "fa", "ar"]
    assert [receipt_words(code) for code in ("zh-Hant", "ar", "fr")] == ["zh-Hant", "en", "fr"]


def test_a_country_has_a_name_in_every_language() -> None:
    assert country_name("bo", "CN") == locale("bo").territories["CN"]
    assert country_name("bo", "TW") == locale("dz").territories["TW"]
    assert {each for each in codes("country") if country_name("bo", each).isascii()} <= {"MK", "XK"}
    assert country_name("zh-Hans", "HK") == "香港"


def test_emergency_numbers_are_of_known_countries_and_can_be_dialled() -> None:
    numbers = emergency_numbers()

    assert len(numbers) >= 60
    assert set(numbers) <= set(codes("country"))
    assert all(len(each) == 3 and all(re.fullmatch(r"\d{2,5}", number) for number in each) for each in numbers.values())


def test_emergency_numbers_are_such_in_their_country_for_libphonenumber_too() -> None:
    doubtful = [
        (country, number)
        for country, each in emergency_numbers().items()
        for number in each
        if not phonenumbers.is_emergency_number(number, country)
    ]

    assert doubtful == []


def test_a_slot_that_is_not_authentic_is_told_beside_the_replies(site: Site) -> None:
    said = "does not come from the team, or is damaged"

    honest, spoiled = (
        site.render(
            "plain_replies.html",
            "en",
            words="w",
            mailbox=MAILBOX | {"not_authentic": slots},
            done=None,
            kept={},
            mistakes=[],
        )
        for slots in ([], [4])
    )

    assert said not in honest
    assert said in spoiled
