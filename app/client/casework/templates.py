"""Answers that are ready: read by whoever answers reporters, written by supervisors. See `protocol.templates`.

All of them are one document, whichever is asked for: the service learns of none that it is there, or used.

What somebody wrote who is a supervisor no more they may have dated back, so it counts on a machine that has opened this
very version before; on others a supervisor reads it first, and seals it anew (`left_behind`, `adopt`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from app.client.machine import sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.client.people import shared_keys
from app.client.people.shared_keys import HOLDERS, HeldKey
from app.protocol import chain, templates
from app.protocol.case import RuleBroken
from app.protocol.certificates import Trust
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic, ProtocolError, Rollback
from app.protocol.opening import Asked, Opened
from app.protocol.statements import KeyKind
from app.protocol.templates import Template
from app.vocabulary import Role

TYPE = "templates"
_TRIES = 8  # where a colleague writes at the same time


@dataclass(frozen=True)
class Library:
    """Every template by its name, and the version that has them: none where nobody ever wrote one.

    `author_ended`, whoever wrote it is a supervisor no more, or has other keys.
    """

    templates: Mapping[str, Template]
    mark: Mark | None
    key: str | None = None  # of the desk, under which they lie
    author_ended: bool = False


@dataclass(frozen=True)
class _Shown:
    """What the service shows; without the file for who has the key of today, and not the one that they lie under."""

    version: int
    key: str
    sha256: str
    file: bytes | None

    @property
    def mark(self) -> Mark:
        return Mark(self.version, self.sha256)


def library(staff: Staff) -> Library:
    """What is ready. Raises `NotGranted` for whoever has no key of the desk, or not the one that they lie under,
    `NotAuthentic`, and `Rollback` for a version before one that this machine has seen."""
    found = _library(staff, by_ended=False)
    if found.mark is not None:
        staff.seen.record(TYPE, TYPE, found.mark)
    return found


def left_behind(staff: Staff) -> Library:
    """What is ready, also by somebody who is a supervisor no more: for a supervisor to read. Raises as `library`."""
    return _library(staff, by_ended=True)


def adopt(staff: Staff, read: Library) -> None:
    """As a supervisor, sign what was read, which is what is answered with. Raises `Refused` where it changed since."""
    if not _is_written(staff, read.mark, read.templates):
        raise Refused("stale-version", 412, "Somebody else has written the templates since; read them again")


def _library(staff: Staff, *, by_ended: bool) -> Library:
    shown = _shown(staff)
    if shown is None:
        shared_keys.hold(staff, KeyKind.DESK)  # or it is not this person's to read
        staff.seen.hold(TYPE, TYPE, _check_none)
        return Library({}, None)
    if shown.file is None:
        _check_is_closed(staff, shown)
        raise NotGranted(
            "answers are ready under a key of the desk that you do not have: a supervisor who has it seals them anew by"
            " signing in, or begins anew (tern template add --anew)"
        )
    opened = _open(staff, shown, shown.file)
    ended = staff.with_trust(partial(_has_ended, staff, opened.author))
    if ended and not by_ended and staff.seen.highest(TYPE, TYPE) != opened.mark:
        raise NotAuthentic("author-ended")
    return Library(templates.read(opened.body), opened.mark, shown.key, ended)


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
    """Whether they lay under another key of the desk than the newest, or by somebody who is a supervisor no more: from
    now on they lie under the newest, in this person's name. Raises as `library`, and `RuleBroken`."""
    found = library(staff)
    if found.key is None or (found.key == shared_keys.newest_key(staff, KeyKind.DESK).id and not found.author_ended):
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
        if _is_written(staff, before.mark, after):
            return after
    raise Refused("stale-version", 412, "Somebody else writes the templates all the time")


def _is_written(staff: Staff, after: Mark | None, what: Mapping[str, Template]) -> bool:
    """Or a colleague was faster."""
    held = _unspoiled(staff)
    written = sealed.write(staff, _key(held), TYPE, templates.body(what.values()), after=after)
    if not _is_taken(staff, held, written):
        return False
    staff.seen.record(TYPE, TYPE, written.mark)
    return True


def _is_taken(staff: Staff, held: HeldKey, written: Sealed) -> bool:
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
    except Rollback:
        raise
    except (ProtocolError, NotGranted):
        return Library({}, shown.mark)
    raise RuleBroken("templates-open")


def _shown(staff: Staff) -> _Shown | None:
    """None where the service shows none. Raises `Malformed`."""
    try:
        item = staff.service.get("/templates").json()
    except Refused as refusal:
        if refusal.type != "not-found":
            raise
        return None
    match item:
        case {"version": int(version), "key": str(key), "sha256": str(sha256), "sealed_file": text, **rest} if not rest:
            file = None if text is None else unb64(str(text))
            if file is None or sha256_hex(file) == sha256:
                return _Shown(version, key, sha256, file)
    raise Malformed("templates of another form")


def _check_is_closed(staff: Staff, shown: _Shown) -> None:
    """Whether they are no older than what was seen, and lie under a key that this person does not have.

    Raises `Rollback`, and `Malformed` where the service keeps back what they could open.
    """
    staff.seen.hold(TYPE, TYPE, partial(_check_not_before, shown.mark))
    try:
        shared_keys.hold_one(staff, KeyKind.DESK, shown.key)
    except NotGranted:
        return
    raise Malformed("templates that this person can open, without their file")


def _check_not_before(mark: Mark, seen: Mark | None) -> None:
    if chain.newest(seen, mark).version != mark.version:
        raise Rollback("version")


def _check_none(seen: Mark | None) -> None:
    if seen is not None:
        raise Rollback("version")


def _open(staff: Staff, shown: _Shown, file: bytes) -> Opened:
    held = shared_keys.hold_one(staff, KeyKind.DESK, shown.key)
    asked = Asked(TYPE, staff.org, TYPE, on_last_day=True)  # whether its author is one today is asked beside
    opened = staff.open_document(file, held.identity, asked, remember=False)
    if opened.mark.generation != held.key.version:
        raise NotAuthentic("generation")
    if opened.mark.version != shown.version:
        raise NotAuthentic("number")
    staff.seen.hold(TYPE, TYPE, partial(chain.check_not_older, opened.link))
    return opened


def _has_ended(staff: Staff, author: Certified | None, trust: Trust) -> bool:
    """Whether who wrote it with these keys is no supervisor today."""
    if author is None:
        return True
    return not trust.was_certified(author.person, author.key, [staff.today], roles={Role.SUPERVISOR})


def _key(held: HeldKey) -> Key:
    """Keys of the desk are generations of one, of which each has an id of its own."""
    return Key(TYPE, held.identity, held.key.version)
