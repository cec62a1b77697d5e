"""What a refusal says to a person: what it is about, which rule or guard, and the next step; codes beside words."""

import errno
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final

from app import vocabulary
from app.client.machine.transport import Refused
from app.protocol.case import RuleBroken, list_of, takes_several
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.sizes import TooLong
from app.vocabulary import UnknownCodeError

# As many codes of a list as a person reads in a line.
_CODES_SHOWN: Final = 20
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CODE_RULE: Final = "code-"
# What a backup that was put back is behind of. No loss takes back a root, a release's noise or a report.
_RESTORED: Final = frozenset(
    {
        *("audit-chain", "audit-head", "certificate-chain", "consent-chain", "generation", "handle", "journal"),
        *("key-chain", "key-log", "ledger", "memory", "previous", "replies", "staff-log", "thread", "version"),
    }
)
_BEHIND: Final = (
    "if the service was put back to a backup, the supervisors whom the root lists accept that with `tern root "
    "accept-loss`, and everybody goes on; if it was not, somebody hides something: tell them"
)
# Members of a problem that are words of their own.
_TOLD: Final = frozenset({"type", "title", "status", "errors", "failing"})

# What the system means by the numbers of its errors, for whoever runs a machine.
_SYSTEM: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk can only be read",
    errno.EACCES: "permission denied: it must belong to the user that runs Tern",
    errno.EPERM: "permission denied: it must belong to the user that runs Tern",
    errno.EEXIST: "this is there already, and no new directory",
    errno.ENOTDIR: "this is a file and no directory",
}


def sentence(error: Exception) -> str:
    """One line for standard error, without its final point."""
    if isinstance(error, NotAuthentic) and not isinstance(error, TooLong):
        return _distrust(error)
    if isinstance(error, RuleBroken):
        return f"{_rule(error.rule)} ({error.rule})"
    if isinstance(error, Refused):
        return _refusal(error)
    if isinstance(error, OSError):
        return of_system(error)
    return str(error) or type(error).__name__


def of_system(error: OSError) -> str:
    """What the system says, with the file that it is about."""
    words = _SYSTEM.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {words}" if error.filename else words


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The words of every code, by its kind: `guard`, `rule`, `reason`, `fault`."""
    return tomllib.loads(resources.files("app.cli").joinpath("refusals.toml").read_text(encoding="utf-8"))


@cache
def advice() -> Mapping[str, str]:
    """What each problem of the API means and what to do, by its type (docs/problems.md)."""
    read: dict[str, str] = json.loads(resources.files("app.cli").joinpath("advice.json").read_text(encoding="utf-8"))
    return read


def _distrust(error: NotAuthentic) -> str:
    meaning = str(error) if isinstance(error, Malformed) else words()["reason"].get(error.reason)
    said = f"not authentic: {error.reason}; nothing was written" + (f". That is, {meaning}" if meaning else "")
    if isinstance(error, Rollback) and error.since is not None and error.reason in _RESTORED:
        said += f". What this machine has seen of it since {error.since} is not there: {_BEHIND}"
    return said


def _rule(rule: str) -> str:
    if rule.startswith(_CODE_RULE):
        return _not_of_its_list(rule.removeprefix(_CODE_RULE).replace("-", "_"))
    return words()["rule"].get(rule, "a rule of the case does not allow it")


def _not_of_its_list(name: str) -> str:
    """`name` is a field of the coding, or a list."""
    if name == "quarter":
        return "`quarter` is a quarter such as 2026-Q2, or null"
    try:
        codes = vocabulary.codes(list_of(name))
    except UnknownCodeError:
        codes = ()
    several = " several" if takes_several(name) else " one"
    shown = ", ".join(codes[:_CODES_SHOWN]) + (", …" if len(codes) > _CODES_SHOWN else "")
    return f"`{name}` is null or{several} of: {shown}" if codes else f"`{name}` is none of its codes"


def _refusal(error: Refused) -> str:
    said = f"{error} ({error.type})" if _is_code(error.type) else str(error)
    if details := "; ".join(_details(error.extensions)):
        said += f": {details}"
    is_told = any(_list(error.extensions.get(name)) for name in ("errors", "failing"))
    return said if is_told or error.type not in advice() else f"{said}. {advice()[error.type].rstrip('.')}"


def _details(members: Mapping[str, object]) -> Iterable[str]:
    for fault in _list(members.get("errors")):
        if isinstance(fault, Mapping):
            yield _fault(fault)
    for guard in filter(_is_code, _list(members.get("failing"))):
        yield f"{words()['guard'].get(str(guard), 'something must hold first')} ({guard})"
    for name, value in members.items():
        values = [each for each in _list(value) or [value] if isinstance(each, int) or _is_code(each)]
        if name not in _TOLD and values and _is_code(name):
            yield f"{name.replace('_', ' ')} {', '.join(map(str, values))}"


def _fault(fault: Mapping[str, object]) -> str:
    """`in` is the part of the request, `pointer` leads to the field, `code` is the rule."""
    field, part, code = (fault.get(name) for name in ("pointer", "in", "code"))
    named = isinstance(field, str) and field.strip("/").replace("/", ".")
    what = named if _is_code(named) else f"the {part if _is_code(part) else 'request'}"
    return f"{what} {words()['fault'].get(str(code), 'breaks a rule')}" + (f" ({code})" if _is_code(code) else "")


def _is_code(value: object) -> bool:
    """Not a sentence: a service that lies puts no words of its own beside ours, but for the title."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
