"""Anyone finds out whether a folder is a release as it was made and signed."""

import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.client.statistics import releases
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Document, Signer
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.release.about import COMPOSER
from app.protocol.release.composition import compose
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.mechanism import check_noise, oddities
from app.protocol.release.release_keys import REQUESTERS, ReleaseSigner, release_key
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
from app.protocol.release.sums import SUMS
from app.protocol.release.verification import verify, verify_pinned
from app.protocol.roots import Pin, Root, list_sha256, propose_root, root_body, sign_root
from app.vocabulary import Role, all_workloads
from tests.statistics.releases import folders
from tests.statistics.releases.measurements import NoNoise, Seeded

FOLDER = folders.signed(folders.unsigned(folders.noisy()))
KEYS = folders.KEYS
REQUESTERS_KEY, STRANGERS_KEY = KEYS[folders.REQUESTER], Ed25519PrivateKey.from_private_bytes(b"x" * 32)
STRANGER = Signer("per_" + "c" * 32, STRANGERS_KEY)
OTHER = "rel_" + "2" * 32


def vouched(
    key: Ed25519PrivateKey, role: Role, *, signer: Signer = folders.SUPERVISOR, release: str = folders.RELEASE
) -> Document:
    """A supervisor's word for a key."""
    of_key = key.public_key().public_bytes_raw()
    return ReleaseSigner(release, role, "2026", of_key).certify(org=folders.PIN, signer=signer)


def certified(signature: Signature) -> None:
    key = KEYS.get(Role(signature.by))
    if key is None or key.public_key().public_bytes_raw() != signature.key:
        raise ReleaseError("nobody certified this key")


def test_a_release_is_verified_without_asking_anybody() -> None:
    verified = verify(FOLDER, check_signer=certified)

    assert verified.signers == (folders.REQUESTER, folders.APPROVER)
    assert verified.line.release == folders.RELEASE
    assert verified.counts == folders.noisy()


def test_a_release_of_the_total_is_verified_too() -> None:
    total = folders.noisy("T")

    assert verify(folders.signed(folders.unsigned(total)), check_signer=certified).counts == total


def test_the_pin_alone_verifies_a_release_and_tells_roles_and_years_of_who_signed() -> None:
    verified = verify_pinned(FOLDER, folders.PIN)

    assert verified.signers == ("analyst 2026", "supervisor 2026")
    assert verified == replace(verify(FOLDER, check_signer=certified), signers=verified.signers)


def test_no_file_of_a_release_names_anybody_but_who_is_on_the_root() -> None:
    named = {id_ for content in FOLDER.values() for id_ in re.findall(rb"per_[0-9a-z]+", content)}

    assert named == {folders.SUPERVISOR.person.encode()}


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
        write_signers(Signers(folders.CERTIFICATES)),
        write_signers(Signers((folders.ROOT, folders.CERTIFICATES[0]))),
        write_signers(Signers((folders.ROOT, *folders.CERTIFICATES, folders.CERTIFICATES[0]))),
        write_signers(Signers((folders.ROOT, *(vouched(KEYS[role], role, signer=STRANGER) for role in KEYS)))),
        write_signers(Signers((folders.ROOT, *(vouched(KEYS[role], role, release=OTHER) for role in KEYS)))),
        write_signers(Signers((folders.ROOT, *(vouched(KEYS[role], Role.CASEWORKER) for role in KEYS)))),
        write_signers(Signers((folders.ROOT, vouched(REQUESTERS_KEY, Role.CASEWORKER), folders.CERTIFICATES[1]))),
        write_signers(Signers((folders.ROOT, vouched(STRANGERS_KEY, Role.ANALYST), folders.CERTIFICATES[1]))),
        write_signers(
            Signers((folders.ROOT, vouched(REQUESTERS_KEY, Role.ANALYST, release=OTHER), folders.CERTIFICATES[1]))
        ),
    ],
    ids=[
        *("nothing", "no document", "a number", "a root alone", "no root", "one signer", "a signer twice"),
        *("by nobody of the root", "of another release", "in other roles"),
        *("one in another role", "one of another key", "one of another release"),
    ],
)
def test_a_release_whose_signers_nobody_vouches_for_is_refused(vouchers: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verify_pinned(folders.signed({**FOLDER, SIGNERS: vouchers}), folders.PIN)


def signed_by(requester: Role, approver: Role) -> dict[str, bytes]:
    """The release, signed in these roles."""
    drawn = folders.noisy("T")
    keys = [(requester, KEYS[Role.ANALYST]), (approver, KEYS[Role.SUPERVISOR])]
    about = replace(folders.about(drawn), requested_by=requester, approved_by=approver)
    files = compose(drawn, about=about, ledger=[folders.entry(drawn)])
    signatures = [sign_sums(files[SUMS], by=role, key=key) for role, key in keys]
    certificates = [vouched(key, role) for role, key in keys]
    return {
        **files,
        SIGNATURES: write_signatures(signatures),
        SIGNERS: write_signers(Signers((folders.ROOT, *certificates))),
    }


@pytest.mark.parametrize("requester", REQUESTERS)
def test_whoever_may_ask_signs_with_a_supervisor(requester: Role) -> None:
    verified = verify_pinned(signed_by(requester, Role.SUPERVISOR), folders.PIN)

    assert verified.signers == (f"{requester} 2026", "supervisor 2026")


@pytest.mark.parametrize("second", [Role.ANALYST, Role.CASEWORKER])
def test_nobody_but_a_supervisor_signs_in_the_place_of_the_approver(second: Role) -> None:
    with pytest.raises(ReleaseError, match="no supervisor"):
        verify_pinned(signed_by(Role.SUPERVISOR, second), folders.PIN)


@pytest.mark.parametrize("role", sorted(set(Role) - {*REQUESTERS}))
def test_who_may_not_ask_for_a_release_signs_none(role: Role) -> None:
    with pytest.raises(Malformed, match="another form"):
        verify_pinned(signed_by(role, Role.SUPERVISOR), folders.PIN)


def test_the_keys_of_one_person_for_two_releases_have_nothing_in_common() -> None:
    own = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    keys = [
        release_key(own, release).public_key().public_bytes_raw()
        for release in (folders.RELEASE, OTHER, folders.RELEASE)
    ]

    assert keys[0] == keys[2]
    assert len({*keys, own.public_key().public_bytes_raw()}) == 3


def test_a_release_verifies_under_a_later_root_that_keeps_what_vouches_for_its_signers_and_under_no_other() -> None:
    kept = [sha256_hex(each.text) for each in folders.CERTIFICATES]
    for keeps in ([], kept):
        later = root_after(keeps)
        pin = str(Pin(folders.PIN, Root.read(later).mark))
        vouchers = write_signers(Signers((folders.ROOT, later, *folders.CERTIFICATES), tuple(sorted(keeps))))
        folder = {**FOLDER, SIGNERS: vouchers}
        if keeps:
            assert verify_pinned(folder, pin).signers == ("analyst 2026", "supervisor 2026")
        else:
            with pytest.raises(NotAuthentic, match="not-kept"):
                verify_pinned(folder, pin)
        with pytest.raises(Rollback):
            verify_pinned(FOLDER, pin)


def root_after(kept: list[str]) -> Document:
    """The root that follows, without the supervisor who vouched."""
    new = replace(
        next(iter(Root.read(folders.ROOT).supervisors.values())),
        person=STRANGER.person,
        key=STRANGER.public_key,
        recipient=age.identity_from_seed(b"z" * 32).recipient,
    )
    body = root_body([new], k=1, papers={}, kept_staff=list_sha256(kept))
    proposed = propose_root(
        body, after=Root.read(folders.ROOT), org=folders.PIN, signer=folders.SUPERVISOR, on=date(2026, 7, 1)
    )
    return sign_root(proposed, STRANGER)


def test_the_sums_are_those_of_the_ordinary_tool(tmp_path: Path) -> None:
    for path, content in FOLDER.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)

    checked = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=tmp_path, capture_output=True, check=False)

    assert checked.returncode == 0


@pytest.mark.parametrize("path", sorted(FOLDER.keys() - {SIGNERS}))
def test_a_changed_file_is_noticed(path: str) -> None:
    changed = FOLDER[path][:-2] + bytes([FOLDER[path][-2] ^ 1]) + FOLDER[path][-1:]

    with pytest.raises(ReleaseError, match=None if path in (SUMS, SIGNATURES) else f"{path} is not the file"):
        verify({**FOLDER, path: changed}, check_signer=certified)


@pytest.mark.parametrize("path", sorted(FOLDER))
def test_a_missing_file_is_noticed(path: str) -> None:
    with pytest.raises(ReleaseError, match=f"{path} is missing"):
        verify_pinned({each: content for each, content in FOLDER.items() if each != path}, folders.PIN)


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


def test_two_names_of_one_key_are_one_person() -> None:
    requester = read_signatures(FOLDER[SIGNATURES])[0]
    again = sign_sums(FOLDER[SUMS], by=folders.APPROVER, key=KEYS[folders.REQUESTER])

    with pytest.raises(ReleaseError, match="two persons"):
        verify({**FOLDER, SIGNATURES: write_signatures([requester, again])}, check_signer=lambda _signature: None)


def test_signatures_and_signers_have_one_writing() -> None:
    with pytest.raises(ReleaseError, match="one writing"):
        read_signatures(FOLDER[SIGNATURES] + b" ")
    with pytest.raises(ReleaseError, match="one writing"):
        read_signers(FOLDER[SIGNERS].rstrip(b"\n"))


def test_a_signature_is_over_this_purpose_and_the_sums() -> None:
    assert signed_bytes(b"sums\n") == b"tern/v1/release\nsums\n"


def told_anew(drawn: NoisyCounts, **changes: object) -> dict[str, bytes]:
    """A folder whose every file follows from these counts, and that two have signed."""
    about = replace(folders.about(drawn), **changes)  # type: ignore[arg-type]  # each of its field
    return folders.signed(compose(drawn, about=about, ledger=[folders.entry(drawn)]))


def with_tables(**changes: object) -> NoisyCounts:
    drawn = folders.noisy()
    return replace(drawn, tables=tuple(replace(table, **changes) for table in drawn.tables))  # type: ignore[arg-type]  # as above


def test_a_folder_with_too_little_noise_is_refused() -> None:
    drawn = folders.noisy(measurement=Seeded(1, of=0.1))

    with pytest.raises(ReleaseError, match="origin has too little noise"):
        verify(told_anew(drawn), check_signer=certified)
    with pytest.raises(ReleaseError, match="origin has too little noise"):
        verify(told_anew(folders.noisy(measurement=NoNoise())), check_signer=certified)


def test_counts_that_were_cut_off_at_zero_are_refused() -> None:
    drawn = folders.noisy()
    cut = tuple(replace(table, counts=tuple(max(0, count) for count in table.counts)) for table in drawn.tables)

    with pytest.raises(ReleaseError, match="origin has too little noise"):
        verify(told_anew(replace(drawn, tables=cut)), check_signer=certified)


def test_another_sigma_or_rho_than_the_workloads_is_refused() -> None:
    with pytest.raises(ReleaseError, match="total has another sigma"):
        verify(told_anew(with_tables(sigma=14_142)), check_signer=certified)
    with pytest.raises(ReleaseError, match="total has another rho"):
        verify(told_anew(with_tables(rho=0.001)), check_signer=certified)


@pytest.mark.parametrize("workload", all_workloads())
def test_the_noise_that_is_drawn_is_never_taken_for_too_little(workload: str) -> None:
    for seed in range(3):
        drawn = folders.noisy(workload, measurement=Seeded(seed))
        check_noise(drawn)
        assert oddities(drawn) == []
    assert oddities(folders.noisy("Q", measurement=Seeded(1, of=2))) == ["origin", "host"]


def test_another_methodology_is_refused_even_when_it_is_signed() -> None:
    page = FOLDER["methodology.md"].replace(b"Nothing is exact but", b"Everything is exact, and")

    with pytest.raises(ReleaseError, match=r"methodology\.md does not follow"):
        verify(folders.signed({**FOLDER, "methodology.md": page}), check_signer=certified)


@pytest.mark.parametrize("path", ["dictionary.csv", "about.json", "ledger.json"])
def test_no_text_is_taken_that_does_not_follow(path: str) -> None:
    with pytest.raises(ReleaseError):
        verify(folders.signed({**FOLDER, path: FOLDER[path] + b"\n"}), check_signer=certified)


def test_a_folder_that_says_that_another_role_asked_for_it_is_refused() -> None:
    with pytest.raises(ReleaseError, match="others have signed"):
        verify(told_anew(folders.noisy("T"), requested_by=Role.CASEWORKER), check_signer=certified)


def test_a_ledger_that_tells_another_cost_is_refused() -> None:
    drawn, entry = folders.noisy(), folders.entry(folders.noisy())
    for changed, reason in (
        (replace(entry, maps={**entry.maps, "total": 0.0}), "another cost"),
        (replace(entry, epsilon=folders.LOSSES[5_000].epsilon), "an epsilon of the ledger"),
    ):
        files = compose(drawn, about=folders.about(drawn), ledger=[changed])
        with pytest.raises(ReleaseError, match=reason):
            verify(folders.signed(files), check_signer=certified)


def test_a_folder_that_names_the_pin_of_others_is_refused() -> None:
    with pytest.raises(ReleaseError, match="another organisation"):
        verify_pinned(told_anew(folders.noisy(), pin="0" * 64), folders.PIN)


REQUESTER_OF_BEFORE = Signer("per_" + "a" * 32, REQUESTERS_KEY)


def certificate_of_before(holder: Signer, role: Role, *, until: date = date(2026, 6, 30)) -> Document:
    """A supervisor's word for a person, as folders had it that name people: for the days up to this one."""
    return certificate(
        Certified(holder.person, frozenset({role}), age.identity_from_seed(b"r" * 32).recipient, holder.public_key),
        org=folders.PIN,
        signer=folders.SUPERVISOR,
        valid_from=until.replace(day=1),
        valid_until=until,
    )


def signed_by_people(
    requester: Signer, approver: Signer, *certificates: Document, named: tuple[str, str] | None = None
) -> dict[str, bytes]:
    """A folder as composer 2 made it, which names the two who sign it, or these."""
    drawn = folders.noisy("T")
    requested_by, approved_by = named or (requester.person, approver.person)
    about = replace(folders.about(drawn), composer=2, requested_by=requested_by, approved_by=approved_by)
    vouchers = write_signers(Signers((folders.ROOT, *certificates)))
    files = compose(drawn, about=about, ledger=[folders.entry(drawn)], signers=vouchers)
    made = [each.sign_bytes(signed_bytes(files[SUMS])) for each in (requester, approver)]
    return {**files, SIGNATURES: write_signatures([Signature(each.by, each.key, each.sig) for each in made])}


@pytest.mark.parametrize("role", sorted(Role))
def test_people_sign_a_folder_of_before_who_may_ask_for_releases(role: Role) -> None:
    own = certificate_of_before(REQUESTER_OF_BEFORE, role)
    folder = signed_by_people(REQUESTER_OF_BEFORE, folders.SUPERVISOR, own)

    if role in REQUESTERS:
        named = REQUESTER_OF_BEFORE.person, folders.SUPERVISOR.person
        assert verify_pinned(folder, folders.PIN).signers == named
    else:
        with pytest.raises(ReleaseError, match="may ask for releases"):
            verify_pinned(folder, folders.PIN)


@pytest.mark.parametrize("role", sorted({*REQUESTERS} - {Role.SUPERVISOR}))
def test_no_two_sign_a_folder_of_before_of_whom_none_is_a_supervisor(role: Role) -> None:
    certificates = [certificate_of_before(each, role) for each in (REQUESTER_OF_BEFORE, STRANGER)]

    with pytest.raises(ReleaseError, match="no supervisor"):
        verify_pinned(signed_by_people(REQUESTER_OF_BEFORE, STRANGER, *certificates), folders.PIN)


def test_a_folder_of_before_is_signed_by_both_whom_it_names() -> None:
    own = certificate_of_before(REQUESTER_OF_BEFORE, Role.ANALYST)
    folder = signed_by_people(REQUESTER_OF_BEFORE, folders.SUPERVISOR, own)
    first, second = read_signatures(folder[SIGNATURES])

    for alone in ([first], [second], [first, first], [second, second]):
        with pytest.raises(ReleaseError, match="by two persons"):
            verify_pinned({**folder, SIGNATURES: write_signatures(alone)}, folders.PIN)


def test_nobody_signs_a_folder_of_before_in_the_place_of_whom_it_names() -> None:
    own = certificate_of_before(REQUESTER_OF_BEFORE, Role.ANALYST)
    named = STRANGER.person, folders.SUPERVISOR.person

    with pytest.raises(ReleaseError, match="others have signed"):
        verify_pinned(signed_by_people(REQUESTER_OF_BEFORE, folders.SUPERVISOR, own, named=named), folders.PIN)


def test_one_supervisor_of_two_keys_signs_no_folder_of_before_that_names_only_them() -> None:
    again = Signer(REQUESTER_OF_BEFORE.person, STRANGERS_KEY)
    certificates = (
        certificate_of_before(REQUESTER_OF_BEFORE, Role.SUPERVISOR, until=date(2026, 5, 31)),
        certificate_of_before(again, Role.SUPERVISOR),
    )

    with pytest.raises(ReleaseError, match="others have signed"):
        verify_pinned(signed_by_people(REQUESTER_OF_BEFORE, again, *certificates), folders.PIN)


def test_certificates_of_today_vouch_for_no_folder_that_names_people() -> None:
    folder = releases.load(Path(__file__).parent / "composer_2")

    with pytest.raises(NotAuthentic):
        verify_pinned({**folder, SIGNERS: write_signers(folders.VOUCHERS)}, folders.PIN)


def test_a_folder_that_a_later_tern_made_says_so() -> None:
    later = FOLDER["about.json"].replace(b'"composer": %d' % COMPOSER, b'"composer": %d' % (COMPOSER + 1))

    with pytest.raises(ReleaseError, match="does not know"):
        verify(folders.signed({**FOLDER, "about.json": later}), check_signer=certified)
