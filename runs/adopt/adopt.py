"""A Trainer's output folder becomes a run: its curves, its arguments and its checkpoints, which are linked.

The folder itself stays as it is: deleting the run's checkpoints later never touches it.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.db import transaction

from runs import live, series
from runs.adopt.curves import add_curves, time_at
from runs.adopt.look import AdoptError, Found, FoundCheckpoint, look
from runs.adopt.settings import for_recipe
from runs.checkpoints.files import list_files
from runs.checkpoints.register import register
from runs.launch import take_marks
from runs.linking import link_tree
from runs.models import Attempt, Project, Run
from runs.naming import unique_name
from runs.states import State
from trainer_bridge import folders
from trainer_bridge.paths import RunPaths
from trainer_bridge.protocol import Checkpoint, CheckpointFile
from trainer_bridge.series_keys import measured_at

#: Bytes that stay free on the disk.
RESERVE = 512 * 1024 * 1024


def folder_to_read(text: str) -> Path:
    """The folder that a person named on a page or over REST, where it may be read. Raises AdoptError."""
    try:
        return folders.find(text.strip(), "models")
    except PermissionError as refused:
        raise AdoptError(str(refused)) from None


def adopt(project: Project, folder: Path, *, name: str = "", user: Any = None) -> Run:
    """Make the run. Raises AdoptError, and then made nothing, for a folder that cannot be or was adopted before."""
    found = look(folder)
    _refuse_twice(project, found)
    _refuse_too_large(found)
    with transaction.atomic():
        run = _run(project, found, name, user)
        target = RunPaths(Path(django_settings.RUNS_DIR), run.pk)
        try:
            _take_over(run, found, target)
        except OSError as error:
            shutil.rmtree(target.folder, ignore_errors=True)
            raise AdoptError(f"The checkpoints cannot be taken over: {error.strerror}.") from error
        except BaseException:
            shutil.rmtree(target.folder, ignore_errors=True)
            raise
        live.runs_changed(project.slug)
    return run


def _refuse_twice(project: Project, found: Found) -> None:
    before = Run.objects.filter(project=project, environment__adopted__folder=str(found.folder)).first()
    if before is not None:
        raise AdoptError(
            f"{found.folder} was adopted before, as {before.name}. Delete that run to adopt it again."
        )


def _refuse_too_large(found: Found) -> None:
    """Links take no room; across disks the files are copied."""
    runs_dir = Path(django_settings.RUNS_DIR)
    runs_dir.mkdir(parents=True, exist_ok=True)
    if found.folder.stat().st_dev == runs_dir.stat().st_dev:
        return
    free = shutil.disk_usage(runs_dir).free
    if found.size > free - RESERVE:
        raise AdoptError(
            f"{found.folder} lies on another disk and has {found.size:,} bytes, but the disk of the data folder has "
            f"only {free:,} left."
        )


def _run(project: Project, found: Found, name: str, user: Any) -> Run:
    state = found.state
    step, max_steps = int(state["global_step"]), state.get("max_steps")
    ended = not isinstance(max_steps, int) or step >= max_steps > 0
    moments = _moments(found)
    begin, end = (datetime.fromtimestamp(time_at(at, moments), UTC) for at in (0, step))
    run = Run.objects.create(
        project=project,
        name=unique_name(Run, project.pk, name.strip() or found.folder.name),
        mark=take_marks(project, 1),
        spec=_spec(found),
        origin=Run.Origin.WORKER if found.recipe else Run.Origin.EXTERNAL,
        state=State.FINISHED if ended else State.STOPPED,
        reason="" if ended else f"adopted at step {step} of {max_steps}",
        objective=found.objective,
        greater_is_better=found.greater_is_better,
        step=step,
        max_steps=max_steps if isinstance(max_steps, int) and max_steps > 0 else None,
        epoch=_number(state.get("epoch")),
        num_train_epochs=_number(state.get("num_train_epochs")),
        environment=_environment(found),
        created_by=user.get_username() if user is not None and user.is_authenticated else "",
        started_at=begin,
        ended_at=end,
    )
    Attempt.objects.create(run=run, number=1, token_hash="", started_at=begin, ended_at=end)
    return run


def _spec(found: Found) -> dict[str, Any]:
    """With a recipe the run can be gone on with, once its data is named; without one it can be cloned."""
    if not found.recipe:
        return {"config": {}, "args": found.settings.args}
    return {
        "recipe": found.recipe,
        "args": for_recipe(found.settings.args, found.recipe),
        "data": {"source": None},
    }


def _environment(found: Found) -> dict[str, Any]:
    adopted = {"folder": str(found.folder), "notes": found.notes, "times": "estimated from the files' dates"}
    model = {name: found.config[name] for name in ("model_type", "architectures") if name in found.config}
    version = found.config.get("transformers_version")
    return {"adopted": adopted, "model": model} | ({"packages": {"transformers": version}} if version else {})


def _take_over(run: Run, found: Found, target: RunPaths) -> None:
    add_curves(run.pk, found.history, _moments(found))
    series.compact(run.pk)
    for row in found.checkpoints:
        link_tree(row.path, target.checkpoints / f"checkpoint-{row.step}")
        register(run.pk, 1, _event(found, row))
    if found.recipe and found.whole:
        run.spec["model"] = {"source": "checkpoint", "name": f"{run.pk}/checkpoint-{found.whole[-1].step}"}
        run.save(update_fields=["spec"])


def _event(found: Found, row: FoundCheckpoint) -> Checkpoint:
    epoch = next((logs.get("epoch") for logs in found.history if logs.get("step") == row.step), None)
    return Checkpoint(
        step=row.step,
        time=row.saved_at,
        path=f"checkpoints/checkpoint-{row.step}",
        files=[CheckpointFile(name, size) for name, size in list_files(row.path)],
        metrics=measured_at(found.history, row.step),
        epoch=_number(epoch),
    )


def _moments(found: Found) -> list[tuple[int, float]]:
    """(step, time) of the checkpoints, in order and never backwards."""
    moments: list[tuple[int, float]] = []
    for row in sorted(found.checkpoints, key=lambda row: row.step):
        if not moments or row.saved_at > moments[-1][1]:
            moments.append((row.step, row.saved_at))
    return moments


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
