"""Linear regression as a plain ``nn.Module``."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss


class LinearRegression(nn.Module):
    """y = w · x + b.

    The Trainer hands over each row's values by the names of forward's parameters, and wants "loss" and "logits" back.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layer = nn.Linear(features, 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """``x`` is (rows, features), ``labels`` (rows,); without labels there is no loss."""
        logits = self.layer(x).squeeze(-1)
        return {"logits": logits} if labels is None else {"loss": mse_loss(logits, labels), "logits": logits}


def points(count: int, weights: list[float], bias: float, noise: float, seed: int) -> list[dict[str, Tensor]]:
    """Rows of standard normal x and y = weights · x + bias, with normal noise of this deviation."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(count, len(weights), generator=random)
    y = x @ torch.tensor(weights) + bias + noise * torch.randn(count, generator=random)
    return [{"x": one, "labels": label} for one, label in zip(x, y, strict=True)]
