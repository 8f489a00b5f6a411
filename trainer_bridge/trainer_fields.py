"""What the Trainer takes beside model, data and arguments: collator, loss, metrics, optimizer, callbacks.

No torch here.
"""

from functools import partial

from trainer_bridge.titled import TitledField
from trainer_bridge.trainer_choices import CALLBACKS, COLLATORS, LOSSES, METRICS, OPTIMIZERS

COLLATOR = "Data collator"
LOSS = "Loss"
MEASURES = "Metrics"
OPTIMIZER = "Optimizer and parameter groups"
CALLBACK = "Callbacks"

_collator = partial(TitledField, title=COLLATOR, sweepable=True)
_loss = partial(TitledField, title=LOSS, sweepable=True)
_measure = partial(TitledField, title=MEASURES)
_optimizer = partial(TitledField, title=OPTIMIZER, sweepable=True)
_callback = partial(TitledField, title=CALLBACK)

TRAINER_FIELDS: tuple[TitledField, ...] = (
    _collator(
        "data_collator",
        "choice",
        "recipe",
        "What makes a batch of samples: the recipe's own for its task, or one of transformers'.",
        choices=COLLATORS,
        advanced=True,
    ),
    _collator(
        "data_collator_options",
        "json",
        None,
        'The collator\'s options that differ: {"pad_to_multiple_of": 8}, {"mlm_probability": 0.3}.',
        optional=True,
        shape="object",
        sweepable=False,
        advanced=True,
    ),
    _loss(
        "loss",
        "choice",
        "model",
        "What is minimised: the model's own loss or the recipe's, or one of these, each right under gradient "
        "accumulation.",
        choices=LOSSES,
    ),
    _loss(
        "class_weights",
        "text",
        None,
        "How much each class counts in cross_entropy or focal: balanced (rare classes count more), or a number a "
        "class: 1, 2.5, 1.",
        optional=True,
        sweepable=False,
    ),
    _loss(
        "focal_gamma",
        "float",
        2.0,
        "How much less an answer counts that is right already, in the focal loss; 0 is cross-entropy.",
        minimum=0,
        maximum=10,
        advanced=True,
    ),
    _loss(
        "huber_delta",
        "float",
        1.0,
        "Error above which the huber loss grows in a line, not a square.",
        above=0,
        advanced=True,
    ),
    _measure(
        "metrics",
        "choice",
        "recipe",
        "What is measured at each evaluation beside the loss: what the recipe measures, nothing, or a set for a "
        "kind of task.",
        choices=METRICS,
    ),
    _measure(
        "preprocess_logits_for_metrics",
        "choice",
        "auto",
        "What is kept of each evaluated batch until all are measured: auto keeps what the metrics need (the likeliest "
        "class of each token instead of a number for every class), all keeps every logit.",
        choices=("auto", "argmax", "all"),
        advanced=True,
    ),
    _optimizer(
        "optimizer",
        "choice",
        "optim",
        "The optimizer's class: what the argument optim says, or one of torch.optim, with learning_rate and "
        "weight_decay of the arguments.",
        choices=OPTIMIZERS,
        advanced=True,
    ),
    _optimizer(
        "optimizer_options",
        "json",
        None,
        'What the chosen class takes beside: {"momentum": 0.9, "nesterov": true}.',
        optional=True,
        shape="object",
        sweepable=False,
        advanced=True,
    ),
    _optimizer(
        "decay_bias_and_norm",
        "bool",
        False,
        "Whether weight_decay pulls biases and the weights of norms to 0 as well.",
        advanced=True,
    ),
    _optimizer(
        "layer_lr_decay",
        "float",
        1.0,
        "Each layer further from the head learns with this factor of the next one's learning rate; 1 is all alike.",
        above=0,
        maximum=1,
        advanced=True,
    ),
    _optimizer(
        "head_lr_factor",
        "float",
        1.0,
        "The head's learning rate as a multiple of learning_rate, for a new head on a trained model.",
        above=0,
        maximum=1000,
        advanced=True,
    ),
    _callback(
        "early_stopping",
        "bool",
        False,
        "Ends the training when metric_for_best_model has not improved for a while. Needs evaluations.",
    ),
    _callback(
        "early_stopping_patience",
        "int",
        3,
        "Evaluations without improvement before the training ends.",
        minimum=1,
        maximum=1_000_000,
        sweepable=True,
        advanced=True,
    ),
    _callback(
        "early_stopping_threshold",
        "float",
        0.0,
        "Improvements up to this count as none.",
        minimum=0,
        sweepable=True,
        advanced=True,
    ),
    _callback(
        "keep_batches",
        "bool",
        False,
        "When a step's loss or gradient norm is NaN or stands far out, the run keeps both with the row numbers of its "
        "batch. Reads the loss after every step.",
        advanced=True,
    ),
    _callback(
        "callbacks",
        "json",
        None,
        'Other callbacks of transformers with their options: {"ProgressCallback": {"max_str_len": 200}}. Those that '
        "report to a service need its package and log-in on the worker.",
        optional=True,
        shape="object",
        switches=tuple(CALLBACKS),
        sweepable=False,
        advanced=True,
    ),
)
