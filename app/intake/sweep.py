"""Destruction by rule, once a day."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from app.blobs import Blobs
from app.database import Database
from app.http.idempotency import forget
from app.intake.attachments import service as attachments
from app.intake.attachments import uploads
from app.intake.keys import service as keys
from app.intake.mailbox import service as mailbox
from app.intake.reports import service as reports

# Keys first: what a later rule leaves behind opens for nobody then.
RULES: tuple[Callable[[Session, date], object], ...] = (keys.destroy_ended, mailbox.drop_old_replies, forget)
# These give the names of the blobs that go with what they destroy.
RULES_OF_BLOBS = (reports.destroy_withdrawn, uploads.drop_old)


def sweep(database: Database, blobs: Blobs, today: date) -> list[str]:
    """Destroy what is due today, and what no row names; the names of the blobs that went. Twice changes nothing.

    Each rule has a transaction of its own and is tried whatever became of the others: none may hold up the rest. Raises
    an `ExceptionGroup` of what failed when everything has been tried.
    """
    failed: list[Exception] = []
    doomed: list[str] = []
    for rule in (*RULES, *RULES_OF_BLOBS):
        try:
            with database.write() as session:
                found = rule(session, today)
        except Exception as error:  # raised below, when the others have had their turn
            failed.append(error)
        else:
            doomed += found if rule in RULES_OF_BLOBS and isinstance(found, list) else []
    for name in doomed:
        blobs.destroy(name, today)
    database.truncate_log()
    with database.read() as session:
        named = attachments.blobs(session)
    left_over = blobs.sweep(named, today)
    if failed:
        raise ExceptionGroup("some of what is due was not destroyed", failed)
    return [*doomed, *left_over]
