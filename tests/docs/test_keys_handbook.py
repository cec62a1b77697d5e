"""docs/handbook/keys.md does what it says, command by command, and each command names only options that there are."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import age
from app.client.people import audit, colleagues, custodians, roots
from app.protocol import intake
from app.vocabulary import Role
from docs.generate import HERE
from tests.cli.command import Ended, tern
from tests.client.installation import PAPERS, PASSPHRASE, PASSWORD, Installation, installation
from tests.strength import derive_quickly

PAGE = (HERE / "handbook/keys.md").read_text()
FIRST, SPARE = PAPERS
CUSTODIANS = ("kim", "lena")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def commands() -> Iterator[tuple[str, str]]:
    for block in re.findall(r"^```console\n(.+?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        yield from re.findall(r"^(\w+)\$ tern (.+)$", block, re.MULTILINE)


def hire_custodians(here: Installation) -> dict[str, str]:
    """Two, by the names that they have on the page: who is the second of a pair has the higher id."""
    sara = here.staff("sara")
    for handle in CUSTODIANS:
        here.join(handle, colleagues.invite(sara, {Role.CUSTODIAN}), pin=here.pin)
        joined = here.unlock(handle)
        colleagues.certify(sara, joined.person, colleagues.fingerprint(joined), {Role.CUSTODIAN})
    return dict(zip(CUSTODIANS, sorted(CUSTODIANS, key=lambda handle: here.unlock(handle).person), strict=True))


def words_on(sheet: Path) -> str:
    return " ".join(re.findall(r"^ ?\d+  (\w+)$", sheet.read_text(), re.MULTILINE))


def test_the_page_of_keys_does_what_it_says(
    here: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(age.Passphrase, "_wrap_key", derive_quickly)
    words = {name: colleagues.fingerprint(here.unlock(name)) for name in ("sara", "boris", "chen")}

    called = hire_custodians(here)

    tokens: list[str] = []

    def at(name: str, *arguments: str, typed: str = "", **secrets: str) -> Ended:
        if name in ("boris_new", "boris_third"):
            (sheet,) = (tmp_path / "papers").glob("sheet-boris.txt")
            secrets = {"TERN_ACCOUNT_KEY": words_on(sheet), "TERN_COPY_TOKEN": "".join(tokens)}
        environment = {
            "TERN_MACHINE": str(here.machine(name)),
            "TERN_PASSPHRASE": PASSPHRASE,
            "TERN_NEW_PASSPHRASE": PASSPHRASE,
            "TERN_PASSWORD": PASSWORD,
            "TERN_NEW_PASSWORD": PASSWORD,
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(here.clock),
            **secrets,
        }
        ended = tern(*arguments, typed=typed, environment=environment)
        assert ended.code == 0, (name, arguments, ended.err)
        return ended

    def waiting(name: str) -> str:
        return roots.proposal(here.unlock(name)).root.words

    def words_of_new() -> str:
        return colleagues.fingerprint(here.unlock("emil_new"))

    def recovery() -> str:
        return next(each.id for each in custodians.recoveries(here.unlock(called["kim"])) if not each.granted_on)

    def present_epoch() -> str:
        document = here.unlock("boris").log.intake_on(here.now().date())
        return intake.read(document).epoch if document else ""

    for name in ("sara", "boris", "chen", "anna", *CUSTODIANS):
        here.staff(name)
    here.work()
    shown = json.loads(at("sara", "root", "show", "--json").out)
    assert (shown["version"], shown["papers"], shown["pin"]) == (1, sorted([FIRST.id, SPARE.id]), here.pin)
    assert "After the next loss all that are left are needed" in shown["next_loss"]
    # What is typed at each command, by whom and what it begins with; the paper that each drops is another.
    papers = [SPARE.id, FIRST.id]
    new: list[str] = []
    typed: dict[tuple[str, str], Callable[[], tuple[str, dict[str, str]]]] = {
        ("sara", "root propose"): lambda: (f"{words['boris']}\n", {}),
        ("sara", "root sign --paper"): lambda: (f"{waiting('sara')}\n{words['boris']}\n", {"TERN_PAPER": FIRST.words}),
        ("sara", "root sign"): lambda: (f"{waiting('sara')}\n", {}),
        ("boris", "root propose --drop sara"): lambda: (f"{words['chen']}\n", {}),
        ("boris", "root sign --paper"): lambda: (f"{waiting('boris')}\n{words['chen']}\n", {"TERN_PAPER": new[0]}),
        ("boris_new", "machine add"): lambda: ("y\n", {}),
        ("boris_third", "machine add"): lambda: ("y\n", {}),
        ("boris", "root trust"): lambda: (f"{here.unlock('boris').log.trust.root.words}\n", {}),
    }
    typed |= {
        ("sara", "certify emil"): lambda: (f"{words_of_new()}\n", {}),
        ("anna", "people compare"): lambda: (f"{words_of_new()}\n", {}),
        ("anna", "duties --do"): lambda: ("y\ny\n", {}),  # custodians may open it too, and emil may read
        ("emil_new", "join"): lambda: ("", {"TERN_INVITATION": "".join(tokens)}),
        ("lena", "custodian peel"): lambda: ("y\n", {}),
        ("kim", "custodian grant"): lambda: ("y\n", {}),
    }
    found: dict[str, Callable[[], str]] = {"EPOCH": present_epoch, "RECOVERY": recovery}
    for name, command in commands():
        known = max(
            (key for key in typed if key[0] == name and command.startswith(key[1])),
            key=lambda key: len(key[1]),
            default=None,
        )
        said, secrets = typed[known]() if known else ("", {})
        arguments = [papers.pop(0) if each == "PAPER" else each for each in command.split()]
        given = {
            **{each: str(tmp_path / each) for each in ("papers", "heads.jsonl")},
            "SERVER": here.server,
            "PIN": here.pin,
            **called,
            **{each: found[each]() for each in arguments if each in found},
        }
        arguments = [given.get(each, each) for each in arguments]
        said = at(called.get(name, name), *arguments, typed=said, **secrets).out
        tokens[:] = re.findall(r"^token  (\S+)$", said, re.MULTILINE) or tokens
        for sheet in (tmp_path / "papers").glob("paper_*.txt"):
            new[:] = [words_on(sheet)]

    assert here.unlock("boris_new").person == here.unlock("boris").person
    assert len(audit.read_heads((tmp_path / "heads.jsonl").read_bytes())) == 1
    root = here.unlock("chen").log.trust.root
    assert root.mark.version == 4
    assert set(root.supervisors) == {here.unlock(name).person for name in ("boris", "chen")}
    present = here.unlock("boris").log.intake_on(here.now().date())
    assert present is not None
    assert here.reporter().intake().epoch.epoch == present.header.body["epoch"]["id"]
    assert len(here.unlock("anna").log.losses) == 1
    assert custodians.drilled_on(here.unlock("boris")) == here.now().date()
    # Whom the root lists no more is signed in no longer, and follows the roots all the same.
    ended = tern("root", "show", environment={"TERN_MACHINE": str(here.machine("sara")), "TERN_PASSPHRASE": PASSPHRASE})
    assert (ended.code, "unauthenticated" in ended.err) == (1, True)
    assert here.unlock("sara").log.trust.root.mark == root.mark
