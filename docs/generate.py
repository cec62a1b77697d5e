"""Write the pages that follow from the code: problems, actions of audit events, settings, the API's
description, the workloads of releases, and the protocol's tables of types."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from app import problems
from app.audit.actions import Action
from app.database.engine import make_file
from app.main import create_app
from app.settings import Settings
from docs import workloads
from docs.sealed_types import with_tables

HERE = Path(__file__).parent
_WIDTH = 120


def pages() -> Iterator[tuple[str, str]]:
    """Each generated page: its name in this folder, and its text."""
    with TemporaryDirectory() as directory:
        settings = Settings(data_dir=Path(directory))
        make_file(settings.url)
        app = create_app(settings)
        app.state.database.close()
    yield "openapi.json", _json(app.openapi()) + "\n"
    yield "problems.md", _problems()
    yield "../app/cli/advice.json", json.dumps(_advice(), indent=1, sort_keys=True) + "\n"
    yield "audit.md", _audit()
    yield "settings.md", _settings()
    yield "workloads.md", workloads.page()
    for name in ("protocol.md", "protocol-documents.md"):
        yield name, with_tables((HERE / name).read_text())


def _json(value: object, depth: int = 0) -> str:
    """JSON in which whatever fits into a line is one, so that a change is seen in few."""
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if depth + len(line) < _WIDTH or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        inner = [f"{json.dumps(name)}: {_json(value[name], depth + 1)}" for name in sorted(value)]
    else:
        inner = [_json(each, depth + 1) for each in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    indent = " " * depth
    return f"{start}\n" + ",\n".join(f"{indent} {each}" for each in inner) + f"\n{indent}{end}"


def _problems() -> str:
    rows = [
        f"| `/problems/{each.type}` | {each.status} | {each.title} | {' '.join(each.advice())} |"
        for each in problems.catalogue()
    ]
    return _page(
        "Problems",
        "Every refusal is `application/problem+json` (RFC 9457) with one of these types, each the address of its page."
        "\nNo text of it repeats what the request said.",
        "| type | status | title | what it means, and what to do |\n|---|---|---|---|",
        rows,
    )


def _advice() -> dict[str, str]:
    """For whoever works at the terminal of a machine that has no service on it."""
    return {each.type: " ".join(each.advice()) for each in problems.catalogue()}


def _audit() -> str:
    rows = [f"| `{action.value}` | {action.description} |" for action in Action]
    return _page(
        "The audit chain",
        "Every action of staff and every key that is fetched is an audit event with its hour, never with content. Each"
        "\nhas the hash of the one before. Each day the service signs the last one, and supervisors countersign it,"
        "\nwhose clients have followed the chain: what is taken out later is missed. `tern audit verify` follows it.",
        "| action | what it says |\n|---|---|",
        rows,
    )


def _settings() -> str:
    rows = [
        f"| `TERN_{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return _page(
        "Settings",
        "All settings are variables of the environment. `tern` refuses one that it does not know.",
        "| variable | default | meaning |\n|---|---|---|",
        rows,
    )


def _default(value: object) -> str:
    return f"`{value}`" if value not in (None, "") else "–"


def _page(title: str, lead: str, head: str, rows: list[str]) -> str:
    body = "\n".join([head, *rows])
    return f"# {title}\n\n<!-- Generated from the code by `make docs`. -->\n\n{lead}\n\n{body}\n"


def main() -> None:
    for name, text in pages():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
