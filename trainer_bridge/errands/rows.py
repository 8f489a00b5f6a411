"""Rows of a run's training set as its model saw them: what was in a batch that stood out."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Seconds; the data is read and prepared as for the run.
TIME_LIMIT = 300.0


def run(payload: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """``payload``: {"spec", "rows": numbers of rows}; the result is that of :func:`data_batch.batch_of`.

    Raises ValueError where the data has changed since, so that a number means no row any more.
    """
    from trainer_bridge.data_batch import batch_of
    from trainer_bridge.spec import build_trainer

    tell("reading the data")
    trainer = build_trainer(payload["spec"], Path(tempfile.mkdtemp())).trainer
    rows, count = payload["rows"], len(trainer.train_dataset)
    if max(rows) >= count:
        raise ValueError(
            f"The data has changed: it has {count} rows to learn from now, and no row {max(rows)}."
        )
    trainer.model.train()
    return {"batch": batch_of(trainer, rows)}
