"""How an attachment comes in: the core of tus 1.0 and its extension `creation`, and nothing else of it."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response, status
from pydantic import WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from app.http import (
    BYTES,
    NEEDED,
    BlobStore,
    Config,
    Db,
    MailboxToken,
    Route,
    Router,
    Today,
    answer_header,
    declared_length,
    problems,
    stream,
)
from app.intake.attachments import service, uploads
from app.intake.attachments.reception import Reception
from app.problems import (
    Fault,
    InvalidRequest,
    LengthRequired,
    NotAnEnvelope,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)
from app.protocol.encoding import sha256_hex
from app.protocol.sizes import Kind, ciphertext_sizes

VERSION = "1.0.0"
PART = "application/offset+octet-stream"

# A name, a length that changes, an upload made of others: none of them has a use here, and the first would tell.
_OTHER_HEADERS = ("Upload-Metadata", "Upload-Defer-Length", "Upload-Concat")


class _TusRoute(Route):
    """Every answer says which protocol it is of, refusals too."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        versions = {name: {"schema": {"const": VERSION}, "required": True} for name in ("Tus-Resumable", "Tus-Version")}
        success: dict[int | str, dict[str, Any]] = {self.status_code or status.HTTP_200_OK: {}}
        self.responses = {
            code: answer | {"headers": answer.get("headers", {}) | versions}
            for code, answer in (success | self.responses).items()
        }

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


_Version = Annotated[
    str | None,
    Header(alias="Tus-Resumable", description="The protocol's version."),
    WithJsonSchema({"type": "string", "pattern": f"^{re.escape(VERSION)}$", NEEDED: True}),
]


async def _speaks_tus(request: Request, version: _Version = None) -> None:
    if version != VERSION:
        raise uploads.OtherProtocol
    for name in _OTHER_HEADERS:
        if name in request.headers:
            raise InvalidRequest(errors=[Fault(in_="header", pointer=f"/{name}", code="extra_forbidden")])


async def _reception(token: MailboxToken, database: Db, blobs: BlobStore, today: Today) -> Reception:
    return Reception(database, blobs, token_sha256=sha256_hex(token.encode()), today=today)


_NUMBER = r"^(0|[1-9][0-9]{0,9})$"
Receiving = Annotated[Reception, Depends(_reception)]
Tus = Annotated[None, Depends(_speaks_tus)]
AttachmentId = Annotated[str, Header(alias="Tern-Attachment", pattern=r"^att_[0-9a-f]{32}$")]
Length = Annotated[str, Header(alias="Upload-Length", pattern=_NUMBER)]
Offset = Annotated[str, Header(alias="Upload-Offset", pattern=_NUMBER)]

_UPLOAD_HEADERS = {
    "Upload-Offset": answer_header("Bytes that have arrived", pattern=_NUMBER),
    "Upload-Length": answer_header("Bytes of the whole", pattern=_NUMBER),
}
_LOCATION = {"Location": answer_header("The upload's own address")}
_OFFER = {
    "Tus-Extension": answer_header("What there is beside the core"),
    "Tus-Max-Size": answer_header("Bytes of the largest sealed attachment", pattern=_NUMBER),
}


@router.options(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses={204: {"description": "What there is", "headers": _OFFER}},
)
async def tell_upload_protocol(settings: Config) -> Response:
    """What of tus there is: the core, creation, and the length of the largest sealed attachment."""
    largest = max(ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit))
    headers = {"Tus-Extension": "creation", "Tus-Max-Size": str(largest)}
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers=headers)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    responses=problems(
        NotFound,
        uploads.OtherProtocol,
        uploads.NoRoomForFiles,
        TooLarge,
        service.AttachmentExists,
        service.TooManyAttachments,
    )
    | {201: {"description": "The upload has begun", "headers": _LOCATION}},
)
def start_upload(reception: Receiving, _: Tus, settings: Config, attachment: AttachmentId, length: Length) -> Response:
    """Begin to send one sealed attachment. One that was begun under the same id is given up."""
    sizes = ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit)
    if int(length) > max(sizes):
        raise TooLarge
    if int(length) not in sizes:
        raise InvalidRequest(errors=[Fault(in_="header", pointer="/Upload-Length", code="no_size_class")])
    address = reception.start(attachment, int(length))
    location = {"Location": f"/v1{router.prefix}/{address}"}
    return Response(status_code=status.HTTP_201_CREATED, headers=location)


@router.head(
    "/{address}",
    response_class=Response,
    responses=problems(NotFound, uploads.OtherProtocol, service.AttachmentExists, service.TooManyAttachments)
    | {200: {"description": "Where to go on", "headers": _UPLOAD_HEADERS}},
)
def tell_upload_offset(reception: Receiving, _: Tus, address: str) -> Response:
    """How much of the upload has arrived. Where that is all, the attachment is there."""
    upload = reception.find(address)
    offset = reception.settle(upload)
    return Response(headers={"Upload-Offset": str(offset), "Upload-Length": str(upload.size)})


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
        uploads.NoRoomForFiles,
        service.AttachmentExists,
        service.TooManyAttachments,
    )
    | {204: {"description": "All of it is on disk", "headers": {"Upload-Offset": _UPLOAD_HEADERS["Upload-Offset"]}}},
    openapi_extra={"requestBody": {"required": True, "content": {PART: {"schema": BYTES}}}},
)
async def add_to_upload(
    request: Request, reception: Receiving, _: Tus, settings: Config, address: str, offset: Offset
) -> Response:
    """Send the next part of the upload. What of it has come stays, also where the connection breaks."""
    largest = max(ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit))
    length = declared_length(request, limit=largest, media_type=PART)
    upload = await run_in_threadpool(reception.find, address)
    place = int(offset)
    await run_in_threadpool(reception.check_place, upload, at=place, length=length)
    async for piece in stream(request, length):
        if piece:
            await run_in_threadpool(reception.add, upload, piece, at=place)
            place += len(piece)
    # An offset that was told is one that a power cut cannot take back.
    await run_in_threadpool(reception.settle, upload)
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"Upload-Offset": str(place)})
