"""A small network of your own learns a curve. Change what you like: a second after you save, the form follows."""

from typing import Annotated, Any, Literal

from trainer_bridge.recipes import Help, TrainerParts, recipe


@recipe(
    task="regression",
    # What differs from the Trainer's defaults; people can change all of it in the form.
    arguments={
        "num_train_epochs": 20,
        "per_device_train_batch_size": 32,
        "per_device_eval_batch_size": 256,
        "learning_rate": 1e-2,
        "logging_steps": 5,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "save_total_limit": 2,
    },
    # A series: eval/ and a name that compute_metrics returns. The best checkpoint is chosen by it.
    objective="eval/mse",
    greater_is_better=False,
)
def my_recipe(
    *,
    # Each parameter is a field of the form and can be swept. It needs a type and a default.
    width: Annotated[int, Help("Units of the hidden layer.", minimum=1, maximum=4096)] = 16,
    activation: Annotated[Literal["relu", "tanh"], Help("Between the two layers.")] = "tanh",
    noise: Annotated[float, Help("How far the points lie from the curve.", minimum=0)] = 0.1,
    # The run's seed. It is set before this function is called, so weights depend on it; data here does not.
    seed: int,
) -> TrainerParts:
    """Learns y = sin(3x) from noisy points."""
    # Imported here: this file is read each time you save it, and then nothing heavy is needed.
    import torch

    return TrainerParts(
        model=_network(width, activation),
        train_dataset=_points(256, noise, torch.Generator().manual_seed(1)),
        eval_dataset=_points(64, noise, torch.Generator().manual_seed(2)),
        # Measured once after training, on the best checkpoint. Choose nothing by it.
        test_dataset=_points(64, noise, torch.Generator().manual_seed(3)),
        compute_metrics=_mse,
    )


def _network(width: int, activation: str) -> Any:
    """A module whose forward takes the names of the dataset's columns, and returns loss and logits."""
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            between = nn.ReLU() if activation == "relu" else nn.Tanh()
            self.layers = nn.Sequential(nn.Linear(1, width), between, nn.Linear(width, 1))

        def forward(self, x: Any, labels: Any = None) -> dict[str, Any]:
            logits = self.layers(x)
            loss = None if labels is None else ((logits - labels) ** 2).mean()
            return {"loss": loss, "logits": logits}

    return Network()


def _points(count: int, noise: float, random: Any) -> list[dict[str, Any]]:
    """One dictionary a sample: x and labels, tensors of one number."""
    import torch

    x = torch.rand(count, 1, generator=random) * 4 - 2
    y = torch.sin(3 * x) + noise * torch.randn(count, 1, generator=random)
    return [{"x": one, "labels": other} for one, other in zip(x, y, strict=True)]


def _mse(prediction: Any) -> dict[str, float]:
    """What is measured at each evaluation: numbers by name."""
    return {"mse": float(((prediction.predictions - prediction.label_ids) ** 2).mean())}
