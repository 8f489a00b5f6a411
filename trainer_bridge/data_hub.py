"""Datasets of the hub, and what to tell a person who cannot have one."""

import re
from collections.abc import Mapping
from typing import Any

from trainer_bridge.data_problem import DataProblem
from trainer_bridge.hub import offline_unless_reachable


class HubSplits(dict[str, Any]):
    """Split → dataset. ``commit``: what they were read from, "" where that is not known."""

    commit = ""


def read_hub(name: str, values: Mapping[str, Any]) -> HubSplits:
    """Split → dataset, of ``name`` on the hub, or out of this machine's cache where there is no way to the hub.

    Raises DataProblem, with what to do, where it cannot be had.
    """
    with offline_unless_reachable() as reachable:
        try:
            return _read(name, values)
        except Exception as error:
            raise _explained(name, values, " ".join(str(error).split()), reachable) from error


def _read(name: str, values: Mapping[str, Any]) -> HubSplits:
    from datasets import load_dataset_builder

    builder = load_dataset_builder(name, values["config"], revision=values["revision"])
    if values["streaming"]:
        found = HubSplits(builder.as_streaming_dataset())
    else:
        builder.download_and_prepare()
        found = HubSplits(builder.as_dataset())
    found.commit = builder.hash or ""
    return found


def _explained(name: str, values: Mapping[str, Any], said: str, reachable: bool) -> DataProblem:
    config = values.get("config")
    if "Config name is missing" in said:
        return DataProblem("config", f"{name} has several configurations, one must be named.{_listed(said)}")
    if "BuilderConfig" in said and "not found" in said:
        return DataProblem("config", f"{name} has no configuration “{config}”.{_listed(said)}")
    if not reachable:
        return DataProblem("source", _offline(name, config))
    if "gated" in said:
        return DataProblem(
            "source",
            f"{name} is gated: accept its terms on the hub, and set HF_TOKEN where the worker is started.",
        )
    if values.get("revision") and "evision" in said:
        return DataProblem("revision", f"{name} has no revision “{values['revision']}” on the hub.")
    if "doesn't exist on the Hub" in said or "404" in said:
        return DataProblem(
            "source",
            f"The hub has no dataset {name}, or it is private: set HF_TOKEN where the worker is started. A local file "
            "is named with its ending or with a / at its beginning.",
        )
    if "scripts are no longer supported" in said:
        return DataProblem("source", f"{name} is a Python script, not data; scripts are not run here.")
    return DataProblem("source", f"{name} cannot be read: {said[:300]}")


def _listed(said: str) -> str:
    names = re.search(r"\[(.*?)\]", said)
    return f" There are: {names[1].replace(chr(39), '')}." if names else ""


def _offline(name: str, config: str | None) -> str:
    given = f"'{name}', '{config}'" if config else f"'{name}'"
    return (
        f"The hub cannot be reached from this machine, and {name} is not in its cache. Where there is a network, run "
        f"python -c \"import datasets; datasets.load_dataset({given}).save_to_disk('data')\", copy the folder here, "
        "and give its path."
    )
