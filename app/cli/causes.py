"""What goes wrong on a machine, as one sentence that names the cause and what to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from app.blobs import TooManyLeftOver
from app.cli.refusals import of_system
from app.cli.stopped import Stopped
from app.database import NoDatabase
from app.database.engine import file_of
from app.database.schema import OtherTables
from app.installation.readiness import write_file
from app.installation.service import ForeignKeyring, OtherPlace
from app.installation.shredding import OtherKeys
from app.problems import Problem
from app.settings import Settings
from app.shred_keys.copies import NoCopy

_DATABASE: Final = "TERN_DATABASE_URL is no address of a database that Tern can use: it has sqlite:///FILE or"


@contextmanager
def told() -> Iterator[None]:
    """Raises `Stopped` in the place of what an operator can do something about; a fault of Tern goes on as it is."""
    try:
        yield
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        raise Stopped(sentence) from None


@contextmanager
def disk_first(settings: Settings) -> Iterator[None]:
    """Where a database does not work because of its disk, raises the `OSError` that says so: SQLite does not."""
    try:
        yield
    except DBAPIError:
        file = file_of(make_url(settings.url))
        write_file(file.parent if file is not None else settings.data_dir)
        raise


def _sentence(error: Exception) -> str | None:
    match error:
        case ExceptionGroup():
            sentences = [_sentence(each) for each in error.exceptions if isinstance(each, Exception)]
            found = [each for each in sentences if each is not None]
            return f"{error.message}: {'; '.join(dict.fromkeys(found))}" if len(found) == len(sentences) else None
        case Problem():
            return f"{error.title}. {' '.join(error.advice())}"
        case ValidationError():
            return "; ".join(_setting(each["loc"], each["msg"]) for each in error.errors())
        case ArgumentError() | NoSuchModuleError():
            return f"{_DATABASE} postgresql+psycopg://USER@HOST/NAME"
        case DBAPIError():
            return f"the database does not work: {_first_line(error.orig)}"
        case (
            OtherTables() | NoDatabase() | TooManyLeftOver() | ForeignKeyring() | OtherPlace() | OtherKeys() | NoCopy()
        ):
            return str(error)
        case SQLAlchemyError():
            return None
        case OSError():
            return of_system(error)
        case ModuleNotFoundError() if error.name and error.name.startswith(
            ("psycopg", "MySQLdb", "oracledb", "pyodbc")
        ):
            return f"{_DATABASE} postgresql+psycopg://USER@HOST/NAME"
    return None


def _setting(place: tuple[int | str, ...], message: str) -> str:
    """pydantic's words for our own checks begin with what they are."""
    words = message.removeprefix("Value error, ")
    name = f"TERN_{place[0]}".upper() if place else ""
    return words if name in words or not name else f"{name}: {words[0].lower()}{words[1:]}"


def _first_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line), None) or lines[0]
