"""How large one checkpoint is, and how much of the disk the run will take."""

import shutil
from pathlib import Path
from typing import Any

from trainer_bridge.rehearsal.plan import Plan

#: A checkpoint up to this size, in bytes, is really saved; a larger one is added up.
SAVED_UP_TO = 256 * 1024**2


def checkpoint_facts(trainer: Any, plan: Plan, folder: Path) -> dict[str, Any]:
    """``bytes`` of one checkpoint (``measured``: by saving one), ``kept`` of the ``saves``, ``disk`` they take at once,
    ``free`` bytes. Raises what saving raises.
    """
    estimate = _added_up(trainer)
    free = shutil.disk_usage(folder).free
    measured = estimate <= min(SAVED_UP_TO, free // 2)
    size = _saved(trainer) if measured else estimate
    return {
        "bytes": size,
        "measured": measured,
        "saves": plan.saves,
        "kept": plan.kept,
        "disk": size * plan.kept,
        "free": free,
    }


def _saved(trainer: Any) -> int:
    """Bytes of a real checkpoint, which is removed again."""
    place = Path(trainer.args.output_dir)
    trainer._save_checkpoint(trainer.model, trial=None)
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    shutil.rmtree(place, ignore_errors=True)
    return size


def _added_up(trainer: Any) -> int:
    """Weights (of an adapter saved alone, those that learn), and what the optimizer keeps of each."""
    adapter = hasattr(trainer.model, "peft_config") and not getattr(trainer.model, "saves_merged", False)
    weights = sum(_bytes(p) for p in trainer.model.parameters() if p.requires_grad or not adapter)
    if trainer.args.save_only_model:
        return weights
    states = getattr(trainer.optimizer, "state", None) or {}
    return weights + sum(_bytes(value) for state in states.values() for value in state.values())


def _bytes(value: Any) -> int:
    return value.numel() * value.element_size() if hasattr(value, "element_size") else 8
