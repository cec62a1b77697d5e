"""Lengths tell no more than a size class."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.protocol.errors import Malformed
from app.protocol.sizes import KIB, MIB, Kind, ciphertext_sizes, classes, pad_document, padded_size
from tests.strength import COPY_WORK_FACTOR

DOCUMENTS = sorted(set(Kind) - {Kind.ATTACHMENT})


def test_the_classes_are_those_of_the_specification() -> None:
    assert classes(Kind.GRANT) == classes(Kind.SLOT) == classes(Kind.TASK) == (4 * KIB,)
    assert [size // KIB for size in classes(Kind.MESSAGE)] == [4, 16, 64]
    assert [size // KIB for size in classes(Kind.REPORT)] == [8, 16, 32, 64, 256, 1024]
    assert [size // KIB for size in classes(Kind.JOURNAL)] == [4, 16]
    assert [size // KIB for size in classes(Kind.PART)] == [4, 8, 16, 32, 64, 128, 256, 512, 1024]


def test_attachments_double_to_four_mebibytes_and_then_take_four_even_steps_an_octave() -> None:
    sizes = classes(Kind.ATTACHMENT, 16 * MIB)

    assert [size // KIB for size in sizes[:7]] == [64, 128, 256, 512, 1024, 2048, 4096]
    assert [size // MIB for size in sizes[7:]] == [5, 6, 7, 8, 10, 12, 14, 16]


def test_the_last_class_takes_an_attachment_of_exactly_the_limit() -> None:
    limit = 100 * 1000 * 1000

    assert padded_size(Kind.ATTACHMENT, limit, limit) == classes(Kind.ATTACHMENT, limit)[-1]
    with pytest.raises(Malformed, match=f" {limit} fit"):
        padded_size(Kind.ATTACHMENT, limit + 1, limit)


def test_no_attachment_is_larger_than_a_gibibyte_whatever_an_installation_allows() -> None:
    assert classes(Kind.ATTACHMENT)[-1] == 2**30
    with pytest.raises(Malformed, match=f" {2**30} fit"):
        padded_size(Kind.ATTACHMENT, 2**30 + 1)


@given(st.sampled_from(sorted(Kind)), st.integers(min_value=0, max_value=64 * MIB))
def test_padding_goes_to_the_smallest_class_that_holds_it(kind: Kind, length: int) -> None:
    allowed = classes(kind)
    try:
        size = padded_size(kind, length)
    except Malformed:
        assert length > allowed[-1]
        return

    assert size in allowed
    assert size >= length
    assert not any(length <= smaller < size for smaller in allowed)


@given(st.integers(min_value=64 * KIB, max_value=1024 * MIB))
def test_padding_an_attachment_never_more_than_doubles_it(length: int) -> None:
    assert padded_size(Kind.ATTACHMENT, length) < 2 * length


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_fills_its_class_with_spaces(kind: Kind) -> None:
    text = b"{}\n{}\n"

    padded = pad_document(kind, text)

    assert len(padded) == classes(kind)[0]
    assert padded.rstrip(b" ") == text


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_sealed_files_have_the_lengths_that_the_service_accepts_and_no_others(kind: Kind) -> None:
    is_under_passphrase = kind is Kind.KEYS
    recipient = age.Passphrase("of a test", COPY_WORK_FACTOR) if is_under_passphrase else age.generate().recipient

    files = {len(age.encrypt(bytes(size), [recipient])) for size in classes(kind)}

    assert files == ciphertext_sizes(kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_classes_grow(kind: Kind) -> None:
    assert all(smaller < larger for smaller, larger in pairwise(classes(kind)))
