"""Whether more of a metric is better: what the runs say about their objective, else what its name says."""

import re
from collections.abc import Iterable, Mapping

from runs.models import Run, Sweep

#: Words in a metric's name that mean less is better. The Trainer's own guess knows only "loss".
_LOWER = frozenset(
    {"loss", "nll", "perplexity", "ppl", "bpb", "divergence", "distance", "brier", "ece"}
    | {"mse", "rmse", "mae", "mape", "wer", "cer", "error", "errors"}
    | {"runtime", "time", "latency", "memory", "flos"}
)
_PHRASES_LOWER = ("bits_per_", "nats_per_")
_PHRASES_HIGHER = ("_per_second",)


def greater_is_better(key: str, objectives: Mapping[str, bool] | None = None) -> bool:
    """The direction of the series ``key``; ``objectives`` maps objectives to their given direction, which is also that
    of the same measure on the test split.
    """
    for told in (key, re.sub("^test/", "eval/", key)):
        if objectives and told in objectives:
            return objectives[told]
    name = key.rsplit("/", 1)[-1].lower()
    if any(phrase in name for phrase in _PHRASES_HIGHER):
        return True
    if any(phrase in name for phrase in _PHRASES_LOWER):
        return False
    return not _LOWER & set(re.split(r"[^a-z0-9]+", name))


def objectives_of(runs: Iterable[Run | Sweep]) -> dict[str, bool]:
    """{objective key: greater is better} as the runs (or sweeps) were told."""
    return {run.objective: run.greater_is_better for run in runs if run.objective}
