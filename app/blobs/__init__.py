"""Sealed bytes that are too large for a row: attachments and evidence. They come in as uploads and lie as objects."""

from app.blobs.objects import Objects
from app.blobs.store import Blobs, TooManyLeftOver
from app.blobs.uploads import Incoming, NoRoom, OutOfPlace, StoredBlob, Uploads, new_name

__all__ = [
    "Blobs",
    "Incoming",
    "NoRoom",
    "Objects",
    "OutOfPlace",
    "StoredBlob",
    "TooManyLeftOver",
    "Uploads",
    "new_name",
]
