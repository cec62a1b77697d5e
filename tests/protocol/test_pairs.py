"""What two custodians open together, and the act by which they do: each in the one form, and on the days for it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol.documents import Header, Signer, signed
from app.protocol.encoding import MOST, b64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.pairs import Pair, Recovery, RecoveryReason, check_days, each_two
from app.protocol.types import TYPES

CASE, EPOCH = "case_" + "1" * 32, "epoch_" + "1" * 32
PEOPLE = [f"per_{number:032x}" for number in range(1, 8)]
HASHES = [f"{number:064x}" for number in range(62)]
PAIR = Pair(1, HASHES[0], (PEOPLE[0], PEOPLE[1]), bytes(min(TYPES["grant"].lengths)), CASE)
ACT = Recovery(CASE, 1, HASHES[0], tuple(PEOPLE[:2]), RecoveryReason.LOST, tuple(HASHES[:2]), date(2026, 7, 1))
OF_EPOCH = replace(ACT, subject=EPOCH, files=(HASHES[0],), until=None)


@pytest.mark.parametrize(
    "pair", [PAIR, replace(PAIR, case=None), replace(PAIR, generation=MOST)], ids=["of a part", "of a case", "highest"]
)
def test_a_pair_is_read_as_it_was_written(pair: Pair) -> None:
    assert Pair.read(pair.body()) == pair


@pytest.mark.parametrize(
    "changed",
    [
        {"more": 1},
        {"case": EPOCH},
        {"custodians": PEOPLE[1::-1]},
        {"custodians": [PEOPLE[0], PEOPLE[0]]},
        {"custodians": PEOPLE[:3]},
        {"file": b64(PAIR.file + b"\0")},
        {"file": 7},
        {"generation": 0},
        {"generation": MOST + 1},
    ],
    ids=str,
)
def test_nothing_else_is_a_pair(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Pair.read(PAIR.body() | changed)


@pytest.mark.parametrize(
    "act",
    [
        ACT,
        OF_EPOCH,
        replace(OF_EPOCH, people=(PEOPLE[0],)),
        replace(ACT, people=tuple(PEOPLE[:4]), files=tuple(HASHES[:61]), until=None),
        replace(ACT, generation=MOST),
    ],
    ids=["of a case", "of an epoch", "for one person", "as much as there may be", "highest"],
)
def test_an_act_is_read_as_it_was_written(act: Recovery) -> None:
    assert Recovery.read(act.body()) == act


@pytest.mark.parametrize(
    ("act", "changed"),
    [
        (ACT, {"more": 1}),
        (ACT, {"for": []}),
        (ACT, {"for": PEOPLE[:5]}),
        (ACT, {"for": PEOPLE[1::-1]}),
        (ACT, {"for": [PEOPLE[0], PEOPLE[0]]}),
        (ACT, {"for": PEOPLE[0]}),
        (ACT, {"reason": "curious"}),
        (ACT, {"reason": 7}),
        (ACT, {"files": []}),
        (ACT, {"files": HASHES}),
        (ACT, {"files": [HASHES[0], HASHES[0]]}),
        (ACT, {"files": dict.fromkeys(HASHES[:2])}),
        (ACT, {"generation": 0}),
        (ACT, {"generation": MOST + 1}),
        (OF_EPOCH, {"files": HASHES[:2]}),
        (OF_EPOCH, {"until": "2026-07-01"}),
    ],
    ids=str,
)
def test_nothing_else_is_an_act_of_custodians(act: Recovery, changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Recovery.read(act.body() | changed)


def test_of_more_than_five_custodians_the_first_five_have_pairs() -> None:
    assert each_two(PEOPLE[1::-1]) == [(PEOPLE[0], PEOPLE[1])]
    assert len(each_two(PEOPLE)) == len(each_two(PEOPLE[:5])) == 10


def test_what_was_peeled_waits_for_two_weeks_and_for_a_clock_that_is_a_day_behind() -> None:
    signed_on = date(2026, 6, 15)
    who = Signer(PEOPLE[1], Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    header = Header.new("recovery", CASE, ACT.body(), org="a" * 64, author=who.person, at=signed_on.isoformat())
    act = signed(header, who)

    for days in (-1, 0, 14):
        check_days(act, signed_on + timedelta(days=days))
    for days in (-2, 15):
        with pytest.raises(NotAuthentic):
            check_days(act, signed_on + timedelta(days=days))
