"""Sorting images into classes."""

from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.metrics import classification
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows

NEEDS = {"image": Column("image"), "label": Column("label")}


@recipe(
    name="image-classification",
    title="Image classification",
    task="image classification",
    description="""
        Sorts images into classes. Example: the scanned digits that scikit-learn ships, as pictures of any size
        would be: scaled, in three channels.
    """,
    arguments={
        **defaults.ARGUMENTS,
        "num_train_epochs": 10,
        "per_device_train_batch_size": 64,
        "logging_steps": 5,
    },
    settings={"data.source": "example:digits", "model.architecture": "vit"},
    objective="eval/accuracy",
    greater_is_better=True,
    estimate="≈ 25 s, CPU",
)
def image_classification(
    *,
    model: ModelChoice,
    data: DataChoice,
    image_size: Annotated[
        int,
        Help(
            "Pixels of each side, for a new model; a saved one has its own.",
            minimum=8,
            maximum=512,
            multiple_of=8,
        ),
    ] = 32,
    seed: int,
) -> TrainerParts:
    """Scale the images as the model takes them, once, and put a classifier over it."""
    splits = data.load(NEEDS)
    processor = model.image_processor(size={"height": image_size, "width": image_size})
    built = model.build(
        "AutoModelForImageClassification", image_size=image_size, **rows.labels_config(splits.labels or [])
    )

    def encode(batch: rows.Batch) -> dict[str, list[Any]]:
        images = [image.convert("RGB") for image in batch["image"]]
        return {"pixel_values": list(processor(images)["pixel_values"]), "labels": batch["label"]}

    splits = rows.decoded(splits, encode)
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        processing_class=processor,
        compute_metrics=classification.single_label().compute,
        accepts_loss_kwargs=False,  # one label a row: the mean of equal batches' means is the mean of all
        notes=splits.notes,
    )
