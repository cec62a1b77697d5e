"""Every value has one writing, and no other is read."""

import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.encoding import b64, canonical, check_at, check_day, check_id, new_id, parse_object, unb64
from app.protocol.errors import Malformed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.binary())
def test_what_is_written_in_base64url_is_read_again(value: bytes) -> None:
    assert unb64(b64(value)) == value


@given(st.text() | st.text("AQgwB-_=+/\n", max_size=9))
def test_no_second_spelling_of_base64url_is_read(text: str) -> None:
    try:
        value = unb64(text)
    except Malformed:
        return

    assert b64(value) == text


@pytest.mark.parametrize("text", ["AA==", "AAA=", "AAAA====", "AB", "A", "AA\n", "+A", "A A", "é", "\0A"])
def test_what_is_almost_base64url_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        unb64(text)


def test_a_value_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed):
        unb64(b64(bytes(31)), 32)


@given(st.dictionaries(st.text(), JSON))
def test_an_object_that_is_written_is_read_again(value: dict[str, object]) -> None:
    line = canonical(value)

    assert b"\n" not in line
    assert parse_object(line) == value


def test_letters_are_written_as_they_are_and_what_is_no_number_is_not_written() -> None:
    assert canonical({"a": "é事"}) == '{"a":"é事"}'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": float("nan")})


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":"\xff"}',
        b"[1]",
        b"null",
        b"",
        b"{} {}",
        b"[" * 100_000,
        b'{"a":' + b"9" * 5_000 + b"}",
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused(line: bytes) -> None:
    with pytest.raises(Malformed):
        parse_object(line)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_line_raises_anything_but_malformed(line: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(parse_object(line), dict)


def test_an_id_is_read_only_as_what_it_is() -> None:
    id_ = new_id("rep")

    assert check_id("rep", id_) == id_
    for other in (id_.upper(), id_[:-1], f"{id_}\n", f"case_{id_[4:]}", None):
        with pytest.raises(Malformed):
            check_id("rep", other)


@pytest.mark.parametrize("text", ["2026-06-15", "2026-06-15T00:00Z", "2026-06-15T23:00Z"])
def test_documents_are_dated_by_the_day_or_the_hour(text: str) -> None:
    assert check_at(text) == date(2026, 6, 15)


@pytest.mark.parametrize(
    "text", ["20260615", "2026-W25-1", "2026-06-31", "2026-06-15T09:30Z", "2026-06-15T24:00Z", "", None, 2026]
)
def test_nothing_is_dated_to_the_minute_or_in_another_way(text: object) -> None:
    with pytest.raises(Malformed):
        check_at(text)


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9000-01-01", "9999-12-31"])
def test_a_day_from_which_nobody_can_count_is_none(day: str) -> None:
    with pytest.raises(Malformed):
        check_day(day)


@pytest.mark.parametrize("day", ["1900-01-01", "1970-01-01", "8999-12-31"])
def test_a_day_of_a_clock_that_has_stopped_is_one(day: str) -> None:
    assert check_day(day).isoformat() == day


def test_an_hour_is_no_day() -> None:
    with pytest.raises(Malformed):
        check_day("2026-06-15T09:00Z")
