"""Anyone verifies a release from its folder and the organisation's pin, without asking any service (RELEASES § 6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile

from app.protocol import roots
from app.protocol.certificates import Trust
from app.protocol.certified import Certified
from app.protocol.documents import Document
from app.protocol.encoding import check_day, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.release.about import ABOUT, About, read_about
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import read_contents
from app.protocol.release.ledger import LedgerLine
from app.protocol.release.release_keys import REQUESTERS, ReleaseSigner
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


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """What a folder turned out to be. `signers` are roles with their years; up to composer 2, ids of people."""

    counts: NoisyCounts
    about: About
    line: LedgerLine
    signers: tuple[str, str]
    sums_sha256: str


def verify_pinned(files: Mapping[str, bytes], pin: str) -> VerifiedRelease:
    """`verify`, where the folder's own `signers.jsonl` leads from the organisation's pin to the two who signed.

    Both must have a role that may ask for releases, and one must be a supervisor. Raises `NotAuthentic`.
    """
    about = read_about(file_of(files, ABOUT))
    release = _verify_people(files, pin) if about.names_people else _verify_roles(files, pin)
    if Pin.read(release.about.pin).org != Pin.read(pin).org:
        raise ReleaseError("the folder tells its readers the pin of another organisation")
    return release


def verify(files: Mapping[str, bytes], *, check_signer: Callable[[Signature], None]) -> VerifiedRelease:
    """Check a whole folder, given by path, without asking any service.

    `check_signer` raises where nobody vouches for the key, or its holder may not sign releases. Raises `ReleaseError`.
    """
    sums_file = file_of(files, SUMS)
    signers = _signers(read_signatures(file_of(files, SIGNATURES)), sums_file, check_signer)
    contents = read_contents(files)
    is_by_them = signers == contents.about.signers
    if contents.about.names_people:  # who came first by their ids
        is_by_them = len({*signers}) == 2 and {*signers} == {*contents.about.signers}
    if not is_by_them:
        raise ReleaseError("others have signed than the folder says")
    return VerifiedRelease(
        counts=contents.counts,
        about=contents.about,
        line=contents.line,
        signers=signers,
        sums_sha256=sha256_hex(sums_file),
    )


def _verify_roles(files: Mapping[str, bytes], pin: str) -> VerifiedRelease:
    trust, documents = _trust(files, pin)
    vouched = [ReleaseSigner.read(trust.check_public(each, "release-signer")) for each in documents]
    of_key = {each.key: each for each in vouched}
    signers: list[ReleaseSigner] = []

    def check(signature: Signature) -> None:
        signer = of_key.get(signature.key)
        if signer is None or signer.role != signature.by:
            raise ReleaseError("nobody vouches for the key of a signer")
        signers.append(signer)

    release = verify(files, check_signer=check)
    if any(each.release != release.about.release for each in vouched) or len(vouched) != len(signers):
        raise ReleaseError("signers.jsonl vouches for those of another release")
    if signers[1].role is not Role.SUPERVISOR:
        raise ReleaseError("no supervisor signed the release")
    return replace(release, signers=(signers[0].words, signers[1].words))


def _verify_people(files: Mapping[str, bytes], pin: str) -> VerifiedRelease:
    """Up to composer 2 people signed with their own keys, and their certificates are in the folder."""
    trust, certificates = _trust(files, pin)
    trust = trust.with_certificates(certificates)
    days = [check_day(document.header.at) for document in read_signers(file_of(files, SIGNERS)).documents]
    signers: list[Certified] = []
    release = verify(files, check_signer=lambda signature: signers.append(_signer(trust, signature, days)))
    if not all(signer.roles & {*REQUESTERS} for signer in signers):
        raise ReleaseError("a signer has no role that may ask for releases")
    if not any(Role.SUPERVISOR in signer.roles for signer in signers):
        raise ReleaseError("no supervisor signed the release")
    return release


def _trust(files: Mapping[str, bytes], pin: str) -> tuple[Trust, list[Document]]:
    """The roots of the folder's `signers.jsonl`, which have to lead from the pin, and what stands after them."""
    signers = read_signers(file_of(files, SIGNERS))
    first, *others = signers.documents
    following = list(takewhile(lambda document: document.header.type == "root", others))
    trust = Trust.pinned(first, pin)
    for root in following:
        trust = trust.followed_by(root)
    roots.check_contains(trust.roots, Pin.read(pin).root)
    return trust.with_kept(signers.kept), others[len(following) :]


def _signers(
    signatures: Sequence[Signature], sums_file: bytes, check_signer: Callable[[Signature], None]
) -> tuple[str, str]:
    if len(signatures) != 2 or signatures[0].key == signatures[1].key:
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
