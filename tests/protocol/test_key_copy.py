"""A copy of a person's keys opens under passphrase and account key together, and is one file in one way."""

import subprocess
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import age
from app.client.machine.directory import PersonKeys
from app.protocol import key_copy
from app.protocol.chain import Mark
from app.protocol.documents import Signer
from app.protocol.encoding import MOST, canonical, new_id, unb64
from app.protocol.errors import Malformed, NotAuthentic, NotMine
from app.protocol.key_copy import (
    COPY,
    WORK_FACTOR_LIMIT,
    AccountKey,
    KeyCopy,
    check_copy,
    check_file,
    open_copy,
    seal_copy,
    sign_file,
)
from app.protocol.roots import Pin
from app.protocol.sizes import TooLong
from tests.strength import COPY_WORK_FACTOR

PASSPHRASE = "Đêm qua ở Huế, năm từ"
KEYS = PersonKeys.generate()
SHEET = AccountKey(bytes(range(16)))
COPIED = KeyCopy("https://tern.test", new_id("per"), Pin.read("a" * 64), Mark(3, "b" * 64), KEYS.text)
FILE = seal_copy(COPIED, PASSPHRASE, SHEET, work_factor=COPY_WORK_FACTOR)
SIGNER = Signer(COPIED.person, KEYS.signing)


def under(text: bytes) -> bytes:
    """Any plaintext under both secrets."""
    return age.encrypt(
        text, [age.Passphrase(f"{unicodedata.normalize('NFC', PASSPHRASE)} {SHEET.words}", COPY_WORK_FACTOR)]
    )


def test_a_copy_opens_with_both_secrets_however_their_words_were_typed() -> None:
    typed = AccountKey.read("  " + SHEET.words.upper().replace(" ", "\n"))

    assert open_copy(FILE, unicodedata.normalize("NFD", PASSPHRASE), typed) == COPIED
    assert PersonKeys.read(COPIED.keys).public_key == KEYS.public_key


@pytest.mark.parametrize(
    ("passphrase", "sheet"), [("another passphrase", SHEET), (PASSPHRASE, AccountKey(bytes(16))), (SHEET.words, SHEET)]
)
def test_one_of_the_two_secrets_opens_nothing(passphrase: str, sheet: AccountKey) -> None:
    with pytest.raises(NotMine):
        open_copy(FILE, passphrase, sheet)


def test_words_that_are_no_account_key_are_told_before_anything_is_tried() -> None:
    for words in (
        SHEET.words.rsplit(" ", 1)[0],
        f"{SHEET.words} {SHEET.words}",
        SHEET.words.rsplit(" ", 1)[0] + " zoo",
    ):
        with pytest.raises(Malformed):
            AccountKey.read(words)


@given(at=st.integers(min_value=0, max_value=len(FILE) - 1), bit=st.sampled_from([1, 2, 128]))
@settings(max_examples=60, deadline=None)
def test_one_bit_changed_and_it_does_not_open(at: int, bit: int) -> None:
    changed = bytearray(FILE)
    changed[at] ^= bit

    with pytest.raises((NotMine, NotAuthentic)):
        open_copy(bytes(changed), PASSPHRASE, SHEET)


def test_a_copy_whose_contents_were_changed_is_not_authentic() -> None:
    with pytest.raises(NotAuthentic, match="ciphertext"):
        open_copy(FILE[:-1] + bytes([FILE[-1] ^ 1]), PASSPHRASE, SHEET)


def test_a_copy_that_would_keep_its_machine_busy_is_not_begun() -> None:
    dear = FILE.replace(b" 10\n", b" 19\n", 1)

    with pytest.raises(NotAuthentic, match="envelope"):
        open_copy(dear, PASSPHRASE, SHEET)


def written(about: dict[str, Any], *, prefix: bytes = b"# tern-copy ", keys: bytes = KEYS.text.encode()) -> bytes:
    """A plaintext of the right length."""
    return (prefix + canonical(about) + b"\n" + keys + b"# ").ljust(len(COPIED.text) - 1) + b"\n"


ABOUT: dict[str, Any] = {
    "v": 1,
    "server": COPIED.server,
    "person": COPIED.person,
    "pin": str(COPIED.pin),
    "log": {"n": 3, "sha256": "b" * 64},
}


@pytest.mark.parametrize(
    "text",
    [
        written(ABOUT, prefix=b""),
        written(ABOUT | {"v": 2}),
        written(ABOUT | {"v": True}),
        written(ABOUT | {"server": 5}),
        written(ABOUT | {"pin": 5}),
        written(ABOUT | {"person": new_id("rep")}),
        written(ABOUT | {"log": {"n": 0, "sha256": "b" * 64}}),
        written(ABOUT | {"log": {"n": MOST + 1, "sha256": "b" * 64}}),
        written(ABOUT | {"log": {"n": 3, "sha256": "b" * 63}}),
        written(ABOUT | {"log": {"n": 3, "sha256": "b" * 64, "more": 1}}),
        written(ABOUT | {"more": 1}),
        written(dict(reversed(ABOUT.items()))),
        written(ABOUT, keys=b"\xff"),
        COPIED.text[:-2] + b"!\n",
        COPIED.text.rstrip() + b"\n",
        b"",
    ],
)
def test_what_is_written_otherwise_is_nobodys_copy(text: bytes) -> None:
    with pytest.raises(Malformed):
        KeyCopy.read(text)


def test_what_is_sealed_as_a_copy_and_is_none_is_not_authentic() -> None:
    with pytest.raises(NotAuthentic):
        open_copy(under(written(ABOUT | {"v": 2})), PASSPHRASE, SHEET)


def test_the_numbers_of_a_copy_are_those_of_the_contract() -> None:
    assert written(ABOUT) == COPIED.text
    for version in (1, MOST):
        copy = replace(COPIED, log=Mark(version, "b" * 64))
        assert KeyCopy.read(copy.text) == copy
    assert len(AccountKey.generate().secret) == 16
    assert WORK_FACTOR_LIMIT == 18


def test_a_copy_has_one_length_and_one_stanza() -> None:
    longer = replace(COPIED, server="https://" + "a" * 2000)
    recipient = age.generate().recipient

    assert len(seal_copy(longer, PASSPHRASE, SHEET, work_factor=COPY_WORK_FACTOR)) == len(FILE)
    room = len(COPIED.text.rstrip(b"\n")) - len(COPIED.text.rstrip(b" \n"))
    fullest = replace(COPIED, server=COPIED.server + "a" * (room - 1))
    assert len(fullest.text) == len(COPIED.text)
    assert KeyCopy.read(fullest.text) == fullest
    with pytest.raises(TooLong):
        _ = replace(fullest, server=fullest.server + "a").text
    for other in (under(COPIED.text + b"\n"), age.encrypt(COPIED.text, [recipient]), FILE + b"\n", b"age"):
        with pytest.raises(age.EnvelopeError):
            check_copy(other)


def test_a_file_is_signed_for_one_use_by_one_key() -> None:
    signature = sign_file(COPY.name, FILE, SIGNER)

    check_file(COPY.name, FILE, by=SIGNER.person, key=SIGNER.public_key, sig=signature)
    other = unb64(PersonKeys.generate().public_key, 32)
    for type_, file, key in (("memory", FILE, SIGNER.public_key), (COPY.name, FILE + b"!", SIGNER.public_key)):
        with pytest.raises(NotAuthentic, match="signature"):
            check_file(type_, file, by=SIGNER.person, key=key, sig=signature)
    with pytest.raises(NotAuthentic, match="signature"):
        check_file(COPY.name, FILE, by=SIGNER.person, key=other, sig=signature)


def test_rage_and_debians_age_open_a_copy_with_what_its_person_types(tmp_path: Path) -> None:
    typed = f"{PASSPHRASE} {SHEET.words}"
    file, opened = tmp_path / "copy.age", tmp_path / "me.txt"
    file.write_bytes(FILE)

    assert pyrage.passphrase.decrypt(FILE, typed) == COPIED.text
    done = subprocess.run(  # in a terminal of its own: age asks for a passphrase there and nowhere else
        ["script", "-qefc", f"age -d -o {opened} {file}", "/dev/null"],
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert opened.read_bytes() == COPIED.text
    assert [str(each) for each in age.parse_identities(opened.read_text())] == [str(KEYS.identity)]


def test_a_copy_shows_nothing_of_what_opens_it() -> None:
    shown = repr([COPIED, SHEET, key_copy])

    assert not any(secret in shown for secret in (SHEET.words, str(KEYS.identity), "bytes(range(16))", "\\x01"))
