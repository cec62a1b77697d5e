"""What fails underneath the service, told from a fault of its own."""

import errno
from typing import Final

from sqlalchemy import exc

# What Tern itself asked for wrongly. All else that a database says is about its process, its files or its locks.
_OURS: Final = (exc.DataError, exc.IntegrityError, exc.NotSupportedError, exc.ProgrammingError)
_DISK: Final = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EFBIG),
        *(errno.ESTALE, errno.ENOTCONN, errno.ENODEV),  # a volume that was there
    }
)


def has_failed(error: Exception) -> bool:
    """Whether the database or the disk is the cause: unreachable, locked for too long, full, read-only, damaged."""
    if isinstance(error, OSError):
        return error.errno in _DISK
    return isinstance(error, exc.TimeoutError) or (isinstance(error, exc.DBAPIError) and not isinstance(error, _OURS))
