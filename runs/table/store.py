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

#: Projects whose runs are kept in memory, about 10 MB each with 10,000 runs of 40 columns.
KEPT = 6
#: … and of these, how many are read when the server starts.
WARM = 3
_indexes: "OrderedDict[int, Index]" = OrderedDict()
_lock = threading.Lock()


@contextmanager
def columns_of(project_id: int) -> Iterator[RunColumns]:
    """The columns of a project's runs as they are now; nobody changes them inside the block."""
    index = _index(project_id)
    with index.lock:
        index.refresh()
        yield RunColumns(index, time.time())


def _index(project_id: int) -> Index:
    with _lock:
        index = _indexes.pop(project_id, None) or Index(project_id)
        _indexes[project_id] = index
        while len(_indexes) > KEPT:
            _indexes.popitem(last=False)
        return index


def warm_up() -> None:
    """Read the projects that people will look at first, those of the newest runs, so that no page waits for it."""
    newest = Project.objects.annotate(newest=Max("runs__created_at")).exclude(newest=None)
    for project_id in newest.order_by("-newest").values_list("pk", flat=True)[:WARM]:
        with columns_of(project_id):
            pass
