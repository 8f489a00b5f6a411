#!/usr/bin/env python
"""Trainboard's command line: `python manage.py up` starts everything."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        import django  # noqa: F401
    except ModuleNotFoundError as missing:
        sys.exit(f"Trainboard is not installed here ({missing}). Run: pip install -e .")
    if sys.argv[1:2] == ["up"]:
        # Before Django's command line, which reads the settings: `up` says where the data folder is.
        from dashboard.up.main import main as up

        return up(sys.argv[2:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


# Training children re-import this file as a plain module: nothing may happen outside the guard.
if __name__ == "__main__":
    sys.exit(main())
