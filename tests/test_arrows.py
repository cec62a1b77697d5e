"""Arrows that import-linter has no contract for."""

from collections.abc import Iterator

import grimp
import pytest


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("app")


def _packages(graph: grimp.ImportGraph, name: str) -> Iterator[tuple[str, str]]:
    """Each module of this name, and the package that it stands in."""
    for module in graph.modules:
        package, _, last = module.rpartition(".")
        if last == name:
            yield module, package


@pytest.mark.parametrize("name", ["routes", "schemas"])
def test_what_faces_http_is_imported_by_its_own_package_and_by_main_alone(graph: grimp.ImportGraph, name: str) -> None:
    strangers = {
        (importer, module)
        for module, package in _packages(graph, name)
        for importer in graph.find_modules_that_directly_import(module)
        if importer != "app.main" and not importer.startswith(f"{package}.")
    }

    assert strangers == set()
