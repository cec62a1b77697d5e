"""Forms that the wire models of several packages of people share."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from app import age
from app.protocol.encoding import unb64
from app.protocol.errors import Malformed
from app.protocol.sign_in import PASSWORD_LENGTHS

_SIGNATURE_SIZE: Final = 64
_KEY_SIZE: Final = 32


def _signature(text: str) -> str:
    try:
        unb64(text, _SIGNATURE_SIZE)
    except Malformed:
        raise ValueError("not an Ed25519 signature") from None
    return text


KeySignature = Annotated[str, AfterValidator(_signature)]
Password = Annotated[str, Field(min_length=PASSWORD_LENGTHS[0], max_length=PASSWORD_LENGTHS[-1], repr=False)]


def _recipient(text: str) -> str:
    try:
        recipient = age.parse_recipient(text)
    except age.Error:
        raise ValueError("not a recipient") from None
    if not isinstance(recipient, age.HybridRecipient):
        raise ValueError("not a hybrid recipient")
    return text


def _key(text: str) -> str:
    try:
        unb64(text, _KEY_SIZE)
    except Malformed:
        raise ValueError("not an Ed25519 key") from None
    return text


Recipient = Annotated[str, Field(max_length=4096), AfterValidator(_recipient)]
SigningKey = Annotated[str, AfterValidator(_key)]
