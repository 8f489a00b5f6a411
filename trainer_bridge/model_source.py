"""Where a saved model or its tokenizer is read from, and what to tell a person when it cannot be read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from trainer_bridge import folders
from trainer_bridge.hub import offline_unless_reachable
from trainer_bridge.problem import SpecProblem

_HUB = "hub:"


@dataclass(frozen=True)
class Place:
    """``source``: "folder", "hub" or "checkpoint". ``field``: the one of the group "model" where a person named it."""

    source: str
    name: str
    revision: str | None = None
    trust_remote_code: bool = False
    field: str = "name"

    def arguments(self) -> tuple[str, dict[str, Any]]:
        """What ``from_pretrained`` is given. Raises SpecProblem. Only the source "hub" may reach the network."""
        options: dict[str, Any] = {"trust_remote_code": self.trust_remote_code}
        if self.source == "hub":
            return self.name, options | ({"revision": self.revision} if self.revision else {})
        if sentence := folders.problem(*_path(self.source, self.name)):
            raise SpecProblem({f"model.{self.field}": sentence})
        return str(folders.find(*_path(self.source, self.name))), options | {"local_files_only": True}


def model_place(values: Mapping[str, Any]) -> Place:
    """Where the model lies. Raises SpecProblem where a folder holds none."""
    place = Place(values["source"], values["name"], values["revision"], values["trust_remote_code"])
    if place.source != "hub" and (sentence := model_problem(place.source, place.name)):
        raise SpecProblem({"model.name": sentence})
    return place


def processing_place(values: Mapping[str, Any]) -> Place | None:
    """Where tokenizer or processor lie: where a person says, else beside the model; None for new weights."""
    if name := values["processing_class"]:
        trusted = values["trust_remote_code"]
        if name.startswith(_HUB):
            return Place("hub", name.removeprefix(_HUB), None, trusted, "processing_class")
        return Place("folder", name, None, trusted, "processing_class")
    return None if values["source"] == "config" else model_place(values)


def processing_problem(name: str) -> str | None:
    """Why the tokenizer or processor that ``name`` means cannot be read here; None if it can. No torch."""
    return None if name.startswith(_HUB) else folders.problem(*_path("folder", name))


def model_problem(source: str, name: str) -> str | None:
    """Why the folder or the run's checkpoint that ``name`` means gives no model; None if it does. No torch."""
    path, within = _path(source, name)
    if sentence := folders.problem(path, within):
        return sentence
    folder = folders.find(path, within)
    if (folder / "config.json").is_file():
        return None
    if (folder / "adapter_config.json").is_file():
        return f"{name} holds an adapter without its model: it was saved with lora_merged off."
    return f"{name} holds no model: config.json is missing."


def _path(source: str, name: str) -> tuple[str, str]:
    """The path, and the folder of the data folder in which a relative one is looked for."""
    if source == "folder":
        return name, "models"
    run, _, checkpoint = name.partition("/")
    return f"{run}/checkpoints/{checkpoint}", "runs"


@contextmanager
def loading(place: Place) -> Iterator[None]:
    """Turn what transformers says of a thing it cannot load into a sentence at the field.

    A hub that cannot be reached is asked once, briefly; then this machine's cache must do.
    """
    try:
        with offline_unless_reachable() if place.source == "hub" else nullcontext():
            yield
    except SpecProblem:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        field, sentence = _explained(place, " ".join(str(error).split()))
        raise SpecProblem({f"model.{field}": sentence}) from error


def _explained(place: Place, text: str) -> tuple[str, str]:
    if "trust_remote_code" in text:
        return "trust_remote_code", (
            f"{place.name} needs Python code that comes with it. Read that code first; it runs only with "
            "trust_remote_code on."
        )
    if "Unrecognized configuration class" in text:
        return place.field, f"{place.name} has no head for this task: choose another model."
    if "not a valid git identifier" in text:
        return "revision", f"{place.name} has no such revision on the hub."
    if place.source == "hub" and (sentence := _hub_sentence(place.name, text)):
        return place.field, sentence
    return place.field, f"{place.name} cannot be loaded: {text}"


def _hub_sentence(name: str, text: str) -> str | None:
    """What to do about a model that the hub does not give; None where it is something else."""
    if "gated" in text:
        return f"{name} is gated: accept its terms on the hub, and set HF_TOKEN where the worker is started."
    if "not a valid model identifier" in text or "Repository Not Found" in text:
        return f"The hub has no model {name}, or it is private: set HF_TOKEN where the worker is started."
    if "connect" not in text and "offline" not in text:
        return None
    return (
        f"{name} is not in this machine's cache and the hub cannot be reached. Where there is a network, run “hf "
        f"download {name} --local-dir FOLDER”, copy the folder to this machine, and choose it as the source folder."
    )
