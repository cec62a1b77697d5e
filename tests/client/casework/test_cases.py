"""Cases and their approvals against a real service."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import age, vocabulary
from app.client.casework import act_approvals, approvals, cases, coding_approvals, triage
from app.client.casework.cases import OpenCase
from app.client.machine import sealed
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import ANSWER_LIMIT, Refused
from app.protocol.card import new_card_id
from app.protocol.case import (
    Assertion,
    CardNote,
    CaseFile,
    Name,
    PartType,
    RuleBroken,
    Verdict,
    card_of,
    check_successor,
    of_part,
    take_apart,
)
from app.protocol.documents import bytes_signed, verify_signature
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.journal import EndReason, Entry, Hold, PartNote
from app.protocol.periods import quarter_of
from app.protocol.sizes import Kind, classes
from app.vocabulary import (
    ApprovalState,
    ApprovalSubject,
    CaseStage,
    ConsentMethod,
    ConsentScope,
    ConsentStatus,
    Relation,
    TransitionReason,
    VerificationStatus,
)
from tests.client.casework.scene import CODING, accepted, approved, coded
from tests.client.installation import Installation


def test_the_owner_reads_the_case_and_its_report(here: Installation) -> None:
    boris = here.staff("boris")
    opened = accepted(here, here.staff("anna"), boris)

    report = triage.open_(boris, opened.file.reports[0].id)

    assert opened.file.title == "A title"
    assert report.report.form.text == "They wrote to my mother."


def test_a_case_says_what_was_written_and_its_earlier_versions_stay(here: Installation) -> None:
    boris = here.staff("boris")
    opened = accepted(here, here.staff("anna"), boris)

    written = cases.write(boris, opened, replace(opened.file, summary="More."))
    again = cases.open_(here.staff("boris"), opened.id)

    assert (again.version, again.file, again.file.summary) == (2, written.file, "More.")
    [part] = opened.said
    assert [said.body["summary"] for _, said in cases.versions(boris, again, part)] == ["", "More."]


def test_nothing_is_written_of_a_quarter_to_come(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    of_tomorrow, to_come = quarter_of(boris.today + timedelta(days=1)), quarter_of(boris.today + timedelta(days=92))

    def told_of(quarter: str) -> CaseFile:
        (incident,) = opened.file.incidents
        return replace(opened.file, incidents=(replace(incident, coding={**incident.coding, "quarter": quarter}),))

    with pytest.raises(RuleBroken, match="quarter-to-come"):
        cases.write(boris, opened, told_of(to_come))
    written = cases.write(boris, opened, told_of(of_tomorrow))

    assert written.file.incidents[0].coding["quarter"] == of_tomorrow


def test_what_did_not_change_is_not_written(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)

    cases.write(boris, opened, opened.file)
    cases.write(boris, opened, replace(opened.file, title="Another"))
    found = cases.open_(boris, opened.id)

    assert found.version == opened.version + 1
    assert sum(len(named) for named in found.journal.parts.values()) == len(opened.journal.parts) + 1


def test_two_who_write_different_things_at_once_are_asked_nothing(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = coded(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    incident = of_boris.file.incidents[0]
    said = Assertion(by="the mother", text="Two men came.", basis="relative_witnessed")
    cases.write(boris, of_boris, replace(of_boris.file, summary="first"))
    cases.write(boris, of_boris, of_boris.file.with_incident(replace(incident, assertions=(said,))))

    other = Assertion(by="a neighbour", text="I saw a car.", basis="relative_witnessed")
    written = cases.write(anna, of_anna, of_anna.file.with_incident(replace(incident, assertions=(other,))))

    for found in (written, cases.open_(here.staff("boris"), of_boris.id)):
        assert found.file.summary == "first"
        assert found.file.incidents[0].assertions == (said, other)
        assert (found.spoiled, found.set_aside, found.journal.passed_over) == ((), (), ())


def test_two_who_write_the_same_see_both_texts_and_nothing_is_lost(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = accepted(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    cases.write(boris, of_boris, replace(of_boris.file, summary="first"))

    with pytest.raises(cases.Collision) as collision:
        cases.write(anna, of_anna, replace(of_anna.file, summary="second"))

    [(mine, theirs)] = collision.value.texts.values()
    assert (mine["summary"], theirs and theirs["summary"]) == ("second", "first")
    assert cases.open_(anna, of_boris.id).file.summary == "first"


def test_a_verdict_on_a_coding_that_changed_meanwhile_is_not_written(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = coded(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    incident = of_boris.file.incidents[0]
    recoded = replace(incident, coding={**incident.coding, "severity": "limited"})
    cases.write(boris, of_boris, of_boris.file.with_incident(recoded))

    verdict = Verdict(VerificationStatus.CORROBORATED, anna.person, None)
    with pytest.raises(cases.Collision):
        cases.write(
            anna, of_anna, of_anna.file.with_incident(replace(incident, verdicts=(*incident.verdicts, verdict)))
        )


def test_what_was_asserted_is_never_unsaid(here: Installation) -> None:
    opened = coded(here, here.staff("anna"), here.staff("boris"))
    forgetful = replace(opened.file.incidents[0], verdicts=())

    with pytest.raises(RuleBroken, match="verdicts-changed"):
        cases.write(here.staff("boris"), opened, opened.file.with_incident(forgetful))


def test_a_verdict_on_somebodys_life_takes_two(here: Installation) -> None:
    boris = here.staff("boris")
    person = cases.affected(Relation.SELF, statistics=None, by_reporter=None, can_be_asked=True)

    with pytest.raises(RuleBroken, match="second-person"):
        cases.incident(boris, person, CODING, status=VerificationStatus.REFUTED, second=boris.person)


def test_a_member_is_added_and_another_removed(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = accepted(here, anna, boris)

    cases.change_members(boris, opened, add=[chen.person])
    seen_by_chen = cases.open_(chen, opened.id)
    changed = cases.change_members(anna, cases.open_(anna, opened.id), remove=[chen.person])

    assert seen_by_chen.members == {anna.person, boris.person, chen.person}
    assert changed.members == {anna.person, boris.person}
    with pytest.raises(Refused):
        cases.open_(here.staff("chen"), opened.id)


def test_a_case_longer_than_any_other_answer_opens(here: Installation) -> None:
    """Of junk, which is as long."""
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    entry, file = (
        b64(age.encrypt(bytes(classes(kind)[-1]), [age.generate().recipient])) for kind in (Kind.JOURNAL, Kind.PART)
    )
    for _ in range(ANSWER_LIMIT // len(file) + 1):
        writing = {"entries": [entry], "parts": [{"id": new_id("part"), "version": 1, "file": file}]}
        boris.service.post(f"/cases/{opened.id}/entries", writing, version=opened.version)
        opened = cases.open_(boris, opened.id)

    assert opened.file == cases.open_(anna, opened.id).file


def test_all_versions_of_a_part_are_read_however_long_they_are_together(here: Installation) -> None:
    boris = here.staff("boris")
    opened = accepted(here, here.staff("anna"), boris)
    [part] = opened.said
    words = "x" * (classes(Kind.PART)[-1] - 2_000)
    versions = ANSWER_LIMIT // len(words) + 1

    for number in range(versions):
        opened = cases.write(boris, opened, replace(opened.file, summary=f"{number} {words}"))

    assert len(cases.versions(boris, opened, part)) == versions + 1


def test_a_member_leaves_by_themselves(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])

    left = cases.change_members(chen, cases.open_(chen, opened.id), remove=[chen.person])

    assert left.members == cases.open_(boris, opened.id).members == {anna.person, boris.person}


def test_the_opener_is_put_out_by_two_and_nobody_alone_takes_a_case(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])

    for who, change in (
        (boris, {"remove": [anna.person]}),
        (anna, {"owner": anna.person}),
        (chen, {"remove": [boris.person], "owner": chen.person}),
    ):
        with pytest.raises(RuleBroken, match="second-person"):
            cases.change_members(who, cases.open_(who, opened.id), **change)
    put_out(boris, opened, anna, second=chen)

    found = cases.open_(chen, opened.id)
    assert found.members == {boris.person, chen.person}
    assert (found.member_list.owner, found.journal.passed_over) == (boris.person, ())
    assert [(each.by, each.entry) for each in found.journal.seconded] == [(chen.person, found.version)]


def put_out(by: Staff, case: OpenCase, person: Staff, *, second: Staff) -> OpenCase:
    """One puts somebody out, as another has approved."""
    act = act_approvals.removal(case, remove=frozenset([person.person]), owner=None)
    approval = act_approvals.request(by, case, act, second.person)
    act_approvals.decide(second, act_approvals.review(second, approval), approved=True)
    case = cases.open_(by, case.id)
    word = act_approvals.given(by, case, act, approval)
    return cases.change_members(by, case, remove=[person.person], approval=word)


def test_the_last_member_beside_the_owner_asks_a_supervisor_who_reads_the_case_until_they_decide(
    here: Installation,
) -> None:
    anna, boris, sara = (here.staff(name) for name in ("anna", "boris", "sara"))
    opened = accepted(here, anna, boris)
    act = act_approvals.removal(opened, remove=frozenset([boris.person]), owner=anna.person)

    with pytest.raises(RuleBroken, match="second-person"):
        act_approvals.request(anna, cases.open_(anna, opened.id), act, here.staff("chen").person)
    approval = act_approvals.request(anna, cases.open_(anna, opened.id), act, sara.person)
    review = act_approvals.review(sara, approval)
    assert (review.act, review.case.file.reports) == (act, opened.file.reports)
    act_approvals.decide(sara, review, approved=True)
    with pytest.raises(Refused):
        cases.open_(sara, opened.id)
    case = cases.open_(anna, opened.id)
    word = act_approvals.given(anna, case, act, approval)
    cases.change_members(anna, case, remove=[boris.person], owner=anna.person, approval=word)

    found = cases.open_(anna, opened.id)
    assert found.members == {anna.person}
    assert found.member_list.owner == anna.person
    assert [(each.to, each.by) for each in found.journal.loans] == [(sara.person, anna.person)]


def test_a_no_and_the_approval_of_another_act_are_no_second_persons_word(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])
    out = act_approvals.removal(opened, remove=frozenset([anna.person]), owner=None)
    taken = act_approvals.removal(opened, remove=frozenset(), owner=chen.person)
    no = act_approvals.request(chen, opened, taken, anna.person)
    act_approvals.decide(anna, act_approvals.review(anna, no), approved=False)
    yes = act_approvals.request(chen, opened, taken, anna.person)
    act_approvals.decide(anna, act_approvals.review(anna, yes), approved=True)

    with pytest.raises(RuleBroken, match="not-approved"):
        act_approvals.given(chen, opened, taken, no)
    with pytest.raises(NotAuthentic, match="approval"):
        act_approvals.given(chen, opened, out, yes)
    word = act_approvals.given(chen, opened, taken, yes)
    with pytest.raises(NotAuthentic, match="approval"):
        cases.change_members(chen, opened, remove=[anna.person], approval=word)
    assert cases.change_members(chen, opened, owner=chen.person, approval=word).member_list.owner == chen.person


def test_what_somebody_wrote_stays_when_they_go(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    cases.write(anna, cases.open_(anna, opened.id), replace(opened.file, summary="In time."))

    cases.change_members(anna, cases.open_(anna, opened.id), remove=[anna.person])

    found = cases.open_(boris, opened.id)
    assert found.file.summary == "In time."
    assert found.members == {boris.person}


def test_what_no_entry_names_and_an_entry_that_is_junk_close_a_case_to_nobody(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    written = cases.write(boris, opened, replace(opened.file, summary="What counts."))
    [part] = written.said
    store_junk(anna, written, part, version=3)

    found = cases.open_(boris, opened.id)
    assert (found.version, found.journal.passed_over, found.file.summary) == (3, (3,), "What counts.")
    assert (found.spoiled, found.marks[part].version) == ((), 3)
    cases.write(boris, found, replace(found.file, summary="And on."))
    theirs = cases.open_(here.staff("anna"), opened.id)

    assert (theirs.file.summary, theirs.marks[part].version, theirs.spoiled) == ("And on.", 4, ())


def store_junk(member: Staff, opened: OpenCase, part: str, *, version: int) -> None:
    """A member stores what nobody can open as the next entry and as a version that no entry names."""
    entry, file = (
        b64(age.encrypt(bytes(classes(kind)[0]), [age.generate().recipient])) for kind in (Kind.JOURNAL, Kind.PART)
    )
    writing = {"entries": [entry], "parts": [{"id": part, "version": version, "file": file}]}
    member.service.post(f"/cases/{opened.id}/entries", writing, version=opened.version)


def test_whoever_spoils_a_case_is_removed_though_they_do_it_again(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])
    [part] = opened.said
    store_junk(anna, opened, part, version=2)
    found = cases.open_(boris, opened.id)
    store_junk(anna, found, part, version=3)

    put_out(boris, found, anna, second=chen)

    theirs = cases.open_(chen, opened.id)
    assert (theirs.file, theirs.journal.passed_over) == (opened.file, (3, 4))
    assert anna.person not in theirs.members


def test_a_named_version_that_is_junk_leaves_the_one_before_it_shown_as_such(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    [part] = opened.said
    junk = age.encrypt(bytes(classes(Kind.PART)[0]), [age.generate().recipient])
    note = PartNote(part, "part.case", 2, sha256_hex(junk))
    entry = sealed.write(anna, opened.key, "journal", Entry(parts=(note,)).body(), after=opened.journal.mark)
    writing = {"entries": [entry.file], "parts": [{"id": part, "version": 2, "file": b64(junk)}]}
    anna.service.post(f"/cases/{opened.id}/entries", writing, version=opened.version)

    found = cases.open_(boris, opened.id)
    written = cases.write(boris, found, replace(found.file, summary="And on."))

    assert found.file == opened.file
    assert found.spoiled == (cases.SpoiledPart(part, 1, "does not open"),)
    assert cases.open_(here.staff("anna"), opened.id).spoiled == ()
    assert written.marks[part].version == 3


def test_a_case_is_assessed_once_its_reporter_has_answered_about_service(here: Installation) -> None:
    boris = here.staff("boris")
    opened = coded(here, here.staff("anna"), boris)
    report = triage.open_(boris, opened.file.reports[0].id).report
    ids = {each.scope: each.id for each in report.consents}

    with pytest.raises(RuleBroken, match="no-answer-about-service"):
        cases.move(boris, opened, cases.view(boris, opened.id), CaseStage.ASSESSMENT)
    cases.record_consent(
        boris,
        opened,
        person=opened.file.persons[0].id,
        consent=ids[ConsentScope.SERVICE],
        scope=ConsentScope.SERVICE,
        status=ConsentStatus.GIVEN,
        method=ConsentMethod.FORM,
    )
    cases.move(boris, opened, cases.view(boris, opened.id), CaseStage.ASSESSMENT)

    assert boris.service.get(f"/cases/{opened.id}").json()["stage"] == "assessment"


def test_a_step_is_refused_where_the_work_has_gone_on_since_it_was_seen(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = accepted(here, anna, boris)
    seen = cases.view(boris, opened.id)
    cases.change_members(boris, opened, add=[chen.person])

    with pytest.raises(Refused) as refusal:
        cases.move(boris, opened, seen, CaseStage.ON_HOLD)

    assert refusal.value.type == "stale-version"


def test_an_answer_follows_the_one_that_was_the_newest_when_it_was_asked_for(here: Installation) -> None:
    boris = here.staff("boris")
    opened = accepted(here, here.staff("anna"), boris)
    answer: dict[str, Any] = {
        "person": new_id("psn"),
        "consent": new_id("cons"),
        "scope": ConsentScope.PUBLICATION,
        "method": ConsentMethod.SPOKEN,
    }
    cases.record_consent(boris, opened, status=ConsentStatus.GIVEN, **answer)
    [given] = cases.list_consents(boris, opened)

    with pytest.raises(Refused) as refusal:
        cases.record_consent(boris, opened, status=ConsentStatus.DECLINED, **answer)
    cases.record_consent(boris, opened, status=ConsentStatus.WITHDRAWN, **answer, after=given.mark)

    assert refusal.value.type == "stale-version"
    assert [each.status for each in cases.list_consents(boris, opened)] == [ConsentStatus.WITHDRAWN]


def test_a_request_that_was_decided_since_it_was_seen_is_not_taken_back(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)
    [listed] = [each for each in approvals.list_(boris) if each.id == approval]
    coding_approvals.decide(chen, coding_approvals.review(chen, approval), approved=True)

    with pytest.raises(Refused) as refusal:
        approvals.cancel(boris, listed)

    assert refusal.value.type == "stale-version"


def test_a_request_is_taken_back_by_who_asked(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)

    approvals.cancel(boris, approvals.get(boris, approval))

    assert approvals.get(boris, approval).state is ApprovalState.CANCELLED


def test_another_person_approves_the_coding_that_they_opened(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)

    approval = approved(boris, opened, chen)

    opened = cases.open_(boris, opened.id)
    word = coding_approvals.approved(boris, opened, approval)
    (note,) = opened.file.cards
    card = card_of(opened.file, note.incident, card_id=note.id)
    verify_signature(word.signatures[(note.id, 0)], bytes_signed("card", card.line))
    assert (word.by, note.asked_of, note.written) == (chen.person, chen.person, False)


def test_an_approver_keeps_no_key(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approved(boris, opened, chen)

    with pytest.raises((Refused, NotGranted)):
        cases.open_(here.staff("chen"), opened.id)


def test_a_coder_does_not_approve_their_own_coding(here: Installation) -> None:
    """Nor is anybody asked to by a client that keeps the rules."""
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    anna_opened = cases.open_(anna, opened.id)
    approval = coding_approvals.request(anna, anna_opened, boris.person)
    assert coding_approvals.review(boris, approval).cards == ()

    theirs = CardNote(new_card_id(), opened.file.incidents[0].id, 0, boris.person, vocabulary.vocabulary().version)
    cases.write(anna, anna_opened, replace(opened.file, cards=(theirs,)))

    with pytest.raises(RuleBroken, match="own-coding"):
        coding_approvals.review(boris, approval)


def test_no_client_believes_a_coding_in_anothers_name(here: Installation) -> None:
    """Anna's client is a changed one. Boris knows the version before, and Chen, who is to approve, has seen none."""
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    incident = opened.file.incidents[0]
    broken = replace(incident, coding={**incident.coding, "severity": "limited"})
    with pytest.raises(RuleBroken, match=r"^coder$"):
        check_successor(opened.file, opened.file.with_incident(broken), author=anna.person)
    theirs = write_past_the_rules(anna, opened, opened.file.with_incident(broken))
    opened = cases.lend(anna, cases.open_(anna, opened.id), chen.person)
    head = opened.journal.mark
    approval = approvals.request(anna, ApprovalSubject.CODING, theirs.key, chen.person, of=None, lend=True, head=head)

    found = cases.open_(boris, opened.id)
    review = coding_approvals.review(chen, approval)

    assert found.file == review.case.file == opened.file
    assert [each.version for each in found.spoiled] == [1]


def test_a_key_that_was_lent_behind_the_members_backs_opens_nothing(here: Installation) -> None:
    """anna's client is a changed one."""
    anna, chen = here.staff("anna"), here.staff("chen")
    opened = coded(here, anna, here.staff("boris"))
    head = opened.journal.mark
    approval = approvals.request(anna, ApprovalSubject.CODING, opened.key, chen.person, of=None, lend=True, head=head)

    with pytest.raises(NotAuthentic, match=r"^loan$"):
        coding_approvals.review(chen, approval)


def test_every_member_reads_to_whom_the_key_was_ever_lent(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    approved(boris, opened, chen)

    [loan] = cases.open_(anna, opened.id).journal.loans

    assert (loan.to, loan.by, loan.day) == (chen.person, boris.person, boris.today)


def test_whoever_approves_finds_a_contribution_token_that_somebody_changed(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    [person] = opened.file.persons
    another = replace(person, token=b64(bytes(16)))
    write_past_the_rules(anna, opened, replace(opened.file, persons=(another,)))
    approval = coding_approvals.request(anna, cases.open_(anna, opened.id), chen.person)

    review = coding_approvals.review(chen, approval)
    with pytest.raises(RuleBroken, match="token-changed"):
        coding_approvals.decide(chen, review, approved=True)


def test_a_part_that_a_member_makes_another_persons_counts_for_no_reader(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    [person] = opened.file.persons
    part = opened.whole.parts[Name(PartType.PERSON, person.id)]
    body = {**opened.said[part].body, "id": new_id("psn")}
    key = replace(opened.key, subject=part)

    for of in (person.id, str(body["id"])):
        opened = cases.open_(anna, opened.id)
        written = sealed.write(anna, key, PartType.PERSON, body, after=opened.marks[part])
        note = PartNote(part, PartType.PERSON, written.mark.version, written.mark.sha256, of)
        wire = {"id": part, "version": written.mark.version, "file": written.file}
        write_entry(anna, opened, Entry(parts=(note,)), [wire])

    found = cases.open_(boris, opened.id)
    assert found.file.persons == (person,)
    assert [(each.part, each.version) for each in found.spoiled] == [(part, 1)]
    assert found.journal.passed_over == (found.version,)


def test_a_part_that_has_ended_is_shown_to_nobody_and_what_was_being_written_on_it_is_kept(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    [incident] = opened.file.incidents
    [name] = (each for each in opened.whole.parts if each.type == PartType.INCIDENT)
    end = PartNote(opened.whole.parts[name], name.type, 2, None, incident.id, reason=EndReason.WITHDRAWN)
    changed = opened.file.with_incident(replace(incident, narrative="It was at night."))

    write_entry(anna, opened, Entry(parts=(end,)), [])
    with pytest.raises(cases.Collision) as caught:
        cases.write(boris, opened, changed)

    found = cases.open_(boris, opened.id)
    assert (found.file.incidents, found.spoiled) == ((), ())
    assert [said["narrative"] for said, _ in caught.value.texts.values()] == ["It was at night."]
    assert cases.drafts.find(boris, opened.id)


def write_entry(author: Staff, opened: OpenCase, said: Entry, parts: list[dict[str, Any]]) -> None:
    """An entry as somebody with a client of their own writes it."""
    entry = sealed.write(author, opened.key, "journal", said.body(), after=opened.journal.mark)
    body = {"entries": [entry.file], "parts": parts}
    author.service.post(f"/cases/{opened.id}/entries", body, version=opened.version)


def write_past_the_rules(author: Staff, opened: OpenCase, file: CaseFile) -> OpenCase:
    """The next versions as somebody with a client of their own seals them."""
    before = take_apart(opened.file)
    changed = {name: body for name, body in take_apart(file).items() if before.get(name) != body}
    parts = {name: opened.whole.parts[name] for name in changed}
    written = {
        name: sealed.write(
            author, replace(opened.key, subject=part), name.type, changed[name], after=opened.marks[part]
        )
        for name, part in parts.items()
    }
    notes = tuple(
        PartNote(parts[name], name.type, each.mark.version, each.mark.sha256, of_part(name.type, changed[name]))
        for name, each in written.items()
    )
    entry = sealed.write(author, opened.key, "journal", Entry(parts=notes).body(), after=opened.journal.mark)
    wire = [{"id": parts[name], "version": each.mark.version, "file": each.file} for name, each in written.items()]
    author.service.post(f"/cases/{opened.id}/entries", {"entries": [entry.file], "parts": wire}, version=opened.version)
    return replace(opened, whole=replace(opened.whole, file=file))


@pytest.mark.parametrize("approver", ["chen", "anna"])
def test_a_verdict_of_two_counts_once_its_second_person_has_approved_it(here: Installation, approver: str) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    before = opened.file.incidents[0]
    verdict = Verdict(VerificationStatus.VERIFIED, boris.person, chen.person)
    judged = replace(before, verdicts=(*before.verdicts, verdict))
    opened = cases.write(boris, opened, opened.file.with_incident(judged))

    approval = approved(boris, opened, {"chen": chen, "anna": anna}[approver])

    assert len(coding_approvals.approved(boris, opened, approval).signatures) == (1 if approver == "chen" else 0)


def test_a_coding_that_changed_since_it_was_shown_is_shown_anew_before_anything_is_signed(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)
    shown = coding_approvals.review(chen, approval)
    opened = cases.open_(boris, opened.id)
    opened = cases.write(boris, opened, replace(opened.file, summary="Later."))
    assert coding_approvals.review(chen, approval).cards == shown.cards
    changed = replace(opened.file.incidents[0], coding={**opened.file.incidents[0].coding, "severity": "limited"})
    cases.write(boris, opened, opened.file.with_incident(changed))

    with pytest.raises(RuleBroken, match="changed-since"):
        coding_approvals.review(chen, approval)
    (card,) = coding_approvals.review(chen, approval).cards

    assert card.severity == "limited"


def test_codes_of_another_vocabulary_are_not_approved(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)
    opened = cases.open_(boris, opened.id)
    [note] = opened.file.cards
    older = replace(note, revision=note.revision + 1, vocabulary="0.9.0")
    cases.write(boris, opened, replace(opened.file, cards=(older,)))

    with pytest.raises(RuleBroken, match="vocabulary"):
        coding_approvals.review(chen, approval)


def test_a_word_that_changed_elsewhere_leaves_an_approval_standing(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = approved(boris, opened, chen)

    opened = cases.open_(boris, opened.id)
    later = cases.write(boris, opened, replace(opened.file, summary="A typing error less."))

    assert len(coding_approvals.approved(boris, later, approval).signatures) == 1


def test_a_rejected_coding_is_not_approved(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)

    coding_approvals.decide(chen, coding_approvals.review(chen, approval), approved=False)

    with pytest.raises(RuleBroken, match="not-approved"):
        coding_approvals.approved(boris, opened, approval)


def test_one_junk_entry_or_answer_of_a_member_closes_the_case_to_nobody(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = accepted(here, anna, boris)
    junk = {
        kind: b64(age.encrypt(bytes(classes(kind)[0]), [age.generate().recipient]))
        for kind in (Kind.JOURNAL, Kind.MESSAGE)
    }
    person, consent = new_id("psn"), new_id("cons")
    anna.service.post(f"/cases/{opened.id}/entries", {"entries": [junk[Kind.JOURNAL]]}, version=1)
    answer = {"person": person, "consent": consent, "number": 1, "status": "given", "method": "form"}
    anna.service.post(f"/cases/{opened.id}/consents", {**answer, "file": junk[Kind.MESSAGE]})

    found = cases.read_consents(boris, cases.open_(boris, opened.id))
    with pytest.raises(RuleBroken, match="no-answer-about-service"):
        cases.move(boris, opened, cases.view(boris, opened.id), CaseStage.ASSESSMENT)
    assert cases.unfounded(cases.view(boris, opened.id), found) is None
    step = {"to": "assessment", "reason": "decided"}
    anna.service.post(f"/cases/{opened.id}/transitions", step, version=cases.view(anna, opened.id).version)
    assert cases.unfounded(cases.view(boris, opened.id), found) == "no-answer-about-service"
    cases.move(boris, opened, cases.view(boris, opened.id), CaseStage.INTAKE, reason=TransitionReason.ERROR)
    assert cases.view(boris, opened.id).stage is CaseStage.INTAKE
    after = cases.change_members(boris, cases.open_(boris, opened.id), add=[chen.person])
    seen_by_chen = cases.open_(chen, opened.id)

    assert [(each.id, each.number, each.problem) for each in found.spoiled] == [(consent, 1, "does not open")]
    assert found.newest == ()
    assert after.members == seen_by_chen.members == {anna.person, boris.person, chen.person}
    assert seen_by_chen.journal.passed_over == (2,)


def test_a_machine_goes_on_from_what_it_has_read_of_a_journal(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    of_anna = cases.open_(anna, opened.id)
    cases.write(boris, opened, replace(opened.file, summary="And on."))
    kept = {file.name: file.read_bytes() for file in anna.machine.journals.iterdir()}

    again = cases.open_(here.staff("anna"), opened.id)
    for name in kept:  # spoiled by somebody at the machine: it is read anew
        (anna.machine.journals / name).write_bytes(kept[name][:-1] + b"\0")
    anew = cases.open_(here.staff("anna"), opened.id)

    assert again.version == of_anna.version + 1
    assert (again.journal, again.file) == (anew.journal, anew.file)
    assert opened.id not in "".join(kept)


def test_a_case_is_held_past_its_month_by_two_and_by_two_no_longer(here: Installation) -> None:
    anna, boris, sara = (here.staff(name) for name in ("anna", "boris", "sara"))
    opened = accepted(here, anna, boris)
    assert act_approvals.release(boris, opened) is None

    hold = act_approvals.request(boris, opened, Hold(boris.today), anna.person)
    review = act_approvals.review(anna, hold)
    act_approvals.decide(anna, review, approved=True)
    over = act_approvals.release(anna, opened)
    assert over is not None
    with pytest.raises(RuleBroken, match="second-person"):
        act_approvals.request(boris, opened, over, sara.person)  # while there is another member
    release = act_approvals.request(anna, opened, over, boris.person)

    assert (review.act, act_approvals.review(boris, release).act) == (Hold(boris.today), over)
    with pytest.raises(RuleBroken, match="not-an-act"):
        act_approvals.request(boris, opened, Hold(boris.today + timedelta(days=1)), anna.person)
