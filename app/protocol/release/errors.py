"""What is wrong with a folder."""

from app.protocol.errors import NotAuthentic


class ReleaseError(NotAuthentic):
    """The folder is not a release as it was made and signed; the reason says what is wrong with it."""
