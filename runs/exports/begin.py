"""An export begins, is followed to its end, and goes away: every change of its state is here."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from runs import errands
from runs.checkpoints.files import CheckpointRefused, folder_of
from runs.errors import ErrandError, ExportError
from runs.exports import store
from runs.exports.archive import Archive
from runs.exports.options import Options
from runs.exports.parts import Part
from runs.exports.plan import Plan, layout_of, plan_export
from runs.exports.space import space_problem
from runs.exports.taken import note_taken
from runs.exports.tokens import token_of
from runs.models import Checkpoint, Errand, Export
from runs.secrets import SEALED, seal

State = Export.State
KIND = "export"
#: What was made for a download is kept for so long.
KEPT = timedelta(hours=24)
_ENDS: dict[str, State] = {
    Errand.State.FAILED: State.FAILED,
    Errand.State.CANCELLED: State.CANCELLED,
}


def begin(checkpoint: Checkpoint, options: Options, user: Any) -> Export:
    """Begin the export; one that only reads files is ready at once. Raises ExportError, having made nothing."""
    token = token_of(user) if options.to == "hub" else ""
    try:
        plan = plan_export(checkpoint, options)
    except CheckpointRefused as refused:
        raise ExportError(f"This checkpoint cannot be exported: {refused}.") from refused
    if problem := space_problem(plan, Path(settings.EXPORTS_DIR)):
        raise ExportError(problem, "folder" if options.to == "folder" else "")
    export = Export(checkpoint=checkpoint, user=user, options=options.as_dict(), filename=plan.filename)
    try:
        export.files = store.lay_out(store.ready_folder(export), plan)
        _start(export, plan, token)
    except OSError as error:
        store.remove(export.pk)
        raise ExportError(f"The export could not begin: {error.strerror or error}.") from error
    except ErrandError as refused:
        store.remove(export.pk)
        raise ExportError(str(refused)) from refused
    return export


def _start(export: Export, plan: Plan, token: str) -> None:
    with transaction.atomic():
        if plan.worked or plan.options.to != "download":
            export.errand = errands.ask(KIND, _order(export, plan, token), export.user).pk
        else:
            export.state, export.ended_at = State.READY, timezone.now()
        export.save(force_insert=True)


def _order(export: Export, plan: Plan, token: str) -> dict[str, Any]:
    """What the errand is given."""
    order = order_of(plan, store.ready_folder(export))
    return order | ({SEALED: {"token": seal(token)}} if token else {})


def order_of(plan: Plan, ready: Path) -> dict[str, Any]:
    """The fields of trainer_bridge/exporting/order.py; ``ready`` is where files are made."""
    order = {
        "source": str(plan.folder),
        "ready": str(ready),
        "files": [[file.name, file.source, file.work] for file in plan.files],
        "message": f"{plan.checkpoint.run.name}, step {plan.checkpoint.step}, by Trainboard",
    }
    return order | {
        name: getattr(plan.options, name) for name in ("dtype", "to", "folder", "repo", "private")
    }


def settle(export: Export) -> Export:
    """Bring the export to where its errand is; returns it."""
    if export.state != State.PREPARING:
        return export
    errand = Errand.objects.filter(pk=export.errand).first()
    if errand is not None and errand.is_open:
        return export
    if errand is None:
        _end(
            export,
            State.FAILED,
            reason="The worker's answer was not kept long enough to be heard. Export again.",
        )
    elif errand.state in _ENDS:
        _end(export, _ENDS[errand.state], reason=errand.reason, details=errand.details)
    else:
        _done(export, errand.result)
    return export


def _done(export: Export, result: dict[str, Any]) -> None:
    files = {name: source for name, _, source in export.files}
    told = [[name, size, files.get(name, "")] for name, size in result.pop("files")]
    state = State.READY if export.options["to"] == "download" else State.SENT
    _end(export, state, files=told, result=result)
    if export.state == State.SENT:
        note_taken(export.checkpoint_id)


def _end(export: Export, state: State, **fields: Any) -> None:
    """A compare-and-set: an export ends once."""
    fields |= {"state": state, "ended_at": timezone.now()}
    if Export.objects.filter(pk=export.pk, state=State.PREPARING).update(**fields) and state != State.READY:
        store.remove(export.pk)
    export.refresh_from_db()


def cancel(export: Export) -> None:
    """Give it up: its process is ended, what it made is removed. What has ended stays as it is."""
    if export.state == State.PREPARING:
        errands.cancel(export.errand)
        _end(export, State.CANCELLED, reason="cancelled")


def archive_of(export: Export) -> Archive:
    """The archive of an export that is ready, open. Raises CheckpointRefused where a file went."""
    options = Options(**export.options)
    ready, folder = store.ready_folder(export), folder_of(export.checkpoint)
    parts = [
        Part(name, size, folder / source if source else ready / name) for name, size, source in export.files
    ]
    try:
        layout = layout_of(options, export.filename.rpartition(".")[0])
        return Archive(parts, layout, export.checkpoint.created_at)
    except OSError as error:
        raise CheckpointRefused(f"a file of it is not there any more: {error.strerror or error}") from error


def keep_up(now: datetime | None = None) -> None:
    """What nobody looks at is settled, what is old is removed; about once a minute."""
    for export in Export.objects.filter(state=State.PREPARING):
        settle(export)
    old = Export.objects.filter(state=State.READY, ended_at__lt=(now or timezone.now()) - KEPT)
    for pk in old.values_list("pk", flat=True):
        Export.objects.filter(pk=pk).update(state=State.EXPIRED)
        store.remove(pk)
    _remove_left_over()


def _remove_left_over() -> None:
    """Folders of deleted runs' exports. One is written before its row, so only what still has none is removed."""
    open_ones = Export.objects.filter(state__in=(State.PREPARING, State.READY))
    for name in store.left_over(set(open_ones.values_list("pk", flat=True))):
        store.remove_old(name)
