"""How long the New run page takes to answer a change, for the recipe with the most fields, beside an empty request.

Run: python tests/benchmarks/bench_form.py [rounds]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.benchmarks.live_server import quantile, report, set_up

#: What a person waits for an answer, in ms.
LIMIT = 100.0
PAGE = "/p/bench/new"


def milliseconds(action: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile of ``action``, after one that warms up."""
    action()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        action()
        times.append((time.perf_counter() - begun) * 1000)
    return quantile(times, 0.5), quantile(times, 0.95)


def largest_form() -> dict[str, str]:
    """The recipe with the most fields as a browser sends its form."""
    from dashboard.forms.draft import blank
    from runs.catalog import catalog

    draft = max((blank(recipe) for recipe in catalog().values()), key=lambda one: len(one.texts))
    return {"recipe": draft.recipe.name, **draft.texts}


def swept(form: dict[str, str], trials: int) -> dict[str, str]:
    values = ",".join(map(str, range(trials)))
    return form | {"sweep.args.seed": "1", "mode.args.seed": "list", "list.args.seed": values}


def client() -> Any:
    """A browser's session; every answer must be a good one."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from runs.models import Project

    Project.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    person, _ = get_user_model().objects.get_or_create(username="bench")
    found = Client(headers={"host": "localhost"})
    found.force_login(person)
    return found


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        measure(client(), rounds)


def measure(browser: Any, rounds: int) -> None:
    form = largest_form()
    print(f"{form['recipe']}: {len(form) - 1} fields, {rounds} rounds")
    changed = form | {"args.learning_rate": "1e-4", "args.seed": "-1"}
    asks: dict[str, Callable[[], object]] = {
        "an empty request": lambda: got(browser.get("/p/bench/counts")),
        "check, nothing changed": lambda: got(browser.post(f"{PAGE}/check", form)),
        "check, two changed, one wrong": lambda: got(browser.post(f"{PAGE}/check", changed)),
        "check, a sweep of 12 trials": lambda: got(browser.post(f"{PAGE}/check", swept(form, 12))),
        "check, a sweep of 500 trials": lambda: got(browser.post(f"{PAGE}/check", swept(form, 500))),
        "the page itself": lambda: got(browser.get(PAGE)),
        "View as YAML": lambda: got(browser.post(f"{PAGE}/yaml", form)),
        "View as Python": lambda: got(browser.post(f"{PAGE}/python", form)),
    }
    empty = 0.0
    for what, ask in asks.items():
        median, slow = milliseconds(ask, rounds)
        empty = empty or median
        report(
            what, f"{median:.1f} ms (p95 {slow:.1f})", f"≤ {LIMIT:.0f} ms", f"{median / empty:.1f} × empty"
        )


def got(answer: Any) -> Any:
    """``answer``, which must be a good one: a page of an error is quick."""
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} of {answer.request['PATH_INFO']}")
    return answer


if __name__ == "__main__":
    main()
