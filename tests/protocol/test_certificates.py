"""Who is who, from the pin to a person's keys."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app import age
from app.protocol.certificates import Trust, certificate
from app.protocol.certified import are_words, entropy_of, fingerprint, words_of
from app.protocol.documents import Document, Signatures, parse_document, signed
from app.protocol.encoding import b64, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.roots import make_root, org_of, propose_root, root_body
from app.vocabulary import Role
from tests.protocol.organisation import (
    CASEWORKER,
    COLLEAGUE,
    DAY,
    HOUR,
    ORG,
    ROOT,
    STRANGER,
    SUPERVISOR,
    TRUST,
    Person,
    case_header,
    certify,
    person,
)


def test_the_pin_is_the_hash_of_the_roots_first_line() -> None:
    assert sha256_hex(ROOT.text.split(b"\n")[0]) == ORG
    assert Trust.pinned(parse_document(ROOT.text), ORG).supervisors == {SUPERVISOR.id: SUPERVISOR.certified}


def test_another_root_is_refused() -> None:
    other = make_root([STRANGER.certified], STRANGER.signer, on=DAY)

    with pytest.raises(NotAuthentic, match="pin"):
        Trust.pinned(other, ORG)


def test_a_root_that_its_supervisors_did_not_sign_is_refused() -> None:
    stolen = Document(ROOT.line, ROOT.header, Signatures((STRANGER.signer.sign("root", ROOT.line),)))

    with pytest.raises(NotAuthentic, match="root-signature"):
        Trust.pinned(stolen, ORG)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"k": 2, "supervisors": [{}]},
        {"k": 1, "supervisors": []},
        {"k": 1, "supervisors": [[]]},
        {**ROOT.header.body, "more": 1},
        {"k": 1, "supervisors": ROOT.header.body["supervisors"] * 2},
        {"k": 1, "supervisors": [{**ROOT.header.body["supervisors"][0], "roles": ["caseworker"]}]},
        {"k": 1, "supervisors": [{**ROOT.header.body["supervisors"][0], "roles": ["supervisor", "king"]}]},
        {"k": 1, "supervisors": [{**ROOT.header.body["supervisors"][0], "roles": [[]]}]},
        {"k": 1, "supervisors": [{**ROOT.header.body["supervisors"][0], "key": b64(bytes(31))}]},
        {"k": 1, "supervisors": [{**ROOT.header.body["supervisors"][0], "recipient": "age1"}]},
        {"k": 1, "supervisors": [{**ROOT.header.body["supervisors"][0], "id": "supervisor"}]},
    ],
)
def test_a_root_of_another_form_is_refused(body: dict[str, object]) -> None:
    root = signed(replace(ROOT.header, body=body), SUPERVISOR.signer)

    with pytest.raises(Malformed):
        Trust.pinned(root, org_of(root))


def test_a_certified_person_is_known_on_the_days_of_the_certificate() -> None:
    trust = Trust.pinned(ROOT, ORG).with_certificates([certify(CASEWORKER, valid_until=DAY + timedelta(days=1))])

    for day in (DAY, DAY + timedelta(days=1)):
        assert trust.certified(CASEWORKER.id, day) == CASEWORKER.certified
    for day in (DAY - timedelta(days=1), DAY + timedelta(days=2)):
        with pytest.raises(NotAuthentic, match="uncertified"):
            trust.certified(CASEWORKER.id, day)


def test_a_stranger_is_not_certified() -> None:
    with pytest.raises(NotAuthentic, match="uncertified"):
        TRUST.certified(STRANGER.id, DAY)


def test_a_certificate_of_someone_who_is_no_supervisor_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="signer"):
        TRUST.with_certificates([certify(STRANGER, by=CASEWORKER)])


def test_the_role_of_supervisor_in_a_certificate_does_not_let_its_holder_certify() -> None:
    deputy = person(Role.SUPERVISOR)
    trust = TRUST.with_certificates([certify(deputy)])

    with pytest.raises(NotAuthentic, match="signer"):
        trust.with_certificates([certify(STRANGER, by=deputy)])


def test_a_certificate_of_another_organisation_is_refused() -> None:
    foreign = certificate(
        STRANGER.certified, org="0" * 64, signer=SUPERVISOR.signer, valid_from=DAY, valid_until=date(2026, 12, 31)
    )

    with pytest.raises(NotAuthentic, match="type"):
        TRUST.with_certificates([foreign])


@pytest.mark.parametrize("key", ["org", "subject", "author", "at", "body"])
def test_a_certificate_with_a_field_swapped_is_refused(key: str) -> None:
    genuine, other = certify(CASEWORKER), certify(STRANGER, by=STRANGER, valid_from=DAY + timedelta(days=1))
    value: Any = "0" * 64 if key == "org" else getattr(other.header, key)
    header = replace(genuine.header, **{key: value})

    with pytest.raises(NotAuthentic):
        Trust.pinned(ROOT, ORG).with_certificates([Document(header.line(), header, genuine.proof)])


@pytest.mark.parametrize("days", [("2026-06-15", "20261231"), ("2026-06-15", None), ("", "2026-12-31")])
def test_a_certificate_without_its_days_is_refused(days: tuple[str, str | None]) -> None:
    body = {**certify(CASEWORKER).header.body, "from": days[0], "until": days[1]}

    with pytest.raises(Malformed):
        TRUST.with_certificates([signed(replace(certify(CASEWORKER).header, body=body), SUPERVISOR.signer)])


def test_the_newest_certificate_counts_however_the_service_orders_them() -> None:
    renewed = replace(person(Role.CASEWORKER), id=CASEWORKER.id)
    tomorrow = DAY + timedelta(days=1)
    both = [certify(CASEWORKER), certify(renewed, valid_from=tomorrow)]

    for certificates in (both, both[::-1]):
        trust = Trust.pinned(ROOT, ORG).with_certificates(certificates)
        assert trust.certified(CASEWORKER.id, tomorrow) == renewed.certified


def test_of_two_certificates_of_one_day_the_later_counts() -> None:
    first = certify(CASEWORKER)
    demoted = replace(CASEWORKER, roles=frozenset({Role.ANALYST}))
    second = certify(demoted, previous=first)

    for certificates in ([first, second], [second, first]):
        trust = Trust.pinned(ROOT, ORG).with_certificates(certificates)
        assert trust.certified(CASEWORKER.id, DAY).roles == {Role.ANALYST}
        assert trust.last_certificate(CASEWORKER.id) == second


def test_the_service_does_not_choose_between_two_certificates_that_follow_the_same() -> None:
    twins = [certify(replace(CASEWORKER, roles=frozenset({role}))) for role in (Role.ANALYST, Role.AUDITOR)]

    ways = [
        Trust.pinned(ROOT, ORG).with_certificates(certificates).certified(CASEWORKER.id, DAY)
        for certificates in (twins, twins[::-1])
    ]

    assert ways[0] == ways[1]


def test_after_a_later_certificate_has_ended_the_one_before_counts_again() -> None:
    first = certify(CASEWORKER)
    promoted = replace(CASEWORKER, roles=frozenset({Role.SUPERVISOR}))
    trust = Trust.pinned(ROOT, ORG).with_certificates([first, certify(promoted, valid_until=DAY, previous=first)])

    days = [trust.certified(CASEWORKER.id, day).roles for day in (DAY, DAY + timedelta(days=1))]

    assert days == [{Role.SUPERVISOR}, CASEWORKER.roles]


def test_the_last_certificate_is_of_this_person_and_none_where_nobody_certified_them() -> None:
    first, another = certify(CASEWORKER), certify(COLLEAGUE, previous=certify(COLLEAGUE))
    trust = Trust.pinned(ROOT, ORG).with_certificates([first, another])

    assert trust.last_certificate(CASEWORKER.id) == first
    assert trust.last_certificate(STRANGER.id) is None


def test_the_fingerprints_of_a_person_are_those_of_all_their_keys_and_of_nobody_else() -> None:
    renewed = replace(person(Role.CASEWORKER), id=CASEWORKER.id)
    trust = Trust.pinned(ROOT, ORG).with_certificates([certify(CASEWORKER), certify(renewed), certify(COLLEAGUE)])

    def words(*people: Person) -> set[str]:
        return {fingerprint(str(each.identity.recipient), b64(each.certified.key)) for each in people}

    assert trust.fingerprints_of(CASEWORKER.id) == words(CASEWORKER, renewed)
    assert trust.fingerprints_of(SUPERVISOR.id) == words(SUPERVISOR)
    assert trust.fingerprints_of(STRANGER.id) == set()


def test_no_certificate_stands_above_the_root() -> None:
    impostor = replace(person(Role.SUPERVISOR), id=SUPERVISOR.id)

    trust = TRUST.with_certificates([certify(impostor)])

    assert trust.certified(SUPERVISOR.id, DAY) == SUPERVISOR.certified


def test_an_author_signs_alone() -> None:
    document = signed(case_header(), CASEWORKER.signer, COLLEAGUE.signer)

    with pytest.raises(NotAuthentic, match="author"):
        TRUST.author_of(document, DAY)


def test_nobody_signs_in_anothers_name() -> None:
    document = signed(case_header(author=CASEWORKER.id), COLLEAGUE.signer)

    with pytest.raises(NotAuthentic, match="author"):
        TRUST.author_of(document, DAY)


def test_a_signature_with_a_key_that_is_not_the_authors_is_refused() -> None:
    thief = replace(person(Role.CASEWORKER), id=CASEWORKER.id)

    with pytest.raises(NotAuthentic, match="uncertified"):
        TRUST.author_of(signed(case_header(), thief.signer), DAY)


def test_a_public_document_is_signed_by_one_supervisor_who_is_its_author() -> None:
    by_caseworker = signed(replace(certify(STRANGER).header, author=CASEWORKER.id), SUPERVISOR.signer)

    with pytest.raises(NotAuthentic, match="author"):
        TRUST.check_public(by_caseworker, "certificate")
    with pytest.raises(NotAuthentic, match="type"):
        TRUST.check_public(certify(STRANGER), "intake")


def test_the_fingerprint_is_twelve_words_of_both_keys() -> None:
    recipient, key = str(CASEWORKER.identity.recipient), b64(CASEWORKER.certified.key)

    words = fingerprint(recipient, key)

    assert len(words.split()) == 12
    assert words != fingerprint(recipient, b64(COLLEAGUE.certified.key))
    assert words != fingerprint(str(age.generate().recipient), key)


def test_words_are_heard_however_they_are_typed_and_no_others_are() -> None:
    words = words_of(bytes(range(16)))

    assert are_words(f"  {words.upper().replace(' ', '   ')} ", words)
    assert not are_words(words.partition(" ")[2], words)
    assert not are_words(words_of(bytes(16)), words)


def test_twelve_words_are_sixteen_bytes_and_no_more() -> None:
    assert entropy_of(words_of(bytes(range(16))).upper().replace(" ", "  ")) == bytes(range(16))
    for words in (words_of(bytes(range(20))), words_of(bytes(range(32))), "abandon", "", "no such words"):
        with pytest.raises(Malformed):
            entropy_of(words)


def test_certificates_are_dated_by_the_day() -> None:
    assert certify(CASEWORKER).header.at == DAY.isoformat() == HOUR[:10]


def test_whoever_was_on_a_root_with_other_keys_has_new_ones_whatever_their_certificates_say() -> None:
    anew = replace(person(Role.CASEWORKER), id=SUPERVISOR.id)

    assert TRUST.had_other_keys(anew.certified)
    assert not TRUST.had_other_keys(SUPERVISOR.certified)
    assert not TRUST.had_other_keys(COLLEAGUE.certified)


def test_a_key_that_was_replaced_proves_nothing_that_is_dated_after_that_day() -> None:
    first, tomorrow = certify(CASEWORKER), DAY + timedelta(days=1)
    anew = replace(person(Role.CASEWORKER), id=CASEWORKER.id)
    second = certify(anew, valid_from=tomorrow, valid_until=tomorrow, previous=first)
    trust = Trust.pinned(ROOT, ORG).with_certificates([first, second])

    trust.check_chains()
    assert [trust.certified(CASEWORKER.id, day).key for day in (DAY, tomorrow)] == [
        CASEWORKER.certified.key,
        anew.certified.key,
    ]
    assert trust.certified(CASEWORKER.id, tomorrow, key=CASEWORKER.certified.key) == CASEWORKER.certified
    for key in (None, CASEWORKER.certified.key):  # also when the new certificate has run out
        with pytest.raises(NotAuthentic, match="uncertified"):
            trust.certified(CASEWORKER.id, tomorrow + timedelta(days=1), key=key)
    assert trust.ever_certified(CASEWORKER.id, CASEWORKER.certified.key) == CASEWORKER.certified


DEPUTY = person(Role.SUPERVISOR)


def roots_of(*listings: tuple[date, tuple[Person, ...]]) -> tuple[str, Trust]:
    """The organisation, and its roots, each of the day with these supervisors; the deputy makes all of them."""
    (day, first), *later = listings
    root = make_root([each.certified for each in first], DEPUTY.signer, on=day)
    org = org_of(root)
    trust = Trust.pinned(root, org)
    for day, people in later:
        body = root_body((each.certified for each in people), k=1, papers={})
        trust = trust.followed_by(propose_root(body, after=trust.root, org=org, signer=DEPUTY.signer, on=day))
    return org, trust


def test_a_root_that_lists_a_supervisor_with_other_keys_ends_the_old_ones_and_every_certificate_of_them() -> None:
    days = [DAY + timedelta(days=number) for number in range(6)]
    anew, old = replace(person(Role.SUPERVISOR), id=SUPERVISOR.id), SUPERVISOR.certified.key
    listings = (days[0], (DEPUTY, SUPERVISOR)), (days[2], (DEPUTY, anew)), (days[4], (DEPUTY,))
    org, _ = roots_of(*listings)

    def certified(since: date, previous: Document | None = None) -> Document:
        of = replace(SUPERVISOR.certified, roles=frozenset({Role.CASEWORKER}))
        return certificate(
            of, org=org, signer=DEPUTY.signer, valid_from=since, valid_until=date(2026, 12, 31), previous=previous
        )

    first = certified(days[1])
    listed, gone = (roots_of(*listings[:number])[1].with_certificates([first]) for number in (2, 3))
    by_one = listed.with_certificates([certified(days[3], first)])  # nobody brings them back alone

    assert listed.certified(SUPERVISOR.id, days[2]) == anew.certified
    assert listed.certified(SUPERVISOR.id, days[2], key=old).key == old  # its day still holds what was signed on it
    for trust, day in ((listed, days[3]), (by_one, days[4]), (gone, days[5])):
        with pytest.raises(NotAuthentic, match="uncertified"):
            trust.certified(SUPERVISOR.id, day, key=old)
    with pytest.raises(NotAuthentic, match="uncertified"):
        gone.certified(SUPERVISOR.id, days[5])
    assert [(each.key, each.since) for each in listed.replaced(SUPERVISOR.id)] == [(old, days[2])]
    assert listed.fingerprints_of(SUPERVISOR.id) == {anew.certified.fingerprint}


def test_who_was_on_a_root_and_has_other_keys_by_a_certificate_since_has_those() -> None:
    tomorrow = DAY + timedelta(days=1)
    anew = replace(person(Role.CASEWORKER), id=SUPERVISOR.id)
    org, trust = roots_of((DAY, (DEPUTY, SUPERVISOR)), (tomorrow, (DEPUTY,)))

    trust = trust.with_certificates(
        [certificate(anew.certified, org=org, signer=DEPUTY.signer, valid_from=tomorrow, valid_until=tomorrow)]
    )

    assert trust.certified(SUPERVISOR.id, tomorrow) == anew.certified
    assert trust.fingerprints_of(SUPERVISOR.id) == {anew.certified.fingerprint}
