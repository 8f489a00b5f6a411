"""A tag for each token of a text."""

from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.losses import IGNORED, CrossEntropy
from trainer_bridge.metrics.tagging import tagging
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows

NEEDS = {"tokens": Column("tokens"), "tags": Column("tags")}


@recipe(
    name="token-classification",
    title="Token classification",
    task="token classification",
    description="""
        Tags each token of a text: names, parts of speech. Example: what each token of a line of Python is, such as
        keyword, call, attribute or string.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 4},
    settings={"data.source": "example:python-tokens"},
    objective="eval/f1",
    greater_is_better=True,
    estimate="≈ 50 s, CPU",
)
def token_classification(
    *,
    model: ModelChoice,
    data: DataChoice,
    max_length: Annotated[int, Help("Longest text, in pieces.", minimum=4, maximum=8192)] = 128,
    seed: int,
) -> TrainerParts:
    """Cut tokens into pieces; the first piece of each carries its tag, the others none."""
    from transformers import DataCollatorForTokenClassification

    splits = data.load(NEEDS)
    tokenizer = model.tokenizer(rows.texts(splits.train, "tokens"))
    names = splits.labels or []
    built = model.build("AutoModelForTokenClassification", tokenizer=tokenizer, **rows.labels_config(names))
    length = rows.longest(max_length, tokenizer, built)

    def encode(batch: rows.Batch) -> dict[str, list[Any]]:
        encoded = tokenizer(batch["tokens"], is_split_into_words=True, truncation=True, max_length=length)
        tags = [tags_of_pieces(encoded.word_ids(row), tags) for row, tags in enumerate(batch["tags"])]
        return {**encoded, "labels": tags}

    splits = rows.prepared(splits, encode)
    measures = tagging(names)
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
        compute_metrics=measures.compute,
        preprocess_logits_for_metrics=measures.keep,
        compute_loss_func=CrossEntropy(),
        accepts_loss_kwargs=False,
        notes=splits.notes,
    )


def tags_of_pieces(words: list[int | None], tags: list[int]) -> list[int]:
    """A label for each piece: the tag of its word (by number; None for marks) for the first piece of a word."""
    before = [None, *words[:-1]]
    return [
        IGNORED if word is None or word == last else tags[word]
        for word, last in zip(words, before, strict=True)
    ]
