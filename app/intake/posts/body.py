"""The body of a mailbox request: a line of JSON, and after it, where it is a post, a message and a thread state."""

from enum import StrEnum

from app.age import EnvelopeError, check_envelope
from app.intake.mailbox.service import Post
from app.problems import InvalidRequest, NotAnEnvelope
from app.protocol.documents import VERSION
from app.protocol.encoding import check_id, parse_object, unb64
from app.protocol.errors import Malformed
from app.protocol.mailbox import SLOT_SIZE, MessageKind
from app.protocol.types import TYPES

LINE_LIMIT = 512
SECRET_SIZE = 32
_MESSAGE_SIZES = TYPES["message.reporter"].lengths
LIMIT = LINE_LIMIT + max(_MESSAGE_SIZES) + SLOT_SIZE


class Reading(StrEnum):
    """How somebody only reads: the slots as they are, or with the thread state that came with the report."""

    READ = "read"
    RECALL = "recall"


def read(body: bytes) -> Post | Reading:
    """What is posted, or how the slots are to be read. Raises `InvalidRequest` or `NotAnEnvelope`."""
    line, _, files = body.partition(b"\n")
    try:
        members = parse_object(line)
        if members.pop("v", None) is not VERSION:  # true is 1, but not as it is written
            raise InvalidRequest
        match members:
            case {"kind": Reading.READ | Reading.RECALL as kind, **rest} if not rest and not files:
                return Reading(kind)
            case {"kind": MessageKind.CONSENT, "id": id_, "consent": consent, **rest} if not rest:
                return _post(check_id("msg", id_), MessageKind.CONSENT, check_id("cons", consent), files)
            case {"kind": MessageKind.MESSAGE, "id": id_, **rest} if not rest:
                return _post(check_id("msg", id_), MessageKind.MESSAGE, None, files)
            case {"kind": MessageKind.WITHDRAW, "id": id_, **rest} if rest.keys() <= {"secret"}:
                return _post(check_id("msg", id_), MessageKind.WITHDRAW, None, files, _secret(rest.get("secret")))
    except Malformed:
        pass
    raise InvalidRequest


def _secret(said: object) -> bytes | None:
    """The secret of a withdrawal. Whatever has not its form is none: such a post is a message like any other."""
    try:
        return unb64(said, SECRET_SIZE) if isinstance(said, str) else None
    except Malformed:
        return None


def _post(id_: str, kind: MessageKind, consent_id: str | None, files: bytes, secret: bytes | None = None) -> Post:
    message, thread_state = files[:-SLOT_SIZE], files[-SLOT_SIZE:]
    try:
        check_envelope(message, sizes=_MESSAGE_SIZES)
        check_envelope(thread_state, sizes=(SLOT_SIZE,))
    except EnvelopeError:
        raise NotAnEnvelope from None
    return Post(id=id_, kind=kind, consent_id=consent_id, message=message, thread_state=thread_state, secret=secret)
