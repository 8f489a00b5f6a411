"""The callback that joins Trainboard by itself, for ``callbacks=[…]`` or ``report_to="trainboard"``."""

from collections.abc import Iterable, Mapping
from typing import Any

from transformers import TrainerControl, TrainerState, TrainingArguments

from trainer_bridge import arguments
from trainer_bridge.agreement import Alone
from trainer_bridge.callback import BridgeCallback
from trainer_bridge.control import Control
from trainer_bridge.environment import resolved_arguments
from trainer_bridge.join.consent import steered
from trainer_bridge.join.process import current, open_run
from trainer_bridge.join.run import Run
from trainer_bridge.join.wish import wish
from trainer_bridge.protocol import Event
from trainer_bridge.running import running_trainer

#: Arguments to which `TrainingArguments` gives a value by itself where none was given.
_DERIVED = frozenset({"accelerator_config", "activation_checkpointing", "dataloader_pin_memory", "use_cpu"})
NOT_ALL = (
    "not every process of this training has Trainboard's callback, or they do not reach each other over gloo, so "
    "they cannot obey together; kill ends it"
)


class _Nobody:
    """Whom a callback reports to before it has a run."""

    attempt = 1

    def emit(self, event: Event) -> None:
        """Nobody hears it."""


class TrainboardCallback(BridgeCallback):
    """Reports a Trainer to Trainboard. What is not given comes from the environment (docs/join.md).

    The run begins with the training, or is that of ``start_run`` or ``exec`` when there is one, and ends with
    the process. ``keep_batches``: steps that stand out are told with the rows of their batch (docs/trainer.md).
    """

    def __init__(
        self,
        server: str | None = None,
        token: str | None = None,
        project: str | None = None,
        name: str | None = None,
        tags: Iterable[str] | None = None,
        config: Mapping[str, Any] | None = None,
        keep_batches: bool = False,
    ) -> None:
        nobody = _Nobody()
        super().__init__(nobody, Control(nobody.emit))
        self._wish = wish(server, token, project, name, tags, config)
        self.keep_batches = keep_batches
        self.run: Run | None = None
        self._tried = False

    def begin(self) -> None:
        """Join once; what keeps it from that is told once."""
        if self._tried:
            return
        self._tried = True
        self.run = current() or open_run(self._wish)
        self._client, self._emit = self.run, self.run.emit
        self.prefix = self.run.next_trainer()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.run is not None and self.run.ended:
            self._tried = False  # a notebook trains again after its run was finished
        super().on_train_begin(args, state, control, **kwargs)
        try:
            # Not only where this process has a run: the others wait for its voice.
            processes = _processes(args, self.run is not None or not state.is_world_process_zero)
            if state.is_world_process_zero and self.run is not None:
                self._take_over(self.run, processes)
                self.run.describe(_described(args, kwargs))
            else:
                self._follow(processes)
        except Exception as error:
            self.report_fault("on_train_begin", error)

    def _take_over(self, run: Run, processes: Alone | None) -> None:
        """From now on the Trainer obeys what is asked of the run."""
        self._control = run.fresh_control()
        self._control.can_evaluate = getattr(running_trainer(), "eval_dataset", None) is not None
        if processes is None:
            # Flags that only one process sets make the others wait for ever.
            self._control.end(NOT_ALL)
        else:
            self._control.processes = processes

    def _follow(self, processes: Alone | None) -> None:
        """Do what the first process is asked, and answer nobody."""
        self._control = Control(_Nobody().emit)
        self._control.processes = processes or Alone()


def _processes(args: TrainingArguments, can_speak: bool) -> Alone | None:
    """How the processes of the training obey together; None where they cannot."""
    return Alone() if args.world_size == 1 else steered(can_speak)


def _described(args: TrainingArguments, parts: Mapping[str, Any]) -> dict[str, Any]:
    """What an Environment event tells of a Trainer."""
    resolved = resolved_arguments(args)
    changed = {
        name: resolved[name]
        for name, field in arguments.fields().items()
        if name in resolved and name not in _DERIVED and resolved[name] != field.default
    }
    return {
        "args": changed,
        "arguments": resolved,
        "model": _model(parts.get("model")),
        "device": str(args.device),
        **_objective(args),
    }


def _objective(args: TrainingArguments) -> dict[str, Any]:
    metric = (args.metric_for_best_model or "").removeprefix("eval_")
    evaluates = str(getattr(args.eval_strategy, "value", args.eval_strategy)) != "no"
    if not metric and not evaluates:
        return {}
    greater = bool(args.greater_is_better) if metric else False
    return {"objective": {"key": f"eval/{metric or 'loss'}", "greater_is_better": greater}}


def _model(model: Any) -> dict[str, Any]:
    if model is None:
        return {}
    counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return {
        "class": type(model).__name__,
        "parameters": sum(count for count, _ in counts),
        "trainable_parameters": sum(count for count, trains in counts if trains),
    }
