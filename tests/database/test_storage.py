"""Which failures are the database's or the disk's, and which are Tern's own."""

import errno

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection

from app.database import storage

CAUSE = Exception("of the driver")


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("statement", None, CAUSE),
        InterfaceError("statement", None, CAUSE),
        DatabaseError("statement", None, CAUSE),
        NoConnection(),
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EROFS, "read-only"),
        OSError(errno.EMFILE, "no descriptors"),
        OSError(errno.ESTALE, "another volume"),
        OSError(errno.ENOTCONN, "a volume that is not connected any more"),
    ],
)
def test_what_fails_underneath_is_told_as_such(error: Exception) -> None:
    assert storage.has_failed(error)


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("statement", None, CAUSE),
        ProgrammingError("statement", None, CAUSE),
        FileNotFoundError(errno.ENOENT, "no such file"),
        RuntimeError(),
    ],
)
def test_what_tern_asked_for_wrongly_is_a_fault_of_its_own(error: Exception) -> None:
    assert not storage.has_failed(error)
