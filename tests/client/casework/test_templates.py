"""Answers that are ready: written by a supervisor, read by all who answer, and by nobody who has gone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app import age
from app.cli import duties as asked
from app.client import Staff
from app.client.casework import leaving, templates
from app.client.machine.staff import NotGranted
from app.client.machine.transport import Refused
from app.client.people import colleagues, duties, shared_keys
from app.protocol.case import RuleBroken
from app.protocol.duties import DutyKind
from app.protocol.encoding import b64, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.sizes import classes
from app.protocol.statements import KeyKind
from app.protocol.templates import Template
from app.protocol.types import TYPES
from app.vocabulary import Role
from tests.client.installation import Installation, installation

EN, FA = "We write on {day}.", "{day}: می‌نویسیم."


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def file(reader: Staff) -> bytes:
    return unb64(str(reader.service.get("/templates").json()["sealed_file"]))


def test_what_a_supervisor_keeps_ready_triagers_and_caseworkers_read_until_it_is_retired(here: Installation) -> None:
    sara, anna, boris = here.staff("sara"), here.staff("anna"), here.staff("boris")

    templates.put(sara, "day", {"en": EN, "fa": FA})
    templates.put(sara, "read", {"en": "We read it."})
    read = [templates.named(each, "day") for each in (anna, boris)]
    templates.put(sara, "day", {"en": f"{EN} Or later."})
    changed = templates.named(anna, "day")
    templates.retire(sara, "read")

    assert [templates.filled(each, "fa", {"day": "Monday"}) for each in read] == [FA.replace("{day}", "Monday")] * 2
    assert (changed.words["fa"].text, changed.outdated) == (FA, ["fa"])
    assert templates.library(boris).templates.keys() == {"day"}
    for act in (lambda: templates.named(anna, "read"), lambda: templates.retire(sara, "read")):
        with pytest.raises(RuleBroken, match="no-template"):
            act()


@pytest.mark.parametrize(
    ("language", "with_", "rule"),
    [
        ("tr", {"day": "Monday"}, "not-in-this-language"),
        ("en", {}, "blanks"),
        ("en", {"day": "Monday", "who": "Lin"}, "blanks"),
        ("en", {"day": " "}, "blanks"),
        ("en", {"day": "Monday\nor not"}, "blanks"),
        ("en", {"day": "\u202eMonday"}, "blanks"),
        ("en", {"day": "\u200c"}, "blanks"),
    ],
)
def test_an_answer_has_its_words_and_no_blank(language: str, with_: dict[str, str], rule: str) -> None:
    ready = Template("day", 1, {}).said_as({"en": EN, "fa": FA})

    assert templates.filled(ready, "en", {"day": "می\u200cرویم"}) == "We write on می\u200cرویم."
    with pytest.raises(RuleBroken, match=rule):
        templates.filled(ready, language, with_)


def test_what_is_no_template_is_refused_before_it_is_sent(here: Installation) -> None:
    sara = here.staff("sara")
    before = templates.library(sara).mark

    for texts in ({"en": "On {Day}."}, {"en": EN, "fa": "."}, {"xx": EN}):
        with pytest.raises(Malformed):
            templates.put(sara, "wrong", texts)

    assert templates.library(sara).mark == before


def test_who_left_opens_no_template_that_is_written_since_and_those_who_stay_read_all(own: Installation) -> None:
    sara, anna, emil = own.staff("sara"), own.staff("anna"), own.staff("emil")
    templates.put(sara, "day", {"en": EN})
    kept = shared_keys.hold(emil, KeyKind.DESK).identity
    could = age.decrypt(file(emil), [kept])

    turned = leaving.leave(sara, emil.person)

    assert (turned.templates, turned.failed) == (True, ())
    assert b"We write on" in could
    with pytest.raises(age.NoMatchError):
        age.decrypt(file(anna), [kept])
    assert templates.named(anna, "day").words["en"].text == EN
    assert [each for each in duties.waiting(sara) if each.kind is DutyKind.SEAL_TEMPLATES] == []


def test_nothing_is_written_under_a_key_that_somebody_who_left_has(own: Installation) -> None:
    own.pass_(timedelta(days=1))
    sara, emil = own.staff("sara"), own.staff("emil")
    colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), {Role.ANALYST})

    with pytest.raises(RuleBroken, match="desk-key-turns-first"):
        templates.put(sara, "day", {"en": EN})
    asked.act(sara, duties.waiting(sara))

    assert templates.put(sara, "day", {"en": EN}).revision == 1


def test_whoever_is_certified_later_reads_once_a_colleague_has_said_yes(own: Installation) -> None:
    sara, anna = own.staff("sara"), own.staff("anna")
    templates.put(sara, "day", {"en": EN})
    own.join("gul", colleagues.invite(sara, {Role.CASEWORKER}), pin=own.pin)
    newcomer = own.unlock("gul")
    colleagues.certify(sara, newcomer.person, colleagues.fingerprint(newcomer), {Role.CASEWORKER})
    gul = own.staff("gul")
    with pytest.raises(NotGranted):
        templates.library(gul)

    hints = [each for each in duties.waiting(anna) if each.kind is DutyKind.GRANT_DESK_KEY]
    asked.act(anna, hints, ask=lambda _: False)
    refused = [each for each in duties.waiting(anna) if each.kind is DutyKind.GRANT_DESK_KEY]
    asked.act(anna, hints, ask=lambda question: "the answers that are ready" in question)

    assert [each.person for each in hints] == [each.person for each in refused] == [gul.person]
    assert templates.named(gul, "day").words["en"].text == EN
    assert [each for each in duties.waiting(anna) if each.kind is DutyKind.GRANT_DESK_KEY] == []


def test_what_opens_for_nobody_is_begun_anew_by_who_says_so_and_what_opens_is_not(own: Installation) -> None:
    sara, anna = own.staff("sara"), own.staff("anna")
    templates.put(sara, "day", {"en": EN})
    key = shared_keys.hold(sara, KeyKind.DESK)
    with pytest.raises(RuleBroken, match="templates-open"):
        templates.put(sara, "day", {"en": EN}, anew=True)
    junk = age.encrypt(bytes(classes(TYPES["templates"].size)[0]), [key.identity.recipient])
    sara.service.put("/templates", {"version": 2, "key": key.key.id, "file": b64(junk)})

    with pytest.raises(NotAuthentic):
        templates.put(sara, "other", {"en": EN})
    templates.put(sara, "other", {"en": EN}, anew=True)

    assert templates.library(anna).templates.keys() == {"other"}


def supervisor(own: Installation, handle: str) -> Staff:
    """The same person as a supervisor too, signed in."""
    sara, person = own.staff("sara"), own.staff(handle)
    roles = {Role.SUPERVISOR, Role.TRIAGER}
    colleagues.certify(sara, person.person, colleagues.fingerprint(person), roles)
    return own.staff(handle)


def waits(whose: Staff, kind: DutyKind) -> bool:
    return any(each.kind is kind for each in duties.waiting(whose))


def test_who_has_the_key_of_today_alone_is_told_that_answers_are_ready_and_reads_them_once_sealed_anew(
    own: Installation,
) -> None:
    sara = own.staff("sara")
    templates.put(sara, "day", {"en": EN})
    own.join("gul", colleagues.invite(sara, {Role.SUPERVISOR}), pin=own.pin)
    newcomer = own.unlock("gul")
    colleagues.certify(sara, newcomer.person, colleagues.fingerprint(newcomer), {Role.SUPERVISOR})
    shared_keys.make_shared(sara, KeyKind.DESK)
    gul = own.staff("gul")

    with pytest.raises(NotGranted, match="under a key of the desk that you do not have"):
        templates.library(gul)
    assert (waits(sara, DutyKind.SEAL_TEMPLATES), waits(gul, DutyKind.SEAL_TEMPLATES)) == (True, False)
    asked.act(sara, duties.waiting(sara))

    assert templates.named(gul, "day").words["en"].text == EN


def test_where_nobody_has_the_key_any_more_a_supervisor_goes_on_after_the_last_version(own: Installation) -> None:
    sara = own.staff("sara")
    templates.put(sara, "day", {"en": EN})
    last = templates.library(sara).mark
    own.join("gul", colleagues.invite(sara, {Role.SUPERVISOR}), pin=own.pin)
    newcomer = own.unlock("gul")
    colleagues.certify(sara, newcomer.person, colleagues.fingerprint(newcomer), {Role.SUPERVISOR})
    shared_keys.make_shared(sara, KeyKind.DESK)
    gul = own.staff("gul")

    templates.put(gul, "other", {"en": EN}, anew=True)

    found = templates.library(sara)
    assert last is not None
    assert found.templates.keys() == {"other"}
    assert found.mark is not None
    assert found.mark.version == last.version + 1


def test_what_somebody_wrote_who_is_a_supervisor_no_more_counts_where_it_was_read_before_until_another_seals_it_anew(
    own: Installation,
) -> None:
    emil, (sara, anna, boris) = supervisor(own, "emil"), map(own.staff, ("sara", "anna", "boris"))
    templates.put(emil, "day", {"en": "We write soon."})
    templates.library(boris)
    templates.put(emil, "day", {"en": EN})
    templates.library(anna)

    colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), {Role.TRIAGER})

    assert templates.named(anna, "day").words["en"].text == EN
    for each in (sara, boris):  # of whom one has seen none, and the other the version before
        each.forget()
        with pytest.raises(NotAuthentic, match="author-ended"):
            templates.library(each)
    assert waits(sara, DutyKind.SEAL_TEMPLATES)
    read = templates.left_behind(sara)
    with pytest.raises(NotAuthentic, match="author-ended"):
        templates.library(sara)  # to look is not to agree
    templates.adopt(sara, read)
    assert not waits(sara, DutyKind.SEAL_TEMPLATES)
    assert [templates.named(each, "day").words["en"].text for each in (anna, boris)] == [EN, EN]
    with pytest.raises(Refused, match="since"):
        templates.adopt(sara, read)


def test_a_supervisor_who_leaves_takes_no_answer_along_and_nobody_has_to_look(own: Installation) -> None:
    own.pass_(timedelta(days=1))
    emil, sara = supervisor(own, "emil"), own.staff("sara")
    templates.put(emil, "day", {"en": EN})

    turned = leaving.leave(sara, emil.person)

    assert (turned.templates, turned.failed) == (True, ())
    assert templates.named(own.staff("anna"), "day").words["en"].text == EN
    assert not waits(sara, DutyKind.SEAL_TEMPLATES)
