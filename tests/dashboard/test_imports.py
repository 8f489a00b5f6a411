"""What the web process must not load: a training library would cost seconds and hundreds of megabytes."""

import subprocess
import sys

from tests.live import PROJECT

TRAINING = ("torch", "transformers", "datasets", "sklearn", "accelerate", "tokenizers")
LOAD_THE_WEB = """
import sys
import django
django.setup()
import dashboard.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*(name for name in {names!r} if name in sys.modules))
"""
LOAD_UP = """
import sys
import dashboard.up.main
print(*(name for name in {names!r} if name in sys.modules))
"""


def loaded(code: str, names: tuple[str, ...]) -> list[str]:
    """Which of ``names`` a fresh process has loaded after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code.format(names=names)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_web_loads_no_training_library() -> None:
    assert loaded(LOAD_THE_WEB, TRAINING) == []


def test_up_loads_no_framework() -> None:
    """`up` starts the web before it loads Django itself; anything heavier would delay the first page."""
    assert loaded(LOAD_UP, ("django", "celery", "ninja", "pydantic", "uvicorn", "numpy", *TRAINING)) == []


def test_the_probe_sees_what_is_loaded() -> None:
    assert loaded("import sys, json\nprint(*(n for n in {names!r} if n in sys.modules))", ("json",)) == [
        "json"
    ]
