"""Tests lie where the code does that they are of."""

from pathlib import Path

import pytest

import app

APP = Path(app.__file__).parent
TESTS = Path(__file__).parent
# What faces HTTP: what somebody from outside can reach is tried by somebody from outside.
PACKAGES = [path.parent.relative_to(APP) for path in sorted(APP.glob("*/*/routes.py"))]


@pytest.mark.parametrize("package", PACKAGES, ids=map(str, PACKAGES))
def test_every_package_with_routes_has_tests_of_its_own(package: Path) -> None:
    folder, file = TESTS / package, TESTS / package.with_name(f"test_{package.name}.py")

    assert file.exists() or list(folder.glob("test_*.py")), f"{package} has neither {folder} nor {file}"
