"""The right one of several answers."""

from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.metrics import classification
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows

NEEDS = {"question": Column("text"), "choices": Column("choices"), "label": Column("label")}


@recipe(
    name="multiple-choice",
    title="Multiple choice",
    task="multiple choice",
    description="""
        Picks the right one of several answers. Example: which of four texts is in the language asked for, out of
        twelve.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 3, "per_device_train_batch_size": 16},
    settings={"data.source": "example:which-language"},
    objective="eval/accuracy",
    greater_is_better=True,
    estimate="≈ 100 s, CPU",
)
def multiple_choice(
    *,
    model: ModelChoice,
    data: DataChoice,
    max_length: Annotated[int, Help("Question and one answer, in tokens.", minimum=8, maximum=8192)] = 64,
    seed: int,
) -> TrainerParts:
    """Put the question before each answer; the model gives each pair a score."""
    from transformers import DataCollatorForMultipleChoice

    splits = data.load(NEEDS)
    tokenizer = model.tokenizer(rows.texts(splits.train, "question", "choices"))
    built = model.build("AutoModelForMultipleChoice", tokenizer=tokenizer)
    length = rows.longest(max_length, tokenizer, built)

    def encode(batch: rows.Batch) -> dict[str, list[Any]]:
        choices = batch["choices"]
        asked = [
            question for question, answers in zip(batch["question"], choices, strict=True) for _ in answers
        ]
        flat = [answer for answers in choices for answer in answers]
        encoded = tokenizer(asked, flat, truncation=True, max_length=length)
        folded = {name: rows.folded(values, map(len, choices)) for name, values in encoded.items()}
        return {**folded, "labels": batch["label"]}

    splits = rows.prepared(splits, encode)
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        data_collator=DataCollatorForMultipleChoice(tokenizer),
        processing_class=tokenizer,
        compute_metrics=classification.multiple_choice().compute,
        accepts_loss_kwargs=False,  # one label a row: the mean of equal batches' means is the mean of all
        notes=splits.notes,
    )
