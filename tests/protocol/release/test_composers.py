"""What a composer has made it makes again, byte by byte: so a folder that was published verifies for good."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.client.statistics import releases
from app.protocol.encoding import sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.release.about import COMPOSER, About
from app.protocol.release.composition import compose
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.ledger import LedgerEntry, next_line
from app.protocol.release.sums import SUMS
from app.protocol.release.verification import verify_pinned
from app.vocabulary import workload
from tests.statistics.releases import folders


@pytest.mark.parametrize("composer", range(1, COMPOSER))
def test_a_folder_that_an_earlier_composer_made_verifies_and_one_that_only_says_so_does_not(composer: int) -> None:
    folder = releases.load(Path(__file__).parent / f"composer_{composer}")
    of_today = folders.unsigned(folders.noisy("T"))
    told = of_today["about.json"].replace(b'"composer": %d' % COMPOSER, b'"composer": %d' % composer)

    verified = verify_pinned(folder, folders.PIN)

    assert (verified.about.composer, len({*verified.signers})) == (composer, 2)
    with pytest.raises(NotAuthentic):
        verify_pinned(folders.signed({**of_today, "about.json": told}), folders.PIN)


def sums_of(drawn: NoisyCounts, about: About, *earlier: LedgerEntry) -> str:
    """The SHA-256 of `SHA256SUMS`, which is that of every file."""
    signers = b"" if about.names_people else None
    return sha256_hex(compose(drawn, about=about, ledger=[*earlier, folders.entry(drawn)], signers=signers)[SUMS])


# Of the folders of `tests.statistics.releases.folders`, by composer and workload.
AS_MADE = {
    (1, "Q"): "56ea74fe6bcf7cf54f04a2b116a70b2d725949133c2d25f5ed4daadf4798ad7f",
    (2, "Q"): "6a4fa0e80ac51c28b082f8a4e92b8c2ee9ffee8df4a09bbf891feffe5cc734b8",
    (3, "Q"): "a6ea192f1f6552c45a33fac4560a9667c3f696ef0490889e7848dcafbbf26c11",
    (4, "Q"): "9f51c1f2b67e9b1abb5d2c6ff07e9910972eb21d57ea80c06246ead1099c6d26",
    (4, "M"): "030f3abf5f7cd5b7b817c2b9187f09e021b21cb9aa60246d3f018b4611e2d1e4",
    (5, "Q"): "b0dce8a12e45931e0babe8cdc44f8b9519d37e9b8d4d2909a7f7b85a839ab587",
    (5, "M"): "ed876d8495e0c0afa7014d996ab969495cfd57f851baffbc9b84dfcee43f1fee",
}


@pytest.mark.parametrize(("composer", "id_"), AS_MADE)
def test_a_composer_makes_the_same_folder_of_the_same_counts(composer: int, id_: str) -> None:
    drawn = folders.noisy(id_)

    assert sums_of(drawn, replace(folders.about(drawn), composer=composer)) == AS_MADE[composer, id_]


@pytest.mark.parametrize(
    ("composer", "made"),
    [
        (3, "5430522e41ade251159cfeb00e1a19066a1bc7e9e7b27fe3f6fb35d525b86b73"),
        (4, "4be80e70317fd68526aab87240d375254b5dc5ba1f83b294e57bffa52c946b36"),
        (5, "8c9ccc090484313e0d1bc0b92342fc507bb31426189d0e9764195543e94b3218"),
    ],
)
def test_a_composer_makes_the_same_of_so_few_that_nothing_is_clear(composer: int, made: str) -> None:
    drawn = folders.noisy("Q", persons=0)

    assert sums_of(drawn, replace(folders.about(drawn), composer=composer)) == made


@pytest.mark.parametrize(
    ("composer", "made"),
    [
        (3, "82a2124859eacefe6a5ca7d63c079f30525f428810f6cb6339e4e701e11e73d3"),
        (4, "5f7d16dfa5df70e1352c1abc0072de5a82954537977f6427273ec49d3a02f280"),
        (5, "94dee532f2ba703c170ef3fbc9a12718e5a22c140e87cc40fcb6b881ac8b5f78"),
    ],
)
def test_a_composer_makes_the_same_folder_in_the_place_of_another(composer: int, made: str) -> None:
    drawn = folders.noisy()
    about = replace(
        folders.about(drawn, note="**The people are invented.**"),
        composer=composer,
        draw="rel_" + "2" * 32,
        supersedes="a" * 64,
        correction="A <month> was counted twice & once.",
    )

    assert sums_of(drawn, about) == made


@pytest.mark.parametrize(
    ("composer", "made"),
    [
        (3, "bbcb5fe4f9f1204f19b8920961843c60a22af329667de932632849191c58c5a6"),
        (5, "7ad20c8455aa311c85a27528d2739b7feaa681d03644196181a44410e83a34a1"),
    ],
)
def test_a_composer_makes_the_same_folder_where_a_series_breaks(composer: int, made: str) -> None:
    drawn = folders.noisy("M")
    before = next_line(
        None,
        release="rel_" + "2" * 32,
        period="2025",
        workload=workload("S"),
        opendp="0.16.0",
        accounts_key="key_" + "1" * 32,
        accounts_sha256="0" * 64,
    )
    entry = LedgerEntry(before, folders.LOSSES[110_000].epsilon, {})

    assert sums_of(drawn, replace(folders.about(drawn), composer=composer), entry) == made
