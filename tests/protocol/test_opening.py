"""Everything that a client checks when it opens what the service gives it, one test a check."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import age
from app.protocol.chain import Link, Mark
from app.protocol.documents import Document, Header, bare, maced, parse_document, recipient_sha256, seal, signed
from app.protocol.encoding import new_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, NotMine, Rollback
from app.protocol.opening import Asked, Opened, check_attachment, hold_chain_to_seen, open_document
from app.protocol.report import Attachment
from app.protocol.sizes import Kind, classes
from app.protocol.types import TYPES, SealedType
from app.vocabulary import Role
from tests.protocol.organisation import (
    ANALYST,
    CASE,
    CASE_KEY,
    CASE_MEMBERS,
    CASEWORKER,
    COLLEAGUE,
    DAY,
    HOUR,
    ORG,
    STRANGER,
    TRUST,
    Memory,
    Person,
    case_file,
    case_header,
    certify,
    person,
)

ASKED = Asked(type="consent", org=ORG, subject=CASE, writers=CASE_MEMBERS)
FILE = case_file()
THREAD_KEY = bytes(range(32))
REPORT = new_id("rep")


def opened(file: bytes, asked: Asked = ASKED, *, identity: age.HybridIdentity = CASE_KEY, **given: Any) -> Opened:
    ordinary: dict[str, Any] = {"trust": TRUST, "day": DAY}
    return open_document(file, identity, asked, **(ordinary | given))


def reporters(type_: str = "thread-state", **changes: Any) -> Header:
    """Line 1 of something that carries a MAC, or nothing."""
    fields = {"type": type_, "subject": REPORT, "author": None, "at": "2026-06-15", "generation": None}
    return case_header(**(fields | changes))


def sealed_again(document: Document, *, identity: age.HybridIdentity = CASE_KEY, kind: Kind = Kind.MESSAGE) -> bytes:
    """The document as whoever knows the recipient can seal it, whatever its line 1 says."""
    return age.encrypt(document.text.ljust(classes(kind)[0], b" "), [identity.recipient])


def test_an_authentic_document_opens_with_its_author_and_the_hash_of_its_file() -> None:
    found = opened(FILE)

    assert found.body == case_header().body
    assert found.author == CASEWORKER.certified
    assert found.sha256 == sha256_hex(FILE)


@pytest.mark.parametrize("unknown", ["trust", "day"])
def test_nobody_is_believed_where_it_is_not_known_whom_to_believe_and_when(unknown: str) -> None:
    lacking: dict[str, Any] = {unknown: None}

    with pytest.raises(NotAuthentic, match="uncertified"):
        opened(FILE, **lacking)


LINKS = [Link(Mark(1, "a"), None), Link(Mark(2, "b"), "a"), Link(Mark(3, "c"), "b")]


def test_a_chain_is_held_to_what_was_seen_and_its_end_is_seen_from_now_on() -> None:
    seen = Memory()

    hold_chain_to_seen("consent", CASE, [], seen, reason="a-chain")
    assert seen.highest("consent", CASE) is None
    for length in (1, 3, 3):
        hold_chain_to_seen("consent", CASE, LINKS[:length], seen, reason="a-chain")
        assert seen.highest("consent", CASE) == LINKS[length - 1].mark
    with pytest.raises(Rollback, match="a-chain"):
        hold_chain_to_seen("consent", CASE, LINKS[:2], seen, reason="a-chain")
    with pytest.raises(NotAuthentic, match="a-chain"):
        hold_chain_to_seen("consent", REPORT, LINKS[1:], seen, reason="a-chain")
    assert seen.highest("consent", REPORT) is None


# (1) one stanza, an allowed length


def test_a_file_of_another_key_is_not_mine() -> None:
    with pytest.raises(NotMine):
        opened(FILE, identity=age.generate())


@pytest.mark.parametrize(
    "file",
    [
        b"",
        FILE[:-1],
        FILE + b"\0",
        age.encrypt(bytes(1000), [CASE_KEY.recipient]),
        age.encrypt(bytes(64 * 1024), [CASE_KEY.recipient, age.generate().recipient]),
        age.encrypt(bytes(64 * 1024), [age.Passphrase("words", work_factor=1)]),
        age.armor.encode(FILE),
    ],
    ids=["empty", "cut", "longer", "no class", "two recipients", "a passphrase", "armor"],
)
def test_a_file_of_another_envelope_is_refused(file: bytes) -> None:
    with pytest.raises(NotAuthentic, match="envelope"):
        opened(file)


def test_a_document_in_the_length_of_another_kind_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="envelope"):
        opened(sealed_again(parse_document(age.decrypt(FILE, [CASE_KEY])), kind=Kind.REPORT))


@settings(max_examples=50)
@given(st.integers(min_value=0, max_value=len(FILE) - 1), st.integers(1, 255))
def test_one_byte_changed_in_the_file_is_refused(place: int, change: int) -> None:
    with pytest.raises((NotAuthentic, NotMine)):
        opened(FILE[:place] + bytes([FILE[place] ^ change]) + FILE[place + 1 :])


def test_a_plaintext_that_is_no_document_is_refused() -> None:
    with pytest.raises(Malformed) as failure:
        opened(age.encrypt(bytes(64 * 1024), [CASE_KEY.recipient]))

    assert failure.value.reason == "malformed"


# (2) the recipient


def test_a_document_that_its_reader_sealed_again_for_somebody_else_is_refused() -> None:
    other = age.generate()
    document = parse_document(age.decrypt(FILE, [CASE_KEY]))

    with pytest.raises(NotAuthentic, match="sealed_to"):
        opened(sealed_again(document, identity=other), identity=other)


# (3) what was asked for


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("org", replace(ASKED, org="0" * 64)),
        ("type", replace(ASKED, type="journal")),
        ("subject", replace(ASKED, subject=new_id("case"))),
    ],
)
def test_a_genuine_document_in_the_place_of_another_is_refused(reason: str, asked: Asked) -> None:
    with pytest.raises(NotAuthentic, match=reason):
        opened(FILE, asked)


# (4) the signature, and who may write

SWAPPED: list[tuple[str, Any]] = [
    ("type", "approval"),
    ("org", "0" * 64),
    ("subject", new_id("case")),
    ("version", 2),
    ("previous", "0" * 64),
    ("generation", 2),
    ("sealed_to", recipient_sha256(age.generate().recipient)),
    ("author", COLLEAGUE.id),
    ("at", "2026-06-15T10:00Z"),
    ("body", {"wording": "another"}),
]
# What a member may have written truly, but elsewhere.
PLACES = ("type", "org", "subject", "sealed_to")


def test_every_field_of_line_1_is_swapped_below() -> None:
    assert [key for key, _ in SWAPPED] == list(Header.__dataclass_fields__)


@pytest.mark.parametrize(("key", "value"), SWAPPED)
def test_a_document_with_a_field_swapped_by_somebody_who_cannot_sign_is_refused(key: str, value: Any) -> None:
    genuine = parse_document(age.decrypt(FILE, [CASE_KEY]))
    header = replace(genuine.header, **{key: value})

    with pytest.raises(NotAuthentic):
        opened(sealed_again(Document(header.line(), header, genuine.proof)))


@pytest.mark.parametrize(
    ("key", "value"), [row for row in SWAPPED if row[0] in ("type", "org", "subject", "sealed_to")]
)
def test_a_document_that_a_member_signed_for_another_place_is_refused(key: str, value: Any) -> None:
    document = signed(case_header(**{key: value}), CASEWORKER.signer)

    with pytest.raises(NotAuthentic, match=key):
        opened(sealed_again(document))


def test_an_older_document_under_a_new_version_number_is_refused() -> None:
    genuine = parse_document(age.decrypt(FILE, [CASE_KEY]))
    header = replace(genuine.header, version=2, previous=sha256_hex(FILE))

    with pytest.raises(NotAuthentic, match="signature"):
        opened(sealed_again(Document(header.line(), header, genuine.proof)))


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (STRANGER, "uncertified"),
        (ANALYST, "role"),
        (replace(person(Role.CASEWORKER), id=CASEWORKER.id), "uncertified"),
    ],
    ids=["a stranger", "an analyst", "a thief of the name"],
)
def test_a_document_by_somebody_who_may_not_write_it_is_refused(by: Any, reason: str) -> None:
    with pytest.raises(NotAuthentic, match=reason):
        opened(case_file(by=by), replace(ASKED, writers=CASE_MEMBERS | {by.id}))


def test_an_answer_by_somebody_who_is_not_on_the_member_list_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="not-a-writer"):
        opened(case_file(by=COLLEAGUE), replace(ASKED, writers=frozenset({CASEWORKER.id})))


@pytest.mark.parametrize("of", [of for of in TYPES.values() if of.named and of.kind], ids=lambda of: of.name)
def test_a_client_that_forgets_to_say_who_may_write_opens_nothing(of: SealedType) -> None:
    subject = new_id(of.subjects[0])
    file = sealed_again(signed(case_header(type=of.name, subject=subject), CASEWORKER.signer), kind=of.size)

    with pytest.raises(NotAuthentic, match="not-a-writer"):
        opened(file, Asked(of.name, ORG, subject))


@pytest.mark.parametrize("of", [of for of in TYPES.values() if of.numbered], ids=lambda of: of.name)
def test_what_a_journal_numbers_opens_whatever_its_date_and_whatever_became_of_its_author(of: SealedType) -> None:
    subject = new_id(of.subjects[0])
    asked = Asked(of.name, ORG, subject, frozenset({CASEWORKER.id, ANALYST.id, STRANGER.id}))

    def written(by: Person, at: str) -> bytes:
        header = case_header(type=of.name, subject=subject, author=by.id, at=at)
        return sealed_again(signed(header, by.signer), kind=of.size)

    analyst = replace(CASEWORKER, roles=frozenset({Role.ANALYST}))
    since = TRUST.with_certificates([certify(analyst, previous=TRUST.last_certificate(CASEWORKER.id))])
    for at in ("2020-01-01T09:00Z", HOUR, "2031-01-01T09:00Z"):
        for trust in (TRUST, since):
            assert opened(written(CASEWORKER, at), asked, trust=trust).author.person == CASEWORKER.id  # type: ignore[union-attr]
    for by, reason in ((ANALYST, "role"), (STRANGER, "uncertified")):
        with pytest.raises(NotAuthentic, match=reason):
            opened(written(by, HOUR), asked)


@pytest.mark.parametrize("given", [{"trust": None}, {"day": None}])
def test_a_client_without_trust_or_a_calendar_opens_nothing_that_is_signed(given: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic, match="uncertified"):
        opened(FILE, **given)


def test_a_document_from_before_its_author_left_still_opens() -> None:
    leaver = person(Role.CASEWORKER)
    trust = TRUST.with_certificates([certify(leaver, valid_until=DAY)])
    asked = replace(ASKED, writers=frozenset({leaver.id}))
    later = DAY + timedelta(days=90)

    opened(case_file(by=leaver), asked, trust=trust, day=later)

    with pytest.raises(NotAuthentic, match="uncertified"):
        opened(case_file(by=leaver, at="2026-06-16T08:00Z"), asked, trust=trust, day=later)


def test_what_others_could_not_do_without_opens_though_its_author_left_or_lost_the_role_on_that_day() -> None:
    leaver = person(Role.CASEWORKER)
    before = certify(leaver, valid_from=DAY - timedelta(days=9))
    asked = replace(ASKED, writers=frozenset({leaver.id}))
    for roles in (frozenset[Role](), frozenset({Role.AUDITOR})):
        less = replace(leaver, roles=roles)
        trust = TRUST.with_certificates([before, certify(less, previous=before)])

        with pytest.raises(NotAuthentic):
            opened(case_file(by=leaver), asked, trust=trust)
        assert opened(case_file(by=leaver), replace(asked, on_last_day=True), trust=trust).author
        later = case_file(by=leaver, at="2026-06-16T08:00Z")
        with pytest.raises(NotAuthentic):
            opened(later, replace(asked, on_last_day=True), trust=trust, day=DAY + timedelta(days=1))


def test_a_document_from_the_future_is_refused() -> None:
    opened(case_file(at="2026-06-16T23:00Z"))

    with pytest.raises(NotAuthentic, match="at"):
        opened(case_file(at="2026-06-17T00:00Z"))


@pytest.mark.parametrize("type_", ["thread-state", "message.reporter", "message.staff"])
def test_a_message_opens_with_the_key_of_its_thread_alone(type_: str) -> None:
    file = seal(maced(reporters(type_), THREAD_KEY), CASE_KEY.recipient)
    asked = Asked(type=type_, org=ORG, subject=REPORT)

    assert opened(file, asked, thread_key=THREAD_KEY).author is None

    for key in (bytes(32), None):
        with pytest.raises(NotAuthentic, match="mac"):
            opened(file, asked, thread_key=key)


def test_a_signature_is_no_mac() -> None:
    file = sealed_again(signed(reporters(), CASEWORKER.signer), kind=Kind.SLOT)

    with pytest.raises(Malformed):
        opened(file, Asked(type="thread-state", org=ORG, subject=REPORT), thread_key=THREAD_KEY)


@pytest.mark.parametrize("type_", ["report", "state"])
def test_a_first_report_and_a_state_need_no_proof_and_name_nobody(type_: str) -> None:
    file = seal(bare(reporters(type_)), CASE_KEY.recipient)

    assert opened(file, Asked(type=type_, org=ORG, subject=REPORT)).author is None


def test_a_first_report_with_a_proof_is_refused() -> None:
    file = sealed_again(maced(reporters("report"), THREAD_KEY), kind=Kind.REPORT)

    with pytest.raises(Malformed):
        opened(file, Asked(type="report", org=ORG, subject=REPORT), thread_key=THREAD_KEY)


# (5) version, previous and generation


def version(number: int, previous: bytes | None, **changes: Any) -> bytes:
    return case_file(version=number, previous=sha256_hex(previous) if previous else None, **changes)


SECOND = version(2, FILE)
THIRD = version(3, SECOND, generation=2)


def test_versions_in_their_order_are_remembered() -> None:
    seen = Memory()

    for file in (FILE, FILE, SECOND, THIRD, THIRD):
        opened(file, seen=seen)

    assert seen.highest("consent", CASE) == Mark(3, sha256_hex(THIRD), 2)


def test_a_version_older_than_what_was_seen_is_refused() -> None:
    seen = Memory()
    opened(SECOND, seen=seen)

    with pytest.raises(Rollback, match="version"):
        opened(FILE, seen=seen)


def test_another_document_of_the_version_that_was_seen_is_refused() -> None:
    seen = Memory()
    opened(FILE, seen=seen)

    with pytest.raises(Rollback, match="version"):
        opened(case_file(), seen=seen)


def test_a_next_version_that_does_not_follow_from_what_was_seen_is_refused() -> None:
    seen = Memory()
    opened(case_file(body={"wording": "the branch that this client saw"}), seen=seen)

    with pytest.raises(Rollback, match="previous"):
        opened(SECOND, seen=seen)


def test_a_generation_below_the_highest_that_was_seen_is_refused() -> None:
    seen = Memory()
    opened(THIRD, seen=seen)

    with pytest.raises(Rollback, match="generation"):
        opened(version(4, THIRD, generation=1), seen=seen)


def test_what_is_refused_is_not_remembered() -> None:
    seen = Memory()

    for file in (case_file(by=STRANGER, version=9, previous="0" * 64), case_file(at="2027-01-01")):
        with pytest.raises(NotAuthentic):
            opened(file, seen=seen)

    assert seen.marks == {}


def test_a_rollback_is_not_authentic() -> None:
    assert issubclass(Rollback, NotAuthentic)


# (6) attachments

ATTACHMENT = Attachment(
    id=new_id("att"),
    name="photo.jpg",
    media_type="image/jpeg",
    size=5,
    plaintext_sha256=sha256_hex(b"photo"),
    ciphertext_sha256=sha256_hex(b"sealed photo"),
)


def test_an_attachment_has_the_hashes_that_its_document_says() -> None:
    sealed, plain = sha256_hex(b"sealed photo"), sha256_hex(b"photo")

    check_attachment(ATTACHMENT, ciphertext_sha256=sealed, plaintext_sha256=plain)

    with pytest.raises(NotAuthentic, match="attachment-ciphertext"):
        check_attachment(ATTACHMENT, ciphertext_sha256=sha256_hex(b"another"), plaintext_sha256=plain)
    with pytest.raises(NotAuthentic, match="attachment-plaintext"):
        check_attachment(ATTACHMENT, ciphertext_sha256=sealed, plaintext_sha256=sha256_hex(b"another"))
