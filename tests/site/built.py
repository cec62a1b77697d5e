"""A small directory of the form that the build of the pages makes."""

import json
from pathlib import Path

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ar")
SCRIPT = "assets/report-ab12cd.js"
PAGES = ("", "replies/", "plain/")


def build(directory: Path, languages: tuple[str, ...] = LANGUAGES) -> Path:
    listed = [
        {"code": code, "name": code, "direction": "ltr", "receipt_words": "en", "reviewed": True, "countries": []}
        for code in languages
    ]
    write(directory / "languages.json", json.dumps(listed).encode())
    named = {"path": "assets/icon-ef34ab.svg", "integrity": "sha384-"}
    write(directory / "assets.json", json.dumps({"icon": named, "style": named}).encode())
    write(directory / SCRIPT, b"let tern = 1\n" * 100)
    write(directory / f"{SCRIPT}.br", b"as if it were compressed")
    write(directory / "assets/icon-ef34ab.svg", b"<svg/>")
    for code in languages:
        for page in PAGES:
            write(directory / code / page / "index.html", f"<!doctype html><html lang={code}>{page}\n".encode())
    return directory


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
