"""What the New run page costs the server: its first rendering, the check after each change, that of a large sweep, and
the form as a text; beside an empty request.

Processor time of this process, the median of many; SQLite in a temporary folder.
Run: python tests/benchmarks/bench_form.py [recipe …]
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from dashboard.forms.draft import blank  # noqa: E402
from runs.models import Project  # noqa: E402
from trainer_bridge import recipes  # noqa: E402

#: The bar of DESIGN.md for what follows a key or a click.
REACH = 0.1


def main(names: list[str]) -> None:
    setup_test_environment()
    call_command("migrate", verbosity=0)
    Project.objects.create(slug="bench", name="Bench")
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada", password="a long enough password"))
    told("an empty request", lambda: client.get("/p/bench/counts"))
    for name in names:
        measure(client, name)


def measure(client: Client, name: str) -> None:
    """Print one recipe's figures."""
    page, check = f"/p/bench/new?recipe={name}", "/p/bench/new/check"
    sent = as_sent(name)
    swept = sent | {
        "sweep.args.seed": "1",
        "mode.args.seed": "range",
        "low.args.seed": "1",
        "high.args.seed": "500",
    }
    size = len(client.get(page).content) / 1024
    print(f"{name}: {len(blank(recipes.get(name)).fields)} fields, {len(sent)} sent, {size:.0f} KiB")
    told("  page", lambda: client.get(page))
    told("  check", lambda: client.post(check, sent))
    told("  check of 500 trials", lambda: client.post(check, swept | {"count.args.seed": "500"}), 5)
    told("  View as YAML", lambda: client.post("/p/bench/new/yaml", sent))
    told("  View as Python", lambda: client.post("/p/bench/new/python", sent), 5)


def as_sent(name: str) -> dict[str, Any]:
    """What a browser sends: each field, and the controls of each possible sweep."""
    draft = blank(recipes.get(name))
    sent = {"recipe": name, **draft.texts}
    for key, row in draft.fields.items():
        if row.sweepable and row.is_number:
            sent |= {f"{part}.{key}": text for part, text in SWEEP.items()}
    return sent


SWEEP = {"mode": "list", "list": "", "low": "", "high": "", "count": "4"}


def told(label: str, work: Callable[[], Any], rounds: int = 15) -> None:
    work()
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    found = statistics.median(times)
    print(f"{label} {1000 * found:.1f} ms; {found / REACH:.2f} of the reach of {1000 * REACH:.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1:] or ["digits-vit", "text-classification"])
