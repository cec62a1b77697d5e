"""`tern open`: any sealed file, with the keys that open it and nothing else; and `tern identity`, such a key."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app import age, private
from app.cli.console import Json, passphrase, say, show, show_text
from app.client.machine.passphrases import decrypt
from app.protocol.documents import parse_document
from app.protocol.encoding import parse_object
from app.protocol.errors import Malformed

_GRANT = b"# tern-grant "
_AGE_HEADS = (b"age-encryption.org/v1\n", b"-----BEGIN AGE")


def open_(
    file: Annotated[Path, typer.Argument(help="A sealed file.", exists=True, dir_okay=False)],
    identity: Annotated[
        Path,
        typer.Option("--identity", "-i", help="A file with keys, such as an opened grant or keys.age.", exists=True),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write what was sealed to a new file.")] = None,
    as_json: Json = False,
) -> None:
    """Open a sealed file with keys that you hold. It proves nothing of who sealed it."""
    keys = identities(identity)
    if output:
        _write(file, keys, output)
        return
    line = _line_of(age.decrypt(file.read_bytes(), keys))
    if line is None:
        raise typer.BadParameter("neither a document nor a grant: name a file with --output")
    if as_json:
        show(parse_object(line), as_json=True)
        return
    show_text(line.decode())
    say("No signature was checked.")


def make_identity(
    file: Annotated[Path, typer.Argument(help="A new file, for your eyes alone.")], as_json: Json = False
) -> None:
    """Make a key for backups, on a machine that is not the service's, and print its recipient."""
    identity = age.generate()
    recipient = str(identity.recipient)
    with open(file, "x", opener=private.opener) as new:
        new.write(f"# recipient: {recipient}\n{identity}\n")
        new.flush()
        os.fsync(new.fileno())
    if as_json:
        show({"recipient": recipient}, as_json=True)
        return
    show_text(recipient)


def identities(file: Path) -> list[age.HybridIdentity | age.X25519Identity]:
    """Those in the file, which may be sealed under a passphrase. Raises `BadParameter`."""
    content = file.read_bytes()
    if content.startswith(_AGE_HEADS):
        content = decrypt(content, passphrase())
    try:
        return age.parse_identities(content.decode())
    except (age.IdentityError, UnicodeDecodeError):
        raise typer.BadParameter("no file of keys") from None


def _write(file: Path, keys: list[age.HybridIdentity | age.X25519Identity], output: Path) -> None:
    """Readable by its owner alone, and gone again where the sealed file is not whole."""
    with open(output, "xb", opener=private.opener) as sink, file.open("rb") as sealed:
        try:
            age.decrypt_stream(sealed, sink, keys)
        except BaseException:
            output.unlink()
            raise


def _line_of(plaintext: bytes) -> bytes | None:
    """Line 1 of a document, or what a grant says of its key, which itself is not shown. None for anything else."""
    if plaintext.startswith(_GRANT):
        return plaintext.partition(b"\n")[0].removeprefix(_GRANT)
    try:
        return parse_document(plaintext).line
    except Malformed:
        return None
