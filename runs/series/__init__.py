"""The metric store: points in, sealed into compressed chunks, read back at the resolution of a chart."""

from runs.series.append import append, append_many
from runs.series.check import Damage, check
from runs.series.history import Stretch, abandoned, rewind
from runs.series.read import SeriesData, read
from runs.series.seal import compact
from runs.series.summary import Summary
from runs.series.table import keys, summaries

__all__ = [
    "Damage",
    "SeriesData",
    "Stretch",
    "Summary",
    "abandoned",
    "append",
    "append_many",
    "check",
    "compact",
    "keys",
    "read",
    "rewind",
    "summaries",
]
