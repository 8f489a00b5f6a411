"""A server, and a training machine that joins it."""

import pytest

from runs import access
from tests.faults.web import WebProcess
from trainer_bridge.join.process import current


@pytest.fixture(scope="module")
def web(django_db_setup):
    process = WebProcess()
    process.start()
    yield process
    process.kill()


@pytest.fixture
def token(user):
    return access.issue_api_token(user, "mine", ["read", "write"])[1]


@pytest.fixture
def joining(web, token, tmp_path, monkeypatch):
    """The environment of a training machine; trainings record in ``tmp_path / "left"``."""
    monkeypatch.setenv("TRAINBOARD_SERVER", web.url)
    monkeypatch.setenv("TRAINBOARD_TOKEN", token)
    monkeypatch.setenv("TRAINBOARD_PROJECT", "joined")
    monkeypatch.setenv("TRAINBOARD_DIR", str(tmp_path / "left"))
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "TRAINBOARD_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path / "left"
    if current() is not None:
        current().finish()
