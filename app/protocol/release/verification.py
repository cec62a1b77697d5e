"""Anyone verifies a release from its folder and the organisation's pin, without asking any service (RELEASES § 6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Final

from app.protocol import roots
from app.protocol.certificates import Trust
from app.protocol.certified import Certified
from app.protocol.encoding import check_day, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.release.about import About
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import read_contents
from app.protocol.release.ledger import LedgerLine
from app.protocol.release.signatures import (
    SIGNATURES,
    SIGNERS,
    Signature,
    check_signature,
    read_signatures,
    read_signers,
)
from app.protocol.release.sums import SUMS, file_of
from app.protocol.roots import Pin
from app.vocabulary import Role

# Who may ask for a release, and so be one of the two who sign it; the other is the supervisor who approved it.
REQUESTERS: Final = frozenset({Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """What a folder turned out to be."""

    counts: NoisyCounts
    about: About
    line: LedgerLine
    signers: tuple[str, str]
    sums_sha256: str


def verify_pinned(files: Mapping[str, bytes], pin: str) -> VerifiedRelease:
    """`verify`, where the folder's own `signers.jsonl` leads from the organisation's pin to the two who signed.

    Both must have a role that may ask for releases, and one must be a supervisor. Raises `NotAuthentic`.
    """
    voucher = vouchers(files, pin)
    signers: list[Certified] = []
    release = verify(files, check_signer=lambda signature: signers.append(voucher(signature)))
    if Pin.read(release.about.pin).org != Pin.read(pin).org:
        raise ReleaseError("the folder tells its readers the pin of another organisation")
    if not all(signer.roles & REQUESTERS for signer in signers):
        raise ReleaseError("a signer has no role that may ask for releases")
    if not any(Role.SUPERVISOR in signer.roles for signer in signers):
        raise ReleaseError("no supervisor signed the release")
    return release


def verify(files: Mapping[str, bytes], *, check_signer: Callable[[Signature], None]) -> VerifiedRelease:
    """Check a whole folder, given by path, without asking any service.

    `check_signer` raises where the key is not certified for the person, or the person may not sign releases. Raises
    `ReleaseError`.
    """
    sums_file = file_of(files, SUMS)
    signers = _signers(read_signatures(file_of(files, SIGNATURES)), sums_file, check_signer)
    contents = read_contents(files)
    if set(signers) != contents.about.signers:
        raise ReleaseError("others have signed than the folder says")
    return VerifiedRelease(
        counts=contents.counts,
        about=contents.about,
        line=contents.line,
        signers=signers,
        sums_sha256=sha256_hex(sums_file),
    )


def vouchers(files: Mapping[str, bytes], pin: str) -> Callable[[Signature], Certified]:
    """Who is certified by the folder's own `signers.jsonl`, which has to lead from the pin. Raises `NotAuthentic`."""
    signers = read_signers(file_of(files, SIGNERS))
    first, *others = signers.documents
    following = list(takewhile(lambda document: document.header.type == "root", others))
    trust = Trust.pinned(first, pin)
    for root in following:
        trust = trust.followed_by(root)
    roots.check_contains(trust.roots, Pin.read(pin).root)
    trust = trust.with_kept(signers.kept).with_certificates(others[len(following) :])
    days = [check_day(document.header.at) for document in signers.documents]
    return lambda signature: _signer(trust, signature, days)


def _signers(
    signatures: Sequence[Signature], sums_file: bytes, check_signer: Callable[[Signature], None]
) -> tuple[str, str]:
    if len(signatures) != 2 or signatures[0].by == signatures[1].by or signatures[0].key == signatures[1].key:
        raise ReleaseError("a release is signed by two persons")
    for signature in signatures:
        check_signature(signature, sums_file)
        check_signer(signature)
    return signatures[0].by, signatures[1].by


def _signer(trust: Trust, signature: Signature, days: Iterable[date]) -> Certified:
    """The signer, certified with this key on one of these days: a release has none, and outlives its certificates."""
    for day in days:
        with suppress(NotAuthentic):
            return trust.certified(signature.by, day, key=signature.key)
    raise ReleaseError(f"nobody certified the key of {signature.by}")
