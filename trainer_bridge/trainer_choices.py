"""The names that the fields of the group "trainer" offer, and what is known of each without torch."""

from collections.abc import Mapping

from trainer_bridge.fields import parse_number

COLLATORS = (
    "recipe",
    "default_data_collator",
    "DataCollatorWithPadding",
    "DataCollatorForTokenClassification",
    "DataCollatorForSeq2Seq",
    "DataCollatorForLanguageModeling",
    "DataCollatorForPermutationLanguageModeling",
    "DataCollatorForMultipleChoice",
    "DataCollatorWithFlattening",
)
LOSSES = ("model", "cross_entropy", "focal", "binary_cross_entropy", "mse", "mae", "huber")
_CLASSES = ("accuracy", "f1", "precision", "recall", "mcc", "roc_auc")
_TOKENS = ("perplexity", "accuracy")
#: Set of metrics → what it measures beside the loss.
MEASURED: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "single_label": _CLASSES,
    "multi_label": ("f1_micro", "f1", "exact_match", "roc_auc"),
    "multiple_choice": ("accuracy",),
    "regression": ("mse", "mae", "r2", "pearson", "spearman"),
    "tagging": ("precision", "recall", "f1", "accuracy"),
    "next_token": _TOKENS,
    "masked_token": _TOKENS,
    "generation": ("rouge1", "rouge2", "rougeL", "bleu", "chrf", "exact_match", "written_tokens"),
}
METRICS = ("recipe", *MEASURED)
#: Metrics that are computed from what was kept of the logits, and from nothing else.
NEEDS_KEPT = frozenset({"next_token", "masked_token"})
#: "optim": the argument of that name decides. The rest are classes of torch.optim that step without a closure.
OPTIMIZERS = (
    "optim",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "ASGD",
    "NAdam",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
)
#: Callback of transformers → the package that it needs, "" for none.
CALLBACKS: Mapping[str, str] = {
    "ProgressCallback": "",
    "AzureMLCallback": "azureml",
    "ClearMLCallback": "clearml",
    "CodeCarbonCallback": "codecarbon",
    "CometCallback": "comet_ml",
    "DVCLiveCallback": "dvclive",
    "DagsHubCallback": "dagshub",
    "FlyteCallback": "flytekit",
    "KubeflowCallback": "",
    "MLflowCallback": "mlflow",
    "NeptuneCallback": "neptune",
    "SwanLabCallback": "swanlab",
    "TensorBoardCallback": "tensorboard",
    "TrackioCallback": "trackio",
    "WandbCallback": "wandb",
}
BALANCED = "balanced"


def class_weights_problem(text: str) -> str | None:
    """Why ``text`` gives no class weights; None for "balanced" and for numbers with commas."""
    if text.strip() == BALANCED:
        return None
    try:
        weights = class_weights(text)
    except ValueError:
        return "Write balanced, or one number a class, with commas: 1, 2.5, 1."
    if min(weights) < 0 or max(weights) == 0:
        return "Weights must be 0 or more, and not all 0."
    return None


def class_weights(text: str) -> list[float]:
    """The weights written in ``text``, one a class. Raises ValueError."""
    return [parse_number(part.strip()) for part in text.split(",")]
