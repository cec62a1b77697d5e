"""Column types that refuse what must not be in them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from app.database.layer import unwrap, wrap

_AGE = b"age-encryption.org/v1\n"
_HOUR = "%Y-%m-%dT%H"
_QUARTER = 15  # minutes


class Shredded(TypeDecorator[bytes]):
    """What is kept under a key of its own (`layer`), which goes with it, such as a piece of a sealed file."""

    impl = sa.LargeBinary
    cache_ok = True
    is_shredded = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  its signature
        return None if value is None else wrap(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  likewise
        """What came; where its key is gone, what is kept."""
        return None if value is None else unwrap(value)


class Sealed(Shredded):
    """An age file. Anything else in such a column would be something that the server can read.

    It is kept under a key of its own, unless it shall outlive the loss of all such keys.
    """

    cache_ok = True

    def __init__(self, *, is_shredded: bool = True) -> None:
        super().__init__()
        self.is_shredded = is_shredded

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  its signature
        """Raises `ValueError` for what is not an age file."""
        if value is None:
            return None
        return as_kept(value) if self.is_shredded else _checked(value)


def as_kept(file: bytes) -> bytes:
    """How one row keeps it, whichever statement writes that: for those to whom no column type is applied.

    Raises `ValueError` for what is not an age file.
    """
    return wrap(_checked(file))


def _checked(file: bytes) -> bytes:
    if not file.startswith(_AGE):
        raise ValueError("a sealed column takes only age files")
    return file


class Hour(TypeDecorator[datetime]):
    """A UTC hour. The column has no room for minutes."""

    impl = sa.String(13)
    cache_ok = True
    _form = _HOUR
    _minutes = 60

    @property
    def python_type(self) -> type[datetime]:
        """A list that is ordered by hours goes on after one."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002  its signature
        """Raises `ValueError` for a time that is not a whole hour, or quarter, with an offset."""
        if value is None:
            return None
        if value.tzinfo is None or value.minute % self._minutes or value.second or value.microsecond:
            raise ValueError(f"the column takes whole steps of {self._minutes} minutes, with an offset")
        return value.astimezone(UTC).strftime(self._form)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The hour, or quarter, in UTC."""
        return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Quarter(Hour):
    """A quarter of a UTC hour, for clocks that run."""

    impl = sa.String(16)
    cache_ok = True
    _form = "%Y-%m-%dT%H:%M"
    _minutes = _QUARTER
