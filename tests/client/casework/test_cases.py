"""Cases and their approvals against a real service."""

from dataclasses import replace
from typing import Any

import pytest

from app import age
from app.client.casework import approvals, cases, coding_approvals, triage
from app.client.casework.cases import OpenCase, members
from app.client.machine import sealed
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.case import Assertion, CaseFile, Incident, RuleBroken, Verdict, check_successor
from app.protocol.encoding import b64, new_id
from app.protocol.errors import NotAuthentic
from app.protocol.sizes import Kind, classes
from app.vocabulary import (
    ApprovalState,
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


def test_each_version_follows_from_the_one_before(here: Installation) -> None:
    boris = here.staff("boris")
    opened = accepted(here, here.staff("anna"), boris)

    written = cases.write(boris, opened, replace(opened.file, summary="More."))
    again = cases.open_(boris, opened.id)
    earlier, sha256 = cases.open_version(boris, again, 1)

    assert (again.version, again.file.summary, again.sha256) == (2, "More.", written.sha256)
    assert (earlier, sha256) == (opened.file, opened.sha256)


def test_the_slower_of_two_writers_opens_the_case_again(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = accepted(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    cases.write(boris, of_boris, replace(of_boris.file, summary="first"))

    with pytest.raises(Refused) as refusal:
        cases.write(anna, of_anna, replace(of_anna.file, summary="second"))

    assert refusal.value.type == "stale-version"


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
    put_out(boris, opened, anna, agreed_by=chen)

    found = cases.open_(chen, opened.id)
    assert found.members == {boris.person, chen.person}
    assert (found.member_list.owner, found.member_list.passed_over) == (boris.person, ())


def put_out(by: Staff, case: OpenCase, person: Staff, *, agreed_by: Staff) -> None:
    """Two members put somebody out. The case is as `by` has opened it, but for its list."""
    if agreed_by.person not in case.members:
        cases.change_members(by, case, add=[agreed_by.person])
    key, member_list = members.open_list(agreed_by, case.id)
    cases.change_members(agreed_by, replace(case, key=key, member_list=member_list), agree=[person.person])
    _, member_list = members.open_list(by, case.id)
    cases.change_members(by, replace(case, member_list=member_list), remove=[person.person])


def test_who_wrote_last_is_removed_by_a_colleague(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)

    with pytest.raises(RuleBroken, match="last-author"):
        cases.change_members(anna, cases.open_(anna, opened.id), remove=[anna.person])
    put_out(boris, opened, anna, agreed_by=here.staff("chen"))

    assert cases.open_(here.staff("boris"), opened.id).file == opened.file


def test_a_file_that_is_no_version_of_the_case_closes_it_to_nobody(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    written = cases.write(boris, opened, replace(opened.file, summary="What counts."))
    spoil(anna, written)

    found = cases.open_(boris, opened.id)
    assert (found.version, found.sha256, found.passed_over) == (2, written.sha256, (3,))
    assert found.file.summary == "What counts."
    again = cases.open_(here.staff("boris"), opened.id)
    assert (again.mark, again.last, again.file) == (found.mark, found.last, found.file)
    cases.write(boris, found, replace(found.file, summary="And on."))
    theirs = cases.open_(here.staff("anna"), opened.id)

    assert (theirs.version, theirs.passed_over, theirs.file.summary) == (4, (3,), "And on.")


def test_whoever_spoils_a_case_is_removed_though_they_do_it_again(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])
    spoil(anna, opened)
    found = cases.open_(boris, opened.id)
    written = cases.write(boris, found, found.file)
    spoil(anna, written)

    put_out(boris, written, anna, agreed_by=chen)

    theirs = cases.open_(chen, opened.id)
    assert (theirs.file, theirs.passed_over, theirs.author) == (opened.file, (2, 4), boris.person)


def test_what_somebody_wrote_while_they_were_removed_is_not_lost(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    before = cases.write(boris, opened, opened.file)
    cases.write(anna, cases.open_(anna, opened.id), replace(opened.file, summary="In time."))
    put_out(boris, before, anna, agreed_by=here.staff("chen"))

    with pytest.raises(NotAuthentic, match="not-a-writer"):
        cases.open_(boris, opened.id)
    restored = cases.restore(boris, opened.id)

    assert (restored.file.summary, restored.author) == ("In time.", boris.person)
    assert cases.open_(here.staff("boris"), opened.id).file == restored.file


def spoil(member: Staff, opened: OpenCase) -> None:
    """A member stores what nobody can open as the next version, which the service cannot tell from a document."""
    junk = age.encrypt(bytes(64 * 1024), [age.generate().recipient])
    member.service.put(f"/cases/{opened.id}/document", {"document": b64(junk)}, version=opened.version)


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

    assert coding_approvals.approved_file(boris, opened, approval) == opened.file


def test_an_approver_keeps_no_key(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approved(boris, opened, chen)

    with pytest.raises((Refused, NotGranted)):
        cases.open_(here.staff("chen"), opened.id)


def test_a_coder_does_not_approve_their_own_coding(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    later = cases.write(anna, cases.open_(anna, opened.id), replace(opened.file, summary="Read by Anna."))

    approval = coding_approvals.request(anna, later, boris.person)

    with pytest.raises(RuleBroken, match="own-coding"):
        coding_approvals.decide(boris, coding_approvals.review(boris, approval), approved=True)


def unsaid(incident: Incident, colleague: str) -> list[tuple[Incident, str]]:
    """What a member may not write, each with its rule."""
    verdict = Verdict(VerificationStatus.VERIFIED, colleague, incident.coder)
    return [
        (replace(incident, assertions=()), "assertions-changed"),
        (replace(incident, verdicts=()), "verdicts-changed"),
        (replace(incident, verdicts=(*incident.verdicts, verdict)), "verdict-of-another"),
        (replace(incident, coding={**incident.coding, "severity": "limited"}), "coder"),
        (replace(incident, coder=colleague), "coder"),
    ]


@pytest.mark.parametrize("number", range(5))
def test_no_client_believes_a_version_that_unsays_another(here: Installation, number: int) -> None:
    """Anna's client is a changed one. Boris knows the version before, and Chen, who is to approve, has seen none."""
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    denied = Assertion(by="the embassy", text="It was not us.", basis="denied")
    told = replace(opened.file.incidents[0], assertions=(denied,))
    opened = cases.write(boris, opened, opened.file.with_incident(told))
    broken, rule = unsaid(told, chen.person)[number]
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_successor(opened.file, opened.file.with_incident(broken), author=anna.person)
    theirs = write_past_the_rules(anna, opened, opened.file.with_incident(broken))
    theirs = write_past_the_rules(anna, theirs, replace(theirs.file, summary="And on from there."))
    approval = coding_approvals.request(anna, theirs, chen.person)

    found = cases.open_(boris, opened.id)
    with pytest.raises(RuleBroken, match=r"^changed-since$"):  # the case as it counts is not what was asked about
        coding_approvals.review(chen, approval)

    assert found.file == opened.file
    assert found.passed_over == (4, 5)


def write_past_the_rules(author: Staff, opened: OpenCase, file: CaseFile) -> OpenCase:
    """The next version as somebody with a client of their own seals it."""
    document = sealed.write(author, opened.key, "case", file.body(), after=opened.mark)
    author.service.put(f"/cases/{opened.id}/document", {"document": document.file}, version=opened.version)
    return replace(opened, mark=document.mark, file=file)


@pytest.mark.parametrize("approver", ["chen", "anna"])
def test_a_verdict_of_two_counts_once_its_second_person_has_approved_it(here: Installation, approver: str) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    before = opened.file.incidents[0]
    verdict = Verdict(VerificationStatus.VERIFIED, boris.person, chen.person)
    judged = replace(before, verdicts=(*before.verdicts, verdict))
    opened = cases.write(boris, opened, opened.file.with_incident(judged))

    approval = approved(boris, opened, {"chen": chen, "anna": anna}[approver])

    assert coding_approvals.approved_file(boris, opened, approval).incidents == (
        (judged,) if approver == "chen" else ()
    )


def test_a_coding_that_changed_since_is_not_what_was_asked_about(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)
    cases.write(boris, opened, replace(opened.file, summary="Later."))

    with pytest.raises(RuleBroken, match="changed-since"):
        coding_approvals.review(chen, approval)


def test_a_rejected_coding_is_not_approved(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    opened = coded(here, here.staff("anna"), boris)
    approval = coding_approvals.request(boris, opened, chen.person)

    coding_approvals.decide(chen, coding_approvals.review(chen, approval), approved=False)

    with pytest.raises(RuleBroken, match="not-approved"):
        coding_approvals.approved_file(boris, opened, approval)


def test_one_junk_statement_or_answer_of_a_member_closes_the_case_to_nobody(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = accepted(here, anna, boris)
    junk = {
        kind: b64(age.encrypt(bytes(classes(kind)[0]), [age.generate().recipient]))
        for kind in (Kind.CASE, Kind.MESSAGE)
    }
    person, consent = new_id("psn"), new_id("cons")
    anna.service.post(f"/cases/{opened.id}/members", {"statement": junk[Kind.CASE]}, version=1)
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
    assert seen_by_chen.member_list.passed_over == (2,)
