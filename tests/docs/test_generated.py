"""Pages that follow from the code are those of this code."""

import pytest

from docs.generate import HERE, pages


@pytest.mark.parametrize(("name", "text"), [pytest.param(name, text, id=name) for name, text in pages()])
def test_a_generated_page_is_that_of_this_code(name: str, text: str) -> None:
    committed = (HERE / name).read_text()

    assert committed == text, "run `make docs` and read what changed"
