"""The wheel, installed from its file into an empty environment: with the service in it, and for staff without.

What the wheel asks for is linked from the tests' own environment, and nothing else: fetching it takes minutes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import httpx2
import pytest
from packaging.requirements import Requirement

from app.client import Staff
from app.client.people import colleagues
from app.version import VERSION
from app.vocabulary import Role
from tests.client.installation import PASSWORD, Installation, installation
from tests.running import free_port, running

ROOT = Path(__file__).parents[1]

# What Windows lacks or refuses, before anything of Tern's is read.
_WINDOWS = """
import os, sys
sys.modules["fcntl"] = sys.modules["resource"] = None
for name in ("fchmod", "O_NOFOLLOW", "O_DIRECTORY", "geteuid", "getuid"):
    delattr(os, name)
real = os.open
def opened(path, *arguments, **named):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied")
    return real(path, *arguments, **named)
os.open = opened
from app.cli.main import main
main()
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment in `root`, with no more of Tern than what was installed into it."""

    root: Path

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A program of it, in an empty directory and with nothing set but what is given."""
        place = self.root / "empty"
        place.mkdir(exist_ok=True)
        return subprocess.run(
            [self.root / "bin" / command[0], *command[1:]],
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": str(self.root / "home"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def needed(requirements: list[str], extra: str) -> set[str]:
    """The names of all distributions that these lead to."""
    names: set[str] = set()
    waiting = [(Requirement(each), extra) for each in requirements]
    while waiting:
        requirement, of = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": of}):
            continue
        more = distribution(requirement.name).requires or []
        if requirement.name not in names or requirement.extras:
            names.add(requirement.name)
            waiting += [(Requirement(each), of) for each in more for of in ("", *requirement.extras)]
    return names


def installed(wheel: Path, root: Path, extra: str) -> Environment:
    """`pip install file.whl[extra]`, where what it asks for is at hand."""
    venv.create(root, with_pip=False, symlinks=True)
    (packages,) = root.glob("lib/python*/site-packages")
    metadata = zipfile.ZipFile(wheel).read(f"{wheel.name.partition('-py3')[0]}.dist-info/METADATA").decode()
    for name in needed(re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE), extra):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
            if not (packages / top).exists():
                (packages / top).symlink_to(str(found.locate_file(top)))
    options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([sys.executable, "-m", "pip", f"--python={root}/bin/python", "install", *options, wheel], check=True)
    return Environment(root)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (ROOT / "app/site/built/languages.json").exists(), "the pages are not built: make setup"
    target = tmp_path_factory.mktemp("wheel")
    _build(ROOT, target)
    (file,) = target.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def of_staff(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return installed(wheel, tmp_path_factory.mktemp("staff"), extra="")


@pytest.fixture(scope="module")
def of_service(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return installed(wheel, tmp_path_factory.mktemp("service"), extra="server")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made


def test_the_wheel_serves_from_an_empty_directory(of_service: Environment) -> None:
    init = of_service.run("tern", "init", "--json")
    with served(of_service) as url, httpx2.Client(base_url=url, trust_env=False) as http:
        health, page = http.get("/v1/health"), http.get("/en/")

    assert json.loads(init.stdout)["invitation"], init.stderr
    assert (health.status_code, page.status_code) == (200, 200)
    assert "<form" in page.text
    assert (of_service.root / "empty/data/tern.sqlite").exists()


def test_a_tree_without_pages_gives_no_wheel(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "app/version.py", "app/migrations/env.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    with pytest.raises(subprocess.CalledProcessError) as stopped:
        _build(tmp_path, tmp_path)

    assert "languages.json is missing" in stopped.value.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_it_says_which_tern_it_is(of_staff: Environment) -> None:
    assert of_staff.run("tern", "--version").stdout == f"tern {VERSION}\n"


def test_staff_install_neither_noise_nor_databases(wheel: Path, of_staff: Environment) -> None:
    every = of_staff.run("python", "-c", _IMPORT_EVERYTHING_OF_THE_CLIENT)
    serve = of_staff.run("tern", "serve", "--port", "1")

    assert every.returncode == 0, every.stderr
    assert (serve.returncode, serve.stderr) == (
        1,
        f"tern: the service is not installed here: pip install '{wheel.name}[server]'\n",
    )


def test_staff_work_where_a_directory_cannot_be_opened_and_nothing_is_posix(
    of_staff: Environment, here: Installation
) -> None:
    sara = here.staff("sara")
    machine = of_staff.root / "newcomer"
    told = {
        "TERN_PASSPHRASE": "seven otters carry the old lantern",
        "TERN_PASSWORD": PASSWORD,
        "TERN_DEMO": "1",
        "TERN_DEMO_CLOCK": str(here.clock),
    }

    def tern(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {**told, "TERN_MACHINE": str(machine), **more}
        return of_staff.run("python", "-c", _WINDOWS, *arguments, **environment)

    joined = tern(
        *("join", "--server", here.server, "--handle", "wanda", "--pin", here.pin, "--json"),
        TERN_INVITATION=colleagues.invite(sara, {Role.TRIAGER}),
    )
    newcomer = Staff(machine, told["TERN_PASSPHRASE"], clock=here.now)
    colleagues.certify(sara, newcomer.person, colleagues.fingerprint(newcomer), {Role.TRIAGER})
    steps = [joined, tern("sign-in"), tern("triage", "list", "--json")]

    assert [step.returncode for step in steps] == [0] * 3
    (said,) = [line for step in steps for line in step.stderr.splitlines()]
    assert said.startswith("No two custodians are certified")


_IMPORT_EVERYTHING_OF_THE_CLIENT = """
import pkgutil, typer, app.client, app.cli.main
list(typer.main.get_command(app.cli.main.app).commands.values())
for each in pkgutil.walk_packages(app.client.__path__, "app.client."):
    __import__(each.name)
"""


@contextmanager
def served(environment: Environment) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(
        [environment.root / "bin/tern", "serve", "--port", str(port)],
        url,
        environment={"PATH": os.environ["PATH"], "HOME": str(environment.root / "home")},
        directory=environment.root / "empty",
    ):
        yield url


def _build(tree: Path, target: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
