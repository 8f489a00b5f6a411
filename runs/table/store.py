"""The indexes of a process: those of the projects that were looked at last."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Max

from runs.models import Project
from runs.table.columns import RunColumns
from runs.table.index import Index

#: Projects whose runs are kept in memory, about 40 MB each with 10,000 runs of 40 columns.
KEPT = 6
#: … and of these, how many are read when the server starts.
WARM = 3


class _Kept:
    """An index and the columns that were made of it, good until a run changes."""

    def __init__(self, project_id: int) -> None:
        self.index = Index(project_id)
        self._columns: RunColumns | None = None

    def columns_now(self) -> RunColumns:
        now = time.time()
        if self._columns is None or self._columns.revision != self.index.revision:
            self._columns = RunColumns(self.index, now)
        self._columns.go_on(now)
        return self._columns


_projects: "OrderedDict[int, _Kept]" = OrderedDict()
_lock = threading.Lock()


@contextmanager
def columns_of(project_id: int) -> Iterator[RunColumns]:
    """The columns of a project's runs as they are now; nobody changes them inside the block."""
    kept = _kept(project_id)
    with kept.index.lock:
        kept.index.refresh()
        yield kept.columns_now()


def _kept(project_id: int) -> _Kept:
    with _lock:
        kept = _projects.pop(project_id, None) or _Kept(project_id)
        _projects[project_id] = kept
        while len(_projects) > KEPT:
            _projects.popitem(last=False)
        return kept


def warm_up() -> None:
    """Read the projects that people will look at first, those of the newest runs, so that no page waits for it."""
    newest = Project.objects.annotate(newest=Max("runs__created_at")).exclude(newest=None)
    for project_id in newest.order_by("-newest").values_list("pk", flat=True)[:WARM]:
        with columns_of(project_id):
            pass
