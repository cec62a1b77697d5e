"""Writes the file."""

import json
from collections.abc import Iterator

from tests.vectors.make import DIRECTORY
from tests.vectors.refusals.vectors import vectors


def lines() -> Iterator[str]:
    """A vector a line, so that a difference names the ones that changed."""
    told = vectors()
    for key in ("certificates", "lines"):
        yield f'"{key}": {json.dumps(told[key], indent=1)},'
    yield '"vectors": {'
    for reader, every in told["vectors"].items():
        yield f'"{reader}": ['
        yield ",\n".join(json.dumps(vector) for vector in every)
        yield "]" if reader == list(told["vectors"])[-1] else "],"
    yield "}"


text = "\n".join(["{", *lines(), "}"])
(DIRECTORY / "refusals.json").write_text(text + "\n", encoding="ascii")
