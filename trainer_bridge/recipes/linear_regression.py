"""Linear regression with gradient descent: the Trainer without a model of transformers. See docs/plain-modules.md."""

from typing import Annotated, Any

from trainer_bridge.recipes import Help, TrainerParts, recipe

#: What the training has to find out.
WEIGHTS, BIAS = [2.0, -3.4], 4.2


@recipe(
    name="linear-regression",
    title="Linear regression",
    task="plain nn.Module",
    description="""
        Finds w = (2, −3.4) and b = 4.2 from noisy points, with a plain nn.Module and a torch.optim.SGD that the recipe
        hands to the Trainer.
    """,
    arguments={
        "num_train_epochs": 5,
        "per_device_train_batch_size": 10,
        "per_device_eval_batch_size": 200,
        "lr_scheduler_type": "constant",
        "logging_steps": 10,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "save_total_limit": 2,
    },
    objective="eval/rmse",
    greater_is_better=False,
    estimate="≈ 1 s, CPU",
    own_optimizer=True,
)
def linear_regression(
    *,
    points: Annotated[int, Help("Points to learn from.", minimum=10, maximum=100_000)] = 1000,
    noise: Annotated[float, Help("Standard deviation of what is added to y.", minimum=0, maximum=100)] = 0.01,
    sgd_lr: Annotated[
        float,
        Help(
            "Learning rate of the optimizer; the argument learning_rate has no say.", minimum=1e-6, maximum=1
        ),
    ] = 0.03,
    momentum: Annotated[float, Help("Momentum of the optimizer.", minimum=0, maximum=0.99)] = 0.0,
    seed: int,
) -> TrainerParts:
    """Make the points, the module and its optimizer; w and b are measured beside the error."""
    from torch.optim import SGD

    from trainer_bridge.plain import line

    model = line.LinearRegression(len(WEIGHTS))
    train, validation, test = (
        line.points(count, WEIGHTS, BIAS, noise, split) for split, count in enumerate((points, 200, 200))
    )
    return TrainerParts(
        model=model,
        train_dataset=train,
        eval_dataset=validation,
        test_dataset=test,
        optimizers=(SGD(model.parameters(), lr=sgd_lr, momentum=momentum), None),
        compute_metrics=lambda prediction: _error(prediction) | _found(model),
        notes={"w": WEIGHTS, "b": BIAS},
    )


def _error(prediction: Any) -> dict[str, float]:
    return {"rmse": float(((prediction.predictions - prediction.label_ids) ** 2).mean() ** 0.5)}


def _found(model: Any) -> dict[str, float]:
    """The weights at this moment, as metrics: their charts run towards the truth."""
    first, second = model.layer.weight[0].tolist()
    return {"w1": first, "w2": second, "b": model.layer.bias.item()}
