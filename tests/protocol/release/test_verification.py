"""Anyone finds out whether a folder is a release as it was made and signed."""

import subprocess
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Signer
from app.protocol.errors import NotAuthentic
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import SUMS
from app.protocol.release.signatures import (
    SIGNATURES,
    SIGNERS,
    Signature,
    Signers,
    read_signatures,
    read_signers,
    sign_sums,
    signed_bytes,
    write_signatures,
    write_signers,
)
from app.protocol.release.verification import REQUESTERS, verify, verify_pinned
from app.vocabulary import Role
from tests.statistics.releases import folders

FOLDER = folders.signed(folders.unsigned(folders.noisy()))


def certified(signature: Signature) -> None:
    key = folders.KEYS.get(signature.by)
    if key is None or key.public_key().public_bytes_raw() != signature.key:
        raise ReleaseError("nobody certified this key")


def test_a_release_is_verified_without_asking_anybody() -> None:
    verified = verify(FOLDER, check_signer=certified)

    assert verified.signers == (folders.REQUESTER, folders.APPROVER)
    assert verified.line.release == "rel_" + "1" * 32
    assert verified.counts == folders.noisy()


def test_a_release_of_the_total_is_verified_too() -> None:
    total = folders.noisy("T")

    assert verify(folders.signed(folders.unsigned(total)), check_signer=certified).counts == total


def test_the_pin_alone_verifies_a_release() -> None:
    assert verify_pinned(FOLDER, folders.PIN) == verify(FOLDER, check_signer=certified)


def test_the_pin_of_another_organisation_does_not() -> None:
    with pytest.raises(NotAuthentic, match="pin"):
        verify_pinned(FOLDER, "0" * 64)


@pytest.mark.parametrize(
    "vouchers",
    [
        b"",
        b'"no document"\n',
        b"3\n",
        write_signers(Signers((folders.ROOT,))),
        write_signers(Signers((folders.CERTIFICATE,))),
    ],
)
def test_a_release_whose_signers_nobody_vouches_for_is_refused(vouchers: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verify_pinned(folders.signed({**FOLDER, SIGNERS: vouchers}), folders.PIN)


def signed_by(*roles: Role) -> dict[str, bytes]:
    """The release, signed by two persons with these roles and no other."""
    people = {f"per_{number:032x}": Ed25519PrivateKey.generate() for number, _ in enumerate(roles)}
    root = Signer(folders.APPROVER, folders.KEYS[folders.APPROVER])
    certificates = [
        certificate(
            Certified(
                person,
                frozenset({role}),
                age.identity_from_seed(person.encode()[:32]).recipient,
                key.public_key().public_bytes_raw(),
            ),
            org=folders.PIN,
            signer=root,
            valid_from=date(2026, 6, 1),
            valid_until=date(2026, 6, 30),
        )
        for (person, key), role in zip(people.items(), roles, strict=True)
    ]
    files = folders.signed({**FOLDER, SIGNERS: write_signers(Signers((folders.ROOT, *certificates)))})
    signatures = [sign_sums(files[SUMS], by=person, key=key) for person, key in people.items()]
    return {**files, SIGNATURES: write_signatures(signatures)}


@pytest.mark.parametrize("requester", [Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR])
def test_whoever_may_ask_signs_with_a_supervisor(requester: Role) -> None:
    assert len(set(verify_pinned(signed_by(requester, Role.SUPERVISOR), folders.PIN).signers)) == 2


@pytest.mark.parametrize("second", [Role.ANALYST, Role.CASEWORKER])
def test_two_persons_of_whom_none_is_a_supervisor_sign_no_release(second: Role) -> None:
    with pytest.raises(ReleaseError, match="no supervisor"):
        verify_pinned(signed_by(Role.CASEWORKER, second), folders.PIN)


@pytest.mark.parametrize("role", sorted(set(Role) - REQUESTERS))
def test_who_may_not_ask_for_a_release_signs_none(role: Role) -> None:
    with pytest.raises(ReleaseError, match="no role"):
        verify_pinned(signed_by(role, Role.SUPERVISOR), folders.PIN)


def test_the_sums_are_those_of_the_ordinary_tool(tmp_path: Path) -> None:
    for path, content in FOLDER.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)

    checked = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=tmp_path, capture_output=True, check=False)

    assert checked.returncode == 0


@pytest.mark.parametrize("path", sorted(FOLDER))
def test_a_changed_file_is_noticed(path: str) -> None:
    changed = FOLDER[path][:-2] + bytes([FOLDER[path][-2] ^ 1]) + FOLDER[path][-1:]

    with pytest.raises(ReleaseError, match=None if path in (SUMS, SIGNATURES) else f"{path} is not the file"):
        verify({**FOLDER, path: changed}, check_signer=certified)


@pytest.mark.parametrize("path", sorted(FOLDER))
def test_a_missing_file_is_noticed(path: str) -> None:
    with pytest.raises(ReleaseError, match=f"{path} is missing"):
        verify({each: content for each, content in FOLDER.items() if each != path}, check_signer=certified)


def test_an_added_file_is_noticed_even_when_it_is_signed() -> None:
    with pytest.raises(ReleaseError, match=r"data/extra\.csv was added"):
        verify({**FOLDER, "data/extra.csv": b"x\n"}, check_signer=certified)
    with pytest.raises(ReleaseError, match="one too many"):
        verify(folders.signed({**FOLDER, "data/extra.csv": b"x\n"}), check_signer=certified)


@pytest.mark.parametrize("path", ["data/persons.csv", "data/persons.json", "data/type.csv"])
def test_signed_figures_that_do_not_follow_from_the_noisy_counts_are_refused(path: str) -> None:
    forged = folders.signed({**FOLDER, path: FOLDER[path].replace(b"2026-Q2", b"2026-Q1")})

    with pytest.raises(ReleaseError, match="does not follow"):
        verify(forged, check_signer=certified)


def test_the_ledger_of_another_release_is_refused() -> None:
    other = folders.unsigned(folders.noisy("T"))["ledger.json"]

    with pytest.raises(ReleaseError, match="does not end with this release"):
        verify(folders.signed({**FOLDER, "ledger.json": other}), check_signer=certified)


@pytest.mark.parametrize(
    ("sums_file", "why"),
    [
        (b"".join(reversed(FOLDER[SUMS].splitlines(keepends=True))), "one writing"),
        (FOLDER[SUMS] + FOLDER[SUMS].splitlines(keepends=True)[-1], "one writing"),
        (FOLDER[SUMS] + b"# a note\n", "cannot be read"),
        (FOLDER[SUMS].removesuffix(b"\n"), "cannot be read"),
    ],
    ids=["another order", "a line twice", "a line more", "no end of line"],
)
def test_sums_that_are_written_otherwise_are_refused_although_they_are_signed(sums_file: bytes, why: str) -> None:
    signatures = write_signatures([sign_sums(sums_file, by=by, key=key) for by, key in folders.KEYS.items()])

    with pytest.raises(ReleaseError, match=why):
        verify({**FOLDER, SUMS: sums_file, SIGNATURES: signatures}, check_signer=certified)


def test_a_signature_by_a_key_that_nobody_certified_is_refused() -> None:
    stranger = sign_sums(FOLDER[SUMS], by=folders.APPROVER, key=Ed25519PrivateKey.generate())
    requester = read_signatures(FOLDER[SIGNATURES])[0]

    with pytest.raises(ReleaseError, match="certified"):
        verify({**FOLDER, SIGNATURES: write_signatures([requester, stranger])}, check_signer=certified)


@pytest.mark.parametrize("chosen", [[0], [0, 0], [], [0, 1, 1]])
def test_one_person_alone_signs_no_release(chosen: list[int]) -> None:
    signatures = read_signatures(FOLDER[SIGNATURES])

    with pytest.raises(ReleaseError, match="two persons"):
        verify({**FOLDER, SIGNATURES: write_signatures([signatures[each] for each in chosen])}, check_signer=certified)


def test_a_signature_over_other_sums_is_refused() -> None:
    requester = read_signatures(FOLDER[SIGNATURES])[0]
    other = sign_sums(b"other sums\n", by=folders.APPROVER, key=folders.KEYS[folders.APPROVER])

    with pytest.raises(ReleaseError, match="not authentic"):
        verify({**FOLDER, SIGNATURES: write_signatures([requester, other])}, check_signer=certified)


@pytest.mark.parametrize(("by", "key"), [(folders.REQUESTER, folders.APPROVER), (folders.APPROVER, folders.REQUESTER)])
def test_two_names_of_one_key_and_two_keys_of_one_name_are_one_person(by: str, key: str) -> None:
    requester = read_signatures(FOLDER[SIGNATURES])[0]
    again = sign_sums(FOLDER[SUMS], by=by, key=folders.KEYS[key])

    with pytest.raises(ReleaseError, match="two persons"):
        verify({**FOLDER, SIGNATURES: write_signatures([requester, again])}, check_signer=lambda _signature: None)


def test_signatures_and_signers_have_one_writing() -> None:
    with pytest.raises(ReleaseError, match="one writing"):
        read_signatures(FOLDER[SIGNATURES] + b" ")
    with pytest.raises(ReleaseError, match="one writing"):
        read_signers(FOLDER[SIGNERS].rstrip(b"\n"))


def test_a_signature_is_over_this_purpose_and_the_sums() -> None:
    assert signed_bytes(b"sums\n") == b"tern/v1/release\nsums\n"
