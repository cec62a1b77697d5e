"""What the page for partners tells them to do works, on a release as it is published."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.statistics.releases import folders

PAGE = (Path(__file__).parents[2] / "docs/handbook/partner.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, content in folders.signed(folders.unsigned(folders.noisy())).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return str(found)


def with_tools(folder: Path, pin: str = folders.PIN) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PIN": pin}
    return subprocess.run(
        ["sh", "-c", block("sh")], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def test_a_release_is_checked_with_tools_that_everybody_has(folder: Path) -> None:
    checked = with_tools(folder)

    signed = "Signature Verified Successfully\n" * 2
    assert checked.stdout == f"{signed}signed by: analyst 2026\n{signed}signed by: supervisor 2026\n", checked.stderr
    assert checked.returncode == 0
    assert with_tools(folder, "0" * 64).returncode != 0


@pytest.mark.parametrize("path", ["data/host.csv", "SHA256SUMS", "SHA256SUMS.sig", "signers.jsonl"])
def test_a_changed_release_is_noticed_by_them(folder: Path, path: str) -> None:
    content = (folder / path).read_bytes()
    (folder / path).write_bytes(content.replace(b"0", b"1", 1) if b"0" in content else content[:-9])

    assert with_tools(folder).returncode != 0


# R where it is: `Rscript` reads a file.
TOOLS = [("python", [sys.executable]), *([("r", ["Rscript"])] if shutil.which("Rscript") else [])]


@pytest.mark.parametrize(("language", "command"), TOOLS)
def test_the_lines_for_programs_find_the_clear_rows_and_say_what_one_may_quote(
    folder: Path, language: str, command: list[str]
) -> None:
    (folder / "lines").write_text(block(language))
    ran = subprocess.run([*command, "lines"], cwd=folder, capture_output=True, text=True, check=True)
    page = (folder / "index.html").read_text()

    assert re.search(r"CN +\d+(\.0)? +\d+ +\d+ +[AB]", ran.stdout)
    largest = re.search(r"Largest: China, (.*?)\.", page)
    assert largest
    assert ran.stdout.endswith(f"CN: {largest[1]} (2026-Q2)\n")


@pytest.mark.parametrize("language", ["python", "r"])
def test_the_lines_for_programs_name_columns_that_are_there(folder: Path, language: str) -> None:
    columns = (folder / "data/persons.csv").read_text().partition("\n")[0].split(",")
    named = re.findall(r"(?<!/)(?:persons|clear|first)[$.](\w+)|\"(origin|value|lower|upper|grade)\"", block(language))

    assert {one or other for one, other in named} - {"sort_values"} <= {*columns}
