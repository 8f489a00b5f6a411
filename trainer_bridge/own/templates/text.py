"""Texts are told apart, with data and a model that people choose in the form."""

from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe


@recipe(
    task="text classification",
    arguments={
        "num_train_epochs": 3,
        "per_device_train_batch_size": 32,
        "learning_rate": 1e-3,
        "logging_steps": 5,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "save_total_limit": 2,
    },
    # Defaults of the form's sections Model and Data; any field of them may stand here.
    settings={"data.source": "example:character-names"},
    objective="eval/accuracy",
    greater_is_better=True,
)
def my_recipe(
    *,
    # These two names make the recipe take the sections Data and Model of the form.
    data: DataChoice,
    model: ModelChoice,
    max_length: Annotated[int, Help("Tokens of a text; the rest is cut off.", minimum=4, maximum=8192)] = 64,
) -> TrainerParts:
    """Reads a text and says which label it has."""
    from transformers import DataCollatorWithPadding

    splits = data.load({"text": Column("text"), "label": Column("label")})
    tokenizer = model.tokenizer(train_on=splits.train["text"])

    def tokenize(rows: dict[str, Any]) -> dict[str, Any]:
        return {**tokenizer(rows["text"], truncation=True, max_length=max_length), "labels": rows["label"]}

    def prepared(rows: Any) -> Any:
        # Several evaluations by name are a dictionary of datasets.
        if isinstance(rows, dict):
            return {name: prepared(part) for name, part in rows.items()}
        return rows and rows.map(tokenize, batched=True, remove_columns=["text", "label"])

    names = splits.labels or []
    return TrainerParts(
        model=model.build(
            "AutoModelForSequenceClassification",
            tokenizer,
            num_labels=len(names),
            id2label=dict(enumerate(names)),
            label2id={name: number for number, name in enumerate(names)},
        ),
        train_dataset=prepared(splits.train),
        eval_dataset=prepared(splits.evaluation),
        test_dataset=prepared(splits.test),
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,  # saved with the model
        compute_metrics=_accuracy,
        # The loss of BERT and its relatives does not divide by the tokens of all accumulated batches.
        accepts_loss_kwargs=False,
        notes=splits.notes,
    )


def _accuracy(prediction: Any) -> dict[str, float]:
    """``predictions`` are logits (samples, labels)."""
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}
