"""Answers that are ready: read by whoever answers reporters, written by supervisors. See `protocol.templates`.

All of them are one document, whichever is asked for: the service learns of none that it is there, or used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.client.machine import sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.people import shared_keys
from app.client.people.shared_keys import HOLDERS, HeldKey
from app.protocol import templates
from app.protocol.case import RuleBroken
from app.protocol.chain import Mark
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError, Rollback
from app.protocol.opening import Opened, hold_to_seen
from app.protocol.statements import KeyKind
from app.protocol.templates import Template

TYPE = "templates"
_TRIES = 8  # where a colleague writes at the same time


@dataclass(frozen=True)
class Library:
    """Every template by its name, and the version that has them: none where nobody ever wrote one."""

    templates: Mapping[str, Template]
    mark: Mark | None
    key: str | None = None  # of the desk, under which they lie


def library(staff: Staff) -> Library:
    """What is ready. Raises `NotGranted` for whoever has no key of the desk, `NotAuthentic`, and `Rollback` for a
    version before one that this machine has seen."""
    shown = _shown(staff)
    if shown is None:
        shared_keys.hold(staff, KeyKind.DESK)  # or it is not this person's to read
        staff.seen.hold(TYPE, TYPE, _check_none)
        return Library({}, None)
    version, key, file = shown
    opened = _open(staff, version, shared_keys.hold_one(staff, KeyKind.DESK, key), file)
    return Library(templates.read(opened.body), opened.mark, key)


def put(staff: Staff, name: str, texts: Mapping[str, str], *, anew: bool = False) -> Template:
    """As a supervisor, keep these words in these languages, which say the same; other languages keep theirs.

    `anew`, nothing is kept of what is there, which does not open, or which nobody stands behind. Raises `Malformed` for
    what is no template, `RuleBroken`, and what `library` raises.
    """
    return _write(staff, lambda before: {**before, name: _said(before.get(name), name, texts)}, anew=anew)[name]


def retire(staff: Staff, name: str) -> None:
    """As a supervisor, let nobody be answered by it any more. Raises `RuleBroken` where there is none."""

    def without(before: Mapping[str, Template]) -> Mapping[str, Template]:
        _one(before, name)
        return {each: before[each] for each in before if each != name}

    _write(staff, without)


def seal_anew(staff: Staff) -> bool:
    """Whether they lay under another key of the desk than the newest, under which they lie from now on."""
    if library(staff).key in (None, shared_keys.newest_key(staff, KeyKind.DESK).id):
        return False
    _write(staff, lambda before: before)
    return True


def named(staff: Staff, name: str) -> Template:
    """Raises `RuleBroken` where nothing is ready under this name, and what `library` raises."""
    return _one(library(staff).templates, name)


def filled(template: Template, language: str, with_: Mapping[str, str]) -> str:
    """What a reporter reads of it in a language. Raises `RuleBroken`."""
    words = template.words.get(language)
    if words is None:
        raise RuleBroken("not-in-this-language")
    if words.blanks != with_.keys() or not all(map(templates.is_on_one_line, with_.values())):
        raise RuleBroken("blanks")
    return words.filled(with_)


def _one(among: Mapping[str, Template], name: str) -> Template:
    if name not in among:
        raise RuleBroken("no-template")
    return among[name]


def _said(before: Template | None, name: str, texts: Mapping[str, str]) -> Template:
    return (before or Template(name, 1, {})).said_as(texts)


def _write(
    staff: Staff,
    change: Callable[[Mapping[str, Template]], Mapping[str, Template]],
    *,
    anew: bool = False,
) -> Mapping[str, Template]:
    for _ in range(_TRIES):
        before = _begun_anew(staff) if anew else library(staff)
        after = change(before.templates)
        held = _unspoiled(staff)
        written = sealed.write(staff, _key(held), TYPE, templates.body(after.values()), after=before.mark)
        if _is_taken(staff, held, written):
            staff.seen.record(TYPE, TYPE, written.mark)
            return after
    raise Refused("stale-version", 412, "Somebody else writes the templates all the time")


def _is_taken(staff: Staff, held: HeldKey, written: Sealed) -> bool:
    """Or a colleague was faster."""
    request = {"version": written.mark.version, "key": held.key.id, "file": written.file}
    try:
        staff.service.put("/templates", request)
    except Refused as refusal:
        if refusal.type != "stale-version":
            raise
        return False
    return True


def _unspoiled(staff: Staff) -> HeldKey:
    """The newest key, which nobody has who may hold it no longer. Raises `RuleBroken`."""
    held = shared_keys.hold(staff, KeyKind.DESK)
    roles, made_on = frozenset(HOLDERS[KeyKind.DESK]), held.key.valid_from
    if staff.with_trust(lambda trust: trust.may_be_known(roles, made_on, staff.today)):
        raise RuleBroken("desk-key-turns-first")
    return held


def _begun_anew(staff: Staff) -> Library:
    shown = _shown(staff)
    if shown is None:
        return library(staff)
    try:
        library(staff)
    except ProtocolError:
        return Library({}, Mark(shown[0], sha256_hex(shown[2])))
    raise RuleBroken("templates-open")


def _shown(staff: Staff) -> tuple[int, str, bytes] | None:
    """Version, key and file as the service shows them; none where it shows none."""
    try:
        item = staff.service.get("/templates").json()
    except Refused as refusal:
        if refusal.type != "not-found":
            raise
        return None
    match item:
        case {"version": int(version), "key": str(key), "file": str(file), **rest} if not rest:
            return version, key, unb64(file)
    raise Malformed("templates of another form")


def _check_none(seen: Mark | None) -> None:
    if seen is not None:
        raise Rollback("version")


def _open(staff: Staff, version: int, held: HeldKey, file: bytes) -> Opened:
    opened = sealed.read(staff, _key(held), TYPE, b64(file))
    if opened.mark.version != version:
        raise NotAuthentic("number")
    hold_to_seen(opened, staff.seen)
    return opened


def _key(held: HeldKey) -> Key:
    """Keys of the desk are generations of one, of which each has an id of its own."""
    return Key(TYPE, held.identity, held.key.version)
