"""What does not go together in the choice of a model, and what a person should know of it. No torch here."""

import re
from collections.abc import Mapping
from typing import Any

from trainer_bridge.architectures import SIZES, SMALL
from trainer_bridge.model_source import model_problem, processing_problem
from trainer_bridge.titled import Broken, Rule

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


def _heads_divide_the_width(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    model, small = values["model"], SMALL.get(values["model"]["architecture"], {})
    # With heads of their own for keys and values, a model's heads have a width of their own as well.
    if model["source"] != "config" or model["config"] or "num_key_value_heads" in small:
        return None
    if "num_attention_heads" not in small:
        return None
    width, heads = (model[name] or small[name] for name in ("hidden_size", "num_attention_heads"))
    if width % heads == 0:
        return None
    name = "hidden_size" if model["hidden_size"] else "num_attention_heads"
    return Broken(name, f"{heads} attention heads do not divide a hidden_size of {width}.")


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
    Rule(frozenset({"source", "architecture", "config", *SIZES}), _heads_divide_the_width),
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
