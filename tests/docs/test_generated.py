"""Pages that follow from the code are those of this code."""

from docs.generate import HERE, pages


def test_a_generated_page_is_that_of_this_code() -> None:
    for name, text in pages():
        assert (HERE / name).read_text() == text, f"run `make docs` and read what changed in {name}"
