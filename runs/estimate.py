"""How long a run may take, by what similar runs took. Nothing is guessed: without such runs there is no estimate."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runs.models import Run
from runs.specs import Spec, default_config, given_config
from runs.states import State

#: Finished runs of the recipe that are looked at, the newest first, and how many similar ones are enough.
LOOKED_AT = 60
ENOUGH = 12
#: Arguments that change what is learned, or how long, but not what a step takes.
HARMLESS = frozenset(
    f"args.{name}"
    for name in (
        "learning_rate",
        "lr_scheduler_type",
        "lr_scheduler_kwargs",
        "warmup_steps",
        "weight_decay",
        "adam_beta1",
        "adam_beta2",
        "adam_epsilon",
        "max_grad_norm",
        "label_smoothing_factor",
        "seed",
        "data_seed",
        "num_train_epochs",
        "max_steps",
        "save_total_limit",
        "load_best_model_at_end",
        "metric_for_best_model",
        "greater_is_better",
    )
) | {"launch.labels", "launch.retries"}
Finished = tuple[Spec, float]
_LENGTH = ("args.max_steps", "args.num_train_epochs")


@dataclass(frozen=True)
class Estimate:
    """Seconds of one run, from the quickest to the slowest of ``runs`` similar ones."""

    low: float
    high: float
    runs: int


def estimate(
    spec: Spec, swept: Collection[str] = (), finished: Callable[[str], Iterable[Finished]] | None = None
) -> Estimate | None:
    """From similar runs, scaled to this one's length; None where there are none. One query.

    Similar are finished runs of the recipe that differ in nothing a step's time depends on. ``swept`` are keys that a
    sweep varies; where one of them changes the length or the time of a step, nothing can be said. ``finished``: what
    ``finished_runs`` gives, for who asks about many runs.
    """
    if not set(swept) <= HARMLESS - set(_LENGTH):
        return None
    defaults = default_config(spec["recipe"])
    wanted, length = _kind(spec, defaults), _length(spec, defaults)
    if length is None:
        return None
    seconds = [
        taken * length[1] / theirs[1]
        for other, taken in (finished or finished_runs)(spec["recipe"])
        if (theirs := _length(other, defaults))
        and theirs[0] == length[0]
        and _kind(other, defaults) == wanted
    ][:ENOUGH]
    return Estimate(min(seconds), max(seconds), len(seconds)) if seconds else None


def finished_runs(recipe: str) -> Iterator[Finished]:
    """Spec and seconds of finished runs. One that was resumed waited between its attempts: it says nothing."""
    rows = Run.objects.filter(
        state=State.FINISHED,
        origin=Run.Origin.WORKER,
        kind=Run.Kind.TRAINING,
        spec__recipe=recipe,
        attempts__number=1,
    ).exclude(attempts__number__gt=1)
    for spec, start, end in rows.order_by("-created_at").values_list("spec", "started_at", "ended_at")[
        :LOOKED_AT
    ]:
        if start is not None and end is not None and end > start:
            yield spec, (end - start).total_seconds()


def _kind(spec: Spec, defaults: dict[str, Any]) -> dict[str, Any]:
    """What the time of a step depends on, as far as it is not the recipe's default."""
    return {
        key: value
        for key, value in given_config(spec).items()
        if key not in HARMLESS and (key not in defaults or defaults[key] != value)
    }


def _length(spec: Spec, defaults: dict[str, Any]) -> tuple[str, float] | None:
    """In which unit the run's length is given, and how many of it; None when that makes no sense."""
    values = {key: defaults.get(key) for key in _LENGTH} | given_config(spec)
    for key in _LENGTH:
        value = values[key]
        if isinstance(value, int | float) and value > 0:
            return key, float(value)
    return None
