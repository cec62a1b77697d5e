"""A command of `tern`, in this process: one of its own takes longer to start than a command to run."""

import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from os import environ

import pytest

from app.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How it ended: the exit code, and what it printed."""

    code: int
    out: str
    err: str


def tern(*arguments: str, typed: str = "", environment: Mapping[str, str] | None = None) -> Ended:
    """With `typed` on standard input, and in the environment nothing of Tern's but what is given."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in environ if name.startswith("TERN_")]:
            patch.delenv(name)
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", StringIO(typed))
        patch.setattr(sys, "argv", ["tern", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    assert isinstance(ended.value.code, int)
    return Ended(ended.value.code, out.getvalue(), err.getvalue())
