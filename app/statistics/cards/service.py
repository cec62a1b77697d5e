"""Cards come, change and go under the card token, which says no more than that some caseworker sent them."""

from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.database import insert_or_ignore
from app.people.grants import service as grants
from app.problems import Problem
from app.protocol.encoding import sha256_hex
from app.statistics.cards.models import Card


class CardTokenUnknown(Problem):
    type, status, title = "card-token-unknown", 401, "This is not the card token of the present month"


def quarter_of(day: date) -> str:
    """`2026-Q2` for a day of April, May or June 2026."""
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def put(session: Session, *, token_sha256: str, card: str, file: bytes, today: date) -> bool:
    """Keep a card, or correct one; true where it is new.

    A corrected card keeps the quarter in which it was first recorded, so that a correction moves nobody into another
    release. Raises `CardTokenUnknown`.
    """
    _check_token(session, token_sha256, today)
    key = sha256_hex(card.encode())
    if insert_or_ignore(session, Card, [{"id_sha256": key, "quarter": quarter_of(today), "file": file}]):
        return True
    session.execute(update(Card).where(Card.id_sha256 == key).values(file=file))
    return False


def withdraw(session: Session, *, token_sha256: str, card: str, today: date) -> None:
    """Forget a card; one that was never here too, so that a repeated call is no error. Raises `CardTokenUnknown`."""
    _check_token(session, token_sha256, today)
    session.execute(delete(Card).where(Card.id_sha256 == sha256_hex(card.encode())))


def recorded_in(session: Session, quarter: str) -> list[bytes]:
    """The sealed cards of a quarter, ordered by the hash of a random id, hence by nothing."""
    return list(session.scalars(select(Card.file).where(Card.quarter == quarter).order_by(Card.id_sha256)))


def _check_token(session: Session, token_sha256: str, today: date) -> None:
    if not grants.is_card_token(session, token_sha256, today):
        raise CardTokenUnknown
