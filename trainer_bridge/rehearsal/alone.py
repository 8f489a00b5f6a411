"""A run of several processes, rehearsed as one of them."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.launch_fields import Asked

#: Arguments that one process alone refuses, or has no use for.
_OF_SEVERAL = ("fsdp", "fsdp_config", "ddp_backend", "parallelism_config")


def alone(spec: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """The spec for one process, and what a person should know of it: field → sentence."""
    processes = Asked.of(spec.get("launch")).processes
    if processes == 1:
        return spec, {}
    args = {name: value for name, value in spec.get("args", {}).items() if name not in _OF_SEVERAL}
    launch = {**spec["launch"], "processes": 1}
    sentence = (
        f"Rehearsed as one of {processes} processes: a step of all of them learns from {processes} times the samples, "
        "and an epoch has as much fewer steps."
    )
    return {**spec, "args": args, "launch": launch}, {"launch.processes": sentence}
