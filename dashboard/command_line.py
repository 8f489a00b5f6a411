"""Trainboard's command line, as ``trainboard`` where it is installed and as ``python manage.py`` in its folder."""

import os
import sys


def main(argv: list[str] | None = None) -> int:
    """Do what the words after the program's name say; the exit code."""
    words = sys.argv[1:] if argv is None else argv
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    if words[:1] == ["up"]:
        # Before Django's command line, which reads the settings: `up` says where the data folder is.
        from dashboard.up.main import main as up

        return up(words[1:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(["trainboard", *words])
    return 0
