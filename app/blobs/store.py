"""Both halves of the store, and what concerns a blob whether or not it is finished."""

import random
from collections.abc import Container
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from app import private
from app.blobs import disk
from app.blobs.objects import Objects
from app.blobs.uploads import Uploads

# The day of this file is that of the last call of `renew`: no file of a day before it is left.
_RENEWED_UNTIL = ".renewed-until"


class Blobs:
    """The uploads and the objects in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.objects = Objects(directory)
        self.uploads = Uploads(directory, self.objects)

    def destroy(self, name: str, day: date) -> None:
        """Remove a blob for good, however far it came. One that is gone is no error, so this can be repeated."""
        self.uploads.delete(name, day)  # first: what is finished meanwhile is found among the objects
        self.objects.delete(name, day)

    def renew(self, today: date) -> None:
        """Write all files of the days before `today` anew, each once, in an order that says nothing.

        A disk keeps when a file was made and changed, whatever time it is given: afterwards that is when this ran. It
        is repeated from where it was done to its end last.
        """
        done = self._directory.with_name(self._directory.name + _RENEWED_UNTIL)
        since = disk.day_of(done) if done.exists() else date.min
        for draft in self._directory.glob(f"*{disk.RENEWED}"):
            draft.unlink()  # of a call that was killed
        paths = [*self.objects.paths(), *self.uploads.paths()]
        random.SystemRandom().shuffle(paths)
        for path in paths:
            with suppress(FileNotFoundError):  # it was destroyed, or finished, meanwhile
                if since <= disk.day_of(path) < today:
                    disk.renew(path)
        if paths:
            private.make_file(done)
            disk.set_day(done, today)
            disk.sync(self._directory, today)

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
