"""Both halves of the store, and what concerns a blob whether or not it is finished."""

import random
from collections.abc import Container
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from app import private
from app.blobs import disk
from app.blobs.objects import Objects
from app.blobs.uploads import Uploads

FEW: Final = 10
_HUNDRED: Final = 100  # or one in a hundred, where that is more
ASIDE: Final = timedelta(days=7)

# The day of this file is that of the last call of `renew`: no file of a day before it is left.
_RENEWED_UNTIL = ".renewed-until"


class TooManyLeftOver(ValueError):
    """More files than a crash leaves behind have no row: as where an older database stands beside newer files."""

    def __init__(self, number: int, of: int) -> None:
        super().__init__(
            f"{number} of {of} files are none that the database names: it may be older than they are. None was"
            " touched; bring back the database that they belong to, or, if they are left over, run: tern worker --once"
            " --set-files-aside"
        )


class _Place:
    """The uploads and the objects in one directory."""

    def __init__(self, directory: Path, *, floor: int = 0) -> None:
        """`floor` is how many bytes of the disk uploads leave free."""
        self.directory = directory
        self.objects = Objects(directory)
        self.uploads = Uploads(directory, self.objects, floor=floor)

    def paths(self) -> list[Path]:
        """Where each of them lies."""
        return [*self.objects.paths(), *self.uploads.paths()]


class Blobs(_Place):
    """The uploads and the objects in one directory; and in one within it, what was set aside."""

    def __init__(self, directory: Path, *, floor: int = 0) -> None:
        super().__init__(directory, floor=floor)
        self._aside = _Place(directory / "aside")

    def destroy(self, name: str, day: date) -> None:
        """Remove a blob for good, however far it came. One that is gone is no error, so this can be repeated."""
        # Uploads first: what is finished meanwhile is found among the objects.
        for half in (self.uploads, self.objects, self._aside.uploads, self._aside.objects):
            half.delete(name, day)

    def renew(self, today: date) -> None:
        """Write all files of the days before `today` anew, each once, in an order that says nothing.

        A disk keeps when a file was made and changed, whatever time it is given: afterwards that is when this ran. It
        is repeated from where it was done to its end last.
        """
        done = self.directory.with_name(self.directory.name + _RENEWED_UNTIL)
        since = disk.day_of(done) if done.exists() else date.min
        for draft in self.directory.glob(f"*{disk.RENEWED}"):
            draft.unlink()  # of a call that was killed
        paths = self.paths()
        random.SystemRandom().shuffle(paths)
        for path in paths:
            with suppress(FileNotFoundError):  # it was destroyed, or finished, meanwhile
                if since <= disk.day_of(path) < today:
                    disk.renew(path)
        if paths:
            private.make_file(done)
            disk.set_day(done, today)
            disk.sync(self.directory, today)

    def set_aside(self, names: Container[str], today: date, *, however_many: bool = False) -> list[str]:
        """Set aside what no row names and no upload can still be writing: files of the days before yesterday.

        They are left over where the service was killed between a blob and its row. Where they are many, the database
        is rather not the one that they belong to: nothing is touched then, unless it shall be `however_many`. The
        names of those set aside. Raises `TooManyLeftOver`.
        """
        before = today - timedelta(days=1)
        paths = self.paths()
        left_over = sorted(path for path in paths if disk.blob_of(path) not in names and disk.day_of(path) < before)
        if not however_many and len(left_over) > max(FEW, len(paths) // _HUNDRED):
            raise TooManyLeftOver(len(left_over), len(paths))
        for path in left_over:
            disk.move(path, self._aside.directory, today)
        return [disk.blob_of(path) for path in left_over]

    def settle(self, names: Container[str], today: date) -> list[str]:
        """Put back what was set aside and a row names again, and destroy what nobody has missed; their names."""
        gone = list[str]()
        for path in self._aside.paths():
            name = disk.blob_of(path)
            if name in names:
                disk.move(path, self.directory, today)
            elif disk.day_of(path) < today - ASIDE:
                self.destroy(name, today)
                gone.append(name)
        return sorted(gone)
