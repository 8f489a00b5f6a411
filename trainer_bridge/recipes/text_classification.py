"""Sorting texts, or pairs of texts, into classes."""

from typing import Annotated

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.metrics import classification
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows

NEEDS = {"text": Column("text"), "text_pair": Column("text", optional=True), "label": Column("label")}


@recipe(
    name="text-classification",
    title="Text classification",
    task="text classification",
    description="""
        Sorts texts, or pairs of texts, into classes. Example: what kind of character a Unicode name names, from
        “capital letter” to “currency”.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 4},
    settings={"data.source": "example:character-names"},
    objective="eval/accuracy",
    greater_is_better=True,
    estimate="≈ 15 s, CPU",
)
def text_classification(
    *,
    model: ModelChoice,
    data: DataChoice,
    max_length: Annotated[int, Help("Longest text, or pair, in tokens.", minimum=4, maximum=8192)] = 128,
    seed: int,
) -> TrainerParts:
    """Encode each text, or pair where "text_pair" has a column, and put a classifier over it."""
    splits = data.load(NEEDS)
    tokenizer = model.tokenizer(rows.texts(splits.train, "text", "text_pair"))
    names = splits.labels or []
    built = model.build(
        "AutoModelForSequenceClassification", tokenizer=tokenizer, **rows.labels_config(names)
    )
    splits = rows.prepared(splits, rows.text_encoder(tokenizer, built, max_length, "label"))
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        processing_class=tokenizer,  # pads each batch to its longest text
        compute_metrics=classification.single_label().compute,
        accepts_loss_kwargs=False,  # one label a row: the mean of equal batches' means is the mean of all
        notes=splits.notes,
    )
