import pytest

from runs.models import Project, Run
from tests.runs.series.tools import SMALL_LIMITS


@pytest.fixture
def run(project: Project) -> Run:
    return Run.objects.create(project=project, name="loud-otter-1")


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold and seal after a handful of points, so that a small test goes through everything."""
    for name, value in SMALL_LIMITS.items():
        monkeypatch.setattr(f"runs.series.{name}", value)
