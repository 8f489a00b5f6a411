"""One number for each item."""

from typing import Any

from trainer_bridge.metrics import Metrics, first


def regression() -> Metrics:
    """Errors (MSE, MAE), R² and the correlations of Pearson and Spearman. Predictions are (items,) or (items, 1)."""
    return Metrics(_regression)


def _regression(prediction: Any) -> dict[str, float]:
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    found, truth = first(prediction.predictions).reshape(-1), prediction.label_ids.reshape(-1)
    return {
        "mse": float(mean_squared_error(truth, found)),
        "mae": float(mean_absolute_error(truth, found)),
        "r2": float(r2_score(truth, found)),
        "pearson": _correlation(found, truth),
        "spearman": _correlation(_ranks(found), _ranks(truth)),
    }


def _correlation(found: Any, truth: Any) -> float:
    """Pearson's; NaN where one side is constant, which has none."""
    import numpy

    if found.std() == 0 or truth.std() == 0:
        return float("nan")
    return float(numpy.corrcoef(found, truth)[0, 1])


def _ranks(values: Any) -> Any:
    from scipy.stats import rankdata

    return rankdata(values)
