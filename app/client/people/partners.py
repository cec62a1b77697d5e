"""Partners: organisations that two supervisors let in, and the tokens of their programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from app.client.machine.staff import Staff
from app.protocol.encoding import check_id


@dataclass(frozen=True)
class Partner:
    """An organisation under the handle that supervisors gave it, in this version: nothing is decided on another."""

    id: str
    handle: str
    scope: str
    until: str
    state: str
    proposed_by: str
    agreed_by: str | None
    ended_on: str | None
    version: int

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        names = "id", "handle", "scope", "until", "state", "proposed_by", "agreed_by", "ended_on", "version"
        return cls(**{name: item[name] for name in names})


@dataclass(frozen=True)
class PartnerToken:
    """A token that counts, without itself: nobody is shown it again."""

    id: str
    scope: str
    until: str

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        return cls(id=item["id"], scope=item["scope"], until=item["until"])


def list_(staff: Staff) -> list[Partner]:
    """Those that were proposed, agreed to, or ended in the last ninety days. Raises `Refused`."""
    return [Partner.read(item) for item in staff.service.items("/partners")]


def tokens(staff: Staff, partner: Partner) -> list[PartnerToken]:
    """Those that count. Raises `Refused`."""
    return [PartnerToken.read(item) for item in staff.service.items(f"{_path(partner)}/tokens")]


def propose(staff: Staff, handle: str, *, scope: str, until: date) -> Partner:
    """Ask another supervisor to let an organisation in. Raises `Refused`."""
    wish = {"handle": handle, "scope": scope, "until": until.isoformat()}
    return Partner.read(staff.service.post("/partners", wish).json())


def agree(staff: Staff, partner: Partner) -> Partner:
    """Let in what another supervisor proposed, as it was seen. Raises `Refused`."""
    return _move(staff, partner, "agreed")


def end(staff: Staff, partner: Partner) -> Partner:
    """Its tokens open nothing from now on. Raises `Refused`."""
    return _move(staff, partner, "ended")


def issue_token(staff: Staff, partner: Partner, *, scope: str) -> str:
    """A token for one program of the partner, which is told this once. Raises `Refused`."""
    return str(staff.service.post(f"{_path(partner)}/tokens", {"scope": scope}).json()["token"])


def revoke(staff: Staff, partner: Partner, token: str) -> None:
    """End one token, by its id. Raises `Refused`."""
    staff.service.delete(f"{_path(partner)}/tokens/{check_id('tok', token)}")


def _move(staff: Staff, partner: Partner, to: str) -> Partner:
    answer = staff.service.post(f"{_path(partner)}/transitions", {"to": to}, version=partner.version)
    return Partner.read(answer.json())


def _path(partner: Partner) -> str:
    return f"/partners/{check_id('par', partner.id)}"
