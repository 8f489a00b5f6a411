"""Names for runs that got none: readable, telling what was changed, unique in the project."""

import math
from typing import Any

from runs.models import Run, Sweep

#: What a changed argument is called inside a name, most telling first.
SHORT = {
    "learning_rate": "lr",
    "per_device_train_batch_size": "bs",
    "num_train_epochs": "ep",
    "max_steps": "steps",
    "weight_decay": "wd",
    "seed": "seed",
}
MOST_PARTS = 2


def default_name(project_id: int, spec: dict[str, Any], mark: int) -> str:
    """Such as "digits-vit-lr2e-3-7": recipe, what was changed, mark."""
    base = "-".join([spec["recipe"], *changed_parts(spec.get("args", {}))])
    return unique_name(Run, project_id, f"{base}-{mark}")


def default_sweep_name(project_id: int, spec: dict[str, Any]) -> str:
    """Such as "digits-vit-sweep-2"."""
    number = Sweep.objects.filter(project_id=project_id).count() + 1
    return unique_name(Sweep, project_id, f"{spec['recipe']}-sweep-{number}")


def changed_parts(args: dict[str, Any]) -> list[str]:
    """The most telling changed arguments in short: ["lr2e-3", "bs32"]."""
    parts = [short + short_value(args[name]) for name, short in SHORT.items() if args.get(name) is not None]
    return parts[:MOST_PARTS]


def short_value(value: Any) -> str:
    """A value as it stands in a name: 0.002 → "2e-3", 64 → "64", 1.5 → "1.5"."""
    if not isinstance(value, float):
        return str(value)
    if value and math.isfinite(value) and (abs(value) < 0.01 or abs(value) >= 1e6):
        digits, _, power = f"{value:.3e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return f"{value:.4g}"


def unique_name(model: type[Run] | type[Sweep], project_id: int, name: str) -> str:
    """``name``, with -2, -3 … behind it when a run (or sweep) of the project already has it."""
    rows = model.objects.filter(project_id=project_id, name__startswith=name)
    taken = set(rows.values_list("name", flat=True))
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate
