"""How fast `app.age` streams 100 MB, beside ChaCha20-Poly1305 alone over the same chunks and beside pyrage.

All take turns in several rounds, of which the best counts, so that a busy machine slows all alike. What is sealed or
opened comes from a file in the page cache and goes nowhere: writing to a disk is as slow for everybody. The cipher runs
twice, over chunks that lie in memory and over chunks that it too must read from the file.
"""

import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyrage
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from rich.console import Console
from rich.table import Table

from app import age
from app.age.stream import CHUNK_SIZE, TAG_SIZE, chunk_nonce

SIZE = 100_000_000
ROUNDS = 9

Task = Callable[[], object]
Row = dict[str, str | float]


def run() -> list[Row]:
    """A row for each contender: `what`, `megabytes_a_second`, `peak_mib` of Python's memory, and two shares.

    `of_raw` is the share of the cipher's speed over chunks in memory, `of_raw_read` over chunks read from the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        sealing, opening = contenders(Path(folder))
        return [*compare(sealing), *compare(opening)]


def contenders(folder: Path) -> tuple[dict[str, Task], dict[str, Task]]:
    """What seals, and what opens; the cipher comes first in each, twice."""
    identity, stock_identity = age.generate(), pyrage.x25519.Identity.generate()
    plain, ours, stock, raw = (folder / name for name in ("plain", "ours.age", "pyrage.age", "raw"))
    nowhere = Path(os.devnull)

    def seal(source: BinaryIO, sink: BinaryIO) -> None:
        age.encrypt_stream(source, sink, [identity.recipient])

    def open_(source: BinaryIO, sink: BinaryIO) -> None:
        age.decrypt_stream(source, sink, [identity])

    def stock_seal(source: BinaryIO, sink: BinaryIO) -> None:
        pyrage.encrypt_io(source, sink, [stock_identity.to_public()])

    def stock_open(source: BinaryIO, sink: BinaryIO) -> None:
        pyrage.decrypt_io(source, sink, [stock_identity])

    # Each file is written in one piece: one that grows piece by piece is read a third more slowly ever after.
    content = memoryview(os.urandom(SIZE))
    plain.write_bytes(content)
    ours.write_bytes(age.encrypt(bytes(content), [identity.recipient]))
    stock.write_bytes(pyrage.encrypt(bytes(content), [stock_identity.to_public()]))

    aead = ChaCha20Poly1305(os.urandom(32))
    nonces = [chunk_nonce(index, last=False) for index in range(-(-SIZE // CHUNK_SIZE))]
    chunks = [content[index * CHUNK_SIZE : (index + 1) * CHUNK_SIZE] for index in range(len(nonces))]
    sealed_chunks = [aead.encrypt(nonce, chunk, None) for nonce, chunk in zip(nonces, chunks, strict=True)]

    raw.write_bytes(b"".join(sealed_chunks))

    def raw_seal() -> None:
        for nonce, chunk in zip(nonces, chunks, strict=True):
            aead.encrypt(nonce, chunk, None)

    def raw_open() -> None:
        for nonce, chunk in zip(nonces, sealed_chunks, strict=True):
            aead.decrypt(nonce, chunk, None)

    def raw_read(seal_or_open: Callable[[bytes, bytes, None], bytes], origin: Path, size: int) -> None:
        with origin.open("rb") as source:
            for nonce in nonces:
                seal_or_open(nonce, source.read(size), None)

    sealing: dict[str, Task] = {
        "seal: cipher, from memory": raw_seal,
        "seal: cipher, from the file": lambda: raw_read(aead.encrypt, plain, CHUNK_SIZE),
        "seal: app.age": lambda: pipe(seal, plain, nowhere),
        "seal: pyrage": lambda: pipe(stock_seal, plain, nowhere),
    }
    opening: dict[str, Task] = {
        "open: cipher, from memory": raw_open,
        "open: cipher, from the file": lambda: raw_read(aead.decrypt, raw, CHUNK_SIZE + TAG_SIZE),
        "open: app.age": lambda: pipe(open_, ours, nowhere),
        "open: pyrage": lambda: pipe(stock_open, stock, nowhere),
    }
    return sealing, opening


def pipe(step: Callable[[BinaryIO, BinaryIO], None], origin: Path, target: Path) -> None:
    with origin.open("rb") as source, target.open("wb") as sink:
        step(source, sink)


def compare(tasks: dict[str, Task]) -> list[Row]:
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(ROUNDS):
        for what, task in tasks.items():
            started = time.perf_counter()
            task()
            best[what] = min(best[what], time.perf_counter() - started)
    raw, raw_read, *_ = best.values()
    return [
        {
            "what": what,
            "megabytes_a_second": round(SIZE / seconds / 1e6),
            "of_raw": round(raw / seconds, 2),
            "of_raw_read": round(raw_read / seconds, 2),
            "peak_mib": round(peak_mib(tasks[what]), 2),
        }
        for what, seconds in best.items()
    ]


def peak_mib(task: Task) -> float:
    """What the task has in Python's memory at its worst, in MiB. A run of its own, for counting is slow."""
    tracemalloc.start()
    task()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / (1 << 20)


def main() -> None:
    rows = run()
    table = Table(*rows[0], title=f"age, {SIZE // 1_000_000} MB in chunks of 64 KiB")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
