"""A composed and signed release for tests, of a few invented people."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age, vocabulary
from app.cli.demo_population import population
from app.protocol.certified import Certified
from app.protocol.documents import Signer
from app.protocol.release.about import About
from app.protocol.release.budget import DELTAS, PrivacyLoss, delta_name
from app.protocol.release.composition import compose
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.ledger import LedgerEntry, LedgerLine, next_line
from app.protocol.release.release_keys import ReleaseSigner
from app.protocol.release.signatures import SIGNATURES, SIGNERS, Signers, sign_sums, write_signatures, write_signers
from app.protocol.release.sums import SUMS, sums
from app.protocol.roots import make_root, org_of
from app.statistics.releases.noise import Measurement, draw
from app.vocabulary import ReleaseKind, Role
from tests.statistics.releases.counted import count_of
from tests.statistics.releases.measurements import Seeded

RELEASE = "rel_" + "1" * 32
# As what the two sign, and the keys that they have for this release alone.
REQUESTER, APPROVER = Role.ANALYST, Role.SUPERVISOR
KEYS = {
    REQUESTER: Ed25519PrivateKey.from_private_bytes(b"r" * 32),
    APPROVER: Ed25519PrivateKey.from_private_bytes(b"s" * 32),
}
# Whom the root lists: who vouches for both.
SUPERVISOR = Signer("per_" + "b" * 32, Ed25519PrivateKey.from_private_bytes(b"a" * 32))
ROOT = make_root(
    [
        Certified(
            SUPERVISOR.person,
            frozenset({Role.SUPERVISOR}),
            age.identity_from_seed(b"a" * 32).recipient,
            SUPERVISOR.public_key,
        )
    ],
    SUPERVISOR,
    on=date(2026, 6, 1),
)
PIN = org_of(ROOT)
CERTIFICATES = tuple(
    ReleaseSigner(RELEASE, role, "2026", key.public_key().public_bytes_raw()).certify(org=PIN, signer=SUPERVISOR)
    for role, key in KEYS.items()
)
PERIOD = {ReleaseKind.RESERVE: "2026-Q2", ReleaseKind.QUARTER: "2026-Q2", ReleaseKind.YEAR: "2026"}
VOUCHERS = Signers((ROOT, *CERTIFICATES))
# What OpenDP says of these rhos; it is loaded by few tests.
LOSSES = {
    rho: PrivacyLoss(rho, dict(zip(map(delta_name, DELTAS), epsilons, strict=True)))
    for rho, epsilons in {
        5_000: (0.3753, 0.43, 0.5649),
        12_500: (0.6158, 0.7003, 0.9102),
        110_000: (2.0178, 2.2561, 2.8568),
        500_000: (4.7284, 5.2216, 6.4741),
    }.items()
}


@cache  # made anew, it would be the same
def noisy(workload: str = "Q", *, persons: int = 300, measurement: Measurement | None = None) -> NoisyCounts:
    chosen = vocabulary.workload(workload)
    counts = count_of(population(persons, b"folder"), chosen, period=PERIOD[chosen.kind])
    return NoisyCounts(
        period=PERIOD[chosen.kind], workload=chosen, tables=draw(chosen, counts, measurement or Seeded(1))
    )


def line(drawn: NoisyCounts) -> LedgerLine:
    return next_line(
        None,
        release=RELEASE,
        period=drawn.period,
        workload=drawn.workload,
        opendp="0.16.0",
        accounts_key="key_" + "1" * 32,
        accounts_sha256="0" * 64,
    )


def about(drawn: NoisyCounts, note: str | None = None) -> About:
    return About(
        signs_for_requester=None,
        signs_for_approver=None,
        release=RELEASE,
        organisation="An Organisation",
        pin=PIN,
        requested_by=REQUESTER,
        approved_by=APPROVER,
        contact="statistics@organisation.example",
        this=LOSSES[drawn.workload.rho],
        year=LOSSES[drawn.workload.rho],
        life=LOSSES[500_000],
        versions={"tern": "0.1.0", "opendp": "0.16.0"},
        note=note,
    )


def unsigned(drawn: NoisyCounts) -> dict[str, bytes]:
    return dict(_composed(drawn))


@cache  # several files of tests begin with the same
def _composed(drawn: NoisyCounts) -> Mapping[str, bytes]:
    return compose(drawn, about=about(drawn), ledger=[entry(drawn)])


def entry(drawn: NoisyCounts) -> LedgerEntry:
    """The line of the draw, with what it means."""
    maps = {table.name: table.rho for table in drawn.tables}
    return LedgerEntry(line(drawn), LOSSES[drawn.workload.rho].epsilon, maps)


def signed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with `SHA256SUMS` made anew and both signatures, and what vouches for the two, if they have it not."""
    content = {path: content for path, content in files.items() if path not in (SUMS, SIGNATURES, SIGNERS)}
    sums_file = sums(content)
    signatures = [sign_sums(sums_file, by=by, key=key) for by, key in KEYS.items()]
    beside = {SIGNATURES: write_signatures(signatures), SIGNERS: files.get(SIGNERS, write_signers(VOUCHERS))}
    return {**content, SUMS: sums_file, **beside}
