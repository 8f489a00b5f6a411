"""The model a task recipe trains: where it comes from and what is changed about it. No torch here."""

from functools import partial

from trainer_bridge.architectures import SMALL
from trainer_bridge.titled import TitledField

MODEL = "Weights and size"
LORA = "LoRA"
_lora = partial(TitledField, title=LORA, sweepable=True)
_model = partial(TitledField, title=MODEL, sweepable=True)


def _size(name: str, help: str) -> TitledField:
    """A size of new weights; empty is the architecture's own."""
    text = f"{help} Empty is the architecture's small default."
    return _model(name, "int", None, text, minimum=1, maximum=65_536, optional=True)


SOURCES = ("config", "folder", "hub", "checkpoint")

MODEL_FIELDS: tuple[TitledField, ...] = (
    _model(
        "source",
        "choice",
        "config",
        "Where the weights come from: new ones (config), a folder, the hub, or a checkpoint of another run. Only hub "
        "may download.",
        choices=SOURCES,
    ),
    _model(
        "name",
        "text",
        None,
        "The folder, the hub's id (google-bert/bert-base-uncased), or the checkpoint: <run id>/checkpoint-<step>. "
        "Empty for new weights.",
        optional=True,
    ),
    _model(
        "revision",
        "text",
        None,
        "Branch, tag or commit on the hub; empty is its main branch.",
        optional=True,
        advanced=True,
    ),
    _model(
        "architecture",
        "choice",
        "bert",
        "What is built for new weights: a small model of this kind, about 100 000 weights.",
        choices=tuple(SMALL),
    ),
    _size("hidden_size", "Width of new weights, between the layers."),
    _size("num_hidden_layers", "Layers of new weights."),
    _size("num_attention_heads", "Attention heads in a layer of new weights; they must divide hidden_size."),
    _model(
        "config",
        "json",
        None,
        'Other values of the model\'s config: {"hidden_dropout_prob": 0.2, "intermediate_size": 512}.',
        optional=True,
        shape="object",
        sweepable=False,
        advanced=True,
    ),
    _model(
        "processing_class",
        "text",
        None,
        "Another place of tokenizer or processor: a folder, or hub:<id>. Empty is the model's own, or one made here.",
        optional=True,
        advanced=True,
    ),
    _model(
        "vocab_size",
        "int",
        2000,
        "Pieces that a tokenizer learns from the training texts, where the model brings none.",
        minimum=300,
        maximum=200_000,
        advanced=True,
    ),
    _model(
        "dtype",
        "choice",
        "float32",
        "Number format of the weights while training; auto is the one they were saved in.",
        choices=("float32", "bfloat16", "float16", "auto"),
        advanced=True,
    ),
    _model(
        "freeze",
        "choice",
        "nothing",
        "Weights that the training leaves alone: the embeddings, or everything but the head (backbone).",
        choices=("nothing", "embeddings", "backbone"),
        advanced=True,
    ),
    _model(
        "trust_remote_code",
        "bool",
        False,
        "Runs Python code that comes with the model, with all rights of the worker. It is recorded with the run.",
        sweepable=False,
        advanced=True,
    ),
    _lora(
        "lora",
        "bool",
        False,
        "Trains a few new weights beside the layers (peft) and freezes the others; a new head is trained too.",
    ),
    _lora(
        "lora_r",
        "int",
        8,
        "Rank of an adapter: how many numbers pass through it.",
        minimum=1,
        maximum=4096,
        advanced=True,
    ),
    _lora(
        "lora_alpha",
        "int",
        16,
        "How strongly adapters count: they are scaled by lora_alpha / lora_r.",
        minimum=1,
        advanced=True,
    ),
    _lora("lora_dropout", "float", 0.0, "Dropout before each adapter.", minimum=0, below=1, advanced=True),
    _lora(
        "lora_target_modules",
        "text",
        None,
        "Names of the layers that get an adapter, with commas (query, value), or all-linear; empty takes those that "
        "peft knows for the architecture.",
        optional=True,
        sweepable=False,
        advanced=True,
    ),
    _lora(
        "lora_merged",
        "bool",
        True,
        "Checkpoints hold the whole model, with the adapter's share in its weights, and load like any other; off, they "
        "hold the adapter alone and are small.",
        sweepable=False,
        advanced=True,
    ),
)
