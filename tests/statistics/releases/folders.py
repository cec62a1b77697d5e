"""A composed and signed release for tests, of a few invented people."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age, vocabulary
from app.cli.demo_population import population
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Signer
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.folder import SUMS, sums
from app.protocol.release.ledger import LedgerLine, next_line
from app.protocol.release.signatures import SIGNATURES, Signers, sign_sums, write_signatures
from app.protocol.roots import make_root, org_of
from app.statistics.releases.accounting import PrivacyLoss
from app.statistics.releases.compose import compose, ledger_entry
from app.statistics.releases.counting import count
from app.statistics.releases.methodology import About
from app.statistics.releases.noise import Measurement, draw
from app.vocabulary import Role
from tests.statistics.releases.measurements import Seeded

REQUESTER, APPROVER = "per_" + "a" * 32, "per_" + "b" * 32
KEYS = {
    REQUESTER: Ed25519PrivateKey.from_private_bytes(b"r" * 32),
    APPROVER: Ed25519PrivateKey.from_private_bytes(b"a" * 32),
}
_APPROVER = Certified(
    APPROVER,
    frozenset({Role.SUPERVISOR}),
    age.identity_from_seed(b"a" * 32).recipient,
    KEYS[APPROVER].public_key().public_bytes_raw(),
)
_REQUESTER = replace(
    _APPROVER,
    person=REQUESTER,
    roles=frozenset({Role.ANALYST}),
    key=KEYS[REQUESTER].public_key().public_bytes_raw(),
)
_DAY = date(2026, 6, 1)
ROOT = make_root([_APPROVER], Signer(APPROVER, KEYS[APPROVER]), on=_DAY)
PIN = org_of(ROOT)
CERTIFICATE = certificate(
    _REQUESTER,
    org=PIN,
    signer=Signer(APPROVER, KEYS[APPROVER]),
    valid_from=_DAY,
    valid_until=date(2026, 6, 30),
)
EPSILON = {"1e-5": 0.611, "1e-6": 0.7003, "1e-9": 0.93}


@cache  # made anew, it would be the same
def noisy(workload: str = "Q", *, persons: int = 300, measurement: Measurement | None = None) -> NoisyCounts:
    chosen = vocabulary.workload(workload)
    counts = count(population(persons, b"folder"), chosen, period="2026-Q2")
    return NoisyCounts(period="2026-Q2", workload=chosen, tables=draw(chosen, counts, measurement or Seeded(1)))


def line(drawn: NoisyCounts) -> LedgerLine:
    return next_line(None, release="rel_" + "1" * 32, period=drawn.period, workload=drawn.workload, opendp="0.16.0")


def about(note: str | None = None) -> About:
    return About(
        signs_for_requester=None,
        signs_for_approver=None,
        release="rel_" + "1" * 32,
        organisation="An Organisation",
        pin=PIN,
        requested_by=REQUESTER,
        approved_by=APPROVER,
        contact="statistics@organisation.example",
        this=PrivacyLoss(12_500, EPSILON),
        year=PrivacyLoss(17_500, EPSILON),
        life=PrivacyLoss(500_000, EPSILON),
        versions={"tern": "0.1.0", "opendp": "0.16.0"},
        note=note,
    )


def unsigned(drawn: NoisyCounts) -> dict[str, bytes]:
    return compose(
        drawn, about=about(), ledger=[ledger_entry(line(drawn), drawn)], signers=Signers((ROOT, CERTIFICATE))
    )


def signed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with `SHA256SUMS` made anew and both signatures."""
    content = {path: content for path, content in files.items() if path not in (SUMS, SIGNATURES)}
    sums_file = sums(content)
    signatures = [sign_sums(sums_file, by=by, key=key) for by, key in KEYS.items()]
    return {**content, SUMS: sums_file, SIGNATURES: write_signatures(signatures)}
