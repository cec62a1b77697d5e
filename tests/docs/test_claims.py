"""The tables of what is defended and of what breaks are whole, and name tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "threat-model.md").read_text()
ROWS = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("| ")][1:]


@pytest.fixture(scope="module")
def written() -> str:
    """All of our tests, and none of those that packages bring which others' programs are made of."""
    tests = ROOT / "tests"
    ours = [each for each in tests.iterdir() if each.name != "interop"]
    paths = [*tests.glob("test_*.py"), *(path for each in ours for path in each.rglob("test_*.py"))]
    return "\n".join(path.read_text() for path in paths)


@pytest.mark.parametrize("page", ["threat-model.md", "reliability.md", "promises.md"])
def test_every_claim_names_a_test_that_there_is(page: str, written: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    tests, files = re.findall(r"`(test_\w+)`", text), re.findall(r"`(tests/[\w./]+)`", text)

    assert tests
    assert [name for name in tests if f"def {name}(" not in written] == []
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_every_promise_names_code_that_there_is_and_a_test_or_says_that_it_is_not_held() -> None:
    rows = [
        line.strip("|").split("|")
        for line in (ROOT / "docs" / "promises.md").read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| promise")
    ]
    code = [path for row in rows for path in re.findall(r"`(\w+/[\w./]+)`", row[1])]

    assert [path for path in code if not (ROOT / path).exists()] == []
    assert [row for row in rows if len(row) != 3 or ("`test" not in row[2] and row[2].strip() != "–")] == []


def test_every_row_says_who_what_without_the_defence_what_with_it_and_by_which_test() -> None:
    unheld = ("is not noticed", "can be shown")

    assert [row for row in ROWS if len(row) != 4 or not all(cell.strip() for cell in row)] == []
    assert [
        row
        for row in ROWS
        if "`test" not in row[3] and not (row[3].strip() == "–" and any(u in row[2] for u in unheld))
    ] == []


def test_every_part_of_a_page_to_which_a_sentence_of_the_code_leads_is_there() -> None:
    led = {
        (page, number or title)
        for path in (ROOT / "app").rglob("*.py")
        for page, number, title in re.findall(
            r'\b(docs/[\w/-]+\.md), (?:section (\d+)|"?([A-Z][\w ]+)"?\))', path.read_text()
        )
    }

    def has(page: str, part: str) -> bool:
        heads = re.findall(r"^#+ (.*)$", (ROOT / page).read_text(), re.MULTILINE)
        return any(head == part or head.startswith(f"{part} ") for head in heads)

    assert len(led) >= 3
    assert [each for each in sorted(led) if not has(*each)] == []


def test_no_two_decisions_have_one_number() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]

    assert sorted(set(numbers)) == numbers
    headed = zip(numbers, pages, strict=True)
    assert [page.name for number, page in headed if not page.read_text().startswith(f"# {number}. ")] == []
