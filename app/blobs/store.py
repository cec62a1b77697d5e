"""Both halves of the store, and what concerns a blob whether or not it is finished."""

from collections.abc import Container
from datetime import date, timedelta
from pathlib import Path

from app.blobs.objects import Objects
from app.blobs.uploads import Uploads


class Blobs:
    """The uploads and the objects in one directory."""

    def __init__(self, directory: Path) -> None:
        self.objects = Objects(directory)
        self.uploads = Uploads(directory, self.objects)

    def destroy(self, name: str, day: date) -> None:
        """Remove a blob for good, however far it came. One that is gone is no error, so this can be repeated."""
        self.uploads.delete(name, day)  # first: what is finished meanwhile is found among the objects
        self.objects.delete(name, day)

    def sweep(self, names: Container[str], today: date) -> list[str]:
        """Remove what no row names and no upload can still be writing: blobs of the days before yesterday.

        They are left over where the service was killed between a blob and its row. The names that were removed.
        """
        before = today - timedelta(days=1)
        blobs = [*self.objects.list_(), *self.uploads.list_()]
        left_over = sorted(name for name, day in blobs if name not in names and day < before)
        for name in left_over:
            self.destroy(name, today)
        return left_over
