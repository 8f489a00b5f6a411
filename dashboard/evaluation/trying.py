"""The part of the tab that tries a checkpoint on one input."""

from typing import Any

from runs.checkpoints.files import CheckpointRefused
from runs.evaluations import trying
from runs.models import Run


def try_section(run: Run, chosen: str) -> dict[str, Any] | None:
    """None where the run has no checkpoint here; ``problem`` says why its checkpoints cannot be asked."""
    own = [] if run.is_external else trying.offered(run)
    if not own:
        return None
    try:
        kind = trying.kind(own[0])
    except CheckpointRefused as refused:
        kind = f"This checkpoint cannot be tried: {refused}"
    if isinstance(kind, str):
        return {"problem": kind}
    return {"kind": kind, "own": own, "beside": trying.beside(run), "chosen": chosen}
