"""Batches of made-up outputs, and an Examples that looks at nothing."""

import numpy
import torch

from trainer_bridge.evaluations.examples import Examples, Former
from trainer_bridge.evaluations.tally import Batch


def examples(probes=(), former=None):
    return Examples(lambda inputs, i: {"kept": ("numbers", "")}, frozenset(probes), former or Former())


def batches(outputs, labels, size=7, **inputs):
    """The rows in batches of ``size``."""
    for first in range(0, len(labels), size):
        part = slice(first, first + size)
        some = {name: value[part] for name, value in inputs.items()}
        rows = numpy.arange(first, first + len(labels[part]))
        yield Batch(outputs[part], labels[part], some, rows)


def counted(view, outputs, labels, **inputs):
    """The view after all batches."""
    for batch in batches(outputs, labels, **inputs):
        view.add(batch)
    return view


def noisy_logits(rows, classes, seed=0):
    """Logits that know something of the labels."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (rows,), generator=random)
    logits = torch.randn(rows, classes, generator=random)
    logits[torch.arange(rows), labels] += 1.5
    return logits, labels
