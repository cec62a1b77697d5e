"""A service that was put back to a backup: what is missing, its acceptance, and what a machine can write again.

As many supervisors as the root demands accept that what their machines have seen since the backup is gone. Then each
machine goes on from what is shown (`SeenMarks.hold`), and nothing else makes it. Roots are not lost: whoever has seen
one that the service has not puts it there again, and it is signed by the keys of the newest.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from app.client.machine import trust as trusting
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.people import audit
from app.protocol import chain, losses, roots
from app.protocol.chain import Mark
from app.protocol.documents import Document, parse_document
from app.protocol.errors import NotAuthentic, Rollback
from app.protocol.losses import LOSS, Loss
from app.protocol.roots import Root


class NotOfTheRoot(Exception):
    """Only supervisors whom the root lists accept a loss."""


class TooFewSupervisors(Exception):
    """The root lists fewer supervisors than must sign, and a paper signs roots alone."""


class AnotherDay(Exception):
    """It is not clear which day the backup is of, or what this machine saw before that day is missing too."""


@dataclass(frozen=True)
class Missing:
    """What the service does not show of a log of which this machine has seen more, and since which day it had."""

    what: str
    since: date


@dataclass(frozen=True)
class Proposed:
    """A loss with the signatures that it has, the root whose supervisors sign it, and what this machine misses."""

    loss: Loss
    root: Root
    missing: tuple[Missing, ...]

    @property
    def lacks(self) -> int:
        return self.loss.lacks(self.root)

    @property
    def signers(self) -> list[str]:
        return [each.by for each in roots.signatures_of(self.loss.document)]


def missing(staff: Staff) -> list[Missing]:
    """Of key log, staff log and audit chain, what this machine has seen and is not shown, the oldest first."""
    gaps = (Missing(what, since) for what, (_, since) in _compared(staff).items() if since is not None)
    return sorted(gaps, key=lambda each: (each.since, each.what))


def is_behind(staff: Staff) -> bool:
    """Whether the service shows a key log or certificates that are less than this machine has seen."""
    try:
        _ = staff.log
        with suppress(Refused):  # who has left is shown the log alone
            _ = staff.trust
    except Rollback:
        write_roots_again(staff)
        return True
    return False


def proposals(staff: Staff) -> list[Proposed]:
    """The losses that are proposed and can stand behind the log as it is, by the day of the backup."""
    log, found = staff.shown_log, list[Loss]()
    for item in staff.service.items("/root-proposals"):
        with suppress(NotAuthentic):
            loss = Loss.read(parse_document(str(item["document"]).encode()))
            loss.check_proposed(log.marks[-1], log.trust.root, org=staff.org)
            found.append(loss)
    gaps = tuple(missing(staff)) if found else ()
    return [Proposed(each, log.trust.root, gaps) for each in sorted(found, key=lambda each: (each.day, each.sha256))]


def accept(staff: Staff, *, day: date | None = None) -> Proposed:
    """Accept what was lost: sign what a colleague has proposed, or propose it. With the last signature it counts.

    `day` is that of the backup. Without it, it is the last day before today of which this machine has something that is
    there still, or an earlier one since which something is missing. Raises `NotOfTheRoot`, `TooFewSupervisors`, and
    `AnotherDay` where several days are proposed, one with which this machine could not go on, or one before that: who
    alone would have everybody take more for lost than is gone proposes it, so it takes the `day` in this person's word.
    Asked again where it counts since today, it proposes no other.
    """
    write_roots_again(staff)
    root = staff.shown_log.trust.root
    if staff.person not in root.supervisors:
        raise NotOfTheRoot("the root does not list you: its supervisors accept what was lost")
    if len(root.supervisors) < root.k:
        raise TooFewSupervisors(
            f"{root.k} supervisors must accept it, and the root lists {len(root.supervisors)}; a paper signs roots "
            "alone. First name another supervisor with `tern root propose --add`, signed with `tern root sign --paper`"
        )
    waiting = [each for each in proposals(staff) if day in (None, each.loss.day)]
    if len({each.loss.day for each in waiting}) > 1:
        raise AnotherDay("colleagues have proposed several days: agree on one, and say it with `--day`")
    if not waiting and (counts := _accepted_today(staff, day)):
        return Proposed(counts, root, ())
    if waiting:
        proposed = waiting[0]
        if day is None and proposed.loss.day < (held := _day_of_backup(staff)):
            raise AnotherDay(
                f"colleagues propose {proposed.loss.day}, and of {held} this machine has what is there still: ask the "
                "operator of which day the backup is, and say it with `--day`"
            )
    else:
        stated = Loss.read(_stated(staff, day or _day_of_backup(staff)))
        proposed = Proposed(stated, root, tuple(missing(staff)))
    gaps = proposed.missing
    if gaps and gaps[0].since < proposed.loss.day:
        since = gaps[0].since
        raise AnotherDay(f"this machine misses something since {since}: the backup is of that day, or of one before it")
    signature = staff.signer.sign(LOSS, proposed.loss.document.line)
    document = roots.with_signatures(proposed.loss.document, (signature,))
    answer = staff.service.post("/root-proposals", {"document": document.text.decode(), "kept": []}).json()
    staff.forget()
    return replace(proposed, loss=Loss.read(parse_document(str(answer["document"]).encode())))


def write_again(staff: Staff) -> list[str]:
    """The certificates that this machine still has and the service has not: as they are signed, they count there again.

    Those whom they are about, where they were taken. A supervisor's session is asked for.
    """
    _ = staff.trust  # which tells apart what is gone
    written = list[str]()
    for each in trusting.fetch_lost(staff.service, staff.kept_staff):
        try:
            staff.service.post("/certificates", {"document": each.text.decode()})
        except Refused:
            continue  # of who has joined since, or whose days are over: they are certified anew
        written.append(each.header.subject)
    staff.forget()
    return written


def write_roots_again(staff: Staff) -> None:
    """Give the service the roots that this machine has seen and it has not. They have all their signatures.

    A root that lists somebody who has joined since cannot be there again.
    """
    try:
        _ = staff.shown_log
    except Rollback:
        documents, kept = trusting.kept_roots(staff.kept_staff)
        for number, each in enumerate(documents, start=1):
            names = kept if number == len(documents) else []
            with suppress(Refused):  # it has this one
                staff.service.post("/root-proposals", {"document": each.text.decode(), "kept": names})


def _accepted_today(staff: Staff, day: date | None) -> Loss | None:
    """The loss that is accepted since today, where it explains all that this machine misses."""
    if is_behind(staff) or any(not staff.losses_behind(each.what, staff.org) for each in missing(staff)):
        return None
    newest = staff.log.losses[-1:]
    return next((each for each in newest if each.accepted_on == staff.today and day in (None, each.day)), None)


def _stated(staff: Staff, day: date) -> Document:
    log = staff.shown_log
    event = audit.last_event(staff)
    return losses.state_loss(
        day=day, key_log=log.marks[-1], audit=event, org=staff.org, signer=staff.signer, on=max(staff.today, day)
    )


def _day_of_backup(staff: Staff) -> date:
    compared = _compared(staff).values()
    # What was seen today may have been seen after the backup was put back.
    held = max((on for on, _ in compared if on is not None and on < staff.today), default=staff.today)
    return min([held, *(since for _, since in compared if since is not None)])


def _compared(staff: Staff) -> dict[str, tuple[date | None, date | None]]:
    """Of each log since when this machine has seen the newest that is there, and since when what is not."""
    return {what: staff.seen.compare(what, staff.org, check) for what, check in _checks(staff).items()}


def _checks(staff: Staff) -> dict[str, Callable[[Mark | None], None]]:
    log, lines = staff.shown_log, trusting.fetch_staff_marks(staff.service)
    return {
        "key-log": log.check_follows,
        "staff-log": partial(chain.check_contains, lines, reason="staff-log"),
        "audit-head": partial(audit.check_head_is_shown, staff),
        "audit": partial(audit.check_event_is_shown, staff),
    }
