"""Every code from its list, grounds for an attribution, two persons for a verdict that takes two."""

from dataclasses import replace

import pytest

from app.protocol.case import (
    CODED,
    Incident,
    RuleBroken,
    Verdict,
    check_coding,
    list_of,
)
from app.vocabulary import VerificationStatus
from tests.protocol.case.scene import CODER, COLLEAGUE, DENIED, OPINION, SAID, coded, incident


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (coded(incident_type="booking"), "code-incident-type"),
        (coded(incident_type=["hoax_booking"]), "code-incident-type"),
        (coded(channel="email"), "code-channel"),
        (coded(channel=["email", "email"]), "code-channel"),
        (coded(channel=["email", "pigeon"]), "code-channel"),
        (coded(channel=["email", "unknown"]), "code-channel"),
        (coded(channel=[["email"]]), "code-channel"),
        (coded(channel={"email": True}), "code-channel"),
        (coded(host_country="Utopia"), "code-host-country"),
        (coded(imminence="soon"), "code-imminence"),
        (coded(quarter="2026-Q5"), "code-quarter"),
        (coded(quarter="2026-06-15"), "code-quarter"),
        (coded(quarter=20262), "code-quarter"),
        (coded(name="Lin Haoran"), "coding-fields"),
        (coded(verification_status="verified"), "coding-fields"),
        (incident(coding={}), "coding-fields"),
        (incident(assertions=(replace(SAID, basis="gossip"),)), "code-attribution-basis"),
        (incident(assertions=(replace(SAID, reliability="A"),)), "code-source-reliability"),
        (incident(assertions=(replace(SAID, credibility="1"),)), "code-information-credibility"),
        (incident(place_is="garden"), "code-sensitivity-of-place"),
        (incident(confidence="sure"), "code-attribution-confidence"),
    ],
)
def test_a_coding_has_all_fields_of_the_card_each_from_its_list(made: Incident, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_coding(made)


@pytest.mark.parametrize(
    "made",
    [
        incident(),
        incident(verdicts=()),
        coded(channel=("email", "messenger")),
        coded(channel=["unknown"], host_country="ZZ", quarter=None),
        incident(when="15 June, at night", place="Hotel Exemplar", place_is="public_space"),
        incident(assertions=(SAID, DENIED)),
    ],
)
def test_what_is_not_known_may_stay_open(made: Incident) -> None:
    check_coding(made)


def test_each_field_of_the_coding_has_a_list_of_codes_but_for_the_quarter() -> None:
    fields = ("incident_type", "host_country", "imminence", "quarter", "attribution_basis")

    assert "quarter" not in CODED
    assert [list_of(each) for each in fields] == [
        "incident_type",
        "country",
        "imminence",
        "quarter",
        "attribution_basis",
    ]


@pytest.mark.parametrize("basis", ["actor_said_so", "reporter_belief"])
def test_what_a_caller_says_of_himself_or_somebody_believes_makes_no_attribution_likely(basis: str) -> None:
    said = replace(SAID, basis=basis)
    grounded = replace(SAID, basis="technical_analysis", text="The laboratory's report.")

    with pytest.raises(RuleBroken, match="confidence-without-ground"):
        check_coding(incident(confidence="likely", assertions=(said,)))
    with pytest.raises(RuleBroken, match="confidence-without-ground"):
        check_coding(incident(confidence="likely", assertions=(said, replace(grounded, text=""))))
    check_coding(incident(confidence="likely", assertions=(said, grounded)))


# What is published about somebody's life (FIELD § 5).
DECIDES = {VerificationStatus.VERIFIED, VerificationStatus.REFUTED, VerificationStatus.FALSELY_ATTRIBUTED}


@pytest.mark.parametrize("status", VerificationStatus)
@pytest.mark.parametrize("second", [None, CODER, COLLEAGUE])
def test_some_verdicts_take_a_second_person(status: VerificationStatus, second: str | None) -> None:
    made = incident(verdicts=(OPINION, Verdict(status, CODER, second)))

    if status in DECIDES and second != COLLEAGUE:
        with pytest.raises(RuleBroken, match="second-person"):
            check_coding(made)
    else:
        check_coding(made)
        assert made.verification is status


def test_the_last_verdict_is_the_one_that_holds() -> None:
    both = (Verdict(VerificationStatus.VERIFIED, CODER, COLLEAGUE), Verdict(VerificationStatus.CONTESTED, CODER, None))

    assert incident(verdicts=both).verification is VerificationStatus.CONTESTED
    assert incident(verdicts=()).verification is VerificationStatus.UNVERIFIED
