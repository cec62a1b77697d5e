"""Whatever the server keeps sealed is of a type of the table, and lies where the type's row says."""

import pytest
import sqlalchemy as sa

import app.main  # noqa: F401  it brings the tables of every package
from app.database import Base, Sealed
from app.protocol.types import TYPES, Form, Place, SealedType

COLUMNS = {f"{table.name}.{column.name}": column for table in Base.metadata.tables.values() for column in table.columns}
PLACES = [(of, place) for of in TYPES.values() for place in of.stored]


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_of_sealed_files_is_that_of_a_type(column: str) -> None:
    holds_sealed = isinstance(COLUMNS[column].type, Sealed) or column.endswith(".blob")
    types = [of.name for of, place in PLACES if str(place) == column and of.form in (Form.SEALED, Form.FILE)]

    assert bool(types) == holds_sealed, f"{column} and app/protocol/types.py disagree: {types}"


@pytest.mark.parametrize(("of", "place"), PLACES, ids=[f"{of.name} in {place}" for of, place in PLACES])
def test_each_place_of_a_type_is_a_column(of: SealedType, place: Place) -> None:
    assert str(place) in COLUMNS, f"{of.name} lies in {place}, which is no column"

    is_sealed = of.form in (Form.SEALED, Form.FILE) and not place.is_blob
    assert isinstance(COLUMNS[str(place)].type, Sealed if is_sealed else sa.String)
