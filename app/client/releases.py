"""Releases: requested by one, approved and drawn by another, signed by both, verified by anyone offline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

from app.client import intake_keys
from app.client.desk import Staff
from app.client.machine import write_atomically
from app.protocol import release_files
from app.protocol.certificates import Certified, Trust
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, check_day, check_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.release_files import NOISY, SIGNATURES, SUMS, Signature, Verified
from app.protocol.statements import KeyKind
from app.vocabulary import Role

# Who may sign a release: who requested it, and the supervisor who approved it.
SIGNERS: Final = frozenset({Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR})


@dataclass(frozen=True)
class Folder:
    """A release's files by path, with the root and the certificates under which its signatures can be verified."""

    files: Mapping[str, bytes] = field(repr=False)
    vouchers: bytes = field(repr=False)


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
    """A supervisor's yes to somebody else's request. Nobody has seen a number, and until the draw nobody will."""
    _move(staff, release, "approved")


def reject(staff: Staff, release: str) -> None:
    _move(staff, release, "rejected")


def cancel(staff: Staff, release: str) -> None:
    _move(staff, release, "cancelled")


def draw(staff: Staff, release: str) -> None:
    """Lend the statistics key to the service's memory for the one draw, which is charged even if never published."""
    held = intake_keys.hold(staff, KeyKind.STATISTICS)
    staff.service.post(f"/releases/{release}/draw", {"statistics_key": str(held.identity)})


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
    """The whole folder, and what its signatures can be checked against, both already verified."""
    documents = [staff.log.trust.root]
    folder_files = _fetch_files(staff, release)
    signers = {signature.by for signature in release_files.read_signatures(folder_files[SIGNATURES])}
    for signer in sorted(signers):
        person = staff.service.get(f"/people/{signer}").json()
        found = (parse_document(str(text).encode()) for text in person["certificates"])
        documents += [document for document in found if document.header.type != "root"]
    folder = Folder(folder_files, b"".join(document.text for document in documents))
    verify(folder, pin=staff.org)
    return folder


def save(folder: Folder, directory: Path) -> None:
    """Write the files below `directory`, and the certificates beside it. Raises `FileExistsError`."""
    directory.mkdir(parents=True)
    for path, content in folder.files.items():
        target = directory / _safe(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    write_atomically(_vouchers_of(directory), folder.vouchers)


def load(directory: Path) -> Folder:
    """What `save` wrote. Raises `OSError`."""
    files = {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }
    return Folder(files, _vouchers_of(directory).read_bytes())


def verify(folder: Folder, *, pin: str) -> Verified:
    """Check a release offline against the pin. Raises `NotAuthentic`, of which `ReleaseError` is one."""
    lines = folder.vouchers.splitlines(keepends=True)
    documents = [parse_document(b"".join(lines[at : at + 2])) for at in range(0, len(lines), 2)]
    if not documents:
        raise Malformed("no root to verify against")
    trust = Trust.pinned(documents[0], pin).with_certificates(documents[1:])
    days = [check_day(document.header.at) for document in documents]
    roles: set[Role] = set()

    def check_signer(signature: Signature) -> None:
        signer = _signer(trust, signature, days)
        if not signer.roles & SIGNERS:
            raise NotAuthentic("role")
        roles.update(signer.roles)

    verified = release_files.verify(folder.files, check_signer=check_signer)
    if Role.SUPERVISOR not in roles:
        raise NotAuthentic("no-approver")
    return verified


def _signer(trust: Trust, signature: Signature, days: Iterable[date]) -> Certified:
    """The signer, certified at some time with this key: a release has no day, and outlives certificates."""
    for day in days:
        try:
            return trust.certified(signature.by, day, key=signature.key)
        except NotAuthentic:
            continue
    raise NotAuthentic("uncertified")


def _fetch_files(staff: Staff, release: str) -> dict[str, bytes]:
    paths = staff.service.get(f"/releases/{check_id('rel', release)}/files").json()["items"]
    return {str(path): staff.service.get(f"/releases/{release}/files/{_safe(str(path))}").content for path in paths}


def _safe(path: str) -> PurePosixPath:
    """Raises `Malformed` for a path that leads out of its folder."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or str(parts) != path:
        raise Malformed("a release has no such path")
    return parts


def _vouchers_of(directory: Path) -> Path:
    return directory.with_name(directory.name + ".vouchers")


def _move(staff: Staff, release: str, to: str) -> None:
    shown = staff.service.get(f"/releases/{release}")
    staff.service.post(f"/releases/{release}/transitions", {"to": to}, version=shown.etag)
