"""Sealed bytes that are too large for a row: attachments and evidence, as files."""

from app.blobs.files import Blobs, Incoming, OutOfPlace, Stored

__all__ = ["Blobs", "Incoming", "OutOfPlace", "Stored"]
