"""What certificates and roots say of somebody on a day: their keys and roles, and what they had of both and lost."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.protocol.certificates import Tenure, Trust, certificate
from app.protocol.documents import Document, Header, signed
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.kept_pairs import Gone, KeptPair
from app.protocol.roots import list_sha256, make_root, org_of, propose_root, root_body
from app.vocabulary import Role
from tests.protocol.organisation import DAY, Person, person

DAYS = [DAY + timedelta(days=number) for number in range(8)]
LAST = date(2026, 12, 31)
CASEWORKERS, ANALYSTS, CUSTODIANS = ({role} for role in (Role.CASEWORKER, Role.ANALYST, Role.CUSTODIAN))

# The one is on every root, the other on the first alone: what the other signed counts no more, unless it is kept.
STAYS, LEAVES = person(Role.SUPERVISOR), person(Role.SUPERVISOR)
FIRST = make_root([STAYS.certified, LEAVES.certified], STAYS.signer, on=DAYS[0])
ORG = org_of(FIRST)
BOTH = Trust.pinned(FIRST, ORG)

WHO, OTHER, THIRD = person(Role.CASEWORKER), person(Role.CASEWORKER), person(Role.CASEWORKER)


def anew(whom: Person, *roles: Role) -> Person:
    """The same person with other keys."""
    return replace(person(*(roles or whom.roles)), id=whom.id)


def having(whom: Person, *roles: Role) -> Person:
    """The same person with the same keys and other roles."""
    return replace(whom, roles=frozenset(roles))


def followed(trust: Trust, *people: Person, on: date, kept: Iterable[str] = (), staff: Iterable[str] = ()) -> Trust:
    """The same with a next root, which lists these beside the one who stays."""
    listed = [each.certified for each in (STAYS, *people)]
    body = root_body(listed, k=1, papers={}, kept=kept, kept_staff=list_sha256(staff))
    return trust.followed_by(propose_root(body, after=trust.root, org=ORG, signer=STAYS.signer, on=on))


def chain(*said: tuple[Person, date] | tuple[Person, date, date], by: Iterable[Person] = ()) -> list[Document]:
    """Certificates of one person, each after the one before, from a day on and until one."""
    found = list[Document]()
    signers = [*by, *[STAYS] * len(said)]
    for (whom, since, *until), signer in zip(said, signers, strict=False):
        found.append(
            certificate(
                whom.certified,
                org=ORG,
                signer=signer.signer,
                valid_from=since,
                valid_until=until[0] if until else LAST,
                previous=found[-1] if found else None,
            )
        )
    return found


def where(*chains: list[Document], trust: Trust = BOTH) -> Trust:
    known = trust.with_certificates(each for of_person in chains for each in of_person)
    known.check_chains()
    return known


ONE = followed(BOTH, on=DAYS[4])  # from the fifth day on one supervisor is left
LISTED, THEN, AFTER = anew(WHO, Role.SUPERVISOR), anew(WHO), anew(WHO)
ENDED = having(WHO)
AS_ANALYST = having(WHO, Role.ANALYST)


def refused(trust: Trust, whom: Person, day: date, key: Person | None = None, *, on_last_day: bool = False) -> bool:
    try:
        trust.certified(whom.id, day, key=key.certified.key if key else None, on_last_day=on_last_day)
    except NotAuthentic as failure:
        return failure.reason == "uncertified"
    return False


# Roots


def test_a_root_vouches_until_the_next_is_made_and_on_that_day_for_what_was_signed_alone() -> None:
    assert [refused(ONE, LEAVES, day) for day in DAYS[2:6]] == [False, False, True, True]
    assert [refused(ONE, LEAVES, day, LEAVES) for day in DAYS[2:6]] == [False, False, False, True]


def test_a_root_vouches_from_its_own_day_on_and_the_first_for_what_was_before_too() -> None:
    later = followed(BOTH, LISTED, on=DAYS[4])

    assert BOTH.certified(STAYS.id, DAYS[0] - timedelta(days=9)) == STAYS.certified
    assert [refused(later, LISTED, day) for day in DAYS[3:5]] == [True, False]
    assert later.certified(LISTED.id, DAYS[4], key=LISTED.certified.key) == LISTED.certified


def test_what_a_certificate_said_is_not_undone_by_a_root_that_is_still_to_come() -> None:
    supervisor = anew(WHO, Role.SUPERVISOR)
    trust = where(chain((WHO, DAYS[0])), trust=followed(BOTH, supervisor, on=DAYS[4]))

    keys = [trust.certified(WHO.id, day).key for day in DAYS[3:6]]

    assert keys == [WHO.certified.key, supervisor.certified.key, supervisor.certified.key]
    assert trust.certified(WHO.id, DAYS[4], key=WHO.certified.key) == WHO.certified  # the day of the root holds both
    assert refused(trust, WHO, DAYS[5], WHO)
    assert refused(trust, WHO, DAYS[3], supervisor)


def test_a_root_that_listed_the_same_keys_ends_no_certificate_of_them() -> None:
    listed = having(WHO, Role.SUPERVISOR)
    trust = followed(followed(BOTH, listed, on=DAYS[2]), on=DAYS[4])

    assert where(chain((WHO, DAYS[0])), trust=trust).certified(WHO.id, DAYS[5]) == WHO.certified


def test_the_first_root_puts_its_keys_in_the_place_of_others_on_the_days_before_it_too() -> None:
    thief = anew(STAYS, Role.CASEWORKER)
    trust = where(chain((thief, DAYS[0] - timedelta(days=3))))

    assert refused(trust, STAYS, DAYS[0] - timedelta(days=1), thief)


def test_of_one_day_a_root_stands_above_a_certificate_that_does_not_name_its_keys_as_replaced() -> None:
    listed = followed(BOTH, LISTED, on=DAYS[2])
    trust = where(chain((THEN, DAYS[2])), trust=listed)
    gone = where(chain((THEN, DAYS[2])), trust=followed(listed, on=DAYS[4]))

    assert [(each.key, each.since) for each in trust.replaced(WHO.id)] == [(THEN.certified.key, DAYS[2])]
    assert refused(gone, WHO, DAYS[5])


def test_of_one_day_a_certificate_that_names_the_keys_of_a_root_as_replaced_stands_above_it() -> None:
    trust = followed(followed(BOTH, LISTED, on=DAYS[2]), on=DAYS[4])

    for between in ((), (AFTER,)):
        said = (having(LISTED, Role.CASEWORKER), *between, THEN)
        known = where(chain(*((each, DAYS[2]) for each in said)), trust=trust)

        assert known.certified(WHO.id, DAYS[5]) == THEN.certified
        assert {each.key for each in known.replaced(WHO.id)} == {each.certified.key for each in said[:-1]}


def test_keys_that_a_root_brought_back_are_not_replaced() -> None:
    back = having(LISTED, Role.SUPERVISOR, Role.ANALYST)
    trust = followed(BOTH, LISTED, on=DAYS[1])
    for day, listed in ((DAYS[2], anew(LISTED)), (DAYS[3], back)):
        trust = followed(trust, listed, on=day)

    assert [each.since for each in trust.replaced(WHO.id)] == [DAYS[3]]
    assert LISTED.certified.key not in {each.key for each in trust.replaced(WHO.id)}


# What supervisors signed who are no more


def test_what_nobody_on_the_newest_root_vouches_for_counts_as_far_as_that_root_keeps_it() -> None:
    [said] = chain((WHO, DAYS[0]), by=[LEAVES])
    hash_ = sha256_hex(said.text)
    kept = followed(BOTH, on=DAYS[4], staff=[hash_])

    assert where([said], trust=kept.with_kept([hash_])).certified(WHO.id, DAYS[5]) == WHO.certified
    for trust in (kept, ONE, followed(BOTH, on=DAYS[4], kept=[hash_])):
        assert refused(where([said], trust=trust), WHO, DAYS[5])
        with pytest.raises(NotAuthentic, match="uncertified"):
            where([said], trust=trust).ever_certified(WHO.id, WHO.certified.key)


@pytest.mark.parametrize("type_", ["service-key", "intake", "client"])
def test_a_root_keeps_what_is_public_by_its_hash_and_no_list_of_staff_does(type_: str) -> None:
    header = Header.new(type_, "intake", {}, org=ORG, author=LEAVES.id, at=DAY.isoformat())
    document = signed(header, LEAVES.signer)
    hash_ = sha256_hex(document.text)

    assert followed(BOTH, on=DAYS[4], kept=[hash_]).check_public(document, type_) == document
    for trust in (ONE, followed(BOTH, on=DAYS[4], staff=[hash_]).with_kept([hash_])):
        with pytest.raises(NotAuthentic, match="not-kept"):
            trust.check_public(document, type_)


def test_what_somebody_signed_too_who_is_on_no_root_any_more_counts_no_more() -> None:
    header = chain((WHO, DAYS[0]))[0].header

    assert ONE.counts(signed(header, STAYS.signer))
    assert not ONE.counts(signed(header, STAYS.signer, LEAVES.signer))


def test_what_counts_no_more_hides_what_was_before_it_for_as_long_as_it_says() -> None:
    taken = chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[1], DAYS[5]), by=[STAYS, LEAVES])
    with_keys = chain((WHO, DAYS[0]), (anew(WHO, Role.ANALYST), DAYS[1], DAYS[5]), by=[STAYS, LEAVES])

    for said in (taken, with_keys):
        trust = where(said, trust=ONE)
        assert [refused(trust, WHO, day) for day in DAYS[4:7]] == [True, True, False]
        assert trust.certified(WHO.id, DAYS[6]) == WHO.certified
        assert trust.replaced(WHO.id) == ()
        assert not trust.came_back(WHO.id, CASEWORKERS, DAYS[6])
        assert trust.tenure(WHO.id, DAYS[6]) is None
        assert trust.lost_since(WHO.id, CASEWORKERS, DAYS[5]) == DAYS[4]
    renewed = where(chain((WHO, DAYS[0]), (WHO, DAYS[1], DAYS[2]), by=[STAYS, LEAVES]), trust=ONE)
    assert renewed.tenure(WHO.id, DAYS[5]) is None


# Ends


def test_who_is_ended_vouches_for_nothing_but_on_the_last_day_for_what_others_could_not_do_without() -> None:
    trust = where(chain((WHO, DAYS[0]), (ENDED, DAYS[2]), (WHO, DAYS[3])))

    assert [refused(trust, WHO, day) for day in DAYS[1:5]] == [False, True, True, True]
    assert [refused(trust, WHO, day, WHO, on_last_day=True) for day in DAYS[1:5]] == [False, False, True, True]
    assert trust.certified(WHO.id, DAYS[2], on_last_day=True) == WHO.certified
    assert trust.is_ended(WHO.id)
    assert not where(chain((WHO, DAYS[0]))).is_ended(WHO.id)
    assert trust.lost_since(WHO.id, CASEWORKERS, DAYS[5]) == DAYS[2]


def test_a_certificate_ends_whom_no_root_ever_listed() -> None:
    said = chain((WHO, DAYS[0]), (ENDED, DAYS[2]))
    listed = chain((having(LEAVES), DAYS[5]))
    stranger = signed(replace(said[1].header, author=OTHER.id), OTHER.signer)

    assert ONE.ended_by(said[1]) == WHO.id
    for document, reason in ((said[0], "role"), (listed[0], "role"), (stranger, "uncertified")):
        with pytest.raises(NotAuthentic) as failure:
            ONE.ended_by(document)
        assert failure.value.reason == reason
    with pytest.raises(NotAuthentic, match="role"):
        ONE.ended_by(chain((ENDED, DAYS[2]), by=[LEAVES])[0])


# Keys


def test_on_the_day_of_new_keys_both_prove_what_was_signed() -> None:
    new = anew(WHO)
    trust = where(chain((WHO, DAYS[0]), (new, DAYS[2])))

    for each in (WHO, new):
        assert trust.certified(WHO.id, DAYS[2], key=each.certified.key) == each.certified
    assert trust.certified(WHO.id, DAYS[2]) == new.certified
    assert (refused(trust, WHO, DAYS[3], WHO), refused(trust, WHO, DAYS[1], new)) == (True, True)


def test_who_has_other_keys_by_a_certificate_had_those_before() -> None:
    new, newest = anew(WHO), anew(WHO)
    trust = where(chain((WHO, DAYS[0]), (new, DAYS[2]), (newest, DAYS[4])), chain((OTHER, DAYS[0])))

    assert [(each.key, each.since) for each in trust.replaced(WHO.id)] == [
        (WHO.certified.key, DAYS[2]),
        (new.certified.key, DAYS[4]),
    ]
    assert trust.had_other_keys(newest.certified)
    assert not trust.had_other_keys(OTHER.certified)
    assert trust.replaced(THIRD.id) == ()


@pytest.mark.parametrize("replaced", [5, [], {}, "", True, [5], [{"key": 5, "recipient": "", "since": "2026-06-15"}]])
def test_replaced_keys_are_a_list_of_some(replaced: object) -> None:
    [said] = chain((WHO, DAYS[0]))
    header = replace(said.header, body={**said.header.body, "replaced": replaced})

    with pytest.raises(Malformed):
        BOTH.with_certificates([signed(header, STAYS.signer)])


def test_whoever_ever_had_a_role_with_a_key_may_have_written_with_it() -> None:
    trust = where(chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[2]), (anew(WHO, Role.AUDITOR), DAYS[3])))

    assert trust.ever_certified(WHO.id, WHO.certified.key).roles == {Role.CASEWORKER, Role.ANALYST}
    assert trust.was_certified(WHO.id, WHO.certified.key, [DAY - timedelta(days=1), DAYS[1]], roles=CASEWORKERS)
    assert not trust.was_certified(WHO.id, WHO.certified.key, DAYS[2:], roles=CASEWORKERS)
    assert not trust.was_certified(WHO.id, OTHER.certified.key, DAYS, roles=CASEWORKERS)
    assert not trust.was_certified(OTHER.id, OTHER.certified.key, DAYS, roles=CASEWORKERS)


# Roles


def test_on_a_day_somebody_has_also_the_roles_that_were_taken_or_given_on_it() -> None:
    auditor = having(WHO, Role.AUDITOR)
    trust = where(chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[2], DAYS[2]), (auditor, DAYS[2])))
    ended = where(chain((WHO, DAYS[0]), (ENDED, DAYS[2])))

    roles = [trust.roles_on(WHO.id, day, key=WHO.certified.key) for day in DAYS[1:4]]

    assert roles == [CASEWORKERS, {Role.CASEWORKER, Role.ANALYST, Role.AUDITOR}, {Role.AUDITOR}]
    assert ended.roles_on(WHO.id, DAYS[2], key=WHO.certified.key) == CASEWORKERS
    for day, key in ((DAYS[3], WHO), (DAYS[2], OTHER)):
        with pytest.raises(NotAuthentic, match="uncertified"):
            ended.roles_on(WHO.id, day, key=key.certified.key)


def test_the_roles_of_a_day_are_those_of_the_key_and_of_what_counts() -> None:
    other = anew(WHO, Role.ANALYST)
    trust = where(chain((WHO, DAYS[0]), (other, DAYS[2])))
    hidden = chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[5]), (having(WHO, Role.AUDITOR), DAYS[5]))
    by_who_left = chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[5]), by=[STAYS, LEAVES])
    [_, _, last] = chain(
        (WHO, DAYS[0]), (AS_ANALYST, DAYS[5]), (having(WHO, Role.AUDITOR), DAYS[5]), by=[STAYS, LEAVES]
    )

    assert trust.roles_on(WHO.id, DAYS[2], key=WHO.certified.key) == CASEWORKERS
    assert trust.roles_on(WHO.id, DAYS[2], key=other.certified.key) == ANALYSTS
    assert where(hidden).roles_on(WHO.id, DAYS[5], key=WHO.certified.key) == {*CASEWORKERS, *ANALYSTS, Role.AUDITOR}
    counted = where([*by_who_left, last], trust=ONE)
    assert counted.roles_on(WHO.id, DAYS[5], key=WHO.certified.key) == {Role.AUDITOR}


def test_who_had_a_role_taken_and_has_it_again_came_back() -> None:
    again = where(chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[2]), (WHO, DAYS[4])), chain((OTHER, DAYS[0])))
    ended = where(chain((WHO, DAYS[0]), (ENDED, DAYS[2])))

    assert [again.came_back(WHO.id, CASEWORKERS, day) for day in DAYS[3:6]] == [False, True, True]
    assert not again.came_back(OTHER.id, CASEWORKERS, DAYS[5])
    assert not ended.came_back(WHO.id, CASEWORKERS, DAYS[5])


def test_everybody_is_who_is_certified_on_the_day() -> None:
    trust = where(chain((WHO, DAYS[0]), (ENDED, DAYS[5])), chain((OTHER, DAYS[2])), trust=ONE)

    def people(day: date) -> list[str]:
        return [each.person for each in trust.everybody(day)]

    assert people(DAYS[4]) == sorted([WHO.id, OTHER.id, STAYS.id])
    assert (people(DAYS[1]), people(DAYS[5])) == (sorted([WHO.id, STAYS.id]), sorted([OTHER.id, STAYS.id]))


def test_the_certificates_of_each_person_are_a_chain() -> None:
    own, others = chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[2])), chain((OTHER, DAYS[0]))

    assert where(own[::-1], others).chains == {
        WHO.id: [each.public_link for each in own],
        OTHER.id: [each.public_link for each in others],
    }


# Tenure


def test_a_certificate_that_holds_says_until_when() -> None:
    trust = where(
        chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[2], DAYS[4])), chain((STAYS, DAYS[0])), chain((OTHER, DAYS[5]))
    )

    assert [trust.tenure(WHO.id, day) for day in DAYS[1:6]] == [
        None,
        *[Tenure(AS_ANALYST.certified, DAYS[2], DAYS[4])] * 3,
        None,
    ]
    assert (trust.tenure(STAYS.id, DAYS[3]), trust.tenure(THIRD.id, DAYS[3])) == (None, None)
    renewed = where(chain((WHO, DAYS[0]), (WHO, DAYS[5])))
    assert [renewed.tenure(WHO.id, day) for day in DAYS[4:6]] == [None, Tenure(WHO.certified, DAYS[5], LAST)]


def test_who_was_vouched_for_last_has_the_keys_of_the_newest_certificate_or_of_the_last_root() -> None:
    trust = followed(followed(BOTH, LISTED, on=DAYS[1]), anew(LISTED), on=DAYS[2])
    latest = trust.supervisors[WHO.id]
    trust = followed(trust, on=DAYS[3])

    assert trust.last_vouched(WHO.id) == latest
    assert where(chain((OTHER, DAYS[0]), (having(OTHER), DAYS[2]))).last_vouched(OTHER.id) == having(OTHER).certified
    assert where(chain((WHO, DAYS[0])), trust=trust).last_vouched(WHO.id) == WHO.certified
    with pytest.raises(NotAuthentic) as failure:
        trust.last_vouched(OTHER.id)
    assert failure.value.reason == "uncertified"


def test_a_certificate_is_new_by_a_supervisor_of_the_newest_root_and_on_its_days() -> None:
    [own] = chain((WHO, DAYS[1], DAYS[3]))
    [of_who_left] = chain((WHO, DAYS[1], DAYS[3]), by=[LEAVES])

    for day in (DAYS[1], DAYS[3]):
        assert ONE.newly_certified(own, day) == WHO.certified
    for day in (DAYS[0], DAYS[4]):
        with pytest.raises(NotAuthentic) as failure:
            ONE.newly_certified(own, day)
        assert failure.value.reason == "uncertified"
    with pytest.raises(NotAuthentic, match="signer"):
        ONE.newly_certified(of_who_left, DAYS[2])


# What is lost


def test_a_role_is_lost_since_the_day_from_which_nobody_vouches_for_it() -> None:
    taken, more = [(WHO, DAYS[0]), (AS_ANALYST, DAYS[2])], (having(WHO, Role.AUDITOR), DAYS[6])
    ways = {
        "never had": chain((AS_ANALYST, DAYS[0])),
        "had": chain((WHO, DAYS[0]), (WHO, DAYS[2])),
        "taken": chain(*taken),
        "another taken later": chain(*taken, more),
        "taken today": chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[5])),
        "run out": chain((WHO, DAYS[0], DAYS[3])),
        "taken until today": chain((WHO, DAYS[0], DAYS[3]), (AS_ANALYST, DAYS[2], DAYS[5])),
        "with other keys": chain((WHO, DAYS[0]), (anew(WHO, Role.ANALYST), DAYS[2])),
    }

    since = {
        name: where(said, chain((OTHER, DAYS[0]))).lost_since(WHO.id, CASEWORKERS, DAYS[5])
        for name, said in ways.items()
    }

    assert since == {
        "never had": None,
        "had": None,
        "taken": DAYS[2],
        "another taken later": DAYS[2],
        "taken today": DAYS[5],
        "run out": DAYS[4],
        "taken until today": DAYS[2],
        "with other keys": DAYS[2],
    }
    assert ONE.lost_since(LEAVES.id, {Role.SUPERVISOR}, DAYS[5]) == DAYS[4]


def test_who_has_other_keys_lost_those_before_on_the_last_day_that_has_come() -> None:
    trust = where(chain((WHO, DAYS[0]), (anew(WHO), DAYS[2]), (anew(WHO), DAYS[4]), (anew(WHO), DAYS[6])))

    assert [trust.lost_since(WHO.id, CASEWORKERS, day) for day in DAYS[1:7]] == [
        None,
        DAYS[2],
        DAYS[2],
        DAYS[4],
        DAYS[4],
        DAYS[6],
    ]


LOSERS = where(
    chain((WHO, DAYS[0]), (AS_ANALYST, DAYS[4])),
    chain((OTHER, DAYS[0]), (having(OTHER), DAYS[2])),
    chain((THIRD, DAYS[0])),
)


def test_what_was_made_before_anybody_lost_a_role_may_be_known() -> None:
    assert LOSERS.losses(CASEWORKERS, DAYS[5]) == [DAYS[2], DAYS[4]]
    assert [LOSERS.has_lost(CASEWORKERS, since=day, today=DAYS[5]) for day in DAYS[1:6]] == [True] * 4 + [False]
    assert LOSERS.has_lost(CASEWORKERS, since=DAYS[2], today=DAYS[2])
    assert [LOSERS.may_be_known(CASEWORKERS, day, DAYS[5]) for day in DAYS[1:5]] == [True, True, True, False]
    assert not LOSERS.may_be_known({Role.AUDITOR}, DAYS[1], DAYS[5])


def test_two_who_were_custodians_together_may_have_kept_what_both_had() -> None:
    one, two, three, four = sorted((person(Role.CUSTODIAN) for _ in range(4)), key=lambda each: each.id)
    early = having(two, Role.CASEWORKER)
    trust = where(
        chain((one, DAYS[0]), (one, DAYS[2]), (having(one), DAYS[3])),
        chain((early, DAYS[0]), (two, DAYS[1]), (having(two), DAYS[4])),
        chain((three, DAYS[0]), (having(three), DAYS[5])),
        chain((four, DAYS[0])),
        chain((WHO, DAYS[0]), (ENDED, DAYS[3])),
    )

    first, second, third = (
        KeptPair(one.id, two.id, DAYS[1], DAYS[3], DAYS[4]),
        KeptPair(one.id, three.id, DAYS[0], DAYS[3], DAYS[5]),
        KeptPair(two.id, three.id, DAYS[1], DAYS[4], DAYS[5]),
    )
    assert trust.kept_pairs(DAYS[5]) == [first, second, third]
    assert trust.kept_pairs(DAYS[3]) == []
    assert trust.gone(two.id, CUSTODIANS, DAYS[5]) == Gone(DAYS[4], (first, third))
    assert trust.gone(four.id, CUSTODIANS, DAYS[5]) == Gone(None, ())
    assert [trust.may_be_known({Role.AUDITOR}, day, DAYS[5]) for day in DAYS[2:6]] == [True, True, True, False]
    assert not trust.may_be_known({Role.AUDITOR}, DAYS[2], DAYS[3])


def test_who_is_a_custodian_by_what_counts_no_more_kept_nothing_then() -> None:
    one, two = sorted((person(Role.CUSTODIAN) for _ in range(2)), key=lambda each: each.id)
    trust = where(
        chain((one, DAYS[0]), (one, DAYS[2]), (having(one), DAYS[5]), by=[LEAVES]),
        chain((two, DAYS[0]), (having(two), DAYS[6])),
        trust=ONE,
    )

    assert trust.kept_pairs(DAYS[6]) == [KeptPair(one.id, two.id, DAYS[2], DAYS[5], DAYS[6])]
