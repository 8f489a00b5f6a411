"""What the export sheet shows: choices, every file with its size, why something cannot be had, how far it is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from runs.checkpoints.files import CheckpointRefused, folder_of
from runs.exports.begin import settle
from runs.exports.card import told_of
from runs.exports.options import CONTENTS, WITHIN, Options, read
from runs.exports.plan import Plan, has_adapter, plan_export
from runs.exports.space import space_problem
from runs.models import Checkpoint, Errand, Export, HubToken
from trainer_bridge import folders

#: What the choice of a number format says.
DTYPES = {"": "as saved", "float32": "float32", "float16": "float16", "bfloat16": "bfloat16"}
#: Problems of what is still to be typed: told when it is pressed, not before.
_TYPED = ("folder", "repo")


def sheet(checkpoint: Checkpoint, given: Mapping[str, Any], user: Any) -> dict[str, Any]:
    """The sheet of ``checkpoint`` with the options in ``given``, texts as a form sends them."""
    options, problems = read(given)
    plans, refused = _plans(checkpoint, options)
    if not plans:
        return {"checkpoint": checkpoint, "refused": refused}
    plan = plans[options.contents]
    problems = {name: text for name, text in problems.items() if name not in _TYPED or given.get(name)}
    return {
        "checkpoint": checkpoint,
        "options": options,
        "plans": plans,
        "plan": plan,
        "problems": problems,
        "refused_form": refused,
        "full_disk": "" if problems else space_problem(plan, Path(settings.EXPORTS_DIR)),
        "dtypes": DTYPES,
        "has_adapter": has_adapter(folder_of(checkpoint)),
        "token": HubToken.objects.filter(user=user).first(),
        "root": folders.data_folder() / WITHIN,
        "latest": latest(checkpoint, user),
    }


def latest(checkpoint: Checkpoint, user: Any) -> dict[str, Any] | None:
    """The person's last export of it that still says something, as ``state_of`` gives it."""
    rows = Export.objects.filter(checkpoint=checkpoint, user=user).select_related("checkpoint")
    export = rows.exclude(state__in=(Export.State.EXPIRED, Export.State.CANCELLED)).first()
    return None if export is None else state_of(settle(export))


def state_of(export: Export) -> dict[str, Any]:
    """How far an export is: {"export", "progress": words, "percent": of 100 or None, "waits"}."""
    errand = Errand.objects.filter(pk=export.errand).first() if export.errand else None
    progress = errand.progress if errand else ""
    found = re.search(r"(\d+) %", progress)
    return {
        "export": export,
        "progress": progress or ("waiting for a worker" if errand and not errand.worker else "starting"),
        "percent": int(found[1]) if found else None,
    }


def _plans(checkpoint: Checkpoint, options: Options) -> tuple[dict[str, Plan], str]:
    """Inference and full with what they will hold, and why this form cannot be had: then the saved form is shown.

    No plans where nothing can be exported.
    """
    told = told_of(checkpoint)
    saved = replace(options, form="safetensors", dtype="")
    try:
        plans: dict[str, Plan] = {
            contents: plan_export(checkpoint, replace(saved, contents=contents), told)
            for contents in CONTENTS
        }
    except CheckpointRefused as refused:
        return {}, str(refused)
    if options == saved:
        return plans, ""
    try:
        plans["inference"] = plan_export(checkpoint, replace(options, contents="inference"), told)
    except CheckpointRefused as refused:
        return plans, str(refused)
    return plans, ""
