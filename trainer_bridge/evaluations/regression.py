"""A number for each row."""

from typing import Any

import numpy

from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import Batch, Tally, to_numpy

#: Rows that are drawn as points, chosen once; the sums are of all rows.
POINTS = 1000


class Regression(Tally):
    """Outputs and labels are numbers, (rows,) or (rows, n); of several numbers the row's error is their mean."""

    kind = "regression"

    def __init__(self, drawn: frozenset[int], examples: Examples) -> None:
        self._drawn, self.examples = drawn, examples
        self.points: list[list[float]] = []
        #: rows, true, said, true², said², true·said, |error|, error, error²
        self.sums = numpy.zeros(9)

    def add(self, batch: Batch) -> None:
        rows = len(batch.rows)
        said = to_numpy(batch.outputs).astype(numpy.float64).reshape(rows, -1)
        true = to_numpy(batch.labels).astype(numpy.float64).reshape(rows, -1)
        error = said - true
        counted = batch.rows >= 0
        parts = (true, said, true**2, said**2, true * said, abs(error), error, error**2)
        self.sums += [true[counted].size, *(part[counted].sum() for part in parts)]
        for i in numpy.flatnonzero(counted):
            if int(batch.rows[i]) in self._drawn:
                self.points.append([int(batch.rows[i]), float(true[i].mean()), float(said[i].mean())])

        def told(i: int) -> dict[str, Any]:
            return {"true": float(true[i].mean()), "said": float(said[i].mean())}

        self.examples.offer(batch, Measured((error**2).mean(-1), told))

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together."""
        count, true, _, true2, _, _, absolute, error, error2 = self.sums
        if not count:
            return {"rows": 0, "points": []}
        spread = true2 - true**2 / count
        return {
            "rows": int(count),
            "mean_loss": error2 / count,
            "mae": absolute / count,
            "rmse": float(numpy.sqrt(error2 / count)),
            "bias": error / count,
            "r2": 1 - error2 / spread if spread > 0 else None,
            "points": sorted(self.points)[:POINTS],
        }
