"""The part of the tab that measures a checkpoint again, and lists what was."""

from typing import Any

from django.http import QueryDict

from runs import catalog
from runs.evaluations.again import evaluations_of
from runs.models import Run
from trainer_bridge.evaluations.parts import PREFIXES
from trainer_bridge.own.find import is_script


def again_section(run: Run, chosen: str, typed: QueryDict, problem: str) -> dict[str, Any]:
    """``chosen``: the checkpoint that a link names; ``typed``: what a refused form said. A run that measures a
    checkpoint itself offers none."""
    if run.is_evaluation:
        return {"offered": [], "rows": []}
    recipe = catalog.find(run.spec.get("recipe"))
    can = not run.is_external and recipe is not None and not is_script(recipe.name)
    offered = run.checkpoints.filter(deleted_at=None, problem="").order_by("-step") if can else []
    rows = evaluations_of(run)
    return {
        "offered": list(offered),
        "chosen": typed.get("checkpoint", chosen),
        "parts": list(PREFIXES),
        "part": typed.get("part", "test"),
        "source": typed.get("source", "") if typed.get("data") == "other" else "",
        "takes_data": recipe is not None and "data" in recipe.takes,
        "problem": problem,
        "rows": rows,
        "metric": rows[0].run.objective if len({row.run.objective for row in rows}) == 1 else "objective",
    }
