"""Two lines: what is said, and who says it."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.protocol.documents import (
    Document,
    Header,
    Signature,
    Signatures,
    bare,
    bytes_signed,
    maced,
    parse_document,
    recipient_sha256,
    seal,
    signed,
    verify_signature,
)
from app.protocol.encoding import canonical, new_id, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.sizes import KIB
from tests.protocol.organisation import CASE_KEY, CASEWORKER, COLLEAGUE, DAY, ROOT, TRUST, case_header

THREAD_KEY = bytes(range(32))
SIGNED = signed(case_header(), CASEWORKER.signer)


def thread_state(**changes: Any) -> Header:
    """Line 1 of something that a reporter's client writes."""
    ordinary = {
        "type": "thread-state",
        "subject": new_id("rep"),
        "author": None,
        "at": "2026-06-15",
        "generation": None,
    }
    return case_header(**(ordinary | changes))


MACED = maced(thread_state(), THREAD_KEY)
PROOFS = [SIGNED, MACED, bare(thread_state(type="report", generation=1)), bare(thread_state(type="state")), ROOT]


@pytest.mark.parametrize("document", PROOFS, ids=lambda document: document.header.type)
def test_what_is_written_is_read_again(document: Document) -> None:
    assert parse_document(document.text) == document


def test_the_bytes_that_are_signed_are_the_type_and_line_1_as_it_stands() -> None:
    line, proof_line, rest = SIGNED.text.split(b"\n")
    (signature,) = json.loads(proof_line)["sigs"]

    CASEWORKER.key.public_key().verify(unb64(signature["sig"]), b"tern/v1/consent\n" + line)

    assert rest == b""
    assert signature["by"] == CASEWORKER.id


def test_a_line_that_somebody_else_wrote_with_spaces_is_verified_as_it_stands() -> None:
    line = json.dumps(json.loads(SIGNED.line)).encode()
    document = Document(line, SIGNED.header, Signatures((CASEWORKER.signer.sign("consent", line),)))

    parse_document(document.text).verify_signatures()

    assert line != SIGNED.line


@given(st.integers(min_value=0, max_value=len(SIGNED.line) - 1), st.integers(min_value=1, max_value=255))
def test_a_signed_line_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    with pytest.raises(NotAuthentic):
        parse_document(_changed(SIGNED.text, place, change)).verify_signatures()


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_signature_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    line, proof_line, _ = SIGNED.text.split(b"\n")
    proof = _changed(proof_line, place % len(proof_line), change)

    # `TRUST` too: a changed id leaves a signature that holds, by somebody else than the author.
    with pytest.raises(NotAuthentic):
        TRUST.author_of(parse_document(line + b"\n" + proof + b"\n"), DAY)


@given(st.integers(min_value=0, max_value=len(MACED.text) - 1), st.integers(min_value=1, max_value=255))
def test_a_message_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    with pytest.raises(NotAuthentic):
        parse_document(_changed(MACED.text, place, change)).verify_mac(THREAD_KEY)


def test_a_mac_of_another_thread_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="mac"):
        MACED.verify_mac(bytes(32))


def test_a_document_without_a_mac_has_no_valid_one() -> None:
    with pytest.raises(NotAuthentic, match="mac"):
        SIGNED.verify_mac(THREAD_KEY)


def test_no_signatures_are_no_proof() -> None:
    with pytest.raises(NotAuthentic, match="unsigned"):
        parse_document(SIGNED.line + b'\n{"sigs":[]}\n').verify_signatures()


def test_a_mac_is_no_signature() -> None:
    with pytest.raises(NotAuthentic, match="unsigned"):
        MACED.verify_signatures()


def test_a_signature_under_another_type_is_refused() -> None:
    signature = CASEWORKER.signer.sign("journal", SIGNED.line)

    with pytest.raises(NotAuthentic, match="signature"):
        verify_signature(signature, bytes_signed("consent", SIGNED.line))


FIELD = 2**255 - 19
ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826  # as libsodium lists it


@pytest.mark.parametrize("sign_of_x", [0, 2**255])
@pytest.mark.parametrize("y", [0, 1, ORDER_8, FIELD - ORDER_8, FIELD - 1, FIELD, FIELD + 1])
def test_a_key_for_which_anybody_can_sign_proves_nothing(y: int, sign_of_x: int) -> None:
    key = (y | sign_of_x).to_bytes(32, "little")

    for point in (1, FIELD - 1, 0):
        with pytest.raises(NotAuthentic, match="signature"):
            verify_signature(Signature(CASEWORKER.id, key, point.to_bytes(32, "little") + bytes(32)), b"whatever")


def test_the_library_alone_would_take_such_a_key() -> None:
    neutral = (1).to_bytes(32, "little")

    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"whatever")


def test_every_one_of_two_signatures_must_hold() -> None:
    good, bad = CASEWORKER.signer.sign("consent", SIGNED.line), COLLEAGUE.signer.sign("consent", b"another line")

    with pytest.raises(NotAuthentic, match="signature"):
        Document(SIGNED.line, SIGNED.header, Signatures((good, bad))).verify_signatures()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", 2),
        ("v", True),
        ("v", 1.0),
        ("type", "casebook"),
        ("type", []),
        ("org", None),
        ("org", "A" * 64),
        ("subject", "case"),
        ("subject", None),
        ("version", 0),
        ("version", True),
        ("version", 2),  # without a previous one
        ("previous", "a" * 64),  # in the first
        ("generation", 0),
        ("generation", "1"),
        ("sealed_to", None),
        ("sealed_to", "a" * 63),
        ("author", None),
        ("author", "Ana"),
        ("at", "2026-06-15T09:17Z"),
        ("body", []),
        ("body", None),
    ],
)
def test_a_field_that_cannot_have_this_value_is_refused(key: str, value: object) -> None:
    line = canonical(json.loads(SIGNED.line) | {key: value})

    with pytest.raises(Malformed):
        parse_document(Document(line, SIGNED.header, SIGNED.proof).text)


def test_a_line_with_a_key_more_or_less_is_refused() -> None:
    fields = json.loads(SIGNED.line)
    lines = [{**fields, "extra": 1}, *({k: fields[k] for k in fields if k != key} for key in fields)]

    for line in lines:
        with pytest.raises(Malformed):
            parse_document(Document(canonical(line), SIGNED.header, SIGNED.proof).text)


def test_a_repeated_key_is_refused() -> None:
    line = SIGNED.line.replace(b'"version":1', b'"version":2,"version":1')

    with pytest.raises(Malformed):
        parse_document(Document(line, SIGNED.header, SIGNED.proof).text)


@pytest.mark.parametrize("document", PROOFS, ids=lambda document: document.header.type)
def test_each_type_has_its_one_proof(document: Document) -> None:
    for proof in (SIGNED.proof, MACED.proof, PROOFS[2].proof):
        if type(proof) is type(document.proof):
            continue
        with pytest.raises(Malformed):
            parse_document(Document(document.line, document.header, proof).text)


def test_a_message_to_a_reporter_names_no_person() -> None:
    with pytest.raises(Malformed):
        parse_document(maced(thread_state(type="message.staff", author=CASEWORKER.id), THREAD_KEY).text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        SIGNED.line,
        SIGNED.line + b"\n",
        SIGNED.text[:-1],
        SIGNED.text + b"\n",
        SIGNED.text + b" \t ",
        SIGNED.text + b"  \n",
        b"\xef\xbb\xbf" + SIGNED.text,
        SIGNED.text.replace(b"\n", b"\r\n"),
        SIGNED.text.replace(b'"sigs":', b'"sigs": '),
        SIGNED.text.replace(b"]}\n", b'],"mac":""}\n'),
        ROOT.text + b" ",
    ],
)
def test_any_other_text_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        parse_document(text)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(line: bytes) -> None:
    for text in (line, line + b"\n{}\n", SIGNED.line + b"\n" + line + b"\n"):
        with pytest.raises(Malformed):
            parse_document(text)


def test_a_sealed_document_has_the_length_of_its_class_and_opens_to_its_two_lines() -> None:
    file = seal(SIGNED, CASE_KEY.recipient)

    plaintext = age.decrypt(file, [CASE_KEY])

    assert len(file) == age.encrypted_size(4 * KIB)
    assert plaintext.rstrip(b" ") == SIGNED.text
    assert parse_document(plaintext) == SIGNED


def test_a_document_is_sealed_to_nobody_but_whom_it_names() -> None:
    with pytest.raises(Malformed):
        seal(SIGNED, age.generate().recipient)


def test_a_recipient_is_named_by_the_hash_of_its_text() -> None:
    assert SIGNED.header.sealed_to == recipient_sha256(age.parse_recipient(str(CASE_KEY.recipient)))


def _changed(text: bytes, place: int, change: int) -> bytes:
    return text[:place] + bytes([text[place] ^ change]) + text[place + 1 :]
