"""The organisation, its teams, its people, and what vouches for them."""

from collections.abc import Set as AbstractSet
from datetime import date
from functools import cache

import sqlalchemy as sa
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.database import Base
from app.vocabulary import Role


class Roles(TypeDecorator[frozenset[Role]]):
    """A set of roles in one column, as their words in alphabetical order."""

    impl = sa.String(128)
    cache_ok = True

    def process_bind_param(self, value: AbstractSet[Role] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else " ".join(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[Role] | None:  # noqa: ARG002
        return None if value is None else _read(value)


@cache
def _read(words: str) -> frozenset[Role]:
    """There are few sets of roles, and a list of people reads one or two for each of them."""
    return frozenset(Role(word) for word in words.split())


class Organisation(Base):
    """The one organisation, once it has a root. `id` is the hash of the first."""

    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)


class RootDocument(Base):
    """A root of the organisation. `kept` is the list whose hash it has, a line each, for staff."""

    __tablename__ = "roots"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    kept: Mapped[str | None] = mapped_column(Text)


class RootSupervisor(Base):
    """Somebody whom the newest root lists, and with which roles: it is their certificate, until the next."""

    __tablename__ = "root_supervisors"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    roles: Mapped[frozenset[Role]] = mapped_column(Roles)


class Team(Base):
    """The only division of the organisation. It has no name: a name is a typed word."""

    __tablename__ = "teams"

    id: Mapped[str] = mapped_column(String(37), primary_key=True)


class Person(Base):
    """Somebody who works here, under a pseudonym. Their secrets are on their own machine alone."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    handle: Mapped[str] = mapped_column(String(40), unique=True)
    invited_as: Mapped[frozenset[Role]] = mapped_column(Roles)  # counts until there is a root; see `service.roles_of`
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"))
    password_hash: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(43))
    had_other_keys: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    last_use: Mapped[date | None]


class Invitation(Base):
    """Lets its holder join once. Only the hash of its token is kept."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    roles: Mapped[frozenset[Role]] = mapped_column(Roles)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"))
    expires_on: Mapped[date]
    used: Mapped[bool] = mapped_column(default=False)


class StaffLogEntry(Base):
    """One line of the staff log as it is served, without its LF."""

    __tablename__ = "staff_log"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)


class Certificate(Base):
    """A signed document that vouches for a person's keys and roles. `sha256` is that of the document.

    One that does not count is by somebody who is on the root no more, and was not kept by it.
    """

    __tablename__ = "certificates"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    roles: Mapped[frozenset[Role]] = mapped_column(Roles)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    counts: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
