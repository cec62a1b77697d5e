"""A grant: a key for somebody, in a file that stock age can use."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.protocol.chain import Mark
from app.protocol.documents import Signer, recipient_sha256, write_signatures
from app.protocol.encoding import MOST, canonical, new_id
from app.protocol.errors import Malformed, NotAuthentic, NotMine
from app.protocol.grants import OpenedGrant, open_grant, read_grant, seal_grant
from app.protocol.sizes import KIB
from app.vocabulary import GrantKind, Imminence, Role
from tests.protocol.organisation import (
    ANALYST,
    CASE,
    CASE_KEY,
    CASEWORKER,
    COLLEAGUE,
    DAY,
    HOUR,
    ORG,
    STRANGER,
    TRUST,
    certify,
    person,
)

EPOCH, EPOCH_KEY = new_id("epoch"), age.generate()
REPORT, REPORT_KEY = new_id("rep"), age.generate()


def granted(*, by: Signer = CASEWORKER.signer, kind: GrantKind = GrantKind.ASSIGNED, at: str = HOUR) -> bytes:
    """The key of the case for the colleague."""
    return seal_grant(
        CASE_KEY,
        COLLEAGUE.identity.recipient,
        org=ORG,
        subject=CASE,
        generation=1,
        grantee=COLLEAGUE.id,
        kind=kind,
        at=at,
        signer=by,
        head=Mark(3, "0" * 64),
    )


def sent() -> bytes:
    """The key of a report for the epoch, as a reporter's client grants it."""
    return seal_grant(
        REPORT_KEY,
        EPOCH_KEY.recipient,
        org=ORG,
        subject=REPORT,
        generation=1,
        grantee=EPOCH,
        kind=GrantKind.INTAKE,
        at="2026-06-15",
        signer=None,
        language="ug",
        danger_now=Imminence.DAYS,
    )


def opened(file: bytes, **asked: Any) -> OpenedGrant:
    """The case's grant, opened by the colleague; `asked` are other things than those that it says."""
    ordinary: dict[str, Any] = {
        "org": ORG,
        "subject": CASE,
        "grantee": COLLEAGUE.id,
        "trust": TRUST,
        "day": DAY,
    }
    return open_grant(file, COLLEAGUE.identity, **(ordinary | asked))


def opened_report(file: bytes, **asked: Any) -> OpenedGrant:
    ordinary: dict[str, Any] = {"org": ORG, "subject": REPORT, "grantee": EPOCH}
    return open_grant(file, EPOCH_KEY, **(ordinary | asked))


GRANT = granted()
PLAINTEXT = age.decrypt(GRANT, [COLLEAGUE.identity])
LINE = PLAINTEXT.split(b"\n")[0].removeprefix(b"# tern-grant ")


def sealed_again(plaintext: bytes) -> bytes:
    """What whoever knows the colleague's recipient can make of a grant."""
    return age.encrypt(plaintext, [COLLEAGUE.identity.recipient])


def signed_again(**changes: object) -> bytes:
    """A grant with other fields, signed by the caseworker all the same."""
    line = canonical(json.loads(LINE) | changes)
    sigs = write_signatures((CASEWORKER.signer.sign("grant", line),))
    lines = [b"# tern-grant " + line, b"# sigs " + sigs, str(CASE_KEY).encode(), b"# "]
    return sealed_again(b"\n".join(lines).ljust(4 * KIB - 1, b" ") + b"\n")


def test_a_grant_opens_to_the_key_that_was_granted() -> None:
    grant = opened(GRANT)

    assert str(grant.identity) == str(CASE_KEY)
    assert grant.header.recipient == recipient_sha256(CASE_KEY.recipient)
    assert (grant.header.grantor, grant.header.kind) == (CASEWORKER.id, GrantKind.ASSIGNED)


def test_a_grant_is_an_identity_file_of_4_kib() -> None:
    (identity,) = age.parse_identities(PLAINTEXT.decode())

    assert str(identity) == str(CASE_KEY)
    assert len(PLAINTEXT) == 4 * KIB
    assert PLAINTEXT.split(b"\n")[3].rstrip(b" ") == b"#"
    assert len(GRANT) == len(sent()) == age.encrypted_size(4 * KIB)


@pytest.mark.parametrize("number", [1, MOST])
def test_a_grant_of_a_case_tells_which_entry_its_grantor_had_seen(number: int) -> None:
    assert opened(signed_again(head={"n": number, "sha256": "0" * 64})).header.head == Mark(number, "0" * 64)


@pytest.mark.parametrize("number", [0, -1, MOST + 1, True, "1", None])
def test_a_grant_of_a_case_that_tells_no_entry_is_refused(number: object) -> None:
    with pytest.raises((Malformed, NotAuthentic)):
        opened(signed_again(head={"n": number, "sha256": "0" * 64}))


def test_a_reporters_grant_tells_language_and_danger_and_no_grantor() -> None:
    grant = opened_report(sent())

    assert str(grant.identity) == str(REPORT_KEY)
    assert (grant.header.language, grant.header.danger_now) == ("ug", Imminence.DAYS)
    assert grant.header.grantor is None


def test_a_grant_to_somebody_else_is_not_mine() -> None:
    with pytest.raises(NotMine):
        open_grant(GRANT, STRANGER.identity, org=ORG, subject=CASE, grantee=COLLEAGUE.id, trust=TRUST, day=DAY)


@pytest.mark.parametrize(
    ("name", "value"), [("org", "0" * 64), ("subject", new_id("case")), ("grantee", CASEWORKER.id)]
)
def test_a_grant_of_something_else_than_was_asked_for_is_refused(name: str, value: str) -> None:
    with pytest.raises(NotAuthentic, match=name):
        opened(GRANT, **{name: value})


SWAPPED = [
    ("org", "0" * 64),
    ("subject", new_id("case")),
    ("generation", 2),
    ("recipient", recipient_sha256(REPORT_KEY.recipient)),
    ("grantee", CASEWORKER.id),
    ("sealed_to", recipient_sha256(CASEWORKER.identity.recipient)),
    ("kind", "recovery"),
    ("grantor", COLLEAGUE.id),
    ("at", "2026-06-15T10:00Z"),
    ("head", {"n": 3, "sha256": "1" * 64}),
]


def test_every_field_of_the_header_is_swapped_below() -> None:
    assert [key for key, _ in SWAPPED] == [key for key in json.loads(LINE) if key != "v"]


@pytest.mark.parametrize(("key", "value"), SWAPPED)
def test_a_grant_with_a_field_swapped_by_somebody_who_cannot_sign_is_refused(key: str, value: object) -> None:
    line = canonical(json.loads(LINE) | {key: value})

    with pytest.raises(NotAuthentic):
        opened(sealed_again(_fitted(PLAINTEXT.replace(LINE, line))))


@pytest.mark.parametrize(
    ("key", "value"), [row for row in SWAPPED if row[0] in ("org", "subject", "recipient", "grantee", "sealed_to")]
)
def test_a_grant_that_a_colleague_signed_for_another_place_is_refused(key: str, value: object) -> None:
    with pytest.raises(NotAuthentic, match=key):
        opened(signed_again(**{key: value}))


def test_another_secret_under_a_genuine_header_is_refused() -> None:
    file = sealed_again(PLAINTEXT.replace(str(CASE_KEY).encode(), str(REPORT_KEY).encode()))

    with pytest.raises(NotAuthentic, match="recipient"):
        opened(file)


def test_a_grant_that_its_reader_sealed_again_for_somebody_else_is_refused() -> None:
    file = age.encrypt(PLAINTEXT, [STRANGER.identity.recipient])

    with pytest.raises(NotAuthentic, match="sealed_to"):
        open_grant(file, STRANGER.identity, org=ORG, subject=CASE, grantee=COLLEAGUE.id, trust=TRUST, day=DAY)


@given(st.integers(min_value=0, max_value=PLAINTEXT.index(b"AGE-SECRET") - 1), st.integers(1, 255))
def test_one_byte_changed_in_header_or_signature_is_refused(place: int, change: int) -> None:
    changed = PLAINTEXT[:place] + bytes([PLAINTEXT[place] ^ change]) + PLAINTEXT[place + 1 :]

    with pytest.raises(NotAuthentic):
        opened(sealed_again(changed))


@given(st.integers(min_value=0, max_value=len(GRANT) - 1), st.integers(1, 255))
def test_one_byte_changed_in_the_file_is_refused(place: int, change: int) -> None:
    with pytest.raises((NotAuthentic, NotMine)):
        opened(GRANT[:place] + bytes([GRANT[place] ^ change]) + GRANT[place + 1 :])


def test_a_damaged_grant_is_no_grant_to_somebody_else() -> None:
    with pytest.raises(NotAuthentic, match="ciphertext"):
        opened(GRANT[:-1] + bytes([GRANT[-1] ^ 1]))


@pytest.mark.parametrize("unknown", ["trust", "day"])
def test_nobody_is_believed_where_it_is_not_known_whom_to_believe_and_when(unknown: str) -> None:
    with pytest.raises(NotAuthentic, match="grantor"):
        opened(GRANT, **{unknown: None})


def test_an_unsigned_grant_is_good_for_a_report_in_its_epoch_alone() -> None:
    """Else the service could hand out a key of its own as that of a case, and staff would seal to it."""
    made_up = seal_grant(
        age.generate(),
        COLLEAGUE.identity.recipient,
        org=ORG,
        subject=CASE,
        generation=1,
        grantee=COLLEAGUE.id,
        kind=GrantKind.INTAKE,
        at="2026-06-15",
        signer=None,
        danger_now=Imminence.NOW,
    )

    with pytest.raises(NotAuthentic, match="grantor"):
        opened(made_up)


def test_no_other_kind_goes_unsigned() -> None:
    unsigned = PLAINTEXT.replace(PLAINTEXT.split(b"\n")[1], b"# sigs []")

    with pytest.raises(NotAuthentic, match="grantor"):
        opened(sealed_again(_fitted(unsigned)))


def test_a_reporters_grant_is_not_signed() -> None:
    line = age.decrypt(sent(), [EPOCH_KEY]).split(b"\n")[0].removeprefix(b"# tern-grant ")
    sigs = write_signatures((CASEWORKER.signer.sign("grant", line),))
    text = b"\n".join([b"# tern-grant " + line, b"# sigs " + sigs, str(REPORT_KEY).encode(), b"# "])

    with pytest.raises(NotAuthentic, match="grantor"):
        opened_report(age.encrypt(text.ljust(4 * KIB - 1, b" ") + b"\n", [EPOCH_KEY.recipient]))


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (STRANGER.signer, "uncertified"),
        (ANALYST.signer, "role"),
        (replace(person(Role.CASEWORKER), id=CASEWORKER.id).signer, "uncertified"),
    ],
    ids=["a stranger", "an analyst", "a thief of the name"],
)
def test_a_grant_by_somebody_who_may_not_grant_is_refused(by: Signer, reason: str) -> None:
    with pytest.raises(NotAuthentic, match=reason):
        opened(granted(by=by))


def test_a_grant_from_before_its_grantor_left_still_opens() -> None:
    trust = TRUST.with_certificates([certify(STRANGER, valid_until=DAY)])

    opened(granted(by=STRANGER.signer), trust=trust, day=DAY + timedelta(days=30))


def test_a_grant_of_the_day_on_which_its_grantor_lost_the_role_opens_and_none_of_a_day_after() -> None:
    first = certify(STRANGER)
    tomorrow, later = DAY + timedelta(days=1), DAY + timedelta(days=2)
    demoted = replace(STRANGER, roles=frozenset({Role.ANALYST}))
    twice = [certify(demoted, valid_from=tomorrow, previous=first)]
    twice.append(certify(replace(STRANGER, roles=frozenset({Role.AUDITOR})), valid_from=tomorrow, previous=twice[0]))
    trust = TRUST.with_certificates([first, *twice])

    opened(granted(by=STRANGER.signer, at=f"{tomorrow}T09:00Z"), trust=trust, day=later)
    with pytest.raises(NotAuthentic, match="role"):
        opened(granted(by=STRANGER.signer, at=f"{later}T09:00Z"), trust=trust, day=later)
    assert trust.roles_on(STRANGER.id, tomorrow, key=STRANGER.certified.key) == {
        *STRANGER.roles,
        Role.ANALYST,
        Role.AUDITOR,
    }


def test_a_grant_from_after_its_grantor_left_is_refused() -> None:
    trust = TRUST.with_certificates([certify(STRANGER, valid_until=DAY)])

    with pytest.raises(NotAuthentic, match="uncertified"):
        opened(granted(by=STRANGER.signer, at="2026-06-16T09:00Z"), trust=trust, day=DAY + timedelta(days=30))


def test_a_grant_from_the_future_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="at"):
        opened(granted(at="2026-06-17T00:00Z"))


@pytest.mark.parametrize(
    ("kind", "days", "is_over"),
    [
        (GrantKind.APPROVAL, 0, False),
        (GrantKind.APPROVAL, 14, False),
        (GrantKind.APPROVAL, 15, True),
        (GrantKind.ASSIGNED, 15, False),  # which nobody lent
    ],
)
def test_what_was_lent_for_a_decision_is_over_after_two_weeks(kind: GrantKind, days: int, is_over: bool) -> None:
    assert opened(granted(kind=kind)).is_over(DAY + timedelta(days)) is is_over


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", 2),
        ("org", None),
        ("subject", "\ud7ff"),
        ("generation", 0),
        ("generation", True),
        ("recipient", "A" * 64),
        ("grantee", ""),
        ("kind", "gift"),
        ("kind", []),
        ("grantor", "Ana"),
        ("at", "2026-06-15T09:15Z"),
        ("language", "en"),
        ("danger_now", "now"),
        ("more", 1),
    ],
)
def test_a_header_of_another_form_is_refused_although_it_is_signed(key: str, value: object) -> None:
    with pytest.raises(Malformed):
        opened(signed_again(**{key: value}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"# tern-grant ", b"# tern-grant  "),
        (b"# sigs ", b"# signed "),
        (b"\nAGE-SECRET", b"\n\nAGE-SECRET"),
        (b"\n# sigs", b"\n# a comment\n# sigs"),
        (b"AGE-SECRET-KEY-PQ-1", b"AGE-SECRET-KEY-1"),
        (b"  \n", b" .\n"),
        (b'"v":1', b'"v":1,"v":1'),
        (b'{"v"', b'{ "v"'),
    ],
)
def test_a_grant_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    plaintext = PLAINTEXT.replace(old, new)
    if len(plaintext) != len(PLAINTEXT):
        plaintext = _fitted(plaintext)

    assert plaintext != PLAINTEXT
    with pytest.raises(NotAuthentic):
        opened(sealed_again(plaintext))


def test_a_grant_says_to_a_list_what_it_says_when_it_opens() -> None:
    asked: dict[str, Any] = {"org": ORG, "subject": REPORT, "grantee": EPOCH}

    assert read_grant(sent(), EPOCH_KEY, **asked) == open_grant(sent(), EPOCH_KEY, **asked).header
    for key in asked:
        with pytest.raises(NotAuthentic, match=key):
            read_grant(sent(), EPOCH_KEY, **{**asked, key: "0" * 64})


def test_a_list_too_takes_nothing_from_whom_nobody_certified() -> None:
    file = granted(by=STRANGER.signer)

    with pytest.raises(NotAuthentic, match="uncertified"):
        read_grant(file, COLLEAGUE.identity, org=ORG, subject=CASE, grantee=COLLEAGUE.id, trust=TRUST, day=DAY)


def test_a_grant_dated_at_an_end_of_the_calendar_is_refused_as_any_that_is_not_authentic() -> None:
    for at in ("0001-01-01", "9999-12-31"):
        with pytest.raises(NotAuthentic):
            opened(granted(at=at))


def test_a_file_to_two_recipients_is_refused() -> None:
    file = age.encrypt(PLAINTEXT, [COLLEAGUE.identity.recipient, STRANGER.identity.recipient])

    with pytest.raises(NotAuthentic, match="envelope"):
        opened(file)


def test_a_file_of_another_length_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="envelope"):
        opened(sealed_again(PLAINTEXT + b" "))


def _fitted(plaintext: bytes) -> bytes:
    """The plaintext, padded anew."""
    return plaintext.removesuffix(b"\n").rstrip(b" ").ljust(4 * KIB - 1, b" ") + b"\n"
