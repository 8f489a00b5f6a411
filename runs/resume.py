"""Going on from a checkpoint with other settings: what differs, what the checkpoint brings back, what cannot change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs.commands import learning_rate_changes
from runs.errors import RunError, SpecError
from runs.models import Checkpoint, Run
from runs.specs import Spec, check_spec, effective_config, given_config, objective_of, spec_with

#: Groups whose values are in the checkpoint's weights, or decide which rows there are.
_FIXED_GROUPS = ("recipe", "params", "model", "data")
#: What the optimizer's state in the checkpoint was made for.
_FIXED = frozenset(
    f"args.{name}" for name in ("optim", "optim_args", "optim_target_modules")
) | frozenset(
    f"trainer.{name}" for name in ("optimizer", "layer_lr_decay", "head_lr_factor", "decay_bias_and_norm")
)  # fmt: skip
_SCHEDULE = "The schedule is made anew and goes on at its step {step}; the first step still has the checkpoint's rate."
_END = "The schedule stretches over the new end, so the rate jumps; the first step still has the checkpoint's rate."
_PLACE = (
    "The place in the epoch is counted in steps, so it shifts: in this epoch rows come again or are left out."
)
_ORDER = "The order of the rows is drawn anew: in this epoch rows come again or are left out."
_BEST = "The best value so far was measured by the former setting and is compared with values of the new one."
_PATIENCE = "Early stopping begins to count anew."
_RATE = (
    "The checkpoint's own value is not brought back. The first step still has the checkpoint's rate, scaled."
)
_EFFECTS: Mapping[str, str] = {
    **dict.fromkeys(("args.learning_rate",), _RATE),
    **dict.fromkeys(("args.lr_scheduler_type", "args.lr_scheduler_kwargs", "args.warmup_steps"), _SCHEDULE),
    **dict.fromkeys(("args.max_steps", "args.num_train_epochs"), _END),
    **dict.fromkeys(
        ("args.per_device_train_batch_size", "args.gradient_accumulation_steps", "args.dataloader_drop_last"), _PLACE
    ),
    **dict.fromkeys(("args.seed", "args.data_seed", "args.train_sampling_strategy"), _ORDER),
    **dict.fromkeys(("args.metric_for_best_model", "args.greater_is_better"), _BEST),
    **dict.fromkeys(
        ("trainer.early_stopping", "trainer.early_stopping_patience", "trainer.early_stopping_threshold"), _PATIENCE
    ),
}  # fmt: skip
_OTHERWISE = "Counts from step {step} on."
_MADE_WITH = "The checkpoint was made with the former value and may not load."


@dataclass(frozen=True)
class Difference:
    """One setting that is not what the checkpoint's attempt had; ``effect`` says what that does."""

    key: str
    before: Any
    after: Any
    effect: str


@dataclass(frozen=True)
class Plan:
    """How a run would go on: from ``checkpoint``, with ``spec``. ``notes`` are remarks beside the differences."""

    checkpoint: Checkpoint
    spec: Spec
    differences: list[Difference]
    notes: list[str]


class ResumeDiffers(RunError):
    """The settings changed since the checkpoint was made: somebody has to say that this is meant."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self.plan = plan
        count = len(plan.differences)
        what = "one setting differs" if count == 1 else f"{count} settings differ"
        super().__init__(
            f"{run.name} would go on from step {plan.checkpoint.step}, but {what} from what it had there."
        )


def plan_resume(run: Run, checkpoint: Checkpoint, changes: Mapping[str, Any] | None = None) -> Plan:
    """What going on from ``checkpoint`` with ``changes`` {"args.learning_rate": 1e-4} would be. Raises SpecError."""
    changes = {
        key: value for key, value in (changes or {}).items() if effective_config(run.spec).get(key) != value
    }
    if problems := _fixed_problems(changes):
        raise SpecError(problems)
    spec = spec_with(run.spec, changes)
    # Without changes a run whose recipe is gone waits for a worker that has it, as it would have at first.
    if changes and (problems := check_spec(spec) | _end_problem(run, spec, changes, checkpoint.step)):
        raise SpecError(problems)
    before, after = config_of(run, checkpoint), settings_of(spec)
    differences = [
        Difference(key, before.get(key), after.get(key), _effect(key, checkpoint.step))
        for key in after.keys() | before.keys()
        if before.get(key) != after.get(key)
    ]
    by_hand = _changed_by_hand(run, checkpoint.step) if differences else []
    return Plan(checkpoint, spec, sorted(differences, key=lambda one: one.key), by_hand)


def settings_of(spec: Spec) -> dict[str, Any]:
    """Every setting of a run, as JSON keeps it."""
    return json.loads(json.dumps(effective_config(spec), default=str))


def config_of(run: Run, checkpoint: Checkpoint) -> dict[str, Any]:
    """Every setting of the attempt that wrote the checkpoint; the run's own where nothing else is known."""
    attempts = run.attempts.exclude(config=None).order_by("number")
    known = attempts.filter(number=checkpoint.attempt).first() or attempts.last()
    return known.config if known and known.config else settings_of(run.spec)


def own_settings_count(run: Run, checkpoint: Checkpoint) -> bool:
    """Whether the arguments count and not what the checkpoint's optimizer and schedule were made with."""
    return config_of(run, checkpoint) != settings_of(run.spec)


def _effect(key: str, step: int) -> str:
    if is_fixed(key):
        return _MADE_WITH
    return _EFFECTS.get(key, _OTHERWISE).format(step=step)


def is_fixed(key: str) -> bool:
    """Whether a setting cannot change on the way: it is in the checkpoint's weights, optimizer or data."""
    return key in _FIXED or key.partition(".")[0] in _FIXED_GROUPS


def _fixed_problems(changes: Mapping[str, Any]) -> dict[str, str]:
    sentence = "Is fixed by the checkpoint's weights, optimizer or data. Start a new run with it instead."
    return {key: sentence for key in changes if is_fixed(key)}


def _end_problem(run: Run, spec: Spec, changes: Mapping[str, Any], step: int) -> dict[str, str]:
    """An end that the checkpoint has passed would be reached at once, with a loss of 0."""
    config = effective_config(spec)
    end, key = config.get("args.max_steps") or -1, "args.max_steps"
    if end <= 0 and run.max_steps and run.num_train_epochs:
        end = config.get("args.num_train_epochs", 0) * run.max_steps / run.num_train_epochs
        key = "args.num_train_epochs"
    if key not in changes or end > step:
        return {}
    return {key: f"The checkpoint is at step {step} already: nothing would be left to do."}


def _changed_by_hand(run: Run, step: int) -> list[str]:
    if not learning_rate_changes(run, step):
        return []
    return [
        "What people did to the learning rate up to this checkpoint is done again, on top of these settings."
    ]


def keep_changes(run: Run, plan: Plan) -> None:
    """The run is what it goes on with from now on."""
    if given_config(plan.spec) != given_config(run.spec):
        objective, greater_is_better = objective_of(plan.spec)
        Run.objects.filter(pk=run.pk).update(
            spec=plan.spec, objective=objective, greater_is_better=greater_is_better
        )
