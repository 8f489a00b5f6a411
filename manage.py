#!/usr/bin/env python
"""Trainboard's command line: `python manage.py up` starts everything."""

import sys


def main() -> int:
    try:
        import django  # noqa: F401
    except ModuleNotFoundError as missing:
        sys.exit(f"Trainboard is not installed here ({missing}). Run: pip install -e .")
    from dashboard.command_line import main as command_line

    return command_line()


# Training children re-import this file as a plain module: nothing may happen outside the guard.
if __name__ == "__main__":
    sys.exit(main())
