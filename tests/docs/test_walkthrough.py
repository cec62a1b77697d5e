"""The walk-through of CONTRIBUTING is played in a copy of the tree: whole, and without each of its steps."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
CHAPTER = TEXT[TEXT.index("## A small resource") :].split("\n## ")[0]
NAME = "reminder"
# On one database: what is asked is which check fails, not on which. Of what is asked of every route and of all that is
# stored, what is asked of it; of the migrations, what is asked of the newest.
OTHERS = (
    "test_everybody_is_answered or test_what_is_stored_goes_at_its_end"
    " or (test_migrations and not test_head and not test_the_newest_step)"
)
OF_IT = f"not postgresql and ({NAME} or not ({OTHERS}))"

# What the copies have in common is imported once: the rest of the packages takes longer than most checks. Nothing of a
# tree is among it, and each check is a process of its own, which reads that of its tree.
_TRIES = """
import gc, json, os, sys
import alembic.command, cryptography.x509, fastapi, httpx2, hypothesis, jinja2, psycopg, pytest, sqlalchemy.orm
import starlette.testclient, typer, uvicorn

gc.freeze()
for line in sys.stdin:
    tree, said, arguments = json.loads(line)
    child = os.fork()
    if not child:
        with open(said, "wb") as sink:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = tree
        sys.path.insert(0, tree)
        sys.exit(pytest.main(arguments))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

_BLOCK = re.compile(
    r"```\w+ (?P<path>\S+?)(?: (?P<how>before|instead)=\"(?P<anchor>(?:[^\"\\]|\\.)*)\")?\n(?P<text>.*?)```\n",
    re.DOTALL,
)
_CHECK = re.compile(r"Without (?:it|them):\s`(\S+)`\.")


@dataclass(frozen=True)
class Change:
    """A new file, or lines before or instead of those that the anchor names."""

    path: str
    how: str | None
    anchor: str
    text: str

    def make(self, tree: Path) -> None:
        text, path = self.text, self.path
        if "NEXT" in path:
            *_, last = sorted(each.name[:4] for each in (tree / path).parent.glob("[0-9]*.py"))
            path = path.replace("NEXT", f"{int(last) + 1:04}")
            text = text.replace("NEXT", f"{int(last) + 1:04}").replace("LAST", last)
        file = tree / path
        if self.how is None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            return
        before = file.read_text()
        assert before.count(self.anchor) == 1, f"{self.anchor!r} stands {before.count(self.anchor)} times in {path}"
        file.unlink()  # the tree before has it too
        file.write_text(
            before.replace(self.anchor, text.removesuffix("\n") if self.how == "instead" else text + self.anchor)
        )


@dataclass(frozen=True)
class Step:
    """A heading of the chapter: what it changes (nothing is `make docs`), and which check fails without it."""

    title: str
    changes: tuple[Change, ...]
    check: str


def steps() -> list[Step]:
    found = []
    for section in CHAPTER.split("\n### ")[1:]:
        changes = tuple(_change(block) for block in _BLOCK.finditer(section))
        check = _CHECK.search(section)
        assert check, section
        found.append(Step(section.partition("\n")[0], changes, check[1]))
    return found


def _change(block: "re.Match[str]") -> Change:
    anchor = (block["anchor"] or "").replace(r"\n", "\n").replace(r"\"", '"')
    return Change(block["path"], block["how"], anchor, block["text"])


STEPS = steps()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that git knows, which nobody changes."""
    tree = tmp_path_factory.mktemp("before")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
            _copy_compiled(Path(name), tree)
    return tree


def play(tree: Path, *, without: Step | None = None) -> None:
    for step in STEPS:
        if step is not without:
            for change in step.changes:
                change.make(tree)


def _copy_compiled(module: Path, tree: Path) -> None:
    """What Python has made of it before: compiling all of them anew would take longer than the checks."""
    made = [*(ROOT / module.parent / "__pycache__").glob(f"{module.stem}.*.pyc")] if module.suffix == ".py" else []
    for each in made:
        target = tree / module.parent / "__pycache__" / each.name
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(each, target)


def environment() -> dict[str, str]:
    ours = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # plugins load longer than checks run
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | ours


def run(tree: Path, module: str) -> "subprocess.CompletedProcess[str]":
    """A module of the copy."""
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=tree,
        env=environment() | {"PYTHONPATH": str(tree)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


# What pytest says of a tree, of which these files are tried: its exit code, and all that it printed.
Tried = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    said = tmp_path_factory.mktemp("tried") / "said"
    with subprocess.Popen(
        [sys.executable, "-c", _TRIES],
        cwd=said.parent,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answered = process.stdin, process.stdout

        def try_(tree: Path, *checks: str) -> tuple[int, str]:
            arguments = ["-q", "-x", "-p", "no:cacheprovider", "-k", OF_IT, *checks]
            asked.write(json.dumps([str(tree), str(said), arguments]) + "\n")
            asked.flush()
            return int(answered.readline()), said.read_text()

        yield try_


def test_a_new_resource_passes_every_check(before: Path, tmp_path: Path, tried: Tried) -> None:
    tree = shutil.copytree(before, tmp_path / "tree")
    play(tree)
    for made in ("tests.vectors.make_types", "docs.generate"):
        ran = run(tree, made)
        assert ran.returncode == 0, ran.stdout

    code, said = tried(tree, *sorted({step.check for step in STEPS}))

    assert code == 0, said[-4000:]


@pytest.mark.parametrize("left_out", STEPS, ids=[step.title for step in STEPS])
def test_without_a_step_its_check_fails_by_the_name(before: Path, tmp_path: Path, tried: Tried, left_out: Step) -> None:
    tree = shutil.copytree(before, tmp_path / "tree", copy_function=os.link)  # of which no check writes to any
    play(tree, without=left_out)

    code, said = tried(tree, left_out.check)

    assert code not in (0, 5), f"{left_out.check} does not miss {left_out.title}"
    assert NAME in said.lower(), said[-4000:]
