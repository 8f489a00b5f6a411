"""Where Chromium is missing its tests are told at the end, and in CI they fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import PROJECT

#: Named whole: a slow test is run only so.
TEST = "tests/browser/test_logout.py::test_another_tab_shows_the_login_when_this_one_logs_out"


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_missing_program_is_told(ci: str, status: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", TEST],
        cwd=PROJECT,
        env={**os.environ, "PATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    if ci:
        assert "Chromium is not installed: apt-get install chromium" in done.stdout
    else:
        assert last.startswith("1 test was not run for want of Chromium; to get it: apt-get install chromium")
