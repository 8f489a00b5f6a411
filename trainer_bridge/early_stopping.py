"""How long early stopping still waits for a gain."""

from typing import Any


class Patience:
    """Of the Trainer's EarlyStoppingCallback; of a Trainer without one there is nothing to tell."""

    def __init__(self, trainer: Any) -> None:
        from transformers import EarlyStoppingCallback

        callbacks = trainer.callback_handler.callbacks if trainer is not None else []
        self._callback = next((one for one in callbacks if isinstance(one, EarlyStoppingCallback)), None)

    def told(self) -> dict[str, Any]:
        """As fields of a Progress: evaluations without gain that are left, and how many there are from a gain on."""
        if self._callback is None:
            return {}
        most = self._callback.early_stopping_patience
        left = max(0, most - self._callback.early_stopping_patience_counter)
        return {"patience_left": left, "patience": most}

    def reason(self, metric: str | None) -> str:
        """Why the training ended early, "" if early stopping did not end it."""
        told = self.told()
        if not told or told["patience_left"]:
            return ""
        most = told["patience"]
        times = "one evaluation" if most == 1 else f"{most} evaluations"
        return f"early stopping: {metric or 'loss'} did not improve over {times}"
