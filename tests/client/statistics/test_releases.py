"""What a release has to be before somebody signs it, against a real service that is made to lie."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import vocabulary
from app.client import Staff
from app.client.machine.transport import Refused, Unreachable
from app.client.people import colleagues, roots
from app.client.statistics import plans, releases
from app.protocol.documents import Signer, parse_document
from app.protocol.encoding import canonical, sha256_hex
from app.protocol.release.about import ABOUT, read_about
from app.protocol.release.composition import compose
from app.protocol.release.counts import NOISY, NoisyCounts, read_counts
from app.protocol.release.ledger import LEDGER, LedgerEntry, read_entries
from app.protocol.release.release_keys import ReleaseKey, ReleaseSigner
from app.protocol.release.signatures import SIGNERS, Signers, read_signers, write_signers
from app.protocol.release.sums import SUMS, sums
from app.vocabulary import Role
from tests.client.installation import PASSPHRASE, Installation, installation
from tests.flows.evil import EvilServer, attacks, stops


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """A published release of the second quarter, requested by Chen and approved by Sara."""
    with installation(tmp_path_factory.mktemp("released")) as here:
        here.pass_(timedelta(days=16))
        chen, sara = here.staff("chen"), here.staff("sara")
        release = drawn(here, "2026-Q2")
        for signer in (chen, sara):
            releases.sign(signer, release)
        releases.publish(sara, releases.view(sara, release))
        yield here, release


def drawn(here: Installation, period: str) -> str:
    """A release of the period, requested by Chen, approved and drawn by Sara."""
    chen, sara = here.staff("chen"), here.staff("sara")
    release = releases.request(chen, kind="reserve", period=period, workload="T")
    releases.approve(sara, releases.view(sara, release))
    releases.draw(sara, release)
    return release


@pytest.fixture(scope="module")
def corrected(released: tuple[Installation, str]) -> tuple[Installation, str, str]:
    """That release, and one that corrects it: composed, and not signed yet."""
    here, before = released
    chen, sara = here.staff("chen"), here.staff("sara")
    release = releases.correct(chen, releases.view(chen, before), "A label was wrong.")
    releases.approve(sara, releases.view(sara, release))
    releases.go_on(sara, releases.view(sara, release))
    return here, before, release


def test_whoever_signs_is_shown_name_and_contact_that_its_readers_are_told(released: tuple[Installation, str]) -> None:
    here, release = released
    sara = here.staff("sara")

    folder = releases.download(sara, release)

    assert releases.publisher(folder) == "Organisation of a demonstration. Contact: nobody, for it is invented"


def test_a_plan_is_made_of_what_is_public_and_the_total_of_the_reserve_foretells_no_grades(
    released: tuple[Installation, str],
) -> None:
    here, _ = released

    plan = plans.plan(here.staff("chen"), vocabulary.workload("Q"), period="2026-Q2")

    assert (plan.like, plan.is_borne, plan.left) == (None, True, 12_500)


def test_who_asked_for_a_release_takes_the_request_back(released: tuple[Installation, str]) -> None:
    here, _ = released
    chen = here.staff("chen")
    release = releases.request(chen, kind="reserve", period="2026-Q1", workload="T")

    releases.cancel(chen, releases.view(chen, release))

    assert releases.view(chen, release).state == "cancelled"


def test_a_draw_goes_on_and_a_colleague_signs_for_who_lost_their_machine(
    released: tuple[Installation, str],
) -> None:
    here, _ = released
    chen, sara, boris = (here.staff(name) for name in ("chen", "sara", "boris"))
    release = releases.request(chen, kind="reserve", period="2025-Q4", workload="T")
    with unheard(here, "sara") as broken_off, pytest.raises(Unreachable):
        releases.approve(broken_off, releases.view(broken_off, release))
    releases.go_on(sara, releases.view(sara, release))
    first = releases.sign(sara, release)

    with unheard(here, "boris") as broken_off, pytest.raises(Unreachable):
        releases.stand_in(broken_off, releases.view(broken_off, release), "requester")
    signed = releases.sign(boris, release)

    with showing(here, release, with_other_noise(signed)) as (evil, http):
        again_sara = Staff(here.machine("sara"), PASSPHRASE, http=http, clock=here.now)
        stops(evil, lambda: releases.sign(again_sara, release), "release-noise")
    releases.sign(sara, release)
    assert releases.view(sara, release).state == "signed"
    assert signed[NOISY] == first[NOISY]


class Unheard(httpx2.HTTPTransport):
    """Whoever asks for anything is gone before they hear that it was done."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().handle_request(request)
        if request.method != "GET":
            answer.close()
            raise httpx2.ReadError("nobody is there any more")
        return answer


@contextmanager
def unheard(here: Installation, name: str) -> Iterator[Staff]:
    with httpx2.Client(transport=Unheard(), base_url=here.server) as http:
        yield Staff(here.machine(name), PASSPHRASE, http=http, clock=here.now)


def with_other_noise(folder: releases.Folder) -> releases.Folder:
    """The folder as a service would make it of a second draw."""
    noisy = read_counts(folder[NOISY])
    tables = [replace(table, counts=tuple(count + 1 for count in table.counts)) for table in noisy.tables]
    return made_of(folder, replace(noisy, tables=tuple(tables)), read_entries(folder[LEDGER]))


def again(folder: releases.Folder, **changes: Any) -> releases.Folder:
    """The folder as a service would make it of another draw, with hashes and pages that fit."""
    last = read_entries(folder[LEDGER])[-1]
    line = replace(last.line, **changes)
    return made_of(folder, replace(read_counts(folder[NOISY]), period=line.period), [replace(last, line=line)])


def made_of(folder: releases.Folder, noisy: NoisyCounts, entries: Sequence[LedgerEntry]) -> releases.Folder:
    about, line = read_about(folder[ABOUT]), entries[-1].line
    about = replace(about, release=line.release, versions={**about.versions, "opendp": line.opendp})
    return compose(noisy, about=about, ledger=entries)


@contextmanager
def showing(here: Installation, release: str, folder: releases.Folder) -> Iterator[tuple[EvilServer, httpx2.Client]]:
    """A way to the service on which the release has these files."""
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.answers[f"/v1/releases/{release}/files"] = canonical({"items": sorted(folder)})
        evil.answers |= {f"/v1/releases/{release}/files/{path}": content for path, content in folder.items()}
        with httpx2.Client(transport=evil, base_url=here.server) as http:
            yield evil, http


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"period": "2031-Q4"}, "release-unasked"),
        ({"kind": "quarter"}, "the ledger charges another rho than the workload's"),
        ({"release": "rel_" + "1" * 32}, "release-charge"),
        ({"rho_millionths": 1}, "the ledger charges another rho than the workload's"),
        ({"opendp": "0.0"}, "ledger"),
    ],
)
def test_nobody_signs_another_release_than_the_one_they_asked_for_or_approved(
    released: tuple[Installation, str], changes: dict[str, Any], reason: str | None
) -> None:
    here, release = released
    folder = again(releases.download(here.staff("chen"), release), **changes)
    with showing(here, release, folder) as (evil, http):
        for signer in ("chen", "sara"):
            person = Staff(here.machine(signer), PASSPHRASE, http=http, clock=here.now)
            if reason:
                stops(evil, partial(releases.sign, person, release), reason)
            else:
                with pytest.raises(Refused):  # it is theirs, and signed already
                    releases.sign(person, release)


def test_all_that_is_published_is_exported_as_pages_that_lead_to_whole_folders(
    released: tuple[Installation, str], tmp_path: Path
) -> None:
    here, release = released
    site = tmp_path / "site"

    assert release in releases.export_site(here.staff("chen"), site)

    assert f'href="{release}/index.html"' in (site / "index.html").read_text()
    assert f'href="{release}/index.es.html"' in (site / "index.es.html").read_text()
    assert (site / "feed.atom").is_file()
    assert releases.verify(releases.load(site / release), pin=here.staff("chen").org).line.release == release


@attacks("release-key")
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("none", "release-signers"),
        ("one alone", "release-signers"),
        ("one of them twice", "release-signers"),
        ("one of another folder", "release-signers"),
        ("one of another release", "release-signers"),
        ("one in a role that they never had", "role"),
        ("one by the service under their name", "uncertified"),
        ("the supervisor first", "release-signers"),
    ],
)
def test_nobody_publishes_or_takes_what_two_colleagues_have_not_signed(
    released: tuple[Installation, str], lie: str, reason: str
) -> None:
    here, release = released
    sara = here.staff("sara")
    items = sara.service.get(f"/releases/{release}/signatures").json()["items"]
    first, second = (parse_document(each["statement"].encode()) for each in items)
    stated = ReleaseKey.read(first)
    own, strange = here.staff("chen").signer, Signer(str(first.header.author), Ed25519PrivateKey.generate())
    says = partial(ReleaseKey.state, org=sara.org)
    shown = {
        "none": [],
        "one alone": [first],
        "one of them twice": [first, first],
        "one of another folder": [says(replace(stated, sums_sha256="0" * 64), signer=own), second],
        "one of another release": [says(replace(stated, release="rel_" + "1" * 32), signer=own), second],
        "one in a role that they never had": [says(replace(stated, role=Role.SUPERVISOR), signer=own), second],
        "one by the service under their name": [says(stated, signer=strange), second],
        "the supervisor first": [second, first],
    }[lie]
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        told = {"items": [{"statement": each.text.decode()} for each in shown]}
        evil.answers[f"/v1/releases/{release}/signatures"] = canonical(told)
        with httpx2.Client(transport=evil, base_url=here.server) as http:
            person = Staff(here.machine("sara"), PASSPHRASE, http=http, clock=here.now)
            stops(evil, lambda: releases.publish(person, releases.view(person, release)), reason)
            stops(evil, lambda: releases.download(person, release), reason)


def test_a_role_that_was_taken_from_a_signer_is_theirs_no_more_on_the_days_after(
    released: tuple[Installation, str],
) -> None:
    here, release = released
    sara, emil = here.staff("sara"), here.staff("emil")
    for roles in ({Role.TRIAGER, Role.ANALYST}, {Role.TRIAGER}):
        colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), roles)
    items = sara.service.get(f"/releases/{release}/signatures").json()["items"]
    first, second = (parse_document(each["statement"].encode()) for each in items)
    stated = replace(ReleaseKey.read(first), role=Role.ANALYST)
    today = here.now().date()
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)

        def take_it_as_signed_on(day: date) -> None:
            said = replace(stated, signed_on=day).state(org=sara.org, signer=emil.signer)
            told = {"items": [{"statement": each.text.decode()} for each in (said, second)]}
            evil.answers[f"/v1/releases/{release}/signatures"] = canonical(told)
            with httpx2.Client(transport=evil, base_url=here.server) as http:
                releases.download(Staff(here.machine("sara"), PASSPHRASE, http=http, clock=here.now), release)

        take_it_as_signed_on(today)
        stops(evil, lambda: take_it_as_signed_on(today + timedelta(days=2)), "role")


@attacks("release-signer")
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("by the service under the supervisor's name", "signer"),
        ("by who is on no root", "signer"),
        ("of another release", "signers.jsonl vouches for those of another release"),
        ("of other keys", "nobody vouches for the key of a signer"),
    ],
)
def test_nobody_takes_a_release_whose_signers_no_supervisor_of_the_root_vouches_for(
    released: tuple[Installation, str], lie: str, reason: str
) -> None:
    here, release = released
    chen, sara = here.staff("chen"), here.staff("sara")
    folder = releases.download(chen, release)
    vouchers = read_signers(folder[SIGNERS])
    root, *certificates = vouchers.documents
    known = [ReleaseSigner.read(each) for each in certificates]
    signer = {
        "by the service under the supervisor's name": Signer(sara.person, Ed25519PrivateKey.generate()),
        "by who is on no root": chen.signer,
    }.get(lie, sara.signer)
    changes = {"of another release": {"release": "rel_" + "1" * 32}, "of other keys": {"key": bytes(32)}}.get(lie, {})
    forged = [replace(each, **changes).certify(org=chen.org, signer=signer) for each in known]  # type: ignore[arg-type]  # each of its field
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.answers[f"/v1/releases/{release}/files/{SIGNERS}"] = write_signers(Signers((root, *forged)))
        with httpx2.Client(transport=evil, base_url=here.server) as http:
            person = Staff(here.machine("chen"), PASSPHRASE, http=http, clock=here.now)
            stops(evil, lambda: releases.download(person, release), reason)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("none", None),
        ("other noise", "release-noise"),
        ("another reason", "release-unasked"),
        ("of none", "release-charge"),
    ],
)
def test_a_correction_is_signed_of_the_noise_and_for_the_reason_that_were_asked_for(
    corrected: tuple[Installation, str, str], lie: str, reason: str | None
) -> None:
    here, before, release = corrected
    sara = here.staff("sara")
    folder = releases.sign(sara, release)
    about, noisy = read_about(folder[ABOUT]), read_counts(folder[NOISY])
    tables = [replace(table, counts=tuple(count + 1 for count in table.counts)) for table in noisy.tables]
    shown = {
        "none": (noisy, about),
        "other noise": (replace(noisy, tables=tuple(tables)), about),
        "another reason": (noisy, replace(about, correction="All of it was invented.")),
        "of none": (noisy, replace(about, release=before)),
    }[lie]
    files = compose(shown[0], about=shown[1], ledger=read_entries(folder[LEDGER]))
    with showing(here, release, files) as (evil, http):
        person = Staff(here.machine("sara"), PASSPHRASE, http=http, clock=here.now)
        if reason:
            stops(evil, lambda: releases.sign(person, release), reason)
        else:
            releases.sign(person, release)


def test_a_correction_is_signed_of_a_folder_that_two_have_signed(corrected: tuple[Installation, str, str]) -> None:
    here, before, release = corrected
    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.answers[f"/v1/releases/{before}/signatures"] = canonical({"items": []})
        with httpx2.Client(transport=evil, base_url=here.server) as http:
            person = Staff(here.machine("sara"), PASSPHRASE, http=http, clock=here.now)

            stops(evil, lambda: releases.sign(person, release), "release-signers")


def test_nobody_but_a_supervisor_of_the_root_publishes(released: tuple[Installation, str]) -> None:
    here, release = released
    boris = here.staff("boris")

    with pytest.raises(releases.NotOnTheRoot):
        releases.publish(boris, releases.view(boris, release))


@pytest.mark.parametrize("state", ["requested", "drawn", "composed", "cancelled"])
def test_who_publishes_what_two_have_not_signed_yet_is_told_so(released: tuple[Installation, str], state: str) -> None:
    here, release = released
    sara = here.staff("sara")

    with pytest.raises(releases.NotSigned, match=f"two have signed it, and this one is {state}"):
        releases.publish(sara, replace(releases.view(sara, release), state=state))


def test_a_root_without_who_vouched_for_signers_of_a_release_keeps_their_word(
    released: tuple[Installation, str],
) -> None:
    here, release = released
    sara, boris = here.staff("sara"), here.staff("boris")
    under_embargo = drawn(here, "2025-Q3")
    for signer in (here.staff("chen"), sara):
        releases.sign(signer, under_embargo)
    until = here.now().date() + timedelta(days=10)
    releases.publish(sara, releases.view(sara, under_embargo), public_on=until)
    folders = [releases.download(sara, each) for each in (release, under_embargo)]
    words = boris.certified(boris.person).fingerprint

    drafted = roots.draft_next(sara, add={boris.person: words}, drop=[sara.person])

    documents = [each for folder in folders for each in read_signers(folder[SIGNERS]).documents]
    signers = {sha256_hex(each.text) for each in documents if each.header.type == "release-signer"}
    assert len(signers) == 4
    assert signers <= {*drafted.kept}


def test_nobody_signs_under_a_ledger_that_is_not_whole(released: tuple[Installation, str]) -> None:
    here, release = released
    whole = again(releases.download(here.staff("chen"), release))
    folder = {path: content for path, content in whole.items() if path != SUMS} | {LEDGER: b'{"ledger": []}\n'}
    folder = {**folder, SUMS: sums(folder)}
    with showing(here, release, folder) as (evil, http):
        person = Staff(here.machine("sara"), PASSPHRASE, http=http, clock=here.now)

        stops(evil, lambda: releases.sign(person, release), "the ledger is not whole")


def test_a_request_that_was_taken_back_since_it_was_seen_is_not_approved(released: tuple[Installation, str]) -> None:
    here, _ = released
    chen, sara = here.staff("chen"), here.staff("sara")
    release = releases.request(chen, kind="reserve", period="2026-Q1", workload="T")
    seen_by_sara = releases.view(sara, release)

    releases.cancel(chen, releases.view(chen, release))

    assert releases.view(chen, release).state == "cancelled"
    with pytest.raises(Refused) as refusal:
        releases.approve(sara, seen_by_sara)
    assert refusal.value.type == "stale-version"
