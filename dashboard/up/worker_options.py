"""What a worker declares on its command line; `up` takes the same and hands it on."""

import argparse
import os
from collections.abc import Mapping
from typing import Any

from dashboard.up.slots import default_slots
from trainer_bridge.device_slots import DeviceSlots
from trainer_bridge.gpu import gpu_devices
from trainer_bridge.launch_fields import label_problem, words


def add_arguments(parser: Any) -> None:
    """``--slots``, ``--threads``, ``--share-gpu`` and ``--labels``, for argparse's parsers and Django's."""
    parser.add_argument(
        "--slots",
        type=_count,
        help="device slots (default: one a GPU; without GPU one for every two cores)",
    )
    parser.add_argument(
        "--threads",
        type=_count,
        default=1,
        help="CPU threads of each device slot (default: 1, the quickest for tiny models on a busy machine)",
    )
    parser.add_argument(
        "--share-gpu",
        type=_count,
        default=1,
        metavar="N",
        help="runs that may share one GPU (default: 1, each has its own)",
    )
    parser.add_argument(
        "--labels",
        type=_labels,
        default=os.environ.get("TRAINBOARD_WORKER_LABELS", ""),
        help="words by which runs ask for this worker, such as a100,big-disk (default: TRAINBOARD_WORKER_LABELS)",
    )


def declared(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as arguments of a WorkerAgent."""
    return {
        "slots": given["slots"] or default_slots() * given["share_gpu"],
        "threads": given["threads"],
        "sharing": given["share_gpu"],
        "labels": words(given["labels"]),
    }


def problem(given: Mapping[str, Any]) -> str:
    """Why a worker cannot have what was given, in a sentence; "" when it can."""
    wanted = declared(given)
    try:
        DeviceSlots(wanted["slots"], gpu_devices(), wanted["sharing"])
    except ValueError as error:
        return str(error)
    return ""


def command_line(given: Mapping[str, Any]) -> list[str]:
    """The words by which `worker` is told the same."""
    told = ["--slots", str(given["slots"])] if given["slots"] else []
    told += ["--threads", str(given["threads"]), "--share-gpu", str(given["share_gpu"])]
    return [*told, "--labels", given["labels"]] if given["labels"] else told


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 256")
    return int(text)


def _labels(text: str) -> str:
    if problem := label_problem(text):
        raise argparse.ArgumentTypeError(problem)
    return text
