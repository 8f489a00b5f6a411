"""Gives back what it is given, and whether it was warm."""

import sys
import tempfile


def run(payload, tell):
    tell("half way")
    print("printed")
    path = tempfile.mkdtemp()
    return {"payload": payload, "warm": "torch" in sys.modules, "folder": path, "nan": float("nan")}
