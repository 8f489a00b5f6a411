"""Builds a run's Trainer, trains a few steps, measures a slice, saves once; says what it took and what went wrong."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trainer_bridge import spec_fields
from trainer_bridge.loss_scale import inflated, inflation
from trainer_bridge.own.find import find, is_script
from trainer_bridge.rehearsal import memory, plan
from trainer_bridge.rehearsal.alone import alone
from trainer_bridge.rehearsal.checkpoint import checkpoint_facts
from trainer_bridge.rehearsal.evaluation import SLICE, evaluate, too_large
from trainer_bridge.rehearsal.facts import dropped_columns, evaluation_facts, model_facts, plan_facts
from trainer_bridge.rehearsal.faults import Fault, Stage, faults_of
from trainer_bridge.rehearsal.steps import Steps, run_steps
from trainer_bridge.spec import BuiltTraining, build_trainer
from trainer_bridge.trainer_record import optimizer_facts

Tell = Callable[[str], None]

#: Seconds that the slice of the evaluation may take, roughly.
BEARABLE = 20.0


def rehearse(spec: Mapping[str, Any], folder: Path, tell: Tell) -> dict[str, Any]:
    """The rehearsal of ``spec`` as JSON, working in ``folder``; see docs/rehearsal.md for its keys.

    Whatever the training raises is in "problems", at the field to change; "cautions" are what will surprise.
    """
    return Rehearsal(spec, folder, tell).run()


class Rehearsal:
    """One rehearsal: its stages in order, each of which may fail without keeping the others from being tried."""

    def __init__(self, spec: Mapping[str, Any], folder: Path, tell: Tell) -> None:
        self._folder, self._tell = folder, tell
        self._spec, self._cautions = alone(spec)
        self._chosen = {f"{group}.{name}" for group in spec_fields.GROUPS for name in spec.get(group, {})}
        self._keys = _keys_of(spec["recipe"]) or self._chosen
        self._problems: list[Fault] = []
        self._memory: dict[str, Any] = {}
        self._facts: dict[str, Any] = {"memory": self._memory}
        self._plan: plan.Plan | None = None

    def run(self) -> dict[str, Any]:
        """Every stage that can be reached, and what came out."""
        began = time.monotonic()
        memory.begin_peak()
        self._tell("building the model and the data")
        with self._stage("building"):
            built = build_trainer(self._spec, self._folder / "checkpoints")
            self._train_and_measure(built)
        return {
            **self._facts,
            "problems": [fault.plain() for fault in self._problems],
            "cautions": self._cautions,
            "took": time.monotonic() - began,
        }

    def _train_and_measure(self, built: BuiltTraining) -> None:
        trainer = built.trainer
        self._keys = set(spec_fields.fields_of(built.recipe))
        _report_to_nobody(trainer)
        self._facts |= model_facts(trainer.model) | {"dropped": dropped_columns(built)}
        with self._stage("training"):
            self._plan = plan.plan_of(trainer)
            self._cautions |= plan.cautions(trainer, self._plan)
            self._facts |= plan_facts(trainer, self._plan)
            self._take_steps(trainer, self._plan)
        with self._stage("evaluating"):
            self._tell("evaluating a slice")
            self._evaluate(built)
        with self._stage("saving"):
            self._tell("saving a checkpoint")
            self._save(trainer)

    @contextlib.contextmanager
    def _stage(self, stage: Stage) -> Iterator[None]:
        """An exception in it is a problem of the run, and ends the stage only."""
        try:
            yield
        except Exception as error:
            for fault in faults_of(error, stage, self._keys, self._chosen):
                # What ended the training often ends the evaluation too: told once.
                if all(
                    (fault.key, fault.sentence) != (known.key, known.sentence) for known in self._problems
                ):
                    self._problems.append(fault)

    def _take_steps(self, trainer: Any, planned: plan.Plan) -> None:
        steps = run_steps(trainer, planned, self._tell)
        device, total = memory.capacity()
        self._facts |= {
            "seconds_per_step": steps.usual,
            "longest_step": steps.longest,
            "longest_sample": steps.longest_sample,
            "losses": steps.losses,
            "optimizer": optimizer_facts(trainer.optimizer),
            "seconds": planned.steps * steps.usual,
        }
        self._memory |= {"device": device, "total": total, "training": steps.memory}
        if not all(map(math.isfinite, steps.losses)):
            sentence = "The loss is no finite number within the first steps. Try a smaller learning_rate."
            self._cautions["args.learning_rate"] = sentence
        self._check_loss_scale(trainer, steps)

    def _check_loss_scale(self, trainer: Any, steps: Steps) -> None:
        self._tell("checking the scale of the loss")
        if (times := inflation(trainer, steps.samples)) is not None:
            self._facts["inflation"] = times
            self._cautions["args.gradient_accumulation_steps"] = inflated(times)

    def _evaluate(self, built: BuiltTraining) -> None:
        found = evaluate(built, self._enough_samples())
        if found is None:
            return
        times = self._plan.evaluations if self._plan else 0
        self._memory["evaluation"] = found.memory
        self._facts["evaluation"] = evaluation_facts(found, times)
        if "seconds" in self._facts:
            self._facts["seconds"] += times * found.seconds_whole
        if sentence := too_large(found):
            self._cautions["args.per_device_eval_batch_size"] = sentence
        self._problems += found.problems

    def _enough_samples(self) -> int:
        """As many as are measured in a bearable time, going by the steps of training."""
        step = self._facts.get("seconds_per_step", 0.0)
        batch = self._facts["batch"]["effective"] if step else 1
        return int(BEARABLE * batch / step) if step else SLICE

    def _save(self, trainer: Any) -> None:
        """Only after a step is there an optimizer to save."""
        if self._plan is None or "losses" not in self._facts:
            return
        facts = checkpoint_facts(trainer, self._plan, self._folder)
        self._facts["checkpoint"] = facts
        if facts["disk"] > facts["free"]:
            sentence = (
                f"The disk has no room for {facts['kept']} checkpoints. Keep fewer, or save less often."
            )
            self._cautions["args.save_total_limit"] = sentence


def _keys_of(recipe: str) -> set[str]:
    """The fields of a recipe's spec; none of a script before it has run, nor of a recipe that cannot be read."""
    if is_script(recipe):
        return set()
    try:
        return set(spec_fields.fields_of(find(recipe)))
    except Exception:
        return set()  # building it will say what is wrong


def _report_to_nobody(trainer: Any) -> None:
    """Callbacks that report to a service elsewhere would make a run there."""
    for callback in list(trainer.callback_handler.callbacks):
        if type(callback).__module__.startswith("transformers.integrations"):
            trainer.remove_callback(callback)
