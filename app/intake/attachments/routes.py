"""How an attachment comes in: streamed to a file, which then gets its name in a short transaction."""

from datetime import date
from typing import Annotated

from fastapi import Header, Request, Response, status
from starlette.concurrency import run_in_threadpool

from app.age import HEADER_SIZE, EnvelopeError, check_envelope
from app.blobs import Blobs, Stored
from app.database import Database
from app.http import SEALED_BODY, BlobStore, Config, Db, MailboxToken, Router, Today, declared_length, problems, stream
from app.intake.attachments import service
from app.problems import LengthRequired, NotAnEnvelope, NotFound, Problem, TooLarge, UnsupportedMediaType
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind, ciphertext_sizes

router = Router(tag="reporters")

AttachmentId = Annotated[str, Header(alias="Tern-Attachment", pattern=r"^att_[0-9a-f]{32}$")]


@router.put(
    "/attachment",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    responses=problems(
        LengthRequired,
        TooLarge,
        UnsupportedMediaType,
        NotAnEnvelope,
        NotFound,
        service.AttachmentExists,
        service.TooManyAttachments,
    )
    | {200: {"description": "The same file was sent before"}},
    openapi_extra=SEALED_BODY,
)
async def put_attachment(
    request: Request,
    token: MailboxToken,
    database: Db,
    blobs: BlobStore,
    settings: Config,
    attachment: AttachmentId,
    today: Today,
) -> Response:
    """Store one sealed attachment. The answer comes when it is on disk; until then, send it again."""
    token_sha256 = sha256_hex(token.encode())
    sizes = ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit)
    length = declared_length(request, limit=max(sizes))
    if length not in sizes:
        raise NotAnEnvelope
    with blobs.receive() as incoming:
        start: bytes | None = b""
        async for piece in stream(request, length):
            if start is not None:
                start = _checked(start + piece, length)
                if start is None:  # a form that is right, so now the mailbox may be looked for
                    await run_in_threadpool(_check_room, database, token_sha256, attachment)
            await run_in_threadpool(incoming.write, piece)
        stored = await run_in_threadpool(incoming.keep, today)
    is_new = await run_in_threadpool(_name, database, blobs, token_sha256, attachment, stored, today)
    return Response(status_code=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


def _checked(start: bytes, length: int) -> bytes | None:
    """None once the header is there and right. Raises `NotAnEnvelope` before more of the file is taken."""
    if len(start) < HEADER_SIZE:
        return start
    try:
        check_envelope(start, size=length)
    except EnvelopeError:
        raise NotAnEnvelope from None
    return None


def _check_room(database: Database, token_sha256: str, attachment_id: str) -> None:
    with database.read() as session:
        service.check_room(session, token_sha256, attachment_id)


def _name(database: Database, blobs: Blobs, token_sha256: str, attachment_id: str, stored: Stored, today: date) -> bool:
    """A file that no row names is removed, but not where the database failed: then its row may yet be there."""
    try:
        with database.write() as session:
            is_new = service.name(session, token_sha256, attachment_id, stored, today=today)
    except Problem:
        blobs.destroy(stored.name, today)
        raise
    if not is_new:
        blobs.destroy(stored.name, today)
    return is_new
