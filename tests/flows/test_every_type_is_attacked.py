"""For each type of the table, a test shows a client something that the service made, and something older; and what
somebody would try who holds the service and one of its people has a test of its own."""

from collections.abc import Callable, Iterator
from inspect import isfunction

import pytest

from app.protocol.types import TYPES, SealedType
from tests.client.casework import test_handing_on, test_leaving
from tests.client.intake import test_pages
from tests.client.people import test_machines, test_memories, test_renewing
from tests.client.statistics import test_cards, test_releases
from tests.flows import test_evil_audit, test_evil_custodians, test_evil_server, test_evil_server_and_a_case
from tests.statistics.releases import test_draws

NOT_OPENED = {
    "comment": "no client writes or opens one yet",
}
# What a client takes although there is a newer one (docs/protocol.md, section 16).
OLDER_NOT_NOTICED = {
    "thread-state": "a reporter's machine remembers nothing",
    "state": "a reporter's machine remembers nothing",
}

# What is tried where keys live on, by the test that tries it, with a word of its row where it has rows.
TRIED: dict[str, tuple[Callable[..., None], str]] = {
    "an old root": (test_evil_server.test_another_chain_of_roots, "the one before, where a later was seen"),
    "a forked root": (test_evil_server.test_another_chain_of_roots, "another of that number"),
    "k lowered": (test_evil_server.test_another_chain_of_roots, "fewer who must sign"),
    "a paper twice": (test_evil_server.test_another_chain_of_roots, "a paper twice"),
    "a loss that nobody accepted": (
        test_evil_server.test_a_loss_that_the_holders_of_the_root_have_not_accepted,
        "by the supervisor alone",
    ),
    "a stale copy, or somebody else's": (
        test_machines.test_a_copy_of_the_services_making_becomes_no_machine,
        "",
    ),
    "a copy under somebody else's name": (
        test_machines.test_a_service_that_says_who_somebody_is_is_held_to_their_copy,
        "",
    ),
    "a stale memory": (test_memories.test_a_machine_that_knows_a_later_memory_takes_no_older_one, "the older"),
    "somebody else's memory": (test_memories.test_the_memory_of_somebody_else_is_not_ones_own, ""),
    "a duty to grant that never was": (test_evil_server.test_a_duty_that_never_was, "grant_epoch"),
    "a duty to grant on that never was": (test_evil_server.test_a_duty_that_never_was, "hand_on"),
    "a duty to turn intake or a shared key": (test_leaving.test_a_duty_that_never_was_turns_nothing, "key"),
    "a duty to turn a case": (test_evil_server_and_a_case.test_a_duty_to_turn_a_case_that_nobody_left, ""),
    "a duty to give a key that nobody lacks": (
        test_leaving.test_whose_role_came_back_is_given_the_key_at_the_next_sign_in_of_a_colleague,
        "",
    ),
    "a duty to renew what was ended": (
        test_renewing.test_who_left_or_lost_a_role_is_vouched_for_no_further_whatever_the_service_says,
        "",
    ),
    "a back-dated grant of who left": (
        test_handing_on.test_who_left_grants_no_report_on_by_whatever_date,
        "while they were there",
    ),
    "a back-dated grant in a case": (
        test_evil_server_and_a_case.test_a_key_that_no_entry_names_opens_nothing_whoever_granted_it,
        "",
    ),
    "a grant of generation 99": (
        test_evil_server_and_a_case.test_a_grant_that_is_not_of_the_case_keeps_no_other_back,
        "a false key of a high number",
    ),
    "a pair of generation 99": (
        test_evil_custodians.test_a_pair_that_somebody_made_for_another_key_or_others,
        "generation 99",
    ),
    "a pair of another case": (test_evil_custodians.test_the_pair_of_another_case, ""),
    "a pair of a key before the newest": (test_evil_custodians.test_the_pair_of_a_case_from_before_its_key_turned, ""),
    "the older of two intake documents of one day": (
        test_evil_server.test_an_intake_document_older_than_the_log,
        "",
    ),
    "a chain of acts that was written again": (
        test_evil_audit.test_a_chain_that_was_written_again_is_not_that_of_which_a_machine_saw_the_head,
        "",
    ),
}


def attacked() -> Iterator[tuple[str, bool]]:
    """The types that the tests of these modules say that they attack, and whether with what is older."""
    modules = (test_evil_audit, test_evil_custodians, test_evil_server, test_evil_server_and_a_case)
    for module in (*modules, test_pages, test_machines, test_memories, test_cards, test_releases, test_draws):
        for test in filter(isfunction, vars(module).values()):
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "attacks":
                    yield mark.args[0], mark.kwargs.get("older", False)


FORGED = {type_ for type_, older in attacked() if not older}
OLDER = {type_ for type_, older in attacked() if older}


@pytest.mark.parametrize("of", TYPES.values(), ids=TYPES)
def test_a_client_is_shown_something_of_each_type_that_the_service_made(of: SealedType) -> None:
    assert (of.name in FORGED) != (of.name in NOT_OPENED), f"type {of.name} has no attack"


@pytest.mark.parametrize("of", TYPES.values(), ids=TYPES)
def test_a_client_is_shown_an_older_one_of_each_type_that_has_versions(of: SealedType) -> None:
    if of.chained:
        assert (of.name in OLDER) != (of.name in OLDER_NOT_NOTICED), f"type {of.name} has no attack with an older one"


def test_no_attack_is_on_a_type_that_there_is_not() -> None:
    assert (FORGED | OLDER | NOT_OPENED.keys() | OLDER_NOT_NOTICED.keys()) <= TYPES.keys()


@pytest.mark.parametrize("attack", TRIED)
def test_what_is_tried_where_keys_live_on_has_its_row(attack: str) -> None:
    test, row = TRIED[attack]

    marks = getattr(test, "pytestmark", ())
    assert row in str([mark for mark in marks if mark.name == "parametrize"]), attack
