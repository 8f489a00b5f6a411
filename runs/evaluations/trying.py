"""A checkpoint tried on one input: which can be, and the errand that does it."""

from typing import Any

from runs import errands
from runs.checkpoints.files import folder_of
from runs.checkpoints.register import verify
from runs.errors import ErrandError
from runs.models import Checkpoint, Errand, Run
from trainer_bridge.predict.kinds import Kind, kind_of

KIND = "try-it"
#: Characters of a text, and of a picture or sound as base64.
MOST_TEXT, MOST_FILE = 20_000, 240_000
#: Checkpoints of other runs that are offered to stand beside.
MOST_BESIDE = 30


def offered(run: Run) -> list[Checkpoint]:
    """The run's own usable checkpoints, the latest first: one query."""
    return list(run.checkpoints.filter(deleted_at=None, problem="").order_by("-step"))


def beside(run: Run) -> list[Checkpoint]:
    """Usable checkpoints of runs of the same recipe in the project, which take the same input: one query."""
    rows = Checkpoint.objects.filter(
        run__project=run.project_id, run__deleted_at=None, deleted_at=None, problem=""
    )
    others = rows.filter(run__spec__recipe=run.spec.get("recipe")).exclude(run=run)
    return list(others.select_related("run").order_by("-created_at")[:MOST_BESIDE])


def kind(checkpoint: Checkpoint) -> Kind | str:
    """What it takes, or why nothing can be asked of it."""
    return kind_of(folder_of(checkpoint))


def try_it(checkpoint: Checkpoint, given: dict[str, str], user: Any) -> Errand:
    """Ask a worker what the checkpoint makes of ``given`` ("text", "second", "image", "audio"). Raises ErrandError."""
    if checkpoint.deleted_at:
        raise ErrandError("This checkpoint was deleted; only its metrics are left.")
    if checkpoint.run.is_external:
        raise ErrandError(f"{checkpoint.run.name} was started elsewhere, and so its files are.")
    if problem := verify(checkpoint):
        raise ErrandError(f"This checkpoint is damaged: {problem}")
    found = kind(checkpoint)
    if isinstance(found, str):
        raise ErrandError(found)
    kept = {name: given.get(name, "") for name in found.takes}
    if not kept[found.takes[0]].strip():
        raise ErrandError(f"{found.first}: there is nothing to predict from.")
    _check_size(kept)
    payload = {"run": checkpoint.run_id, "path": checkpoint.path, "given": kept}
    return errands.ask(KIND, payload, user)


def _check_size(given: dict[str, str]) -> None:
    for name, value in given.items():
        most = MOST_FILE if name in ("image", "audio") else MOST_TEXT
        if len(value) > most:
            unit = "characters" if most == MOST_TEXT else "bytes as it is sent"
            raise ErrandError(f"The {name} has {len(value):,} {unit}; the most is {most:,}.")
