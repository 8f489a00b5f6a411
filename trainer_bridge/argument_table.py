"""The common training arguments, one call each: name, kind, the Trainer's own default, help, bounds.

They are the fields that are open at first; argument_fields.py adds all others of the installed release.
"""

from functools import partial

from trainer_bridge.argument_groups import BATCHES, CHECKPOINTS, EVALUATION, OPTIMISATION, SPEED
from trainer_bridge.titled import TitledField

#: Counts above this are typing errors.
_MANY = 1_000_000_000
_LAST_SEED = 2**32 - 1


_optimisation = partial(TitledField, title=OPTIMISATION, sweepable=True)
_batches = partial(TitledField, title=BATCHES, sweepable=True)
_evaluation = partial(TitledField, title=EVALUATION)
_checkpoints = partial(TitledField, title=CHECKPOINTS)
_speed = partial(TitledField, title=SPEED, sweepable=True)

COMMON: tuple[TitledField, ...] = (
    _optimisation(
        "learning_rate",
        "float",
        5e-5,
        "Step size at its peak: after warm-up, before the scheduler lowers it.",
        above=0,
    ),
    _optimisation(
        "lr_scheduler_type",
        "choice",
        "linear",
        "How the learning rate changes over the training.",
        # The usual ones first; the others of the installed release follow (argument_fields.py).
        choices=(
            "linear",
            "cosine",
            "cosine_with_restarts",
            "polynomial",
            "constant",
            "constant_with_warmup",
        ),
    ),
    _optimisation(
        "warmup_steps",
        "float",
        0,
        "Steps of linear rise from 0 to learning_rate; below 1, a ratio of all steps.",
        minimum=0,
        maximum=_MANY,
        step_count=True,
    ),
    _optimisation(
        "weight_decay",
        "float",
        0.0,
        "How strongly weights are pulled to 0; biases and norms are left out.",
        minimum=0,
    ),
    _optimisation(
        "optim",
        "choice",
        "adamw_torch_fused",
        "The optimizer. Many need a package of their own on the worker; one that is missing is told here.",
        choices=("adamw_torch_fused", "adamw_torch", "adafactor", "sgd", "rmsprop", "adagrad"),
    ),
    _optimisation(
        "adam_beta1", "float", 0.9, "Decay of Adam's mean of gradients.", minimum=0, below=1, advanced=True
    ),
    _optimisation(
        "adam_beta2",
        "float",
        0.999,
        "Decay of Adam's mean of squared gradients.",
        minimum=0,
        below=1,
        advanced=True,
    ),
    _optimisation(
        "adam_epsilon",
        "float",
        1e-8,
        "Added to Adam's denominator, against division by 0.",
        above=0,
        advanced=True,
    ),
    _optimisation(
        "max_grad_norm",
        "float",
        1.0,
        "Gradients longer than this are shortened to it; 0 turns clipping off.",
        minimum=0,
    ),
    _optimisation(
        "label_smoothing_factor",
        "float",
        0.0,
        "Share of the target spread evenly over all classes; 0 is none.",
        minimum=0,
        below=1,
    ),
    _optimisation(
        "seed",
        "int",
        42,
        "Sets weights, order of data and dropout: the same seed gives the same run.",
        minimum=0,
        maximum=_LAST_SEED,
    ),
    _optimisation(
        "data_seed",
        "int",
        None,
        "Seed for the order of data alone; empty uses seed.",
        minimum=0,
        maximum=_LAST_SEED,
        optional=True,
        advanced=True,
    ),
    _batches(
        "num_train_epochs",
        "float",
        3.0,
        "Passes over the training data; a part of one is allowed.",
        minimum=0,
        maximum=1_000_000,
    ),
    _batches(
        "max_steps",
        "int",
        -1,
        "Optimizer steps in all, instead of num_train_epochs; -1 lets the epochs decide.",
        minimum=-1,
        maximum=_MANY,
    ),
    _batches(
        "per_device_train_batch_size",
        "int",
        8,
        "Samples per device in one forward pass of training.",
        minimum=1,
        maximum=_MANY,
    ),
    _batches(
        "per_device_eval_batch_size",
        "int",
        8,
        "Samples per device in one forward pass of evaluation.",
        minimum=1,
        maximum=_MANY,
        sweepable=False,
    ),
    _batches(
        "gradient_accumulation_steps",
        "int",
        1,
        "Batches summed up before one optimizer step.",
        minimum=1,
        maximum=_MANY,
    ),
    _evaluation(
        "eval_strategy",
        "choice",
        "no",
        "When to measure on the validation split.",
        choices=("no", "steps", "epoch"),
    ),
    _evaluation(
        "eval_steps",
        "float",
        None,
        "Steps between evaluations when eval_strategy is steps; empty: as logging_steps; below 1: a ratio.",
        above=0,
        maximum=_MANY,
        step_count=True,
        optional=True,
    ),
    _evaluation(
        "logging_steps",
        "float",
        500,
        "Steps between points on the training curves; below 1, a ratio of all steps.",
        above=0,
        maximum=_MANY,
        step_count=True,
    ),
    _checkpoints(
        "save_strategy",
        "choice",
        "steps",
        "When to save a checkpoint; best saves after each evaluation that beats all before.",
        choices=("no", "steps", "epoch", "best"),
    ),
    _checkpoints(
        "save_steps",
        "float",
        500,
        "Steps between checkpoints when save_strategy is steps; below 1, a ratio of all steps.",
        above=0,
        maximum=_MANY,
        step_count=True,
    ),
    _checkpoints(
        "save_total_limit",
        "int",
        None,
        "Checkpoints to keep, the best one always among them; empty keeps all.",
        minimum=1,
        maximum=_MANY,
        optional=True,
    ),
    _checkpoints(
        "load_best_model_at_end",
        "bool",
        False,
        "Go back to the best checkpoint after the last step, so that the test split is measured on it.",
    ),
    _checkpoints(
        "metric_for_best_model",
        "text",
        None,
        "The evaluation metric that says which checkpoint is best; empty is loss.",
        optional=True,
    ),
    _checkpoints(
        "greater_is_better",
        "bool",
        None,
        "Whether a higher metric_for_best_model is better. Not set: as the recipe says of its own metric; another "
        "metric needs an answer.",
        optional=True,
    ),
    _speed("bf16", "bool", False, "Compute in bfloat16: faster on newer GPUs, slower on most CPUs."),
)
