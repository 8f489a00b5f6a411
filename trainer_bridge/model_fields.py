"""The model a task recipe trains: where it comes from and what is changed about it. No torch here."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from trainer_bridge.architectures import SIZES, SMALL
from trainer_bridge.model_source import model_problem, processing_problem
from trainer_bridge.titled import Broken, Rule, TitledField

MODEL = "Model"
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

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_CHECKPOINT = re.compile(r"[A-Za-z0-9]+/checkpoint-\d+")


def _name_fits_source(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if sentence := _name_problem(model["source"], model["name"]):
        return Broken("name", sentence)
    return None


def _name_problem(source: str, name: str | None) -> str | None:
    if source == "config":
        return "New weights have no name: choose another source, or leave it empty." if name else None
    if not name:
        wanted = {"folder": "the model's folder", "hub": "the model's id", "checkpoint": "a checkpoint"}
        return f"Needs {wanted[source]}, for the source {source}."
    if source == "hub" and not _HUB_ID.fullmatch(name):
        return "A hub id looks like google-bert/bert-base-uncased; for a folder, choose the source folder."
    if source == "checkpoint" and not _CHECKPOINT.fullmatch(name):
        return "Write a checkpoint as <run id>/checkpoint-<step>, such as 3f0c12/checkpoint-40."
    return None if source == "hub" else model_problem(source, name)


def _processing_can_be_read(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    name = values["model"]["processing_class"]
    sentence = processing_problem(name) if name else None
    return Broken("processing_class", sentence) if sentence else None


def _revision_needs_hub(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if model["revision"] and model["source"] != "hub":
        return Broken("revision", "Only a model of the hub has revisions: leave it empty.")
    return None


def _code_needs_a_name(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if model["trust_remote_code"] and model["source"] == "config":
        return Broken("trust_remote_code", "New weights come with no code: turn it off.")
    return None


def _sizes_are_of_new_weights(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    given = next((name for name in SIZES if model[name] is not None), None)
    if given and model["source"] != "config":
        return Broken(given, "A model that exists already has its own size: leave it empty.")
    return None


def _lora_freezes_itself(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if model["lora"] and model["freeze"] != "nothing":
        return Broken("freeze", "With lora everything but the adapters is frozen: leave it at nothing.")
    return None


def _adapters_need_their_base(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if model["lora"] and not model["lora_merged"] and model["source"] == "config":
        sentence = "New weights are stored nowhere else, and an adapter alone could not be used: leave it on."
        return Broken("lora_merged", sentence)
    return None


MODEL_RULES: tuple[Rule, ...] = (
    Rule(frozenset({"source", *SIZES}), _sizes_are_of_new_weights),
    Rule(frozenset({"lora", "freeze"}), _lora_freezes_itself),
    Rule(frozenset({"lora", "lora_merged", "source"}), _adapters_need_their_base),
    Rule(frozenset({"source", "name"}), _name_fits_source),
    Rule(frozenset({"processing_class"}), _processing_can_be_read),
    Rule(frozenset({"source", "revision"}), _revision_needs_hub),
    Rule(frozenset({"source", "trust_remote_code"}), _code_needs_a_name),
)


def _code_has_all_rights(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if not model["trust_remote_code"]:
        return None
    sentence = (
        f"Python code that comes with {model['name'] or 'the model'} will run with all rights of the worker: its "
        "files, its network, its secrets. Read it first, and name a revision, so that it stays the code you read."
    )
    return Broken("trust_remote_code", sentence)


def _adapters_beside_nothing_learned(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model = values["model"]
    if model["lora"] and model["source"] == "config":
        return Broken(
            "lora", "New weights have learned nothing: with lora they stay frozen as they were drawn."
        )
    return None


#: What a person should know and may mean all the same.
MODEL_CAUTIONS: tuple[Rule, ...] = (
    Rule(frozenset({"trust_remote_code"}), _code_has_all_rights),
    Rule(frozenset({"lora", "source"}), _adapters_beside_nothing_learned),
)
