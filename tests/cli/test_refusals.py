"""A refusal at the terminal says what it is about, which rule, and the next step."""

import errno
import re
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

import app
from app import problems
from app.cli import refusals
from app.client.machine.transport import Refused
from app.protocol.case.errors import RuleBroken
from app.protocol.errors import Malformed, NotAuthentic, Rollback

APP = Path(app.__file__).parent
MACHINES = sorted(path.relative_to(APP.parent) for path in APP.rglob("machine.py"))


def test_every_guard_of_every_machine_has_words_and_no_word_is_left_over() -> None:
    machines = [import_module(".".join(path.with_suffix("").parts)) for path in MACHINES]

    guards = {guard.__name__ for machine in machines for edge in machine.EDGES.values() for guard in edge.guards}

    assert guards == refusals.words()["guard"].keys()


def test_every_rule_and_every_reason_has_words_and_no_rule_is_left_over() -> None:
    source = "".join(path.read_text() for path in APP.rglob("*.py"))
    rules = set(re.findall(r'RuleBroken\("([a-z-]+)"\)', source))
    of_files = (APP / "protocol" / "case" / "file.py").read_text()
    rules |= set(re.findall(r'\("([a-z-]+)", (?:\[|live)', of_files)) | set(re.findall(r'"(no-such-[a-z]+)"', of_files))

    assert rules == refusals.words()["rule"].keys()
    assert set(re.findall(r'(?:NotAuthentic|Rollback)\("([a-z_-]+)"\)', source)) <= refusals.words()["reason"].keys()


def test_every_problem_has_its_advice_at_the_terminal() -> None:
    assert refusals.advice().keys() == {each.type for each in problems.catalogue()}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Refused("guards-fail", 409, "It may not take this step yet", {"failing": ["answer_sent"], "status": 409}),
            [
                "It may not take this step yet (guards-fail): nobody has written",
                "`tern triage answer`",
                "(answer_sent)",
            ],
        ),
        (Refused("guards-fail", 409, "Not yet", {"failing": ["of_a_later_version"]}), ["(of_a_later_version)"]),
        (
            Refused(
                "invalid-request",
                422,
                "The request has another form",
                {"errors": [{"in": "body", "pointer": "/about/handle", "code": "string_too_long"}]},
            ),
            ["about.handle is too long (string_too_long)"],
        ),
        (
            Refused(
                "invalid-request", 422, "T", {"errors": [{"in": "body", "pointer": "", "code": "extra_forbidden"}]}
            ),
            ["the body has a field that is not known (extra_forbidden)"],
        ),
        (Refused("mailbox-full", 409, "Full", {"free": 3}), ["Full (mailbox-full): free 3. A message needs"]),
        (
            Refused("not-found", 404, "There is nothing here for you"),
            ["(not-found). It does not exist", "Check the id"],
        ),
        (Refused("of-a-later-version", 409, "Something else"), ["Something else (of-a-later-version)"]),
        (RuleBroken("own-coding"), ["ask somebody who coded nothing", "(own-coding)"]),
        (RuleBroken("code-imminence"), ["`imminence` is null or one of: now, days", "(code-imminence)"]),
        (RuleBroken("code-quarter"), ["2026-Q2"]),
        (RuleBroken("code-attribution-basis"), ["reporter_belief"]),
        (NotAuthentic("uncertified"), ["not authentic: uncertified; nothing was written", "ask a supervisor"]),
        (Rollback("of-a-later-version"), ["not authentic: of-a-later-version; nothing was written"]),
        (Malformed("a grant of another form"), ["malformed", "a grant of another form"]),
        (OSError(), ["OSError"]),
        (FileExistsError(errno.EEXIST, "File exists", "site"), ["site: this is there already, and no new directory"]),
    ],
)
def test_a_refusal_says_what_and_the_next_step(error: Exception, said: list[str]) -> None:
    sentence = refusals.sentence(error)

    assert "\n" not in sentence
    for words in said:
        assert words in sentence


def test_what_a_backup_can_be_behind_of_is_said_with_since_when_and_what_can_be_done() -> None:
    behind = refusals.sentence(Rollback("journal", date(2026, 6, 16)))

    assert "since 2026-06-16 is not there" in behind
    assert "tern root accept-loss" in behind
    assert "accept-loss" not in refusals.sentence(Rollback("release-noise", date(2026, 6, 16)))
