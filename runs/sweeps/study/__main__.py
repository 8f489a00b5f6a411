"""One request a line on standard input, one answer a line on standard output; ends with its input."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

#: Kind of request → module of this package and function. Imported when first asked for: torch takes seconds.
KINDS = {
    "suggest": ("suggest", "suggest"),
    "judge": ("judge", "judge"),
    "export": ("files", "export"),
    "import": ("files", "read"),
}


def main() -> None:
    """Answer until the input ends."""
    # Libraries print to standard output too: only answers may go down the pipe.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": _function(request["kind"])(request["request"])}
    except Exception as error:
        # The asking process says it to people; the rest of the traceback is for its log.
        sys.excepthook(type(error), error, error.__traceback__)
        return {"error": f"{type(error).__name__}: {error}"}


def _function(kind: str) -> Callable[[Any], Any]:
    import importlib

    module, name = KINDS[kind]
    return getattr(importlib.import_module(f"runs.sweeps.study.{module}"), name)


if __name__ == "__main__":
    main()
