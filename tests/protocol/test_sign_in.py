"""By what somebody signs in: what no service takes is told before anything is sent."""

import pytest

from app.protocol.sign_in import Unfit, check_handle, check_password

FIT = ("ab", "a1", "1a", "a.b_c-d", "a" * 40)
UNFIT = ("", "a", "a" * 41, "Anna", ".anna", "-anna", "an na", "anna\n", "änna")


@pytest.mark.parametrize("handle", FIT)
def test_a_handle_of_the_form_is_taken(handle: str) -> None:
    check_handle(handle)


@pytest.mark.parametrize("handle", UNFIT)
def test_any_other_is_refused_and_not_repeated(handle: str) -> None:
    with pytest.raises(Unfit) as refused:
        check_handle(handle)

    assert len(handle) < 3 or handle not in str(refused.value)


@pytest.mark.parametrize("length", [12, 1024])
def test_a_password_has_twelve_to_1024_characters(length: int) -> None:
    check_password("ü" * length)


@pytest.mark.parametrize("length", [0, 11, 1025])
def test_a_shorter_or_a_longer_one_is_refused_with_the_lengths_alone(length: int) -> None:
    with pytest.raises(Unfit) as refused:
        check_password("ü" * length)

    assert str(refused.value) == f"a password has 12 to 1024 characters; yours has {length}"
