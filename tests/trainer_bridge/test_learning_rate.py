"""The plan of the learning rate, step by step, against transformers' own schedulers."""

import inspect
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainingArguments, get_scheduler
from transformers.optimization import TYPE_TO_SCHEDULER_FUNCTION, GreedyLR
from transformers.trainer_utils import SchedulerType

from trainer_bridge.learning_rate import Schedule, is_drawn, warmup_steps
from trainer_bridge.schedule_options import FOLLOW_METRIC, options_of, options_problem
from trainer_bridge.spec import build_trainer

PEAK = 3e-4
PLANNED: list[tuple[str, dict[str, Any]]] = [
    ("linear", {}),
    ("cosine", {}),
    ("cosine", {"num_cycles": 2}),
    ("cosine_with_restarts", {"num_cycles": 3}),
    ("polynomial", {"power": 2.5, "lr_end": 1e-5}),
    ("polynomial", {}),
    ("constant", {}),
    ("constant_with_warmup", {}),
    ("inverse_sqrt", {}),
    ("inverse_sqrt", {"timescale": 70}),
    ("cosine_with_min_lr", {"min_lr": 1e-5}),
    ("cosine_with_min_lr", {"min_lr_rate": 0.1, "num_cycles": 1.5}),
    ("cosine_warmup_with_min_lr", {"min_lr_rate": 0.1}),
    ("cosine_warmup_with_min_lr", {"min_lr": 1e-5, "warmup_lr_rate": 0.2}),
    ("warmup_stable_decay", {"num_decay_steps": 40}),
    ("warmup_stable_decay", {"num_decay_steps": 200}),
    (
        "warmup_stable_decay",
        {"num_decay_steps": 20, "num_stable_steps": 30, "warmup_type": "cosine", "decay_type": "linear"},
    ),
    (
        "warmup_stable_decay",
        {"num_decay_steps": 40, "warmup_type": "1-sqrt", "decay_type": "1-sqrt", "min_lr_ratio": 0.1},
    ),
]


def rates_of_transformers(kind: str, warmup: int, total: int, options: dict[str, Any]) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)
    scheduler = get_scheduler(kind, optimizer, warmup, total, scheduler_specific_kwargs=options)
    found = []
    for _ in range(total + 3):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(("kind", "options"), PLANNED, ids=lambda value: str(value))
@pytest.mark.parametrize(("warmup", "total"), [(0, 100), (10, 120), (1, 7)])
def test_every_rate_is_that_of_transformers(
    kind: str, options: dict[str, Any], warmup: int, total: int
) -> None:
    assert options_problem(kind, options) is None
    schedule = Schedule(kind, PEAK, warmup, total, options)
    ours = [schedule.rate(step) for step in range(total + 3)]
    assert ours == pytest.approx(rates_of_transformers(kind, warmup, total, options), rel=1e-9, abs=1e-18)


def test_every_scheduler_of_the_installed_transformers_is_drawn_and_planned_or_follows_a_metric() -> None:
    kinds = {kind.value for kind in SchedulerType}
    assert all(is_drawn(kind) for kind in kinds)
    assert kinds == {kind for kind, _ in PLANNED} | FOLLOW_METRIC


@pytest.mark.parametrize("kind", sorted(FOLLOW_METRIC))
def test_a_scheduler_that_follows_a_metric_says_so(kind: str) -> None:
    schedule = Schedule(kind, PEAK, 10, 100)
    assert not schedule.is_planned
    assert schedule.rate(0) == PEAK


@pytest.mark.training
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("cosine_with_min_lr", {"min_lr_rate": 0.1}),
        ("warmup_stable_decay", {"num_decay_steps": 3}),
    ],
)
def test_a_real_training_follows_the_plan(kind: str, options: dict[str, Any], tmp_path: Path) -> None:
    args = {
        "lr_scheduler_type": kind,
        "lr_scheduler_kwargs": options,
        "learning_rate": PEAK,
        "warmup_steps": 0.25,
    }
    rest = {"max_steps": 8, "logging_steps": 1, "eval_strategy": "no", "save_strategy": "no"}
    spec = {
        "recipe": "digits-vit",
        "params": {"hidden_size": 4, "num_hidden_layers": 1},
        "args": {
            **args,
            **rest,
            "load_best_model_at_end": False,
            "optim": "sgd",
            "optim_args": "momentum=0.9",
        },
    }
    trainer = build_trainer(spec, tmp_path).trainer
    trainer.train()
    logged = [log["learning_rate"] for log in trainer.state.log_history if "learning_rate" in log]
    plan = Schedule(kind, PEAK, warmup_steps(0.25, 8), 8, options)
    assert logged == pytest.approx([plan.rate(step) for step in range(8)], rel=1e-9)
    assert trainer.optimizer.param_groups[0]["momentum"] == 0.9


@pytest.mark.parametrize("value", [0, 0.03, 0.1, 0.999, 1, 25])
def test_the_warm_up_is_that_of_the_trainer(value: float) -> None:
    args = TrainingArguments(output_dir="unused", warmup_steps=value, use_cpu=True)
    assert warmup_steps(value, 173) == args.get_warmup_steps(173)


@pytest.mark.parametrize("kind", SchedulerType)
def test_options_and_their_defaults_are_those_of_transformers(kind: SchedulerType) -> None:
    classes = {
        SchedulerType.REDUCE_ON_PLATEAU: torch.optim.lr_scheduler.ReduceLROnPlateau,
        SchedulerType.GREEDY: GreedyLR,
    }
    taken = inspect.signature(classes.get(kind, TYPE_TO_SCHEDULER_FUNCTION[kind])).parameters.values()
    passed = {"optimizer", "num_warmup_steps", "num_training_steps", "last_epoch"}
    expected = {p.name: None if p.default is p.empty else p.default for p in taken if p.name not in passed}
    assert {name: field.default for name, field in options_of(kind.value).items()} == expected


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        (
            "cosine",
            {"num_cycle": 2},
            "cosine has no option “num_cycle”. Did you mean num_cycles? It has num_cycles.",
        ),
        ("linear", {"power": 2}, "linear has no option “power”. It has none."),
        ("polynomial", {"power": "2"}, "power: Must be a number, not '2'."),
        (
            "cosine_with_min_lr",
            {},
            'cosine_with_min_lr needs min_lr or min_lr_rate, one of them: {"min_lr_rate": 0.1}.',
        ),
        (
            "cosine_with_min_lr",
            {"min_lr": 0, "min_lr_rate": 0},
            'cosine_with_min_lr needs min_lr or min_lr_rate, one of them: {"min_lr_rate": 0.1}.',
        ),
        ("warmup_stable_decay", {}, 'warmup_stable_decay needs num_decay_steps: {"num_decay_steps": 200}.'),
        (
            "warmup_stable_decay",
            {"num_decay_steps": 1, "decay_type": "sqrt"},
            "decay_type: “sqrt” is not one of linear, cosine, 1-sqrt. Did you mean 1-sqrt?",
        ),
    ],
)
def test_options_that_transformers_would_refuse_at_the_first_step(
    kind: str, options: dict[str, Any], sentence: str
) -> None:
    assert options_problem(kind, options) == sentence
    with pytest.raises((TypeError, ValueError)):
        rates_of_transformers(kind, 2, 4, options)
