"""A form as browsers send it, pulled field by field."""

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.no_script.multipart import MalformedForm, Part, TooMuch, boundary_of, parts
from tests.intake.no_script.browser import BOUNDARY, File, encoded

_names = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)
_contents = st.binary(max_size=3000) | st.just(b"\r\n--") | st.just(BOUNDARY) | st.just(b"\r\n--" + BOUNDARY[:-1])
_fields = st.lists(st.tuples(_names, _contents), max_size=6)


class Trickle(io.RawIOBase):
    """Gives a few bytes at a time, as a network does."""

    def __init__(self, content: bytes, most: int) -> None:
        self._left = io.BytesIO(content)
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        return self._left.read(min(size, self._most))


def whole(part_source: io.RawIOBase | io.BytesIO) -> list[tuple[str, bytes]]:
    return [(part.name, b"".join(pieces(part))) for part in parts(part_source, BOUNDARY)]


def pieces(part: Part) -> Iterator[bytes]:
    while piece := part.read(777):
        yield piece


@given(fields=_fields, most=st.integers(1, 5000))
def test_every_field_is_read_as_it_was_sent_in_whatever_pieces_it_comes(
    fields: list[tuple[str, bytes]], most: int
) -> None:
    form = encoded([(name, File("a", "b/c", content)) for name, content in fields])

    assert whole(Trickle(form, most)) == fields


def test_what_is_not_read_is_skipped() -> None:
    form = encoded([("one", "1" * 200_000), ("two", "2"), ("three", "3")])

    names = [part.name for part in parts(io.BytesIO(form), BOUNDARY)]

    assert names == ["one", "two", "three"]


def test_a_file_says_its_name_and_type_and_a_field_neither() -> None:
    form = encoded([("files", File("信 “1”.jpg", "image/jpeg", b"x")), ("text", "وصل")])

    found = [(part.filename, part.media_type) for part in parts(io.BytesIO(form), BOUNDARY)]

    assert found == [("信 “1”.jpg", "image/jpeg"), (None, "")]


@given(cut=st.integers(0, 400))
def test_a_form_that_ends_before_its_end_is_no_form(cut: int) -> None:
    form = encoded([("text", "They know my address."), ("files", File("a.jpg", "image/jpeg", bytes(200)))])
    end = form.rindex(b"--")

    with pytest.raises(MalformedForm):
        whole(io.BytesIO(form[: min(cut, end)]))


@pytest.mark.parametrize(
    "form",
    [
        b"They know my address.",
        b"--" + BOUNDARY + b"\r\n\r\nno head\r\n--" + BOUNDARY + b"--\r\n",
        b"--" + BOUNDARY + b"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--" + BOUNDARY + b"--\r\n",
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + b"a" * 9000 + b'"\r\n\r\nx',
        encoded([("a", "")] * 301),
    ],
)
def test_what_is_no_form_is_refused(form: bytes) -> None:
    with pytest.raises(MalformedForm):
        whole(io.BytesIO(form))


def test_a_field_is_read_up_to_its_limit() -> None:
    form = encoded([("text", "123456")])

    (at_limit,) = [part.text(6) for part in parts(io.BytesIO(form), BOUNDARY)]

    assert at_limit == "123456"
    with pytest.raises(TooMuch):
        [part.text(5) for part in parts(io.BytesIO(form), BOUNDARY)]


def test_a_field_that_is_not_utf_8_is_refused() -> None:
    form = encoded([("text", File("", "", b"\xff"))])

    with pytest.raises(MalformedForm):
        [part.text(10) for part in parts(io.BytesIO(form), BOUNDARY)]


@pytest.mark.parametrize(
    "content_type", ["", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_what_is_sent_otherwise_is_no_form(content_type: str) -> None:
    with pytest.raises(MalformedForm):
        boundary_of(content_type)


def test_the_boundary_stands_in_the_head() -> None:
    assert boundary_of(f'multipart/form-data; boundary="{BOUNDARY.decode()}"') == BOUNDARY
