"""The report: every story of the samples can be told, and nothing that is not a report is taken for one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.cli.demo
from app import age, vocabulary
from app.protocol.documents import Header, bare, recipient_sha256, seal
from app.protocol.encoding import b64, canonical, new_id, parse_object
from app.protocol.errors import Malformed
from app.protocol.opening import Asked, open_document
from app.protocol.report import Attachment, Consent, Form, Report, file_name
from app.protocol.sizes import MIB
from app.vocabulary import ConsentScope, Imminence

SAMPLES = json.loads((Path(app.cli.demo.__file__).parent / "samples.json").read_bytes())
MAILBOX, REPORT_KEY = age.identity_from_seed(b"m" * 32).recipient, age.identity_from_seed(b"r" * 32)
FORM: dict[str, Any] = {"language": "en", "text": "They rang.", "answers": {"danger_now": "days"}}
FILE = Attachment(new_id("att"), "call.ogg", "audio/ogg", 184_320, "a" * 64, "b" * 64)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def report_of(form: Form, *attachments: Attachment) -> Report:
    return Report(
        form=form,
        mailbox=str(MAILBOX),
        thread_key=b64(bytes(32)),
        withdrawal="c" * 64,
        attachments=attachments,
        consents=tuple(Consent(scope, scope in form.consents, new_id("cons")) for scope in ConsentScope),
    )


REPORT = report_of(Form.read(FORM), FILE)


def answering(**answers: object) -> dict[str, Any]:
    return FORM | {"answers": FORM["answers"] | answers}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
def test_each_story_is_sealed_and_read_as_it_was_told(sample: dict[str, Any]) -> None:
    form = Form.read({key: sample[key] for key in ("language", "text", "answers")})
    files = (replace(FILE, id=new_id("att"), name=each["name"], size=each["bytes"]) for each in sample["attachments"])
    report = report_of(form, *files)
    subject = new_id("rep")
    header = Header(
        type="report",
        org="0" * 64,
        subject=subject,
        version=1,
        previous=None,
        generation=1,
        sealed_to=recipient_sha256(REPORT_KEY.recipient),
        author=None,
        at="2026-06-15",
        body=report.body(),
    )

    file = seal(bare(header), REPORT_KEY.recipient)
    opened = open_document(file, REPORT_KEY, Asked("report", "0" * 64, subject))

    assert Report.read(opened.document.header.body) == report
    assert report.form.text == sample["text"]
    assert {scope.value for scope in report.form.consents} == set(sample["answers"]["consent"])


def test_there_are_forty_stories() -> None:
    assert len(SAMPLES) == 40


def test_a_report_keeps_the_version_of_the_lists_that_it_was_written_with() -> None:
    earlier = replace(REPORT, vocabulary="0.9.0")

    assert Report.read(earlier.body()).body()["vocabulary"] == "0.9.0"
    assert REPORT.body()["vocabulary"] == vocabulary.vocabulary().version


def test_urgency_and_consents_are_what_was_ticked() -> None:
    form = Form.read(answering(danger_now="now", consent=["service", "statistics"]))

    assert form.danger_now is Imminence.NOW
    assert form.consents == {ConsentScope.SERVICE, ConsentScope.STATISTICS}


def test_a_report_says_one_thing_of_each_consent() -> None:
    again = Consent(ConsentScope.SERVICE, given=True, id=new_id("cons"))

    with pytest.raises(Malformed, match="one choice and one id"):
        replace(REPORT, consents=(*REPORT.consents, again))
    with pytest.raises(Malformed, match="one choice and one id"):
        replace(REPORT, consents=tuple(replace(each, id=again.id) for each in REPORT.consents))


def test_whoever_leaves_the_last_question_as_it_stands_consents_to_help_alone() -> None:
    assert Form.read(FORM).consents == {ConsentScope.SERVICE}


@pytest.mark.parametrize(
    "answers",
    [
        {"where_now": "ZZ", "state_behind": "CN", "about_whom": "self"},
        {"what_kind": ["threat", "family"], "how": ["unknown"], "who_behind": ["unknown"]},
        {"told_authorities": ["unknown"]},
        {"what_kind": []},
        {"when": "", "identifiers": "+49 30 23125 417", "needs": "a letter"},
        {"answer_language": "ug"},
    ],
)
def test_every_question_takes_its_answers(answers: dict[str, object]) -> None:
    assert Form.read(answering(**answers)).answers == FORM["answers"] | answers


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"danger_now": "soon"}, "danger_now"),
        ({"danger_now": None}, "danger_now"),
        ({"danger_now": ["now"]}, "danger_now"),
        ({"where_now": "Utopia"}, "where_now"),
        ({"about_whom": "unknown"}, "about_whom"),
        ({"what_kind": "threat"}, "what_kind"),
        ({"what_kind": ["threat", "threat"]}, "what_kind"),
        ({"what_kind": ["death_threat"]}, "what_kind"),
        ({"what_kind": [["threat"]]}, "what_kind"),
        ({"how": ["pigeon"]}, "how"),
        ({"consent": ["unknown"]}, "consent"),
        ({"consent": ["service", "everything"]}, "consent"),
        ({"when": 3}, "when"),
        ({"needs": "x" * 20_001}, "needs"),
        ({"answer_language": "tlh"}, "answer_language"),
        ({"name": "somebody"}, "answers"),
    ],
)
def test_another_answer_is_refused_by_name(answers: dict[str, object], named: str) -> None:
    with pytest.raises(Malformed, match=f"^{named}: "):
        Form.read(answering(**answers))


@pytest.mark.parametrize(
    "form",
    [
        None,
        [],
        {},
        {"language": "en", "text": "They rang."},
        FORM | {"name": "somebody"},
        FORM | {"text": None},
        FORM | {"language": "tlh"},
        FORM | {"language": ["en"]},
        FORM | {"answers": []},
        FORM | {"answers": {}},
    ],
)
def test_a_form_has_these_three_parts_and_the_first_answer(form: object) -> None:
    with pytest.raises(Malformed):
        Form.read(form)


def test_which_languages_there_are_is_told_who_writes_in_another() -> None:
    with pytest.raises(Malformed, match=r"language: one of en, zh-Hans, .*bo, .*ko$"):
        Form.read(FORM | {"language": "tlh"})


def test_no_refusal_and_no_repr_repeats_what_was_typed() -> None:
    typed = "the word that nobody may read"
    report = report_of(Form.read(answering(needs=typed) | {"text": typed}), replace(FILE, name=f"{typed}.jpg"))

    for form in (answering(where_now=typed), answering(**{typed: typed}), FORM | {"language": typed}):
        with pytest.raises(Malformed) as failure:
            Form.read(form)
        assert typed not in repr(failure.value)
    assert typed not in repr(report)
    assert report.thread_key not in repr(report)
    assert "'en'" not in repr(report)


@pytest.mark.parametrize(
    "change",
    [
        {"mailbox": "age1nobody"},
        {"mailbox": "age1z9lpqvycqzjl4pk6pcwugj3wevmfxvz73nwcgt2s5u0v2qqaf5nqd7jwgd"},
        {"thread_key": b64(bytes(31))},
        {"thread_key": b64(bytes(32)) + "="},
        {"thread_key": None},
        {"withdrawal": "c" * 63},
        {"withdrawal": b64(bytes(32))},
        {"withdrawal": None},
        {"vocabulary": 1},
        {"language": "tlh"},
        {"text": None},
        {"answers": {"danger_now": "soon"}},
        {"attachments": [FILE.body(), FILE.body()]},
        {"attachments": [FILE.body() | {"id": new_id("att")} for _ in range(33)]},
        {"attachments": {}},
        {"consents": [REPORT.consents[0].body(), REPORT.consents[0].body()]},
        {"consents": [REPORT.consents[0].body(), REPORT.consents[1].body() | {"id": REPORT.consents[0].id}]},
        {"consents": [REPORT.consents[0].body() | {"given": False}]},
        {"consents": [REPORT.consents[0].body() | {"given": 1}]},
        {"consents": [REPORT.consents[0].body() | {"scope": "everything"}]},
        {"consents": [REPORT.consents[0].body() | {"id": new_id("msg")}]},
        {"consents": []},
        {"name": "somebody"},
    ],
)
def test_a_body_that_is_no_report_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        Report.read(REPORT.body() | change)


@pytest.mark.parametrize("key", REPORT.body().keys())
def test_a_report_without_one_of_its_parts_is_refused(key: str) -> None:
    body = REPORT.body()
    del body[key]

    with pytest.raises(Malformed):
        Report.read(body)


@pytest.mark.parametrize(
    "change",
    [
        {"id": new_id("rep")},
        {"name": ""},
        {"name": "x" * 256},
        {"name": "../keys.age"},
        {"name": ".."},
        {"name": "a\0b"},
        {"media_type": "x" * 128},
        {"media_type": "image/jpeg\r\nX: y"},
        {"size": -1},
        {"size": True},
        {"size": 1.0},
        {"size": 1024 * MIB + 1},
        {"plaintext_sha256": "A" * 64},
        {"ciphertext_sha256": None},
        {"path": "/"},
    ],
)
def test_an_attachment_of_another_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        Attachment.read(FILE.body() | change)


def test_file_names_of_every_script_are_taken() -> None:
    for name in ("صورة.jpg", "语音 消息.m4a", "a" * 255, "..hidden", "x.tar.gz"):
        attachment = replace(FILE, name=name)
        assert Attachment.read(attachment.body()) == attachment


@given(st.dictionaries(st.sampled_from([*REPORT.body(), "more"]), JSON, max_size=4))
def test_whatever_stands_in_a_body_it_is_a_report_or_it_is_malformed(change: dict[str, Any]) -> None:
    body = parse_object(canonical(REPORT.body() | change))

    try:
        found = Report.read(body)
    except Malformed:
        return
    assert found.body() == body


@given(st.dictionaries(st.sampled_from([*FORM["answers"], "what_kind", "consent", "when", "how"]), JSON))
def test_whatever_stands_in_the_answers_it_is_a_form_or_it_is_malformed(answers: dict[str, Any]) -> None:
    try:
        form = Form.read(FORM | {"answers": answers})
    except Malformed:
        return
    assert form.danger_now in Imminence
    assert form.consents <= set(ConsentScope)


@pytest.mark.parametrize("name", ["a/b\0c", "", ".", "..", "x" * 300, "cut \ud83d.jpg", "r\udce9sum\udce9", "📷" * 300])
def test_whatever_a_file_is_called_a_document_can_list_it(name: str) -> None:
    assert Attachment.read({**FILE.body(), "name": file_name(name)}).name == file_name(name)
    canonical({"name": file_name(name)})


def test_what_no_file_may_be_called_is_replaced_sign_by_sign() -> None:
    assert file_name("a/b\0c.jpg") == "a_b_c.jpg"
    assert file_name("\ud800\ud83d\udfff\ud7ff\ue000") == "___\ud7ff\ue000"


def test_a_name_that_is_too_long_keeps_its_end() -> None:
    assert file_name("x" * 300 + ".jpg").endswith("x.jpg")
