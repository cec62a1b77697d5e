"""The two routes under which cards come, go and change. No session: nobody says who they are."""

from typing import Annotated

from fastapi import Header, Response, status

from app.age import EnvelopeError, check_envelope, encrypted_size
from app.destruction import destroying
from app.http import BlobStore, CardToken, Db, Router, Today, problems, sealed_body
from app.problems import NotAnEnvelope
from app.protocol.card import CARD_SIZE
from app.protocol.encoding import sha256_hex
from app.statistics.cards import service

SEALED_SIZE = encrypted_size(CARD_SIZE)

router = Router(tag="cards")

CardId = Annotated[str, Header(alias="Tern-Card", pattern=r"^card_[0-9a-f]{32}$")]
# Which correction of the card this is; it is not kept as it stands.
Revision = Annotated[str, Header(alias="Tern-Revision", pattern=r"^(0|[1-9][0-9]{0,2})$")]
SealedCard = Annotated[bytes, sealed_body(SEALED_SIZE)]


@router.put(
    "/card",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    responses=problems(NotAnEnvelope, service.CardTokenUnknown)
    | {
        200: {
            "description": "The card was known: it is corrected, unless it was withdrawn or corrected later than this"
        }
    },
)
def put_card(
    database: Db, token: CardToken, today: Today, card: CardId, revision: Revision, file: SealedCard
) -> Response:
    """Send a card, or a correction of one. Cards come in batches, without a word of where from."""
    try:
        check_envelope(file, sizes=(SEALED_SIZE,))
    except EnvelopeError:
        raise NotAnEnvelope from None
    with database.write() as session:
        is_new = service.put(
            session,
            token_sha256=sha256_hex(token.encode()),
            card=card,
            revision=int(revision),
            file=file,
            today=today,
        )
    return Response(status_code=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


@router.delete(
    "/card",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(service.CardTokenUnknown),
)
def withdraw_card(database: Db, blobs: BlobStore, token: CardToken, today: Today, card: CardId) -> None:
    """Destroy a card, and take none with its id again."""
    with destroying(database, blobs, today) as session:
        service.withdraw(session, token_sha256=sha256_hex(token.encode()), card=card, today=today)
