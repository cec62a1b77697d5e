"""Where a service may be, how to tell that none is there, and what one keeps and a disk does to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backup.copying import Service
from app.intake.attachments.models import Attachment
from app.intake.reports.models import Report
from tests import factories

LARGE = 200_000
Make = Callable[[], set[str]]


@dataclass(frozen=True)
class Place:
    """A data directory and the address of a database."""

    data_dir: Path
    url: str

    def is_empty(self) -> bool:
        """Neither a file nor a table."""
        if self.data_dir.exists() and list(self.data_dir.iterdir()):
            return False
        if self.url.startswith("sqlite"):
            return True
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()


def attachment(rows: Session, service: Service, report: Report, day: date) -> Attachment:
    with service.blobs.uploads.receive() as incoming:
        incoming.write(report.id.encode() * (LARGE // len(report.id)))
        stored = incoming.keep(day)
    made = Attachment(
        id=factories.id_("att"),
        report_id=report.id,
        size=stored.size,
        sha256=stored.sha256,
        received_on=day,
        blob=stored.name,
    )
    rows.add(made)
    rows.commit()
    return made


def flip(file: Path) -> None:
    """One bit."""
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
