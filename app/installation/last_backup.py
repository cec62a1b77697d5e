"""The day of the last backup, as this machine made it: a file beside the database, which may be what is lost."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

from app import private

_FILE: Final = "last-backup"
_OLD: Final = timedelta(days=2)  # the guide has one made every day


def record(data_dir: Path, today: date) -> None:
    """Remember that one was made. Raises `OSError`."""
    with open(data_dir / _FILE, "w", opener=private.opener) as file:
        file.write(f"{today}\n")


def what_is_due(data_dir: Path, today: date) -> str:
    """What whoever runs the machine is told where the last one is old, or where none is known of; empty where not."""
    try:
        last = date.fromisoformat((data_dir / _FILE).read_text().strip())
    except (OSError, ValueError):
        return "none was made by this machine, as far as it knows: tern backup (a timer is in the guide)"
    if today - last <= _OLD:
        return ""
    return f"the last was made on {last}, {(today - last).days} days ago: tern backup"
