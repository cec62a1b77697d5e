"""The mark of a service that runs, and what the next one learns from it."""

from pathlib import Path

import pytest

from app.unclean_end import is_left, marked


def test_a_mark_tells_of_the_service_that_was_killed_once_and_of_none_that_runs_or_ended(tmp_path: Path) -> None:
    def end_uncleanly() -> None:
        with marked(tmp_path):
            raise KeyboardInterrupt

    with marked(tmp_path), marked(tmp_path):
        of_those_that_run = is_left(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        end_uncleanly()

    assert (of_those_that_run, is_left(tmp_path), is_left(tmp_path)) == (False, True, False)
    assert list(tmp_path.iterdir()) == []
