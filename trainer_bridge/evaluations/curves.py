"""Scores counted in bins, from which curves and calibration follow without keeping the scores."""

from typing import Any

import numpy

from trainer_bridge.evaluations.tally import Tally

#: Bins of a score's log-odds between −EDGE and EDGE: as fine near 0 and 1, where confident models live, as in between.
BINS, EDGE = 128, 12.0
#: Bins of the confidence, equally wide from 0 to 1.
CONFIDENCES = 15


class ScoreBins(Tally):
    """For each class how many rows that are of it, and that are not, have a score in each bin: (classes, BINS)."""

    def __init__(self, classes: int) -> None:
        self.positives = numpy.zeros((classes, BINS), dtype=numpy.int64)
        self.negatives = numpy.zeros((classes, BINS), dtype=numpy.int64)

    def add(self, scores: Any, truth: Any) -> None:
        """``scores`` are probabilities, ``truth`` whether the class is right, both (rows, classes)."""
        classes = self.positives.shape[0]
        places = bin_of(scores) + numpy.arange(classes) * BINS
        every = numpy.bincount(places.ravel(), minlength=classes * BINS).reshape(classes, BINS)
        positive = numpy.bincount(places[truth], minlength=classes * BINS).reshape(classes, BINS)
        self.positives += positive
        self.negatives += every - positive

    def told(self, classes: Any) -> dict[str, Any]:
        """The bins that hold something: of all classes together, and of each of these ``classes``."""
        together = _filled(self.positives.sum(0), self.negatives.sum(0))
        return {
            "edge": EDGE,
            "bins": BINS,
            "all": together,
            "classes": {str(c): _filled(self.positives[c], self.negatives[c]) for c in classes},
        }


class Calibration(Tally):
    """How sure the model was and how often it was right: rows, sum of confidences, right ones for each bin."""

    def __init__(self) -> None:
        self.sums = numpy.zeros((3, CONFIDENCES))

    def add(self, confidence: Any, right: Any) -> None:
        """Both (rows,)."""
        places = numpy.minimum((confidence * CONFIDENCES).astype(int), CONFIDENCES - 1)
        for row, weights in enumerate((None, confidence, right)):
            self.sums[row] += numpy.bincount(places, weights, minlength=CONFIDENCES)

    def told(self) -> list[list[float]]:
        """[rows, mean confidence, share right] of each bin that has rows."""
        return [
            [int(rows), round(float(sure / rows), 5), round(float(right / rows), 5)]
            for rows, sure, right in self.sums.T
            if rows
        ]


def bin_of(scores: Any) -> Any:
    """The bin of each probability."""
    safe = numpy.clip(scores.astype(numpy.float64), 1e-9, 1 - 1e-9)
    odds = numpy.log(safe) - numpy.log1p(-safe)
    return numpy.clip((odds + EDGE) * (BINS / (2 * EDGE)), 0, BINS - 1).astype(numpy.int64)


def _filled(positives: Any, negatives: Any) -> list[list[int]]:
    """[bin, positives, negatives] where there is something."""
    return [
        [int(place), int(positives[place]), int(negatives[place])]
        for place in numpy.flatnonzero(positives + negatives)
    ]
