"""Fixtures for all tests, and what happens to tests whose program (Chromium, …) is not installed."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, settings

from runs import catalog, slot_use, speed
from runs.models import Project
from runs.rules import book, silence
from tests.live import LiveTrainboard
from tests.needs import NEEDS, in_ci

# A busy machine makes neither an example nor its data wrong; how fast things are is for tests/benchmarks/ to say.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# Read by torch when it is imported, here and in processes that tests start: the threads of several processes on a few
# cores wait for each other, and a small training takes four times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_not_run: Counter[str] = Counter()
_slow: set[str] = set()
#: Markers of tests that the everyday run leaves out.
SLOW = ("slow", "slow_faults", "gpu")
#: Markers of tests that take the longest, whole files of them.
LONG = ("slow_faults", "browser")
HOW_TO_RUN_SLOW = "pytest -m 'slow or slow_faults', on a machine with a GPU pytest -m gpu"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _leave_out_slow(config, items)
    _longest_first(items)


def _leave_out_slow(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is run only when asked for by its marker or by a test's own name."""
    asked = any(name in config.option.markexpr for name in SLOW)
    if asked or any("::" in argument for argument in config.args):
        return
    slow = [item for item in items if any(item.get_closest_marker(name) for name in SLOW)]
    if slow:
        _slow.update(item.nodeid for item in slow)
        items[:] = [item for item in items if item not in slow]
        config.hook.pytest_deselected(items=slow)


def _longest_first(items: list[pytest.Item]) -> None:
    """Files with long tests begin, or at the end one process would wait minutes for the other."""
    long = {item.path for item in items if any(item.get_closest_marker(name) for name in LONG)}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, need in NEEDS.items():
        if item.get_closest_marker(marker) and need.find() is None:
            if in_ci():
                pytest.fail(f"{need.title} is not installed: {need.how_to_get}", pytrace=False)
            _not_run[marker] += 1
            pytest.skip(f"{need.title} is not installed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several test processes tells the first one what it did not run."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told |= {"not_run": dict(_not_run), "slow": sorted(_slow)}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    told = getattr(node, "workeroutput", {})
    _not_run.update(told.get("not_run", {}))
    _slow.update(told.get("slow", []))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The very last lines: what was not run, and how to get what it needs."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    for marker, count in _not_run.items():
        need = NEEDS[marker]
        tests = "test was" if count == 1 else "tests were"
        reporter.write_line(f"{count} {tests} not run for want of {need.title}; to get it: {need.how_to_get}")
    if _slow:
        reporter.write_line(f"{len(_slow)} slow tests were not run; to run them: {HOW_TO_RUN_SLOW}")


@pytest.fixture(autouse=True)
def no_former_speed() -> None:
    """A database that is rolled back gives the same numbers again to the attempts of the next test."""
    speed.forget()


@pytest.fixture(autouse=True)
def no_former_use() -> None:
    """How slots were used is kept in memory for a minute."""
    slot_use.forget()


@pytest.fixture(autouse=True)
def no_former_catalogue() -> None:
    """What workers reported is kept in memory for a second; a rolled-back database knows nothing of it."""
    catalog.forget()


@pytest.fixture(autouse=True)
def no_former_rules() -> None:
    """Rules in force are kept in memory for some seconds; a rolled-back database knows nothing of them."""
    book.forget()
    silence.forget()


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_superuser("owner", password=None)


@pytest.fixture
def owner_client(owner: User) -> Client:
    """A browser session of the owner."""
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="Digits", slug="digits")


@pytest.fixture(scope="module")
def trainboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTrainboard]:
    """The whole of Trainboard as a person starts it, on a data folder and a port of its own."""
    with LiveTrainboard(tmp_path_factory.mktemp("live") / "data") as live:
        yield live


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where an `up` of this test keeps its data; it does not exist yet."""
    return tmp_path / "data"
