"""A release as statistical offices exchange data. That others read it, `test_foreign_readers.py` says."""

from dataclasses import replace

import pytest

from app.protocol.release.sdmx import structure
from tests.statistics.releases import folders


@pytest.mark.parametrize(
    ("organisation", "agency"),
    [
        ("An Organisation", "AN_ORGANISATION"),
        ("A1 – Aid & Advice", "A1_AID_ADVICE"),
        ("24 Hours", "ORG"),
        ("帮助", "ORG"),
    ],
)
def test_an_organisation_is_an_agency_by_its_letters_where_they_begin_a_word(organisation: str, agency: str) -> None:
    total = folders.noisy("T")

    made = structure(total, replace(folders.about(total), organisation=organisation)).decode()

    assert f'<m:Sender id="{agency}"/>' in made
