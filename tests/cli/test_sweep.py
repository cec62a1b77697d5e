"""What `tern sweep` leaves of files."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from app.blobs import Blobs, new_name
from app.intake.attachments.models import Attachment, Upload
from tests import factories
from tests.cli.command import tern


def test_only_files_that_a_row_names_stay(rows: Session, url: str, tmp_path: Path, today: date) -> None:
    store = Blobs(tmp_path / "data" / "blobs")
    arrived, coming, too_late, _ = names = [new_name() for _ in range(4)]
    for name in names:
        store.uploads.begin(name, today)
    store.uploads.finish(arrived, today)
    report = factories.report(rows, factories.epoch(rows))
    rows.add(
        Attachment(id=factories.id_("att"), report_id=report.id, size=0, sha256="", received_on=today, blob=arrived)
    )
    later = today + timedelta(days=10)
    for blob, started_on in ((coming, later), (too_late, today)):
        rows.add(
            Upload(
                address_sha256=blob,
                report_id=report.id,
                attachment_id=factories.id_("att"),
                size=1,
                started_on=started_on,
                blob=blob,
            )
        )
    rows.commit()
    clock = tmp_path / "clock"
    clock.write_text(datetime(later.year, later.month, later.day, 9, tzinfo=UTC).isoformat())

    done = tern(
        "sweep",
        "--json",
        environment={
            "TERN_DATA_DIR": str(tmp_path / "data"),
            "TERN_DATABASE_URL": url,
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(clock),
        },
    )

    assert json.loads(done.out) == {"blobs_destroyed": 1, "files_set_aside": 1}
    left = {path.name for path in (tmp_path / "data" / "blobs").iterdir() if path.is_file()}
    assert left == {arrived, f"{coming}.incoming"}
