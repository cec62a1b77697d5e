"""How an attachment comes in: the core of tus 1.0 and its extension `creation`, and nothing else of it."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Header, Request, Response, status
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from app.age import HEADER_SIZE, EnvelopeError, check_envelope
from app.blobs import Blobs, OutOfPlace, Stored, new_name
from app.database import Database
from app.destruction import destroying
from app.http import BlobStore, Config, Db, MailboxToken, Route, Router, Today, declared_length, problems, stream
from app.intake.attachments import service, uploads
from app.intake.attachments.models import Upload
from app.problems import (
    InvalidRequest,
    LengthRequired,
    NotAnEnvelope,
    NotFound,
    Problem,
    TooLarge,
    UnsupportedMediaType,
)
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind, ciphertext_sizes

VERSION = "1.0.0"
PART = "application/offset+octet-stream"

# A name, a length that changes, an upload made of others: none of them has a use here, and the first would tell.
_REFUSED = ("Upload-Metadata", "Upload-Defer-Length", "Upload-Concat")


class _TusRoute(Route):
    """Every answer says which protocol it is of, refusals too."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = VERSION
                headers["Tus-Version"] = VERSION
            await send(message)

        try:
            await super().handle(scope, receive, send_with_version)
        except HTTPException as error:  # of a method that there is not, which is answered further out
            error.headers = {**(error.headers or {}), "Tus-Resumable": VERSION, "Tus-Version": VERSION}
            raise


router = Router("/uploads", tag="reporters", route_class=_TusRoute)


async def _speaks_tus(request: Request, version: Annotated[str | None, Header(alias="Tus-Resumable")] = None) -> None:
    if version != VERSION:
        raise uploads.OtherProtocol
    for name in _REFUSED:
        if name in request.headers:
            raise InvalidRequest(errors=[{"in": "header", "pointer": f"/{name}", "code": "extra_forbidden"}])


_NUMBER = r"^(0|[1-9][0-9]{0,9})$"
Tus = Annotated[None, Depends(_speaks_tus)]
AttachmentId = Annotated[str, Header(alias="Tern-Attachment", pattern=r"^att_[0-9a-f]{32}$")]
Length = Annotated[str, Header(alias="Upload-Length", pattern=_NUMBER)]
Offset = Annotated[str, Header(alias="Upload-Offset", pattern=_NUMBER)]

_UPLOAD_HEADERS = {
    "Upload-Offset": {"description": "Bytes that have arrived", "schema": {"type": "string"}},
    "Upload-Length": {"description": "Bytes of the whole", "schema": {"type": "string"}},
}
_LOCATION = {"Location": {"description": "The upload's own address", "schema": {"type": "string"}}}


@router.options("", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
async def tell_upload_protocol(settings: Config) -> Response:
    """What of tus there is: the core, creation, and the length of the largest sealed attachment."""
    largest = max(ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit))
    headers = {"Tus-Extension": "creation", "Tus-Max-Size": str(largest)}
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers=headers)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    responses=problems(NotFound, uploads.OtherProtocol, TooLarge, service.AttachmentExists, service.TooManyAttachments)
    | {201: {"description": "The upload has begun", "headers": _LOCATION}},
)
def start_upload(
    token: MailboxToken,
    _: Tus,
    database: Db,
    blobs: BlobStore,
    settings: Config,
    attachment: AttachmentId,
    length: Length,
    today: Today,
) -> Response:
    """Begin to send one sealed attachment. One that was begun under the same id is given up."""
    sizes = ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit)
    if int(length) > max(sizes):
        raise TooLarge
    if int(length) not in sizes:
        raise InvalidRequest(errors=[{"in": "header", "pointer": "/Upload-Length", "code": "no_size_class"}])
    # The row comes first: whoever has no mailbox costs no file, and a row without one is an upload that is begun again.
    blob = new_name()
    with destroying(database, blobs, today) as session:
        address = uploads.start(
            session, sha256_hex(token.encode()), attachment, size=int(length), blob=blob, today=today
        )
    blobs.uploads.begin(blob, today)
    location = {"Location": f"/v1{router.prefix}/{address}"}
    return Response(status_code=status.HTTP_201_CREATED, headers=location)


@router.head(
    "/{address}",
    response_class=Response,
    responses=problems(NotFound, uploads.OtherProtocol, service.AttachmentExists, service.TooManyAttachments)
    | {200: {"description": "Where to go on", "headers": _UPLOAD_HEADERS}},
)
def tell_upload_offset(
    token: MailboxToken, _: Tus, database: Db, blobs: BlobStore, address: str, today: Today
) -> Response:
    """How much of the upload has arrived. Where that is all, the attachment is there."""
    token_sha256 = sha256_hex(token.encode())
    upload = _find(database, token_sha256, address)
    headers = {
        "Upload-Offset": str(_settle(database, blobs, token_sha256, upload, today)),
        "Upload-Length": str(upload.size),
    }
    return Response(headers=headers)


@router.patch(
    "/{address}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(
        LengthRequired,
        TooLarge,
        UnsupportedMediaType,
        NotAnEnvelope,
        NotFound,
        uploads.OtherProtocol,
        uploads.WrongOffset,
        service.AttachmentExists,
        service.TooManyAttachments,
    )
    | {204: {"description": "All of it is on disk", "headers": {"Upload-Offset": _UPLOAD_HEADERS["Upload-Offset"]}}},
    openapi_extra={"requestBody": {"required": True, "content": {PART: {"schema": {"type": "string"}}}}},
)
async def add_to_upload(
    request: Request,
    token: MailboxToken,
    _: Tus,
    database: Db,
    blobs: BlobStore,
    settings: Config,
    address: str,
    offset: Offset,
    today: Today,
) -> Response:
    """Send the next part of the upload. What of it has come stays, also where the connection breaks."""
    token_sha256 = sha256_hex(token.encode())
    largest = max(ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit))
    length = declared_length(request, limit=largest, media_type=PART)
    upload = await run_in_threadpool(_find, database, token_sha256, address)
    place = int(offset)
    if await run_in_threadpool(_settle, database, blobs, token_sha256, upload, today) != place:
        raise uploads.WrongOffset
    if place + length > upload.size:
        raise TooLarge
    async for piece in stream(request, length):
        if piece:
            await run_in_threadpool(_add, database, blobs, upload, place, piece, today)
            place += len(piece)
    # An offset that was told is one that a power cut cannot take back.
    await run_in_threadpool(_settle, database, blobs, token_sha256, upload, today)
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"Upload-Offset": str(place)})


def _find(database: Database, token_sha256: str, address: str) -> Upload:
    with database.read() as session:
        return uploads.find(session, token_sha256, sha256_hex(address.encode()))


def _add(database: Database, blobs: Blobs, upload: Upload, place: int, piece: bytes, today: date) -> None:
    """Add one piece, unless it completes a header that is none: then the upload is given up."""
    blob = upload.blob or ""
    try:
        if place < HEADER_SIZE <= place + len(piece):
            check_envelope((blobs.uploads.start_of(blob, place) if place else b"") + piece, size=upload.size)
        blobs.uploads.append(blob, piece, at=place, day=today)
    except EnvelopeError:
        _give_up(database, blobs, upload.address_sha256, blob, today)
        raise NotAnEnvelope from None
    except OutOfPlace:
        raise uploads.WrongOffset from None
    except FileNotFoundError:  # given up meanwhile
        raise NotFound from None


def _settle(database: Database, blobs: Blobs, token_sha256: str, upload: Upload, today: date) -> int:
    """Bring to disk what has come, and where it is all, name it: how much it is.

    This is repeated where a process was killed between the last byte and the name.
    """
    if upload.blob is None:
        return upload.size
    try:
        reached = blobs.uploads.offset(upload.blob, today)
        if reached == upload.size:
            _name(database, blobs, token_sha256, upload.address_sha256, blobs.uploads.finish(upload.blob, today), today)
    except FileNotFoundError:  # given up meanwhile
        raise NotFound from None
    return reached


def _name(
    database: Database, blobs: Blobs, token_sha256: str, address_sha256: str, stored: Stored, today: date
) -> None:
    """A file that no row names is removed, but not where the database failed: then its row may yet be there."""
    try:
        with destroying(database, blobs, today) as session:
            uploads.finish(session, token_sha256, address_sha256, stored, today=today)
    except Problem:
        _give_up(database, blobs, address_sha256, stored.name, today)
        raise


def _give_up(database: Database, blobs: Blobs, address_sha256: str, blob: str, today: date) -> None:
    with destroying(database, blobs, today) as session:
        uploads.give_up(session, address_sha256, blob)
