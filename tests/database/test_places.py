"""Where rows with sealed files lie: near those of their epoch, and in no order of arrival."""

from datetime import date, timedelta

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.database import Base, Placed, places

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(1, 3650))
def test_rows_of_an_epoch_lie_apart_from_those_of_every_later_one(day: date, days: int) -> None:
    one, other = places.among_those_of(day), places.among_those_of(day + timedelta(days=days))

    assert one >> 47 != other >> 47


@given(DAYS)
def test_a_place_is_a_number_of_both_databases(day: date) -> None:
    assert 0 <= places.among_those_of(day) < 2**63
    assert 0 <= places.anywhere() < 2**63


def test_places_are_drawn_and_do_not_count_up() -> None:
    day = date(2026, 6, 15)
    drawn = [places.among_those_of(day) for _ in range(64)]

    assert len({each >> 47 for each in drawn}) == 1
    assert len(set(drawn)) == 64
    assert drawn != sorted(drawn)


def test_a_row_is_known_by_its_key_and_not_by_its_place() -> None:
    known = {
        each.__tablename__: [column.name for column in sa.inspect(each).primary_key] for each in Placed.__subclasses__()
    }

    assert known == {
        "report_files": ["report_id"],
        "mailboxes": ["token_sha256"],
        "slots": ["token_sha256", "number"],
        "grants": ["id"],
    }
    for table, key in known.items():
        uniques = [each for each in Base.metadata.tables[table].constraints if isinstance(each, sa.UniqueConstraint)]
        assert key in [[column.name for column in each.columns] for each in uniques]
