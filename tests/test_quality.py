"""The rules that tools can hold: style, types, and imports that point one way."""

import subprocess
import sys

import pytest

from tests.live import PROJECT

CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "lint-imports": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_quality(name: str) -> None:
    done = subprocess.run([sys.executable, *CHECKS[name]], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, f"{name}:\n{done.stdout}{done.stderr}"
