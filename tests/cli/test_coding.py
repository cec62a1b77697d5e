"""The file from which a case is coded is read strictly, and never quoted."""

import json
from pathlib import Path

import pytest
import typer

from app.cli import coding
from app.client.machine.directory import About, Machine
from app.client.machine.staff import Staff
from app.protocol.case import CaseFile, RuleBroken, Said, put_together, take_apart
from app.protocol.encoding import new_id
from app.protocol.selectors import NotASelector

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
EMPTY = CaseFile(title="", summary="", reports=(), persons=(), incidents=(), cards=())


@pytest.fixture
def caseworker(tmp_path: Path) -> Staff:
    about = About("http://tern.test", "mai", "0" * 64, f"per_{'1' * 32}")
    Machine.create(tmp_path / "machine", about, "right", work_factor=1)
    return Staff(tmp_path / "machine", "right")


def test_the_example_of_the_page_codes_a_case(caseworker: Staff) -> None:
    _, _, rest = PAGE.read_text().partition("```json\n")
    example, _, _ = rest.partition("```")

    file = coding.read(example).added_to(EMPTY, by=caseworker)

    (incident,) = file.incidents
    assert incident.affected == file.persons[0].id
    assert incident.coder == caseworker.person
    assert [each.normalised for each in file.selectors] == ["+493023125417"]
    said = [Said(new_id("part"), name.type, body, caseworker.person) for name, body in take_apart(file).items()]
    assert (put_together(said, ()).file, put_together(said, ()).set_aside) == (file, ())


def test_a_later_file_names_a_known_person_by_id(caseworker: Staff) -> None:
    first = coding.read('{"persons": {"a": {"relation": "self"}}}').added_to(EMPTY, by=caseworker)
    later = coding.read(json.dumps({"incidents": [{"affected": first.persons[0].id, "coding": {}}]}))

    file = later.added_to(first, by=caseworker)

    assert [each.affected for each in file.incidents] == [first.persons[0].id]


def test_a_selector_that_the_case_knows_is_not_added_again(caseworker: Staff) -> None:
    first = coding.read('{"selectors": [{"type": "email", "value": "Visa@Office.Example"}]}')
    later = coding.read(
        '{"selectors": [{"type": "email", "value": "visa@office.example"}, {"type": "ip", "value": "203.0.113.45"}]}'
    )

    file = later.added_to(first.added_to(EMPTY, by=caseworker), by=caseworker)

    assert [each.value for each in file.selectors] == ["Visa@Office.Example", "203.0.113.45"]


def test_what_has_no_one_spelling_is_refused_and_not_quoted() -> None:
    with pytest.raises(NotASelector) as refusal:
        coding.read('{"selectors": [{"type": "phone", "value": "030 23125 417"}]}')

    assert "23125" not in str(refusal.value)


def test_an_incident_of_nobody_is_not_coded(caseworker: Staff) -> None:
    nobodys = coding.read('{"incidents": [{"affected": "stranger", "coding": {}}]}')

    with pytest.raises(RuleBroken, match="no-such-person"):
        nobodys.added_to(EMPTY, by=caseworker)


@pytest.mark.parametrize(
    "text",
    [
        "not JSON at all",
        "[]",
        '{"persons": []}',
        '{"persons": {"a": {}}}',
        '{"persons": {"a": {"relation": "neighbour"}}}',
        '{"persons": {"a": {"relation": "self", "age": 40}}}',
        '{"incidents": [{"affected": "a"}]}',
        '{"incidents": [{"affected": "a", "coding": {}, "place": "home"}]}',
        '{"incidents": [{"affected": "a", "coding": {}, "status": "surely"}]}',
        '{"selectors": [{"type": "phone"}]}',
        '{"selectors": [{"type": "phone", "value": 7}]}',
        '{"selectors": [{"type": "phone", "value": "+493023125417", "owner": "me"}]}',
        '{"notes": "something"}',
    ],
)
def test_what_is_no_coding_is_wrong_usage(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        coding.read(text)
