"""Numbers from texts, or from pairs of texts."""

from typing import Annotated

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.metrics.regression import regression
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows
from trainer_bridge.tasks.heads import begin_at

NEEDS = {"text": Column("text"), "text_pair": Column("text", optional=True), "score": Column("float")}


@recipe(
    name="text-regression",
    title="Text regression",
    task="text regression",
    description="""
        Tells a number from a text or a pair of texts. Example: how long people live, from a country's name and its
        year, income and population.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 20},
    settings={"data.source": "example:life-expectancy"},
    objective="eval/mae",
    greater_is_better=False,
    estimate="≈ 20 s, CPU",
)
def text_regression(
    *,
    model: ModelChoice,
    data: DataChoice,
    max_length: Annotated[int, Help("Longest text, or pair, in tokens.", minimum=4, maximum=8192)] = 128,
    seed: int,
) -> TrainerParts:
    """Encode each text, or pair where "text_pair" has a column, and put one output over it."""
    splits = data.load(NEEDS)
    tokenizer = model.tokenizer(rows.texts(splits.train, "text", "text_pair"))
    built = model.build(
        "AutoModelForSequenceClassification", tokenizer=tokenizer, num_labels=1, problem_type="regression"
    )
    begin_at(built, (row["score"] for row in splits.train))
    splits = rows.prepared(splits, rows.text_encoder(tokenizer, built, max_length, "score", float))
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        processing_class=tokenizer,
        compute_metrics=regression().compute,
        accepts_loss_kwargs=False,  # a mean square error never divides by num_items_in_batch
        notes=splits.notes,
    )
