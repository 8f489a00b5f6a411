"""Ends in the way it is asked to."""

import os
import signal


def run(payload, tell):
    print("some output")
    if payload["how"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if payload["how"] == "exit":
        raise SystemExit(3)
    if payload["how"] == "large":
        return {"x": "y" * 600_000}
    raise ValueError("no such column: text")
