"""Which code a training ran: commit, branch and what was changed since, of the folder's git repository."""

import subprocess
from pathlib import Path
from typing import Any

#: Bytes of the difference that are kept.
MAX_DIFF = 200_000
#: Seconds for each question; a repository on a slow disk must not keep anybody.
PATIENCE = 10.0


def git_state(folder: Path) -> dict[str, Any]:
    """{"commit", "branch", "dirty", "diff", "diff_cut"}; empty outside a repository or without git."""
    commit = _ask(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    diff = _ask(folder, "diff", "HEAD", "--no-ext-diff", "--no-color", most=MAX_DIFF + 1)
    return {
        "commit": commit.strip(),
        "branch": _ask(folder, "rev-parse", "--abbrev-ref", "HEAD").strip(),
        "dirty": bool(diff),
        "diff": diff[:MAX_DIFF],
        "diff_cut": len(diff) > MAX_DIFF,
    }


def _ask(folder: Path, *question: str, most: int = 1000) -> str:
    """At most ``most`` characters of git's answer; "" when it has none."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *question]
    try:
        # git is found in PATH; the question is one of the above.
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        ) as process:
            return _read(process, most)
    except OSError:
        return ""


def _read(process: "subprocess.Popen[bytes]", most: int) -> str:
    from threading import Timer

    assert process.stdout is not None  # noqa: S101 (asked for above)
    timer = Timer(PATIENCE, process.kill)
    timer.start()
    try:
        data = process.stdout.read(most)
        process.kill()  # what comes after is not wanted
        return data.decode(errors="replace")
    finally:
        timer.cancel()
