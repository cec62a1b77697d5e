"""The built pages, as the service reads them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

BUILT = Path(__file__).parent / "built"

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class File:
    """`sha256` is hex and of `content`; `brotli` is the same content compressed, where that is worth it."""

    content: bytes
    media_type: str
    sha256: str
    immutable: bool
    brotli: bytes | None = None


class Site:
    """Empty where nothing has been built. `files` have the path under which they are served, without leading slash."""

    def __init__(self, files: Mapping[str, File], languages: tuple[str, ...]) -> None:
        self.files = MappingProxyType(dict(files))
        self.languages = languages

    @classmethod
    def load(cls, directory: Path = BUILT) -> "Site":
        """Everything that was built: `en/index.html` is served as `en/`."""
        listed = directory / "languages.json"
        if not listed.exists():
            return cls({}, ())
        paths = (*directory.glob("assets/*"), *directory.glob("**/index.html"))
        files = {_served(path.relative_to(directory)): _file(path) for path in paths if path.suffix in _MEDIA_TYPES}
        return cls(files, tuple(each["code"] for each in json.loads(listed.read_bytes())))


def _served(path: Path) -> str:
    return path.as_posix().removesuffix("index.html")


def _file(path: Path) -> File:
    content, brotli = path.read_bytes(), path.with_name(f"{path.name}.br")
    return File(
        content=content,
        media_type=_MEDIA_TYPES[path.suffix],
        sha256=hashlib.sha256(content).hexdigest(),
        immutable=path.parent.name == "assets",
        brotli=brotli.read_bytes() if brotli.exists() else None,
    )
