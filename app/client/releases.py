"""Releases: requested by one, approved and drawn by another, signed by both, verified by anyone offline."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from app.client import intake_keys
from app.client.desk import Staff
from app.client.intake_keys import HeldKey
from app.protocol import release_files
from app.protocol.encoding import b64, check_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.release_files import NOISY, SIGNATURES, SUMS, Verified

# The files of a release by path.
Folder: TypeAlias = Mapping[str, bytes]


def list_(staff: Staff) -> list[dict[str, Any]]:
    """The releases that this person may know of, as the service tells of them."""
    return list(staff.service.items("/releases"))


def get(staff: Staff, release: str) -> dict[str, Any]:
    return staff.service.get(f"/releases/{release}").json()


def request(staff: Staff, *, kind: str, period: str, workload: str) -> str:
    """Ask for a release of a period that has ended. Its id."""
    wanted = {"kind": kind, "period": period, "workload": workload}
    return str(staff.service.post("/releases", wanted).json()["id"])


def approve(staff: Staff, release: str) -> None:
    """A supervisor's yes to somebody else's request. Nobody has seen a number, and until the draw nobody will.

    Raises `NotGranted` where they lack a key of the period: nobody else than the approver can draw.
    """
    _keys(staff, release)
    _move(staff, release, "approved")


def reject(staff: Staff, release: str) -> None:
    _move(staff, release, "rejected")


def cancel(staff: Staff, release: str) -> None:
    _move(staff, release, "cancelled")


def draw(staff: Staff, release: str) -> None:
    """Lend the statistics keys to the service's memory for the one draw, which is charged even if never published."""
    lent = [str(held.identity) for held in _keys(staff, release)]
    staff.service.post(f"/releases/{release}/draw", {"statistics_keys": lent})


def sign(staff: Staff, release: str) -> None:
    """Sign the folder's hashes, after checking that every file is what they say and follows from the noisy counts."""
    files = _fetch_files(staff, release)
    files.pop(SIGNATURES, None)
    release_files.check_sums(files)
    expected = release_files.data_files(release_files.read_noisy(files.get(NOISY, b"")))
    if any(files.get(path) != content for path, content in expected.items()):
        raise NotAuthentic("release-data")
    signature = release_files.sign(files[SUMS], by=staff.person, key=staff.keys.signing)
    staff.service.post(f"/releases/{release}/signatures", {"key": b64(signature.key), "sig": b64(signature.sig)})


def publish(staff: Staff, release: str) -> None:
    _move(staff, release, "published")


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


def load(directory: Path) -> Folder:
    """What `save` wrote. Raises `OSError`."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def verify(folder: Folder, *, pin: str) -> Verified:
    """Check a release offline, against nothing but the pin. Raises `NotAuthentic`, of which `ReleaseError` is one."""
    return release_files.verify_pinned(folder, pin)


def _keys(staff: Staff, release: str) -> list[HeldKey]:
    return intake_keys.hold_for(staff, str(get(staff, release)["period"]))


def _fetch_files(staff: Staff, release: str) -> dict[str, bytes]:
    paths = staff.service.get(f"/releases/{check_id('rel', release)}/files").json()["items"]
    return {str(path): staff.service.get(f"/releases/{release}/files/{_safe(str(path))}").content for path in paths}


def _safe(path: str) -> PurePosixPath:
    """Raises `Malformed` for a path that leads out of its folder."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or str(parts) != path:
        raise Malformed("a release has no such path")
    return parts


def _move(staff: Staff, release: str, to: str) -> None:
    shown = staff.service.get(f"/releases/{release}")
    staff.service.post(f"/releases/{release}/transitions", {"to": to}, version=shown.etag)
