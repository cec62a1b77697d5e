"""What can go wrong with an age file, told apart by what the caller should do next."""


class Error(Exception):
    """The root. No message holds a key, a passphrase or a byte of a plaintext."""


class RecipientError(Error):
    """This text is no recipient, or these recipients may not share a file: ask for another one."""


class IdentityError(Error):
    """This text is no identity, identity file or passphrase: ask for another one."""


class NoMatchError(Error):
    """The file is well-formed, but none of these identities opens it: try the next key."""


class HeaderError(Error):
    """The header is not age v1, or not canonical: the file is damaged or made by something else."""


class MacError(Error):
    """An identity opened a stanza, but the header was changed afterwards: trust nothing of the file."""


class PayloadError(Error):
    """The payload was changed or cut: what was written before the error is genuine, but not the whole."""


class ArmorError(Error):
    """The ASCII armor is not strict PEM: ask for the file again, unchanged by mail or editor."""


class EnvelopeError(Error):
    """Not one `mlkem768x25519` stanza in front of a payload of an allowed length: refuse the upload."""
