"""The built pages, as the service reads them: files to hand out, and templates for the page without script."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment

from app.site.languages import Language
from app.site.messages import translations
from app.site.rendering import Asset, environment

BUILT = Path(__file__).parent / "built"

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class File:
    """`sha256` is hex and of `content`; `brotli` is the same content compressed, where that is worth it."""

    content: bytes
    media_type: str
    sha256: str
    brotli: bytes | None = None


class Site:
    """Empty where nothing has been built."""

    def __init__(self, files: Mapping[str, File], environments: Mapping[str, Environment]) -> None:
        self.files = MappingProxyType(dict(files))
        self.languages = tuple(environments)
        self._environments = environments

    @classmethod
    def load(cls, directory: Path = BUILT) -> "Site":
        """Everything that was built, by the path under which it is served, without the leading slash."""
        if not (directory / "languages.json").exists():
            return cls({}, {})
        files: dict[str, File] = {}
        for path in sorted((*directory.glob("assets/*"), *directory.glob("**/index.html"))):
            if path.suffix in _MEDIA_TYPES:
                files[_address(path.relative_to(directory))] = _file(path)
        assets, offered = read_assets(directory), read_languages(directory)
        return cls(
            files,
            {
                each.code: environment(each, translations(each.code, _catalogue(directory, each.code)), assets, offered)
                for each in offered
            },
        )

    def render(self, template: str, language: str, **context: object) -> str:
        """A page that depends on a request, in a language that is offered; what it takes stands in its template."""
        return self._environments[language].get_template(template).render(**context)


def read_languages(directory: Path) -> tuple[Language, ...]:
    """Those that the build offers, in their order. Raises `OSError` where nothing is built."""
    entries = json.loads((directory / "languages.json").read_bytes())
    return tuple(Language(**{**each, "countries": tuple(each["countries"])}) for each in entries)


def read_assets(directory: Path) -> dict[str, Asset]:
    """The scripts and styles of the build, by their names in templates. Raises `OSError` where nothing is built."""
    return {name: Asset(**each) for name, each in json.loads((directory / "assets.json").read_bytes()).items()}


def _catalogue(directory: Path, language: str) -> bytes | None:
    """None for the language of the templates, which needs no catalogue."""
    path = directory / "catalogues" / f"{language}.mo"
    return path.read_bytes() if path.exists() else None


def _address(path: Path) -> str:
    return path.as_posix().removesuffix("index.html")


def _file(path: Path) -> File:
    content, brotli = path.read_bytes(), path.with_name(f"{path.name}.br")
    return File(
        content=content,
        media_type=_MEDIA_TYPES[path.suffix],
        sha256=hashlib.sha256(content).hexdigest(),
        brotli=brotli.read_bytes() if brotli.exists() else None,
    )
