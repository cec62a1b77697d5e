"""Cards come, change and go under the card token, which says no more than that some caseworker sent them."""

from datetime import date

from sqlalchemy import LargeBinary, select, type_coerce, update
from sqlalchemy.orm import Session

from app.database import insert_or_ignore, unwrap_all
from app.destruction import doom
from app.people.shared_keys import service as shared_keys
from app.problems import Problem
from app.protocol.card import revision_sha256
from app.protocol.encoding import sha256_hex
from app.protocol.periods import quarter_of
from app.statistics.cards.models import Card


class CardTokenUnknown(Problem):
    """Cards come under the token of the newest card-writing key.

    Fetch the grant of that key, and send the card with its token.
    """

    type, status, title = "card-token-unknown", 401, "This is not the token of the newest card-writing key"


def put(session: Session, *, token_sha256: str, card: str, revision: int, file: bytes, today: date) -> bool:
    """Keep a card, or correct one; true where it is new.

    Machines send at random hours, so what was written first may come last: it changes nothing where a later revision
    is here, or the card was withdrawn. A corrected card keeps the quarter in which it was first recorded, so that a
    correction moves nobody into another release. Raises `CardTokenUnknown`.
    """
    _check_token(session, token_sha256, today)
    key, revision_hash = sha256_hex(card.encode()), revision_sha256(card, revision)
    new = {"id_sha256": key, "quarter": quarter_of(today), "revision_sha256": revision_hash, "file": file}
    if insert_or_ignore(session, Card, [new]):
        return True
    row = session.scalars(select(Card).where(Card.id_sha256 == key).with_for_update()).one()
    earlier = {None, *(revision_sha256(card, number) for number in range(revision))}
    if row.file is not None and row.revision_sha256 in earlier:
        row.revision_sha256, row.file = revision_hash, file
    return False


def withdraw(session: Session, *, token_sha256: str, card: str, today: date) -> None:
    """Forget a card for good, also one that has not come yet. Raises `CardTokenUnknown`."""
    _check_token(session, token_sha256, today)
    key = sha256_hex(card.encode())
    nothing = {"quarter": None, "revision_sha256": None, "file": None}
    if not insert_or_ignore(session, Card, [{"id_sha256": key, **nothing}]):
        session.execute(update(Card).where(Card.id_sha256 == key).values(nothing))
    doom(session)


def recorded_in(session: Session, quarter: str, *, after: str, most: int) -> list[tuple[str, str | None, bytes]]:
    """The next sealed cards of a quarter with the hashes of their rows, ordered by that of a random id: by nothing."""
    of_quarter = select(Card.id_sha256, Card.revision_sha256, type_coerce(Card.file, LargeBinary)).where(
        Card.quarter == quarter, Card.file.is_not(None), Card.id_sha256 > after
    )
    rows = session.execute(of_quarter.order_by(Card.id_sha256).limit(most)).all()
    files = unwrap_all([kept for _, _, kept in rows])
    return [(id_, revision, file) for (id_, revision, _), file in zip(rows, files, strict=True)]


def _check_token(session: Session, token_sha256: str, today: date) -> None:
    if not shared_keys.is_card_token(session, token_sha256, today):
        raise CardTokenUnknown
