"""Releases: requested by one, approved and drawn by another, signed by both, verified by anyone offline."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, Self, TypeAlias

from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.people import shared_keys
from app.client.people.shared_keys import HeldKey
from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.encoding import b64, canonical, check_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.release.about import ABOUT, read_about
from app.protocol.release.counts import NOISY
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import read_contents
from app.protocol.release.ledger import LedgerLine, read_lines
from app.protocol.release.listing import Listed, listing_files
from app.protocol.release.signatures import SIGNATURES, sign_sums
from app.protocol.release.sums import SUMS, file_of, hashes
from app.protocol.release.verification import VerifiedRelease, verify_pinned, vouchers


class BrokenOff(Exception):
    """A draw ended without a folder: the service stopped, or somebody cancelled it or began it anew."""


# The files of a release by path.
Folder: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True)
class ReleaseView:
    """A release as the service shows it, in this version: nothing is decided on another."""

    id: str
    kind: str
    period: str
    workload: str
    state: str
    draw: str | None
    failure: str | None
    requested_by: str
    approved_by: str | None
    requester_stand_in: str | None
    approver_stand_in: str | None
    accounts_lost_too: str | None
    public_on: str | None
    version: int

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        return cls(
            id=str(item["id"]),
            kind=str(item["kind"]),
            period=str(item["period"]),
            workload=str(item["workload"]),
            state=str(item["state"]),
            draw=item["draw"],
            failure=item["failure"],
            requested_by=str(item["requested_by"]),
            approved_by=item["approved_by"],
            requester_stand_in=item["requester_stand_in"],
            approver_stand_in=item["approver_stand_in"],
            accounts_lost_too=item["accounts_lost_too"],
            public_on=item["public_on"],
            version=int(item["version"]),
        )


def list_(staff: Staff) -> list[ReleaseView]:
    """The releases that this person may know of."""
    return [ReleaseView.read(item) for item in staff.service.items("/release-requests")]


def view(staff: Staff, release: str) -> ReleaseView:
    """What the service says of a release, which is checked when it is signed. Raises `Refused`."""
    return replace(ReleaseView.read(staff.service.get(f"/releases/{release}").json()), id=release)


def request(staff: Staff, *, kind: str, period: str, workload: str) -> str:
    """Ask for a release of a period that has ended. Its id."""
    wish = {"kind": kind, "period": period, "workload": workload}
    release = str(staff.service.post("/releases", wish).json()["id"])
    staff.seen.record(_WISH, release, _wish(wish))
    return release


def approve(staff: Staff, view: ReleaseView) -> None:
    """A supervisor's yes to somebody else's request. Nobody has seen a number, and until the draw nobody will.

    Where another approver has not drawn, this one takes over from them.
    Raises `NotGranted` where they lack a key of the draw: nobody else than the approver can make it.
    """
    _keys_of(staff, view)
    staff.seen.record(_WISH, view.id, _wish(asdict(view)))  # first: it is approved once, whether or not that is heard
    _move(staff, view, "approved")


def reject(staff: Staff, view: ReleaseView) -> None:
    """Say no to another person's request."""
    _move(staff, view, "rejected")


def cancel(staff: Staff, view: ReleaseView) -> None:
    """Take back one's own request, before it is drawn."""
    _move(staff, view, "cancelled")


def draw(staff: Staff, release: str) -> None:
    """Lend the statistics keys to the service's memory for the one draw, which is charged even if never published.

    They are lent for what was approved on this machine and for nothing else. Returns when the folder is made; the draw
    goes on where nobody waits for it. Raises `NotAuthentic`, `NotGranted`, `BrokenOff`, and `Refused` where it failed.
    """
    release_view = view(staff, release)
    _check_wish(staff, release, asdict(release_view))
    keys = _keys_of(staff, release_view)
    staff.service.post(f"/releases/{release}/draw", {"statistics_keys": [str(key.identity) for key in keys]})
    _wait(staff, release)


def lose_accounts(staff: Staff, view: ReleaseView) -> None:
    """Say, for this draw, that nobody opens any more what each person has spent: it takes the word of two supervisors.

    Everybody who has a card in a drawn quarter is then charged all that was drawn of it.
    """
    staff.service.post(f"/releases/{view.id}/lost-accounts", {})


def go_on(staff: Staff, view: ReleaseView) -> None:
    """Draw what this person approved, or make the folder of a draw, whoever's it was: what an answer that got lost, a
    machine or a service that stopped has left undone."""
    if view.state == "drawn":
        staff.service.post(f"/releases/{view.id}/composition", {})
    else:
        draw(staff, view.id)


def stand_in(staff: Staff, view: ReleaseView, place: str) -> None:
    """Become a signer in the place of the `requester` or the `approver`, who cannot sign any more.

    The folder is made anew, says so, and waits for both signatures again. This machine signs it as what it was shown.
    """
    staff.seen.record(_WISH, view.id, _wish(asdict(view)))  # first: nobody takes a place twice
    staff.service.post(f"/releases/{view.id}/stand-ins", {"place": place}, version=view.version)


def sign(staff: Staff, release: str) -> Folder:
    """Sign the folder's hashes, after checking all that anybody could check but the signatures; what was signed.

    It must be of the period and workload that this machine asked for or approved, charged as this release, in a ledger
    that leaves no line out that this machine has seen, and of the noise under which it has signed the release before,
    if it has: a stand-in has the folder made anew, and nobody the draw. Raises `NotAuthentic`.
    """
    files = _fetch_files(staff, release)
    contents = read_contents(files)
    line = contents.line
    _check_wish(staff, release, asdict(line))
    if line.release != release:
        raise NotAuthentic("release-charge")
    signature = sign_sums(files[SUMS], by=staff.person, key=staff.keys.signing)
    vouchers(files, staff.org)(signature)
    _check_ledger(staff, contents.ledger)
    _check_noise(staff, release, files)
    staff.service.post(f"/releases/{release}/signatures", {"key": b64(signature.key), "sig": b64(signature.sig)})
    return files


def publisher(folder: Folder) -> str:
    """Who made it and how they are reached, as it says of itself.

    The operator wrote that, and no key vouches for it: somebody has to read it before it is published.
    """
    about = read_about(file_of(folder, ABOUT))
    return f"{about.organisation}. Contact: {about.contact}"


def publish(staff: Staff, view: ReleaseView) -> None:
    """Let everybody fetch what two have signed."""
    _move(staff, view, "published")


def embargo(staff: Staff, view: ReleaseView, *, public_on: date) -> None:
    """Let partners fetch what two have signed, and everybody from that day on."""
    step = {"to": "embargoed", "public_on": public_on.isoformat()}
    staff.service.post(f"/releases/{view.id}/transitions", step, version=view.version)


def download(staff: Staff, release: str) -> Folder:
    """The whole folder, already verified."""
    folder = _fetch_files(staff, release)
    verify(folder, pin=staff.org)
    return folder


def save(folder: Folder, directory: Path) -> None:
    """Write the files below `directory`. Raises `FileExistsError`."""
    directory.mkdir(parents=True)
    for path, content in folder.items():
        target = directory / _safe(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def export_site(staff: Staff, directory: Path) -> list[str]:
    """Write every published release, verified, below a new `directory`, with a page and a feed that lead to them: any
    host of files can hand it out. Their ids. Raises `NotAuthentic`, and `FileExistsError`."""
    published = [each for each in list_(staff) if each.state == "published"]
    folders = {each.id: download(staff, check_id("rel", each.id)) for each in published}
    listed = [Listed(each.id, each.kind, each.period, sha256_hex(folders[each.id][SUMS])) for each in published]
    save(listing_files(listed), directory)
    for id_, folder in folders.items():
        save(folder, directory / id_)
    return list(folders)


def load(directory: Path) -> Folder:
    """The files of a release, by its own `SHA256SUMS`: nothing else is read. Raises `NotAuthentic` and `OSError`."""
    sums_file = directory / SUMS
    if not sums_file.is_file():
        raise ReleaseError(f"{SUMS} is missing, so this is no folder of a release")
    own = {*hashes(sums_file.read_bytes()), SUMS, SIGNATURES}
    return {path: (directory / path).read_bytes() for path in own if (directory / path).is_file()}


def beside(directory: Path, folder: Folder) -> list[str]:
    """The paths of what lies there and is no part of the release, such as what a file manager leaves behind."""
    paths = (path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir())
    return sorted(path for path in paths if path not in folder)


def verify(folder: Folder, *, pin: str) -> VerifiedRelease:
    """Check a release offline, against nothing but the pin. Raises `NotAuthentic`, of which `ReleaseError` is one."""
    return verify_pinned(folder, pin)


# In seconds, between two looks at a draw that runs.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 3.0
# In what this machine has seen: what a release was to be, the noise under which it signed one, each line of the ledger.
_WISH, _NOISE, _LINE = "release", "release-noise", "ledger"


def _wish(wish: Mapping[str, Any]) -> Mark:
    return Mark(1, sha256_hex(canonical({name: wish[name] for name in ("kind", "period", "workload")})))


def _check_wish(staff: Staff, release: str, wish: Mapping[str, Any]) -> None:
    """It is what this machine asked for or approved under this id."""
    if staff.seen.highest(_WISH, release) != _wish(wish):
        raise NotAuthentic("release-unasked")


def _check_noise(staff: Staff, release: str, files: Folder) -> None:
    """Whoever got two folders of one release signed, with noise that differs, could average it out of both."""
    noise = Mark(1, sha256_hex(file_of(files, NOISY)))
    if staff.seen.highest(_NOISE, release) not in (None, noise):
        raise Rollback("release-noise")
    staff.seen.record(_NOISE, release, noise)


def _check_ledger(staff: Staff, ledger: tuple[LedgerLine, ...]) -> None:
    """No line is another than the one seen at its place. An older release ends with an older line."""
    lines = {str(line.seq): Mark(line.seq, line.sha256()) for line in ledger}
    for seq, mark in lines.items():
        staff.seen.hold(_LINE, seq, partial(chain.check_same, mark, reason="ledger"))
    for seq, mark in lines.items():
        staff.seen.record(_LINE, seq, mark)


def _wait(staff: Staff, release: str) -> None:
    """Until the draw runs no more. Raises `BrokenOff` where it has no result, and `Refused` at what it failed."""
    pause = _FIRST_PAUSE
    while (seen := view(staff, release)).draw == "running":
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    if seen.failure is not None:
        raise Refused(seen.failure, HTTPStatus.CONFLICT)
    if seen.draw != "done":
        raise BrokenOff("the draw was broken off or cancelled: tern release draw begins it anew, or goes on")


def _keys_of(staff: Staff, view: ReleaseView) -> list[HeldKey]:
    """Those of its period and of the accounts; where the accounts begin anew, also those of what was drawn, as far as
    this person has them. Raises `NotGranted` and `NotAuthentic`."""
    keys = {held.key.id: held for held in shared_keys.hold_for(staff, view.period)}
    ledger = read_lines(staff.service.get("/ledger").content)
    _check_ledger(staff, ledger)
    accounts_key = ledger[-1].accounts_key if ledger else None
    if accounts_key is not None and view.accounts_lost_too is None:
        keys[accounts_key] = shared_keys.hold_one(staff, accounts_key)
        return list(keys.values())
    for period in sorted({line.period for line in ledger}):
        keys |= {held.key.id: held for held in shared_keys.held_for(staff, period)}
    return list(keys.values())


def _fetch_files(staff: Staff, release: str) -> dict[str, bytes]:
    paths = staff.service.get(f"/releases/{check_id('rel', release)}/files").json()["items"]
    return {str(path): staff.service.get(f"/releases/{release}/files/{_safe(str(path))}").content for path in paths}


def _safe(path: str) -> PurePosixPath:
    """Raises `Malformed` for a path that leads out of its folder."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or str(parts) != path:
        raise Malformed("a release has no such path")
    return parts


def _move(staff: Staff, view: ReleaseView, to: str) -> None:
    staff.service.post(f"/releases/{view.id}/transitions", {"to": to}, version=view.version)
