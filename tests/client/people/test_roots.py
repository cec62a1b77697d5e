"""A root is followed by others: who may then do what, what is kept of those who go, and what a machine refuses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.client import Reporter, Staff
from app.client.casework import leaving
from app.client.intake import epochs
from app.client.machine.staff import WordsDiffer, WordsNotCompared
from app.client.machine.transport import Refused
from app.client.people import colleagues, new_keys, roots, shared_keys, sign_in
from app.client.people.colleagues import FingerprintDiffers, KeysOfAnother
from app.client.people.roots import NoProposal, NoSuchPaper, Proposal, SignedAnother, TooFewKeys
from app.protocol.certificates import certificate
from app.protocol.chain import Mark
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.roots import Paper, Pin, propose_root
from app.protocol.statements import KeyKind
from app.vocabulary import Role
from tests.client.installation import PAPERS, PASSPHRASE, Installation, installation
from tests.strength import WORK_FACTOR

FIRST, SPARE = PAPERS
NEW_PASSWORD = "a new password of a test"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def propose(at: Staff, **next_: Any) -> Proposal:
    """What `draft_next` makes of it, shown to all."""
    return roots.propose(at, roots.draft_next(at, **next_))


def sign(at: Staff, proposed: Proposal, *, paper: Paper | None = None) -> Proposal:
    """After every word was compared."""
    newcomers = {each.person: each.fingerprint for each in proposed.newcomers}
    return roots.sign(at, proposed, words=proposed.root.words, newcomers=newcomers, paper=paper)


def promote(here: Installation, handle: str = "boris") -> tuple[Staff, Staff]:
    """A second supervisor in the place of a paper: two of three."""
    sara, second = here.staff("sara"), here.staff(handle)
    words = colleagues.fingerprint(second)
    proposed = propose(sara, add={second.person: words}, drop=[SPARE.id])
    assert sign(sara, proposed, paper=FIRST).lacks == 0
    second.forget()
    return sara, second


def leaves(here: Installation, staying: Staff, gone: Staff, **more: object) -> None:
    """The third of these takes the place of who goes."""
    chen = here.staff("chen")
    drop = [gone.person]
    proposed = propose(staying, add={chen.person: colleagues.fingerprint(chen)}, drop=drop, **more)
    assert sign(staying, proposed, paper=FIRST).lacks == 0
    for each in (staying, gone):
        each.forget()


def test_a_second_supervisor_certifies_and_opens_an_epoch_once_the_root_lists_them(here: Installation) -> None:
    _, boris = promote(here)
    emil = here.staff("emil")

    colleagues.certify(boris, emil.person, colleagues.fingerprint(emil), {Role.TRIAGER, Role.CASEWORKER})
    (epoch,) = epochs.rotate(boris)

    assert here.staff("anna").certified(emil.person).roles == {Role.TRIAGER, Role.CASEWORKER}
    assert here.reporter().intake().epoch == epoch
    assert boris.certified(boris.person).roles == {Role.CASEWORKER, Role.SUPERVISOR}


def test_a_root_counts_with_the_last_signature_that_it_lacks_and_not_before(here: Installation) -> None:
    sara, boris = here.staff("sara"), here.staff("boris")
    proposed = propose(sara, add={boris.person: colleagues.fingerprint(boris)})

    assert Role.SUPERVISOR not in boris.certified(boris.person).roles
    assert (proposed.lacks, [each.id for each in roots.proposals(boris)]) == (1, [proposed.id])
    # One signature serves both roots: the newcomer's is none of the root before.
    assert sign(boris, roots.proposal(boris)).lacks == 1
    assert sign(sara, roots.proposal(sara), paper=SPARE).lacks == 0
    assert roots.proposals(sara) == []
    assert sara.log.trust.root.mark == proposed.root.mark


def test_two_papers_are_enough_where_no_supervisor_is_left(here: Installation) -> None:
    """The founder and her machine are gone: a caseworker proposes with one paper, and the other signs."""
    sara, boris = here.staff("sara"), here.staff("boris")
    words = colleagues.fingerprint(boris)

    proposed = propose(boris, signer=FIRST.signer, add={boris.person: words}, drop=[sara.person])
    sign(boris, proposed, paper=SPARE)

    boris.forget()
    assert set(boris.log.trust.supervisors) == {boris.person}
    assert epochs.rotate(boris)[0] == here.reporter().intake().epoch
    with pytest.raises(Refused) as refused:
        colleagues.invite(sara, {Role.TRIAGER})
    assert refused.value.status == 401


def test_whom_a_root_lists_no_more_has_no_session_and_no_key_by_it_and_leaves_in_the_end(here: Installation) -> None:
    sara, boris = promote(here)
    held = set(leaving.holdings(boris, sara.person).shared)

    leaves(here, boris, sara)

    with pytest.raises(Refused) as refused:
        sara.service.get("/duties")
    left = leaving.holdings(boris, sara.person)
    assert refused.value.status == 401
    assert {each.partition("_")[0] for each in held} >= {"key"}
    assert left.shared == ()
    turned = leaving.leave(boris, sara.person)
    assert (turned.failed, len(turned.keys)) == ((), 3)
    assert leaving.leave(boris, sara.person).keys == ()


def test_what_who_left_has_signed_goes_on_counting_where_the_root_keeps_it(here: Installation) -> None:
    sara, boris = promote(here)
    before = here.reporter().intake()
    key = shared_keys.newest_key(boris, KeyKind.CARD_WRITING)

    leaves(here, boris, sara)

    anna = here.staff("anna")
    assert here.reporter().intake().epoch == before.epoch
    assert anna.certified(anna.person).roles == {Role.TRIAGER, Role.CASEWORKER}
    assert shared_keys.newest_key(anna, KeyKind.CARD_WRITING) == key
    with pytest.raises(NotAuthentic, match="uncertified"):
        anna.certified(sara.person)
    with pytest.raises(Refused, match="needs a valid session"):
        epochs.rotate(sara)
    # Whoever stays goes on from the chain that who left began.
    assert here.reporter().intake().epoch != epochs.rotate(here.staff("chen"))[0]


def test_who_goes_for_cause_leaves_only_those_certified_whose_words_were_compared_again(here: Installation) -> None:
    sara, boris = promote(here)
    anna, emil = here.staff("anna"), here.staff("emil")

    leaves(here, boris, sara, without={anna.person: colleagues.fingerprint(anna)})

    assert boris.certified(anna.person).roles == {Role.TRIAGER, Role.CASEWORKER}
    with pytest.raises(NotAuthentic, match="uncertified"):
        boris.certified(emil.person)
    with pytest.raises(Refused, match="None of your roles"):  # the service holds to it too
        emil.epoch_key(boris.log.intakes[-1].header.body["epoch"]["id"])
    colleagues.certify(boris, emil.person, colleagues.fingerprint(emil), {Role.TRIAGER})
    assert boris.certified(emil.person).roles == {Role.TRIAGER}


def test_what_was_taken_from_somebody_stays_taken_whoever_goes_and_who_went_takes_nothing_more(
    here: Installation,
) -> None:
    sara, boris = promote(here)
    anna, emil = here.staff("anna"), here.staff("emil")
    colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), [])
    taken = sara.trust.last_certificate(emil.person)

    leaves(here, boris, sara, without={})

    later = certificate(
        replace(boris.certified(boris.person), person=anna.person, roles=frozenset()),
        org=sara.org,
        signer=sara.signer,
        valid_from=sara.today,
        valid_until=sara.today,
    )
    assert taken is not None
    assert boris.trust.ended_by(taken) == emil.person
    with pytest.raises(NotAuthentic, match="role"):
        boris.trust.ended_by(later)


def test_a_pin_is_handed_on_with_the_newest_root(here: Installation) -> None:
    sara, _ = promote(here)

    pin = Pin.read(str(sara.pin))

    assert (pin.org, pin.root) == (here.pin, sara.log.trust.root.mark)
    with Reporter(here.server, str(pin), clock=here.now) as reporter:
        assert reporter.intake().epoch == here.reporter().intake().epoch
    ahead = Reporter(here.server, str(Pin(pin.org, Mark(3, "0" * 64))), clock=here.now)
    with ahead, pytest.raises(Rollback, match="root"):
        ahead.intake()


def test_another_root_of_a_number_that_was_seen_is_refused_until_people_have_compared_its_words(
    here: Installation,
) -> None:
    sara, _ = promote(here)
    anna = here.unlock("anna")
    words = sara.log.trust.root.words
    anna.seen.record("root", here.pin, Mark(2, "0" * 64))

    with pytest.raises(NotAuthentic, match="root-fork"):
        _ = anna.log
    with pytest.raises(WordsDiffer):
        anna.trust_root(colleagues.fingerprint(sara))
    anna.trust_root(words)

    assert anna.log.trust.root.words == words


def test_no_words_lead_a_machine_behind_the_root_that_was_handed_on_with_its_pin(here: Installation) -> None:
    words, machine = here.staff("sara").log.trust.root.words, here.staff("anna").machine
    handed_on = f"{here.pin}.2.{'b' * 64}"
    machine.pin_to(handed_on)

    with pytest.raises(Rollback, match="root"):
        here.unlock("anna").trust_root(words)

    assert machine.about.pin == handed_on


def test_roots_that_end_before_one_that_was_seen_are_refused(here: Installation) -> None:
    anna = here.staff("anna")
    anna.seen.record("root", here.pin, Mark(2, "0" * 64))
    anna.forget()

    with pytest.raises(Rollback, match="root"):
        _ = anna.log


def test_nobody_signs_a_root_whose_words_or_whose_newcomers_they_did_not_compare(here: Installation) -> None:
    sara, boris = here.staff("sara"), here.staff("boris")
    with pytest.raises(FingerprintDiffers):
        propose(sara, add={boris.person: colleagues.fingerprint(sara)})
    proposed = propose(sara, add={boris.person: colleagues.fingerprint(boris)})
    right = {boris.person: colleagues.fingerprint(boris)}

    with pytest.raises(WordsDiffer):
        roots.sign(sara, proposed, words=sara.log.trust.root.words, newcomers=right, paper=FIRST)
    with pytest.raises(WordsDiffer):
        roots.sign(sara, proposed, words=proposed.root.words, newcomers={}, paper=FIRST)

    assert roots.proposal(sara).lacks == 1


def test_a_key_signs_one_root_of_a_version_unless_its_person_says_that_the_other_was_given_up(
    here: Installation,
) -> None:
    sara, boris = here.staff("sara"), here.staff("boris")
    words = colleagues.fingerprint(boris)
    first = propose(sara, add={boris.person: words})
    with pytest.raises(SignedAnother):
        propose(sara, add={boris.person: words}, drop=[SPARE.id])
    assert roots.proposal(sara).id == first.id
    drafted = roots.draft_next(sara, add={boris.person: words}, drop=[SPARE.id])
    second = roots.propose(sara, drafted, instead=True)

    with pytest.raises(SignedAnother):
        sign(sara, first)
    assert sign(sara, second).lacks == 1  # what it signed last, as often as it likes
    assert sign(sara, second, paper=FIRST).lacks == 0


def test_nobody_signs_a_root_that_keeps_what_nobody_who_goes_has_signed(here: Installation) -> None:
    sara, boris = promote(here)
    kept = sara.log.intakes[-1]
    said = {**sara.log.trust.root.document.header.body, "kept": ["0" * 64]}
    document = propose_root(said, after=sara.log.trust.root, org=sara.org, signer=sara.signer, on=sara.today)
    boris.service.post("/root-proposals", {"document": document.text.decode(), "kept": []})

    with pytest.raises(NotAuthentic, match="kept"):
        sign(boris, roots.proposal(boris))
    assert kept == sara.log.intakes[-1]


def test_a_proposal_that_has_waited_for_a_month_is_signed_by_nobody(here: Installation) -> None:
    sara, boris = here.staff("sara"), here.staff("boris")
    proposed = propose(sara, add={boris.person: colleagues.fingerprint(boris)})
    late = replace(
        proposed,
        root=replace(
            proposed.root,
            document=replace(proposed.root.document, header=replace(proposed.root.document.header, at="2026-05-01")),
        ),
    )

    with pytest.raises(NotAuthentic, match="at"):
        sign(sara, late, paper=FIRST)


def test_a_root_after_which_the_next_loss_would_be_the_last_takes_telling_twice(here: Installation) -> None:
    sara = here.staff("sara")

    with pytest.raises(TooFewKeys):
        roots.draft(sara, papers=[])
    with pytest.raises(TooFewKeys):  # two of two
        propose(sara, drop=[SPARE.id])
    with pytest.raises(TooFewKeys):
        propose(sara, drop=[FIRST.id, SPARE.id], k=1)
    alone = propose(sara, drop=[FIRST.id, SPARE.id], k=1, alone=True)

    assert (alone.root.spare, alone.removed) == (0, sorted([FIRST.id, SPARE.id]))


def test_a_lost_paper_is_replaced_by_another(here: Installation) -> None:
    sara, paper = here.staff("sara"), roots.new_paper()

    proposed = propose(sara, drop=[SPARE.id], papers=[paper])
    sign(sara, proposed, paper=FIRST)

    sara.forget()
    assert set(sara.log.trust.root.papers) == {FIRST.id, paper.id}
    assert roots.paper_of(paper.words.upper(), sara.log.trust.root) == paper
    for words in (SPARE.words, "abandon " * 12, "no words"):
        with pytest.raises(NoSuchPaper):
            roots.paper_of(words, sara.log.trust.root)


def test_nobody_proposes_who_holds_no_key_of_the_root(here: Installation) -> None:
    sara, emil = here.staff("sara"), here.staff("emil")

    with pytest.raises(Refused, match="None of your roles"):
        propose(emil, add={emil.person: colleagues.fingerprint(emil)}, drop=[sara.person])
    with pytest.raises(NoProposal):
        roots.proposal(sara)


def test_a_person_with_other_keys_than_a_root_lists_them_with_is_not_certified(here: Installation) -> None:
    sara, boris = promote(here)
    boris.seen.replace("fingerprint", sara.person, Mark(1, "0" * 64))

    with pytest.raises(KeysOfAnother):
        colleagues.compared(boris, sara.person, colleagues.fingerprint(sara), {Role.SUPERVISOR})


def test_whom_the_root_does_not_list_nobody_drops(here: Installation) -> None:
    """A slip in an id would else propose a root that drops nobody."""
    sara = here.staff("sara")

    with pytest.raises(Malformed, match="lists no"):
        propose(sara, drop=[here.staff("boris").person])


def test_a_root_of_no_form_is_not_proposed(here: Installation) -> None:
    with pytest.raises(Malformed):
        propose(here.staff("sara"), k=1)  # a paper would sign alone


def test_a_supervisors_new_keys_are_theirs_by_the_root_that_lists_them_and_the_old_ones_nobodys(
    here: Installation, tmp_path: Path
) -> None:
    """One act: nobody is off the root meanwhile, and nothing that the lost machine signs later counts."""
    sara, boris = promote(here)
    emil = here.staff("emil")
    machine = new_keys.bring(
        tmp_path / "anew",
        here.server,
        token=new_keys.issue_token(boris, sara.person),
        handle="sara",
        password=NEW_PASSWORD,
        passphrase=PASSPHRASE,
        pin=str(boris.pin),
        work_factor=WORK_FACTOR,
    )
    here.pass_(timedelta(days=20))  # whoever must sign was not there
    with Staff(machine.directory, PASSPHRASE, clock=here.now) as anew:
        boris = here.staff("boris")
        proposed = propose(boris, renew={sara.person: colleagues.fingerprint(anew)})
        assert (proposed.added, proposed.removed, proposed.renewed) == ([], [], [sara.person])
        with pytest.raises(WordsDiffer):
            roots.sign(boris, proposed, words=proposed.root.words, newcomers={}, paper=FIRST)
        assert sign(boris, proposed, paper=FIRST).lacks == 0
        sign_in.sign_in(anew, NEW_PASSWORD)

        tomorrow, old = anew.today + timedelta(days=1), sara.signer.public_key
        trust = anew.trust
        assert trust.certified(anew.person, anew.today).key == anew.signer.public_key
        assert [each.key for each in trust.replaced(anew.person)] == [old]
        with pytest.raises(NotAuthentic, match="uncertified"):
            trust.certified(anew.person, tomorrow, key=old)
        with pytest.raises(Refused, match="session"):
            sara.service.get("/duties")
        assert trust.certified(emil.person, tomorrow).roles == {Role.TRIAGER}  # the root keeps what she signed
        assert anew.log.service_key is not None
        colleagues.certify(anew, emil.person, colleagues.fingerprint(emil), {Role.TRIAGER, Role.CASEWORKER})
        with pytest.raises(WordsNotCompared):
            shared_keys.share(here.staff("anna"), KeyKind.CARD_WRITING, anew.person)


def test_whoever_is_no_supervisor_of_the_root_gets_no_keys_by_it_that_did_not_wait(here: Installation) -> None:
    sara, boris = here.staff("sara"), here.staff("boris")

    with pytest.raises(Malformed, match="no supervisor"):
        propose(sara, renew={boris.person: colleagues.fingerprint(boris)})
    with pytest.raises(Refused, match="nothing here"):
        propose(sara, renew={sara.person: colleagues.fingerprint(boris)})
