"""Files go both ways between ours and three other implementations: npm's age-encryption, pyrage and Debian's age."""

import json
import os
import subprocess
from pathlib import Path

import pyrage
import pytest

from app import age

INTEROP = Path(__file__).parents[1] / "interop"
HYBRID = age.generate()
X25519 = age.X25519Identity(os.urandom(32))
# pyrage chooses its work factor by the speed of the machine.
PASSPHRASE = age.Passphrase("correct horse", work_factor=10, work_factor_limit=22)
# Two chunks, the last of one byte.
PLAINTEXT = os.urandom(64 * 1024) + b"!"


def run(*command: str | Path, given: bytes = b"") -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True, cwd=INTEROP).stdout


def under_node(task: str, given: bytes = b"", **fields: object) -> bytes:
    return run("node", "age.mjs", json.dumps({"task": task, **fields}), given=given)


def armored_if(wanted: bool, file: bytes) -> bytes:
    return age.armor.encode(file) if wanted else file


@pytest.mark.parametrize("armored", [False, True])
@pytest.mark.parametrize("identity", [HYBRID, X25519], ids=["mlkem768x25519", "X25519"])
def test_npm_opens_what_we_seal(identity: age.HybridIdentity | age.X25519Identity, armored: bool) -> None:
    file = armored_if(armored, age.encrypt(PLAINTEXT, [identity.recipient]))

    assert under_node("open", file, identities=[str(identity)], armored=armored) == PLAINTEXT


@pytest.mark.parametrize("armored", [False, True])
@pytest.mark.parametrize("identity", [HYBRID, X25519], ids=["mlkem768x25519", "X25519"])
def test_we_open_what_npm_seals(identity: age.HybridIdentity | age.X25519Identity, armored: bool) -> None:
    file = under_node("seal", PLAINTEXT, recipients=[str(identity.recipient)], armored=armored)

    assert age.armor.is_armored(file) == armored
    assert age.decrypt(file, [identity]) == PLAINTEXT


def test_npm_opens_what_we_seal_under_a_passphrase() -> None:
    file = age.encrypt(PLAINTEXT, [PASSPHRASE])

    assert under_node("open", file, passphrase=PASSPHRASE.text) == PLAINTEXT


def test_we_open_what_npm_seals_under_a_passphrase() -> None:
    file = under_node("seal", PLAINTEXT, passphrase=PASSPHRASE.text, work_factor=10)

    assert age.decrypt(file, [PASSPHRASE]) == PLAINTEXT


@pytest.mark.parametrize("identity", [HYBRID, X25519], ids=["mlkem768x25519", "X25519"])
def test_npm_derives_the_recipient_that_we_derive(identity: age.HybridIdentity | age.X25519Identity) -> None:
    assert under_node("recipient_of", identity=str(identity)).decode() == str(identity.recipient)


def test_the_strict_envelope_is_what_npm_writes() -> None:
    file = under_node("seal", PLAINTEXT, recipients=[str(HYBRID.recipient)])

    age.check_envelope(file, sizes={age.encrypted_size(len(PLAINTEXT))})


@pytest.mark.parametrize("armored", [False, True])
def test_pyrage_opens_what_we_seal(armored: bool) -> None:
    file = armored_if(armored, age.encrypt(PLAINTEXT, [X25519.recipient]))

    assert pyrage.decrypt(file, [pyrage.x25519.Identity.from_str(str(X25519))]) == PLAINTEXT


@pytest.mark.parametrize("armored", [False, True])
def test_we_open_what_pyrage_seals(armored: bool) -> None:
    recipient = pyrage.x25519.Recipient.from_str(str(X25519.recipient))

    file = pyrage.encrypt(PLAINTEXT, [recipient], armored=armored)

    assert age.decrypt(file, [X25519]) == PLAINTEXT


def test_pyrage_opens_what_we_seal_under_a_passphrase() -> None:
    file = age.encrypt(PLAINTEXT, [PASSPHRASE])

    assert pyrage.passphrase.decrypt(file, PASSPHRASE.text) == PLAINTEXT


def test_we_open_what_pyrage_seals_under_a_passphrase() -> None:
    file = pyrage.passphrase.encrypt(PLAINTEXT, PASSPHRASE.text)

    assert age.decrypt(file, [PASSPHRASE]) == PLAINTEXT


# Debian's age 1.1 has no mlkem768x25519, and asks a terminal for its passphrases; both are tried with the two above.
@pytest.mark.parametrize("armored", [False, True])
def test_debians_age_opens_what_we_seal(tmp_path: Path, armored: bool) -> None:
    identity_file = tmp_path / "identity.txt"
    identity_file.write_text(f"# a comment\n{X25519}\n")
    file = armored_if(armored, age.encrypt(PLAINTEXT, [X25519.recipient]))

    assert run("age", "--decrypt", "--identity", identity_file, given=file) == PLAINTEXT


@pytest.mark.parametrize("options", [[], ["--armor"]], ids=["binary", "armored"])
def test_we_open_what_debians_age_seals(options: list[str]) -> None:
    file = run("age", "--recipient", str(X25519.recipient), *options, given=PLAINTEXT)

    assert age.decrypt(file, [X25519]) == PLAINTEXT


def test_debians_identity_files_are_read(tmp_path: Path) -> None:
    text = run("age-keygen").decode()

    (identity,) = age.parse_identities(text)

    assert f"# public key: {identity.recipient}" in text
