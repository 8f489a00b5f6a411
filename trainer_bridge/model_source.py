"""Where a saved model is read from, and what to tell a person when it cannot be read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from trainer_bridge import folders
from trainer_bridge.hub import offline_unless_reachable
from trainer_bridge.problem import SpecProblem


def place_of(values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """What ``from_pretrained`` is given: the place, and how it may be read. Raises SpecProblem.

    Only the source "hub" may reach the network.
    """
    source, name = values["source"], values["name"]
    options: dict[str, Any] = {"trust_remote_code": values["trust_remote_code"]}
    if source == "hub":
        return name, options | ({"revision": values["revision"]} if values["revision"] else {})
    if sentence := local_problem(source, name):
        raise SpecProblem({"model.name": sentence})
    return str(folders.find(*_path(source, name))), options | {"local_files_only": True}


def local_problem(source: str, name: str) -> str | None:
    """Why the folder or the run's checkpoint that ``name`` means cannot be read here; None if it can. No torch."""
    path, within = _path(source, name)
    if sentence := folders.problem(path, within):
        return sentence
    if not (folders.find(path, within) / "config.json").is_file():
        return f"{name} holds no model: config.json is missing."
    return None


def _path(source: str, name: str) -> tuple[str, str]:
    """The path, and the folder of the data folder in which a relative one is looked for."""
    if source == "folder":
        return name, "models"
    run, _, checkpoint = name.partition("/")
    return f"{run}/checkpoints/{checkpoint}", "runs"


@contextmanager
def loading(values: Mapping[str, Any]) -> Iterator[None]:
    """Turn what transformers says of a model it cannot load into a sentence at the field.

    A hub that cannot be reached is asked once, briefly; then this machine's cache must do.
    """
    try:
        with offline_unless_reachable() if values["source"] == "hub" else nullcontext():
            yield
    except SpecProblem:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        key, sentence = _explained(values, error)
        raise SpecProblem({key: sentence}) from error


def _explained(values: Mapping[str, Any], error: Exception) -> tuple[str, str]:
    name, text = values["name"], " ".join(str(error).split())
    if "trust_remote_code" in text:
        return "model.trust_remote_code", (
            f"{name} needs Python code that comes with it. Read that code first; it runs only with "
            "trust_remote_code on."
        )
    if "Unrecognized configuration class" in text:
        return "model.name", f"{name} has no head for this task: choose another model."
    if "not a valid git identifier" in text:
        return "model.revision", f"{name} has no such revision on the hub."
    if values["source"] == "hub" and (sentence := _hub_sentence(name, text)):
        return "model.name", sentence
    return "model.name", f"{name} cannot be loaded: {text}"


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
