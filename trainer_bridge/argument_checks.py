"""Every rule about training arguments: those that block a launch, and those that only warn.

A rule looks at the values and says what is wrong, at which argument. It is passed over where it reads a value that has
a problem already, so no rule has to expect a text in place of a number.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from trainer_bridge import (
    argument_optimizer_rules,
    argument_process_rules,
    argument_rules,
    argument_schedule_rules,
)
from trainer_bridge.titled import Broken

Check = Callable[[Mapping[str, Any]], Broken | None]
#: It is also given how many processes train together.
CheckOfProcesses = Callable[..., Broken | None]

RULES: tuple[Check, ...] = (
    argument_rules.has_length,
    argument_rules.best_needs_evaluation,
    argument_rules.saves_meet_evaluations,
    argument_rules.direction_is_right,
    argument_schedule_rules.options_fit,
    argument_schedule_rules.ends_below_the_peak,
    argument_schedule_rules.leaves_room_to_fall,
    argument_schedule_rules.follows_the_right_way,
    argument_schedule_rules.greedy_stays_low,
    argument_optimizer_rules.arguments_are_read,
    argument_optimizer_rules.has_target_modules,
    argument_optimizer_rules.layerwise_takes_every_batch,
    argument_process_rules.keys_are_known,
    argument_process_rules.accelerator_state_is_ours,
    argument_process_rules.accumulation_is_said_once,
    argument_process_rules.loaders_have_processes,
    argument_process_rules.one_precision,
    argument_process_rules.loss_only_has_the_metric,
)
RULES_OF_PROCESSES: tuple[CheckOfProcesses, ...] = (
    argument_process_rules.has_several_processes,
    argument_process_rules.dimensions_are_the_processes,
    argument_process_rules.backend_fits,
)

CAUTIONS: tuple[Check, ...] = (
    argument_schedule_rules.options_have_effect,
    argument_schedule_rules.all_is_warmup,
    argument_schedule_rules.stages_fit,
    argument_optimizer_rules.arguments_have_effect,
    argument_optimizer_rules.target_modules_have_effect,
    argument_optimizer_rules.decay_is_strong,
    argument_optimizer_rules.rate_is_high,
    argument_process_rules.has_effect,
    argument_process_rules.can_be_resumed,
    argument_process_rules.metrics_follow,
    argument_process_rules.lengths_are_known,
    argument_process_rules.labels_are_found,
    argument_process_rules.half_precision_on_cpu,
)
CAUTIONS_OF_PROCESSES: tuple[CheckOfProcesses, ...] = (argument_process_rules.several_have_effect,)


class Sound(dict[str, Any]):
    """Values of which those with a problem cannot be read."""

    class Missing(LookupError):
        """The value that was asked for has a problem."""

    def __init__(self, values: Mapping[str, Any], wrong: Container[str]) -> None:
        super().__init__(values)
        self._wrong = wrong

    def __getitem__(self, name: str) -> Any:
        if name in self._wrong:
            raise self.Missing(name)
        return super().__getitem__(name)


def for_processes(checks: Iterable[CheckOfProcesses], processes: int) -> list[Check]:
    """The ``checks`` for a training of so many processes."""
    return [partial(check, processes=processes) for check in checks]


def broken(checks: Iterable[Check], values: Sound) -> Iterator[Broken]:
    """What the ``checks`` find."""
    for check in checks:
        try:
            found = check(values)
        except Sound.Missing:
            continue
        if found:
            yield found
