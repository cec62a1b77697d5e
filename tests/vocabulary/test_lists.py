import pytest

from app import vocabulary
from app.vocabulary import Imminence, Priority, Ring, Severity, UnknownCodeError
from app.vocabulary.enums import ENUMERATIONS


@pytest.mark.parametrize("list_name", ENUMERATIONS)
def test_an_enumeration_has_the_codes_of_its_list_in_their_order(list_name: str) -> None:
    assert tuple(ENUMERATIONS[list_name]) == vocabulary.codes(list_name)


def test_every_list_of_the_card_may_be_published() -> None:
    lists = [vocabulary.code_list(field.list_name) for field in vocabulary.vocabulary().card_fields if field.list_name]

    assert {(each.ring, each.publishable) for each in lists} == {(Ring.CODED, True)}


def test_what_describes_live_danger_is_sealed() -> None:
    imminence = vocabulary.code_list("imminence")

    assert (imminence.ring, imminence.publishable) == (Ring.SEALED, False)


def test_a_country_lies_in_a_region_of_the_list() -> None:
    regions = {vocabulary.region_of(country) for country in vocabulary.codes("country")}

    assert regions == set(vocabulary.codes("region"))
    assert vocabulary.region_of("CN") == "eastern_asia"
    assert vocabulary.region_of("ZZ") == "unknown"


def test_a_type_of_incident_has_one_of_nine_groups() -> None:
    assert len(vocabulary.groups()) == 9
    assert {vocabulary.group_of(each) for each in vocabulary.codes("incident_type")} == set(vocabulary.groups())
    assert vocabulary.group_of("hoax_bomb_threat") == "reputation"
    assert vocabulary.group_of("reputation") == "reputation"


def test_a_label_comes_in_the_language_asked_for_and_else_in_english() -> None:
    assert vocabulary.label("region", "eastern_asia", "ru") == "Восточная Азия"
    assert vocabulary.label("report_state", "received", "ru") == "Received"


def test_a_list_or_code_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCodeError):
        vocabulary.codes("no_such_list")
    with pytest.raises(UnknownCodeError):
        vocabulary.label("severity", "no_such_code")


@pytest.mark.parametrize(
    ("severity", "imminence", "priority"),
    [
        (Severity.LIFE_OR_LIBERTY, Imminence.NOW, Priority.P1),
        (Severity.LIFE_OR_LIBERTY, Imminence.WEEKS, Priority.P2),
        (Severity.LIFE_OR_LIBERTY, Imminence.NONE, Priority.P3),
        (Severity.SERIOUS, Imminence.DAYS, Priority.P2),
        (Severity.SERIOUS, Imminence.NONE, Priority.P4),
        (Severity.LIMITED, Imminence.NOW, Priority.P2),
        (Severity.LIMITED, Imminence.WEEKS, Priority.P3),
        (Severity.LIMITED, Imminence.UNKNOWN, Priority.P3),
        (Severity.UNKNOWN, Imminence.NOW, Priority.P1),
        (Severity.UNKNOWN, Imminence.UNKNOWN, Priority.P2),
    ],
)
def test_priority_is_imminence_by_harm(severity: Severity, imminence: Imminence, priority: Priority) -> None:
    assert vocabulary.priority_of([(severity, imminence)]) is priority


def test_the_worst_incident_decides_the_priority() -> None:
    mild, grave = (Severity.LIMITED, Imminence.NONE), (Severity.LIFE_OR_LIBERTY, Imminence.DAYS)

    assert vocabulary.priority_of([mild, grave, mild]) is Priority.P1


def test_a_report_that_tells_of_no_act_is_p4() -> None:
    assert vocabulary.priority_of([]) is Priority.P4
