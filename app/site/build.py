"""`python -m app.site.build`: templates, catalogues, scripts and style become the static files of the reporter's pages.

Two builds of one source are alike byte for byte. Needs Node, and `npm ci` in `app/web` before.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.site import messages
from app.site.languages import PSEUDO, SOURCE, WANTED, Language, direction, own_name, receipt_words
from app.site.rendering import WEB, Asset, country_name, environment
from app.site.site import BUILT
from app.vocabulary import codes

# What templates call a file, and what it is made of. Word lists are no pages' business.
_ASSETS = {
    "report": "report.ts",
    "mailbox": "mailbox.ts",
    "worker": "worker.ts",
    "style": "reporter.css",
    "icon": "icon.svg",
}
# The pages that are the same for everybody, and what they take of a request: nothing yet.
_PAGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "": ("report.html", {}),
    "replies": ("mailbox.html", {}),
    "plain": ("plain.html", {"mistakes": (), "kept": {}}),
    "plain/replies": ("plain_mailbox.html", {"mistakes": (), "kept": {}}),
}


def build(directory: Path, *, pseudo: bool = False) -> tuple[Language, ...]:
    """Build into `directory`, in the place of what was there. Returns the languages that are offered.

    `pseudo` adds a language that shows what breaks a layout; it is for tests and must not be served.
    """
    # Beside it first: where a build breaks off, the pages of the one before stay.
    beside = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    languages = _build(beside, pseudo=pseudo)
    shutil.rmtree(directory, ignore_errors=True)
    beside.rename(directory)
    return languages


def _build(directory: Path, *, pseudo: bool) -> tuple[Language, ...]:
    languages = _languages((*(code for code in WANTED if not messages.lacks(code)), *([PSEUDO] if pseudo else [])))
    assets = _assets(directory)
    _write_json(directory / "languages.json", [asdict(language) for language in languages])
    _write_json(directory / "assets.json", {name: asdict(asset) for name, asset in assets.items()})
    for language in languages:
        _write_pages(directory, language, assets, languages)
    paths = (path for path in sorted(directory.glob("**/*")) if path.suffix in {".html", ".js", ".css", ".svg"})
    _node("compress.mjs", stdin="\n".join(map(str, paths)))
    return languages


def _languages(languages: Iterable[str]) -> tuple[Language, ...]:
    countries = [code for code in codes("country") if code != "ZZ"]
    names = {language: {code: country_name(language, code) for code in countries} for language in languages}
    in_order = json.loads(_node("collate.mjs", stdin=json.dumps(names)))
    return tuple(
        Language(
            code=language,
            name=own_name(language),
            direction=direction(language),
            receipt_words=receipt_words(language),
            reviewed=messages.reviewed(language),
            countries=tuple(in_order[language]),
        )
        for language in names
    )


def _assets(directory: Path) -> dict[str, Asset]:
    paths_of: dict[str, str] = json.loads(_node("bundle.mjs", str(directory)))
    return {name: _asset(directory, f"assets/{paths_of[source]}") for name, source in _ASSETS.items()}


def _asset(directory: Path, path: str) -> Asset:
    digest = hashlib.sha384((directory / path).read_bytes()).digest()
    return Asset(path, f"sha384-{base64.b64encode(digest).decode()}")


def _write_pages(
    directory: Path, language: Language, assets: Mapping[str, Asset], languages: tuple[Language, ...]
) -> None:
    catalogue = None if language.code in {SOURCE, PSEUDO} else messages.catalogue_bytes(language.code)
    if catalogue:
        target = directory / "catalogues" / f"{language.code}.mo"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(catalogue)
    templates = environment(language, messages.translations(language.code, catalogue), assets, languages)
    for address, (template, context) in _PAGES.items():
        page = directory / language.code / address / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(templates.get_template(template).render(**context), encoding="utf-8", newline="\n")


def _node(script: str, *arguments: str, stdin: str = "") -> str:
    ran = subprocess.run(  # noqa: S603  # our own scripts
        ["node", WEB / script, *arguments],  # noqa: S607  # whichever Node is there
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return ran.stdout


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(
    directory: Annotated[Path, typer.Argument(help="Where the files go.")] = BUILT,
    *,
    pseudo: Annotated[bool, typer.Option(help="Add a pseudo-language, to look at layouts.")] = False,
) -> None:
    """Build the reporter's pages."""
    languages = build(directory.resolve(), pseudo=pseudo)
    sys.stdout.write(f"built in {', '.join(language.code for language in languages)}\n")
    for code in WANTED:
        if code not in {language.code for language in languages}:
            sys.stdout.write(f"{code} is not offered: {'; '.join(messages.lacks(code)[:3])}\n")


if __name__ == "__main__":
    typer.run(main)
