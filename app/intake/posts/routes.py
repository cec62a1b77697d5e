"""One route for reading and posting, whose answer always has the same form and length."""

from typing import Annotated

from fastapi import Response

from app.destruction import destroying
from app.http import (
    BlobStore,
    Db,
    EvenRoute,
    MailboxToken,
    Now,
    Router,
    ServiceKeyring,
    answered,
    problems,
    sealed_body,
    shared,
)
from app.intake.mailbox import service as mailbox
from app.intake.posts import body as wire
from app.intake.posts import service
from app.intake.posts.budget import EnoughForToday
from app.intake.posts.state import Posts
from app.people.staff.service import NoRootYet
from app.problems import NotAnEnvelope
from app.protocol.encoding import sha256_hex

router = Router(tag="reporters", route_class=EvenRoute)

SharedState = Annotated[Posts, shared(Posts)]
Body = Annotated[bytes, sealed_body(wire.LIMIT)]


@router.post(
    "/mailbox",
    response_class=Response,
    responses=problems(NotAnEnvelope, NoRootYet, EnoughForToday) | answered("The slots"),
)
def use_mailbox(
    state: SharedState,
    token: MailboxToken,
    database: Db,
    blobs: BlobStore,
    keyring: ServiceKeyring,
    now: Now,
    body: Body,
) -> Response:
    """Sixteen sealed slots, whether there is such a mailbox or not; a post shows in the first of them."""
    token_sha256 = sha256_hex(token.encode())
    post = wire.read(body)
    fillers = mailbox.fillers(keyring.key("mailbox-filler"), token_sha256)
    if isinstance(post, wire.Reading):
        with database.read() as session:
            in_use = mailbox.slots_of(session, token_sha256)
        if post is wire.Reading.RECALL:
            in_use = mailbox.as_it_came(in_use)
    else:
        with destroying(database, blobs, now.date()) as session:
            place_key = keyring.key("posted-places")
            service.post(session, token_sha256, post, place_key=place_key, acted=state.acted, now=now)
            in_use = mailbox.slots_of(session, token_sha256)
    return Response(mailbox.answer(fillers, in_use), media_type="application/octet-stream")
