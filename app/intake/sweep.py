"""Destruction by rule, once a day."""

from datetime import date

from sqlalchemy.orm import Session

from app.intake.attachments import uploads
from app.intake.keys import service as keys
from app.intake.mailbox import service as mailbox
from app.intake.reports import service as reports


def sweep(session: Session, today: date) -> list[str]:
    """Destroy what is due today; doing it twice changes nothing.

    The names of blobs to destroy after the commit. Then `Database.truncate_log` clears what SQLite still has of it.
    """
    keys.destroy_ended(session, today)
    mailbox.drop_old_replies(session, today)
    return [*reports.destroy_withdrawn(session, today), *uploads.drop_old(session, today)]
