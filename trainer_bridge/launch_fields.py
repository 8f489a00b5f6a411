"""What a run asks of the worker that trains it: processes, device slots, labels, and how often it is tried again.

No torch here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from trainer_bridge.titled import Broken, Rule, TitledField

PLACE = "Where it trains"
#: The most processes, or device slots, that one run may have on one machine.
MOST = 64
#: Fields on which nothing that is learned depends, by key.
NOT_LEARNED = frozenset({"launch.slots", "launch.labels", "launch.retries"})
_LABEL = re.compile(r"[\w.+-]{1,40}")

_place = partial(TitledField, title=PLACE)

LAUNCH_FIELDS: tuple[TitledField, ...] = (
    _place(
        "processes",
        "int",
        1,
        "Processes that train together on one machine (DDP), each on its part of every step's samples.",
        minimum=1,
        maximum=MOST,
    ),
    _place(
        "slots",
        "int",
        None,
        "Device slots that it takes: GPUs, or shares of the CPU. Not set, one for each process.",
        minimum=1,
        maximum=MOST,
        optional=True,
    ),
    _place(
        "labels",
        "text",
        None,
        "Only a worker that has all of these labels trains it: a100, big-disk.",
        optional=True,
    ),
    _place(
        "retries",
        "int",
        0,
        "How often it is queued again by itself after its worker went away, from its last complete checkpoint.",
        minimum=0,
        maximum=100,
    ),
)


@dataclass(frozen=True)
class Asked:
    """What a run asks for. ``slots`` are taken on one worker, which has all the ``labels``."""

    processes: int = 1
    slots: int = 1
    labels: frozenset[str] = frozenset()
    retries: int = 0

    @classmethod
    def of(cls, launch: Mapping[str, Any] | None) -> "Asked":
        """From the group "launch" of a sound spec; what does not stand there is at its default."""
        launch = launch or {}
        processes = launch.get("processes") or 1
        labels = frozenset(words(launch.get("labels") or ""))
        return cls(processes, launch.get("slots") or processes, labels, launch.get("retries") or 0)


def words(text: str) -> list[str]:
    """The labels in a text, parted by commas or spaces."""
    return [word for word in re.split(r"[,\s]+", text) if word]


def label_problem(text: str) -> str | None:
    """Why a text cannot be labels, as a sentence; None if it can."""
    strange = next((word for word in words(text) if not _LABEL.fullmatch(word)), None)
    if strange is None:
        return None
    return f"“{strange}” is not a label: up to 40 letters, digits, and . + - _, parted by commas."


def _labels_are_words(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    sentence = label_problem(values["launch"]["labels"] or "")
    return Broken("labels", sentence) if sentence else None


def _each_process_has_a_slot(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    processes, slots = values["launch"]["processes"], values["launch"]["slots"]
    if slots is None or slots >= processes:
        return None
    return Broken("slots", f"{processes} processes need {processes} device slots, one each, not {slots}.")


LAUNCH_RULES: tuple[Rule, ...] = (
    Rule(frozenset({"labels"}), _labels_are_words),
    Rule(frozenset({"processes", "slots"}), _each_process_has_a_slot),
)
