"""The store of keys, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.shred_keys import copies, store
from app.shred_keys.store import ShredKeys
from tests.factories import DAY

FIRST = 64  # keys, of which half are used before more are made


@pytest.fixture
def keys(empty_url: str, tmp_path: Path) -> Iterator[ShredKeys]:
    for _ in range(2):  # whoever comes second leaves what is there
        store.create(empty_url)
    found = ShredKeys(empty_url, tmp_path / "copies")
    yield found
    found.close()


def test_each_key_is_given_once_and_found_until_it_is_destroyed(keys: ShredKeys) -> None:
    taken = dict(keys.take() for _ in range(2 * FIRST))
    first, second = list(taken)[:2]

    found = keys.find(taken)
    keys.destroy([first])
    keys.settle()

    assert (len(taken), found) == (2 * FIRST, taken)
    assert keys.find([first, second]) == {second: taken[second]}
    assert keys.missing(taken) == 1


def test_a_key_is_copied_before_it_is_used(keys: ShredKeys, tmp_path: Path) -> None:
    taken = dict(keys.take() for _ in range(FIRST + 1))

    copied = copies.newest(tmp_path / "copies")

    assert copied.name == keys.name
    assert taken.items() <= dict(copied.records).items()


def test_a_disk_of_copies_that_is_away_keeps_nobody_from_storing(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("no directory")
    store.create(empty_url)
    keys = ShredKeys(empty_url, tmp_path / "copies")

    id_, key = keys.take()

    assert keys.find([id_]) == {id_: key}
    with pytest.raises(OSError, match="copies"):
        keys.copy(DAY)
    keys.close()


def test_a_copy_that_is_cut_counts_for_nothing(keys: ShredKeys, tmp_path: Path) -> None:
    keys.take()
    keys.copy(DAY)
    (file,) = (tmp_path / "copies").glob("keys-*")
    file.write_bytes(file.read_bytes()[:-1])
    for more in (tmp_path / "copies").glob("more-*"):
        more.unlink()

    with pytest.raises(copies.NoCopy):
        copies.newest(tmp_path / "copies")
