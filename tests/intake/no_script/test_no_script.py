"""The page without script, from the form that a browser posts to the report that a caseworker reads."""

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.routing import Route
from starlette.testclient import TestClient

from app.client import Staff
from app.client.casework import triage
from app.clock import Clock
from app.intake.attachments.models import Attachment
from app.intake.mailbox.models import Slot
from app.intake.no_script.routes import router as no_script
from app.intake.posts import budget
from app.intake.posts.models import Posted
from app.intake.reports.models import Report
from app.main import create_app
from app.protocol import receipt
from app.protocol.report import ATTACHMENTS, FREE_LENGTH
from app.settings import Settings
from app.site.site import Site
from app.vocabulary import ConsentScope, IntakeChannel, ReportState
from tests.flows.organisation import Organisation
from tests.in_process import InProcess
from tests.intake.no_script.browser import HEADERS, File, encoded
from tests.strength import HASHER

TEXT = "They know my address & my sister's <name>."
PHOTO = File("my photo.jpg", "image/jpeg", b"\xff\xd8" + bytes(range(256)) * 300)
LETTER = File("信.pdf", "application/pdf", b"%PDF-1.7" + bytes(70_000))
FORM: list[tuple[str, str | File]] = [
    ("danger_now", "days"),
    ("answer_language", "fa"),
    ("text", TEXT + "\r\nThey came twice."),
    ("about_whom", ""),
    ("where_now", "DE"),
    ("what_kind", "threat"),
    ("what_kind", "family"),
    ("how", ""),
    ("identifiers", ""),
    ("needs", "A letter."),
    ("files", PHOTO),
    ("files", LETTER),
    ("contact", "yes"),
    ("consent", "statistics"),
]
NO_FILE = ("files", File("", "application/octet-stream", b""))


@pytest.fixture
def organisation(client: TestClient, settings: Settings, clock: Clock, tmp_path: Path) -> Organisation:
    return Organisation(tmp_path / "people", client, clock).found(settings)


@pytest.fixture
def triager(organisation: Organisation) -> Staff:
    return organisation.staff["tenzin"]


@contextmanager
def door_with_a_limit(url: str, directory: Path, clock: Clock, site: Site, **limit: int) -> Iterator[TestClient]:
    """A service of its own, with an organisation."""
    place = {"data_dir": directory / "data", "database_url": url, "demo": True, "demo_clock": clock.told_by}
    settings = Settings.model_validate(place | limit)
    with InProcess(create_app(settings, site=site, hasher=HASHER)) as client:
        Organisation(directory / "people", client, clock).found(settings)
        yield client


def post(client: TestClient, form: list[tuple[str, str | File]], path: str = "/en/plain/", **headers: str) -> Response:
    return client.post(path, content=encoded(form), headers=HEADERS | headers)


def words_in(answer: Response) -> str:
    assert answer.status_code == 203, answer.text
    (listed,) = re.findall(r'<ol class="words\b[^>]*>(.*?)</ol>', answer.text, re.DOTALL)
    return " ".join(re.findall(r"<li>(\S+)</li>", listed))


def mailbox(client: TestClient, words: str, act: str = "open", *more: tuple[str, str | File]) -> Response:
    return post(client, [("action", act), ("words", words), *more], "/en/plain/replies/")


def test_a_report_with_two_files_is_read_by_a_triager_who_is_told_how_it_came(
    organisation: Organisation, triager: Staff, client: TestClient, rows: Session
) -> None:
    words = words_in(post(client, FORM))

    (waiting,) = triage.list_(triager)
    triage.claim(triager, triage.view(triager, waiting.id))
    opened = triage.open_(triager, waiting.id)
    form = opened.report.form
    assert len(words.split()) == 12
    assert rows.scalars(select(Report.intake_channel)).one() is IntakeChannel.NO_SCRIPT
    assert opened.view.intake_channel is IntakeChannel.NO_SCRIPT
    assert (waiting.language, waiting.danger_now) == ("fa", "days")
    assert form.text == TEXT + "\nThey came twice."
    assert form.answers == {
        "danger_now": "days",
        "answer_language": "fa",
        "where_now": "DE",
        "what_kind": ["threat", "family"],
        "needs": "A letter.",
        "consent": ["service", "contact", "statistics"],
    }
    assert opened.missing == ()
    for listed, file in zip(opened.report.attachments, (PHOTO, LETTER), strict=True):
        sink = io.BytesIO()
        triage.save_attachment(triager, opened, listed, sink)
        assert (listed.name, listed.media_type, sink.getvalue()) == (file.name, file.media_type, file.content)


def test_its_reporter_reads_a_reply_answers_adds_a_file_changes_a_choice_and_withdraws(
    organisation: Organisation, triager: Staff, client: TestClient
) -> None:
    words = words_in(post(client, FORM))
    (waiting,) = triage.list_(triager)
    triage.claim(triager, triage.view(triager, waiting.id))
    triage.answer(triager, triage.open_(triager, waiting.id), "Are you <safe> tonight?")

    shown = mailbox(client, words)
    written = mailbox(client, words, "write", ("text", "Yes, at a friend's."), ("files", PHOTO))
    chosen = mailbox(client, words, "consent", ("consent", "contact"), ("consent", "evidence"))
    opened = triage.open_(triager, waiting.id)
    thread = triage.thread(triager, opened)
    (sent,) = thread.messages[0].content.attachments
    sink = io.BytesIO()
    triage.save_attachment(triager, opened, sent, sink)
    withdrawn = mailbox(client, words, "withdraw")

    assert "Are you &lt;safe&gt; tonight?" in shown.text
    assert "You have sent" not in shown.text
    assert "Your message has arrived." in written.text
    assert "You have sent 1 message since your report." in written.text
    assert "Your choices have arrived" in chosen.text
    assert [each.content.text for each in thread.messages][:1] == ["Yes, at a friend's."]
    assert thread.missing == thread.repeated == ()
    assert thread.consents == {ConsentScope.STATISTICS: False, ConsentScope.EVIDENCE: True}
    assert (sent.name, sink.getvalue()) == (PHOTO.name, PHOTO.content)
    assert "You have taken your report back" in withdrawn.text
    left = triager.service.get(f"/reports/{waiting.id}").json()
    assert (left["state"], left["destroyed"]) == (ReportState.WITHDRAWN, True)


def test_the_words_open_the_same_mailbox_through_the_installed_client(
    organisation: Organisation, client: TestClient
) -> None:
    words = words_in(post(client, FORM))

    found = organisation.reporter().mailbox(receipt.read(words))

    assert found.thread_state is not None
    assert found.state is ReportState.RECEIVED
    assert {each.scope for each in found.thread_state.consents if each.given} == {
        ConsentScope.SERVICE,
        ConsentScope.CONTACT,
        ConsentScope.STATISTICS,
    }


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ([("danger_now", "days"), ("text", " "), NO_FILE], "There is nothing to read yet"),
        ([("text", TEXT)], "Choose one answer"),
        ([("danger_now", "days"), ("text", TEXT), ("needs", "a" * (FREE_LENGTH + 1))], "longer than we can take"),
        ([("danger_now", "days"), ("text", TEXT + "a" * 2**20)], "longer than we can take"),
        (
            [("danger_now", "days"), ("text", TEXT), *[("files", PHOTO)] * (ATTACHMENTS + 1)],
            f"{ATTACHMENTS} files in all",
        ),
    ],
)
def test_what_a_person_can_mend_comes_back_with_all_that_they_typed_and_leaves_nothing(
    organisation: Organisation,
    client: TestClient,
    rows: Session,
    settings: Settings,
    form: list[tuple[str, str | File]],
    sentence: str,
) -> None:
    form = [*form, ("when", "In <March>."), ("who_behind", "criminal"), ("consent", "evidence")]

    answer = post(client, form)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "In &lt;March&gt;." in answer.text
    assert re.search(r'value="criminal" checked', answer.text)
    assert re.search(r'value="evidence"[^>]* checked', answer.text)
    kept = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
    typed = next((value for name, value in form if name == "text" and isinstance(value, str)), "")
    if len(typed) < 2**20:
        assert kept is not None
        assert html.unescape(kept[1]) == typed
    assert rows.scalars(select(Report.id)).all() == []
    assert [*(settings.data_dir / "blobs").glob("*")] == []


def test_a_file_above_the_limit_is_refused_and_what_was_typed_below_it_comes_back(
    url: str, tmp_path: Path, clock: Clock, rows: Session, site: Site
) -> None:
    with door_with_a_limit(url, tmp_path, clock, site, attachment_limit=100_000) as client:
        large = File("film.mp4", "video/mp4", bytes(100_001))

        answer = post(client, [("danger_now", "none"), ("files", large), ("needs", "A lawyer.")])

    assert answer.status_code == 422
    assert "more than we can take in one go" in answer.text
    assert "A lawyer." in answer.text
    assert [*(tmp_path / "data" / "blobs").glob("*")] == []
    assert rows.scalars(select(Attachment.id)).all() == []


def test_where_there_is_no_room_for_files_there_is_for_words_and_the_form_says_so(
    url: str, tmp_path: Path, clock: Clock, rows: Session, site: Site
) -> None:
    with door_with_a_limit(url, tmp_path, clock, site, free_space_floor=2**60) as client:
        note: tuple[str, str | File] = ("files", File("note.txt", "text/plain", b"a note"))
        told: list[tuple[str, str | File]] = [("danger_now", "none"), ("needs", "A lawyer."), ("text", "Words.")]
        refused = post(client, [*told, note])
        words = words_in(post(client, told))
        answered = mailbox(client, words, "write", ("text", "More."), note)

    for answer, typed in ((refused, "A lawyer."), (answered, "More.")):
        assert answer.status_code == 422
        assert "There is no room for files just now, but there is for words." in answer.text
        assert typed in answer.text
    assert len(rows.scalars(select(Report.id)).all()) == 1
    assert [*(tmp_path / "data" / "blobs").glob("*")] == []


def test_files_that_are_too_large_together_do_not_take_the_answers_below_them_along(
    url: str, tmp_path: Path, clock: Clock, rows: Session, site: Site
) -> None:
    with door_with_a_limit(url, tmp_path, clock, site, attachment_limit=1_000_000) as client:
        films = [("files", File("film.mp4", "video/mp4", bytes(900_000)))] * 4
        ticks = [("consent", "contact"), ("consent", "evidence")]
        words = words_in(post(client, FORM))
        blobs = {*(tmp_path / "data" / "blobs").glob("*")}

        form = post(client, [("danger_now", "none"), *films, ("needs", "A lawyer."), *ticks])
        message = post(
            client, [("words", words), ("text", "Films."), *films, ("action", "write"), *ticks], "/en/plain/replies/"
        )

    for answer, typed, kept in ((form, "A lawyer.", ["evidence"]), (message, "Films.", ["contact", "evidence"])):
        assert answer.status_code == 422
        assert "more than we can take in one go" in answer.text
        assert f"{typed}</textarea>" in answer.text
        assert ticked(answer) == kept
    assert 'name="contact" value="yes" checked' in form.text
    assert {*(tmp_path / "data" / "blobs").glob("*")} == blobs
    assert len(rows.scalars(select(Report.id)).all()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"They know my address.",
        encoded(FORM)[:-200],
        encoded([*FORM, ("passport", "123")]),
        encoded([*FORM, ("where_now", "Germany")]),
        encoded([("danger_now", "days"), ("photo", PHOTO)]),
    ],
)
def test_what_is_not_the_form_is_refused_and_leaves_nothing(
    organisation: Organisation, client: TestClient, rows: Session, settings: Settings, content: bytes
) -> None:
    answer = client.post("/en/plain/", content=content, headers=HEADERS)

    assert answer.status_code == 400
    assert "The server did not take this" in answer.text
    assert rows.scalars(select(Report.id)).all() == []
    assert [*(settings.data_dir / "blobs").glob("*")] == []


# Every address that takes a form, whatever is added later.
FORMS = [
    route.path.format(language="en")
    for route in no_script.routes
    if isinstance(route, Route) and "POST" in (route.methods or ())
]


@pytest.mark.parametrize("mark", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.test"}], ids=str)
def test_a_form_that_another_site_sent_is_refused_in_words_and_leaves_nothing(
    organisation: Organisation, client: TestClient, rows: Session, mark: dict[str, str]
) -> None:
    words = words_in(post(client, FORM, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"}))
    before = rows.scalars(select(Slot.file)).all()
    form = [*FORM, ("action", "withdraw"), ("words", words)]

    answers = [post(client, form, path, **mark) for path in FORMS]

    assert len(FORMS) == 2
    assert {answer.status_code for answer in answers} == {403}
    assert all("Another website sent this, not our page." in answer.text for answer in answers)
    assert not any(words in answer.text for answer in answers)
    assert rows.scalars(select(Slot.file)).all() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("abandon " * 11, "There should be 12 words"),
        (
            "abandon " * 11 + "abandonn",
            "Word number 12 is not in the list of words. Did you mean one of these: \u2068abandon\u2069?",
        ),
        ("abandon " * 11 + "xyzzyxyzzy", "Word number 12 is not in the list of words. Compare"),
        ("abandon " * 12, "together they do not fit"),
        ("abandon " * 11 + "about", "there is no mailbox for them here"),
    ],
)
def test_wrong_words_lead_to_a_sentence_and_are_not_repeated(
    organisation: Organisation, client: TestClient, words: str, sentence: str
) -> None:
    answer = mailbox(client, words)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "abandon" not in answer.text.replace(sentence, "")
    assert "xyzzy" not in answer.text


def test_what_is_typed_and_ticked_survives_the_other_button_of_the_mailbox(
    organisation: Organisation, client: TestClient, triager: Staff, settings: Settings
) -> None:
    words = words_in(post(client, FORM))
    blobs = {*(settings.data_dir / "blobs").glob("*")}
    both: list[tuple[str, str | File]] = [
        ("text", "They <know>."),
        ("files", PHOTO),
        ("consent", "evidence"),
        ("consent", "contact"),
    ]

    saved = mailbox(client, words, "consent", *both)
    after_saving = {*(settings.data_dir / "blobs").glob("*")}
    empty = mailbox(client, words, "write", ("text", " "), NO_FILE, ("consent", "publication"))
    sent = mailbox(client, words, "write", ("text", "They <know>."), NO_FILE, ("consent", "statistics"))
    shown = mailbox(client, words)

    assert "Your choices have arrived" in saved.text
    assert "They &lt;know&gt;.</textarea>" in saved.text
    assert "add them again" in saved.text
    assert after_saving == blobs
    assert ticked(saved) == ticked(shown) == ["contact", "evidence"]
    assert (empty.status_code, ticked(empty)) == (422, ["publication"])
    assert "Your message has arrived." in sent.text
    assert ticked(sent) == ["statistics"]
    for answer in (sent, shown):
        assert "&lt;know&gt;" not in answer.text
        assert "add them again" not in answer.text
    (waiting,) = triage.list_(triager)
    triage.claim(triager, triage.view(triager, waiting.id))
    thread = triage.thread(triager, triage.open_(triager, waiting.id))
    assert [each.content.text for each in thread.messages if each.content.text] == ["They <know>."]


def ticked(answer: Response) -> list[str]:
    return sorted(re.findall(r'name="consent" value="(\w+)"[^>]* checked', answer.text))


def test_numbers_in_a_mistake_are_written_as_elsewhere_on_the_page(
    organisation: Organisation, client: TestClient
) -> None:
    small = File("note.txt", "text/plain", b"They came.")

    words = post(client, [("action", "open"), ("words", "abandon " * 11 + "abandonn")], "/fa/plain/replies/")
    files = post(client, [("danger_now", "none"), *[("files", small)] * (ATTACHMENTS + 1)], "/fa/plain/")

    for answer, number, latin in ((words, "۱۲", "12"), (files, "۳۲", "32")):
        (mistake,) = re.findall(r'<ul id="mistakes">(.*?)</ul>', answer.text, re.DOTALL)
        assert number in mistake
        assert latin not in mistake


@pytest.mark.parametrize("page", ["plain/", "plain/replies/"])
def test_a_text_may_be_as_long_as_the_page_with_script_takes_it_and_no_longer(
    organisation: Organisation, client: TestClient, page: str
) -> None:
    words = words_in(post(client, FORM))
    with_script = client.get(f"/en/{page.removeprefix('plain/')}").text
    (limit,) = re.findall(r'<textarea id="text"[^>]* data-limit="(\d+)"', with_script)
    beside = [("action", "write"), ("words", words)] if "replies" in page else [("danger_now", "none")]

    def sent(length: int) -> Response:
        return post(client, [*beside, ("text", "字" * length)], f"/en/{page}")

    assert sent(int(limit)).status_code == 203
    longer = sent(int(limit) + 1)
    assert longer.status_code == 422
    assert 'href="#text-mistake">This text is longer' in longer.text


def test_an_empty_message_is_not_sent(organisation: Organisation, client: TestClient) -> None:
    words = words_in(post(client, FORM))

    answer = mailbox(client, words, "write", ("text", "  "), NO_FILE)

    assert answer.status_code == 422
    assert "Write a message or add a file first" in answer.text


def test_after_a_withdrawal_nothing_more_is_taken(organisation: Organisation, client: TestClient) -> None:
    words = words_in(post(client, FORM))
    mailbox(client, words, "withdraw")

    late = mailbox(client, words, "write", ("text", "One more thing."))

    assert late.status_code == 422
    assert "Your message was not taken" in late.text
    assert typed_before(late) == "One more thing."


def test_what_is_over_the_days_budget_comes_back_and_the_report_can_be_taken_back(
    organisation: Organisation, client: TestClient, rows: Session
) -> None:
    words = words_in(post(client, FORM))
    mailbox(client, words, "write", ("text", "One thing."))
    rows.execute(update(Posted).values(posts=budget.POSTS))
    rows.commit()

    late = mailbox(client, words, "write", ("text", "One more thing."))
    withdrawn = mailbox(client, words, "withdraw")

    assert late.status_code == 422
    assert "Send the rest tomorrow" in late.text
    assert "One more thing.</textarea>" in late.text
    assert "You have taken your report back" in withdrawn.text


def test_a_message_to_a_mailbox_that_does_not_open_comes_back_and_waits_until_one_does(
    organisation: Organisation, client: TestClient
) -> None:
    words = words_in(post(client, FORM))
    said = ("text", "They </textarea> came.")

    absent = mailbox(client, "abandon " * 11 + "about", "write", said)
    malformed = post(client, [said, ("action", "write"), ("files", PHOTO)], "/en/plain/replies/")
    unreadable = mailbox(client, words, "shout", said)
    opened = mailbox(client, words, "open", said)

    assert (absent.status_code, typed_before(absent)) == (422, said[1])
    assert (malformed.status_code, typed_before(malformed)) == (422, said[1])
    for answer, status in ((unreadable, 400), (opened, 203)):
        assert answer.status_code == status
        assert "They &lt;/textarea&gt; came.</textarea>" in answer.text
        assert 'value="write"' in answer.text


def typed_before(answer: Response) -> str:
    """What can be read and copied, and not sent from here."""
    (field,) = re.findall(r'<textarea id="text"[^>]* readonly[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
    return html.unescape(field)


def test_a_report_that_has_all_its_files_says_so_and_the_message_comes_back_and_is_taken_without_one(
    organisation: Organisation, client: TestClient, triager: Staff, settings: Settings
) -> None:
    small = File("note.txt", "text/plain", b"They came.")
    words = words_in(post(client, [("danger_now", "none"), *[("files", small)] * ATTACHMENTS]))
    blobs = {*(settings.data_dir / "blobs").glob("*")}

    answer = mailbox(client, words, "write", ("text", "One more <photo>."), ("files", PHOTO))
    after = mailbox(client, words, "write", ("text", "One more <photo>."), NO_FILE)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert f"{ATTACHMENTS} files in all" in answer.text
    assert "One more &lt;photo&gt;.</textarea>" in answer.text
    assert {*(settings.data_dir / "blobs").glob("*")} == blobs
    assert "Your message has arrived." in after.text
    (waiting,) = triage.list_(triager)
    triage.claim(triager, triage.view(triager, waiting.id))
    thread = triage.thread(triager, triage.open_(triager, waiting.id))
    assert [each.content.text for each in thread.messages] == ["One more <photo>."]


def test_before_there_is_an_organisation_the_page_says_so(client: TestClient) -> None:
    for answer in (post(client, FORM), mailbox(client, "abandon " * 11 + "about")):
        assert answer.status_code == 503
        assert "not ready yet" in answer.text


def test_after_the_last_day_of_the_epoch_no_report_is_taken_and_what_was_typed_comes_back(
    organisation: Organisation, client: TestClient, clock: Clock, rows: Session
) -> None:
    assert clock.told_by is not None
    clock.told_by.write_text("2026-09-01T09:00:00Z")

    answer = post(client, FORM)

    assert answer.status_code == 503
    assert "We cannot take new reports at this moment" in answer.text
    assert html.escape(TEXT).replace("&#x27;", "&#39;") in answer.text
    assert rows.scalars(select(Report.id)).all() == []


def test_an_operator_can_close_the_door(url: str, tmp_path: Path, clock: Clock, site: Site) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", database_url=url, demo=True, demo_clock=clock.told_by, no_script_pages=False
    )
    with InProcess(create_app(settings, site=site, hasher=HASHER)) as client:
        posted = [post(client, FORM), mailbox(client, "abandon " * 12)]
        pages = [client.get(path) for path in ("/en/plain/", "/en/plain/replies/")]
        others = [client.get(path) for path in ("/en/", "/en/replies/")]

    assert [answer.status_code for answer in [*posted, *pages, *others]] == [404] * 4 + [200] * 2
    for page in [*posted, *pages]:
        assert "The team has not opened its door here" in page.text
        assert "<form" not in page.text


def test_no_answer_of_the_door_may_be_kept(organisation: Organisation, client: TestClient) -> None:
    sent = post(client, FORM)
    opened = mailbox(client, words_in(sent))

    for answer in (sent, opened):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_nothing_is_written_in_clear_while_a_form_arrives(
    organisation: Organisation, client: TestClient, settings: Settings
) -> None:
    """Every file that the process has open while the form comes, looked at between two pieces of it."""
    secret = b"what only the reporter knows " * 8
    film = File("film.mp4", "video/mp4", secret * 20_000)  # far above what a form reader would keep in memory
    looked_at: set[Path] = set()
    seen_in: list[Path] = []

    def pieces() -> Iterator[bytes]:
        whole = encoded([("danger_now", "days"), ("text", secret.decode()), ("files", film)])
        for start in range(0, len(whole), 2**18):
            yield whole[start : start + 2**18]
            for path in open_files():
                looked_at.add(path)
                if secret[:28] in path.read_bytes():
                    seen_in.append(path)

    answer = client.post("/en/plain/", content=pieces(), headers=HEADERS)

    words_in(answer)
    assert looked_at
    assert seen_in == []


def open_files() -> list[Path]:
    """Regular files that this process has open, as it sees them."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed since the folder was read
            if path.is_file() and path.stat().st_size < 2**27:
                found.append(path)
    return found
