#!/usr/bin/env python
"""Trainboard's command line: `python manage.py up` starts everything."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as missing:
        sys.exit(f"Trainboard is not installed here ({missing}). Run: pip install -e .")
    execute_from_command_line(sys.argv)


# Training children re-import this file as a plain module: nothing may happen outside the guard.
if __name__ == "__main__":
    main()
