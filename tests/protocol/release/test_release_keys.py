"""Who signs a release says so under their own name, and a supervisor vouches for a role and a year."""

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol.documents import Document, Header, signed
from app.protocol.encoding import b64
from app.protocol.errors import Malformed
from app.protocol.release.release_keys import ReleaseKey, ReleaseSigner
from app.vocabulary import Role
from tests.statistics.releases import folders

KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
STATED = ReleaseKey(folders.RELEASE, "5" * 64, Role.ANALYST, KEY, date(2026, 7, 31))
VOUCHED = ReleaseSigner(folders.RELEASE, Role.ANALYST, "2026", KEY)


def changed(document: Document, *, type_: str | None = None, at: str | None = None, **changes: object) -> Document:
    """The same, signed by who signed it, but for these."""
    header = document.header
    body = {**header.body, **changes}
    return signed(
        Header.new(
            type_ or header.type, header.subject, body, org=folders.PIN, author=header.author, at=at or header.at
        ),
        folders.SUPERVISOR,
    )


STATEMENT = STATED.state(org=folders.PIN, signer=folders.SUPERVISOR)
CERTIFICATE = VOUCHED.certify(org=folders.PIN, signer=folders.SUPERVISOR)


def test_what_is_stated_and_vouched_for_is_read_as_it_was_written() -> None:
    assert ReleaseKey.read(changed(STATEMENT)) == STATED
    assert ReleaseSigner.read(changed(CERTIFICATE)) == VOUCHED == ReleaseSigner.of(STATED)


def test_of_when_a_release_was_published_its_certificates_tell_no_more_than_the_year() -> None:
    assert (CERTIFICATE.header.at, VOUCHED.words) == ("2026-01-01", "analyst 2026")


@pytest.mark.parametrize("role", Role)
def test_analysts_caseworkers_and_supervisors_sign_releases_and_nobody_else(role: Role) -> None:
    may = role in (Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR)

    for read, document in ((ReleaseKey.read, STATEMENT), (ReleaseSigner.read, CERTIFICATE)):
        if may:
            assert read(changed(document, role=role)).role is role
        else:
            with pytest.raises(Malformed):
                read(changed(document, role=role))


@pytest.mark.parametrize(
    "document",
    [
        changed(STATEMENT, type_="release-signer"),
        changed(STATEMENT, more=1),
        changed(STATEMENT, key=3),
        changed(STATEMENT, key=b64(KEY + b"k")),
        changed(STATEMENT, sums="5" * 63),
    ],
    ids=["another type", "more", "a number", "a longer key", "no hash"],
)
def test_a_release_key_of_another_form_is_refused(document: Document) -> None:
    with pytest.raises(Malformed):
        ReleaseKey.read(document)


@pytest.mark.parametrize(
    "document",
    [
        changed(CERTIFICATE, type_="release-key"),
        changed(CERTIFICATE, more=1),
        changed(CERTIFICATE, key=3),
        changed(CERTIFICATE, key=b64(KEY + b"k")),
        changed(CERTIFICATE, year=2026),
        changed(CERTIFICATE, year="1926", at="1926-01-01"),
        changed(CERTIFICATE, at="2026-07-31"),
    ],
    ids=[
        *("another type", "more", "a number", "a longer key"),
        *("a number for a year", "another century", "another day"),
    ],
)
def test_what_vouches_for_a_signer_in_another_form_is_refused(document: Document) -> None:
    with pytest.raises(Malformed):
        ReleaseSigner.read(document)
